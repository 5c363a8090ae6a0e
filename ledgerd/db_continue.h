/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_CONTINUE_H
#define PUMASI_DB_CONTINUE_H

#include <libpq-fe.h>

#include "core/act.h"
#include "core/envelope.h"
#include "ledgerd/db_post.h"

/* What the database has of a ledger.continue, the one that waits and those that are records. */

extern const struct db_stmt db_continue_stmts[];
extern const size_t db_continue_stmts_count;

/*
 * Lets a ledger.continue wait for the stewards, in the place of one that waited before: from now on
 * no other act is taken. needs: JSON as pending answers list it. -1 and a sentence; nothing is
 * changed then.
 */
int db_continue_wait(PGconn *conn, const struct act *a, const struct submission *sub,
                     const char *needs, char *err, size_t err_size) MUST_CHECK;
/* The one that waits, as a submission's text that the caller frees; NULL with *found false when
 * there is none. -1 and a sentence. */
int db_continue_waiting(struct db_post *db, char **submission, char *err,
                        size_t err_size) MUST_CHECK;
/* The text of the act part of the ledger.continue by which this origin ended; NULL as above. */
int db_continue_of(struct db_post *db, const char *origin, char **part, char *err,
                   size_t err_size) MUST_CHECK;

#endif
