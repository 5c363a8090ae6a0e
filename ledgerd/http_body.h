/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HTTP_BODY_H
#define PUMASI_HTTP_BODY_H

#include <event2/buffer.h>

#include "core/buf.h"
#include "ledgerd/http_head.h"

/*
 * The body of an HTTP/1.1 request, of a length that its head says or in chunks (RFC 9112 section
 * 7.1), read as it comes and as strictly as the head. How large it may be is the caller's affair.
 */
enum http_body_state {
    HTTP_BODY_OF_LENGTH,
    HTTP_BODY_CHUNK_LINE,
    HTTP_BODY_CHUNK,
    HTTP_BODY_CHUNK_END,
    HTTP_BODY_TRAILER,
};

struct http_body {
    enum http_body_state state;
    struct buf bytes; /* what is here of it, with a NUL behind it once there is any */
    uint64_t left;    /* what has still to come, of it or of the chunk at hand */
    size_t trailers;  /* bytes of them */
};

enum http_body_step {
    HTTP_BODY_WAITS, /* for more bytes */
    HTTP_BODY_GROWS, /* a chunk was announced; nothing of it is read yet */
    HTTP_BODY_WHOLE,
    HTTP_BODY_BAD, /* can't be read: nor can what follows on the connection */
};

/* For the request of that head. What was here of another one is forgotten. */
void http_body_begin(struct http_body *b, const struct http_head *head);
/* As large as it is announced by now: as a whole, or up to the end of the chunk at hand. */
uint64_t http_body_announced(const struct http_body *b);
/* Takes what is there of it out of `in`, and no more; at a chunk's announcement it stops. */
enum http_body_step http_body_read(struct http_body *b, struct evbuffer *in) MUST_CHECK;
void http_body_free(struct http_body *b);

#endif
