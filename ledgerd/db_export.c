/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "lang/lang.h"
#include "ledgerd/db_conn.h"

#define CHUNK "1000"

static int64_t column_int(const PGresult *res, int row, int column)
{
    const char *s = PQgetvalue(res, row, column);
    int64_t n = 0;

    return num_parse(s, strlen(s), INT64_MIN, INT64_MAX, &n) == 0 ? n : -1;
}

/* Bytes of "\x0123…". -1 when it isn't that, or more than cap bytes. */
static int hex_bytes(const char *s, uint8_t *out, size_t cap, size_t *n)
{
    static const char digits[] = "0123456789abcdef";

    if (s[0] != '\\' || s[1] != 'x' || strlen(s + 2) % 2 != 0 || strlen(s + 2) / 2 > cap)
        return -1;
    *n = strlen(s + 2) / 2;
    for (size_t i = 0; i < *n; i++) {
        const char *hi = strchr(digits, s[2 + 2 * i]), *lo = strchr(digits, s[3 + 2 * i]);

        if (!hi || !lo)
            return -1;
        out[i] = (uint8_t)((hi - digits) << 4 | (lo - digits));
    }
    return 0;
}

static int head_root(const char *edge_hex, int64_t size, struct hash *root)
{
    struct hash edge[TREE_HEIGHT_MAX + 1];
    struct tree tree;
    size_t n;

    if (size < 0 || hex_bytes(edge_hex, (uint8_t *)edge, sizeof(edge), &n) != 0 ||
        tree_load(&tree, (uint64_t)size, edge, n / HASH_LEN) != 0)
        return -1;
    tree_root(&tree, root);
    tree_free(&tree);
    return 0;
}

int db_snapshot_begin(PGconn *conn, struct db_snapshot *out, char *err, size_t err_size)
{
    PGresult *res;
    int ret = -1;

    if (db_exec_simple(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err, err_size) != 0)
        return -1;
    res = PQexec(conn, "SELECT origin, ledger_id, size, edge FROM head");
    if (PQresultStatus(res) != PGRES_TUPLES_OK) {
        db_error_text(conn, res, err, err_size);
    } else if (PQntuples(res) != 1) {
        snprintf(err, err_size, _("There is no ledger in this database."));
    } else {
        str_copy(out->origin, sizeof(out->origin), PQgetvalue(res, 0, 0));
        str_copy(out->ledger_id, sizeof(out->ledger_id), PQgetvalue(res, 0, 1));
        out->size = column_int(res, 0, 2);
        ret = head_root(PQgetvalue(res, 0, 3), out->size, &out->root);
        if (ret != 0)
            snprintf(err, err_size, _("The head of the log isn't one."));
    }
    PQclear(res);
    return ret;
}

/*
 * Asks for chunk after chunk of rows behind a position, which the rows themselves give: the first
 * columns are the next chunk's parameters.
 */
static int each_chunk(PGconn *conn, const char *sql, int n_keys, const char *const *first,
                      int (*row)(const struct db_export_rows *rows, const PGresult *res, int i),
                      const struct db_export_rows *rows, char *err, size_t err_size)
{
    char *keys[2] = {x_strdup(first[0]), x_strdup(n_keys > 1 ? first[1] : "")};
    int n = 1, ret = 0;

    while (n > 0 && ret == 0) {
        PGresult *res =
            PQexecParams(conn, sql, n_keys, NULL, (const char *const *)keys, NULL, NULL, 0);

        if (PQresultStatus(res) != PGRES_TUPLES_OK) {
            db_error_text(conn, res, err, err_size);
            PQclear(res);
            ret = -1;
            break;
        }
        n = PQntuples(res);
        for (int i = 0; i < n && ret == 0; i++)
            ret = row(rows, res, i);
        if (ret != 0)
            snprintf(err, err_size, _("The log and its head in the database disagree."));
        for (int k = 0; n > 0 && k < n_keys; k++) {
            free(keys[k]);
            keys[k] = x_strdup(PQgetvalue(res, n - 1, k));
        }
        PQclear(res);
    }
    free(keys[0]);
    free(keys[1]);
    return ret;
}

static int record_row(const struct db_export_rows *rows, const PGresult *res, int i)
{
    return rows->record(rows->arg, column_int(res, i, 0), PQgetvalue(res, i, 1),
                        PQgetvalue(res, i, 2));
}

static int text_row(const struct db_export_rows *rows, const PGresult *res, int i)
{
    return rows->text(rows->arg, column_int(res, i, 0), PQgetvalue(res, i, 1),
                      PQgetvalue(res, i, 2), PQgetvalue(res, i, 3));
}

static int pending_row(const struct db_export_rows *rows, const PGresult *res, int i)
{
    return rows->pending(rows->arg, PQgetvalue(res, i, 2));
}

int db_export_all(PGconn *conn, const struct db_export_rows *rows, char *err, size_t err_size)
{
    if (each_chunk(conn,
                   "SELECT idx, header, parts FROM records WHERE idx > $1::bigint"
                   " ORDER BY idx LIMIT " CHUNK,
                   1, (const char *const[]){"-1"}, record_row, rows, err, err_size) != 0)
        return -1;
    if (each_chunk(conn,
                   "SELECT idx, field, encode(salt, 'hex'), body FROM texts"
                   " WHERE (idx, field) > ($1::bigint, $2) ORDER BY idx, field LIMIT " CHUNK,
                   2, (const char *const[]){"-1", ""}, text_row, rows, err, err_size) != 0)
        return -1;
    return each_chunk(conn,
                      "SELECT by, jti, submission FROM pending WHERE (by, jti) > ($1, $2)"
                      " ORDER BY by, jti LIMIT " CHUNK,
                      2, (const char *const[]){"", ""}, pending_row, rows, err, err_size);
}
