/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BUF_H
#define PUMASI_BUF_H

#include "core/base.h"

/* A growing byte string. `data` is NUL-terminated whenever it isn't NULL; the NUL isn't counted. */
struct buf {
    char *data;
    size_t len;
    size_t cap;
};

#define BUF_INIT   \
    {              \
        NULL, 0, 0 \
    }

void buf_free(struct buf *b);  /* releases the bytes and makes it empty */
void buf_clear(struct buf *b); /* keeps the memory, forgets the bytes */
/* Hands the bytes to the caller, who frees them; b is empty after. Never NULL. */
char *buf_take(struct buf *b);

void buf_reserve(struct buf *b, size_t more);
void buf_put(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_put_i64(struct buf *b, int64_t n); /* decimal */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A JSON string with its quotes, escaped exactly as RFC 8785 section 3.2.2.2 does. s is UTF-8. */
void buf_put_json(struct buf *b, const char *s, size_t len);
void buf_puts_json(struct buf *b, const char *s);
/* base64url without padding (RFC 4648 section 5), and base64 with it (section 4). */
void buf_put_b64u(struct buf *b, const void *bytes, size_t len);
void buf_put_b64(struct buf *b, const void *bytes, size_t len);

#endif
