/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/amount.h"
#include "core/num.h"

static void test_kinds(void **state)
{
    enum unit_kind kind;

    for (int i = UNIT_TIME; i <= UNIT_GOODS; i++) {
        assert_int_equal(unit_kind_parse(unit_kind_name((enum unit_kind)i), &kind), 0);
        assert_int_equal(kind, i);
    }
    assert_string_equal(unit_kind_name(UNIT_TIME), "time");
    assert_int_equal(unit_kind_parse("Time", &kind), -1);
    assert_int_equal(unit_kind_parse("", &kind), -1);
}

static const struct {
    const char *s;
    enum unit_kind kind;
    int64_t scale, want;
} good[] = {
    {"12", UNIT_CREDIT, 1, 12},
    {"0", UNIT_CREDIT, 1, 0},
    {"12", UNIT_CREDIT, 100, 1200},
    {"0.01", UNIT_CREDIT, 100, 1},
    {"0.10", UNIT_CREDIT, 100, 10},
    {"378281.00", UNIT_CREDIT, 100, 37828100},
    {"1.50000000000000000000000000000000", UNIT_CREDIT, 10, 15},
    {"3.0", UNIT_CREDIT, 1, 3},
    {"1,234", UNIT_CREDIT, 1, 1234},
    {"12,345,678.9", UNIT_CREDIT, 10, 123456789},
    {"999,999", UNIT_CREDIT, 1, 999999},
    {"1,000,000,000,000,000", UNIT_CREDIT, 1, AMOUNT_MAX},
    {"1000000000000000", UNIT_CREDIT, 1, AMOUNT_MAX},
    {"1000000", UNIT_CREDIT, 1000000000, AMOUNT_MAX},
    {"0.000000001", UNIT_CREDIT, 1000000000, 1},
    /* 2^-29 has 29 decimals and is a minor unit of this scale. */
    {"0.00000000186264514923095703125", UNIT_GOODS, 536870912, 1},
    {"1.5", UNIT_TIME, 60, 90},
    {"0.05", UNIT_TIME, 60, 3},
    {"1.25", UNIT_CREDIT, 60, 75},
    {"0.25", UNIT_GOODS, 4, 1},
    {"1:30", UNIT_TIME, 60, 90},
    {"01:30", UNIT_TIME, 60, 90},
    {"0:05", UNIT_TIME, 60, 5},
    {"00:59", UNIT_TIME, 60, 59},
    {"1,000:00", UNIT_TIME, 60, 60000},
    {"90m", UNIT_TIME, 60, 90},
    {"0m", UNIT_TIME, 60, 0},
    {"2h", UNIT_TIME, 60, 120},
    {"1h30m", UNIT_TIME, 60, 90},
    {"1h5m", UNIT_TIME, 60, 65},
    {"7/12", UNIT_GOODS, 12, 7},
    {"3 7/12", UNIT_GOODS, 12, 43},
    {"1/2", UNIT_GOODS, 12, 6},
    {"0 1/3", UNIT_GOODS, 12, 4},
    {"1,000 1/60", UNIT_CREDIT, 60, 60001},
};

static void test_good(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        const char *why = "not told";
        int64_t n = 42;
        char minus[64] = "-";

        if (amount_parse(good[i].s, good[i].kind, good[i].scale, false, &n, &why) != 0)
            fail_msg("%s: %s", good[i].s, why);
        assert_true(n == good[i].want);
        /* The same with a sign, where one may stand. */
        str_copy(minus + 1, sizeof(minus) - 1, good[i].s);
        assert_int_equal(amount_parse(minus, good[i].kind, good[i].scale, true, &n, &why), 0);
        assert_true(n == -good[i].want);
        assert_int_equal(amount_parse(minus, good[i].kind, good[i].scale, false, &n, &why), -1);
        assert_int_equal(amount_parse(good[i].s, good[i].kind, good[i].scale, true, &n, &why), 0);
        assert_true(n == good[i].want);
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *s;
        enum unit_kind kind;
        int64_t scale;
    } bad[] = {
        {"", UNIT_CREDIT, 1},
        {"-", UNIT_CREDIT, 1},
        {"--1", UNIT_CREDIT, 1},
        {"+1", UNIT_CREDIT, 1},
        {" 1", UNIT_CREDIT, 1},
        {"1 ", UNIT_CREDIT, 1},
        {"1 000", UNIT_CREDIT, 1},
        {"01", UNIT_CREDIT, 1},
        {"00", UNIT_CREDIT, 1},
        {"1e3", UNIT_CREDIT, 1},
        {"0x10", UNIT_CREDIT, 1},
        {"a", UNIT_CREDIT, 1},
        {"١", UNIT_CREDIT, 1},
        {".5", UNIT_CREDIT, 10},
        {"5.", UNIT_CREDIT, 10},
        {".", UNIT_CREDIT, 10},
        {"1.-5", UNIT_CREDIT, 10},
        {"1.5.5", UNIT_CREDIT, 100},
        {"1.5", UNIT_CREDIT, 1},
        {"1.001", UNIT_CREDIT, 100},
        {"0.0000000001", UNIT_CREDIT, 1000000000},
        {"0.33", UNIT_GOODS, 12},
        {"0.01", UNIT_TIME, 60},
        {"1,5", UNIT_CREDIT, 10},
        {"1,23", UNIT_CREDIT, 1},
        {"1234,567", UNIT_CREDIT, 1},
        {"1,234567", UNIT_CREDIT, 1},
        {"1,2345", UNIT_CREDIT, 1},
        {",123", UNIT_CREDIT, 1},
        {"123,", UNIT_CREDIT, 1},
        {"1,,234", UNIT_CREDIT, 1},
        {"0,123", UNIT_CREDIT, 1},
        {"1.234,567", UNIT_CREDIT, 1000000},
        {"1000000000000001", UNIT_CREDIT, 1},
        {"10000000000000.01", UNIT_CREDIT, 100},
        {"10000000000001", UNIT_CREDIT, 100},
        {"1000000.000000001", UNIT_CREDIT, 1000000000},
        {"9223372036854775807", UNIT_CREDIT, 1},
        {"9223372036854775808", UNIT_CREDIT, 1},
        {"18446744073709551617", UNIT_CREDIT, 1},
        {"999,999,999,999,999,999,999", UNIT_CREDIT, 1},
        {"1:5", UNIT_TIME, 60},
        {"1:60", UNIT_TIME, 60},
        {"1:99", UNIT_TIME, 60},
        {"1:030", UNIT_TIME, 60},
        {"1:30:00", UNIT_TIME, 60},
        {":30", UNIT_TIME, 60},
        {"1:", UNIT_TIME, 60},
        {":", UNIT_TIME, 60},
        {"001:30", UNIT_TIME, 60},
        {"1.5:00", UNIT_TIME, 60},
        {"1:-5", UNIT_TIME, 60},
        {"1:30h", UNIT_TIME, 60},
        {"h", UNIT_TIME, 60},
        {"m", UNIT_TIME, 60},
        {"hm", UNIT_TIME, 60},
        {"1hm", UNIT_TIME, 60},
        {"h30m", UNIT_TIME, 60},
        {"1h60m", UNIT_TIME, 60},
        {"1h30", UNIT_TIME, 60},
        {"30m1h", UNIT_TIME, 60},
        {"1h1h", UNIT_TIME, 60},
        {"1m1m", UNIT_TIME, 60},
        {"1.5h", UNIT_TIME, 60},
        {"1H", UNIT_TIME, 60},
        {"2 h", UNIT_TIME, 60},
        {"1h -5m", UNIT_TIME, 60},
        {"1h-5m", UNIT_TIME, 60},
        {"16666666666667h", UNIT_TIME, 60},
        /* Those forms are of time counted in minutes alone. */
        {"1:30", UNIT_CREDIT, 60},
        {"1:30", UNIT_TIME, 100},
        {"2h", UNIT_GOODS, 60},
        {"90m", UNIT_TIME, 3600},
        {"1/2", UNIT_TIME, 60},
        {"1/2", UNIT_CREDIT, 100},
        {"1/2", UNIT_CREDIT, 1},
        {"1/5", UNIT_GOODS, 12},
        {"7/5", UNIT_GOODS, 12},
        {"12/12", UNIT_GOODS, 12},
        {"1/0", UNIT_GOODS, 12},
        {"1/", UNIT_GOODS, 12},
        {"/2", UNIT_GOODS, 12},
        {"3  7/12", UNIT_GOODS, 12},
        {"3 ", UNIT_GOODS, 12},
        {"3 7", UNIT_GOODS, 12},
        {" 7/12", UNIT_GOODS, 12},
        {"1/-2", UNIT_GOODS, 12},
        {"3 -7/12", UNIT_GOODS, 12},
        {"1/2/3", UNIT_GOODS, 12},
        {"1.5 1/2", UNIT_GOODS, 12},
        /* no unit has such a scale */
        {"1", UNIT_CREDIT, 0},
        {"1", UNIT_CREDIT, -1},
        {"1", UNIT_CREDIT, INT64_MIN},
        {"1", UNIT_CREDIT, 1000000001},
        {"1", UNIT_CREDIT, INT64_MAX},
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *why = NULL;
        int64_t n = 42;

        if (amount_parse(bad[i].s, bad[i].kind, bad[i].scale, true, &n, &why) != -1)
            fail_msg("\"%s\" of scale %lld is taken", bad[i].s, (long long)bad[i].scale);
        assert_int_equal(n, 42);
        assert_non_null(why);
    }
}

static void text_is(int64_t amount, enum unit_kind kind, int64_t scale, const char *want)
{
    char text[AMOUNT_TEXT_MAX];

    amount_text(text, amount, kind, scale);
    assert_string_equal(text, want);
}

static void test_text(void **state)
{
    text_is(90, UNIT_TIME, 60, "1:30");
    text_is(-5, UNIT_TIME, 60, "-0:05");
    text_is(0, UNIT_TIME, 60, "0:00");
    text_is(-600, UNIT_TIME, 60, "-10:00");
    text_is(90, UNIT_CREDIT, 60, "1 30/60");
    text_is(37828100, UNIT_CREDIT, 100, "378281.00");
    text_is(-1, UNIT_CREDIT, 100, "-0.01");
    text_is(12, UNIT_CREDIT, 1, "12");
    text_is(-12, UNIT_TIME, 1, "-12");
    text_is(43, UNIT_GOODS, 12, "3 7/12");
    text_is(-43, UNIT_GOODS, 12, "-3 7/12");
    text_is(7, UNIT_GOODS, 12, "7/12");
    text_is(24, UNIT_GOODS, 12, "2");
    text_is(0, UNIT_GOODS, 12, "0");
    text_is(NUM_MAX, UNIT_CREDIT, 1, "9007199254740991");
    text_is(NUM_MIN, UNIT_CREDIT, 1000000000, "-9007199.254740991");
    /* The longest that there is. */
    text_is(-(INT64_C(99999999) * 90000001 + 90000000), UNIT_GOODS, 90000001,
            "-99999999 90000000/90000001");
    text_is(NUM_MIN, UNIT_GOODS, 999999999, "-9007199 263748190/999999999");
    /* Nonsense neither overflows nor is cut to another number. */
    text_is(INT64_MIN, UNIT_CREDIT, 1, "-9223372036854775808");
    text_is(INT64_MIN, UNIT_GOODS, 999999999, "-9223372046 78147854/999999999");
    text_is(5, UNIT_CREDIT, 0, "5 minor");
    text_is(INT64_MIN, UNIT_CREDIT, INT64_MIN, "-9223372036854775808 minor");
}

/* A plain generator, so that a failure can be had again. */
static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 11;
}

static void round_trip(int64_t amount, enum unit_kind kind, int64_t scale)
{
    char text[AMOUNT_TEXT_MAX];
    const char *why = "another number";
    int64_t back = 0;

    amount_text(text, amount, kind, scale);
    if (amount_parse(text, kind, scale, true, &back, &why) != 0 || back != amount)
        fail_msg("%lld of scale %lld is \"%s\", read as %lld: %s", (long long)amount,
                 (long long)scale, text, (long long)back, why);
}

static void test_round_trip(void **state)
{
    static const int64_t scales[] = {
        1,         2,          3,         4,         7,         8,      10,      12,
        16,        24,         60,        64,        90,        100,    144,     360,
        1000,      3600,       86400,     99999,     10000,     100000, 1000000, 10000000,
        100000000, 1000000000, 536870912, 999999999, 123456789,
    };
    uint64_t seed = 20261122;

    for (size_t i = 0; i < ARRAY_LEN(scales); i++) {
        for (int kind = UNIT_TIME; kind <= UNIT_GOODS; kind++) {
            for (int64_t n = -200; n <= 200; n++)
                round_trip(n, (enum unit_kind)kind, scales[i]);
            for (int64_t d = -2; d <= 2; d++) {
                round_trip(scales[i] + d, (enum unit_kind)kind, scales[i]);
                round_trip(-scales[i] * 1000 + d, (enum unit_kind)kind, scales[i]);
            }
            round_trip(AMOUNT_MAX, (enum unit_kind)kind, scales[i]);
            round_trip(-AMOUNT_MAX, (enum unit_kind)kind, scales[i]);
            for (int n = 0; n < 500; n++) {
                /* of all magnitudes, not only large */
                int64_t amount = (int64_t)(next_random(&seed) % (AMOUNT_MAX + 1));

                amount >>= next_random(&seed) % 50;
                round_trip(n % 2 == 0 ? amount : -amount, (enum unit_kind)kind, scales[i]);
            }
        }
    }
}

/* Any bytes at all are judged without harm, and what is taken is in range. */
static void test_random_bytes(void **state)
{
    static const char some[] = "0123456789.,:-hm/ 0123456789e+";
    static const int64_t scales[] = {1, 12, 60, 100, 1000000000};
    uint64_t seed = 7;
    int taken = 0;

    for (int round = 0; round < 200000; round++) {
        size_t len = next_random(&seed) % 24;
        char *s = malloc(len + 1);
        const char *why = NULL;
        int64_t n;

        for (size_t i = 0; i < len; i++)
            s[i] = some[next_random(&seed) % (sizeof(some) - 1)];
        s[len] = '\0';
        if (amount_parse(s, (enum unit_kind)(round % 3), scales[round % 5], round % 2 == 0, &n,
                         &why) == 0) {
            taken++;
            assert_true(n <= AMOUNT_MAX && n >= (round % 2 == 0 ? -AMOUNT_MAX : 0));
        } else {
            assert_non_null(why);
        }
        free(s);
    }
    assert_true(taken > 1000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),      cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),        cmocka_unit_test(test_text),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
