/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/accounts/{member}/{unit} and its postings: for the member, its office and auditors. */
#include <stdlib.h>

#include "core/num.h"
#include "ledgerd/out.h"
#include "ledgerd/record_view.h"
#include "ledgerd/scope.h"
#include "ledgerd/req.h"

#define CURSOR_KIND 'p'

static void on_account(struct request *r, const PGresult *res)
{
    char account[ACCOUNT_MAX + 1];
    struct buf b = BUF_INIT;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    int64_t balance = col_int(res, 0, ACCOUNT_BALANCE), floor = col_int(res, 0, ACCOUNT_FLOOR);
    name_account(account, r->arg[0], r->arg[1]);
    out_open(&b, NULL, '{');
    out_str(&b, "account", account);
    out_int(&b, "balance", balance);
    out_int(&b, "floor", floor);
    if (col_null(res, 0, ACCOUNT_CEILING)) {
        out_null(&b, "ceiling");
    } else {
        out_int(&b, "ceiling", col_int(res, 0, ACCOUNT_CEILING));
    }
    out_int(&b, "available", num_gap(balance, floor));
    out_int(&b, "seq", col_int(res, 0, ACCOUNT_SEQ));
    out_close(&b, '}');
    request_json(r, 200, &b);
}

void req_account(struct request *r)
{
    if (!name_is_unit(r->arg[1])) {
        request_not_found(r);
        return;
    }
    request_read(r, read_account(r->arg[0], r->arg[1]), on_account);
}

/* How much of what a payer paid was a levy. */
static void put_levy(struct buf *b, const struct act *act, const char *member, int64_t amount)
{
    const struct act_transfer *t = &act->u.transfer;

    if (act->type == ACT_TRANSFER && str_eq(t->from, member) && -amount > t->amount) {
        out_int(b, "levy", -amount - t->amount);
    }
}

static int put_posting(struct buf *b, const struct request *r, const PGresult *res, int row)
{
    struct transfer_view t;
    struct record_view *v = record_view_new(col_text(res, row, POSTINGS_HEADER),
                                            col_text(res, row, POSTINGS_ACT), NULL, NULL, NULL);

    const char *coop = scope_audits_all(&r->caller) ? NULL : name_coop_start(r->arg[0]);

    if (v == NULL) {
        return -1;
    }
    if (transfer_view_of(&t, &v->act, r->arg[0], coop, res, row, POSTINGS_TRANSFER) != 0) {
        record_view_free(v);
        return -1;
    }
    out_open(b, NULL, '{');
    out_int(b, "index", col_int(res, row, POSTINGS_IDX));
    out_time(b, "time", v->header.ms);
    out_int(b, "amount", col_int(res, row, POSTINGS_AMOUNT));
    out_int(b, "balance", col_int(res, row, POSTINGS_BALANCE));
    out_int(b, "seq", col_int(res, row, POSTINGS_SEQ));
    transfer_view_put(b, &t, col_text_or_null(res, row, POSTINGS_MEMO));
    put_levy(b, &v->act, r->arg[0], col_int(res, row, POSTINGS_AMOUNT));
    out_close(b, '}');
    record_view_free(v);
    return 0;
}

static void on_postings(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int rows = PQntuples(res), shown = rows;

    if (shown > r->limit) {
        shown = (int)r->limit; /* the one more says that there is a next page */
    }
    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (int i = 0; i < shown; i++) {
        if (put_posting(&b, r, res, i) != 0) {
            buf_free(&b);
            request_read_failed(r, READ_BROKEN);
            return;
        }
    }
    request_list_end_int(r, &b, CURSOR_KIND,
                         rows > shown ? col_int(res, shown - 1, POSTINGS_SEQ) : -1);
}

/* The account may be had; the page of it now. */
static void on_postings_account(struct request *r, const PGresult *res)
{
    char account[ACCOUNT_MAX + 1];
    int64_t before = INT64_MAX;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    if (!request_limit(r) || !request_cursor_int(r, CURSOR_KIND, &before)) {
        return;
    }
    name_account(account, r->arg[0], r->arg[1]);
    request_read(r, read_postings(account, before, r->limit + 1), on_postings);
}

void req_postings(struct request *r)
{
    if (!name_is_unit(r->arg[1])) {
        request_not_found(r);
        return;
    }
    request_read(r, read_account(r->arg[0], r->arg[1]), on_postings_account);
}
