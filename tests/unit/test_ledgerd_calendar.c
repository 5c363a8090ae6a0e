/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When the ledger itself proposes rounds of clearing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/date.h"
#include "ledgerd/calendar.h"

static int32_t day(const char *text)
{
    int32_t days = 0;

    assert_int_equal(date_parse(text, &days), 0);
    return days;
}

static void test_good(void **state)
{
    struct calendar c;
    char err[300];

    (void)state;
    assert_int_equal(calendar_parse(&c, "", err, sizeof(err)), 0);
    assert_int_equal(c.n, 0);
    assert_int_equal(calendar_parse(&c, " hour weekly monday,won  monthly\t28 ", err, sizeof(err)),
                     0);
    assert_int_equal(c.n, 2);
    assert_string_equal(c.rows[0].unit, "hour");
    assert_true(calendar_is_due(&c.rows[0], day("2026-11-30")));
    assert_false(calendar_is_due(&c.rows[0], day("2026-11-29")));
    assert_true(calendar_is_due(&c.rows[0], day("1969-12-29")));
    assert_true(calendar_is_due(&c.rows[1], day("2026-02-28")));
    assert_false(calendar_is_due(&c.rows[1], day("2026-02-27")));
    for (int i = 0; i < 7; i++) {
        static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                            "friday", "saturday", "sunday"};
        char text[40];

        (void)snprintf(text, sizeof(text), "hour weekly %s", names[i]);
        assert_int_equal(calendar_parse(&c, text, err, sizeof(err)), 0);
        for (int k = 0; k < 7; k++)
            assert_int_equal(calendar_is_due(&c.rows[0], day("2026-11-30") + k), i == k);
    }
}

static void test_bad(void **state)
{
    static const char *const bad[] = {"hour",
                                      "hour weekly",
                                      "hour weekly 1",
                                      "hour weekly Monday",
                                      "hour monthly 0",
                                      "hour monthly 29",
                                      "hour monthly",
                                      "hour yearly 1",
                                      "Hour weekly monday",
                                      "hour weekly monday x",
                                      "hour weekly monday,",
                                      "hour weekly monday,hour monthly 1",
                                      ",",
                                      "hour weekly monday;won monthly 1",
                                      "hour weekly mondaymondaymondaymondaymondaymonday"};
    struct calendar c;
    char err[300], many[4000] = "";

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err[0] = '\0';
        if (str_eq(bad[i], "hour weekly monday,")) /* a comma at the end is no matter */
            assert_int_equal(calendar_parse(&c, bad[i], err, sizeof(err)), 0);
        else if (calendar_parse(&c, bad[i], err, sizeof(err)) == 0)
            fail_msg("it is taken: %s", bad[i]);
        else
            assert_true(err[0] != '\0');
    }
    for (int i = 0; i <= CALENDAR_MAX; i++)
        (void)snprintf(many + strlen(many), sizeof(many) - strlen(many), "%su%d weekly sunday",
                       i == 0 ? "" : ",", i);
    assert_int_equal(calendar_parse(&c, many, err, sizeof(err)), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
