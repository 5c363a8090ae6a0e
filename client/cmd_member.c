/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* member create, list, freeze, unfreeze, close, update, allow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "client/table.h"
#include "client/words.h"
#include "core/text.h"

/* --- create --- */

static const struct cli_option create_options[] = {
    {"name", 'n', N_("TEXT"), N_("the name for people")},
    {"key-file", 'f', N_("FILE"),
     N_("the member's public key: a JWK file, or the name of one of your keys; may be repeated")},
    {"threshold", 0, N_("N"), N_("how many of its keys must sign a payment (without it: one)")},
    {"purse", 0, NULL, N_("a purse of the co-op, without keys, obeying the treasurers")},
    {0},
};

/* The payload's members; adds the profile's own keys among the new ones to the signers. */
static int create_members(struct client *c, const struct cli *cli, const char *member,
                          struct signers *s, json_t **out)
{
    int64_t threshold;
    json_t *keys;
    int rc = office_keys(c, cli, "key-file", member, ROLE_MEMBER, s, &keys);

    *out = NULL;
    if (rc != PUMASI_OK)
        return rc;
    rc = office_threshold(cli, json_array_size(keys), &threshold);
    if (rc == PUMASI_OK)
        *out = json_pack("{s:s, s:s, s:O, s:I}", "member", member, "kind",
                         cli_given(cli, "purse") ? "purse" : "person", "keys", keys, "threshold",
                         (json_int_t)threshold);
    json_decref(keys);
    return rc;
}

static int run_create(struct client *c, const struct cli *cli)
{
    const char *member = cli_arg(cli, 0), *coop;
    bool purse = cli_given(cli, "purse");
    struct submit_request rq = {.type = "member.create"};
    struct signer_choice office;
    struct signers signers;
    char *name = NULL, *what;
    int rc = client_check_address(c, member);

    if (rc != PUMASI_OK)
        return rc;
    if (purse && (cli_given(cli, "key-file") || cli_given(cli, "threshold")))
        return fail(PUMASI_USAGE, _("A purse has no keys: it obeys the treasurers. Leave out "
                                    "--key-file and --threshold, or --purse."));
    coop = name_coop_start(member);
    office = (struct signer_choice){coop, purse ? ROLE_TREASURER : ROLE_REGISTRAR};
    what = x_asprintf(purse ? _("new purse %s") : _("new member %s"), member);
    rq.by = coop;
    rq.what = what;
    rq.lifetime = purse || cli_given(cli, "key-file") ? SUBMIT_LATER : SUBMIT_SOON;
    rc = office_text(cli, "name", TEXT_NAME_MAX, &rq, &name);
    if (rc == PUMASI_OK)
        rc = signers_choose(c, &office, 1, NULL, &signers);
    if (rc == PUMASI_OK)
        rc = create_members(c, cli, member, &signers, &rq.members);
    if (rc == PUMASI_OK)
        rc = office_submit(c, cli, &rq, &signers);
    json_decref(rq.members);
    free(name);
    free(what);
    return rc;
}

const struct command cmd_member_create = {
    .name = "member",
    .sub = "create",
    .args = N_("MEMBER"),
    .summary = N_("Admit a member (a registrar) or make a purse (treasurers)"),
    .help =
        N_("For example: pumasi member create alice@hansalim --name \"Kim Alice\" --key-file "
           "alice.jwk\n"
           "Without --key-file the member has no device, and the registrars record for it. Each "
           "key must sign too: at once where its private half is in this profile, else with "
           "\"pumasi sign\"."),
    .min_args = 1,
    .max_args = 1,
    .options = create_options,
    .flags = COMMAND_ACT,
    .run = run_create,
};

/* --- what concerns one member --- */

static const struct cli_option reason_options[] = {
    {"reason", 0, N_("TEXT"), N_("why; the office and the member can read it, nobody else")},
    {0},
};

/* Purses obey the treasurers, whatever other keys there are. */
static int purse_signers(struct client *c, const char *member, struct signers *s)
{
    const struct signer_choice treasurers = {name_coop_start(member), ROLE_TREASURER};
    json_t *answer;
    bool purse;
    int rc = query_member(c, s->keys[0], member, &answer);

    office_note_key(c, s->keys[0], rc);
    if (rc != PUMASI_OK)
        return rc;
    purse = str_eq(json_text(answer, "kind"), "purse");
    json_decref(answer);
    if (!purse || c->n_key_names > 0 || s->keys[0]->role == ROLE_TREASURER)
        return PUMASI_OK;
    return signers_choose(c, &treasurers, 1, NULL, s);
}

/* What such an act is called to people. The caller frees it. */
static char *member_what(const char *type, const char *member)
{
    if (str_eq(type, "member.freeze"))
        return x_asprintf(_("freeze of %s"), member);
    if (str_eq(type, "member.unfreeze"))
        return x_asprintf(_("unfreeze of %s"), member);
    if (str_eq(type, "member.close"))
        return x_asprintf(_("closing of %s"), member);
    return x_asprintf(_("change of the name of %s"), member);
}

/*
 * An act about one member, by the member itself, its registrar or, for purses and where a registrar
 * froze it, the treasurers: whichever of those keys the profile has.
 */
static int member_act(struct client *c, const struct cli *cli, const char *type, const char *text,
                      bool treasurers_first)
{
    const char *member = cli_arg(cli, 0), *coop;
    struct submit_request rq = {.type = type, .lifetime = SUBMIT_LATER};
    struct signer_choice choices[3];
    struct signers signers;
    char *owned = NULL, *what;
    int rc = client_check_address(c, member);

    if (rc != PUMASI_OK)
        return rc;
    coop = name_coop_start(member);
    choices[0] = (struct signer_choice){member, ROLE_MEMBER};
    choices[1] = (struct signer_choice){coop, ROLE_REGISTRAR};
    choices[2] = (struct signer_choice){coop, ROLE_TREASURER};
    if (treasurers_first) {
        choices[0] = choices[2];
        choices[2] = (struct signer_choice){member, ROLE_MEMBER};
    }
    what = member_what(type, member);
    rq.what = what;
    rc = office_text(cli, text, str_eq(text, "name") ? TEXT_NAME_MAX : TEXT_MEMO_MAX, &rq, &owned);
    if (rc == PUMASI_OK)
        rc = signers_choose(c, choices, ARRAY_LEN(choices), NULL, &signers);
    if (rc == PUMASI_OK)
        rc = purse_signers(c, member, &signers);
    if (rc == PUMASI_OK) {
        rq.by = signers_by(&signers, coop);
        rq.members = json_pack("{s:s}", "member", member);
        rc = office_submit(c, cli, &rq, &signers);
    }
    json_decref(rq.members);
    free(owned);
    free(what);
    return rc;
}

static int run_freeze(struct client *c, const struct cli *cli)
{
    return member_act(c, cli, "member.freeze", "reason", false);
}

const struct command cmd_member_freeze = {
    .name = "member",
    .sub = "freeze",
    .args = N_("MEMBER"),
    .summary = N_("Stop all payments of a member, for example when a device is lost"),
    .help = N_("By the member, or by a registrar: then only the treasurers can unfreeze it."),
    .min_args = 1,
    .max_args = 1,
    .options = reason_options,
    .flags = COMMAND_ACT,
    .run = run_freeze,
};

static int run_unfreeze(struct client *c, const struct cli *cli)
{
    int rc = member_act(c, cli, "member.unfreeze", "reason", true);

    if (rc == PUMASI_FAILED)
        note(_("What a registrar froze, only the co-op's treasurers can unfreeze; what the member "
               "froze itself, it or a registrar can."));
    return rc;
}

const struct command cmd_member_unfreeze = {
    .name = "member",
    .sub = "unfreeze",
    .args = N_("MEMBER"),
    .summary = N_("Let a frozen member pay and be paid again"),
    .help = N_("By the treasurers if a registrar froze it, else by the member or a registrar; "
               "choose with --key where the profile has several."),
    .min_args = 1,
    .max_args = 1,
    .options = reason_options,
    .flags = COMMAND_ACT,
    .run = run_unfreeze,
};

static int run_close(struct client *c, const struct cli *cli)
{
    if (!office_confirm(c, _("Close %s for ever?"), cli_arg(cli, 0)))
        return PUMASI_FAILED;
    return member_act(c, cli, "member.close", "reason", false);
}

const struct command cmd_member_close = {
    .name = "member",
    .sub = "close",
    .args = N_("MEMBER"),
    .summary = N_("Close a member for ever; all its balances must be zero"),
    .min_args = 1,
    .max_args = 1,
    .options = reason_options,
    .flags = COMMAND_ACT,
    .run = run_close,
};

static const struct cli_option update_options[] = {
    {"name", 'n', N_("TEXT"), N_("the new name; without it the member has none any more")},
    {0},
};

static int run_update(struct client *c, const struct cli *cli)
{
    return member_act(c, cli, "member.update", "name", false);
}

const struct command cmd_member_update = {
    .name = "member",
    .sub = "update",
    .args = N_("MEMBER"),
    .summary = N_("Change a member's name"),
    .min_args = 1,
    .max_args = 1,
    .options = update_options,
    .flags = COMMAND_ACT,
    .run = run_update,
};

/* --- allow --- */

/* The member that the named keys, or the only member's keys of the profile, speak for; NULL after a
 * sentence. */
static const char *own_member(struct client *c)
{
    const char *member = NULL;
    struct keyfile *k;

    if (c->n_key_names > 0)
        return client_key(c, KEY_ROLE(ROLE_MEMBER), NULL, &k) == PUMASI_OK ? k->holder : NULL;
    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        const char *holder = c->keys[i]->holder;

        if (c->keys[i]->role != ROLE_MEMBER || (member != NULL && str_eq(holder, member)))
            continue;
        if (member != NULL) {
            (void)fail(PUMASI_USAGE, _("You have keys of %s and of %s. Say which with --key."),
                       member, holder);
            return NULL;
        }
        member = holder;
    }
    if (member == NULL)
        (void)fail(PUMASI_FAILED, _("Only a member itself can say this, and this profile has no "
                                    "member's key. \"pumasi key list\" shows your keys."));
    return member;
}

static int run_allow(struct client *c, const struct cli *cli)
{
    const char *answer = cli_arg(cli, 0), *member;
    bool allowed = str_eq(answer, "yes");
    struct submit_request rq = {.type = "record.allow", .lifetime = SUBMIT_SOON};
    struct signer_choice itself;
    struct signers signers;
    char *what;
    int rc;

    if (!allowed && !str_eq(answer, "no"))
        return fail(PUMASI_USAGE, _("Say yes or no: pumasi member allow yes"));
    member = own_member(c);
    if (member == NULL)
        return PUMASI_FAILED;
    itself = (struct signer_choice){member, ROLE_MEMBER};
    rc = signers_choose(c, &itself, 1, NULL, &signers);
    if (rc != PUMASI_OK)
        return rc;
    what = x_asprintf(allowed ? _("permission for registrars to record payments of %s")
                              : _("end of the permission for registrars to record payments of %s"),
                      member);
    rq.by = member;
    rq.what = what;
    rq.members = json_pack("{s:s, s:b}", "member", member, "allowed", allowed ? 1 : 0);
    rc = office_submit(c, cli, &rq, &signers);
    json_decref(rq.members);
    free(what);
    return rc;
}

const struct command cmd_allow = {
    .name = "member",
    .sub = "allow",
    .args = N_("yes|no"),
    .summary = N_("Say whether the registrars may record payments for you"),
    .help = N_("They write down what is noted on paper. Without your permission they can only be "
               "paid to, never pay for you."),
    .min_args = 1,
    .max_args = 1,
    .flags = COMMAND_ACT,
    .run = run_allow,
};

/* --- list --- */

static int add_member(void *arg, json_t *item)
{
    struct table *t = arg;

    table_add(t, json_text(item, "member"));
    table_add(t, json_text(item, "name"));
    table_add(t, word_kind(json_text(item, "kind")));
    table_add(t, word_state(json_text(item, "state")));
    return 0;
}

static int list(struct client *c, const struct keyfile *key, const char *path)
{
    static const struct table_column columns[] = {
        {N_("Member"), TABLE_LEFT},
        {N_("Name"), TABLE_LEFT},
        {N_("Kind"), TABLE_LEFT},
        {N_("State"), TABLE_LEFT},
    };
    json_t *all = json_array();
    struct table *t = table_new(columns, ARRAY_LEN(columns));
    int rc = query_list(c, key, path, 0, c->json ? office_keep_item : add_member,
                        c->json ? (void *)all : (void *)t);

    if (rc == PUMASI_OK && c->json)
        office_print_items(json_incref(all));
    else if (rc == PUMASI_OK)
        table_print(t, stdout, table_style_of(stdout));
    table_free(t);
    json_decref(all);
    return rc;
}

static int run_list(struct client *c, const struct cli *cli)
{
    const char *coop = cli_arg(cli, 0);
    struct keyfile *key;
    char *path;
    int rc = coop == NULL ? PUMASI_OK : client_check_coop(coop);

    if (rc == PUMASI_OK)
        rc = office_reader(c, coop, &key);
    if (rc != PUMASI_OK)
        return rc;
    if (coop == NULL && !name_is_coop(name_coop_start(key->holder)))
        return fail(PUMASI_USAGE, _("Say which co-op, for example: pumasi member list hansalim"));
    path = x_asprintf("/v1/coops/%s/members", coop != NULL ? coop : name_coop_start(key->holder));
    rc = list(c, key, path);
    office_note_key(c, key, rc);
    free(path);
    return rc;
}

const struct command cmd_member_list = {
    .name = "member",
    .sub = "list",
    .args = N_("[COOP]"),
    .summary = N_("List a co-op's members (its office and auditors)"),
    .min_args = 0,
    .max_args = 1,
    .run = run_list,
};
