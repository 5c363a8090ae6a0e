/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FOLLOWER_H
#define PUMASI_FOLLOWER_H

/*
 * Looks at the ledgers that this one witnesses every follow_seconds, where the configuration names
 * their addresses: checkpoint, proof, decision (witnessing.h), and brings them the cosignature. So
 * a fork is seen too of a ledger that no longer asks to be cosigned. The loop's thread.
 */

#include "core/buf.h"
#include "ledgerd/courier.h"
#include "ledgerd/peers.h"

struct ledgerd;
struct follower;

/* Takes over the peers. first: the courier's number of the first of them. */
struct follower *follower_new(struct ledgerd *d, struct peers *sisters, size_t first);
void follower_free(struct follower *f);
/* now: seconds of the monotonic clock. */
void follower_tick(struct follower *f, int64_t now);
void follower_answer(struct follower *f, const struct errand_end *end);
/* Appends the lines of /metrics. */
void follower_put_metrics(struct follower *f, struct buf *b);

#endif
