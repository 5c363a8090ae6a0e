/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* transfer. */
#include "core/act_row.h"
#include "core/date.h"
#include "core/num.h"

void transfer_parse(struct strict *in, struct act *a)
{
    struct act_transfer *t = &a->u.transfer;
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
    t->has_request = strict_int(in, "request", STRICT_OPTIONAL, 0, NUM_MAX, &t->request);
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
    } else if (payer->n_keys == 0 || payer->allowed) {
        way_office(way_add(out), coop, ROLE_REGISTRAR, 1);
    } else {
        return refuse(r, REFUSED_NOT_PERMITTED,
                      "%s has keys and doesn't allow registrars to record.", t->from);
    }
    return 0;
}

/* What is wrong on the payer's side; else the account as it would be after. */
static struct account *charge(const struct state *s, const struct act_transfer *t, int64_t *floor,
                              struct refusal *r)
{
    const struct holder *payer = state_holder(s, t->from);
    struct act_bounds limits;
    char name[ACCOUNT_MAX + 1];
    const struct account *before;
    struct account *after;
    int64_t balance, left;

    if (payer->state != HOLDER_ACTIVE) {
        bool closed = payer->state == HOLDER_CLOSED;

        (void)refuse(r, closed ? REFUSED_CLOSED : REFUSED_FROZEN, "%s is %s.", t->from,
                     closed ? "closed" : "frozen");
        return NULL;
    }
    if (!limits_of(s, t->from, t->unit, &limits)) {
        (void)refuse(r, REFUSED_UNKNOWN_UNIT, "%s has no policy for the unit %s.",
                     name_coop_start(t->from), t->unit);
        return NULL;
    }
    name_account(name, t->from, t->unit);
    before = state_account(s, name);
    balance = before ? before->balance : 0;
    if (num_sub(balance, t->amount, &left) != 0 || left < limits.floor) {
        (void)refuse(r, REFUSED_INSUFFICIENT_CREDIT,
                     "The payer's balance would fall below its floor.");
        r->has_numbers = true;
        r->balance = balance;
        r->floor = limits.floor;
        r->available = num_gap(balance, limits.floor);
        r->needed = t->amount;
        return NULL;
    }
    after = before ? account_copy(before) : account_new(name);
    after->balance = left;
    *floor = limits.floor;
    return after;
}

/* NULL for whatever is wrong on the payee's side; else the account as it would be after. */
static struct account *credit(const struct state *s, const struct act_transfer *t, int64_t *floor)
{
    const struct holder *payee = state_holder(s, t->to);
    struct act_bounds limits;
    char name[ACCOUNT_MAX + 1];
    const struct account *before;
    struct account *after;
    int64_t balance;

    if (!payee || !holder_is_member(payee) || payee->state != HOLDER_ACTIVE ||
        !limits_of(s, t->to, t->unit, &limits))
        return NULL;
    name_account(name, t->to, t->unit);
    before = state_account(s, name);
    if (num_add(before ? before->balance : 0, t->amount, &balance) != 0 ||
        (!limits.no_ceiling && balance > limits.ceiling))
        return NULL;
    after = before ? account_copy(before) : account_new(name);
    after->balance = balance;
    *floor = limits.floor;
    return after;
}

int transfer_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                    struct outcome *out)
{
    const struct act_transfer *t = &a->u.transfer;
    struct account *payer, *payee;
    int64_t payer_floor, payee_floor;

    if (!state_unit(s, t->unit))
        return refuse(&out->refusal, REFUSED_UNKNOWN_UNIT, "There is no unit %s.", t->unit);
    if (str_eq(t->from, t->to))
        return refuse(&out->refusal, REFUSED_SAME_ACCOUNT, "Payer and payee are the same.");
    if (t->has_value_date && t->value_date > now.today)
        return refuse(&out->refusal, REFUSED_MALFORMED, "The value date lies in the future.");
    /* Requests come with a later version of the ledger: until then there is none to answer. */
    if (t->has_request)
        return refuse(&out->refusal, REFUSED_UNKNOWN_RECORD, "There is no request %lld.",
                      (long long)t->request);
    payer = charge(s, t, &payer_floor, &out->refusal);
    if (!payer)
        return -1;
    outcome_leg(s, out, payer, -t->amount, payer_floor, index);
    if (!str_eq(name_coop_start(t->from), name_coop_start(t->to)))
        return refuse(&out->refusal, REFUSED_LINE_EXHAUSTED,
                      "There is no line between the two co-ops.");
    payee = credit(s, t, &payee_floor);
    if (!payee)
        return refuse(&out->refusal, REFUSED_PAYEE_CANNOT_RECEIVE, "The payee can't receive this.");
    outcome_leg(s, out, payee, t->amount, payee_floor, index);
    return 0;
}
