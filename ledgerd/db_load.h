/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_LOAD_H
#define PUMASI_DB_LOAD_H

#include "ledgerd/db_post.h"

/* Reads what the one that posts keeps in memory, and what a standby follows. */

extern const struct db_stmt db_load_stmts[];
extern const size_t db_load_stmts_count;
extern const struct db_stmt db_load_things_stmts[];
extern const size_t db_load_things_stmts_count;

/*
 * Fills a fresh ledger that has a keyring: head, holders and keys (which rest), units, policies,
 * books, the tree's edge, the growing tiles, the makers of pending acts. -1 with a sentence in err;
 * the ledger is then to be freed.
 */
int db_load_ledger(struct db_post *db, struct ledger *l, char *err, size_t err_size) MUST_CHECK;

/*
 * The head, and the root of its log. *settled: what is seen there is as safe as it
 * gets; false where it may be seen before synchronous replication is confirmed. -1 with a sentence
 * in err.
 */
int db_load_head(struct db_post *db, struct head *head, struct hash *root, bool *settled, char *err,
                 size_t err_size) MUST_CHECK;

/* Root of the log's first `size` records, from leaves and tiles. -1 with a sentence in err. */
int db_load_root_at(struct db_post *db, uint64_t size, struct hash *root, char *err,
                    size_t err_size) MUST_CHECK;

/* The log keys in force, at most max; *n is 0 before record 0. -1 with a sentence in err. */
int db_load_log_keys(struct db_post *db, struct key *out, size_t max, size_t *n, char *err,
                     size_t err_size) MUST_CHECK;

#endif
