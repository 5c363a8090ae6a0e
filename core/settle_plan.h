/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SETTLE_PLAN_H
#define PUMASI_SETTLE_PLAN_H

#include "core/base.h"

/* Who pays whom so that all are quits, from what each owes on the whole (docs/protocol.md 8.12). */
struct settle_party {
    const char *coop;
    int64_t owes; /* minor units; negative: it is owed */
};
struct settle_payment {
    size_t from, to; /* which of the parties */
    int64_t amount;
};

/*
 * Fills `out`, which has room for n payments, and returns how many there are: one fewer than the
 * parties that owe or are owed, at most. Nobody both pays and is paid, and no more is paid than is
 * owed on the whole. First those are paired who owe and are owed the same; then who owes most pays
 * who is owed most, of equals the one whose name comes first. So the same parties in any order give
 * the same payments, which come by the names of from, then of to. What is owed has to sum to what
 * is due, within ±2^62 on each side; where it doesn't, what is over stays.
 */
size_t settle_plan(const struct settle_party *parties, size_t n, struct settle_payment *out);

#endif
