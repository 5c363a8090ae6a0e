/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_LOAD_INT_H
#define PUMASI_DB_LOAD_INT_H

#include "ledgerd/db_load.h"

/* What the files of loading share; nobody else includes this. */

/* Rows of one statement: a bound for the memory that its answer takes. */
#define DB_LOAD_CHUNK "4000"

/* One statement, one round trip. NULL with a sentence in err; the result is the pipe's. */
const PGresult *db_load_ask(struct db_post *db, const char *name, const struct db_args *args,
                            char *err, size_t err_size) MUST_CHECK;

/* -1, and in err the sentence that the table holds what ledgerd never writes. */
int db_load_odd(char *err, size_t err_size, const char *table) MUST_CHECK;

/*
 * db_load_things.c: holders and keys, into l's rest; units, policies, lines, rounds, the co-ops'
 * own accounts, books, declined acts and the last snapshot, into its state; and the highest number
 * that an account has. -1 with a sentence in err.
 */
int db_load_things(struct db_post *db, struct ledger *l, char *err, size_t err_size) MUST_CHECK;

#endif
