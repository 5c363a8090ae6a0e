/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/detail.h"

#include <stdlib.h>
#include <string.h>

#include "client/say.h"

#define PIECES_MAX 6

/* What stood at each directive of a format. */
struct pieces {
    size_t n;
    struct {
        const char *s;
        size_t len;
    } at[PIECES_MAX];
    size_t literal; /* bytes of the format that were matched as they are */
};

/* Bytes of the directive (%s, %.24s, %lld, %1$s) that s begins with, 0 where it is none. *number is
 * whether only digits can stand there. */
static size_t directive(const char *s, bool *number)
{
    size_t n;

    if (*s != '%')
        return 0;
    n = 1 + strspn(s + 1, "0123456789$.*-lzhj");
    *number = s[n] != '\0' && strchr("diuxc", s[n]) != NULL;
    return s[n] == '\0' ? 0 : n + 1;
}

/* Names and numbers have no blanks; what has some must be words that the rules put there. */
static bool can_stand(const char *s, size_t len)
{
    char *piece;
    bool known;

    if (memchr(s, ' ', len) == NULL)
        return true;
    piece = x_strndup(s, len);
    known = strcmp(_(piece), piece) != 0;
    free(piece);
    return known;
}

/* Whether `text` is what `format` makes; shortest pieces first. */
static bool match(const char *format, const char *text, struct pieces *out)
{
    bool number;
    size_t len = directive(format, &number), most;

    if (*format == '\0')
        return *text == '\0';
    if (len == 2 && format[1] == '%')
        format++, len = 0;
    if (len == 0) {
        if (*text != *format)
            return false;
        out->literal++;
        if (match(format + 1, text + 1, out))
            return true;
        out->literal--;
        return false;
    }
    if (out->n == PIECES_MAX)
        return false;
    most = number ? strspn(text, "-0123456789") : strlen(text);
    for (size_t n = 1; n <= most; n++) {
        out->at[out->n].s = text;
        out->at[out->n].len = n;
        out->n++;
        if (match(format + len, text + n, out) && can_stand(text, n))
            return true;
        out->n--;
    }
    return false;
}

/* The format that `text` fits best: with the most of its own words. NULL when there is none. */
static const char *recognise(const char *text, struct pieces *best)
{
    const char *found = NULL;

    /* Backtracking is quick with the few directives there are, on a sentence of sane length. */
    if (strlen(text) > 600)
        return NULL;
    for (size_t i = 0; details[i] != NULL; i++) {
        struct pieces p = {0};

        if (match(details[i], text, &p) && (found == NULL || p.literal > best->literal)) {
            found = details[i];
            *best = p;
        }
    }
    /* What is all holes fits anything. */
    return found != NULL && best->literal >= 6 ? found : NULL;
}

static void put_piece(struct buf *b, const struct pieces *p, size_t i)
{
    char *piece, *safe;

    if (i >= p->n)
        return;
    piece = x_strndup(p->at[i].s, p->at[i].len);
    safe = say_safe(_(piece)); /* a piece may be a sentence's part that has words of its own */
    buf_puts(b, safe);
    free(safe);
    free(piece);
}

char *detail_translate(const char *english)
{
    struct pieces p = {0};
    struct buf b = BUF_INIT;
    const char *format = *english == '\0' ? NULL : recognise(english, &p), *t;
    size_t next = 0;

    if (format == NULL || !lang_is_foreign())
        return say_safe(english);
    for (t = _(format); *t != '\0';) {
        bool number;
        size_t len = directive(t, &number);

        if (len == 0) {
            buf_putc(&b, *t++);
        } else if (len == 2 && t[1] == '%') {
            buf_putc(&b, '%');
            t += len;
        } else {
            put_piece(&b, &p, strchr(t, '$') == t + 2 ? (size_t)(t[1] - '1') : next);
            next++;
            t += len;
        }
    }
    return buf_take(&b);
}

bool detail_is_known(const char *english)
{
    struct pieces p = {0};

    return !lang_is_foreign() || recognise(english, &p) != NULL;
}
