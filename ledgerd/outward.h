/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_OUTWARD_H
#define PUMASI_OUTWARD_H

/*
 * What ledgerd does outwards by its courier: it has its own checkpoints cosigned (collector.h) and
 * looks at those of the ledgers that it witnesses (follower.h). On the loop, a second at a time;
 * posting knows nothing of it. Where nothing is configured that is to be called, there is none.
 */

#include "ledgerd/courier.h"
#include "ledgerd/peers.h"

struct ledgerd;
struct outward;

/* Forks the courier: before the keys are read. *out is NULL where there is nobody to call. -1 and a
 * sentence. */
int outward_open(struct outward **out, int sandbox_want, const struct peers *witnesses,
                 const struct peers *sisters, char *err, size_t err_size) MUST_CHECK;
/* Begins; the reads are up. */
int outward_start(struct outward *o, struct ledgerd *d) MUST_CHECK;
/* Begins nothing new. */
void outward_stop(struct outward *o);
/* After reads_stop, which answers what was asked for. NULL is let be. */
void outward_free(struct outward *o);
/* Is there one to send, or to be sent soon? */
bool outward_up(const struct outward *o);

/* For the two below: an errand to a peer, witnesses counted first, then sisters. */
bool outward_send(struct outward *o, size_t peer, enum errand_kind kind,
                  const struct tile_ref *tile, const void *body, size_t len) MUST_CHECK;

#endif
