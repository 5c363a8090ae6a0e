/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Paths and query strings of requests. */
#include "ledgerd/path.h"

#include <stdlib.h>
#include <string.h>

#include "core/num.h"

/* The byte that an escape at s stands for; -1 when it is none, or NUL. */
static int escape(const char *s)
{
    int hi = num_hex(s[1]);
    int lo = hi < 0 ? -1 : num_hex(s[2]);

    return lo < 0 || hi * 16 + lo == 0 ? -1 : hi * 16 + lo;
}

int path_parse(struct path *out, const char *raw)
{
    char *to;

    memset(out, 0, sizeof(*out));
    if (raw[0] != '/') {
        return -1;
    }
    out->text = to = x_malloc(strlen(raw) + 1);
    for (const char *from = raw; *from != '\0';) {
        if (*from == '/') {
            if (out->n == PATH_SEGMENTS_MAX) {
                goto bad;
            }
            *to++ = '\0';
            out->segment[out->n++] = to;
            from++;
        } else if (*from == '%') {
            int byte = escape(from);
            if (byte < 0) {
                goto bad;
            }
            *to++ = (char)byte;
            from += 3;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return 0;
bad:
    path_free(out);
    return -1;
}

void path_free(struct path *p)
{
    free(p->text);
    memset(p, 0, sizeof(*p));
}

/* Nothing that a path names has other characters, and not all bytes are a text to the database. */
static bool is_name(const char *segment)
{
    const char *s = segment;

    while (*s >= '!' && *s <= '~') {
        s++;
    }
    return *s == '\0' && s > segment;
}

bool path_match(const struct path *p, const char *pattern, const char *args[PATH_ARGS_MAX])
{
    size_t n_args = 0;

    for (size_t i = 0; i < p->n; i++) {
        const char *segment = p->segment[i];
        size_t len;

        if (*pattern++ != '/') {
            return false;
        }
        if (*pattern == '*') {
            return true;
        }
        len = strcspn(pattern, "/");
        if (pattern[0] == '{') {
            if (!is_name(segment) || n_args == PATH_ARGS_MAX) {
                return false;
            }
            args[n_args++] = segment;
        } else if (strlen(segment) != len || memcmp(segment, pattern, len) != 0) {
            return false;
        }
        pattern += len;
    }
    return *pattern == '\0';
}

char *query_param(const char *query, const char *name)
{
    size_t name_len = strlen(name);

    for (const char *p = query; p != NULL && *p != '\0';) {
        size_t len = strcspn(p, "&");

        if (len > name_len && p[name_len] == '=' && memcmp(p, name, name_len) == 0) {
            char *value = x_malloc(len - name_len), *to = value;
            const char *from = p + name_len + 1, *end = p + len;
            while (from < end) {
                int byte = from[0] == '%' && end - from > 2 ? escape(from) : -1;
                *to++ = byte >= 0 ? (char)byte : *from;
                from += byte >= 0 ? 3 : 1;
            }
            *to = '\0';
            return value;
        }
        p += len + (p[len] == '&');
    }
    return NULL;
}
