/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BATCH_H
#define PUMASI_BATCH_H

#include "ledgerd/db_post.h"
#include "ledgerd/job.h"
#include "ledgerd/ledger.h"

struct ledgerd;

/* One batch: load what it touches, decide act after act, store, commit, publish, make the answers.
 */
struct batch;

struct batch *batch_new(struct ledgerd *d);
void batch_free(struct batch *b);

/*
 * Posts n jobs, parsed and verified (but for those with unknown_key), in one transaction at
 * `wall_ms`. On DB_DONE every job has its status and answer, and the ledger has moved on; on
 * anything else the ledger is as it was, the jobs can be run again, and after DB_LOST, DB_UNKNOWN,
 * DB_UNCONFIRMED and DB_OTHERS the ledger is to be loaded anew. *published is false when the
 * checkpoint could not be written: the jobs' answers then say that the outcome is unknown.
 */
enum db_end batch_run(struct batch *b, struct db_post *db, struct ledger *l, int64_t wall_ms,
                      struct job **jobs, size_t n, bool *published) MUST_CHECK;

#endif
