/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rounds of clearing: clearing.propose computes what of a unit's debts between co-ops cancels out,
 * those who are asked answer with clearing.consent or clearing.decline, and clearing.post takes all
 * of it off at once (round.h; protocol section 4.16).
 */
#include <stdlib.h>

#include "core/act_row.h"
#include "core/network.h"
#include "core/num.h"
#include "core/round.h"

#define DEADLINE_MAX (30 * 86400) /* seconds from the proposal on */

/* ---- Parsing ---- */

static void parse_unit(struct strict *in, struct act *a)
{
    parse_name(in, "unit", name_is_unit, a->u.clearing.unit, sizeof(a->u.clearing.unit));
}

static void parse_round(struct strict *in, struct act *a, enum strict_need need)
{
    a->u.clearing.has_round = strict_int(in, "round", need, 0, NUM_MAX, &a->u.clearing.round);
}

static void parse_legs_hash(struct strict *in, struct act *a)
{
    struct act_hash hash = {0};

    parse_hash(in, "hash", &hash);
    if (!hash.there)
        strict_fail(in, "hash", "is missing");
    a->u.clearing.hash = hash.hash;
}

void clearing_propose_parse(struct strict *in, struct act *a)
{
    parse_unit(in, a);
    strict_int(in, "deadline", STRICT_REQUIRED, 0, NUM_MAX / 1000, &a->u.clearing.deadline);
    parse_round(in, a, STRICT_OPTIONAL);
}

void clearing_consent_parse(struct strict *in, struct act *a)
{
    parse_unit(in, a);
    parse_round(in, a, STRICT_REQUIRED);
    parse_legs_hash(in, a);
}

void clearing_decline_parse(struct strict *in, struct act *a)
{
    parse_unit(in, a);
    parse_round(in, a, STRICT_REQUIRED);
    parse_hash(in, "reason_hash", &a->u.clearing.reason);
}

/* Indexes of records, each above the one before it. */
static void parse_consents(struct strict *in, struct act_clearing *c)
{
    const struct value *array = strict_array(in, "consents", STRICT_REQUIRED);

    if (!array)
        return;
    c->consents = x_calloc(array->n + 1, sizeof(*c->consents));
    for (const struct value *item = array->first; item; item = item->next) {
        if (item->kind != VALUE_INT || item->number < 0 ||
            (c->n_consents > 0 && item->number <= c->consents[c->n_consents - 1])) {
            strict_fail(in, "consents", "must be records' indexes in ascending order");
            return;
        }
        c->consents[c->n_consents++] = item->number;
    }
}

void clearing_post_parse(struct strict *in, struct act *a)
{
    parse_unit(in, a);
    parse_round(in, a, STRICT_REQUIRED);
    parse_legs_hash(in, a);
    parse_consents(in, &a->u.clearing);
}

/* ---- Who may ---- */

/* Treasurers of the co-op that it is by; -1 when it is by none. */
static int by_coop(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    if (!name_is_coop(a->by))
        return refuse(r, REFUSED_NOT_PERMITTED, "This act is for a co-op to make.");
    way_governing(s, way_add(out), a->by, ROLE_TREASURER);
    return 0;
}

int clearing_propose_ways(const struct state *s, const struct act *a, struct ways *out,
                          struct refusal *r)
{
    if (a->u.clearing.has_round && act_by(a, "ledger", r) != 0)
        return -1;
    if (str_eq(a->by, "ledger"))
        way_office(way_add(out), "ledger", ROLE_CLERK, 1);
    else if (str_eq(a->by, "stewards"))
        way_governing(s, way_add(out), "stewards", ROLE_STEWARD);
    else
        return by_coop(s, a, out, r);
    return 0;
}

int clearing_answer_ways(const struct state *s, const struct act *a, struct ways *out,
                         struct refusal *r)
{
    return by_coop(s, a, out, r);
}

int clearing_post_ways(const struct state *s, const struct act *a, struct ways *out,
                       struct refusal *r)
{
    (void)s;
    if (act_by(a, "ledger", r) != 0)
        return -1;
    way_office(way_add(out), "ledger", ROLE_CLERK, 1);
    return 0;
}

/* ---- Proposing ---- */

struct wishes {
    const struct state *s;
    const char *unit;
};

/* A co-op with no policy for the unit can be passed by others' payments: it is asked. */
static enum clearing_choice wish_of(void *arg, const char *coop)
{
    const struct wishes *w = arg;
    const struct holder *h = state_holder(w->s, coop);
    const struct policy *p = state_policy(w->s, coop, w->unit);

    if (!h || h->state == HOLDER_CLOSED)
        return CLEARING_NEVER;
    return p ? p->clearing : CLEARING_ASK;
}

/* Does each leg stand at its size or more, between co-ops that still take part? */
static bool legs_stand(const struct state *s, const struct round *round)
{
    struct wishes w = {s, round->thing.name};
    bool *out = x_calloc(round->n_parties + 1, sizeof(*out));
    bool stand = true;

    for (size_t i = 0; i < round->n_parties; i++)
        out[i] = wish_of(&w, round->parties[i].coop) == CLEARING_NEVER;
    for (size_t i = 0; i < round->n_legs && stand; i++) {
        const struct round_leg *leg = &round->legs[i];

        stand = !out[leg->debtor] && !out[leg->creditor] &&
                position_of(s, round->parties[leg->debtor].coop, round->parties[leg->creditor].coop,
                            w.unit) >= leg->amount;
    }
    free(out);
    return stand;
}

struct debts {
    struct round_debt *at;
    size_t n, cap;
};

static void add_debt(void *arg, const char *debtor, const char *creditor, int64_t amount)
{
    struct debts *d = arg;

    if (d->n == d->cap) {
        d->cap = d->cap * 2 + 64;
        d->at = x_realloc(d->at, d->cap * sizeof(*d->at));
    }
    d->at[d->n++] = (struct round_debt){debtor, creditor, amount};
}

static int compute(const struct state *s, const char *unit, const struct round *before,
                   struct round **out, struct refusal *r)
{
    struct wishes w = {s, unit};
    struct debts debts = {0};
    int ret;

    network_each(s, unit, add_debt, &debts);
    ret = round_compute(out, unit, debts.at, debts.n, wish_of, &w, before, r);
    free(debts.at);
    return ret;
}

static int refuse_unknown(const struct act_clearing *c, struct refusal *r)
{
    return refuse(r, REFUSED_UNKNOWN_RECORD,
                  "No round of clearing in %s is open since record %lld.", c->unit,
                  (long long)c->round);
}

/* The open round that the act names: NULL with unknown-record. */
static const struct round *named(const struct state *s, const struct act_clearing *c,
                                 struct refusal *r)
{
    const struct round *round = state_round(s, c->unit);

    if (round && round->state == ROUND_OPEN && round->record == c->round)
        return round;
    (void)refuse_unknown(c, r);
    return NULL;
}

/*
 * The round to be computed again, with those who didn't answer in time marked as silent; NULL with
 * a refusal where it stands as it is. The caller frees it.
 */
static struct round *outdated(const struct state *s, const struct act_clearing *c,
                              struct moment now, struct refusal *r)
{
    const struct round *round = named(s, c, r);
    struct round_counts n;
    struct round *copy;

    if (!round)
        return NULL;
    round_count(round, &n);
    copy = round_copy(round);
    if (now.ms > round->deadline * 1000)
        for (size_t i = 0; i < copy->n_parties; i++)
            if (copy->parties[i].stand == ROUND_ASKED)
                copy->parties[i].stand = ROUND_SILENT;
    if (n.against > 0 || (now.ms > round->deadline * 1000 && n.consents < n.asked) ||
        !legs_stand(s, round))
        return copy;
    free(copy);
    (void)refuse(r, REFUSED_ALREADY_EXISTS,
                 "The round stands as it is: nobody declined, time isn't over, and each debt in it "
                 "is still owed.");
    return NULL;
}

/* What the proposal is refused for whatever there is to clear. */
static int proposal_is_good(const struct state *s, const struct act *a, struct moment now,
                            struct refusal *r)
{
    const struct act_clearing *c = &a->u.clearing;
    const struct holder *by = state_holder(s, a->by);
    const struct round *round = state_round(s, c->unit);

    if (!state_unit(s, c->unit))
        return refuse(r, REFUSED_UNKNOWN_UNIT, "There is no unit %s.", c->unit);
    if (by && by->kind == HOLDER_COOP && by->state == HOLDER_CLOSED)
        return refuse(r, REFUSED_CLOSED, "%s is closed.", a->by);
    if (c->deadline * 1000 <= now.ms || c->deadline * 1000 > now.ms + DEADLINE_MAX * INT64_C(1000))
        return refuse(r, REFUSED_MALFORMED, "The deadline must lie ahead, by at most 30 days.");
    if (!c->has_round && round && round->state == ROUND_OPEN)
        return refuse(r, REFUSED_ALREADY_EXISTS,
                      "A round of clearing in %s is open already, since record %lld.", c->unit,
                      (long long)round->record);
    return 0;
}

int clearing_propose_decide(const struct state *s, const struct act *a, struct moment now,
                            int64_t index, struct outcome *out)
{
    const struct act_clearing *c = &a->u.clearing;
    const struct round *last = state_round(s, c->unit);
    struct round *before = NULL, *after = NULL;

    if (proposal_is_good(s, a, now, &out->refusal) != 0)
        return -1;
    if (c->has_round) {
        before = outdated(s, c, now, &out->refusal);
        if (!before)
            return -1;
    }
    if (compute(s, c->unit, before, &after, &out->refusal) != 0) {
        free(before);
        return -1;
    }
    free(before);
    if (after->n_legs == 0 && !c->has_round) {
        free(after);
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "Nothing of what co-ops owe each other in %s can be cleared.", c->unit);
    }
    if (last)
        after->subject = last->subject;
    after->record = index;
    after->deadline = c->deadline;
    outcome_change(s, out, THING_ROUND, &after->thing, index);
    if (name_is_coop(a->by))
        outcome_book(s, out, a->by, index);
    return 0;
}

/* ---- Answering ---- */

/* Changes how the act's co-op stands, by this record. */
static int answer(const struct state *s, const struct act *a, const struct round *round,
                  enum round_stand stand, int64_t index, struct outcome *out)
{
    struct round *after = round_copy(round);
    struct round_party *p = round_party(after, a->by);

    p->stand = stand;
    p->record = index;
    outcome_change(s, out, THING_ROUND, &after->thing, index);
    outcome_book(s, out, a->by, index);
    return 0;
}

int clearing_consent_decide(const struct state *s, const struct act *a, struct moment now,
                            int64_t index, struct outcome *out)
{
    const struct act_clearing *c = &a->u.clearing;
    const struct round *round = named(s, c, &out->refusal);
    const struct round_party *p;

    if (!round)
        return -1;
    p = round_party(round, a->by);
    if (!p || p->stand == ROUND_AUTO || p->stand == ROUND_SILENT)
        return refuse(&out->refusal, REFUSED_NOT_PERMITTED, "%s isn't asked in this round.", a->by);
    if (p->stand != ROUND_ASKED)
        return refuse(&out->refusal, REFUSED_ALREADY_ANSWERED,
                      "%s has answered already, by record %lld.", a->by, (long long)p->record);
    if (!hash_eq(&c->hash, &round->hash))
        return refuse(&out->refusal, REFUSED_REQUEST_MISMATCH,
                      "The legs of this round have another hash.");
    if (now.ms > round->deadline * 1000)
        return refuse(&out->refusal, REFUSED_EXPIRED, "The time to answer is over.");
    return answer(s, a, round, ROUND_CONSENTED, index, out);
}

int clearing_decline_decide(const struct state *s, const struct act *a, struct moment now,
                            int64_t index, struct outcome *out)
{
    const struct round *round = named(s, &a->u.clearing, &out->refusal);
    const struct round_party *p;

    (void)now;
    if (!round)
        return -1;
    p = round_party(round, a->by);
    if (p && p->stand == ROUND_DECLINED)
        return refuse(&out->refusal, REFUSED_ALREADY_ANSWERED,
                      "%s has answered already, by record %lld.", a->by, (long long)p->record);
    if (!p || !round_has_legs(round, p))
        return refuse(&out->refusal, REFUSED_NOT_PERMITTED, "%s takes no part in this round.",
                      a->by);
    return answer(s, a, round, ROUND_DECLINED, index, out);
}

/* ---- Posting ---- */

static int compare_int(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Does the act name just the consents that count? */
static bool names_consents(const struct act_clearing *c, const struct round *round)
{
    int64_t *records = x_malloc((round->n_parties + 1) * sizeof(*records));
    size_t n = 0;
    bool same;

    for (size_t i = 0; i < round->n_parties; i++)
        if (round->parties[i].stand == ROUND_CONSENTED)
            records[n++] = round->parties[i].record;
    qsort(records, n, sizeof(*records), compare_int);
    same = n == c->n_consents;
    for (size_t i = 0; i < n && same; i++)
        same = records[i] == c->consents[i];
    free(records);
    return same;
}

int clearing_post_decide(const struct state *s, const struct act *a, struct moment now,
                         int64_t index, struct outcome *out)
{
    const struct act_clearing *c = &a->u.clearing;
    const struct round *round = named(s, c, &out->refusal);
    struct round_counts n;
    struct round *after;

    (void)now;
    if (!round)
        return -1;
    round_count(round, &n);
    if (n.consents < n.asked || n.against > 0)
        return refuse(&out->refusal, REFUSED_NOT_PERMITTED,
                      "Not all who are asked have consented.");
    if (!hash_eq(&c->hash, &round->hash) || !names_consents(c, round))
        return refuse(&out->refusal, REFUSED_REQUEST_MISMATCH,
                      "The round has other legs, or other consents.");
    if (!legs_stand(s, round))
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "A debt of this round isn't owed to its full size any more.");
    for (size_t i = 0; i < round->n_legs; i++) {
        const struct round_leg *leg = &round->legs[i];

        if (position_move(s, out, round->parties[leg->debtor].coop,
                          round->parties[leg->creditor].coop, c->unit, -leg->amount, index,
                          false) != 0)
            return -1;
    }
    after = round_copy(round);
    after->state = ROUND_POSTED;
    outcome_change(s, out, THING_ROUND, &after->thing, index);
    return 0;
}
