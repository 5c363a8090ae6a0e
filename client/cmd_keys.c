/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* key add, key revoke, threshold: which keys speak for a holder, and how many must. */
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/render.h"
#include "core/num.h"

static const struct cli_option role_options[] = {
    {"role", 0, N_("ROLE"),
     N_("member, treasurer, registrar, auditor, steward, log or clerk; needed for a co-op")},
    {0},
};

/* The role a holder's key has where only one makes sense. */
static bool usual_role(const char *holder, enum role *out)
{
    if (strchr(holder, '@') != NULL)
        *out = ROLE_MEMBER;
    else if (str_eq(holder, HOLDER_STEWARDS_NAME))
        *out = ROLE_STEWARD;
    else if (str_eq(holder, HOLDER_ALL_NAME))
        *out = ROLE_AUDITOR;
    else
        return false;
    return true;
}

/* --role, else the usual one, else `otherwise` (ROLE_COUNT: none). */
static int read_role(const struct cli *cli, const char *holder, int otherwise, enum role *out)
{
    const char *typed = cli_value(cli, "role");

    if (typed != NULL) {
        if (role_parse(typed, out) == 0)
            return PUMASI_OK;
        return fail(PUMASI_USAGE,
                    _("There is no such role. There are member, treasurer, registrar, "
                      "auditor, steward, log and clerk."));
    }
    if (usual_role(holder, out))
        return PUMASI_OK;
    if (otherwise == ROLE_COUNT)
        return fail(PUMASI_USAGE,
                    _("Say with --role which key of %s this is: treasurer, registrar or auditor."),
                    holder);
    *out = (enum role)otherwise;
    return PUMASI_OK;
}

/* Who governs the keys of a holder in a role, and signs for a change of them. */
static struct signer_choice governor(const char *holder, enum role role)
{
    switch (role) {
    case ROLE_MEMBER:
        return (struct signer_choice){holder, ROLE_MEMBER};
    case ROLE_TREASURER:
    case ROLE_REGISTRAR:
        return (struct signer_choice){holder, ROLE_TREASURER};
    case ROLE_AUDITOR:
        if (!str_eq(holder, HOLDER_ALL_NAME))
            return (struct signer_choice){holder, ROLE_TREASURER};
        break;
    case ROLE_STEWARD:
    case ROLE_LOG:
    case ROLE_CLERK:
        break;
    }
    return (struct signer_choice){HOLDER_STEWARDS_NAME, ROLE_STEWARD};
}

/* Sends the act; takes over `members`. */
static int send_act(struct client *c, const struct cli *cli, const char *type, const char *by,
                    json_t *members, const struct signers *s, const char *what)
{
    struct submit_request rq = {
        .type = type, .by = by, .members = members, .lifetime = SUBMIT_LATER, .what = what};
    int rc = office_submit(c, cli, &rq, s);

    json_decref(members);
    return rc;
}

/* --- key add --- */

static int run_add(struct client *c, const struct cli *cli)
{
    const char *holder = cli_arg(cli, 0), *by;
    struct signer_choice choices[2];
    struct signers signers;
    size_t n = 1;
    struct key key;
    enum role role;
    char *what, *whose;
    int rc = office_check_holder(c, holder);

    if (rc == PUMASI_OK)
        rc = read_role(cli, holder, ROLE_COUNT, &role);
    if (rc == PUMASI_OK)
        rc = client_public_key(c, cli_arg(cli, 1), &key);
    if (rc != PUMASI_OK)
        return rc;
    choices[0] = governor(holder, role);
    /* The first key of a member without one is its registrar's to add. */
    if (role == ROLE_MEMBER)
        choices[n++] = (struct signer_choice){name_coop_start(holder), ROLE_REGISTRAR};
    rc = signers_choose(c, choices, n, &key, &signers);
    if (rc != PUMASI_OK)
        return rc;
    by = signers_by(&signers, choices[0].holder); /* not the new key's holder, so before it joins */
    rc = signers_add_own(c, &key, holder, role, &signers);
    if (rc != PUMASI_OK)
        return rc;
    whose = render_key_of(role, holder);
    what = x_asprintf(_("new %s"), whose);
    free(whose);
    rc = send_act(c, cli, "key.add", by,
                  json_pack("{s:s, s:s, s:o}", "holder", holder, "role", role_name(role), "key",
                            client_jwk_of(&key)),
                  &signers, what);
    free(what);
    return rc;
}

const struct command cmd_key_add = {
    .name = "key",
    .sub = "add",
    .args = N_("HOLDER FILE"),
    .summary = N_("Register one more key for a member or an office"),
    .help =
        N_("For example: pumasi key add alice@hansalim phone.jwk\n"
           "             pumasi key add hansalim new-treasurer.jwk --role treasurer\n"
           "FILE is a public key as \"pumasi key export\" prints it, or the name of one of your "
           "own keys. Those who govern the holder's keys must sign, and the new key too. An "
           "auditor of everything has the holder \"*\"."),
    .min_args = 2,
    .max_args = 2,
    .options = role_options,
    .flags = COMMAND_ACT,
    .run = run_add,
};

/* --- key revoke --- */

/* A kid, or the key of a file or of one's own. `role` becomes that of an own key. */
static int read_kid(struct client *c, const char *typed, struct kid *out, int *role)
{
    const struct keyfile *mine = client_find_key(c, typed);
    struct key key;
    int rc;

    if (mine != NULL) {
        *out = mine->kid;
        *role = mine->role;
        return PUMASI_OK;
    }
    if (kid_is_valid(typed)) {
        str_copy(out->s, sizeof(out->s), typed);
        return PUMASI_OK;
    }
    rc = client_public_key(c, typed, &key);
    if (rc == PUMASI_OK)
        key_kid(out, &key);
    return rc;
}

/* Its file stays, but it isn't chosen any more, which would spoil what other keys sign. */
static void mark_revoked(struct client *c, const char *kid)
{
    struct keyfile *mine = client_find_key(c, kid);

    if (mine == NULL)
        return;
    mine->revoked = true;
    if (keyfile_update(mine) == PUMASI_OK)
        note(_("Your key %s is kept, and isn't used any more unless --key names it."), mine->name);
}

static int run_revoke(struct client *c, const struct cli *cli)
{
    const char *holder = cli_arg(cli, 0);
    struct signer_choice who;
    struct signers signers;
    int own_role = ROLE_COUNT;
    struct kid kid;
    enum role role;
    char *what, *whose;
    int rc = office_check_holder(c, holder);

    if (rc == PUMASI_OK)
        rc = read_kid(c, cli_arg(cli, 1), &kid, &own_role);
    if (rc == PUMASI_OK)
        rc = read_role(cli, holder, own_role, &role);
    if (rc != PUMASI_OK)
        return rc;
    if (!office_confirm(c, _("Revoke the key %s of %s for ever?"), kid.s, holder))
        return PUMASI_FAILED;
    who = governor(holder, role);
    rc = signers_choose(c, &who, 1, NULL, &signers);
    if (rc != PUMASI_OK)
        return rc;
    whose = render_key_of(role, holder);
    what = x_asprintf(_("revocation of a %s"), whose);
    free(whose);
    rc = send_act(
        c, cli, "key.revoke", who.holder,
        json_pack("{s:s, s:s, s:s}", "holder", holder, "role", role_name(role), "kid", kid.s),
        &signers, what);
    free(what);
    if (rc == PUMASI_OK) /* also where the file can't be written: the act is posted */
        mark_revoked(c, kid.s);
    return rc;
}

const struct command cmd_key_revoke = {
    .name = "key",
    .sub = "revoke",
    .args = N_("HOLDER KEY"),
    .summary = N_("Take a key away from its holder, for ever"),
    .help = N_("KEY is a kid, a public key's file, or the name of one of your own keys. As many "
               "keys must be left as have to sign together. For a lost device, first freeze the "
               "member."),
    .min_args = 2,
    .max_args = 2,
    .options = role_options,
    .flags = COMMAND_ACT,
    .run = run_revoke,
};

/* --- threshold --- */

static int run_threshold(struct client *c, const struct cli *cli)
{
    const char *holder = cli_arg(cli, 0), *typed = cli_arg(cli, 1);
    struct signer_choice who;
    struct signers signers;
    int64_t threshold;
    enum role role;
    char *what, *whose;
    int rc = office_check_holder(c, holder);

    if (rc != PUMASI_OK)
        return rc;
    if (num_parse(typed, strlen(typed), 1, ACT_KEYS_MAX, &threshold) != 0)
        return fail(PUMASI_USAGE, _("Say how many keys must sign together, from 1 to %d."),
                    ACT_KEYS_MAX);
    if (!usual_role(holder, &role))
        role = ROLE_TREASURER;
    who = governor(holder, role);
    rc = signers_choose(c, &who, 1, NULL, &signers);
    if (rc != PUMASI_OK)
        return rc;
    whose = render_signers(role, holder);
    what = x_asprintf(_("threshold of %lld for the %s"), (long long)threshold, whose);
    free(whose);
    rc = send_act(c, cli, "threshold.set", who.holder,
                  json_pack("{s:s, s:s, s:I}", "holder", holder, "role", role_name(role),
                            "threshold", (json_int_t)threshold),
                  &signers, what);
    free(what);
    return rc;
}

const struct command cmd_threshold = {
    .name = "threshold",
    .args = N_("HOLDER N"),
    .summary = N_("Set how many keys of a holder must sign together"),
    .help = N_("For example: pumasi threshold hansalim 2\n"
               "As many as must sign now have to sign this."),
    .min_args = 2,
    .max_args = 2,
    .flags = COMMAND_ACT,
    .run = run_threshold,
};
