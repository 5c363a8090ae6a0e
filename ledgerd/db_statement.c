/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_statement.h"

#include <stdio.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/db_ask.h"
#include "ledgerd/db_read.h"
#include "ledgerd/db_sql.h"

/* In the order of enum statement_column. */
#define COLUMNS "SELECT r.idx, r.header, r.parts, m.salt, m.body, w.salt, w.body, f.salt, f.body"
#define TEXTS                                                    \
    " LEFT JOIN texts m ON m.idx = r.idx AND m.field = 'memo'"   \
    " LEFT JOIN texts w ON w.idx = r.idx AND w.field = 'reason'" \
    " LEFT JOIN texts f ON f.idx = r.idx AND f.field = 'reference'"

int db_statement_span(PGconn *conn, const char *account, const char *from, const char *behind,
                      int64_t size, struct statement_span *out, char *err, size_t err_size)
{
    struct db_ask ask = {0};
    PGresult *res;
    bool there;

    db_ask_text(&ask, account);
    db_ask_text(&ask, from);
    db_ask_text(&ask, behind);
    db_ask_int(&ask, size);
    /* clang-format off */
    res = db_ask_run(conn,
                     "SELECT v.head, v.behind,"
                     " " ENTRIES_BELOW("legs", "number = v.number", "v.seq", "v.first") ","
                     " " ENTRIES_BELOW("legs", "number = v.number", "v.seq", "v.behind") ","
                     " " ENTRIES_BELOW("legs", "number = v.number", "v.seq", "$4::bigint")
                     ", v.ledger_id"
                     " FROM (SELECT h.size AS head, h.ledger_id, a.number,"
                     "  coalesce(a.seq, 0) AS seq,"
                     "  least($4::bigint, " RECORDS_BEFORE("2") ") AS first,"
                     "  least($4::bigint, " RECORDS_BEFORE("3") ") AS behind"
                     "  FROM head h JOIN holders l ON l.holder = 'ledger'"
                     "  LEFT JOIN accounts a ON a.account = $1::text OFFSET 0) v",
                     &ask, err, err_size);
    /* clang-format on */
    if (res == NULL)
        return -1;
    there = PQntuples(res) == 1;
    if (there) {
        out->head = col_int(res, 0, 0);
        out->covers = col_int(res, 0, 1);
        out->opening = col_int(res, 0, 2);
        out->closing = col_int(res, 0, 3);
        out->all = col_int(res, 0, 4);
        str_copy(out->ledger_id, sizeof(out->ledger_id), col_text(res, 0, 5));
    } else {
        (void)snprintf(err, err_size, "%s", _("The head of the log isn't one."));
    }
    PQclear(res);
    return there ? 0 : -1;
}

PGresult *db_statement_postings(PGconn *conn, const char *account, int64_t first, int64_t last,
                                char *err, size_t err_size)
{
    struct db_ask ask = {0};

    db_ask_text(&ask, account);
    db_ask_int(&ask, first);
    db_ask_int(&ask, last);
    return db_ask_run(conn,
                      COLUMNS " FROM legs p JOIN records r ON r.idx = p.idx" TEXTS
                              " WHERE p.number = " NUMBER_OF(
                                  "$1::text") " AND p.seq >= $2::bigint"
                                              " AND p.seq <= $3::bigint ORDER BY p.seq",
                      &ask, err, err_size);
}

PGresult *db_statement_records(PGconn *conn, struct pgarray *indexes, char *err, size_t err_size)
{
    struct db_ask ask = {0};

    db_ask_array(&ask, indexes);
    return db_ask_run(conn,
                      COLUMNS " FROM (SELECT DISTINCT unnest($1::bigint[]) AS idx) q"
                              " JOIN records r ON r.idx = q.idx" TEXTS " ORDER BY r.idx",
                      &ask, err, err_size);
}

PGresult *db_statement_changes(PGconn *conn, struct pgarray *subjects, int64_t below, char *err,
                               size_t err_size)
{
    struct db_ask ask = {0};

    db_ask_array(&ask, subjects);
    db_ask_int(&ask, below);
    return db_ask_run(conn,
                      "SELECT r.idx, r.header, r.parts FROM"
                      " (SELECT DISTINCT c.idx FROM unnest($1::text[]) q(subject)"
                      "   JOIN changes c ON c.subject = q.subject WHERE c.idx < $2::bigint) v"
                      " JOIN records r ON r.idx = v.idx ORDER BY r.idx",
                      &ask, err, err_size);
}

PGresult *db_statement_holders(PGconn *conn, struct pgarray *kids, char *err, size_t err_size)
{
    struct db_ask ask = {0};

    db_ask_array(&ask, kids);
    return db_ask_run(conn,
                      "SELECT DISTINCT k.holder FROM (SELECT DISTINCT unnest($1::text[]) AS kid) q"
                      " JOIN keys k ON k.kid = q.kid"
                      /* Whoever signed that the ledger goes on under another id. */
                      " UNION SELECT 'stewards' WHERE EXISTS (SELECT FROM continuations)",
                      &ask, err, err_size);
}
