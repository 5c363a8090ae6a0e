/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When the clock may be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledgerd/clockwatch.h"
#include "lang/zone.h"

#define NOW INT64_C(1795386734000)

static void goes_on_while_it_goes_right(void **state)
{
    struct clockwatch w;

    (void)state;
    clockwatch_start(&w, NOW, 5000);
    for (int64_t t = 0; t < 1000000; t += 1000) {
        assert_int_equal(clockwatch_look(&w, NOW + t, 5000 + t, NOW + t), CLOCK_FINE);
    }
    /* Asleep for a day: the time since boot went on. */
    assert_int_equal(clockwatch_look(&w, NOW + 90000000, 5000 + 90000000, NOW), CLOCK_FINE);
    assert_false(w.stopped);
}

static void small_steps_are_nothing(void **state)
{
    struct clockwatch w;

    (void)state;
    clockwatch_start(&w, NOW, 0);
    assert_int_equal(clockwatch_look(&w, NOW + 59999, 0, 0), CLOCK_FINE);
    assert_int_equal(clockwatch_look(&w, NOW, 0, 0), CLOCK_FINE);
}

static void leaps_stop_it_until_confirmed(void **state)
{
    struct clockwatch w;

    (void)state;
    clockwatch_start(&w, NOW, 0);
    assert_int_equal(clockwatch_look(&w, NOW + 60000, 0, 0), CLOCK_LEAPT);
    assert_true(w.stopped);
    assert_int_equal(clockwatch_look(&w, NOW + 60001, 1, 0), CLOCK_FINE);
    assert_true(w.stopped); /* it doesn't get right by itself */
    clockwatch_confirm(&w, 0);
    assert_false(w.stopped);
    assert_int_equal(clockwatch_look(&w, NOW + 1, 1, 0), CLOCK_LEAPT);
}

static void behind_the_log(void **state)
{
    struct clockwatch w;

    (void)state;
    clockwatch_start(&w, NOW, 0);
    assert_int_equal(clockwatch_look(&w, NOW, 0, NOW + 60000), CLOCK_FINE);
    assert_int_equal(clockwatch_look(&w, NOW, 0, NOW + 60001), CLOCK_BEHIND);
    assert_true(w.stopped);
    clockwatch_confirm(&w, NOW + 60001);
    assert_int_equal(clockwatch_look(&w, NOW + 9, 9, NOW + 60001), CLOCK_FINE);
    assert_false(w.stopped);
    /* Accepted was that record's time and no other. */
    assert_int_equal(clockwatch_look(&w, NOW + 9, 9, NOW + 70000), CLOCK_BEHIND);
}

static void days_of_the_zone(void **state)
{
    const int64_t midnight = INT64_C(20779) * 86400000; /* 2026-11-22T00:00:00Z */

    (void)state;
    zone_prepare();
    assert_int_equal(zone_day(midnight), 20779);
    assert_int_equal(zone_day(midnight - 1), 20778);
    assert_int_equal(zone_set("Asia/Seoul"), 0);
    assert_int_equal(zone_day(midnight), 20779);
    assert_int_equal(zone_day(midnight - 9 * 3600000), 20779);
    assert_int_equal(zone_day(midnight - 9 * 3600000 - 1), 20778);
    assert_int_equal(zone_set("America/New_York"), 0);
    assert_int_equal(zone_day(midnight + 5 * 3600000), 20779);
    assert_int_equal(zone_day(midnight + 5 * 3600000 - 1), 20778);
    assert_int_equal(zone_day(-1), -1);
    assert_int_equal(zone_set("Asia/Nowhere"), -1);
    assert_false(zone_exists("../../etc/passwd"));
    assert_false(zone_exists("Asia"));
    assert_true(zone_exists("UTC"));
    assert_int_equal(zone_set("UTC"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_while_it_goes_right),
        cmocka_unit_test(small_steps_are_nothing),
        cmocka_unit_test(leaps_stop_it_until_confirmed),
        cmocka_unit_test(behind_the_log),
        cmocka_unit_test(days_of_the_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
