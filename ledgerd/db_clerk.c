/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_clerk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/record.h"
#include "lang/lang.h"
#include "ledgerd/db_conn.h"

static int64_t column_int(const PGresult *res, int row, int column)
{
    const char *s = PQgetvalue(res, row, column);
    int64_t n = 0;

    return num_parse(s, strlen(s), INT64_MIN, INT64_MAX, &n) == 0 ? n : -1;
}

static PGresult *rows(PGconn *conn, PGresult *res, char *err, size_t err_size)
{
    if (PQresultStatus(res) == PGRES_TUPLES_OK)
        return res;
    db_error_text(conn, res, err, err_size);
    PQclear(res);
    return NULL;
}

int db_clerk_begin(PGconn *conn, struct clerk_head *out, char *err, size_t err_size)
{
    struct record_header header;
    const char *text, *why;
    PGresult *res;
    int ret = 0;

    if (db_exec_simple(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err, err_size) != 0)
        return -1;
    res = rows(conn,
               PQexec(conn, "SELECT h.ledger_id, h.size, s.record, s.day, r.header FROM head h"
                            " LEFT JOIN LATERAL (SELECT record, day FROM snapshots"
                            "  ORDER BY seq DESC LIMIT 1) s ON true"
                            " LEFT JOIN records r ON r.idx = coalesce(s.record + 1, 0)"),
               err, err_size);
    if (!res)
        return -1;
    *out = (struct clerk_head){.first_ms = -1};
    if (PQntuples(res) == 1) {
        str_copy(out->ledger_id, sizeof(out->ledger_id), PQgetvalue(res, 0, 0));
        out->size = column_int(res, 0, 1);
        out->had_one = !PQgetisnull(res, 0, 2);
        if (out->had_one) {
            out->last_record = column_int(res, 0, 2);
            out->last_day = (int32_t)column_int(res, 0, 3);
        }
        text = PQgetvalue(res, 0, 4);
        if (!PQgetisnull(res, 0, 4)) {
            ret = record_header_parse(&header, text, strlen(text), &why);
            if (ret == 0)
                out->first_ms = header.ms;
            else
                snprintf(err, err_size, "%s", _(why));
        }
    }
    PQclear(res);
    return ret;
}

int db_clerk_end(PGconn *conn, char *err, size_t err_size)
{
    return db_exec_simple(conn, "ROLLBACK", err, err_size);
}

int db_clerk_knows_key(PGconn *conn, const char *kid, bool *known, char *err, size_t err_size)
{
    PGresult *res = rows(conn,
                         PQexecParams(conn,
                                      "SELECT EXISTS (SELECT 1 FROM keys WHERE kid = $1) OR EXISTS"
                                      " (SELECT 1 FROM pending WHERE by = 'stewards' AND jti = $1)",
                                      1, NULL, (const char *const[]){kid}, NULL, NULL, 0),
                         err, err_size);

    if (!res)
        return -1;
    *known = PQgetvalue(res, 0, 0)[0] == 't';
    PQclear(res);
    return 0;
}
