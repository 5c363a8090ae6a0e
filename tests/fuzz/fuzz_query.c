/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What follows the host in a URL: paths against all routes, parameters, limits, and the cursors of
 * all lists. What a list would give as a cursor is read as what it gave, and nothing else is. */
#include "fuzz.h"
#include "ledgerd/cursor.h"
#include "ledgerd/path.h"
#include "ledgerd/route.h"

static const char *const params[] = {"limit", "cursor", "size", "as_of",    "since", "until",
                                     "state", "proof",  "unit", "category", "member"};

static void check_cursor(const char *text)
{
    static const char kinds[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t taken = 0;

    for (size_t k = 0; k < sizeof(kinds) - 1; k++) {
        for (size_t n = 1; n <= CURSOR_WORDS_MAX; n++) {
            struct cursor c;
            const char *words[CURSOR_WORDS_MAX];
            struct buf again = BUF_INIT;

            if (cursor_parse(&c, kinds[k], n, text) != 0)
                continue;
            taken++;
            MUST(c.n == n);
            for (size_t i = 0; i < n; i++) {
                MUST(c.word[i][0] != '\0' && strchr(c.word[i], ' ') == NULL);
                words[i] = c.word[i];
            }
            cursor_put(&again, kinds[k], words, n);
            MUST(strcmp(again.data, text) == 0);
            buf_free(&again);
            if (n == 1) {
                int64_t value;

                if (cursor_parse_int(kinds[k], text, 0, INT64_MAX, &value) == 0)
                    MUST(value >= 0 && strtoll(c.word[0], NULL, 10) == value);
            }
        }
    }
    MUST(taken <= 1);
}

/* What handlers are given is a text to the database, whatever they do with it. */
static bool is_visible(const char *s)
{
    size_t len = strlen(s);

    for (size_t i = 0; i < len; i++)
        if (s[i] <= ' ' || s[i] > '~')
            return false;
    return len > 0;
}

static void check_routes(const struct path *p)
{
    for (size_t i = 0; i < routes_count; i++) {
        const char *args[PATH_ARGS_MAX] = {NULL};

        if (!path_match(p, routes[i].pattern, args))
            continue;
        for (const char *brace = strchr(routes[i].pattern, '{'), *const *arg = args; brace != NULL;
             brace = strchr(brace + 1, '{'), arg++)
            MUST(*arg != NULL && is_visible(*arg));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = x_strndup((const char *)data, size), *query = strchr(text, '?'), *value;
    struct path p;
    int64_t limit;

    if (query != NULL)
        *query++ = '\0';
    if (path_parse(&p, text) == 0) {
        MUST(p.n >= 1 && p.n <= PATH_SEGMENTS_MAX);
        for (size_t i = 0; i < p.n; i++)
            MUST(strlen(p.segment[i]) <= strlen(text));
        check_routes(&p);
        path_free(&p);
    }
    for (size_t i = 0; i < ARRAY_LEN(params) && query != NULL; i++) {
        value = query_param(query, params[i]);
        if (value == NULL)
            continue;
        MUST(strlen(value) + strlen(params[i]) < strlen(query));
        if (limit_parse(value, &limit) == 0)
            MUST(limit >= 1 && limit <= LIST_MAX);
        check_cursor(value);
        free(value);
    }
    check_cursor(text);
    free(text);
    return 0;
}
