/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HOUSE_H
#define PUMASI_HOUSE_H

#include "ledgerd/ledger.h"
#include "ledgerd/ledgerd.h"

/*
 * What this ledgerd doesn't take whatever the rules say: an opening that it didn't make; the loss
 * of the log key that it signs with, after which nobody could check what it signs, or those who
 * pinned it couldn't be led to the next one; the declining of what is posted already, which would
 * change nothing and seem to.
 *
 * is_posted: the act that a decline is about was posted lately. -1 with a refusal.
 */
int house_rules(const struct ledgerd *d, const struct ledger *l, const struct act *a,
                bool is_posted, struct refusal *r) MUST_CHECK;

#endif
