/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/num.h"

static int parse(const char *s, int64_t *out)
{
    return num_parse(s, strlen(s), INT64_MIN, INT64_MAX, out);
}

static void test_good(void **state)
{
    static const struct {
        const char *s;
        int64_t n;
    } good[] = {
        {"0", 0},
        {"7", 7},
        {"-1", -1},
        {"10", 10},
        {"9007199254740991", NUM_MAX},
        {"-9007199254740991", NUM_MIN},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t n = 42;

        assert_int_equal(parse(good[i].s, &n), 0);
        assert_true(n == good[i].n);
    }
}

static void test_bad(void **state)
{
    static const char *const bad[] = {
        "",
        "-",
        "-0",
        "+1",
        "01",
        "-01",
        "00",
        " 1",
        "1 ",
        "1.0",
        "1e2",
        "0x1",
        "1,000",
        "--1",
        "a",
        "1a",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551617",
        "99999999999999999999999999",
        "/",
        ":",
        "\xc2\xb2",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t n = 42;

        assert_int_equal(parse(bad[i], &n), -1);
        assert_int_equal(n, 42);
    }
}

static void test_range_and_length(void **state)
{
    int64_t n;

    assert_int_equal(num_parse("5", 1, 5, 5, &n), 0);
    assert_int_equal(num_parse("4", 1, 5, 9, &n), -1);
    assert_int_equal(num_parse("10", 2, 5, 9, &n), -1);
    assert_int_equal(num_parse("-1", 2, 0, 9, &n), -1);
    /* The length counts, not a NUL; and a NUL within is no digit. */
    assert_int_equal(num_parse("123", 2, 0, 1000, &n), 0);
    assert_int_equal(n, 12);
    assert_int_equal(num_parse("1\0002", 3, 0, 1000, &n), -1);
}

static void test_arithmetic(void **state)
{
    int64_t n = 42;

    assert_int_equal(num_add(NUM_MAX, 1, &n), -1);
    assert_int_equal(num_add(NUM_MIN, -1, &n), -1);
    assert_int_equal(num_add(INT64_MAX, INT64_MAX, &n), -1);
    assert_int_equal(num_add(INT64_MIN, INT64_MIN, &n), -1);
    assert_int_equal(num_sub(NUM_MIN, 1, &n), -1);
    assert_int_equal(num_sub(0, INT64_MIN, &n), -1);
    assert_int_equal(num_mul(NUM_MAX, 2, &n), -1);
    assert_int_equal(num_mul(NUM_MAX, -2, &n), -1);
    assert_int_equal(num_mul(INT64_C(4294967296), INT64_C(4294967296), &n), -1);
    assert_int_equal(num_mul(INT64_MIN, -1, &n), -1);
    assert_int_equal(n, 42);

    assert_int_equal(num_add(NUM_MAX - 1, 1, &n), 0);
    assert_true(n == NUM_MAX);
    assert_int_equal(num_add(NUM_MAX, NUM_MIN, &n), 0);
    assert_true(n == 0);
    assert_int_equal(num_sub(5, 7, &n), 0);
    assert_true(n == -2);
    assert_int_equal(num_sub(NUM_MIN + 1, 1, &n), 0);
    assert_true(n == NUM_MIN);
    assert_int_equal(num_mul(-3, 4, &n), 0);
    assert_true(n == -12);
    assert_int_equal(num_mul(NUM_MAX, -1, &n), 0);
    assert_true(n == NUM_MIN);
    /* The result may be one of the operands. */
    n = 5;
    assert_int_equal(num_add(n, 1, &n), 0);
    assert_true(n == 6);
    assert_true(num_gap(75, -1200) == 1275);
    assert_true(num_gap(NUM_MAX, NUM_MIN) == NUM_MAX);
    assert_true(num_gap(NUM_MIN, 1) == NUM_MIN);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_range_and_length),
        cmocka_unit_test(test_arithmetic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
