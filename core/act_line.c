/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* line.set, and what payments move between co-ops. */
#include "core/act_row.h"
#include "core/num.h"

void line_set_parse(struct strict *in, struct act *a)
{
    struct act_line_set *l = &a->u.line_set;

    parse_name(in, "coop", name_is_coop, l->coop, sizeof(l->coop));
    parse_name(in, "partner", name_is_coop, l->partner, sizeof(l->partner));
    parse_name(in, "unit", name_is_unit, l->unit, sizeof(l->unit));
    strict_int(in, "limit", STRICT_REQUIRED, 0, AMOUNT_MAX, &l->limit);
    strict_bool(in, "transit", STRICT_OPTIONAL, &l->transit);
}

int line_set_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    if (act_by(a, a->u.line_set.coop, r) != 0)
        return -1;
    way_governing(s, way_add(out), a->u.line_set.coop, ROLE_TREASURER);
    return 0;
}

/* NULL with unknown-account. */
static const struct holder *coop_of(const struct state *s, const char *name, struct refusal *r)
{
    const struct holder *h = state_holder(s, name);

    if (h && h->kind == HOLDER_COOP)
        return h;
    (void)refuse(r, REFUSED_UNKNOWN_ACCOUNT, "There is no co-op %s.", name);
    return NULL;
}

int line_set_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                    struct outcome *out)
{
    const struct act_line_set *l = &a->u.line_set;
    const struct holder *coop = coop_of(s, l->coop, &out->refusal);
    const struct holder *partner = coop ? coop_of(s, l->partner, &out->refusal) : NULL;
    const struct credit_line *before = state_line(s, l->coop, l->partner, l->unit);
    struct credit_line *after;

    (void)now;
    if (!partner)
        return -1;
    if (partner == coop)
        return refuse(&out->refusal, REFUSED_SAME_ACCOUNT, "A co-op has no line with itself.");
    if (!state_unit(s, l->unit))
        return refuse(&out->refusal, REFUSED_UNKNOWN_UNIT, "There is no unit %s.", l->unit);
    if (coop_is_open(coop, &out->refusal) != 0 || coop_is_open(partner, &out->refusal) != 0)
        return -1;
    after = line_new(l->coop, l->partner, l->unit);
    if (before)
        after->subject = before->subject;
    after->limit = l->limit;
    after->transit = l->transit;
    outcome_change(s, out, THING_LINE, &after->thing, index);
    outcome_book(s, out, l->partner, index);
    return 0;
}

/* One leg of a move; -1 with line-exhausted. */
static int move_leg(const struct state *s, struct outcome *out, const char *coop,
                    const char *partner, const char *unit, int64_t amount, int64_t index,
                    bool checked)
{
    const int64_t floor = position_floor(s, coop, partner, unit);
    char name[ACCOUNT_MAX + 1];
    const struct account *before;
    struct account *after;
    int64_t balance;

    position_name(name, coop, partner, unit);
    before = state_account(s, name);
    if (num_add(before ? before->balance : 0, amount, &balance) != 0 ||
        (checked && amount < 0 && balance < floor))
        return refuse(&out->refusal, REFUSED_LINE_EXHAUSTED,
                      "The lines between the two co-ops don't carry this.");
    after = account_to_move(s, name);
    after->balance = balance;
    outcome_leg(s, out, after, amount, floor, index);
    out->legs[out->n_legs - 1].marked = !checked;
    return 0;
}

int position_move(const struct state *s, struct outcome *out, const char *debtor,
                  const char *creditor, const char *unit, int64_t amount, int64_t index,
                  bool checked)
{
    if (move_leg(s, out, debtor, creditor, unit, amount, index, checked) != 0)
        return -1;
    return move_leg(s, out, creditor, debtor, unit, -amount, index, checked);
}
