/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The header by which a ledger says that somebody's keys are being recovered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Before cmocka, which has a macro called fail. */
#include "client/recovery.h"

#include <cmocka.h>

#define DUE "2026-12-01T09:30:00.000Z"

static void good_ones(void **state)
{
    struct recovery_header h;

    (void)state;
    assert_true(recovery_header_parse(&h, "40; due=" DUE));
    assert_int_equal(h.record, 40);
    assert_string_equal(h.due, DUE);
    assert_false(h.objected);
    assert_true(recovery_header_parse(&h, "0; due=" DUE "; objected"));
    assert_int_equal(h.record, 0);
    assert_true(h.objected);
}

/* A hostile ledger's go onto nobody's terminal. */
static void others(void **state)
{
    static const char *const bad[] = {
        "",
        "40",
        "40; due=",
        "; due=" DUE,
        "x; due=" DUE,
        "-1; due=" DUE,
        "9007199254740992; due=" DUE,
        "40; due=2026-12-01",
        "40; due=2026-13-01T09:30:00.000Z",
        "40; due=" DUE "; objected now",
        "40; due=" DUE " ",
        "40;due=" DUE,
        "40; due=\033[31m2026-12-01T09:30:00",
    };
    struct recovery_header h;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (recovery_header_parse(&h, bad[i]))
            fail_msg("taken: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones),
        cmocka_unit_test(others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
