/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/http_body.h"

#include <stdint.h>

#define CHUNK_LINE_MAX 256
#define TRAILERS_MAX   1024

void http_body_begin(struct http_body *b, const struct http_head *head)
{
    buf_clear(&b->bytes);
    b->state = head->chunked ? HTTP_BODY_CHUNK_LINE : HTTP_BODY_OF_LENGTH;
    b->left = head->length;
    b->trailers = 0;
}

void http_body_free(struct http_body *b)
{
    buf_free(&b->bytes);
}

uint64_t http_body_announced(const struct http_body *b)
{
    return b->bytes.len + b->left;
}

/* Moves what is there of the body, or of the chunk; true when it is whole. */
static bool read_part(struct http_body *b, struct evbuffer *in)
{
    size_t n = evbuffer_get_length(in);

    if (n > b->left) {
        n = (size_t)b->left;
    }
    if (n > 0) {
        buf_reserve(&b->bytes, n);
        (void)evbuffer_remove(in, b->bytes.data + b->bytes.len, n);
        b->bytes.len += n;
        b->bytes.data[b->bytes.len] = '\0';
        b->left -= n;
    }
    return b->left == 0;
}

/* One line into `line`, without its CRLF. 1; 0: it isn't whole yet; -1: it is none, or too long. */
static int read_line(struct evbuffer *in, char line[CHUNK_LINE_MAX + 1], size_t *len)
{
    struct evbuffer_ptr end = evbuffer_search(in, "\n", 1, NULL);

    if (end.pos < 0) {
        return evbuffer_get_length(in) > CHUNK_LINE_MAX ? -1 : 0;
    }
    if (end.pos > CHUNK_LINE_MAX) {
        return -1;
    }
    (void)evbuffer_remove(in, line, (size_t)end.pos + 1);
    if (end.pos == 0 || line[end.pos - 1] != '\r') {
        return -1;
    }
    *len = (size_t)end.pos - 1;
    return 1;
}

enum http_body_step http_body_read(struct http_body *b, struct evbuffer *in)
{
    char line[CHUNK_LINE_MAX + 1];
    size_t len = 0;

    for (;;) {
        if (b->state == HTTP_BODY_OF_LENGTH || b->state == HTTP_BODY_CHUNK) {
            if (!read_part(b, in)) {
                return HTTP_BODY_WAITS;
            }
            if (b->state == HTTP_BODY_OF_LENGTH) {
                return HTTP_BODY_WHOLE;
            }
            b->state = HTTP_BODY_CHUNK_END;
        }
        int got = read_line(in, line, &len);
        if (got == 0) {
            return HTTP_BODY_WAITS;
        }
        b->trailers += b->state == HTTP_BODY_TRAILER ? len + 2 : 0;
        if (got < 0 || (b->state == HTTP_BODY_CHUNK_END && len > 0) || b->trailers > TRAILERS_MAX) {
            return HTTP_BODY_BAD;
        }
        if (b->state == HTTP_BODY_CHUNK_END) {
            b->state = HTTP_BODY_CHUNK_LINE;
        } else if (b->state == HTTP_BODY_TRAILER) {
            if (len == 0) {
                return HTTP_BODY_WHOLE;
            }
        } else if (http_chunk_size(line, len, INT64_MAX, &b->left) != 0) {
            return HTTP_BODY_BAD;
        } else {
            b->state = b->left == 0 ? HTTP_BODY_TRAILER : HTTP_BODY_CHUNK;
            return HTTP_BODY_GROWS;
        }
    }
}
