/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/clearing_check.h"

#include <stdlib.h>

#define NONE SIZE_MAX

static enum clearing_fault check_sums(uint32_t n_parties, const struct clearing_debt *debts,
                                      const int64_t *cleared, size_t n_debts, size_t *at)
{
    int64_t *change = x_calloc((size_t)n_parties + 1, sizeof(*change));
    enum clearing_fault fault = CLEARING_SOUND;

    for (size_t i = 0; i < n_debts; i++) {
        *at = i;
        if (cleared[i] < 0)
            fault = CLEARING_BELOW_ZERO;
        else if (cleared[i] > debts[i].amount)
            fault = CLEARING_OVER_DEBT;
        if (fault != CLEARING_SOUND)
            break;
        change[debts[i].debtor] += cleared[i];
        change[debts[i].creditor] -= cleared[i];
    }
    for (uint32_t v = 0; v < n_parties && fault == CLEARING_SOUND; v++) {
        *at = v;
        if (change[v] != 0)
            fault = CLEARING_NET_CHANGED;
    }
    free(change);
    return fault;
}

/*
 * One unit more cleared of a debt earns 1, from debtor to creditor; one unit less costs 1, the
 * other way. A round trip that earns clears more; without one, the cheapest ways to all parties
 * come to an end.
 */
struct search {
    const struct clearing_debt *debts;
    const int64_t *cleared;
    uint32_t n_parties;
    int64_t *cost; /* of the cheapest way to each party that is known */
    size_t *by;    /* 2 * the debt by which it comes there, + 1 when that is gone backwards */
    uint32_t *seen;
};

static bool improve(struct search *s, uint32_t from, uint32_t to, int64_t step, size_t by)
{
    if (s->cost[from] + step >= s->cost[to])
        return false;
    s->cost[to] = s->cost[from] + step;
    s->by[to] = by;
    return true;
}

/* Each debt once, both ways. */
static bool pass(struct search *s, size_t n_debts)
{
    bool better = false;

    for (size_t i = 0; i < n_debts; i++) {
        const struct clearing_debt *d = &s->debts[i];

        if (s->cleared[i] < d->amount && improve(s, d->debtor, d->creditor, -1, 2 * i))
            better = true;
        if (s->cleared[i] > 0 && improve(s, d->creditor, d->debtor, 1, 2 * i + 1))
            better = true;
    }
    return better;
}

/* A round trip among the ways that are known has a negative cost. A debt on it that more is cleared
 * of, or NONE. */
static size_t find_cycle(struct search *s)
{
    for (uint32_t v = 0; v < s->n_parties; v++)
        s->seen[v] = 0;
    for (uint32_t start = 0; start < s->n_parties; start++) {
        uint32_t v = start;

        while (s->seen[v] == 0 && s->by[v] != NONE) {
            const struct clearing_debt *d = &s->debts[s->by[v] / 2];

            s->seen[v] = start + 1;
            v = s->by[v] % 2 == 0 ? d->debtor : d->creditor;
        }
        if (s->by[v] == NONE || s->seen[v] != start + 1)
            continue;
        while (s->by[v] % 2 != 0)
            v = s->debts[s->by[v] / 2].creditor;
        return s->by[v] / 2;
    }
    return NONE;
}

static enum clearing_fault check_most(uint32_t n_parties, const struct clearing_debt *debts,
                                      const int64_t *cleared, size_t n_debts, size_t *at)
{
    size_t n = (size_t)n_parties + 1;
    struct search s = {.debts = debts,
                       .cleared = cleared,
                       .n_parties = n_parties,
                       .cost = x_calloc(n, sizeof(*s.cost)),
                       .by = x_malloc(n * sizeof(*s.by)),
                       .seen = x_malloc(n * sizeof(*s.seen))};
    size_t found = NONE;

    for (size_t v = 0; v < n; v++)
        s.by[v] = NONE;
    while (found == NONE && pass(&s, n_debts))
        found = find_cycle(&s);
    free(s.cost);
    free(s.by);
    free(s.seen);
    if (found == NONE)
        return CLEARING_SOUND;
    *at = found;
    return CLEARING_NOT_MOST;
}

enum clearing_fault clearing_check(uint32_t n_parties, const struct clearing_debt *debts,
                                   const int64_t *cleared, size_t n_debts, size_t *at)
{
    enum clearing_fault fault = check_sums(n_parties, debts, cleared, n_debts, at);

    return fault != CLEARING_SOUND ? fault : check_most(n_parties, debts, cleared, n_debts, at);
}
