/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/members/{member}: anyone with a key may know a member; itself and its office see more. */
#include <string.h>

#include "core/num.h"
#include "ledgerd/out.h"
#include "ledgerd/recovery_view.h"
#include "ledgerd/req.h"
#include "ledgerd/req_words.h"
#include "ledgerd/scope.h"

static void put_details(struct buf *b, const PGresult *res)
{
    struct words w;

    out_bool(b, "allowed", col_bool(res, 0, MEMBER_ALLOWED));
    out_int(b, "threshold", col_int(res, 0, MEMBER_THRESHOLD));
    out_open(b, "roles", '['); /* a member's keys are all of one */
    words_begin(&w, col_text(res, 0, MEMBER_KEYS));
    if (words_line(&w, 2)) {
        out_str(b, NULL, w.word[0]);
    }
    out_close(b, ']');
    out_open(b, "keys", '[');
    words_begin(&w, col_text(res, 0, MEMBER_KEYS));
    while (words_line(&w, 2)) {
        out_open(b, NULL, '{');
        out_str(b, "kid", w.word[1]);
        out_str(b, "role", w.word[0]);
        out_close(b, '}');
    }
    out_close(b, ']');
    out_open(b, "limits", '[');
    words_begin(&w, col_text(res, 0, MEMBER_LIMITS));
    while (words_line(&w, 7)) {
        out_open(b, NULL, '{');
        out_str(b, "unit", w.word[0]);
        words_int(b, "floor", w.word[1]);
        words_int(b, "ceiling", w.word[2]);
        out_bool(b, "own", str_eq(w.word[3], "t"));
        words_levy(b, &w, 4);
        out_close(b, '}');
    }
    out_close(b, ']');
}

/* Those whose tokens scope_sees_member takes: kept beside it in meaning. */
static void put_readers(struct buf *b, const PGresult *res, const char *member)
{
    struct words w;

    out_open(b, "readers", '[');
    words_begin(&w, col_text(res, 0, MEMBER_READERS));
    while (words_line(&w, 3)) {
        struct caller reader = {.known = true, .registered = true};

        str_copy(reader.holder, sizeof(reader.holder), w.word[0]);
        if (role_parse(w.word[1], &reader.role) != 0) {
            continue;
        }
        caller_scope(&reader);
        if (!scope_sees_member(&reader, member)) {
            continue;
        }
        out_open(b, NULL, '{');
        out_str(b, "holder", w.word[0]);
        out_str(b, "role", w.word[1]);
        out_str(b, "kid", w.word[2]);
        out_close(b, '}');
    }
    out_close(b, ']');
}

static void on_member(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    out_open(&b, NULL, '{');
    out_str(&b, "member", r->arg[0]);
    out_str(&b, "kind", col_text(res, 0, MEMBER_KIND));
    out_str(&b, "name", col_text_or_null(res, 0, MEMBER_NAME));
    out_str(&b, "state", col_text(res, 0, MEMBER_STATE));
    if (scope_sees_member(&r->caller, r->arg[0])) {
        put_details(&b, res);
        put_readers(&b, res, r->arg[0]);
        recovery_put(&b, res, 0, MEMBER_RECOVERY);
    }
    out_close(&b, '}');
    request_json(r, 200, &b);
}

void req_member(struct request *r)
{
    if (!name_is_address(r->arg[0])) {
        request_not_found(r);
        return;
    }
    request_read(r, read_member(r->arg[0]), on_member);
}
