/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/wrap.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

/* Columns of the first n bytes. */
static size_t columns(const char *s, size_t n)
{
    char *part = x_strndup(s, n);
    size_t width = text_width(part);

    free(part);
    return width;
}

size_t wrap_words(const char *s, size_t width)
{
    size_t fits = 0, at = 0;

    for (;;) {
        size_t end = at + strcspn(s + at, " \n");
        bool over = columns(s, end) > width;

        if (over && fits > 0)
            return fits;
        fits = end;
        if (over || s[fits] != ' ')
            return fits;
        at = fits + 1;
    }
}

/* The character after the one at s[n]. */
static size_t next(const char *s, size_t n)
{
    do
        n++;
    while (((unsigned char)s[n] & 0xc0) == 0x80);
    return n;
}

size_t wrap_line(const char *s, size_t width)
{
    size_t n = wrap_words(s, width), cut = 0;

    if (columns(s, n) <= width)
        return n;
    while (cut < n) {
        size_t more = next(s, cut);

        if (cut > 0 && columns(s, more) > width)
            break;
        cut = more;
    }
    return cut;
}

void wrap_put(struct buf *b, const char *s, size_t indent, size_t width)
{
    size_t room = width > indent ? width - indent : 1;

    for (;;) {
        size_t n = wrap_line(s, room);

        buf_put(b, s, n);
        buf_putc(b, '\n');
        s += n;
        if (*s == ' ' || *s == '\n')
            s++;
        if (*s == '\0')
            return;
        buf_printf(b, "%*s", (int)indent, "");
    }
}
