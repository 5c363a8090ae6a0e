/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_INIT_H
#define PUMASI_DB_INIT_H

#include <libpq-fe.h>

#include "core/act.h"
#include "core/base.h"
#include "core/envelope.h"

/* What init writes into an empty schema, and what a start-up asks of the head. */

/* True when there is a head: a ledger was made in this database. -1 and a sentence on errors. */
int db_has_ledger(PGconn *conn, bool *there, char *err, size_t err_size) MUST_CHECK;

/*
 * The head of a new ledger and its ledger.open, waiting for the stewards. needs: JSON as pending
 * answers list it. -1 and a sentence; nothing is changed then.
 */
int db_init_ledger(PGconn *conn, const char *origin, const struct act *open,
                   const struct submission *sub, const char *needs, char *err,
                   size_t err_size) MUST_CHECK;

/* Puts an act in line, for those to sign that `ask` names: by kid, or by "role holder" (neither has
 * a quote in it). Likewise. */
int db_init_pending(PGconn *conn, const struct act *a, const struct submission *sub,
                    const char *const *ask, size_t n_asks, const char *needs, char *err,
                    size_t err_size) MUST_CHECK;

/*
 * The head of a ledger that is made again from its records: its opening is the hash of record 0's
 * payload.
 */
int db_init_head(PGconn *conn, const char *origin, const struct hash *opening, char *err,
                 size_t err_size) MUST_CHECK;

/* Empties every table of the ledger again, after an init that failed half-way. -1 and a sentence.
 */
int db_wipe(PGconn *conn, char *err, size_t err_size) MUST_CHECK;

/* Origin (ORIGIN_MAX + 1 bytes) and size of the ledger; -1 and a sentence, also when there is none.
 */
int db_head_origin(PGconn *conn, char *origin, int64_t *size, char *err,
                   size_t err_size) MUST_CHECK;

/* The one that record 0 names, wherever the ledger went on since. */
int db_first_origin(PGconn *conn, char *origin, char *err, size_t err_size) MUST_CHECK;

/* The zone whose days are the ledger's, the caller's to free; "" before record 0. NULL and a
 * sentence.
 */
char *db_zone(PGconn *conn, char *err, size_t err_size) MUST_CHECK;

/* The log keys that the ledger has or had: those in force first. */
#define LOG_KEYS_MAX 64
struct log_keys {
    size_t n, n_in_force;
    struct key all[LOG_KEYS_MAX];
};
/* Before record 0 it is the one in the ledger.open that waits. -1 on errors. */
int db_log_keys(PGconn *conn, struct log_keys *out, char *err, size_t err_size) MUST_CHECK;
/* Is this one of those in force? */
bool log_keys_has(const struct log_keys *keys, const struct key *key);

#endif
