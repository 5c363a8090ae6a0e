/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_STATEMENT_H
#define PUMASI_DB_STATEMENT_H

#include <libpq-fe.h>

#include "core/base.h"
#include "ledgerd/pgarray.h"

/* What statements are made of. Blocking; the desk's thread, within its transaction. Each answers
 * NULL or -1 and a sentence when the database fails; rows are PQcleared by the caller. */

/* Where an account's postings of some days begin and end, among the first `size` records. */
struct statement_span {
    char ledger_id[256];
    int64_t head;    /* records there are */
    int64_t covers;  /* records of days up to the last one */
    int64_t opening; /* the account's postings before the first day */
    int64_t closing; /* and up to the end of the last day */
    int64_t all;
};
/* Dates as text: the first day, and the one after the last. */
int db_statement_span(PGconn *conn, const char *account, const char *from, const char *behind,
                      int64_t size, struct statement_span *out, char *err,
                      size_t err_size) MUST_CHECK;

/* Columns of the records below. */
enum statement_column {
    STATEMENT_IDX,
    STATEMENT_HEADER,
    STATEMENT_PARTS,
    STATEMENT_MEMO_SALT,
    STATEMENT_MEMO,
    STATEMENT_REASON_SALT,
    STATEMENT_REASON,
    STATEMENT_REFERENCE_SALT,
    STATEMENT_REFERENCE,
};
/* The records of the account's postings first to last, by their seq. */
PGresult *db_statement_postings(PGconn *conn, const char *account, int64_t first, int64_t last,
                                char *err, size_t err_size) MUST_CHECK;
/* Records by index, in its order. */
PGresult *db_statement_records(PGconn *conn, struct pgarray *indexes, char *err,
                               size_t err_size) MUST_CHECK;
/* The records below `below` that changed one of the subjects, each once, by index. */
PGresult *db_statement_changes(PGconn *conn, struct pgarray *subjects, int64_t below, char *err,
                               size_t err_size) MUST_CHECK;
/* Whose keys these kids are: a column of names. */
PGresult *db_statement_holders(PGconn *conn, struct pgarray *kids, char *err,
                               size_t err_size) MUST_CHECK;

#endif
