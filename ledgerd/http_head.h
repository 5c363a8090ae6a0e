/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HTTP_HEAD_H
#define PUMASI_HTTP_HEAD_H

#include "core/base.h"

/*
 * The head of an HTTP/1.1 request (RFC 9112), read strictly: what two readers could understand in
 * two ways is refused, as a proxy before us may have read it the other way, and then what follows
 * on the connection is a stranger's. No memory of its own, no I/O.
 */
#define HTTP_HEAD_MAX   8192 /* bytes, with the empty line at its end */
#define HTTP_FIELDS_MAX 64
#define HTTP_METHOD_MAX 16

struct http_field {
    const char *name; /* both NUL-terminated, within the head's bytes */
    const char *value;
};

struct http_head {
    char method[HTTP_METHOD_MAX + 1];
    const char *path;  /* begins with '/'; the query is cut off */
    const char *query; /* NULL without one */
    bool keep_alive;   /* the client may go on with this connection */
    bool expects_continue;
    bool chunked;
    bool has_length;
    uint64_t length; /* of the body, as the client says */
    size_t n_fields;
    struct http_field fields[HTTP_FIELDS_MAX];
};

/*
 * Reads the len bytes of a head, from the request line to the empty line at the end; they are cut
 * into strings where they stand and must outlive `out`. 0, or the status to answer with: 400, 417
 * (an Expect that is none of ours), 431 (too many fields), 501 (a transfer coding other than
 * chunked), 505 (another HTTP); then *why is an English sentence for the answer, and the connection
 * can't be used any more.
 */
int http_head_parse(struct http_head *out, char *bytes, size_t len, const char **why) MUST_CHECK;

/*
 * Can a request begin with these bytes, the first that came: a method, or the empty line that an
 * old client sends before it (RFC 9112 section 2.2)? No bytes at all can.
 */
bool http_head_may_begin(const char *bytes, size_t len);

/* A field's value by its name, in any case; NULL when it isn't there. The first of several. */
const char *http_head_field(const struct http_head *head, const char *name);

/*
 * One line of a chunked body (RFC 9112 section 7.1) without its CRLF: the size, perhaps extensions,
 * which are passed over. 0, or -1 when it is none or larger than max.
 */
int http_chunk_size(const char *line, size_t len, uint64_t max, uint64_t *out) MUST_CHECK;

#endif
