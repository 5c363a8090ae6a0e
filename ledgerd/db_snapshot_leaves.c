/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The leaves of snapshots, made again from the other tables as they were at a size of the log: all
 * of them page by page, or those of some groups. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/strmap.h"
#include "lang/lang.h"
#include "ledgerd/db_ask.h"
#include "ledgerd/db_read.h"
#include "ledgerd/db_snapshot.h"
#include "ledgerd/db_sql.h"

#define PAGE 1000   /* leaves at once */
#define END  "\x7f" /* behind every name */

/* ---- Ranges ---- */

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
            snprintf(err, err_size, "%s", _("The log and its tables in the database disagree."));
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
