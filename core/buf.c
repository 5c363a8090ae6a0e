/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/b64.h"

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

char *buf_take(struct buf *b)
{
    char *data = b->data;

    if (data == NULL)
        data = x_strdup("");
    *b = (struct buf)BUF_INIT;
    return data;
}

void buf_reserve(struct buf *b, size_t more)
{
    size_t need, cap;

    if (more > SIZE_MAX / 2 - b->len - 1)
        abort(); /* no caller has half the address space to append */
    need = b->len + more + 1;
    if (need <= b->cap)
        return;
    cap = b->cap < 32 ? 64 : b->cap * 2;
    if (cap < need)
        cap = need;
    b->data = x_realloc(b->data, cap);
    b->data[b->len] = '\0';
    b->cap = cap;
}

void buf_put(struct buf *b, const void *bytes, size_t len)
{
    buf_reserve(b, len);
    if (len > 0)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
    buf_put(b, &c, 1);
}

void buf_put_i64(struct buf *b, int64_t n)
{
    char digits[20]; /* "-9223372036854775808" has 20 characters */
    size_t at = sizeof(digits);
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0)
        digits[--at] = '-';
    buf_put(b, digits + at, sizeof(digits) - at);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n, again;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort(); /* only a bad format of our own, or a text over 2 GiB */
    buf_reserve(b, (size_t)n);
    va_start(ap, fmt);
    again = vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    if (again != n)
        abort();
    b->len += (size_t)n;
}

/* The second character of a two-character escape, 'u' for \u00xx. */
static char json_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    default:
        return 'u';
    }
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Is any of eight bytes zero? */
static bool any_zero(uint64_t bytes)
{
    return ((bytes - EACH_BYTE(0x01)) & ~bytes & EACH_BYTE(0x80)) != 0;
}

static bool json_is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* How many characters from s on need no escape: most texts have none, and are long. */
static size_t json_plain(const char *s, size_t len)
{
    size_t n = 0;
    uint64_t w;

    for (; len - n >= sizeof(w); n += sizeof(w)) {
        memcpy(&w, s + n, sizeof(w));
        bool control = ((w - EACH_BYTE(0x20)) & ~w & EACH_BYTE(0x80)) != 0;
        if (control || any_zero(w ^ EACH_BYTE('"')) || any_zero(w ^ EACH_BYTE('\\')))
            break;
    }
    while (n < len && json_is_plain((unsigned char)s[n]))
        n++;
    return n;
}

void buf_put_json(struct buf *b, const char *s, size_t len)
{
    static const char hex[] = "0123456789abcdef";

    buf_reserve(b, len + len / 8 + 2);
    buf_putc(b, '"');
    for (size_t i = 0; i < len; i++) {
        size_t plain = json_plain(s + i, len - i);

        buf_put(b, s + i, plain);
        i += plain;
        if (i == len)
            break;
        unsigned char c = (unsigned char)s[i];
        const char esc[6] = {'\\', json_escape(c), '0', '0', hex[c >> 4], hex[c & 15]};
        buf_put(b, esc, esc[1] == 'u' ? 6 : 2);
    }
    buf_putc(b, '"');
}

void buf_puts_json(struct buf *b, const char *s)
{
    buf_put_json(b, s, strlen(s));
}

void buf_put_b64u(struct buf *b, const void *bytes, size_t len)
{
    buf_reserve(b, B64U_LEN(len));
    b64u_encode(b->data + b->len, bytes, len);
    b->len += B64U_LEN(len);
}

void buf_put_b64(struct buf *b, const void *bytes, size_t len)
{
    buf_reserve(b, B64_LEN(len));
    b64_encode(b->data + b->len, bytes, len);
    b->len += B64_LEN(len);
}
