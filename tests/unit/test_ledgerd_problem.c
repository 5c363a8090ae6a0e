/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers' JSON and problem details. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "ledgerd/out.h"
#include "ledgerd/problem.h"
#include "ledgerd/req_words.h"

static void test_out(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    out_open(&b, NULL, '{');
    out_str(&b, "a", "x{");
    out_str(&b, "b", NULL);
    out_int(&b, "c", -5);
    out_open(&b, "d", '[');
    out_int(&b, NULL, 1);
    out_open(&b, NULL, '{');
    out_close(&b, '}');
    out_bool(&b, NULL, true);
    out_close(&b, ']');
    out_raw(&b, "e", "[]", 2);
    out_b64u(&b, "f", "\xff\xff", 2);
    out_b64(&b, "g", "\xff\xff", 2);
    out_time(&b, "h", 1001);
    out_text(&b, "i", (const uint8_t[16]){0}, "\"", 1);
    out_close(&b, '}');
    assert_string_equal(
        b.data, "{\"a\":\"x{\",\"b\":null,\"c\":-5,\"d\":[1,{},true],\"e\":[],\"f\":\"__8\","
                "\"g\":\"//8=\",\"h\":\"1970-01-01T00:00:01.001Z\",\"i\":{\"salt\":"
                "\"AAAAAAAAAAAAAAAAAAAAAA\",\"text\":\"\\\"\"}}");
    buf_free(&b);
}

/* Each refusal's problem has its name, its status and a title. */
static void test_refusals(void **state)
{
    (void)state;
    for (int code = REFUSED_MALFORMED; code < REFUSED_COUNT; code++) {
        struct buf b = BUF_INIT;
        struct refusal r;

        (void)refuse(&r, (enum refusal_code)code, "a \"detail\"");
        problem_put_refusal(&b, &r);
        json_t *json = json_loads(b.data, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        const char *type = json_string_value(json_object_get(json, "type"));
        assert_non_null(type);
        assert_int_equal(strncmp(type, "/problems/", 10), 0);
        assert_string_equal(type + 10, refusal_name(r.code));
        assert_int_equal(json_integer_value(json_object_get(json, "status")),
                         refusal_status(r.code));
        assert_non_null(json_string_value(json_object_get(json, "title")));
        assert_string_equal(json_string_value(json_object_get(json, "detail")), "a \"detail\"");
        assert_null(json_object_get(json, "balance"));
        json_decref(json);
        buf_free(&b);
    }
}

static void test_numbers(void **state)
{
    struct buf b = BUF_INIT;
    struct refusal r;

    (void)state;
    (void)refuse(&r, REFUSED_INSUFFICIENT_CREDIT, "not enough");
    r.has_numbers = true;
    r.balance = -540;
    r.floor = -600;
    r.available = 60;
    r.needed = 90;
    problem_put_refusal(&b, &r);
    assert_non_null(
        strstr(b.data, ",\"balance\":-540,\"floor\":-600,\"available\":60,\"needed\":90}"));
    buf_free(&b);
}

static void test_problems(void **state)
{
    static const int statuses[] = {404, 401, 405, 415, 429, 500};

    (void)state;
    for (int p = PROBLEM_NOT_FOUND; p <= PROBLEM_INTERNAL; p++) {
        struct buf b = BUF_INIT;

        problem_put(&b, (enum problem)p, "x");
        json_t *json = json_loads(b.data, 0, NULL);
        assert_non_null(json);
        assert_int_equal(problem_status((enum problem)p), statuses[p]);
        assert_int_equal(json_integer_value(json_object_get(json, "status")), statuses[p]);
        json_decref(json);
        buf_free(&b);
    }
}

static void test_words(void **state)
{
    struct buf b = BUF_INIT;
    struct words w;

    (void)state;
    words_begin(&w, "hour -600 - t\nshort line\nwon 0 5 f");
    out_open(&b, NULL, '[');
    while (words_line(&w, 4)) {
        out_str(&b, NULL, w.word[0]);
        words_int(&b, NULL, w.word[1]);
        words_int(&b, NULL, w.word[2]);
        out_str(&b, NULL, w.word[3]);
    }
    out_close(&b, ']');
    assert_string_equal(b.data, "[\"hour\",-600,null,\"t\",\"won\",0,5,\"f\"]");
    words_begin(&w, "");
    assert_false(words_line(&w, 1));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out),     cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_problems),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
