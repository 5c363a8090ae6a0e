/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The recorded snapshots and their stored nodes. Their leaves: db_snapshot_leaves.c. */
#include "ledgerd/db_snapshot.h"

#include <stdio.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/db_ask.h"
#include "ledgerd/db_read.h"

static const char disagree[] = N_("The log and its tables in the database disagree.");

/* ---- Groups ---- */

static void read_group(struct snapshot_group *out, const PGresult *res, int row)
{
    memset(out, 0, sizeof(*out));
    out->there = !col_null(res, row, 0);
    if (!out->there)
        return;
    out->n = (uint64_t)col_int(res, row, 0);
    out->kind = (enum leaf_kind)col_int(res, row, 1);
    str_copy(out->name, sizeof(out->name), col_text(res, row, 2));
    out->last = col_null(res, row, 3);
    if (!out->last) {
        out->next_kind = (enum leaf_kind)col_int(res, row, 3);
        str_copy(out->next_name, sizeof(out->next_name), col_text(res, row, 4));
    }
}

int db_snapshot_find(PGconn *conn, int64_t size, const struct snapshot_want *wants, size_t n,
                     struct snapshot_group *groups, char *err, size_t err_size)
{
    struct pgarray kinds, names;
    struct db_ask ask = {0};
    PGresult *res;

    pgarray_init(&kinds, PGARRAY_INT2);
    pgarray_init(&names, PGARRAY_TEXT);
    for (size_t i = 0; i < n; i++) {
        pgarray_int(&kinds, wants[i].kind);
        pgarray_text(&names, wants[i].name);
    }
    db_ask_int(&ask, size);
    db_ask_array(&ask, &kinds);
    db_ask_array(&ask, &names);
    res = db_ask_run(conn,
                     "SELECT v.n, v.kind, v.name, x.kind, x.name"
                     " FROM unnest($2::smallint[], $3::text[]) WITH ORDINALITY q(kind, name, o)"
                     " LEFT JOIN LATERAL (SELECT n, kind, name FROM snapshot_nodes"
                     "  WHERE level = 1 AND size = $1::bigint"
                     "  AND (kind, name) <= (q.kind, q.name)"
                     "  ORDER BY size DESC, kind DESC, name DESC LIMIT 1) v ON true"
                     " LEFT JOIN snapshot_nodes x ON x.size = $1::bigint AND x.level = 1"
                     "  AND x.n = v.n + 1 ORDER BY q.o",
                     &ask, err, err_size);
    pgarray_free(&kinds);
    pgarray_free(&names);
    for (size_t i = 0; res && i < n; i++)
        read_group(&groups[i], res, (int)i);
    PQclear(res);
    return res ? 0 : -1;
}

/* ---- Nodes ---- */

int db_snapshot_put(PGconn *conn, int64_t size, const struct snapshot_node *nodes, size_t n,
                    char *err, size_t err_size)
{
    struct pgarray level, number, hash, kind, name;
    struct db_ask ask = {0};
    PGresult *res;

    pgarray_init(&level, PGARRAY_INT2);
    pgarray_init(&number, PGARRAY_INT8);
    pgarray_init(&hash, PGARRAY_BYTEA);
    pgarray_init(&kind, PGARRAY_INT2);
    pgarray_init(&name, PGARRAY_TEXT);
    for (size_t i = 0; i < n; i++) {
        pgarray_int(&level, nodes[i].level);
        pgarray_int(&number, (int64_t)nodes[i].n);
        if (nodes[i].whole)
            pgarray_bytes(&hash, nodes[i].hash.b, HASH_LEN);
        else
            pgarray_null(&hash);
        if (nodes[i].level == 1) {
            pgarray_int(&kind, nodes[i].kind);
            pgarray_text(&name, nodes[i].name);
        } else {
            pgarray_null(&kind);
            pgarray_null(&name);
        }
    }
    db_ask_int(&ask, size);
    db_ask_array(&ask, &level);
    db_ask_array(&ask, &number);
    db_ask_array(&ask, &hash);
    db_ask_array(&ask, &kind);
    db_ask_array(&ask, &name);
    res = db_ask_run(conn,
                     "INSERT INTO snapshot_nodes (size, level, n, hash, kind, name)"
                     " SELECT $1::bigint, unnest($2::smallint[]), unnest($3::bigint[]),"
                     " unnest($4::bytea[]), unnest($5::smallint[]), unnest($6::text[])",
                     &ask, err, err_size);
    PQclear(res);
    pgarray_free(&level);
    pgarray_free(&number);
    pgarray_free(&hash);
    pgarray_free(&kind);
    pgarray_free(&name);
    return res ? 0 : -1;
}

int db_snapshot_get(PGconn *conn, int64_t size, struct snapshot_node *nodes, size_t n, char *err,
                    size_t err_size)
{
    struct pgarray level, number;
    struct db_ask ask = {0};
    PGresult *res;
    int rc = 0;

    pgarray_init(&level, PGARRAY_INT2);
    pgarray_init(&number, PGARRAY_INT8);
    for (size_t i = 0; i < n; i++) {
        pgarray_int(&level, nodes[i].level);
        pgarray_int(&number, (int64_t)nodes[i].n);
    }
    db_ask_int(&ask, size);
    db_ask_array(&ask, &level);
    db_ask_array(&ask, &number);
    res = db_ask_run(conn,
                     "SELECT s.hash FROM unnest($2::smallint[], $3::bigint[])"
                     " WITH ORDINALITY q(level, n, o) JOIN snapshot_nodes s"
                     " ON s.size = $1::bigint AND s.level = q.level AND s.n = q.n ORDER BY q.o",
                     &ask, err, err_size);
    pgarray_free(&level);
    pgarray_free(&number);
    if (!res)
        return -1;
    for (size_t i = 0; i < n && rc == 0; i++)
        if ((size_t)PQntuples(res) != n || !col_bytes(res, (int)i, 0, nodes[i].hash.b, HASH_LEN)) {
            snprintf(err, err_size, "%s", _(disagree));
            rc = -1;
        }
    PQclear(res);
    return rc;
}

/* ---- Snapshots ---- */

#define SNAPSHOT_ROW "SELECT s.seq, s.record, s.size, s.count, s.root FROM snapshots s"
#define HAS_NODES \
    "EXISTS (SELECT FROM snapshot_nodes n WHERE n.size = s.size AND n.level = 1 AND n.n = 0)"
#define MONTH(t) "DATE_TRUNC('month', DATE '1970-01-01' + " t ".day::int)"
/* Is the snapshot s one of those whose nodes are kept: of the last so many days, or a month's last?
 */
#define KEPT(days)                                                                                 \
    "(s.day > (SELECT day FROM snapshots ORDER BY seq DESC LIMIT 1) - " days                       \
    " OR NOT EXISTS (SELECT FROM snapshots x WHERE x.seq = s.seq + 1 AND " MONTH("x") " = " MONTH( \
        "s") "))"

static int read_row(struct snapshot_row *out, const PGresult *res, int i, char *err,
                    size_t err_size)
{
    out->seq = col_int(res, i, 0);
    out->record = col_int(res, i, 1);
    out->size = col_int(res, i, 2);
    out->count = col_int(res, i, 3);
    if (col_bytes(res, i, 4, out->root.b, HASH_LEN))
        return 0;
    snprintf(err, err_size, "%s", _(disagree));
    return -1;
}

static int take_row(struct snapshot_row *out, PGresult *res, char *err, size_t err_size)
{
    int rc = res ? 0 : -1;

    memset(out, 0, sizeof(*out));
    if (res && PQntuples(res) == 1)
        rc = read_row(out, res, 0, err, err_size);
    PQclear(res);
    return rc;
}

int db_snapshot_bare(PGconn *conn, int64_t days, struct snapshot_row *out, size_t max, size_t *n,
                     char *err, size_t err_size)
{
    struct db_ask ask = {0};
    PGresult *res;
    int rc = 0;

    db_ask_int(&ask, days);
    db_ask_int(&ask, (int64_t)max);
    res =
        db_ask_run(conn,
                   SNAPSHOT_ROW " WHERE NOT " HAS_NODES
                                " AND " KEPT("$1::bigint") " ORDER BY s.seq DESC LIMIT $2::bigint",
                   &ask, err, err_size);
    *n = 0;
    for (int i = 0; res && rc == 0 && i < PQntuples(res); i++)
        rc = read_row(&out[(*n)++], res, i, err, err_size);
    PQclear(res);
    return res ? rc : -1;
}

int db_snapshot_prune(PGconn *conn, int64_t days, bool *any, char *err, size_t err_size)
{
    struct db_ask ask = {0};
    PGresult *res;

    db_ask_int(&ask, days);
    res = db_ask_run(conn,
                     "WITH gone AS (DELETE FROM snapshot_nodes WHERE size = (SELECT s.size"
                     " FROM snapshots s WHERE " HAS_NODES
                     " AND NOT " KEPT("$1::bigint") " ORDER BY s.seq LIMIT 1) RETURNING 1)"
                                                    " SELECT count(*) FROM gone",
                     &ask, err, err_size);
    *any = res && col_int(res, 0, 0) > 0;
    PQclear(res);
    return res ? 0 : -1;
}

int db_snapshot_for(PGconn *conn, int64_t days, int64_t covers, int64_t below,
                    struct snapshot_row *out, char *err, size_t err_size)
{
    struct db_ask ask = {0};

    db_ask_int(&ask, covers);
    db_ask_int(&ask, below);
    db_ask_int(&ask, days);
    return take_row(out,
                    db_ask_run(conn,
                               "SELECT s.seq, s.record, s.size, s.count, s.root FROM ("
                               " (SELECT 0 AS o, s.* FROM snapshots s WHERE s.size >= $1::bigint"
                               "   AND s.record < $2::bigint AND " KEPT(
                                   "$3::bigint") " ORDER BY s.seq LIMIT 1)"
                                                 " UNION ALL (SELECT 1 AS o, s.* FROM snapshots s"
                                                 "   WHERE s.record < $2::bigint AND " KEPT(
                                                     "$3::bigint") " ORDER BY s.seq DESC LIMIT 1)"
                                                                   ") s ORDER BY s.o LIMIT 1",
                               &ask, err, err_size),
                    err, err_size);
}

int db_snapshot_of(PGconn *conn, int64_t days, int64_t size, int64_t below,
                   struct snapshot_row *out, char *err, size_t err_size)
{
    struct db_ask ask = {0};

    db_ask_int(&ask, size);
    db_ask_int(&ask, below);
    db_ask_int(&ask, days);
    return take_row(out,
                    db_ask_run(conn,
                               SNAPSHOT_ROW
                               " WHERE s.size = $1::bigint AND s.record < $2::bigint AND " KEPT(
                                   "$3::bigint") " ORDER BY s.seq LIMIT 1",
                               &ask, err, err_size),
                    err, err_size);
}
