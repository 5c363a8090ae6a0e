/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pictures in DOT: what is drawn, and that no name breaks out of its string. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/picture.h"

static char *draw(const char *title, const char *own, size_t rows, const struct picture_row *row)
{
    const struct picture p = {title, own, rows, row};
    struct buf b = BUF_INIT;

    picture_put(&b, &p);
    return buf_take(&b);
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        n++;
    return n;
}

static void test_before_and_after(void **state)
{
    const struct picture_arrow now[] = {{"us", "clinic", 1200, "20:00"},
                                        {"farm", "us", 300, "5:00"}};
    const struct picture_arrow then[] = {{"us", "clinic", 900, "15:00"}, {"farm", "us", 0, "0:00"}};
    const struct picture_panel panels[] = {{"now", 2, now}, {"after", 2, then}};
    const struct picture_row row = {2, panels};
    char *dot = draw("who owes whom", "us", 1, &row);

    (void)state;
    /* Sorted: clinic 0, farm 1, us 2; both panels have all of them. */
    assert_non_null(strstr(dot, "\"p0_0_0\" [label=\"clinic\"];"));
    assert_non_null(strstr(dot, "\"p0_0_1\" [label=\"farm\"];"));
    assert_non_null(strstr(dot, "\"p0_1_1\" [label=\"farm\"];"));
    /* What we owe is red, the largest is the thickest; what we are owed is green. */
    assert_non_null(strstr(dot, "\"p0_0_2\" -> \"p0_0_0\" [color=\"#b3492f\", penwidth=8.0, "
                                "label=\"20:00\\n \"];"));
    assert_non_null(strstr(dot, "\"p0_0_1\" -> \"p0_0_2\" [color=\"#2f7d4f\", penwidth=2.7, "
                                "label=\"5:00\\n \"];"));
    assert_non_null(strstr(dot, "\"p0_1_2\" -> \"p0_1_0\" [color=\"#b3492f\", penwidth=6.2, "));
    /* Nothing remains of it, so no arrow is seen. */
    assert_non_null(strstr(dot, "\"p0_1_1\" -> \"p0_1_2\" [style=invis];"));
    assert_int_equal(count(dot, "fillcolor=\"#ffe9b8\""), 2);
    free(dot);
}

static void test_amounts(void **state)
{
    const struct picture_arrow arrows[] = {
        {"a", "b", INT64_MAX, "much"}, {"b", "a", 1, "little"}, {"a", "c", -5, "none"}};
    const struct picture_panel panel = {"all", 3, arrows};
    const struct picture_row row = {1, &panel};
    char *dot = draw("", NULL, 1, &row);

    (void)state;
    assert_non_null(strstr(dot, "penwidth=8.0, label=\"much"));
    assert_non_null(strstr(dot, "penwidth=1.0, label=\"little"));
    assert_int_equal(count(dot, " -> "), 3);
    assert_int_equal(count(dot, "style=invis"), 1);
    assert_non_null(strstr(dot, "[label=\"c\"]"));
    free(dot);
    dot = draw("nothing", NULL, 0, NULL);
    assert_non_null(strstr(dot, "label=\"nothing\";"));
    free(dot);
}

/* Outside of strings there is what we write, and nothing else; every string ends; within them no
 * escape but ours, no entity and no control character. */
static void check_language(const char *dot)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_ \n[]{}=,;.->";
    int depth = 0;
    bool within = false;

    for (const char *p = dot; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;

        if (!within) {
            assert_true(c == '"' || strchr(plain, c) != NULL);
            depth += (c == '{') - (c == '}');
            within = c == '"';
        } else if (c == '\\') {
            p++;
            assert_true(*p == '"' || *p == '\\' || strncmp(p, "n \"", 3) == 0);
        } else {
            assert_true(c >= 0x20 && c != 0x7f);
            assert_true(c != '&' || strncmp(p, "&amp;", 5) == 0);
            within = c != '"';
        }
    }
    assert_false(within);
    assert_int_equal(depth, 0);
}

static void test_hostile(void **state)
{
    static const char *const names[] = {
        "\"]; evil [label=\"",
        "\\",
        "\\\"",
        "\\N\\G\\l",
        "&lt;script&gt;",
        "a\nb\tc\r\x1b[31m\x7f",
        "<b>bold</b>",
        "}",
        "한살림",
        "",
        "# include",
        "//",
        "\\\\\"; }",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        for (size_t j = 0; j < ARRAY_LEN(names); j++) {
            const struct picture_arrow arrow = {names[i], names[j], 5, names[j]};
            const struct picture_panel panels[] = {{names[i], 1, &arrow}, {names[j], 1, &arrow}};
            const struct picture_row row = {2, panels};
            char *dot = draw(names[i], names[j], 1, &row);

            check_language(dot);
            free(dot);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_and_after),
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
