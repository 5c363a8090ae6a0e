/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BATCH_H
#define PUMASI_BATCH_H

#include "ledgerd/db_post.h"
#include "ledgerd/job.h"
#include "ledgerd/ledger.h"

struct ledgerd;

/*
 * A batch ends early when its searches for ways between co-ops have looked at so many edges, two
 * or three milliseconds' worth: the rest is the next one's. One more search adds at most three
 * times all edges that there are, about as much again in a network of a hundred thousand lines, and
 * a batch that was run in haste may search for all of it twice.
 */
#define BATCH_EFFORT_MAX UINT64_C(200000)

/* One batch: load what it touches, decide act after act, store, commit. */
struct batch;

struct batch *batch_new(struct ledgerd *d);
void batch_free(struct batch *b);

/*
 * Posts n jobs, parsed and verified (but for those with unknown_key), in one transaction at
 * `wall_ms`. On DB_DONE the first *done of them, all unless ways between co-ops took long to find,
 * have their status and answer, and the ledger has moved on. Where something was posted, receipts
 * still lack the note of the checkpoint (receipt_end), which must be signed and written before
 * answers are given. On anything else the ledger is as it was, the jobs can be run again, and after
 * DB_LOST, DB_UNKNOWN, DB_UNCONFIRMED and DB_OTHERS the ledger is to be loaded anew.
 */
enum db_end batch_run(struct batch *b, struct db_post *db, struct ledger *l, int64_t wall_ms,
                      struct job **jobs, size_t n, size_t *done, bool *posted) MUST_CHECK;

#endif
