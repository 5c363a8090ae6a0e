/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/buf.h"

#define LONG_NAME    12 /* letters from which two slips are still a slip */
#define DISTANCE_MAX 512

static char *folded(const char *s)
{
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s, 0, &out,
                                      UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE |
                                          UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

    if (n == UTF8PROC_ERROR_NOMEM)
        abort();
    if (n < 0) {
        free(out);
        return NULL;
    }
    return (char *)out;
}

static bool is_space(utf8proc_int32_t c)
{
    switch ((int)utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return true;
    }
    return c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* Folded, with `between` for each run of white space within ("" for none). */
static char *spaced(const char *s, const char *between)
{
    char *t = folded(s);
    const char *at = t;
    struct buf b = BUF_INIT;
    bool space = false;

    if (t == NULL)
        return NULL;
    while (*at != '\0') {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &c);

        if (n <= 0) /* never: it was just written as UTF-8 */
            break;
        if (is_space(c)) {
            space = true;
        } else {
            if (space && b.len > 0)
                buf_puts(&b, between);
            space = false;
            buf_put(&b, at, (size_t)n);
        }
        at += n;
    }
    free(t);
    return buf_take(&b);
}

char *fold_text(const char *s)
{
    return spaced(s, " ");
}

char *fold_name(const char *s)
{
    return spaced(s, "");
}

/* The letters of s, at most DISTANCE_MAX; their number. */
static size_t letters(const char *s, utf8proc_int32_t out[DISTANCE_MAX])
{
    utf8proc_ssize_t n =
        utf8proc_decompose((const utf8proc_uint8_t *)s, 0, out, DISTANCE_MAX,
                           UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);

    if (n < 0)
        return 0;
    return n > DISTANCE_MAX ? DISTANCE_MAX : (size_t)n;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

size_t fold_distance(const char *a, const char *b, size_t max)
{
    utf8proc_int32_t x[DISTANCE_MAX], y[DISTANCE_MAX];
    size_t n = letters(a, x), m = letters(b, y);
    size_t row[DISTANCE_MAX + 1];

    if ((n > m ? n - m : m - n) > max)
        return max + 1;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0], best = i;

        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t above = row[j];

            row[j] = least(above + 1, row[j - 1] + 1, corner + (x[i - 1] != y[j - 1]));
            corner = above;
            best = row[j] < best ? row[j] : best;
        }
        if (best > max)
            return max + 1;
    }
    return row[m] > max ? max + 1 : row[m];
}

size_t fold_slip(const char *a)
{
    utf8proc_int32_t x[DISTANCE_MAX];

    return letters(a, x) < LONG_NAME ? 1 : 2;
}
