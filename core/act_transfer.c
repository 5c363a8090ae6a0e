/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* transfer, and the payment that a transfer and a reversal both are. */
#include <stdlib.h>

#include "core/act_row.h"
#include "core/date.h"
#include "core/levy.h"
#include "core/num.h"

/* What transfer and request have in common. */
static void parse_terms(struct strict *in, struct act_transfer *t)
{
    const char *s;

    parse_name(in, "from", name_is_address, t->from, sizeof(t->from));
    parse_name(in, "to", name_is_address, t->to, sizeof(t->to));
    parse_name(in, "unit", name_is_unit, t->unit, sizeof(t->unit));
    strict_int(in, "amount", STRICT_REQUIRED, 1, AMOUNT_MAX, &t->amount);
    parse_hash(in, "memo_hash", &t->memo);
    s = strict_string(in, "value_date", STRICT_OPTIONAL);
    if (s) {
        t->has_value_date = true;
        if (date_parse(s, &t->value_date) != 0)
            strict_fail(in, "value_date", "is no date");
    }
    s = strict_string(in, "category", STRICT_OPTIONAL);
    if (s) {
        if (name_is_category(s))
            str_copy(t->category, sizeof(t->category), s);
        else
            strict_fail(in, "category", "isn't written as the protocol says");
    }
}

void transfer_parse(struct strict *in, struct act *a)
{
    struct act_transfer *t = &a->u.transfer;

    parse_terms(in, t);
    t->has_request = strict_int(in, "request", STRICT_OPTIONAL, 0, NUM_MAX, &t->request);
    if (!strict_int(in, "max_hops", STRICT_OPTIONAL, 1, WAY_HOPS_MAX, &t->max_hops))
        t->max_hops = WAY_HOPS_MAX;
    (void)strict_int(in, "levy_max", STRICT_OPTIONAL, 0, AMOUNT_MAX, &t->levy_max);
}

void request_parse(struct strict *in, struct act *a)
{
    struct act_transfer *t = &a->u.transfer;
    const char *s;

    parse_terms(in, t);
    s = strict_string(in, "expires", STRICT_REQUIRED);
    if (s && date_parse(s, &t->expires) != 0)
        strict_fail(in, "expires", "is no date");
}

/*
 * The payer; a purse's treasurers; a registrar for a member who has no keys or allowed it. "Who is
 * never the payee" holds by itself: a registrar's key speaks for no member.
 */
int transfer_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    const struct act_transfer *t = &a->u.transfer;
    const char *coop = name_coop_start(t->from);
    const struct holder *payer;

    if (!str_eq(a->by, t->from) && act_by(a, coop, r) != 0)
        return -1;
    payer = member_of(s, t->from, r);
    if (!payer)
        return -1;
    if (str_eq(a->by, t->from)) {
        if (payer->kind == HOLDER_PURSE)
            return refuse(r, REFUSED_NOT_PERMITTED, "%s is a purse: its co-op acts for it.",
                          t->from);
        way_governing(s, way_add(out), t->from, ROLE_MEMBER);
    } else if (payer->kind == HOLDER_PURSE) {
        way_governing(s, way_add(out), coop, ROLE_TREASURER);
    } else if (registrar_may_pay(payer)) {
        way_office(way_add(out), coop, ROLE_REGISTRAR, 1);
    } else {
        return refuse(r, REFUSED_NOT_PERMITTED,
                      "%s has keys and doesn't allow registrars to record.", t->from);
    }
    return 0;
}

bool registrar_may_pay(const struct holder *payer)
{
    return payer->kind == HOLDER_PERSON && (payer->n_keys == 0 || payer->allowed);
}

/* Is there a co-op of that name, and is it active? A forged log names others. */
static bool coop_is_active(const struct state *s, const char *name)
{
    const struct holder *coop = state_holder(s, name);

    return coop && coop->state == HOLDER_ACTIVE;
}

/* What is wrong on the payer's side; else the account as it would be after. */
static struct account *charge(const struct state *s, const struct payment *p, int64_t *floor,
                              struct refusal *r)
{
    const struct holder *payer = state_holder(s, p->from);
    struct act_bounds limits;
    char name[ACCOUNT_MAX + 1];
    const struct account *before;
    struct account *after;
    int64_t balance, left;
    const int64_t sum = p->amount + (p->back ? 0 : p->levy); /* 2 × 10^15 at most */

    if (coop_is_open(state_holder(s, name_coop_start(p->from)), r) != 0)
        return NULL;
    if (!(p->forced && payer->state == HOLDER_FROZEN) && member_is_active(payer, r) != 0)
        return NULL;
    if (!p->forced && keys_not_recovered(payer, r) != 0)
        return NULL;
    if (!limits_of(s, p->from, p->unit, &limits)) {
        (void)refuse(r, REFUSED_UNKNOWN_UNIT, "%s has no policy for the unit %s.",
                     name_coop_start(p->from), p->unit);
        return NULL;
    }
    if (!p->back && p->levy > p->levy_max) {
        (void)refuse(
            r, REFUSED_LIMIT_OUT_OF_BOUNDS,
            "%s takes a levy of %lld minor units on this, and %lld at most were agreed to.",
            name_coop_start(p->from), (long long)p->levy, (long long)p->levy_max);
        return NULL;
    }
    name_account(name, p->from, p->unit);
    before = state_account(s, name);
    balance = before ? before->balance : 0;
    if (num_sub(balance, sum, &left) != 0 || left < limits.floor) {
        (void)refuse(r, REFUSED_INSUFFICIENT_CREDIT,
                     "The payer's balance would fall below its floor.");
        r->has_numbers = true;
        r->balance = balance;
        r->floor = limits.floor;
        r->available = num_gap(balance, limits.floor);
        r->needed = sum;
        return NULL;
    }
    after = account_to_move(s, name);
    after->balance = left;
    *floor = limits.floor;
    return after;
}

/* NULL for whatever is wrong on the payee's side; else the account as it would be after. */
static struct account *credit(const struct state *s, const struct payment *p, int64_t *floor)
{
    const struct holder *payee = state_holder(s, p->to);
    struct act_bounds limits;
    char name[ACCOUNT_MAX + 1];
    const struct account *before;
    struct account *after;
    int64_t balance;
    const int64_t sum = p->amount + (p->back ? p->levy : 0);

    if (!payee || !holder_is_member(payee) || payee->state != HOLDER_ACTIVE ||
        !coop_is_active(s, name_coop_start(p->to)) || !limits_of(s, p->to, p->unit, &limits))
        return NULL;
    name_account(name, p->to, p->unit);
    before = state_account(s, name);
    if (num_add(before ? before->balance : 0, sum, &balance) != 0 ||
        (!p->back && !p->over && !limits.no_ceiling && balance > limits.ceiling))
        return NULL;
    after = account_to_move(s, name);
    after->balance = balance;
    *floor = limits.floor;
    return after;
}

/* The levy comes into its purse, whatever the ceiling; or it goes back, whatever the floor. */
static int levy_leg(const struct state *s, const struct payment *p, int64_t index,
                    struct outcome *out)
{
    const int64_t amount = p->back ? -p->levy : p->levy;
    char name[ACCOUNT_MAX + 1];
    struct act_bounds limits;
    struct account *after;

    if (p->levy == 0)
        return 0;
    name_account(name, p->purse, p->unit);
    after = account_to_move(s, name);
    if (!limits_of(s, p->purse, p->unit, &limits) ||
        num_add(after->balance, amount, &after->balance) != 0) {
        free(after);
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "The purse of the levy can't count this.");
    }
    outcome_leg(s, out, after, amount, limits.floor, index);
    out->legs[out->n_legs - 1].marked = p->back;
    return 0;
}

/* From the payer's co-op to the payee's, over others if it has to be. */
static int pass_on(const struct state *s, struct payment *p, int64_t index, struct outcome *out)
{
    char from[COOP_MAX + 1], to[COOP_MAX + 1];
    const struct network_way *way = &p->way;

    name_coop_of(p->from, from);
    name_coop_of(p->to, to);
    if (str_eq(from, to))
        return 0;
    if (!state_holder(s, to))
        return refuse(&out->refusal, REFUSED_PAYEE_CANNOT_RECEIVE, "There is no co-op %s.", to);
    if (!p->back && !network_path(s, from, to, p->unit, p->amount, p->max_hops, &p->way))
        return refuse(&out->refusal, REFUSED_LINE_EXHAUSTED,
                      "The lines between the two co-ops don't carry this.");
    for (size_t i = 1; i + 1 < way->n; i++)
        if (!coop_is_active(s, way->coop[i]))
            return refuse(&out->refusal, REFUSED_LINE_EXHAUSTED,
                          "A co-op on the way between the two isn't active.");
    for (size_t i = 1; i < way->n; i++)
        if (position_move(s, out, way->coop[i - 1], way->coop[i], p->unit, p->amount, index,
                          true) != 0)
            return -1;
    return 0;
}

int payment_decide(const struct state *s, struct payment *p, int64_t index, struct outcome *out)
{
    struct account *payer, *payee;
    int64_t payer_floor, payee_floor;

    payer = charge(s, p, &payer_floor, &out->refusal);
    if (!payer)
        return -1;
    outcome_leg(s, out, payer, -(p->amount + (p->back ? 0 : p->levy)), payer_floor, index);
    if (!p->back && levy_leg(s, p, index, out) != 0)
        return -1;
    if (pass_on(s, p, index, out) != 0)
        return -1;
    payee = credit(s, p, &payee_floor);
    if (!payee)
        return refuse(&out->refusal, REFUSED_PAYEE_CANNOT_RECEIVE, "The payee can't receive this.");
    if (p->back && levy_leg(s, p, index, out) != 0) {
        free(payee);
        return -1;
    }
    outcome_leg(s, out, payee, p->amount + (p->back ? p->levy : 0), payee_floor, index);
    return 0;
}

int terms_decide(const struct state *s, const struct act_transfer *t, struct moment now,
                 struct refusal *r)
{
    if (!state_unit(s, t->unit))
        return refuse(r, REFUSED_UNKNOWN_UNIT, "There is no unit %s.", t->unit);
    if (str_eq(t->from, t->to))
        return refuse(r, REFUSED_SAME_ACCOUNT, "Payer and payee are the same.");
    if (t->has_value_date && t->value_date > now.today)
        return refuse(r, REFUSED_MALFORMED, "The value date lies in the future.");
    return 0;
}

/*
 * The request that a transfer answers, as it would be after. Whoever has no part in it learns
 * nothing of it, not even that there is one.
 */
static struct deal *answer_request(const struct state *s, const struct act *a, struct moment now,
                                   int64_t index, struct refusal *r)
{
    const struct act_transfer *t = &a->u.transfer;
    const struct deal *request = state_deal(s, t->request);
    struct deal *after;

    if (!request || !request->is_request || !deal_concerns(request, a->by)) {
        (void)refuse(r, REFUSED_UNKNOWN_RECORD, "There is no request %lld.", (long long)t->request);
        return NULL;
    }
    if (!str_eq(request->from, t->from) || !str_eq(request->to, t->to) ||
        !str_eq(request->unit, t->unit) || request->amount != t->amount) {
        (void)refuse(r, REFUSED_REQUEST_MISMATCH,
                     "Request %lld is for another payer, payee, unit or amount.",
                     (long long)t->request);
        return NULL;
    }
    if (request->answer >= 0) {
        (void)refuse(r, REFUSED_ALREADY_ANSWERED, "Request %lld was %s before, by record %lld.",
                     (long long)t->request, request->paid ? WIRE_("paid") : WIRE_("declined"),
                     (long long)request->answer);
        return NULL;
    }
    if (now.today > request->expires) {
        (void)refuse(r, REFUSED_EXPIRED, "Request %lld is past its last day.",
                     (long long)t->request);
        return NULL;
    }
    after = deal_copy(request);
    after->answer = index;
    after->paid = true;
    return after;
}

int transfer_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                    struct outcome *out)
{
    const struct act_transfer *t = &a->u.transfer;
    struct payment payment = {.from = t->from,
                              .to = t->to,
                              .unit = t->unit,
                              .amount = t->amount,
                              .max_hops = t->max_hops,
                              .levy_max = t->levy_max};
    struct deal *deal;

    if (terms_decide(s, t, now, &out->refusal) != 0)
        return -1;
    if (t->has_request) {
        struct deal *request = answer_request(s, a, now, index, &out->refusal);

        if (!request)
            return -1;
        outcome_deal(out, request);
    }
    deal = deal_new(a, index, now.ms);
    payment.levy = levy_on_transfer(s, t, &payment.purse);
    deal->levy = payment.levy;
    if (payment.levy > 0)
        str_copy(deal->levy_purse, sizeof(deal->levy_purse), payment.purse);
    outcome_deal(out, deal);
    if (payment_decide(s, &payment, index, out) != 0)
        return -1;
    for (size_t i = 1; i + 1 < payment.way.n; i++)
        deal_add_via(deal, payment.way.coop[i]);
    return 0;
}
