/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* key recover, key finish, key object: new keys for who lost the old ones. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "client/recovery.h"
#include "core/date.h"
#include "core/text.h"

static const struct cli_option recover_options[] = {
    {"key-file", 'f', N_("FILE"),
     N_("a new public key: a JWK file, or the name of one of your keys; may be repeated")},
    {"threshold", 0, N_("N"), N_("how many of the new keys must sign (without it: one)")},
    {"reason", 0, N_("TEXT"), N_("why; the office and the member can read it, nobody else")},
    {0},
};
static const struct cli_option reason_options[] = {
    {"reason", 0, N_("TEXT"), N_("why; the office and the member can read it, nobody else")},
    {0},
};

/* Whose keys: a member's, or a co-op's treasurers'. */
struct whose {
    const char *holder, *recoverer; /* who recovers them: the co-op, the stewards */
    enum role role;
};

static int read_whose(const struct cli *cli, struct whose *out)
{
    const char *holder = cli_arg(cli, 0);
    char *safe;

    if (name_is_address(holder)) {
        *out = (struct whose){holder, name_coop_start(holder), ROLE_MEMBER};
        return PUMASI_OK;
    }
    if (name_is_coop(holder)) {
        *out = (struct whose){holder, HOLDER_STEWARDS_NAME, ROLE_TREASURER};
        return PUMASI_OK;
    }
    safe = say_safe(holder);
    (void)fail(PUMASI_USAGE,
               _("\"%s\" is neither a member, like alice@hansalim, nor a co-op, like hansalim, "
                 "whose treasurers would get new keys."),
               safe);
    free(safe);
    return PUMASI_USAGE;
}

/* The act about it, with `members` beside holder and role, which it takes over. */
static int send_act(struct client *c, const struct cli *cli, const char *type, const char *by,
                    const struct whose *w, json_t *members, const struct signers *s,
                    const char *what)
{
    struct submit_request rq = {
        .type = type, .by = by, .members = members, .lifetime = SUBMIT_LATER, .what = what};
    char *reason = NULL;
    int rc = office_text(cli, "reason", TEXT_MEMO_MAX, &rq, &reason);

    json_object_set_new(members, "holder", json_string(w->holder));
    json_object_set_new(members, "role", json_string(role_name(w->role)));
    if (rc == PUMASI_OK)
        rc = office_submit(c, cli, &rq, s);
    json_decref(members);
    free(reason);
    return rc;
}

/* --- key recover --- */

static int new_keys(struct client *c, const struct cli *cli, const struct whose *w,
                    struct signers *s, json_t **members)
{
    int64_t threshold;
    json_t *keys;
    int rc = office_keys(c, cli, "key-file", w->holder, w->role, s, &keys);

    *members = NULL;
    if (rc != PUMASI_OK)
        return rc;
    if (json_array_size(keys) == 0)
        rc = fail(PUMASI_USAGE, _("Say which the new keys are: --key-file FILE"));
    else
        rc = office_threshold(cli, json_array_size(keys), &threshold);
    if (rc == PUMASI_OK)
        *members = json_pack("{s:O, s:I}", "keys", keys, "threshold", (json_int_t)threshold);
    json_decref(keys);
    return rc;
}

static int run_recover(struct client *c, const struct cli *cli)
{
    struct signer_choice office;
    struct signers signers;
    struct whose w;
    json_t *members;
    char *what;
    int rc = read_whose(cli, &w);

    if (rc != PUMASI_OK)
        return rc;
    office =
        (struct signer_choice){w.recoverer, w.role == ROLE_MEMBER ? ROLE_REGISTRAR : ROLE_STEWARD};
    rc = signers_choose(c, &office, 1, NULL, &signers);
    if (rc == PUMASI_OK)
        rc = new_keys(c, cli, &w, &signers, &members);
    if (rc != PUMASI_OK)
        return rc;
    if (!office_confirm(c,
                        _("Give %s new keys? In seven days they take the place of all old ones; "
                          "until then nothing is paid."),
                        w.holder)) {
        json_decref(members);
        return PUMASI_FAILED;
    }
    what = x_asprintf(_("new keys for %s"), w.holder);
    rc = send_act(c, cli, "key.recover", w.recoverer, &w, members, &signers, what);
    free(what);
    if (rc == PUMASI_OK)
        note(_("In seven days, if nobody objected: pumasi key finish %s"), w.holder);
    return rc;
}

const struct command cmd_key_recover = {
    .name = "key",
    .sub = "recover",
    .args = N_("HOLDER"),
    .summary = N_("Begin to give new keys to a member, or to treasurers, who lost the old ones"),
    .help = N_("For example: pumasi key recover alice@hansalim --key-file new-phone.jwk\n"
               "For a member a registrar signs, for the treasurers of a co-op the stewards, and "
               "each new key. From then on the old keys stand still, and nothing is paid from the "
               "account. After seven days \"pumasi key finish\" puts the new keys in force; one of "
               "the old keys can object until then (pumasi key object)."),
    .min_args = 1,
    .max_args = 1,
    .options = recover_options,
    .flags = COMMAND_ACT,
    .run = run_recover,
};

/* --- what was begun --- */

/* Its record, from when on it can be finished, whether an old key objected. */
struct begun {
    int64_t record, due_ms;
    char *due;
    bool objected;
};

static int fetch_begun(struct client *c, const struct keyfile *key, const struct whose *w,
                       struct begun *out)
{
    json_t *answer = NULL;
    const json_t *r;
    int rc = w->role == ROLE_MEMBER ? query_member(c, key, w->holder, &answer)
                                    : query_coop(c, key, w->holder, &answer);

    memset(out, 0, sizeof(*out));
    if (rc != PUMASI_OK)
        return rc;
    r = recovery_in(answer);
    if (r == NULL || time_parse(json_text(r, "due"), &out->due_ms) != 0) {
        rc = fail(PUMASI_FAILED, _("No new keys for %s are waiting, as far as this key may see."),
                  w->holder);
    } else {
        out->record = json_number(r, "record");
        out->due = say_time(json_text(r, "due"));
        out->objected = json_is_true(json_object_get(r, "objected"));
    }
    json_decref(answer);
    return rc;
}

/*
 * Who signs: the first of the choices that there are keys for; but where an old key of a member
 * objected, no registrar decides any more.
 */
static int choose_and_fetch(struct client *c, const struct whose *w,
                            const struct signer_choice *choices, size_t n, struct signers *s,
                            struct begun *out)
{
    const struct signer_choice treasurers = {w->recoverer, ROLE_TREASURER};
    int rc = signers_choose(c, choices, n, NULL, s);

    if (rc == PUMASI_OK)
        rc = fetch_begun(c, s->keys[0], w, out);
    if (rc != PUMASI_OK || !out->objected || w->role != ROLE_MEMBER || c->n_key_names > 0 ||
        s->keys[0]->role != ROLE_REGISTRAR)
        return rc;
    return signers_choose(c, &treasurers, 1, NULL, s);
}

static int run_finish(struct client *c, const struct cli *cli)
{
    struct signer_choice choices[2];
    struct begun begun = {0};
    struct signers signers;
    struct whose w;
    char *what;
    int rc = read_whose(cli, &w);

    if (rc != PUMASI_OK)
        return rc;
    choices[0] =
        (struct signer_choice){w.recoverer, w.role == ROLE_MEMBER ? ROLE_REGISTRAR : ROLE_STEWARD};
    choices[1] = (struct signer_choice){w.recoverer, ROLE_TREASURER};
    rc = choose_and_fetch(c, &w, choices, w.role == ROLE_MEMBER ? 2 : 1, &signers, &begun);
    if (rc == PUMASI_OK && begun.due_ms > (int64_t)time(NULL) * 1000)
        rc = fail(PUMASI_FAILED,
                  _("The new keys for %s can come into force from %s on, not sooner."), w.holder,
                  begun.due);
    if (rc == PUMASI_OK &&
        !office_confirm(c,
                        _("Put the new keys for %s in force? All old ones are revoked, for ever."),
                        w.holder))
        rc = PUMASI_FAILED;
    if (rc == PUMASI_OK) {
        what = x_asprintf(_("coming into force of the new keys for %s"), w.holder);
        rc = send_act(c, cli, "key.recover.finish", w.recoverer, &w,
                      json_pack("{s:I}", "record", (json_int_t)begun.record), &signers, what);
        free(what);
    }
    free(begun.due);
    return rc;
}

const struct command cmd_key_finish = {
    .name = "key",
    .sub = "finish",
    .args = N_("HOLDER"),
    .summary = N_("Put the new keys of a recovery in force, after seven days"),
    .help = N_("For a member a registrar signs, or, if one of the member's old keys objected, the "
               "treasurers; for the treasurers of a co-op the stewards. All old keys are revoked."),
    .min_args = 1,
    .max_args = 1,
    .options = reason_options,
    .flags = COMMAND_ACT,
    .run = run_finish,
};

static int run_object(struct client *c, const struct cli *cli)
{
    struct signer_choice choices[3];
    struct begun begun = {0};
    struct signers signers;
    struct whose w;
    const char *by;
    char *what;
    int rc = read_whose(cli, &w);

    if (rc != PUMASI_OK)
        return rc;
    choices[0] = (struct signer_choice){w.holder, w.role};
    choices[1] =
        (struct signer_choice){w.recoverer, w.role == ROLE_MEMBER ? ROLE_REGISTRAR : ROLE_STEWARD};
    choices[2] = (struct signer_choice){w.recoverer, ROLE_TREASURER};
    rc = choose_and_fetch(c, &w, choices, w.role == ROLE_MEMBER ? 3 : 2, &signers, &begun);
    free(begun.due);
    if (rc != PUMASI_OK)
        return rc;
    by = str_eq(signers_by(&signers, w.holder), w.holder) ? w.holder : w.recoverer;
    what = x_asprintf(str_eq(by, w.holder) ? _("objection to new keys for %s")
                                           : _("end of a recovery: no new keys for %s"),
                      w.holder);
    rc = send_act(c, cli, "key.object", by, &w,
                  json_pack("{s:I}", "record", (json_int_t)begun.record), &signers, what);
    free(what);
    if (rc == PUMASI_OK && str_eq(by, w.holder) && w.role == ROLE_MEMBER)
        note(_("The treasurers of %s decide now. Tell them."), w.recoverer);
    else if (rc == PUMASI_OK && str_eq(by, w.holder))
        note("%s", _("The stewards decide, seven days from now at the soonest. Tell them."));
    return rc;
}

const struct command cmd_key_object = {
    .name = "key",
    .sub = "object",
    .args = N_("HOLDER"),
    .summary = N_("Object to the new keys of a recovery"),
    .help = N_("By one of the old keys: for a member, the treasurers then decide and no registrar "
               "any more; for treasurers, the stewards must wait for another seven days. By those "
               "who decide: nothing comes of the new keys, and the old ones are as they were."),
    .min_args = 1,
    .max_args = 1,
    .options = reason_options,
    .flags = COMMAND_ACT,
    .run = run_object,
};
