/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_DEAL_H
#define PUMASI_DB_DEAL_H

#include "core/state.h"
#include "ledgerd/db_pipe.h"

/* The SQL of what acts name: transfers and requests of earlier records, and declined acts. Sent
 * within the round trips of db_post.h. */

extern const struct db_stmt db_deal_stmts[];
extern const size_t db_deal_stmts_count;

/* Asks for the deals of these records; for the requests of these payload hashes. The statement's
 * number. */
int db_deal_ask(struct db_pipe *pipe, struct pgarray *records);
int db_deal_ask_asked(struct db_pipe *pipe, struct pgarray *payload_hashes);
/* Puts the answer to either into the state. -1 when it isn't understood. */
int db_deal_take(const PGresult *res, struct state *s) MUST_CHECK;

/* One row of voids as "load_voids" answers it. NULL when it isn't understood; else the caller's. */
struct voided *db_deal_voided(const PGresult *res, int row) MUST_CHECK;

#endif
