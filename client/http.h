/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HTTP_H
#define PUMASI_HTTP_H

#include "core/base.h"

/* HTTP by libcurl: http and https only, no redirects, connections reused, answers bounded. */

#define HTTP_ANSWER_MAX (64u << 20)

enum http_result {
    HTTP_ANSWERED, /* with whatever status */
    HTTP_NOT_SENT, /* the server was never reached: it can't have seen the request */
    HTTP_LOST,     /* no whole answer came: whether the request was acted on isn't known */
};

struct http_answer {
    long status;
    char *body; /* NUL-terminated, owned */
    size_t len;
    long retry_after;  /* seconds, 0 without one */
    char recovery[80]; /* the header Pumasi-Recovery, "" without one */
};

struct http_request {
    const char *method; /* "GET", "POST" */
    const char *url;
    const char *bearer;       /* query token, or NULL */
    const char *content_type; /* with a body */
    const void *body;         /* NULL for none */
    size_t body_len;
    long timeout; /* seconds for all of it; 0: 30 */
};

struct http *http_new(void);
void http_free(struct http *h);
/* From now on certificates of https are to be of the CA in that file (PEM) instead of one that the
 * system trusts; NULL: the system's again. */
void http_trust(struct http *h, const char *ca_file);
/*
 * One request. Unless HTTP_ANSWERED, *why is a fresh sentence that says what happened and what to
 * do (the caller frees it), and the answer is empty. Free the answer with http_answer_free.
 */
enum http_result http_do(struct http *h, const struct http_request *rq, struct http_answer *out,
                         char **why) MUST_CHECK;
void http_answer_free(struct http_answer *a);
/* Is it http://… or https://… with a host, and no query or fragment? */
bool http_url_ok(const char *url);

#endif
