/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BUCKETS_H
#define PUMASI_BUCKETS_H

#include "core/base.h"

/*
 * Token buckets, each by a name, in a table of fixed size: where it is crowded, the bucket that is
 * nearest to full makes room, so that many names don't free one that is deep in debt. Tokens are
 * counted in time: what costs n microseconds is made up for by waiting so long. No clock of its
 * own; one thread at a time.
 */
struct buckets;

#define BUCKETS_MAX 32768 /* at least a part of the names above it is forgotten */

/* A full bucket has `most` microseconds, and one that owes owes `debt` at most. */
struct buckets *buckets_new(int64_t most, int64_t debt);
void buckets_free(struct buckets *b);
/* How long until so much can be taken; 0: now. */
int64_t buckets_wait(const struct buckets *b, const void *name, size_t len, int64_t cost,
                     int64_t now);
/* Takes so much, whether it is there or not; what isn't is owed, or let off where not `owed`. */
void buckets_take(struct buckets *b, const void *name, size_t len, int64_t cost, bool owed,
                  int64_t now);

#endif
