/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cursors and limits of lists. */
#include "ledgerd/cursor.h"

#include <string.h>

#include "core/b64.h"
#include "core/num.h"

void cursor_put(struct buf *b, char kind, const char *const *words, size_t n)
{
    struct buf text = BUF_INIT;

    buf_putc(&text, kind);
    for (size_t i = 0; i < n; i++) {
        buf_putc(&text, ' ');
        buf_puts(&text, words[i]);
    }
    buf_put_b64u(b, text.data, text.len);
    buf_free(&text);
}

int cursor_parse(struct cursor *out, char kind, size_t n, const char *s)
{
    char text[CURSOR_MAX];
    size_t len;

    memset(out, 0, sizeof(*out));
    if (b64u_decode(s, strlen(s), text, sizeof(text) - 1, &len) != 0) {
        return -1;
    }
    text[len] = '\0';
    if (len < 3 || text[0] != kind || text[1] != ' ' || strlen(text) != len) {
        return -1;
    }
    for (const char *p = text + 1; *p == ' ' && out->n < n;) {
        size_t word = strcspn(++p, " ");
        if (word == 0 || word >= sizeof(out->word[0])) {
            return -1;
        }
        for (size_t i = 0; i < word; i++) {
            /* All that ever stands in a cursor is printable ASCII. */
            if (p[i] < '!' || p[i] > '~') {
                return -1;
            }
        }
        memcpy(out->word[out->n++], p, word);
        p += word;
        if (*p == '\0') {
            return out->n == n ? 0 : -1;
        }
    }
    return -1;
}

int cursor_parse_int(char kind, const char *s, int64_t min, int64_t max, int64_t *out)
{
    struct cursor c;

    if (cursor_parse(&c, kind, 1, s) != 0) {
        return -1;
    }
    return num_parse(c.word[0], strlen(c.word[0]), min, max, out);
}

int limit_parse(const char *s, int64_t *out)
{
    if (s == NULL) {
        *out = LIST_DEFAULT;
        return 0;
    }
    return num_parse(s, strlen(s), 1, LIST_MAX, out);
}
