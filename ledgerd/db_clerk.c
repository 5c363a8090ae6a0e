/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_clerk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "lang/lang.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/pgarray.h"

#define FETCH 1000 /* leaves at once */

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

static const char declare[] =
    "DECLARE leaves NO SCROLL CURSOR FOR SELECT kind, name, balance, seq, record FROM ("
    "SELECT 0 AS kind, account AS name, balance, seq, record FROM accounts WHERE seq > 0"
    " UNION ALL SELECT 1, book, 0, seq, record FROM books"
    " UNION ALL SELECT 2, holder, 0, seq, record FROM holders"
    " UNION ALL SELECT 2, 'unit:' || unit, 0, seq, record FROM units"
    " UNION ALL SELECT 2, 'policy:' || policy, 0, seq, record FROM policies"
    " UNION ALL SELECT 2, 'limits:' || account, 0, limits_seq, limits_record FROM accounts"
    "  WHERE limits_seq > 0"
    " UNION ALL (SELECT 2, 'snapshot:ledger', 0, seq, record FROM snapshots"
    "  ORDER BY seq DESC LIMIT 1)"
    ") v ORDER BY kind, name COLLATE \"C\"";

/* The parts of the records that the leaves' last entries are in. */
static PGresult *fetch_parts(PGconn *conn, const PGresult *leaves, char *err, size_t err_size)
{
    struct pgarray indexes;
    const char *value;
    size_t len;
    int len_int, binary = 1;
    PGresult *res;

    pgarray_init(&indexes, PGARRAY_INT8);
    for (int i = 0; i < PQntuples(leaves); i++)
        pgarray_int(&indexes, column_int(leaves, i, 4));
    value = pgarray_finish(&indexes, &len);
    len_int = (int)len;
    res = PQexecParams(conn,
                       "SELECT r.parts FROM unnest($1::bigint[]) WITH ORDINALITY q(idx, o)"
                       " JOIN records r ON r.idx = q.idx ORDER BY q.o",
                       1, NULL, &value, &len_int, &binary, 0);
    pgarray_free(&indexes);
    return rows(conn, res, err, err_size);
}

static int read_leaf(struct leaf *l, const PGresult *res, const PGresult *parts, int i)
{
    memset(l, 0, sizeof(*l));
    l->kind = (enum leaf_kind)column_int(res, i, 0);
    str_copy(l->name, sizeof(l->name), PQgetvalue(res, i, 1));
    l->balance = column_int(res, i, 2);
    l->seq = column_int(res, i, 3);
    l->index = column_int(res, i, 4);
    return leaf_take_salt(l, PQgetvalue(parts, i, 0), (size_t)PQgetlength(parts, i, 0));
}

/* The next leaves; their number, 0 after the last. */
static int fetch(PGconn *conn, void (*fn)(void *arg, const struct leaf *l), void *arg, char *err,
                 size_t err_size)
{
    char sql[64];
    PGresult *res, *parts = NULL;
    struct leaf l;
    int n = -1;

    snprintf(sql, sizeof(sql), "FETCH %d FROM leaves", FETCH);
    res = rows(conn, PQexec(conn, sql), err, err_size);
    if (!res)
        return -1;
    if (PQntuples(res) > 0 && !(parts = fetch_parts(conn, res, err, err_size)))
        goto out;
    for (int i = 0; i < PQntuples(res); i++) {
        if (PQntuples(parts) != PQntuples(res) || read_leaf(&l, res, parts, i) != 0) {
            snprintf(err, err_size, _("The log and its tables in the database disagree."));
            goto out;
        }
        fn(arg, &l);
    }
    n = PQntuples(res);
out:
    PQclear(parts);
    PQclear(res);
    return n;
}

int db_clerk_leaves(PGconn *conn, void (*fn)(void *arg, const struct leaf *l), void *arg,
                    const atomic_bool *stop, char *err, size_t err_size)
{
    int n;

    if (db_exec_simple(conn, declare, err, err_size) != 0)
        return -1;
    do {
        n = fetch(conn, fn, arg, err, err_size);
    } while (n > 0 && !atomic_load(stop));
    if (n > 0)
        snprintf(err, err_size, _("ledgerd is being stopped."));
    return n == 0 ? 0 : -1;
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
