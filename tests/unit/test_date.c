/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "core/date.h"

#define FIRST (-719162)
#define LAST  2932896

/* Every day that there is: text and back, and the day after follows by the calendar's own rule. */
static void test_every_day(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y = 1, m = 1, d = 1;
    char text[DATE_LEN + 1];
    int32_t back;

    for (int32_t days = FIRST; days <= LAST; days++) {
        bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

        date_text(text, days);
        if (text[0] - '0' != y / 1000 || text[1] - '0' != y / 100 % 10 ||
            text[2] - '0' != y / 10 % 10 || text[3] - '0' != y % 10 ||
            (text[5] - '0') * 10 + text[6] - '0' != m || (text[8] - '0') * 10 + text[9] - '0' != d)
            fail_msg("day %d is %s", days, text);
        if (date_parse(text, &back) != 0 || back != days)
            fail_msg("%s isn't read back", text);
        if (++d > lengths[m - 1] + (m == 2 && leap ? 1 : 0)) {
            d = 1;
            if (++m > 12) {
                m = 1;
                y++;
            }
        }
    }
    assert_int_equal(y, 10000);
}

static void test_known(void **state)
{
    char text[DATE_LEN + 1];
    int32_t days;

    assert_int_equal(date_parse("1970-01-01", &days), 0);
    assert_int_equal(days, 0);
    assert_int_equal(date_parse("1969-12-31", &days), 0);
    assert_int_equal(days, -1);
    assert_int_equal(date_parse("2000-02-29", &days), 0);
    assert_int_equal(days, 11016);
    date_text(text, INT32_MIN);
    assert_string_equal(text, "0001-01-01");
    date_text(text, INT32_MAX);
    assert_string_equal(text, "9999-12-31");
}

static void test_bad_dates(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11",
        "2026-11-2",
        "2026-11-222",
        "2026-11-22 ",
        " 2026-11-22",
        "0000-01-01",
        "2026-00-01",
        "2026-13-01",
        "2026-01-00",
        "2026-01-32",
        "2026-04-31",
        "2026-02-29",
        "1900-02-29",
        "2000-02-30",
        "2026/11/22",
        "2026-1-022",
        "-026-11-22",
        "+026-11-22",
        "2026-11-2a",
        "20261122",
        "2026-11-22T",
        "2026--1-22",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int32_t days = 42;

        if (date_parse(bad[i], &days) != -1)
            fail_msg("\"%s\" is taken for a date", bad[i]);
        assert_int_equal(days, 42);
    }
}

static void time_is(int64_t ms, const char *want)
{
    char text[TIME_LEN + 1];
    int64_t back;

    time_text(text, ms);
    assert_string_equal(text, want);
    assert_int_equal(time_parse(text, &back), 0);
    assert_true(back == ms);
}

static void test_times(void **state)
{
    char text[TIME_LEN + 1];

    time_is(0, "1970-01-01T00:00:00.000Z");
    time_is(1, "1970-01-01T00:00:00.001Z");
    time_is(-1, "1969-12-31T23:59:59.999Z");
    time_is(-86400000, "1969-12-31T00:00:00.000Z");
    time_is(-86400001, "1969-12-30T23:59:59.999Z");
    time_is(INT64_C(951827696789), "2000-02-29T12:34:56.789Z");
    time_is(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
    time_is(INT64_C(-62135596800000), "0001-01-01T00:00:00.000Z");
    time_text(text, INT64_MAX);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    time_text(text, INT64_MIN);
    assert_string_equal(text, "0001-01-01T00:00:00.000Z");
}

/* Against the C library, every 7 days and some over 400 years, at odd times of the day. */
static void test_against_gmtime(void **state)
{
    for (int64_t s = INT64_C(-6000000000); s < INT64_C(6600000000); s += 654321) {
        time_t t = (time_t)s;
        struct tm tm;
        char want[32], text[TIME_LEN + 1];

        assert_non_null(gmtime_r(&t, &tm));
        assert_int_equal(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.500Z", &tm), TIME_LEN);
        time_text(text, s * 1000 + 500);
        assert_string_equal(text, want);
    }
}

static void test_bad_times(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-22",
        "2026-11-22T21:31:41Z",
        "2026-11-22T21:31:41.12Z",
        "2026-11-22T21:31:41.1234Z",
        "2026-11-22T21:31:41.123",
        "2026-11-22T21:31:41.123z",
        "2026-11-22t21:31:41.123Z",
        "2026-11-22 21:31:41.123Z",
        "2026-11-22T21:31:41,123Z",
        "2026-11-22T21:31:41.123Z ",
        "2026-11-22T21:31:41.123+",
        "2026-11-22T24:00:00.000Z",
        "2026-11-22T21:60:41.123Z",
        "2026-11-22T21:31:60.123Z",
        "2026-11-22T21-31-41.123Z",
        "2026-11-31T21:31:41.123Z",
        "2026-11-22T2a:31:41.123Z",
        "2026-11-22T21:31:41.-23Z",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t ms = 42;

        if (time_parse(bad[i], &ms) != -1)
            fail_msg("\"%s\" is taken for a time", bad[i]);
        assert_int_equal(ms, 42);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day),      cmocka_unit_test(test_known),
        cmocka_unit_test(test_bad_dates),      cmocka_unit_test(test_times),
        cmocka_unit_test(test_against_gmtime), cmocka_unit_test(test_bad_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
