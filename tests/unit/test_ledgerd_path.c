/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Paths, patterns, query strings, cursors and limits of requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/cursor.h"
#include "ledgerd/path.h"

static bool match(const char *raw, const char *pattern, const char *want)
{
    struct path p;
    const char *args[PATH_ARGS_MAX] = {NULL};

    assert_int_equal(path_parse(&p, raw), 0);
    bool yes = path_match(&p, pattern, args);
    if (yes && want != NULL) {
        assert_string_equal(args[0], want);
    }
    path_free(&p);
    return yes;
}

static void test_match(void **state)
{
    (void)state;
    assert_true(match("/v1/ledger", "/v1/ledger", NULL));
    assert_false(match("/v1/ledger/", "/v1/ledger", NULL));
    assert_false(match("/v1", "/v1/ledger", NULL));
    assert_false(match("/v1/ledgers", "/v1/ledger", NULL));
    assert_false(match("/v1/ledge", "/v1/ledger", NULL));
    assert_false(match("//v1/ledger", "/v1/ledger", NULL));
    assert_false(match("/V1/ledger", "/v1/ledger", NULL));
    assert_true(match("/v1/members/alice@hansalim", "/v1/members/{member}", "alice@hansalim"));
    assert_true(match("/v1/members/alice%40hansalim", "/v1/members/{member}", "alice@hansalim"));
    assert_true(match("/v1/members/a%2Fb", "/v1/members/{member}", "a/b"));
    /* No name has such bytes, of which the database would say that they are no text. */
    assert_true(match("/v1/members/%21~", "/v1/members/{member}", "!~"));
    assert_false(match("/v1/members/x%ff:a", "/v1/members/{member}", NULL));
    assert_false(match("/v1/members/%ED%95%9C", "/v1/members/{member}", NULL));
    assert_false(match("/v1/members/a%20b", "/v1/members/{member}", NULL));
    assert_false(match("/v1/members/a%7f", "/v1/members/{member}", NULL));
    assert_false(match("/v1/members/%0a", "/v1/members/{member}", NULL));
    assert_false(match("/v1/members/", "/v1/members/{member}", NULL));
    assert_false(match("/v1/members/a/b", "/v1/members/{member}", NULL));
    assert_true(match("/v1/records/7/proof", "/v1/records/{index}/proof", "7"));
    assert_false(match("/v1/records/7/prooF", "/v1/records/{index}/proof", NULL));
    assert_true(match("/tile/0/x001/234.p/5", "/tile/*", NULL));
    assert_true(match("/tile/", "/tile/*", NULL));
    assert_false(match("/tile", "/tile/*", NULL));
    assert_false(match("/tiles/0", "/tile/*", NULL));
}

static void test_bad_paths(void **state)
{
    static const char *const bad[] = {
        "", "v1", "*", "/%", "/%4", "/%zz", "/a%00", "/%-1a", "/1/2/3/4/5/6/7/8/9"};
    struct path p;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(path_parse(&p, bad[i]), -1);
    }
}

static void check_param(const char *query, const char *name, const char *want)
{
    char *value = query_param(query, name);

    if (want == NULL) {
        assert_null(value);
    } else {
        assert_non_null(value);
        assert_string_equal(value, want);
    }
    free(value);
}

static void test_params(void **state)
{
    (void)state;
    check_param(NULL, "limit", NULL);
    check_param("", "limit", NULL);
    check_param("limit=5", "limit", "5");
    check_param("a=1&limit=5&b=2", "limit", "5");
    check_param("xlimit=5", "limit", NULL);
    check_param("limit", "limit", NULL);
    check_param("limit=", "limit", "");
    check_param("&&limit=7&limit=8", "limit", "7");
    check_param("cursor=a%2Db%5f", "cursor", "a-b_");
    check_param("cursor=a%0", "cursor", "a%0");
    check_param("cursor=a%00b", "cursor", "a%00b");
}

static void test_cursor(void **state)
{
    const char *words[] = {"1790000000", "alice@hansalim", "0123456789abcdefghijkl"};
    struct buf b = BUF_INIT;
    struct cursor c;
    int64_t n = 0;

    (void)state;
    cursor_put(&b, 'w', words, 3);
    assert_int_equal(cursor_parse(&c, 'w', 3, b.data), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(c.word[i], words[i]);
    }
    assert_int_equal(cursor_parse(&c, 'x', 3, b.data), -1);
    assert_int_equal(cursor_parse(&c, 'w', 2, b.data), -1);
    buf_clear(&b);
    cursor_put(&b, 'p', (const char *const[]){"42"}, 1);
    assert_int_equal(cursor_parse_int('p', b.data, 0, INT64_MAX, &n), 0);
    assert_int_equal(n, 42);
    assert_int_equal(cursor_parse_int('p', b.data, 0, 41, &n), -1);
    assert_int_equal(cursor_parse_int('q', b.data, 0, INT64_MAX, &n), -1);
    buf_free(&b);
}

/* base64url of: "", "p", "p ", "p 1 ", "p  1", "p 01", "p -1", "p 1\n", "p \0", "p 1" with a bad
 * tail. */
static void test_bad_cursors(void **state)
{
    static const char *const bad[] = {"",     "cA",     "cCA",    "cCAxIA", "cCAgMQ", "cCAwMQ",
                                      "cC0x", "cCAxCg", "cCAA",   "cCAx=",  "cCA*",   "cCAxMR",
                                      "p 1",  "cCAx ",  "%63CAx", "cCAt"};
    int64_t n;
    char *huge = x_malloc(4096);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(cursor_parse_int('p', bad[i], 0, INT64_MAX, &n), -1);
    }
    assert_int_equal(cursor_parse_int('p', "cCAx", 0, INT64_MAX, &n), 0);
    memset(huge, 'A', 4095);
    huge[4095] = '\0';
    assert_int_equal(cursor_parse_int('p', huge, 0, INT64_MAX, &n), -1);
    free(huge);
}

static void test_limit(void **state)
{
    int64_t n;

    (void)state;
    assert_int_equal(limit_parse(NULL, &n), 0);
    assert_int_equal(n, LIST_DEFAULT);
    assert_int_equal(limit_parse("1000", &n), 0);
    assert_int_equal(n, 1000);
    assert_int_equal(limit_parse("1", &n), 0);
    assert_int_equal(limit_parse("0", &n), -1);
    assert_int_equal(limit_parse("1001", &n), -1);
    assert_int_equal(limit_parse("-1", &n), -1);
    assert_int_equal(limit_parse("", &n), -1);
    assert_int_equal(limit_parse("5 ", &n), -1);
    assert_int_equal(limit_parse("05", &n), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),       cmocka_unit_test(test_bad_paths),
        cmocka_unit_test(test_params),      cmocka_unit_test(test_cursor),
        cmocka_unit_test(test_bad_cursors), cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
