/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/coops and /v1/coops/{coop}: public; a co-op's members and lines: its office's. */
#include <stdlib.h>
#include <string.h>

#include "ledgerd/out.h"
#include "ledgerd/recovery_view.h"
#include "ledgerd/req.h"
#include "ledgerd/req_words.h"
#include "ledgerd/scope.h"

/* Kinds of cursors. */
#define COOPS_CURSOR   'c'
#define MEMBERS_CURSOR 'm'
#define LINES_CURSOR   'l'

/* Ends a list that is paged by its items' names: rows has one more than were shown when there is a
 * next page. */
static void end_named(struct request *r, struct buf *b, const PGresult *res, int shown, char kind)
{
    bool more = PQntuples(res) > shown && shown > 0;
    const char *name = more ? col_text(res, shown - 1, 0) : NULL;

    request_list_end(r, b, kind, more ? &name : NULL, 1);
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
    while (words_line(&w, 10)) {
        out_open(b, NULL, '{');
        out_str(b, "unit", w.word[0]);
        words_int(b, "floor", w.word[1]);
        words_int(b, "ceiling", w.word[2]);
        words_int(b, "registrar_floor", w.word[3]);
        words_int(b, "registrar_ceiling", w.word[4]);
        words_int(b, "reversal_days", w.word[5]);
        if (!str_eq(w.word[6], "-")) {
            out_str(b, "clearing", w.word[6]);
        }
        words_levy(b, &w, 7);
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
        recovery_put_list(&b, col_text(res, 0, COOP_RECOVERIES));
    }
    if (r->caller.registered) {
        recovery_put(&b, res, 0, COOP_RECOVERY);
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
        out_bool(&b, "recorded", col_int(res, i, COOP_MEMBERS_RECORDED) != 0);
        out_close(&b, '}');
    }
    end_named(r, &b, res, shown, MEMBERS_CURSOR);
}

/* The list of a co-op that isn't there is as far from an auditor of all as from anybody else. */
static void on_members_coop(struct request *r, const PGresult *res)
{
    struct cursor after;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    if (request_limit(r) && request_cursor_name(r, MEMBERS_CURSOR, &after)) {
        request_read(r, read_coop_members(r->arg[0], after.word[0], r->limit + 1), on_members);
    }
}

void req_coop_members(struct request *r)
{
    request_read(r, read_coop(r->arg[0]), on_members_coop);
}

static void on_lines(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int shown = begin_named(r, &b, res);

    for (int i = 0; i < shown; i++) {
        out_open(&b, NULL, '{');
        out_str(&b, "coop", col_text(res, i, COOP_LINES_COOP));
        out_str(&b, "partner", col_text(res, i, COOP_LINES_PARTNER));
        out_str(&b, "unit", col_text(res, i, COOP_LINES_UNIT));
        out_int(&b, "limit", col_int(res, i, COOP_LINES_LIMIT));
        out_bool(&b, "transit", col_bool(res, i, COOP_LINES_TRANSIT));
        out_int(&b, "index", col_int(res, i, COOP_LINES_RECORD));
        out_close(&b, '}');
    }
    end_named(r, &b, res, shown, LINES_CURSOR);
}

static void on_lines_coop(struct request *r, const PGresult *res)
{
    struct cursor after;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    if (request_limit(r) && request_cursor_name(r, LINES_CURSOR, &after)) {
        request_read(r, read_coop_lines(r->arg[0], after.word[0], r->limit + 1), on_lines);
    }
}

void req_coop_lines(struct request *r)
{
    request_read(r, read_coop(r->arg[0]), on_lines_coop);
}
