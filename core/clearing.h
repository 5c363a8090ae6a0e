/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLEARING_H
#define PUMASI_CLEARING_H

#include "core/base.h"

/*
 * Multilateral clearing (docs/protocol.md, section 12): of debts among parties the most is
 * cancelled that leaves every party's net position as it is. There is exactly one answer, whatever
 * the order in which the debts are given.
 */

/* What debtor owes creditor; parties by their number. */
struct clearing_debt {
    uint32_t debtor, creditor;
    int64_t amount; /* minor units, 1 or more */
};

struct clearing_sums {
    int64_t total;        /* of the debts */
    int64_t net_internal; /* of the net positions of those who are owed more than they owe */
    int64_t cleared;
    int64_t remaining; /* total - cleared */
};

/* Where the work stands. */
struct clearing_progress {
    int stage;      /* 0: finding the largest clearing; then, choosing among those, 1 and on */
    uint32_t debts; /* those not yet decided when the stage began */
    int64_t to_carry, carried; /* minor units, of this stage */
};
/* Called some times in each stage; true goes on. */
typedef bool clearing_watch(void *arg, const struct clearing_progress *p);

enum clearing_end {
    CLEARING_DONE,
    CLEARING_STOPPED,   /* the watch said so */
    CLEARING_TOO_MUCH,  /* the debts' sum is past 2^63 - 1 */
    CLEARING_TOO_MANY,  /* more debts or parties than can be counted here: 2^28 */
    CLEARING_BAD_DEBT,  /* debts[at]: of a party to itself, or of an amount below 1 */
    CLEARING_SAME_PAIR, /* debts[at] is the second one of its debtor and creditor */
};

struct clearing {
    uint32_t n_parties;
    const char *const
        *names; /* of the parties, each its own; they choose among largest clearings */
    size_t n_debts;
    const struct clearing_debt *debts;
    clearing_watch *watch; /* or NULL */
    void *arg;
    int bits; /* of the debts' hashes to choose by; 0 means all, fewer are for tests */
};

/*
 * cleared[i], 0 to the amount, is what of debts[i] is cancelled; room for n_debts of them, the
 * caller's. When it is not CLEARING_DONE, *at is set where that is said above, `sums` and `cleared`
 * mean nothing.
 */
enum clearing_end clearing_solve(const struct clearing *in, int64_t *cleared,
                                 struct clearing_sums *sums, size_t *at) MUST_CHECK;

/* The hash of a debt by which clearing chooses; 32 bytes to `out`. */
struct hash;
void clearing_hash(struct hash *out, const char *debtor, const char *creditor);

#endif
