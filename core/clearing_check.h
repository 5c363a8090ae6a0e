/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLEARING_CHECK_H
#define PUMASI_CLEARING_CHECK_H

#include "core/clearing.h"

/*
 * Is this a largest clearing? Shares no code with what computes one: sums are made anew, and that
 * nothing more can be cleared is shown by a Bellman-Ford search for negative cycles.
 */
enum clearing_fault {
    CLEARING_SOUND,
    CLEARING_BELOW_ZERO,  /* debts[at]: less than nothing is cleared of it */
    CLEARING_OVER_DEBT,   /* debts[at]: more is cleared of it than it is */
    CLEARING_NET_CHANGED, /* party `at`: what it owes and what it is owed lose different sums */
    CLEARING_NOT_MOST,    /* debts[at] is on a cycle by which more can be cleared */
};

/* The debts' amounts are 1 or more, and together at most 2^63 - 1; parties' numbers are below
 * n_parties. */
enum clearing_fault clearing_check(uint32_t n_parties, const struct clearing_debt *debts,
                                   const int64_t *cleared, size_t n_debts, size_t *at) MUST_CHECK;

#endif
