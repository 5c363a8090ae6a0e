/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Folding: what counts as the same name, and what as a slip of the pen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/fold.h"

#include <cmocka.h>

static void check(char *(*fold)(const char *s), const char *s, const char *expected)
{
    char *t = fold(s);

    assert_non_null(t);
    assert_string_equal(t, expected);
    free(t);
}

static void test_fold(void **state)
{
    check(fold_text, "  Kim \t Young  Hee ", "kim young hee");
    check(fold_text, "Ｋｉｍ\xe3\x80\x80１２", "kim 12");
    check(fold_text, "", "");
    check(fold_text, "\xc2\xa0", "");
    check(fold_text, "Straße", "strasse");
    check(fold_name, "김 영희", "김영희");
    check(fold_name, " 김영희 ", "김영희");
    check(fold_name, "\xe1\x84\x80\xe1\x85\xb5\xe1\x86\xb7",
          "김"); /* letters as macOS writes them */
    check(fold_name,
          "a\xe2\x80\x8b"
          "b",
          "ab"); /* a zero-width space */
    assert_null(fold_text("\xff"));
    assert_null(fold_name("\xed\xa0\x80"));
}

static void test_distance(void **state)
{
    assert_int_equal(fold_distance("김영희", "김영희", 2), 0);
    assert_int_equal(fold_distance("김영희", "김영히", 2), 1);
    assert_int_equal(fold_distance("김영희", "김영수", 2), 2);
    assert_int_equal(fold_distance("김영희", "박철수", 2), 3); /* further than asked for */
    assert_int_equal(fold_distance("kim", "kin", 1), 1);
    assert_int_equal(fold_distance("kim", "kimm", 1), 1);
    assert_int_equal(fold_distance("kim", "im", 1), 1);
    assert_int_equal(fold_distance("", "ab", 5), 2);
    assert_int_equal(fold_distance("abcdef", "badcfe", 9), 4);
    assert_int_equal(fold_slip("김영희"), 1);
    assert_int_equal(fold_slip("anna maria müller"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_distance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
