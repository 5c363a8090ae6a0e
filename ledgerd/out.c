/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The writer of answers' JSON. */
#include "ledgerd/out.h"

#include <string.h>

#include "core/date.h"
#include "core/text.h"

/* A comma where a value stands before, then the member's name. */
static void out_name(struct buf *b, const char *name)
{
    /* A string ends in a quote, so these are never the end of one; '\n' parts lines. */
    char last = b->len > 0 ? b->data[b->len - 1] : '[';

    if (last != '{' && last != '[' && last != ':' && last != '\n') {
        buf_putc(b, ',');
    }
    if (name != NULL) {
        buf_putc(b, '"');
        buf_puts(b, name);
        buf_puts(b, "\":");
    }
}

void out_open(struct buf *b, const char *name, char bracket)
{
    out_name(b, name);
    buf_putc(b, bracket);
}

void out_close(struct buf *b, char bracket)
{
    buf_putc(b, bracket);
}

void out_str(struct buf *b, const char *name, const char *s)
{
    if (s == NULL) {
        out_null(b, name);
    } else {
        out_str_len(b, name, s, strlen(s));
    }
}

void out_str_len(struct buf *b, const char *name, const char *s, size_t len)
{
    out_name(b, name);
    buf_put_json(b, s, len);
}

void out_int(struct buf *b, const char *name, int64_t n)
{
    out_name(b, name);
    buf_put_i64(b, n);
}

void out_bool(struct buf *b, const char *name, bool value)
{
    out_name(b, name);
    buf_puts(b, value ? "true" : "false");
}

void out_null(struct buf *b, const char *name)
{
    out_name(b, name);
    buf_puts(b, "null");
}

void out_raw(struct buf *b, const char *name, const char *json, size_t len)
{
    out_name(b, name);
    buf_put(b, json, len);
}

void out_b64(struct buf *b, const char *name, const void *bytes, size_t len)
{
    out_name(b, name);
    buf_putc(b, '"');
    buf_put_b64(b, bytes, len);
    buf_putc(b, '"');
}

void out_b64u(struct buf *b, const char *name, const void *bytes, size_t len)
{
    out_name(b, name);
    buf_putc(b, '"');
    buf_put_b64u(b, bytes, len);
    buf_putc(b, '"');
}

void out_jwk(struct buf *b, const char *name, const struct key *key)
{
    out_name(b, name);
    key_put_jwk(b, key);
}

void out_time(struct buf *b, const char *name, int64_t ms)
{
    char text[TIME_LEN + 1];

    time_text(text, ms);
    out_str(b, name, text);
}

void out_text(struct buf *b, const char *name, const uint8_t *salt, const char *text, size_t len)
{
    out_open(b, name, '{');
    out_b64u(b, "salt", salt, TEXT_SALT_LEN);
    out_str_len(b, "text", text, len);
    out_close(b, '}');
}
