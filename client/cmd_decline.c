/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi decline: says no to a request, or to what waits for signatures; withdraws one's own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/begun.h"
#include "client/cited.h"
#include "client/commands.h"
#include "client/explain.h"
#include "client/office.h"
#include "client/query.h"
#include "client/render.h"
#include "client/requests.h"
#include "client/submit.h"
#include "client/waiting.h"
#include "core/num.h"
#include "core/text.h"

static const struct cli_option options[] = {
    {"reason", 'r', N_("TEXT"), N_("why; those whom it concerns can read it, nobody else")},
    {0},
};

/* --- with which key: one says no for all --- */

/* A key of that holder in that role, best one that needs no passphrase; NULL without any. */
static struct keyfile *key_of(struct client *c, const char *holder, enum role role)
{
    struct keyfile *best = NULL;

    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        struct keyfile *k = c->keys[i];

        if (k->role == role && str_eq(k->holder, holder) &&
            (best == NULL || (best->sealed && !k->sealed)))
            best = k;
    }
    return best;
}

/* The office's key that speaks for a member: treasurers for a purse, else a registrar. */
static int office_key(struct client *c, const char *member, bool pays, struct keyfile **out)
{
    const char *coop = name_coop_start(member);
    struct keyfile *treasurer = key_of(c, coop, ROLE_TREASURER),
                   *registrar = key_of(c, coop, ROLE_REGISTRAR);
    json_t *answer;
    bool purse;
    int rc;

    *out = NULL;
    if (treasurer == NULL && registrar == NULL)
        return PUMASI_OK;
    rc = client_unlock(registrar != NULL ? registrar : treasurer);
    if (rc != PUMASI_OK)
        return rc;
    rc = query_member(c, registrar != NULL ? registrar : treasurer, member, &answer);
    if (rc != PUMASI_OK)
        return rc;
    purse = str_eq(json_text(answer, "kind"), "purse");
    json_decref(answer);
    if (purse)
        *out = treasurer;
    else if (pays)
        *out = registrar;
    return PUMASI_OK;
}

static int request_key(struct client *c, const struct act_transfer *t, struct keyfile **out)
{
    int rc = PUMASI_OK;

    *out = key_of(c, t->from, ROLE_MEMBER);
    if (*out == NULL)
        *out = key_of(c, t->to, ROLE_MEMBER);
    if (*out == NULL)
        rc = office_key(c, t->to, false, out);
    if (rc == PUMASI_OK && *out == NULL)
        rc = office_key(c, t->from, true, out);
    if (rc == PUMASI_OK && *out == NULL)
        rc = fail(PUMASI_FAILED,
                  _("None of your keys can decline this: that takes one of %s, who is asked, or of "
                    "%s, who asks. \"pumasi key list\" shows what there is."),
                  t->from, t->to);
    return rc;
}

/* One that the waiting act needs, or that has signed it. */
static int waiting_key(struct client *c, const struct waiting *w, struct keyfile **out)
{
    json_t *need;
    size_t i;

    *out = NULL;
    for (i = 0; *out == NULL && i < w->s.env.n_sigs; i++)
        *out = client_find_key(c, w->s.env.sigs[i].kid.s);
    json_array_foreach (json_object_get(w->item, "needs"), i, need) {
        enum role role;

        if (*out == NULL && role_parse(json_text(need, "role"), &role) == 0)
            *out = key_of(c, json_text(need, "holder"), role);
    }
    if (*out != NULL)
        return PUMASI_OK;
    return fail(PUMASI_FAILED,
                _("None of your keys can decline this: that takes one that it needs. \"pumasi key "
                  "list\" shows what there is."));
}

/* --- declining --- */

/* Forgets what this profile had begun and ended now. */
static void forget(struct client *c, const char *jti)
{
    struct outbox_entry *list = NULL;
    size_t n = 0;

    if (outbox_list(&c->profile, &list, &n) != PUMASI_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        if (str_eq(list[i].jti, jti) && outbox_remove(&c->profile, &list[i]) != PUMASI_OK)
            note(_("\"pumasi outbox\" still lists it."));
    }
    outbox_list_free(list, n);
}

static int agree(struct client *c, const struct cli *cli, const struct render_named *named,
                 const struct render_named *in_turn, const struct keyfile *key)
{
    bool own = render_withdraws(key->holder, named);
    char *text;

    if (cli_given(cli, "finish") || cli_given(cli, "discard-unsent"))
        return PUMASI_OK;
    text = render_named(c, named, in_turn);
    fputs(text, stderr);
    free(text);
    if (named->index < 0)
        note(_("Once it is declined, it will never be posted, whoever signs it."));
    if (office_agree(c, own ? _("Withdraw this?") : _("Decline this?")))
        return PUMASI_OK;
    return say_can_ask() ? fail(PUMASI_FAILED, _("It stands as it was.")) : PUMASI_USAGE;
}

static int decline(struct client *c, const struct cli *cli, const struct render_named *named,
                   const struct render_named *in_turn, struct keyfile *key)
{
    struct submit_request rq = {.type = "decline", .by = key->holder, .lifetime = SUBMIT_SOON};
    char hash[HASH_B64U_LEN + 1], *reason = NULL, *what;
    struct submit_result r;
    int rc = office_text(cli, "reason", TEXT_MEMO_MAX, &rq, &reason);

    if (rc == PUMASI_OK)
        rc = client_unlock(key);
    if (rc == PUMASI_OK)
        rc = agree(c, cli, named, in_turn, key);
    if (rc != PUMASI_OK) {
        free(reason);
        return rc;
    }
    hash_text(hash, &named->act->payload_hash);
    what = render_declining(c, key->holder, named, in_turn);
    rq.what = what;
    rq.members = json_pack("{s:s}", "act", hash);
    rc = submit_act(c, cli, &rq, &key, 1, &r);
    if (r.outcome == SUBMIT_POSTED && named->index < 0)
        forget(c, named->act->jti);
    rc = submit_finish(c, what, &r, rc);
    json_decref(rq.members);
    free(reason);
    free(what);
    return rc;
}

/* --- what --- */

static int decline_record(struct client *c, const struct cli *cli, int64_t index)
{
    struct render_named named;
    struct keyfile *key = NULL;
    struct cited record;
    int rc = client_ledger(c, NULL); /* units may be new */

    if (rc != PUMASI_OK)
        return rc;
    rc = cited_fetch(c, NULL, index, &record);
    named = cited_named(&record);
    if (rc == PUMASI_OK && record.w.act.type == ACT_TRANSFER)
        rc = fail(PUMASI_FAILED,
                  _("Record %" PRId64 " is a payment that was made. Who received it can give it "
                    "back: pumasi reverse %" PRId64),
                  index, index);
    else if (rc == PUMASI_OK && record.w.act.type != ACT_REQUEST)
        rc = fail(PUMASI_FAILED,
                  _("Record %" PRId64 " is no request, and what is posted can't be declined."),
                  index);
    if (rc == PUMASI_OK && c->n_key_names > 0)
        rc = client_key(c, KEY_ANY_ROLE, NULL, &key);
    else if (rc == PUMASI_OK)
        rc = request_key(c, &record.w.act.u.transfer, &key);
    if (rc == PUMASI_OK && !begun(c, ACT_DECLINE, index, &record.w.act.payload_hash, NULL)) {
        rc = client_unlock(key);
        if (rc == PUMASI_OK)
            rc = requests_check_open(c, key, index);
    }
    if (rc == PUMASI_OK)
        rc = decline(c, cli, &named, NULL, key);
    cited_free(&record);
    return rc;
}

static int decline_waiting(struct client *c, const struct cli *cli, const char *jti)
{
    const struct waiting *found = NULL;
    struct waiting_list l;
    struct keyfile *key = NULL;
    int rc = waiting_fetch(c, &l);

    if (rc != PUMASI_OK)
        return rc;
    rc = waiting_find(&l, jti, &found);
    if (rc == PUMASI_OK && c->n_key_names > 0)
        rc = client_key(c, KEY_ANY_ROLE, NULL, &key);
    else if (rc == PUMASI_OK)
        rc = waiting_key(c, found, &key);
    if (rc == PUMASI_OK) {
        struct render_named named = {.act = &found->act, .s = &found->s, .index = -1};
        struct explained e;

        rc = explain(c, &found->act, &l, &e);
        if (rc == PUMASI_OK)
            rc = decline(c, cli, &named, e.named, key);
        explain_free(&e);
    }
    waiting_list_free(&l);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    const char *arg = cli_arg(cli, 0);
    int64_t index;
    char *safe;
    int rc;

    if (num_parse(arg, strlen(arg), 0, NUM_MAX, &index) == 0)
        return decline_record(c, cli, index);
    if (name_is_jti(arg))
        return decline_waiting(c, cli, arg);
    safe = say_safe(arg);
    rc = fail(PUMASI_USAGE,
              _("\"%s\" is neither a request's record nor the id of an act that waits. \"pumasi "
                "requests\" and \"pumasi pending\" list them."),
              safe);
    free(safe);
    return rc;
}

const struct command cmd_decline = {
    .name = "decline",
    .args = N_("RECORD|ID"),
    .summary = N_("Decline a request or what waits for signatures; withdraw your own"),
    .help = N_("RECORD is a request that \"pumasi requests\" lists, ID an act that \"pumasi "
               "pending\" lists. Shows it, from the very bytes that were signed, asks, and ends "
               "it for good. One key is enough."),
    .min_args = 1,
    .max_args = 1,
    .options = options,
    .flags = COMMAND_ACT,
    .run = run,
};
