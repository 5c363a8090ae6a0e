/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sign: adds one's signature to what others have begun. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/commands.h"
#include "client/continued.h"
#include "client/explain.h"
#include "client/files.h"
#include "client/query.h"
#include "client/render.h"
#include "client/sign.h"
#include "client/submit.h"
#include "client/waiting.h"
#include "client/words.h"
#include "core/text.h"

static const struct cli_option options[] = {
    {"all", 0, NULL, N_("everything that waits for your signature, one after the other")},
    {0},
};

/* --- one act --- */

/* Is it for this ledger, and still in time? */
static int check(const struct client *c, const struct waiting *w)
{
    const struct act *a = &w->act;
    char *safe;

    if (a->type == ACT_LEDGER_OPEN)
        return fail(PUMASI_USAGE, _("The opening of a ledger is signed with \"pumasi open\"."));
    if (!str_eq(a->aud, c->profile.ledger_id)) {
        safe = say_safe(a->aud);
        (void)fail(PUMASI_FAILED,
                   _("This act is for another ledger (%s). It wasn't signed. If that is another of "
                     "yours, name its --profile."),
                   safe);
        free(safe);
        return PUMASI_FAILED;
    }
    if (a->type == ACT_LEDGER_CONTINUE && !envelope_signed_by(&w->s.env, &c->profile.log_key))
        return fail(PUMASI_UNPROVED,
                    _("The log key that is pinned hasn't signed that this ledger goes on without "
                      "records. Nothing was signed; ask those who run it."));
    if (a->exp < (int64_t)time(NULL))
        return fail(PUMASI_FAILED,
                    _("The act %s is past its time. Whoever made it has to make it "
                      "anew."),
                    a->jti);
    return PUMASI_OK;
}

/* Everything that one should know before signing, on stderr. */
static void show(const struct client *c, const struct waiting *w, const struct render_named *named)
{
    char *text = render_act(c, &w->act, &w->s, named);

    fputs(text, stderr);
    free(text);
    for (size_t i = 0; i < w->mine.n; i++) {
        const struct keyfile *k = w->mine.keys[i];

        if (k->role == ROLE_STEWARD)
            note(_("You sign as steward, with your key %s."), k->name);
        else if (k->role == ROLE_MEMBER)
            note(_("You sign for %s, with its key %s."), k->holder, k->name);
        else
            note(_("You sign as %s of %s, with your key %s."), word_role(k->role), k->holder,
                 k->name);
    }
}

/* What is sent: the same payload. The ledger keeps the signatures that it has, so one that it hands
 * out comes back with ours alone; a file goes with all that it holds. */
static void make_signed(struct submission *out, const struct waiting *w)
{
    if (w->item != NULL) {
        memset(out, 0, sizeof(*out));
        envelope_new(&out->env, w->s.env.payload, w->s.env.payload_len);
    } else {
        struct buf b = BUF_INIT;
        struct refusal r;

        submission_put(&b, &w->s);
        if (submission_parse(out, b.data, b.len, &r) != 0)
            abort(); /* it was parsed before */
        buf_free(&b);
    }
    for (size_t i = 0; i < w->mine.n; i++)
        envelope_sign(&out->env, w->mine.keys[i]->secret);
}

/* Shows it, asks, signs, sends. */
static int agree_and_sign(struct client *c, const struct waiting *w,
                          const struct render_named *named)
{
    struct submit_result r;
    struct submission s;
    bool went_on;
    char *what;
    int rc;

    show(c, w, named);
    if (!office_agree(c, _("Sign this?")))
        return say_can_ask() ? fail(PUMASI_FAILED, _("Not signed.")) : PUMASI_USAGE;
    make_signed(&s, w);
    what = render_headline(c, &w->act, named);
    rc = submit_signed(c, &s, what, NULL, &r);
    went_on = w->act.type == ACT_LEDGER_CONTINUE && r.outcome == SUBMIT_POSTED;
    rc = submit_finish(c, what, &r, rc);
    submission_free(&s);
    free(what);
    return went_on && rc == PUMASI_OK ? continued_signed(c) : rc;
}

int sign_one(struct client *c, const struct waiting *w, const struct waiting_list *l)
{
    struct explained e;
    int rc = check(c, w);

    if (rc != PUMASI_OK)
        return rc;
    rc = explain(c, &w->act, l, &e);
    if (rc == PUMASI_OK)
        rc = agree_and_sign(c, w, e.named);
    explain_free(&e);
    return rc;
}

/* --- from the ledger --- */

static int nothing_of_mine(const struct waiting *w)
{
    char *needs = waiting_needs(w->item);
    int rc = fail(PUMASI_FAILED, _("The act %s doesn't wait for you. It still needs: %s."),
                  w->act.jti, needs);

    free(needs);
    return rc;
}

static int sign_id(struct client *c, const char *jti)
{
    struct waiting_list l;
    const struct waiting *found;
    int rc = waiting_fetch(c, &l);

    if (rc != PUMASI_OK)
        return rc;
    rc = waiting_find(&l, jti, &found);
    if (rc == PUMASI_OK)
        rc = found->mine.n == 0 ? nothing_of_mine(found) : sign_one(c, found, &l);
    waiting_list_free(&l);
    return rc;
}

static int sign_waiting(struct client *c, bool all)
{
    struct waiting_list l;
    size_t mine = 0;
    int rc = waiting_fetch(c, &l), worst = PUMASI_OK;

    if (rc != PUMASI_OK)
        return rc;
    for (size_t i = 0; i < l.n; i++)
        mine += l.rows[i].mine.n > 0;
    if (mine == 0)
        note(_("Nothing waits for your signature."));
    if (mine > 1 && !all)
        worst = fail(PUMASI_USAGE,
                     _("%zu acts wait for your signature. Say which, or --all; \"pumasi pending\" "
                       "lists them."),
                     mine);
    for (size_t i = 0; worst != PUMASI_USAGE && i < l.n; i++) {
        if (l.rows[i].mine.n == 0)
            continue;
        rc = sign_one(c, &l.rows[i], &l);
        if (rc != PUMASI_OK && (worst == PUMASI_OK || worst == PUMASI_PENDING))
            worst = rc;
    }
    waiting_list_free(&l);
    return worst;
}

/* --- from a file --- */

/* The keys in the payload, whoever's they are. */
static int add_new_keys(struct client *c, const struct act *a, struct signers *s)
{
    const struct act_keys *lists[2] = {NULL, NULL};
    int rc = PUMASI_OK;

    if (a->type == ACT_COOP_CREATE) {
        lists[0] = &a->u.coop_create.treasurers;
        lists[1] = &a->u.coop_create.registrars;
    } else if (a->type == ACT_MEMBER_CREATE) {
        lists[0] = &a->u.member.keys;
    } else if (a->type == ACT_KEY_RECOVER) {
        lists[0] = &a->u.recover.keys;
    } else if (a->type == ACT_KEY_ADD) {
        return signers_add_own(c, &a->u.key.key, a->u.key.holder, a->u.key.role, s);
    }
    for (size_t l = 0; l < ARRAY_LEN(lists) && lists[l] != NULL; l++) {
        for (size_t i = 0; rc == PUMASI_OK && i < lists[l]->n; i++) {
            if (a->type == ACT_COOP_CREATE)
                rc = signers_add_own(c, &lists[l]->keys[i], a->u.coop_create.coop,
                                     l == 0 ? ROLE_TREASURER : ROLE_REGISTRAR, s);
            else if (a->type == ACT_KEY_RECOVER)
                rc = signers_add_own(c, &lists[l]->keys[i], a->u.recover.holder, a->u.recover.role,
                                     s);
            else
                rc = signers_add_own(c, &lists[l]->keys[i], a->u.member.member, ROLE_MEMBER, s);
        }
    }
    return rc;
}

/* Nobody says what a file still needs, so: the keys named, else those in it, else those of whoever
 * acts. */
static int file_signers(struct client *c, struct waiting *w)
{
    const char *by = w->act.by;
    bool coop = name_is_coop(by), stewards = str_eq(by, HOLDER_STEWARDS_NAME);
    const struct signer_choice choices[] = {{by, stewards ? ROLE_STEWARD
                                                 : coop   ? ROLE_TREASURER
                                                          : ROLE_MEMBER},
                                            {by, ROLE_REGISTRAR}};
    int rc;

    w->mine.n = 0;
    if (c->n_key_names == 0) {
        rc = add_new_keys(c, &w->act, &w->mine);
        if (rc != PUMASI_OK || w->mine.n > 0)
            return rc;
    }
    return signers_choose(c, choices, coop ? 2 : 1, NULL, &w->mine);
}

static int sign_file(struct client *c, const char *path)
{
    struct waiting w;
    const char *reason;
    char *why = NULL;
    json_t *file;
    int rc = client_ledger(c, NULL);

    if (rc != PUMASI_OK)
        return rc;
    file = files_read_json(path, &reason);
    if (file == NULL || waiting_read(&w, file, &why) != 0) {
        char *safe = say_safe(path);

        rc = fail(PUMASI_FAILED, _("%s is no act that can be signed: %s."), safe,
                  file == NULL ? reason : why);
        json_decref(file);
        free(safe);
        free(why);
        return rc;
    }
    json_decref(file);
    rc = file_signers(c, &w);
    if (rc == PUMASI_OK)
        rc = sign_one(c, &w, NULL);
    waiting_free(&w);
    return rc;
}

static int neither(const char *arg)
{
    char *safe = say_safe(arg);
    int rc = fail(
        PUMASI_USAGE,
        _("\"%s\" is neither an act's id nor a file. \"pumasi pending\" lists what waits."), safe);

    free(safe);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    bool all = cli_given(cli, "all");
    int rc, worst = PUMASI_OK;

    if (all && cli->n_args > 0)
        return fail(PUMASI_USAGE, _("Give either --all or what to sign."));
    if (cli->n_args == 0)
        return sign_waiting(c, all);
    for (int i = 0; i < cli->n_args; i++) {
        const char *arg = cli_arg(cli, i);

        if (access(arg, F_OK) == 0)
            rc = sign_file(c, arg);
        else if (name_is_jti(arg))
            rc = sign_id(c, arg);
        else
            rc = neither(arg);
        if (rc != PUMASI_OK && (worst == PUMASI_OK || worst == PUMASI_PENDING))
            worst = rc;
    }
    return worst;
}

const struct command cmd_sign = {
    .name = "sign",
    .args = N_("[ID|FILE]..."),
    .summary = N_("Sign what waits for your signature"),
    .help =
        N_("Shows what the act says, from the very bytes that are signed, asks, and signs. ID "
           "is one that \"pumasi pending\" lists; FILE holds an act that came another way, such "
           "as one item of \"pumasi pending --json\". Without either: the only act that waits. "
           "Where nobody can be asked, it takes --yes."),
    .min_args = 0,
    .max_args = -1,
    .options = options,
    .run = run,
};
