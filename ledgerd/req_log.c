/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GET /v1/log?from=INDEX: the records in the order of the log, for auditors. One of `*` gets all of
 * each, or with ?book=COOP those of one book; a co-op's office and its auditors those of its book,
 * and what the network is, with the parts that they may see.
 */
#include <stdlib.h>
#include <string.h>

#include "core/name.h"
#include "core/num.h"
#include "ledgerd/out.h"
#include "ledgerd/record_view.h"
#include "ledgerd/req.h"
#include "ledgerd/scope.h"

/* A page ends once it is so long, whatever the limit. */
#define PAGE_BYTES ((size_t)4 << 20)

/* All parts of a row, unread: there is nothing that the caller may not see. */
static void put_all(struct buf *b, const char *parts)
{
    for (const char *p = parts; *p != '\0';) {
        size_t len = strcspn(p, "\n");

        out_str_len(b, NULL, p, len);
        p += len + (p[len] == '\n');
    }
}

static void put_begin(struct buf *b, const PGresult *res, int row)
{
    out_open(b, NULL, '{');
    out_int(b, "index", col_int(res, row, LOG_IDX));
    out_str(b, "header", col_text(res, row, LOG_HEADER));
    out_open(b, "parts", '[');
}

static void put_end(struct buf *b)
{
    out_close(b, ']');
    out_close(b, '}');
}

/* One record; nothing where the caller may see no part of it. -1 when it is damaged. */
static int put_record(struct buf *b, const struct caller *c, const PGresult *res, int row)
{
    struct record_view *v;

    if (scope_audits_all(c)) {
        put_begin(b, res, row);
        put_all(b, col_text(res, row, LOG_PARTS));
        put_end(b);
        return 0;
    }
    v = record_view_new(col_text(res, row, LOG_HEADER), col_text(res, row, LOG_PARTS),
                        col_text(res, row, LOG_BY), col_text_or_null(res, row, LOG_PARTIES), c);
    if (v == NULL) {
        return -1;
    }
    bool whole = scope_sees_network(c, v->parts, v->n);
    if (v->n_visible > 0 || whole) {
        put_begin(b, res, row);
        for (size_t i = 0; i < v->n; i++) {
            if (v->visible[i] || whole) {
                out_str_len(b, NULL, v->text[i], v->text_len[i]);
            }
        }
        put_end(b);
    }
    record_view_free(v);
    return 0;
}

static void on_log(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int rows = PQntuples(res), row = 0;

    if (rows == 0) {
        request_read_failed(r, READ_BROKEN);
        return;
    }
    if (col_null(res, 0, LOG_IDX)) {
        rows = 0;
    }
    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (; row < rows && row < r->limit && b.len < PAGE_BYTES; row++) {
        if (put_record(&b, &r->caller, res, row) != 0) {
            buf_free(&b);
            request_read_failed(r, READ_BROKEN);
            return;
        }
    }
    out_close(&b, ']');
    if (row < rows) {
        out_int(&b, "next", col_int(res, row, LOG_IDX));
    } else {
        out_null(&b, "next");
    }
    out_int(&b, "size", col_int(res, 0, LOG_SIZE));
    out_close(&b, '}');
    request_json(r, 200, &b);
}

void req_log(struct request *r)
{
    char *text = request_param(r, "from"), *book = request_param(r, "book");
    bool all = book == NULL && scope_audits_all(&r->caller);
    int64_t from = 0;
    int rc = text != NULL ? num_parse(text, strlen(text), 0, NUM_MAX, &from) : 0;

    free(text);
    if (book == NULL && !all) {
        book = x_strdup(r->caller.coop);
    }
    if (rc != 0) {
        request_malformed(r, "from must be the index of a record");
    } else if (book != NULL && !name_is_coop(book)) {
        request_malformed(r, "book must be the name of a co-op");
    } else if (!all && !scope_sees_coop(&r->caller, book)) {
        request_not_found(r);
    } else if (request_limit(r)) {
        request_read(r,
                     all ? read_log(from, r->limit + 1) : read_book_log(book, from, r->limit + 1),
                     on_log);
    }
    free(book);
}
