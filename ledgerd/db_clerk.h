/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_CLERK_H
#define PUMASI_DB_CLERK_H

#include <libpq-fe.h>

#include "core/base.h"

/* What the clerk reads for a snapshot. Blocking; the clerk's own thread and connection. */

struct clerk_head {
    char ledger_id[256]; /* empty before record 0 */
    int64_t size;
    bool had_one;
    int64_t last_record; /* the latest snapshot's, where there is one */
    int32_t last_day;
    int64_t first_ms; /* time of the first record behind the latest snapshot; -1: there is none */
};

/* Begins a read-only transaction that sees one size of the log, and reads where it stands. -1 and a
 * sentence. */
int db_clerk_begin(PGconn *conn, struct clerk_head *out, char *err, size_t err_size) MUST_CHECK;
int db_clerk_end(PGconn *conn, char *err, size_t err_size) MUST_CHECK;
/* Is or was the key of that kid registered, or does an act by the stewards wait that has it as its
 * jti? -1 and a sentence. */
int db_clerk_knows_key(PGconn *conn, const char *kid, bool *known, char *err,
                       size_t err_size) MUST_CHECK;

/*
 * Of whom the levy for a month ("2026-11") is to be taken: active persons with an account in a unit
 * for which their co-op's policy has one, whose credit suffices now and of whom it wasn't taken;
 * `most` at once. How many there were, or -1 and a sentence.
 */
int db_clerk_levies(PGconn *conn, const char *month, int most,
                    void (*fn)(void *arg, const char *ledger_id, const char *member,
                               const char *unit),
                    void *arg, char *err, size_t err_size) MUST_CHECK;

#endif
