/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/strmap.h"
#include "lang/lang.h"
#include "ledgerd/db_ask.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/db_read.h"
#include "ledgerd/db_sql.h"

#define PAGE 1000   /* leaves at once */
#define END  "\x7f" /* behind every name */

static const char disagree[] = N_("The log and its tables in the database disagree.");

/* ---- Leaves ---- */

/*
 * For each of some ranges of names, [first, stop), its first leaves of one kind as they were when
 * the log had $3 records: range, name, balance, seq, record. What was posted since then is stepped
 * over, in few steps, however much it is.
 */
static const char *const leaf_sql[LEAF_KINDS] = {
    [LEAF_ACCOUNT] =
        "SELECT q.o, a.account, e.balance, e.seq, e.idx"
        " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY q(first, stop, o)"
        " CROSS JOIN LATERAL (SELECT v.account, v.number, v.seq_then FROM (SELECT account, number,"
        "  CASE WHEN record < $3::bigint THEN seq ELSE " ENTRIES_BELOW(
            "legs", "number = accounts.number", "accounts.seq",
            "$3::bigint") " END AS seq_then FROM accounts"
                          "  WHERE account >= q.first AND account < q.stop AND seq > 0"
                          "  ORDER BY account OFFSET 0) v WHERE v.seq_then > 0 LIMIT $4::bigint) a"
                          " JOIN legs e ON e.number = a.number AND e.seq = a.seq_then"
                          " ORDER BY q.o, a.account COLLATE \"C\"",
    /* clang-format off */
    [LEAF_BOOK] =
        "SELECT q.o, b.book, 0, b.seq_then, " BOOK_ENTRY("b.book", "b.seq_then")
        " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY q(first, stop, o)"
        " CROSS JOIN LATERAL (SELECT v.book, v.seq_then FROM (SELECT book,"
        "  CASE WHEN record < $3::bigint THEN seq ELSE "
        BOOK_ENTRIES_BELOW("books.book", "books.seq", "$3::bigint") " END AS seq_then FROM books"
        "  WHERE book >= q.first AND book < q.stop ORDER BY book OFFSET 0) v"
        "  WHERE v.seq_then > 0 LIMIT $4::bigint) b"
        " ORDER BY q.o, b.book COLLATE \"C\"",
    /* clang-format on */
    /* From subject to subject by their first changes, which stand in the index in order. */
    [LEAF_SUBJECT] = "SELECT q.o, c.subject, 0, e.seq, e.idx"
                     " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY q(first, stop, o)"
                     " CROSS JOIN LATERAL (SELECT subject FROM changes"
                     "  WHERE subject >= q.first AND subject < q.stop AND seq = 1"
                     "  AND idx < $3::bigint ORDER BY subject LIMIT $4::bigint) c"
                     " CROSS JOIN LATERAL (SELECT seq, idx FROM changes"
                     "  WHERE subject = c.subject AND idx < $3::bigint"
                     "  ORDER BY subject DESC, seq DESC LIMIT 1) e"
                     " ORDER BY q.o, c.subject COLLATE \"C\"",
};

/*
 * The parts of the records that the leaves' last entries are in: a row for each record, by index.
 * A round of clearing is the last entry of many thousand accounts, and has a part for each.
 */
static PGresult *fetch_parts(PGconn *conn, const PGresult *leaves, char *err, size_t err_size)
{
    struct db_ask ask = {0};
    struct pgarray indexes;
    PGresult *res;

    pgarray_init(&indexes, PGARRAY_INT8);
    for (int i = 0; i < PQntuples(leaves); i++)
        pgarray_int(&indexes, col_int(leaves, i, 4));
    db_ask_array(&ask, &indexes);
    res = db_ask_run(conn,
                     "SELECT r.parts, r.idx FROM (SELECT DISTINCT idx FROM unnest($1::bigint[])"
                     " u(idx)) q JOIN records r ON r.idx = q.idx ORDER BY r.idx",
                     &ask, err, err_size);
    pgarray_free(&indexes);
    return res;
}

#define MANY_BYTES 2048 /* of parts, from which on where each name stands is written down once */

/* Parts of a page's leaves. */
struct page_parts {
    PGresult *res;
    struct strmap **places; /* of each row: where the part of each name begins; NULL: not yet */
};

static void page_parts_free(struct page_parts *p)
{
    for (int i = 0; p->places && i < PQntuples(p->res); i++)
        strmap_free(p->places[i]);
    free(p->places);
    PQclear(p->res);
}

/* The row of that record, or -1. */
static int find_row(const PGresult *res, int64_t index)
{
    int low = 0, high = PQntuples(res);

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (col_int(res, middle, 1) < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < PQntuples(res) && col_int(res, low, 1) == index ? low : -1;
}

static struct strmap *note_places(enum leaf_kind kind, const char *parts, size_t len)
{
    struct strmap *places = strmap_new();
    char name[LEAF_NAME_MAX + 1];

    for (size_t at = 0; at < len;) {
        const char *stop = memchr(parts + at, '\n', len - at);
        size_t n = stop ? (size_t)(stop - parts) - at : len - at;

        if (leaf_part_name(name, kind, parts + at, n))
            *strmap_put(places, name) = (int64_t)at;
        at += n + 1;
    }
    return places;
}

static int read_leaf(struct leaf *l, enum leaf_kind kind, const PGresult *res,
                     struct page_parts *parts, int i)
{
    const int64_t *place;
    const char *text;
    size_t len;
    int row;

    memset(l, 0, sizeof(*l));
    l->kind = kind;
    str_copy(l->name, sizeof(l->name), col_text(res, i, 1));
    l->balance = col_int(res, i, 2);
    l->seq = col_int(res, i, 3);
    l->index = col_int(res, i, 4);
    row = find_row(parts->res, l->index);
    if (row < 0)
        return -1;
    text = col_text(parts->res, row, 0);
    len = col_len(parts->res, row, 0);
    if (len < MANY_BYTES)
        return leaf_take_salt(l, text, len);
    if (!parts->places[row])
        parts->places[row] = note_places(kind, text, len);
    place = strmap_get(parts->places[row], l->name);
    return place ? leaf_take_salt(l, text + *place, strcspn(text + *place, "\n")) : -1;
}

/* Leaves of one kind in ranges: fn is called with the range's place. Their number, or -1. */
static int fetch(PGconn *conn, enum leaf_kind kind, struct pgarray *firsts, struct pgarray *stops,
                 int64_t size, int64_t limit,
                 void (*fn)(void *arg, size_t range, const struct leaf *l), void *arg, char *err,
                 size_t err_size)
{
    struct db_ask ask = {0};
    struct page_parts parts = {0};
    PGresult *res;
    struct leaf l;
    int n = -1;

    db_ask_array(&ask, firsts);
    db_ask_array(&ask, stops);
    db_ask_int(&ask, size);
    db_ask_int(&ask, limit);
    res = db_ask_run(conn, leaf_sql[kind], &ask, err, err_size);
    if (!res)
        return -1;
    if (PQntuples(res) > 0) {
        parts.res = fetch_parts(conn, res, err, err_size);
        if (!parts.res)
            goto out;
        parts.places = x_calloc((size_t)PQntuples(parts.res) + 1, sizeof(struct strmap *));
    }
    for (int i = 0; i < PQntuples(res); i++) {
        if (read_leaf(&l, kind, res, &parts, i) != 0) {
            snprintf(err, err_size, "%s", _(disagree));
            goto out;
        }
        fn(arg, (size_t)col_int(res, i, 0) - 1, &l);
    }
    n = PQntuples(res);
out:
    page_parts_free(&parts);
    PQclear(res);
    return n;
}

/* One page of all leaves on its way: as they were at the largest size, then at smaller ones. */
struct paging {
    PGconn *conn;
    enum leaf_kind kind;
    const int64_t *sizes;
    size_t n_sizes;
    char after[LEAF_NAME_MAX + 2]; /* the next page begins behind it */
    size_t n;
    struct leaf *leaves; /* PAGE; seq 0: not there yet at that size */
    size_t *asked;       /* those that are asked for again */
    char *err;
    size_t err_size;
};

/* A name's own range ends here: no name has so low a character in it. */
static void behind(char out[LEAF_NAME_MAX + 2], const char *name)
{
    (void)snprintf(out, LEAF_NAME_MAX + 2, "%s\x01", name);
}

static void on_page_leaf(void *arg, size_t range, const struct leaf *l)
{
    struct paging *p = arg;

    (void)range;
    p->leaves[p->n++] = *l;
}

static int page(struct paging *p)
{
    struct pgarray first, stop;
    int n;

    pgarray_init(&first, PGARRAY_TEXT);
    pgarray_init(&stop, PGARRAY_TEXT);
    pgarray_text(&first, p->after);
    pgarray_text(&stop, END);
    p->n = 0;
    n = fetch(p->conn, p->kind, &first, &stop, p->sizes[0], PAGE, on_page_leaf, p, p->err,
              p->err_size);
    if (n > 0)
        behind(p->after, p->leaves[n - 1].name);
    pgarray_free(&first);
    pgarray_free(&stop);
    return n;
}

static void on_older_leaf(void *arg, size_t range, const struct leaf *l)
{
    struct paging *p = arg;

    p->leaves[p->asked[range]] = *l;
}

/* Turns the page into what it was at a smaller size: only what got an entry since is another leaf,
 * or none. */
static int older(struct paging *p, int64_t size)
{
    char end[LEAF_NAME_MAX + 2];
    struct pgarray first, stop;
    size_t n = 0;
    int rc = 0;

    pgarray_init(&first, PGARRAY_TEXT);
    pgarray_init(&stop, PGARRAY_TEXT);
    for (size_t i = 0; i < p->n; i++) {
        if (p->leaves[i].seq == 0 || p->leaves[i].index < size)
            continue;
        pgarray_text(&first, p->leaves[i].name);
        behind(end, p->leaves[i].name);
        pgarray_text(&stop, end);
        p->leaves[i].seq = 0;
        p->asked[n++] = i;
    }
    if (n > 0)
        rc = fetch(p->conn, p->kind, &first, &stop, size, 1, on_older_leaf, p, p->err, p->err_size);
    pgarray_free(&first);
    pgarray_free(&stop);
    return rc < 0 ? -1 : 0;
}

/* All pages of one kind. */
static int pages(struct paging *p, void (*fn)(void *arg, size_t k, const struct leaf *l), void *arg,
                 const atomic_bool *stop)
{
    int n;

    p->after[0] = '\0';
    do {
        n = page(p);
        for (size_t k = 0; n > 0 && k < p->n_sizes; k++) {
            if (k > 0 && older(p, p->sizes[k]) != 0)
                return -1;
            for (size_t i = 0; i < p->n; i++)
                if (p->leaves[i].seq > 0)
                    fn(arg, k, &p->leaves[i]);
        }
        if (n >= 0 && atomic_load(stop)) {
            snprintf(p->err, p->err_size, _("ledgerd is being stopped."));
            return -1;
        }
    } while (n == PAGE);
    return n < 0 ? -1 : 0;
}

int db_snapshot_leaves(PGconn *conn, const int64_t *sizes, size_t n,
                       void (*fn)(void *arg, size_t k, const struct leaf *l), void *arg,
                       const atomic_bool *stop, char *err, size_t err_size)
{
    struct paging p = {
        .conn = conn, .sizes = sizes, .n_sizes = n, .err = err, .err_size = err_size};
    int rc = 0;

    p.leaves = x_calloc(PAGE, sizeof(*p.leaves));
    p.asked = x_calloc(PAGE, sizeof(*p.asked));
    for (int kind = 0; kind < LEAF_KINDS && rc == 0; kind++) {
        p.kind = (enum leaf_kind)kind;
        rc = pages(&p, fn, arg, stop);
    }
    free(p.leaves);
    free(p.asked);
    return rc;
}

/* ---- Groups ---- */

static void on_group_leaf(void *arg, size_t range, const struct leaf *l)
{
    struct snapshot_group **groups = arg, *g = groups[range];

    if (g->n_leaves < SNAPSHOT_WIDTH)
        g->leaves[g->n_leaves++] = *l;
}

int db_snapshot_fill(PGconn *conn, int64_t size, struct snapshot_group *groups, size_t n, char *err,
                     size_t err_size)
{
    struct snapshot_group **of = x_calloc(n + 1, sizeof(struct snapshot_group *));
    struct pgarray firsts, stops;
    int rc = 0;

    for (int k = 0; k < LEAF_KINDS && rc >= 0; k++) {
        enum leaf_kind kind = (enum leaf_kind)k;
        size_t ranges = 0;

        pgarray_init(&firsts, PGARRAY_TEXT);
        pgarray_init(&stops, PGARRAY_TEXT);
        for (size_t i = 0; i < n; i++) {
            struct snapshot_group *g = &groups[i];

            if (kind < g->kind || (!g->last && kind > g->next_kind))
                continue;
            pgarray_text(&firsts, kind == g->kind ? g->name : "");
            pgarray_text(&stops, !g->last && kind == g->next_kind ? g->next_name : END);
            of[ranges++] = g;
        }
        if (ranges > 0)
            rc = fetch(conn, kind, &firsts, &stops, size, SNAPSHOT_WIDTH, on_group_leaf, of, err,
                       err_size);
        pgarray_free(&firsts);
        pgarray_free(&stops);
    }
    free(of);
    return rc < 0 ? -1 : 0;
}

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
