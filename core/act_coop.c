/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* coop.create and coop.policy. */
#include "core/act_row.h"
#include "core/num.h"

void coop_create_parse(struct strict *in, struct act *a)
{
    struct act_coop_create *c = &a->u.coop_create;

    parse_name(in, "coop", name_is_coop, c->coop, sizeof(c->coop));
    parse_plain_text(in, "name", c->name, sizeof(c->name));
    parse_keys(in, "treasurers", &c->treasurers);
    if (!in->fault && c->treasurers.n == 0)
        strict_fail(in, "treasurers", "is empty: a co-op wants at least one");
    strict_int(in, "threshold", STRICT_REQUIRED, 1, (int64_t)c->treasurers.n, &c->threshold);
    parse_keys(in, "registrars", &c->registrars);
    if (!in->fault)
        parse_distinct(in, "registrars",
                       (const struct act_keys *[]){&c->treasurers, &c->registrars}, 2);
}

int coop_create_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r)
{
    const struct act_coop_create *c = &a->u.coop_create;
    struct way *way = way_add(out);

    if (act_by(a, "stewards", r) != 0)
        return -1;
    way_governing(s, way, "stewards", ROLE_STEWARD);
    way_listed(way, c->coop, ROLE_TREASURER, c->treasurers.keys, c->treasurers.n);
    way_listed(way, c->coop, ROLE_REGISTRAR, c->registrars.keys, c->registrars.n);
    return 0;
}

int coop_create_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out)
{
    const struct act_coop_create *c = &a->u.coop_create;
    const struct act_keys *lists[] = {&c->treasurers, &c->registrars};
    const enum role roles[] = {ROLE_TREASURER, ROLE_REGISTRAR};
    struct holder *coop;
    size_t n = 0;

    (void)now;
    if (state_holder(s, c->coop))
        return refuse(&out->refusal, REFUSED_ALREADY_EXISTS, "There is a co-op %s already.",
                      c->coop);
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        if (keys_are_new(s, lists[l]->keys, lists[l]->n, &out->refusal) != 0)
            return -1;
    coop = holder_new(c->coop, c->name, "", c->treasurers.n + c->registrars.n);
    coop->kind = HOLDER_COOP;
    coop->threshold = c->threshold;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        for (size_t i = 0; i < lists[l]->n; i++) {
            coop->keys[n++] = (struct holder_key){lists[l]->keys[i], roles[l]};
            outcome_key(out, &lists[l]->keys[i], c->coop, roles[l], false);
        }
    holder_sort_keys(coop);
    outcome_change(s, out, THING_HOLDER, &coop->thing, index);
    return 0;
}

/* What members pay their co-op. A purse has to be named where there is anything to pay. */
static void parse_levy(struct strict *in, struct act_coop_policy *p)
{
    struct act_levies *l = &p->levy;
    const char *purse;

    l->has_per_mille =
        strict_int(in, "levy_per_mille", STRICT_OPTIONAL, 0, LEVY_PER_MILLE_MAX, &l->per_mille);
    l->has_monthly = strict_int(in, "levy_monthly", STRICT_OPTIONAL, 1, AMOUNT_MAX, &l->monthly);
    purse = strict_string(in, "levy_purse", STRICT_OPTIONAL);
    if (purse && name_is_address(purse) && str_eq(name_coop_start(purse), p->coop))
        str_copy(l->purse, sizeof(l->purse), purse);
    else if (purse)
        strict_fail(in, "levy_purse", "is no address of this co-op");
    else if (!in->fault && (l->per_mille > 0 || l->has_monthly))
        strict_fail(in, "levy_purse", "is missing: a levy goes into a purse");
}

void coop_policy_parse(struct strict *in, struct act *a)
{
    struct act_coop_policy *p = &a->u.coop_policy;
    const char *clearing;

    parse_name(in, "coop", name_is_coop, p->coop, sizeof(p->coop));
    parse_name(in, "unit", name_is_unit, p->unit, sizeof(p->unit));
    parse_bounds(in, "floor", "ceiling", &p->bounds);
    parse_bounds(in, "registrar_floor", "registrar_ceiling", &p->registrar);
    strict_int(in, "reversal_days", STRICT_REQUIRED, 0, 36500, &p->reversal_days);
    clearing = strict_string(in, "clearing", STRICT_OPTIONAL);
    p->has_clearing = clearing != NULL;
    if (clearing && clearing_choice_parse(clearing, &p->clearing) != 0)
        strict_fail(in, "clearing", "must be auto, ask or never");
    parse_levy(in, p);
}

int coop_policy_ways(const struct state *s, const struct act *a, struct ways *out,
                     struct refusal *r)
{
    if (act_by(a, a->u.coop_policy.coop, r) != 0)
        return -1;
    way_governing(s, way_add(out), a->u.coop_policy.coop, ROLE_TREASURER);
    return 0;
}

/* A levy goes where it can be taken in. */
static int judge_purse(const struct state *s, const struct act_levies *levy, struct refusal *r)
{
    const struct holder *purse;

    if (levy->purse[0] == '\0')
        return 0;
    purse = purse_of(s, levy->purse, r);
    if (purse && purse->state != HOLDER_CLOSED)
        return 0;
    return purse ? refuse(r, REFUSED_CLOSED, "%s is closed.", levy->purse) : -1;
}

int coop_policy_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                       struct outcome *out)
{
    const struct act_coop_policy *p = &a->u.coop_policy;
    const struct policy *before = state_policy(s, p->coop, p->unit);
    struct policy *after;

    (void)now;
    if (!state_unit(s, p->unit))
        return refuse(&out->refusal, REFUSED_UNKNOWN_UNIT, "There is no unit %s.", p->unit);
    if (judge_purse(s, &p->levy, &out->refusal) != 0)
        return -1;
    after = policy_new(p->coop, p->unit);
    if (before)
        after->subject = before->subject;
    after->bounds = p->bounds;
    after->registrar = p->registrar;
    after->reversal_days = p->reversal_days;
    after->has_clearing = p->has_clearing;
    after->clearing = p->clearing;
    after->levy = p->levy;
    outcome_change(s, out, THING_POLICY, &after->thing, index);
    return 0;
}

void coop_close_parse(struct strict *in, struct act *a)
{
    parse_name(in, "coop", name_is_coop, a->u.coop_close.coop, sizeof(a->u.coop_close.coop));
    parse_hash(in, "reason_hash", &a->u.coop_close.reason);
}

int coop_close_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    if (act_by(a, a->u.coop_close.coop, r) != 0)
        return -1;
    way_governing(s, way_add(out), a->u.coop_close.coop, ROLE_TREASURER);
    return 0;
}

struct quits {
    const struct state *s;
    const char *coop;
    bool owes; /* or is owed */
};

static void find_position(void *arg, const char *debtor, const char *creditor, int64_t amount)
{
    struct quits *q = arg;

    (void)amount;
    q->owes |= str_eq(debtor, q->coop) || str_eq(creditor, q->coop);
}

static void find_positions(void *arg, const struct thing *unit)
{
    struct quits *q = arg;

    network_each(q->s, unit->name, find_position, q);
}

/* For good, once it is quits with all others. That it wasn't closed before, office_is_open saw. */
int coop_close_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                      struct outcome *out)
{
    const struct holder *before = state_holder(s, a->u.coop_close.coop);
    struct quits quits = {s, a->u.coop_close.coop, false};
    struct holder *after;

    (void)now;
    state_each(s, THING_UNIT, find_positions, &quits);
    if (quits.owes)
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "%s can't be closed while it owes another co-op or is owed by one.",
                      a->u.coop_close.coop);
    after = holder_recovering(before, before->n_keys, NULL);
    after->state = HOLDER_CLOSED;
    outcome_change(s, out, THING_HOLDER, &after->thing, index);
    return 0;
}

int coop_is_open(const struct holder *coop, struct refusal *r)
{
    if (coop && coop->state != HOLDER_CLOSED)
        return 0;
    return refuse(r, REFUSED_CLOSED, "%s is closed.", coop ? coop->thing.name : "The co-op");
}
