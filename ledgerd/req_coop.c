/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/coops and /v1/coops/{coop}: public; a co-op's members, accounts and postings: its
 * office's. */
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "ledgerd/out.h"
#include "ledgerd/record_view.h"
#include "ledgerd/req.h"
#include "ledgerd/req_words.h"
#include "ledgerd/scope.h"

/* Kinds of cursors. */
#define COOPS_CURSOR    'c'
#define MEMBERS_CURSOR  'm'
#define ACCOUNTS_CURSOR 'a'
#define BOOK_CURSOR     'b'

/* Ends a list that is paged by its items' names: rows has one more than were shown when there is a
 * next page. */
static void end_named(struct request *r, struct buf *b, const PGresult *res, int shown, char kind)
{
    out_close(b, ']');
    if (PQntuples(res) > shown && shown > 0) {
        const char *name = col_text(res, shown - 1, 0);

        out_raw(b, "next", "\"", 1);
        cursor_put(b, kind, &name, 1);
        buf_putc(b, '"');
    } else {
        out_null(b, "next");
    }
    out_close(b, '}');
    request_json(r, 200, b);
}

static int begin_named(const struct request *r, struct buf *b, const PGresult *res)
{
    out_open(b, NULL, '{');
    out_open(b, "items", '[');
    return PQntuples(res) > r->limit ? (int)r->limit : PQntuples(res);
}

static void on_coops(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int shown = begin_named(r, &b, res);

    for (int i = 0; i < shown; i++) {
        out_open(&b, NULL, '{');
        out_str(&b, "coop", col_text(res, i, COOPS_COOP));
        out_str(&b, "name", col_text(res, i, COOPS_TITLE));
        out_str(&b, "state", col_text(res, i, COOPS_STATE));
        out_close(&b, '}');
    }
    end_named(r, &b, res, shown, COOPS_CURSOR);
}

void req_coops(struct request *r)
{
    struct cursor after;

    if (request_limit(r) && request_cursor_name(r, COOPS_CURSOR, &after)) {
        request_read(r, read_coops(after.word[0], r->limit + 1), on_coops);
    }
}

static void put_kids(struct buf *b, const char *name, const char *keys, const char *role)
{
    struct words w;

    out_open(b, name, '[');
    words_begin(&w, keys);
    while (words_line(&w, 2)) {
        if (str_eq(w.word[0], role)) {
            out_str(b, NULL, w.word[1]);
        }
    }
    out_close(b, ']');
}

static void put_office(struct buf *b, const PGresult *res)
{
    const char *keys = col_text(res, 0, COOP_KEYS);
    struct words w;

    put_kids(b, "treasurers", keys, "treasurer");
    put_kids(b, "registrars", keys, "registrar");
    put_kids(b, "auditors", keys, "auditor");
    out_int(b, "threshold", col_int(res, 0, COOP_THRESHOLD));
    out_open(b, "policies", '[');
    words_begin(&w, col_text(res, 0, COOP_POLICIES));
    while (words_line(&w, 6)) {
        out_open(b, NULL, '{');
        out_str(b, "unit", w.word[0]);
        words_int(b, "floor", w.word[1]);
        words_int(b, "ceiling", w.word[2]);
        words_int(b, "registrar_floor", w.word[3]);
        words_int(b, "registrar_ceiling", w.word[4]);
        words_int(b, "reversal_days", w.word[5]);
        out_close(b, '}');
    }
    out_close(b, ']');
}

static void on_coop(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    out_open(&b, NULL, '{');
    out_str(&b, "coop", r->arg[0]);
    out_str(&b, "name", col_text(res, 0, COOP_TITLE));
    out_str(&b, "state", col_text(res, 0, COOP_STATE));
    if (scope_sees_coop(&r->caller, r->arg[0])) {
        put_office(&b, res);
    }
    out_close(&b, '}');
    request_json(r, 200, &b);
}

void req_coop(struct request *r)
{
    if (!name_is_coop(r->arg[0])) {
        request_not_found(r);
        return;
    }
    request_read(r, read_coop(r->arg[0]), on_coop);
}

static void on_members(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int shown = begin_named(r, &b, res);

    for (int i = 0; i < shown; i++) {
        out_open(&b, NULL, '{');
        out_str(&b, "member", col_text(res, i, COOP_MEMBERS_MEMBER));
        out_str(&b, "kind", col_text(res, i, COOP_MEMBERS_KIND));
        out_str(&b, "name", col_text_or_null(res, i, COOP_MEMBERS_NAME));
        out_str(&b, "state", col_text(res, i, COOP_MEMBERS_STATE));
        out_close(&b, '}');
    }
    end_named(r, &b, res, shown, MEMBERS_CURSOR);
}

static void on_accounts(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int shown = begin_named(r, &b, res);

    for (int i = 0; i < shown; i++) {
        int64_t balance = col_int(res, i, COOP_ACCOUNTS_BALANCE);
        int64_t floor = col_int(res, i, COOP_ACCOUNTS_FLOOR);

        out_open(&b, NULL, '{');
        out_str(&b, "account", col_text(res, i, COOP_ACCOUNTS_ACCOUNT));
        out_int(&b, "balance", balance);
        out_int(&b, "floor", floor);
        if (col_null(res, i, COOP_ACCOUNTS_CEILING)) {
            out_null(&b, "ceiling");
        } else {
            out_int(&b, "ceiling", col_int(res, i, COOP_ACCOUNTS_CEILING));
        }
        out_int(&b, "available", num_gap(balance, floor));
        out_int(&b, "seq", col_int(res, i, COOP_ACCOUNTS_SEQ));
        out_close(&b, '}');
    }
    end_named(r, &b, res, shown, ACCOUNTS_CURSOR);
}

/* One record of the book: an item for each of its postings here. How many. */
static int64_t put_record(struct buf *b, const struct request *r, const PGresult *res, int row,
                          const struct record_view *v)
{
    char member[ADDRESS_MAX + 1], coop[COOP_MAX + 1];
    struct transfer_view t;
    int64_t items = 0;

    for (size_t i = 0; i < v->n; i++) {
        const struct part *p = &v->parts[i];

        scope_concerned(p, member, coop);
        if (p->kind != PART_POSTING || !str_eq(coop, r->arg[0])) {
            continue;
        }
        transfer_view_of(&t, &v->act, member, col_bool(res, row, COOP_POSTINGS_PURSE));
        out_open(b, NULL, '{');
        out_int(b, "index", v->header.index);
        out_time(b, "time", v->header.ms);
        out_str(b, "account", p->name);
        out_int(b, "amount", p->amount);
        out_int(b, "balance", p->balance);
        out_int(b, "seq", p->seq);
        transfer_view_put(b, &t, col_text_or_null(res, row, COOP_POSTINGS_MEMO));
        out_close(b, '}');
        items++;
    }
    return items;
}

/*
 * A page is made of whole records, at most `limit` items unless a single record has more; it may be
 * shorter, even empty, where records of other kinds stand between.
 */
static void on_book(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int64_t items = 0;
    int row = 0;

    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (; row < PQntuples(res) && row < r->limit; row++) {
        size_t before = b.len;
        struct record_view *v =
            record_view_new(col_text(res, row, COOP_POSTINGS_HEADER),
                            col_text(res, row, COOP_POSTINGS_PARTS), NULL, NULL);
        if (v == NULL) {
            buf_free(&b);
            request_read_failed(r, READ_BROKEN);
            return;
        }
        int64_t more = put_record(&b, r, res, row, v);
        record_view_free(v);
        if (items > 0 && items + more > r->limit) {
            b.len = before; /* the next page's */
            b.data[b.len] = '\0';
            break;
        }
        items += more;
    }
    out_close(&b, ']');
    if (row < PQntuples(res)) {
        out_raw(&b, "next", "\"", 1);
        cursor_put_int(&b, BOOK_CURSOR, col_int(res, row - 1, COOP_POSTINGS_SEQ));
        buf_putc(&b, '"');
    } else {
        out_null(&b, "next");
    }
    out_close(&b, '}');
    request_json(r, 200, &b);
}

/* The lists of a co-op that isn't there are as far from an auditor of all as from anybody else. */
static void on_coop_there(struct request *r, const PGresult *res)
{
    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    r->go(r);
}

static void when_there(struct request *r, request_go *go)
{
    r->go = go;
    request_read(r, read_coop(r->arg[0]), on_coop_there);
}

static void go_members(struct request *r)
{
    struct cursor after;

    if (request_limit(r) && request_cursor_name(r, MEMBERS_CURSOR, &after)) {
        request_read(r, read_coop_members(r->arg[0], after.word[0], r->limit + 1), on_members);
    }
}

static void go_accounts(struct request *r)
{
    struct cursor after;

    if (request_limit(r) && request_cursor_name(r, ACCOUNTS_CURSOR, &after)) {
        request_read(r, read_coop_accounts(r->arg[0], after.word[0], r->limit + 1), on_accounts);
    }
}

static void go_book(struct request *r)
{
    int64_t before = INT64_MAX;

    if (request_limit(r) && request_cursor_int(r, BOOK_CURSOR, &before)) {
        request_read(r, read_coop_postings(r->arg[0], before, r->limit + 1), on_book);
    }
}

void req_coop_members(struct request *r)
{
    when_there(r, go_members);
}

void req_coop_accounts(struct request *r)
{
    when_there(r, go_accounts);
}

void req_coop_postings(struct request *r)
{
    when_there(r, go_book);
}
