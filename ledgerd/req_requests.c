/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/requests: what the caller was asked for and asks for; for an office, its members'. */
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "ledgerd/out.h"
#include "ledgerd/record_view.h"
#include "ledgerd/req.h"
#include "ledgerd/scope.h"

#define CURSOR_KIND 'q'

static void put_terms(struct buf *b, const struct act_transfer *t, const char *memo)
{
    char date[DATE_LEN + 1];

    out_str(b, "from", t->from);
    out_str(b, "to", t->to);
    out_str(b, "unit", t->unit);
    out_int(b, "amount", t->amount);
    out_str(b, "memo", memo);
    out_str(b, "category", t->category[0] != '\0' ? t->category : NULL);
    if (t->has_value_date) {
        date_text(date, t->value_date);
        out_str(b, "value_date", date);
    } else {
        out_null(b, "value_date");
    }
    date_text(date, t->expires);
    out_str(b, "expires", date);
}

static int put_request(struct buf *b, const PGresult *res, int row)
{
    struct record_view *v = record_view_new(col_text(res, row, REQUESTS_HEADER),
                                            col_text(res, row, REQUESTS_ACT), NULL, NULL, NULL);
    struct hash hash;

    if (v == NULL) {
        return -1;
    }
    if (v->act.type != ACT_REQUEST ||
        !col_bytes(res, row, REQUESTS_PAYLOAD_HASH, hash.b, HASH_LEN)) {
        record_view_free(v);
        return -1;
    }
    out_open(b, NULL, '{');
    out_int(b, "index", v->header.index);
    out_time(b, "time", v->header.ms);
    out_str(b, "state", col_text(res, row, REQUESTS_STATE));
    put_terms(b, &v->act.u.transfer, col_text_or_null(res, row, REQUESTS_MEMO));
    out_b64u(b, "act", hash.b, HASH_LEN);
    if (col_null(res, row, REQUESTS_ANSWER)) {
        out_null(b, "answer");
    } else {
        out_int(b, "answer", col_int(res, row, REQUESTS_ANSWER));
    }
    out_close(b, '}');
    record_view_free(v);
    return 0;
}

static void on_requests(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int rows = PQntuples(res), shown = rows > r->limit ? (int)r->limit : rows;

    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (int i = 0; i < shown; i++) {
        if (put_request(&b, res, i) != 0) {
            buf_free(&b);
            request_read_failed(r, READ_BROKEN);
            return;
        }
    }
    request_list_end_int(r, &b, CURSOR_KIND,
                         rows > shown ? col_int(res, shown - 1, REQUESTS_IDX) : -1);
}

void req_requests(struct request *r)
{
    const struct caller *c = &r->caller;
    char *state = request_param(r, "state");
    int64_t before = INT64_MAX;

    if (state != NULL && !str_eq(state, "open") && !str_eq(state, "closed") &&
        !str_eq(state, "paid")) {
        request_malformed(r, "state must be open, closed or paid");
    } else if (request_limit(r) && request_cursor_int(r, CURSOR_KIND, &before)) {
        bool all = c->role == ROLE_AUDITOR && str_eq(c->holder, "*");
        bool office = c->coop[0] != '\0'; /* stewards have neither: their list is empty */

        request_read(r,
                     read_requests(all      ? READ_ALL_REQUESTS
                                   : office ? READ_COOP_REQUESTS
                                            : READ_REQUESTS,
                                   all      ? NULL
                                   : office ? c->coop
                                            : c->holder,
                                   state, before, r->limit + 1),
                     on_requests);
    }
    free(state);
}
