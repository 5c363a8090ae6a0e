/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_COLLECTOR_H
#define PUMASI_COLLECTOR_H

/*
 * Has the checkpoint that the public sees cosigned by the witnesses that the configuration names:
 * each is offered it, with the proof from what it remembers, and its cosignature goes below the
 * checkpoint (shown.h). One that is down, slow or of another mind is asked again, ever less often,
 * and keeps nobody from anything. The loop's thread.
 */

#include "core/buf.h"
#include "ledgerd/courier.h"
#include "ledgerd/peers.h"

struct ledgerd;
struct collector;

/* Takes over the peers. */
struct collector *collector_new(struct ledgerd *d, struct peers *witnesses);
void collector_free(struct collector *c);
size_t collector_witnesses(const struct collector *c);
/* now: seconds of the monotonic clock. */
void collector_tick(struct collector *c, int64_t now);
void collector_answer(struct collector *c, const struct errand_end *end, int64_t now);

/*
 * Takes what a witness brings by itself: the note of the checkpoint shown, with cosignatures.
 * Returns how many of our witnesses' were taken; 0 with *moved when it is of another checkpoint
 * than the one shown; -1 with *why when it is no note, or a line of a witness is wrong.
 */
int collector_take(struct collector *c, const char *note, size_t len, bool *moved,
                   const char **why) MUST_CHECK;

/* Appends the rows of /v1/ledger's "witnesses", JSON objects with commas between them. */
void collector_put(struct collector *c, struct buf *b);
/* Appends the lines of /metrics. */
void collector_put_metrics(struct collector *c, struct buf *b);

#endif
