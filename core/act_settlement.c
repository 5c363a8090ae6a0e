/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* settlement: one co-op gave another money, goods or hours outside the ledger, so it owes less. */
#include <stdio.h>
#include <stdlib.h>

#include "core/act_row.h"
#include "core/date.h"
#include "core/num.h"

static const char *const means[] = {
    [MEANS_MONEY] = "money", [MEANS_GOODS] = "goods", [MEANS_HOURS] = "hours"};

int settlement_means_parse(const char *s, enum settlement_means *out)
{
    for (size_t i = 0; i < ARRAY_LEN(means); i++)
        if (str_eq(s, means[i])) {
            *out = (enum settlement_means)i;
            return 0;
        }
    return -1;
}

void settlement_parse(struct strict *in, struct act *a)
{
    struct act_settlement *t = &a->u.settlement;
    const char *s;

    parse_name(in, "from", name_is_coop, t->from, sizeof(t->from));
    parse_name(in, "to", name_is_coop, t->to, sizeof(t->to));
    parse_name(in, "unit", name_is_unit, t->unit, sizeof(t->unit));
    strict_int(in, "amount", STRICT_REQUIRED, 1, AMOUNT_MAX, &t->amount);
    s = strict_string(in, "means", STRICT_REQUIRED);
    if (s && settlement_means_parse(s, &t->means) != 0)
        strict_fail(in, "means", "must be money, goods or hours");
    s = strict_string(in, "date", STRICT_REQUIRED);
    if (s && date_parse(s, &t->date) != 0)
        strict_fail(in, "date", "is no date");
    parse_hash(in, "reference_hash", &t->reference);
}

/* Treasurers of both, whichever of the two wrote it. */
int settlement_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    const struct act_settlement *t = &a->u.settlement;
    struct way *way;

    if (!str_eq(a->by, t->from) && act_by(a, t->to, r) != 0)
        return -1;
    way = way_add(out);
    way_governing(s, way, t->from, ROLE_TREASURER);
    way_governing(s, way, t->to, ROLE_TREASURER);
    return 0;
}

/* What is settled outside, in the book of one of the two. */
static int outside(const struct state *s, const char *coop, const char *unit, int64_t amount,
                   int64_t index, struct outcome *out)
{
    char address[ADDRESS_MAX + 1], name[ACCOUNT_MAX + 1];
    struct account *after;

    (void)snprintf(address, sizeof(address), "!outside@%s", coop);
    name_account(name, address, unit);
    after = account_to_move(s, name);
    if (num_add(after->balance, amount, &after->balance) != 0) {
        free(after);
        return refuse(&out->refusal, REFUSED_LIMIT_OUT_OF_BOUNDS,
                      "%s has settled more than there are numbers for.", coop);
    }
    outcome_leg(s, out, after, amount, NUM_MIN, index);
    return 0;
}

int settlement_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                      struct outcome *out)
{
    const struct act_settlement *t = &a->u.settlement;

    if (str_eq(t->from, t->to))
        return refuse(&out->refusal, REFUSED_SAME_ACCOUNT, "A co-op settles with another one.");
    if (!state_unit(s, t->unit))
        return refuse(&out->refusal, REFUSED_UNKNOWN_UNIT, "There is no unit %s.", t->unit);
    if (t->date > now.today)
        return refuse(&out->refusal, REFUSED_MALFORMED, "The date lies in the future.");
    if (coop_is_open(state_holder(s, t->from), &out->refusal) != 0 ||
        coop_is_open(state_holder(s, t->to), &out->refusal) != 0)
        return -1;
    /* Both have signed, so that no line bounds it. */
    if (position_move(s, out, t->from, t->to, t->unit, -t->amount, index, false) != 0 ||
        outside(s, t->from, t->unit, t->amount, index, out) != 0)
        return -1;
    return outside(s, t->to, t->unit, -t->amount, index, out);
}
