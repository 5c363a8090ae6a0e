/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What all requests need: answers, parameters, reads. */
#include "ledgerd/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledgerd/http.h"
#include "ledgerd/out.h"

#define RETRY_AFTER "1" /* seconds */

struct request *request_new(struct http *http, struct ledgerd *d, struct http_conn *conn)
{
    struct request *r = x_calloc(1, sizeof(*r));

    r->http = http;
    r->d = d;
    r->conn = conn;
    r->remote = *http_conn_remote(conn);
    return r;
}

static void request_free(struct request *r)
{
    if (r->state_free != NULL) {
        r->state_free(r->state);
    }
    path_free(&r->path);
    free(r->raw_path);
    free(r->query);
    free(r);
}

void request_reply_kept(struct request *r, const char *type, const char *cache, struct buf *body)
{
    request_header(r, "Cache-Control", cache);
    http_answer(r->http, r->conn, 200, type, body);
    request_free(r);
}

void request_reply(struct request *r, int status, const char *type, struct buf *body)
{
    request_header(r, "Cache-Control", "no-store");
    http_answer(r->http, r->conn, status, type, body);
    request_free(r);
}

void request_json(struct request *r, int status, struct buf *body)
{
    buf_putc(body, '\n');
    request_reply(r, status, "application/json", body);
}

void request_problem(struct request *r, enum problem p, const char *detail)
{
    struct buf b = BUF_INIT;

    problem_put(&b, p, detail);
    buf_putc(&b, '\n');
    request_reply(r, problem_status(p), PROBLEM_CONTENT_TYPE, &b);
}

void request_refuse(struct request *r, const struct refusal *refusal)
{
    struct buf b = BUF_INIT;

    problem_put_refusal(&b, refusal);
    buf_putc(&b, '\n');
    if (refusal->code == REFUSED_BUSY) {
        request_header(r, "Retry-After", RETRY_AFTER);
    }
    if (refusal_status(refusal->code) == 401) {
        /* Not a scheme of HTTP: an act is authorised by the signatures within it. */
        request_header(r, "WWW-Authenticate", "Pumasi-Act");
    }
    request_reply(r, refusal_status(refusal->code), PROBLEM_CONTENT_TYPE, &b);
}

void request_retry_after(struct request *r, int seconds)
{
    char text[12];

    (void)snprintf(text, sizeof(text), "%d", seconds);
    request_header(r, "Retry-After", text);
}

void request_limited(struct request *r, const char *detail, int seconds)
{
    request_retry_after(r, seconds);
    request_problem(r, PROBLEM_RATE_LIMITED, detail);
}

void request_malformed(struct request *r, const char *detail)
{
    struct refusal refusal;

    (void)refuse(&refusal, REFUSED_MALFORMED, "%s", detail);
    request_refuse(r, &refusal);
}

void request_busy(struct request *r, const char *detail)
{
    struct refusal refusal;

    (void)refuse(&refusal, REFUSED_BUSY, "%s", detail);
    request_refuse(r, &refusal);
}

void request_not_found(struct request *r)
{
    request_problem(r, PROBLEM_NOT_FOUND, "there is no such thing here, or it is not for you");
}

void request_read_failed(struct request *r, enum read_end end)
{
    if (end == READ_BUSY) {
        request_busy(r, "the database doesn't answer just now");
    } else {
        request_problem(r, PROBLEM_INTERNAL,
                        "the database could not be read; see the ledger's log");
    }
}

void request_header(struct request *r, const char *name, const char *value)
{
    http_conn_add_field(r->conn, name, value);
}

static void request_on_read(void *arg, enum read_end end, const PGresult *res)
{
    struct request *r = arg;

    if (end != READ_OK) {
        request_read_failed(r, end);
        return;
    }
    r->rows(r, res);
}

void request_read(struct request *r, struct read_query q, request_rows *rows)
{
    r->rows = rows;
    reads_ask(r->d->reads, q, request_on_read, r);
}

char *request_param(const struct request *r, const char *name)
{
    return query_param(r->query, name);
}

bool request_limit(struct request *r)
{
    char *text = request_param(r, "limit");
    int rc = limit_parse(text, &r->limit);

    free(text);
    if (rc != 0) {
        request_malformed(r, "limit must be a number from 1 to 1000");
    }
    return rc == 0;
}

bool request_cursor(struct request *r, char kind, size_t n, struct cursor *out, bool *there)
{
    char *text = request_param(r, "cursor");
    int rc = 0;

    memset(out, 0, sizeof(*out));
    *there = text != NULL;
    if (text != NULL) {
        rc = cursor_parse(out, kind, n, text);
        free(text);
    }
    if (rc != 0) {
        request_malformed(r, "this cursor is not one that the list gave");
    }
    return rc == 0;
}

bool request_cursor_int(struct request *r, char kind, int64_t *out)
{
    char *text = request_param(r, "cursor");
    int rc = 0;

    if (text != NULL) {
        rc = cursor_parse_int(kind, text, 0, INT64_MAX, out);
        free(text);
    }
    if (rc != 0) {
        request_malformed(r, "this cursor is not one that the list gave");
    }
    return rc == 0;
}

bool request_cursor_name(struct request *r, char kind, struct cursor *out)
{
    bool there;

    return request_cursor(r, kind, 1, out, &there);
}

void request_list_end(struct request *r, struct buf *b, char kind, const char *const *place,
                      size_t n)
{
    out_close(b, ']');
    if (place != NULL) {
        out_raw(b, "next", "\"", 1);
        cursor_put(b, kind, place, n);
        buf_putc(b, '"');
    } else {
        out_null(b, "next");
    }
    out_close(b, '}');
    request_json(r, 200, b);
}

void request_list_end_int(struct request *r, struct buf *b, char kind, int64_t place)
{
    struct buf text = BUF_INIT;

    buf_put_i64(&text, place);
    request_list_end(r, b, kind, place < 0 ? NULL : (const char *const[]){text.data}, 1);
    buf_free(&text);
}

int64_t request_now(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec;
}
