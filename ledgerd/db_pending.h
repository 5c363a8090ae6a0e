/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_PENDING_H
#define PUMASI_DB_PENDING_H

#include "ledgerd/db_pipe.h"
#include "ledgerd/pendings.h"

/* The SQL of pending acts, sent within the round trips of db_post.h. */

extern const struct db_stmt db_pending_stmts[];
extern const size_t db_pending_stmts_count;

/* Asks for the acts of these ids; the statement's number. */
int db_pending_ask(struct db_pipe *pipe, struct pgarray *by, struct pgarray *jti);
/* A statement that fails where one of these ids waits. */
void db_pending_deny(struct db_pipe *pipe, struct pgarray *by, struct pgarray *jti);
/* Asks for the acts of these payloads. */
int db_pending_ask_payloads(struct db_pipe *pipe, struct pgarray *payload_hashes);
/* Puts the answer to either into p. -1 when it isn't understood. */
int db_pending_take(const PGresult *res, struct pendings *p) MUST_CHECK;
/* Sends what changed. */
void db_pending_write(struct db_pipe *pipe, struct pendings *p);
/* Asks whether there is one whose exp, in seconds, is before `now`. */
int db_pending_ask_expired(struct db_pipe *pipe, int64_t now);
/*
 * Sends the deleting of those whose exp, in seconds, is before `now`, at most so many of them; then
 * takes them out of the makers' counts. How many they were.
 */
int db_pending_expire(struct db_pipe *pipe, int64_t now, int64_t most);
int64_t db_pending_take_expired(const PGresult *res, struct strmap *makers);
/* Asks for the number of acts that each maker has waiting; then takes it. */
int db_pending_ask_makers(struct db_pipe *pipe);
void db_pending_take_makers(const PGresult *res, struct strmap *makers);

#endif
