/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "client/table.h"

/* After ours: it has a macro that is called fail, too. */
#include <cmocka.h>

static const struct table_column columns[] = {
    {"Name", TABLE_LEFT}, {"Balance", TABLE_RIGHT}, {"Memo", TABLE_LEFT}};

static struct table *sample(void)
{
    static const char *const cells[] = {"alice@hansalim", "1:30",  "garden",
                                        "한살림",         "-0:05", "텃밭 일"};
    struct table *t = table_new(columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        table_add(t, cells[i]);
    return t;
}

static char *printed(struct table *t, enum table_style style)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    table_print(t, f, style);
    fclose(f);
    table_free(t);
    return text;
}

static void test_plain(void **state)
{
    char *text = printed(sample(), TABLE_PLAIN);

    assert_string_equal(text, "alice@hansalim\t1:30\tgarden\n한살림\t-0:05\t텃밭 일\n");
    free(text);
}

/* Hangul takes two columns a syllable, so fewer blanks follow it. */
static void test_terminal(void **state)
{
    char *text = printed(sample(), TABLE_TERMINAL);

    assert_string_equal(text, "Name            Balance  Memo\n"
                              "alice@hansalim     1:30  garden\n"
                              "한살림            -0:05  텃밭 일\n");
    free(text);
}

static void test_colour(void **state)
{
    char *text = printed(sample(), TABLE_COLOUR);

    assert_non_null(strstr(text, "\x1b[1mName\x1b[0m"));
    assert_non_null(strstr(text, "  \x1b[31m-0:05\x1b[0m  "));
    assert_null(strstr(text, "\x1b[31m1:30"));
    free(text);
}

/* What a memo holds can neither break the rows nor steer the terminal. */
static void test_hostile_cells(void **state)
{
    struct table *t = table_new(columns, ARRAY_LEN(columns));
    char *text;

    table_add(t, "a\tb\nc");
    table_add(t, "\x1b[2J");
    table_add(t, "x\xe2\x80\xae"
                 "y\xff");
    text = printed(t, TABLE_PLAIN);
    assert_string_equal(text, "a\\x09b\\x0ac\t\\x1b[2J\tx\\xe2\\x80\\xaey\\xff\n");
    free(text);
}

static void test_empty(void **state)
{
    char *text = printed(table_new(columns, ARRAY_LEN(columns)), TABLE_PLAIN);

    assert_string_equal(text, "");
    free(text);
    text = printed(table_new(columns, ARRAY_LEN(columns)), TABLE_TERMINAL);
    assert_string_equal(text, "Name  Balance  Memo\n");
    free(text);
}

/* Two memos in three rows keep their column; nobody's category takes no room. Scripts get all. */
static void test_empty_columns(void **state)
{
    static const struct table_column four[] = {{"Day", TABLE_LEFT},
                                               {"Category", TABLE_LEFT},
                                               {"Amount", TABLE_RIGHT},
                                               {"Memo", TABLE_LEFT}};
    static const char *const memos[] = {"garden", "", "bicycle"};

    for (int with = 0; with < 2; with++) {
        for (enum table_style style = TABLE_PLAIN; style <= TABLE_TERMINAL; style++) {
            struct table *t = table_new(four, ARRAY_LEN(four));
            char *text;

            for (size_t i = 0; i < ARRAY_LEN(memos); i++) {
                table_add(t, "Mon");
                table_add(t, "");
                table_add(t, "1:30");
                table_add(t, with == 0 ? "" : memos[i]);
            }
            text = printed(t, style);
            if (style == TABLE_PLAIN)
                assert_string_equal(text, with == 0
                                              ? "Mon\t\t1:30\t\nMon\t\t1:30\t\nMon\t\t1:30\t\n"
                                              : "Mon\t\t1:30\tgarden\nMon\t\t1:30\t\n"
                                                "Mon\t\t1:30\tbicycle\n");
            else
                assert_string_equal(text, with == 0 ? "Day  Amount\nMon    1:30\nMon    1:30\n"
                                                      "Mon    1:30\n"
                                                    : "Day  Amount  Memo\nMon    1:30  garden\n"
                                                      "Mon    1:30  \nMon    1:30  bicycle\n");
            free(text);
        }
    }
}

static void check_ago(int64_t seconds, const char *want)
{
    char *text = say_ago(1000000, 1000000 + seconds);

    assert_string_equal(text, want);
    free(text);
}

static void test_ago(void **state)
{
    check_ago(0, "just now");
    check_ago(-50, "just now"); /* a clock that was set back */
    check_ago(60, "1 minute ago");
    check_ago(600, "10 minutes ago");
    check_ago(7200, "2 hours ago");
    check_ago(3 * 86400, "3 days ago");
}

static void test_safe(void **state)
{
    char *text = say_safe("텃밭 garden é");

    assert_string_equal(text, "텃밭 garden é");
    free(text);
    text = say_safe("\xed\x85"); /* a syllable cut short */
    assert_string_equal(text, "\\xed\\x85");
    free(text);
    text = say_safe("");
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),  cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_colour), cmocka_unit_test(test_hostile_cells),
        cmocka_unit_test(test_empty),  cmocka_unit_test(test_ago),
        cmocka_unit_test(test_safe),   cmocka_unit_test(test_empty_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
