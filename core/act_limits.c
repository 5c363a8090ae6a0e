/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* account.limits. */
#include "core/act_row.h"

void account_limits_parse(struct strict *in, struct act *a)
{
    struct act_account_limits *l = &a->u.account_limits;

    parse_name(in, "member", name_is_address, l->member, sizeof(l->member));
    parse_name(in, "unit", name_is_unit, l->unit, sizeof(l->unit));
    parse_bounds(in, "floor", "ceiling", &l->bounds);
    parse_hash(in, "reason_hash", &l->reason);
}

/* Does a registrar's reach, as the policy sets it, cover these limits? */
static bool within(const struct act_bounds *limits, const struct act_bounds *reach)
{
    if (limits->floor < reach->floor)
        return false;
    return reach->no_ceiling || (!limits->no_ceiling && limits->ceiling <= reach->ceiling);
}

/*
 * Treasurers always may; a registrar within the policy. "Not for an account of his own" holds by
 * itself: a registrar's key speaks for the co-op and for no member, as a key has one holder for
 * ever.
 */
int account_limits_ways(const struct state *s, const struct act *a, struct ways *out,
                        struct refusal *r)
{
    const struct act_account_limits *l = &a->u.account_limits;
    const char *coop = name_coop_start(l->member);
    const struct policy *policy = state_policy(s, coop, l->unit);
    struct way *way;

    if (act_by(a, coop, r) != 0 || !member_of(s, l->member, r))
        return -1;
    if (!policy)
        return refuse(r, REFUSED_UNKNOWN_UNIT, "%s has no policy for the unit %s.", coop, l->unit);
    way = way_add(out);
    way_office(way, coop, ROLE_REGISTRAR, 1);
    if (!within(&l->bounds, &policy->registrar))
        way->barred = REFUSED_LIMIT_OUT_OF_BOUNDS;
    way_governing(s, way_add(out), coop, ROLE_TREASURER);
    return 0;
}

int account_limits_decide(const struct state *s, const struct act *a, struct moment now,
                          int64_t index, struct outcome *out)
{
    const struct act_account_limits *l = &a->u.account_limits;
    const struct holder *member = state_holder(s, l->member);
    char name[ACCOUNT_MAX + 1];
    const struct account *before;
    struct account *after;

    (void)now;
    if (member->state == HOLDER_CLOSED)
        return refuse(&out->refusal, REFUSED_CLOSED, "%s is closed.", l->member);
    name_account(name, l->member, l->unit);
    before = state_account(s, name);
    after = before ? account_copy(before) : account_new(name);
    after->has_limits = true;
    after->limits = l->bounds;
    outcome_change(s, out, THING_ACCOUNT, &after->thing, index);
    return 0;
}

bool limits_of(const struct state *s, const char *address, const char *unit, struct act_bounds *out)
{
    const struct policy *policy = state_policy(s, name_coop_start(address), unit);
    char name[ACCOUNT_MAX + 1];
    const struct account *account;

    if (!policy)
        return false;
    name_account(name, address, unit);
    account = state_account(s, name);
    *out = account && account->has_limits ? account->limits : policy->bounds;
    return true;
}
