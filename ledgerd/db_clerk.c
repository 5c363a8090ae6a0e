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
            ret = record_header_peek(&header, text, strlen(text), &why);
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

/* The jti is levy_jti's (core/levy.h): records are found by it. */
static const char levies_sql[] =
    "SELECT m.member, m.unit, (SELECT ledger_id FROM head) FROM"
    " (SELECT split_part(a.account, '/', 1) AS member, p.unit"
    "  FROM (SELECT split_part(policy, '/', 1) AS coop, split_part(policy, '/', 2) AS unit,"
    "         floor, levy_monthly, levy_purse FROM policies WHERE levy_monthly IS NOT NULL) p"
    "  JOIN holders c ON c.holder = p.coop AND c.state = 'active'"
    "  JOIN holders f ON f.holder = p.levy_purse AND f.state = 'active'"
    "  JOIN accounts a ON a.coop = p.coop AND split_part(a.account, '/', 2) = p.unit"
    "  WHERE a.balance - p.levy_monthly >= CASE WHEN a.has_limits THEN a.floor ELSE p.floor END) m"
    " JOIN holders h ON h.holder = m.member AND h.kind = 'person' AND h.state = 'active'"
    " AND h.recovery IS NULL"
    " WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.by = 'ledger' AND r.jti ="
    "  rtrim(translate(encode(sha256('\\x6c65767900'::bytea || convert_to(m.member, 'UTF8')"
    "   || '\\x00'::bytea || convert_to(m.unit, 'UTF8') || '\\x00'::bytea"
    "   || convert_to($1, 'UTF8')), 'base64'), '+/', '-_'), '='))"
    " ORDER BY 1, 2 LIMIT $2::int";

int db_clerk_levies(PGconn *conn, const char *month, int most,
                    void (*fn)(void *arg, const char *ledger_id, const char *member,
                               const char *unit),
                    void *arg, char *err, size_t err_size)
{
    char limit[16];
    PGresult *res;
    int n;

    (void)snprintf(limit, sizeof(limit), "%d", most);
    res = rows(
        conn,
        PQexecParams(conn, levies_sql, 2, NULL, (const char *const[]){month, limit}, NULL, NULL, 0),
        err, err_size);
    if (!res)
        return -1;
    n = PQntuples(res);
    for (int row = 0; row < n; row++)
        fn(arg, PQgetvalue(res, row, 2), PQgetvalue(res, row, 0), PQgetvalue(res, row, 1));
    PQclear(res);
    return n;
}
