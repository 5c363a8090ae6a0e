/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_STORE_H
#define PUMASI_DB_STORE_H

#include "ledgerd/db_pipe.h"
#include "ledgerd/store.h"

/* The SQL of what a batch adds to the tables, sent within the round trip of db_post.h. */

extern const struct db_stmt db_store_stmts[];
extern const size_t db_store_stmts_count;

/* Sends the rows of every table that got some, one statement each; `st` must outlive the round
 * trip. */
void db_store_send(struct db_pipe *pipe, struct store *st);

#endif
