/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_ROUND_H
#define PUMASI_DB_ROUND_H

#include <libpq-fe.h>

#include "core/round.h"

/* Rounds of clearing as the tables have them. Blocking; for threads with a connection of their own.
 * -1 and a sentence in err when the database fails or holds what ledgerd never writes. */

/* *out is the unit's latest round, the caller's to free; NULL when there was none. */
int db_round_get(PGconn *conn, const char *unit, struct round **out, char *err,
                 size_t err_size) MUST_CHECK;

/* An open round, without its legs. */
struct round_head {
    char unit[UNIT_MAX + 1];
    int64_t record, deadline;
    char hash[HASH_B64U_LEN + 1];
    struct round_counts counts;
    size_t n_consents;
    int64_t *consents; /* records, ascending */
};
int db_round_open(PGconn *conn, struct round_head **out, size_t *n, char *err,
                  size_t err_size) MUST_CHECK;
void db_round_heads_free(struct round_head *heads, size_t n);

/* What a co-op owes the others in a unit, and what they owe it, now; both 0 or more. */
int db_round_owed(PGconn *conn, const char *coop, const char *unit, int64_t *owes, int64_t *owed,
                  char *err, size_t err_size) MUST_CHECK;

/* Did the ledger post an act of that id? */
int db_round_posted(PGconn *conn, const char *jti, bool *posted, char *err,
                    size_t err_size) MUST_CHECK;

#endif
