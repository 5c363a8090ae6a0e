/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REQUEST_H
#define PUMASI_REQUEST_H

#include "core/base.h"
#include "core/buf.h"
#include "core/refusal.h"
#include "ledgerd/auth.h"
#include "ledgerd/cursor.h"
#include "ledgerd/http_conn.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/path.h"
#include "ledgerd/problem.h"
#include "ledgerd/reads.h"

struct http;
struct route;
struct request;

typedef void request_go(struct request *r);
typedef void request_rows(struct request *r, const PGresult *res);

/*
 * One HTTP request from its arrival to its answer, on the loop's thread. Every request is answered
 * exactly once, by one of the functions below, which end it; if the client has gone, the answer
 * goes nowhere.
 */
struct request {
    struct ledgerd *d;
    struct http *http;
    struct http_conn *conn;
    const struct route *route;
    struct remote remote; /* who asks, as an address */
    const char *method;
    char *raw_path; /* as it came, without the query: a token's htu */
    char *query;    /* NULL without one */
    struct path path;
    const char *arg[PATH_ARGS_MAX]; /* what stands in the pattern's braces */
    struct caller caller;
    request_go *go; /* the next step */
    request_rows *rows;
    /* The handler's */
    int64_t limit;
    void *state;
    void (*state_free)(void *state);
};

struct request *request_new(struct http *http, struct ledgerd *d, struct http_conn *conn);

/* Answers; each takes over `body` and leaves it empty. */
void request_reply(struct request *r, int status, const char *type, struct buf *body);
/* 200, what caches in between may keep: the value of Cache-Control (RFC 9111). */
void request_reply_kept(struct request *r, const char *type, const char *cache, struct buf *body);
void request_json(struct request *r, int status, struct buf *body);
void request_problem(struct request *r, enum problem p, const char *detail);
void request_refuse(struct request *r, const struct refusal *refusal);
void request_malformed(struct request *r, const char *detail);
/* 429, with Retry-After */
void request_limited(struct request *r, const char *detail, int seconds);
/* 503, with Retry-After */
void request_busy(struct request *r, const char *detail);
/* 404, the very same whether it isn't there or isn't for the caller. */
void request_not_found(struct request *r);
/* A field of the answer to come. */
void request_retry_after(struct request *r, int seconds);
/* What a read that didn't end well is answered with. */
void request_read_failed(struct request *r, enum read_end end);
void request_header(struct request *r, const char *name, const char *value);

/* Asks the database; rows is called when it answers, else the request is answered here. */
void request_read(struct request *r, struct read_query q, request_rows *rows);

/* A parameter of the query in a fresh string; NULL when it isn't there. */
char *request_param(const struct request *r, const char *name);
/* ?limit into r->limit; false when it is wrong, and the request is answered. */
bool request_limit(struct request *r) MUST_CHECK;
/* ?cursor of that kind as a number into *out, which is left alone without one; false as above. */
bool request_cursor_int(struct request *r, char kind, int64_t *out) MUST_CHECK;
/* The same with n words: *there says whether there is one. */
bool request_cursor(struct request *r, char kind, size_t n, struct cursor *out,
                    bool *there) MUST_CHECK;
/* A name in a cursor of one word; "" without one. */
bool request_cursor_name(struct request *r, char kind, struct cursor *out) MUST_CHECK;

/*
 * Ends {"items":[…, a list that fills a page, and answers with it: the next one goes on from
 * `place`, n words; NULL: this was the last.
 */
void request_list_end(struct request *r, struct buf *b, char kind, const char *const *place,
                      size_t n);
/* The same from a number; -1: this was the last. */
void request_list_end_int(struct request *r, struct buf *b, char kind, int64_t place);

/* Seconds since 1970. */
int64_t request_now(void);

#endif
