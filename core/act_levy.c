/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* levy: what a member pays its co-op once a month. estate: what a member leaves goes to the co-op.
 */
#include <stdlib.h>

#include "core/act_row.h"
#include "core/levy.h"
#include "core/num.h"

#define ESTATE_DAYS 30
#define ESTATE_MS   (ESTATE_DAYS * INT64_C(86400000))

/* ---- levy ---- */

void levy_parse(struct strict *in, struct act *a)
{
    struct act_levy *l = &a->u.levy;
    char jti[HASH_B64U_LEN + 1];
    const char *month;

    parse_name(in, "member", name_is_address, l->member, sizeof(l->member));
    parse_name(in, "unit", name_is_unit, l->unit, sizeof(l->unit));
    month = strict_string(in, "month", STRICT_REQUIRED);
    if (month && levy_month_parse(month, &l->month) != 0)
        strict_fail(in, "month", "is no month");
    if (in->fault)
        return;
    levy_jti(jti, l->member, l->unit, month);
    if (!str_eq(a->jti, jti))
        strict_fail(in, "jti", "isn't the one that this levy has");
}

int levy_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    if (act_by(a, "ledger", r) != 0 || !member_of(s, a->u.levy.member, r))
        return -1;
    way_office(way_add(out), "ledger", ROLE_CLERK, 1);
    return 0;
}

int levy_is_due(const struct state *s, const struct act_levy *l, int32_t today, struct refusal *r)
{
    const int32_t month = levy_month_of(today);

    if (state_holder(s, l->member)->kind != HOLDER_PERSON)
        return refuse(r, REFUSED_NOT_PERMITTED, "%s is a purse: it pays no levy.", l->member);
    if (l->month > month)
        return refuse(r, REFUSED_NOT_YET_VALID, "This month has yet to begin.");
    if (l->month < month - 1)
        return refuse(r, REFUSED_EXPIRED, "This month is over too long.");
    return 0;
}

/* Whether there is anything to take, and when. */
static int judge_levy(const struct state *s, const struct act_levy *l, struct moment now,
                      struct refusal *r)
{
    const char *coop = name_coop_start(l->member);
    const struct policy *policy = state_policy(s, coop, l->unit);

    if (!policy || !policy->levy.has_monthly)
        return refuse(r, REFUSED_UNKNOWN_UNIT, "%s has no monthly levy in the unit %s.", coop,
                      l->unit);
    return levy_is_due(s, l, now.today, r);
}

int levy_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                struct outcome *out)
{
    const struct act_levy *l = &a->u.levy;
    const struct policy *policy = state_policy(s, name_coop_start(l->member), l->unit);
    struct payment payment = {.from = l->member, .unit = l->unit, .over = true};

    if (judge_levy(s, l, now, &out->refusal) != 0)
        return -1;
    payment.to = policy->levy.purse;
    payment.amount = policy->levy.monthly;
    return payment_decide(s, &payment, index, out);
}

/* ---- estate ---- */

void estate_parse(struct strict *in, struct act *a)
{
    struct act_estate *e = &a->u.estate;

    parse_name(in, "member", name_is_address, e->member, sizeof(e->member));
    parse_name(in, "unit", name_is_unit, e->unit, sizeof(e->unit));
    parse_name(in, "purse", name_is_address, e->purse, sizeof(e->purse));
    parse_hash(in, "reason_hash", &e->reason);
    if (!in->fault && !str_eq(name_coop_start(e->purse), name_coop_start(e->member)))
        strict_fail(in, "purse", "is of another co-op than the member");
}

int estate_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    const struct act_estate *e = &a->u.estate;
    const char *coop = name_coop_start(e->member);

    if (act_by(a, coop, r) != 0 || !member_of(s, e->member, r) || !purse_of(s, e->purse, r))
        return -1;
    way_governing(s, way_add(out), coop, ROLE_TREASURER);
    return 0;
}

int estate_is_due(const struct state *s, const struct act_estate *e, int64_t ms, struct refusal *r)
{
    const struct holder *member = state_holder(s, e->member);

    if (member->state == HOLDER_CLOSED)
        return refuse(r, REFUSED_CLOSED, "%s is closed.", e->member);
    if (member_is_active(state_holder(s, e->purse), r) != 0)
        return -1;
    if (member->state != HOLDER_FROZEN)
        return refuse(r, REFUSED_NOT_PERMITTED, "%s isn't frozen.", e->member);
    if (ms < member->frozen_ms + ESTATE_MS)
        return refuse(r, REFUSED_NOT_YET_VALID, "%s has to have been frozen for %d days.",
                      e->member, ESTATE_DAYS);
    return 0;
}

static int judge_estate(const struct state *s, const struct act_estate *e, struct moment now,
                        struct refusal *r)
{
    if (str_eq(e->member, e->purse))
        return refuse(r, REFUSED_SAME_ACCOUNT, "Member and purse are the same.");
    if (!state_policy(s, name_coop_start(e->member), e->unit))
        return refuse(r, REFUSED_UNKNOWN_UNIT, "%s has no policy for the unit %s.",
                      name_coop_start(e->member), e->unit);
    return estate_is_due(s, e, now.ms, r);
}

/* One side of it, past floor and ceiling. */
static int move(const struct state *s, const char *address, const char *unit, int64_t amount,
                int64_t index, struct outcome *out)
{
    char name[ACCOUNT_MAX + 1];
    struct act_bounds limits;
    struct account *after;

    if (!limits_of(s, address, unit, &limits))
        return refuse(&out->refusal, REFUSED_UNKNOWN_UNIT, "%s has no policy for the unit %s.",
                      name_coop_start(address), unit);
    name_account(name, address, unit);
    after = account_to_move(s, name);
    if (num_add(after->balance, amount, &after->balance) != 0) {
        free(after);
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "The balance of %s would be larger than there are numbers for.", address);
    }
    outcome_leg(s, out, after, amount, limits.floor, index);
    out->legs[out->n_legs - 1].marked = true;
    return 0;
}

int estate_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                  struct outcome *out)
{
    const struct act_estate *e = &a->u.estate;
    char name[ACCOUNT_MAX + 1];
    const struct account *left;

    if (judge_estate(s, e, now, &out->refusal) != 0)
        return -1;
    name_account(name, e->member, e->unit);
    left = state_account(s, name);
    if (!left || left->balance == 0)
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "%s has nothing and owes nothing in this unit.", e->member);
    if (move(s, e->member, e->unit, -left->balance, index, out) != 0)
        return -1;
    return move(s, e->purse, e->unit, left->balance, index, out);
}
