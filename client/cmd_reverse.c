/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi reverse: a payment, or a part of it, goes back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/begun.h"
#include "client/cited.h"
#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "client/render.h"
#include "client/submit.h"
#include "core/text.h"

#define REGISTRAR_DAYS 30 /* for which a registrar may reverse what the office recorded */
#define FOUND          (-1)

static const struct cli_option options[] = {
    {"reason", 'r', N_("TEXT"), N_("why; both sides and their offices can read it, nobody else")},
    {0},
};

/* What is to be given back. */
struct giving {
    const struct cited *record;
    const struct act_transfer *t;
    int64_t amount, before; /* before: what was given back already */
    bool forced;            /* by treasurers, without the payee's signature */
};

/* --- who --- */

static bool is_purse(struct client *c, const struct keyfile *key, const char *member, int *rc)
{
    json_t *answer = NULL;
    bool purse;

    *rc = query_member(c, key, member, &answer);
    purse = *rc == PUMASI_OK && str_eq(json_text(answer, "kind"), "purse");
    json_decref(answer);
    return purse;
}

/* Did the payer's office record it for a person, recently enough to take it back? */
static bool recorded_lately(const struct cited *record)
{
    const struct act_transfer *t = &record->w.act.u.transfer;
    int64_t ms;

    return !str_eq(record->w.act.by, t->from) && time_parse(record->time, &ms) == 0 &&
           (int64_t)time(NULL) - ms / 1000 <= REGISTRAR_DAYS * INT64_C(86400);
}

static int choose_keys(struct client *c, const struct giving *g, struct signers *s)
{
    const char *payer_coop = name_coop_start(g->t->from);
    struct signer_choice choices[3];
    size_t n = 0;
    int rc;

    choices[n++] = (struct signer_choice){g->t->to, ROLE_MEMBER};
    if (recorded_lately(g->record))
        choices[n++] = (struct signer_choice){payer_coop, ROLE_REGISTRAR};
    choices[n++] = (struct signer_choice){name_coop_start(g->t->to), ROLE_TREASURER};
    rc = signers_choose(c, choices, n, NULL, s);
    /* What treasurers paid from a purse isn't the registrar's. */
    if (rc == PUMASI_OK && c->n_key_names == 0 && s->keys[0]->role == ROLE_REGISTRAR &&
        is_purse(c, s->keys[0], g->t->from, &rc) && rc == PUMASI_OK)
        rc = signers_choose(c, &choices[n - 1], 1, NULL, s);
    return rc;
}

/* --- how much --- */

struct looking {
    int64_t index, reversed;
    bool found;
};

static int look(void *arg, json_t *item)
{
    struct looking *l = arg;

    if (json_number(item, "index") > l->index)
        return PUMASI_OK;
    l->found = json_number(item, "index") == l->index;
    l->reversed = l->found ? json_number(item, "reversed") : 0;
    return FOUND;
}

/* How much of it was given back before, as an account's postings say: of the side that the key may
 * read. */
static int given_before(struct client *c, const struct keyfile *key, struct giving *g)
{
    bool payee = str_eq(key->holder, g->t->to) || str_eq(key->holder, name_coop_start(g->t->to));
    char *path =
        x_asprintf("/v1/accounts/%s/%s/postings", payee ? g->t->to : g->t->from, g->t->unit);
    struct looking l = {.index = g->record->index};
    int rc = query_list(c, key, path, 0, look, &l);

    free(path);
    g->before = l.reversed;
    if (rc == FOUND && (l.reversed < 0 || l.reversed > g->t->amount))
        rc = fail(PUMASI_UNPROVED, _("The ledger's answer has a posting that can't be one."));
    return rc == FOUND ? PUMASI_OK : rc;
}

static int judge_amount(struct client *c, struct giving *g, bool typed)
{
    int64_t left = g->t->amount - g->before;
    struct act earlier;
    char *all, *rest;
    int rc = PUMASI_OK;

    if (begun(c, ACT_REVERSAL, g->record->index, &g->record->w.act.payload_hash, &earlier) &&
        (!typed || earlier.u.reversal.amount == g->amount)) {
        g->amount = earlier.u.reversal.amount;
        return PUMASI_OK;
    }
    all = client_amount_text(c, g->t->amount, g->t->unit);
    rest = client_amount_text(c, left, g->t->unit);
    if (left <= 0)
        rc = fail(PUMASI_FAILED, _("All of the %s of record %" PRId64 " was given back before."),
                  all, g->record->index);
    else if (!typed)
        g->amount = left;
    else if (g->amount == 0)
        rc = fail(PUMASI_USAGE, _("Nothing would be given back. Say how much."));
    else if (g->amount > left && g->before > 0)
        rc = fail(PUMASI_FAILED,
                  _("Of the %s of record %" PRId64 " only %s is left to be given back."), all,
                  g->record->index, rest);
    else if (g->amount > left)
        rc = fail(PUMASI_FAILED, _("Record %" PRId64 " is a payment of %s: no more can go back."),
                  g->record->index, all);
    free(all);
    free(rest);
    return rc;
}

/* --- doing it --- */

static int agree(struct client *c, const struct cli *cli, const struct giving *g)
{
    struct render_named named = cited_named(g->record);
    char *text, *amount, *before;

    if (cli_given(cli, "finish") || cli_given(cli, "discard-unsent"))
        return PUMASI_OK;
    text = render_named(c, &named, NULL);
    fputs(text, stderr);
    amount = client_amount_text(c, g->amount, g->t->unit);
    before = client_amount_text(c, g->before, g->t->unit);
    if (g->before > 0)
        note(_("%s of it was given back before."), before);
    note(_("%s gives back %s to %s."), g->t->to, amount, g->t->from);
    if (g->forced)
        note(_("%s doesn't sign this: it is done by force, and marked so for ever."), g->t->to);
    free(text);
    free(amount);
    free(before);
    if (office_agree(c, _("Reverse this?")))
        return PUMASI_OK;
    return say_can_ask() ? fail(PUMASI_FAILED, _("Nothing was given back.")) : PUMASI_USAGE;
}

static int submit(struct client *c, const struct cli *cli, const struct giving *g,
                  const struct signers *s)
{
    struct submit_request rq = {.type = "reversal", .by = s->keys[0]->holder, .unit = g->t->unit};
    char *reason = NULL, *amount = client_amount_text(c, g->amount, g->t->unit), *what;
    int rc = office_text(cli, "reason", TEXT_MEMO_MAX, &rq, &reason);

    what = x_asprintf(_("reversal of %s of record %" PRId64), amount, g->record->index);
    rq.what = what;
    rq.lifetime = s->keys[0]->role == ROLE_TREASURER ? SUBMIT_LATER : SUBMIT_SOON;
    rq.members = json_pack("{s:I, s:I}", "record", (json_int_t)g->record->index, "amount",
                           (json_int_t)g->amount);
    if (rc == PUMASI_OK)
        rc = agree(c, cli, g);
    if (rc == PUMASI_OK)
        rc = office_submit(c, cli, &rq, s);
    json_decref(rq.members);
    free(reason);
    free(amount);
    free(what);
    return rc;
}

static int reverse(struct client *c, const struct cli *cli, const struct cited *record)
{
    const char *typed = cli_arg(cli, 1);
    struct giving g = {.record = record, .t = &record->w.act.u.transfer};
    struct signers s = {0};
    int rc = typed == NULL ? PUMASI_OK : client_amount(c, typed, g.t->unit, false, &g.amount);

    if (rc == PUMASI_OK)
        rc = choose_keys(c, &g, &s);
    if (rc == PUMASI_FAILED)
        note(_("%s received it and can give it back: ask them, or send \"pumasi request\"."),
             g.t->to);
    if (rc == PUMASI_OK)
        rc = given_before(c, s.keys[0], &g);
    if (rc == PUMASI_OK)
        rc = judge_amount(c, &g, typed != NULL);
    if (rc == PUMASI_OK)
        g.forced = s.keys[0]->role == ROLE_TREASURER && !is_purse(c, s.keys[0], g.t->to, &rc);
    return rc == PUMASI_OK ? submit(c, cli, &g, &s) : rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct cited record = {0};
    int64_t index;
    int rc = cited_index(cli_arg(cli, 0), &index);

    if (rc == PUMASI_OK)
        rc = client_ledger(c, NULL); /* units may be new */
    if (rc == PUMASI_OK)
        rc = cited_fetch(c, NULL, index, &record);
    if (rc != PUMASI_OK)
        return rc;
    if (record.w.act.type == ACT_REVERSAL)
        rc = fail(PUMASI_FAILED,
                  _("Record %" PRId64 " is a reversal, and those aren't reversed. Pay it anew: "
                    "pumasi pay."),
                  index);
    else if (record.w.act.type != ACT_TRANSFER)
        rc = fail(PUMASI_FAILED,
                  _("Record %" PRId64 " is no payment. \"pumasi history\" lists "
                    "those that there are."),
                  index);
    else
        rc = reverse(c, cli, &record);
    cited_free(&record);
    return rc;
}

const struct command cmd_reverse = {
    .name = "reverse",
    .args = N_("RECORD [AMOUNT]"),
    .summary = N_("Give a payment back, or a part of it"),
    .help =
        N_("For example: pumasi reverse 12 0:30 -r \"it took half an hour only\"\n\n"
           "RECORD is the payment's, as \"pumasi history\" shows it; without AMOUNT all that is "
           "left of it goes back. Who received it does this; or within 30 days the office that "
           "recorded it; or, as far as the co-op's policy lets them, its treasurers, without "
           "the member, which is marked as forced."),
    .min_args = 1,
    .max_args = 2,
    .options = options,
    .flags = COMMAND_ACT,
    .run = run,
};
