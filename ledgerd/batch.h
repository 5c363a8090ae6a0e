/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BATCH_H
#define PUMASI_BATCH_H

#include "ledgerd/db_post.h"
#include "ledgerd/job.h"
#include "ledgerd/ledger.h"
#include "ledgerd/published.h"

struct ledgerd;

/* One batch: load what it touches, decide act after act, store, commit, make the answers. */
struct batch;

struct batch *batch_new(struct ledgerd *d);
void batch_free(struct batch *b);

/*
 * Posts n jobs, parsed and verified (but for those with unknown_key), in one transaction at
 * `wall_ms`. On DB_DONE the first *done of them, all unless ways between co-ops took long to find,
 * have their status and answer, and the ledger has moved on; *draft is
 * the checkpoint that must be written before these are given, with an empty note when nothing was
 * posted. On anything else the ledger is as it was, the jobs can be run again, and after DB_LOST,
 * DB_UNKNOWN, DB_UNCONFIRMED and DB_OTHERS the ledger is to be loaded anew.
 */
enum db_end batch_run(struct batch *b, struct db_post *db, struct ledger *l, int64_t wall_ms,
                      struct job **jobs, size_t n, size_t *done, struct draft *draft) MUST_CHECK;

#endif
