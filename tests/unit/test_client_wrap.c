/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include "client/wrap.h"

#include <cmocka.h>

static void wraps(const char *s, size_t indent, size_t width, const char *lines)
{
    struct buf b = BUF_INIT;

    wrap_put(&b, s, indent, width);
    assert_string_equal(b.data, lines);
    buf_free(&b);
}

static void words_go_to_lines(void **state)
{
    (void)state;
    wraps("", 4, 10, "\n");
    wraps("one two three", 0, 80, "one two three\n");
    wraps("one two three", 0, 8, "one two\nthree\n");
    wraps("one two three", 4, 12, "one two\n    three\n");
    wraps("one\ntwo", 2, 80, "one\n  two\n");
    wraps("exactly8 exactly8", 0, 8, "exactly8\nexactly8\n");
}

/* Hangul takes two columns a syllable; a word longer than a line is cut between characters. */
static void wide_and_long_words_are_cut(void **state)
{
    (void)state;
    wraps("텃밭 일 했음", 0, 8, "텃밭 일\n했음\n");
    wraps("아주긴낱말하나", 0, 5, "아주\n긴낱\n말하\n나\n");
    wraps("abcdefghij", 2, 6, "abcd\n  efgh\n  ij\n");
    wraps("ab cdefghij", 0, 4, "ab\ncdef\nghij\n");
    /* Not even one character fits: it stands there all the same. */
    wraps("가나", 5, 3, "가\n     나\n");
}

/* The help keeps long words whole: they are commands to be typed. */
static void help_keeps_words_whole(void **state)
{
    (void)state;
    assert_int_equal(wrap_words("abcdefghij kl", 4), 10);
    assert_int_equal(wrap_words("ab cd", 4), 2);
    assert_int_equal(wrap_words("", 4), 0);
    assert_int_equal(wrap_line("abcdefghij kl", 4), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_go_to_lines),
        cmocka_unit_test(wide_and_long_words_are_cut),
        cmocka_unit_test(help_keeps_words_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
