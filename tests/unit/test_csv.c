/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Comma-separated values, RFC 4180, however the bytes come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/csv.h"

#include <cmocka.h>

/* Rows as text: "line:[field][field]", "line!fault", each ending in a newline. */
struct seen {
    struct buf b;
    size_t rows, stop_at;
    const char *bytes; /* of the file, to compare the raw rows with */
};

static int see(void *arg, const struct csv_row *row)
{
    struct seen *seen = arg;

    if (row->raw_len < CSV_ROW_MAX && seen->bytes != NULL)
        assert_memory_equal(seen->bytes + row->at, row->raw, row->raw_len);
    buf_put_i64(&seen->b, row->line);
    if (row->fault != NULL) {
        assert_int_equal(row->n, 0);
        buf_printf(&seen->b, "!%s", row->fault);
    }
    for (size_t i = 0; i < row->n; i++) {
        assert_int_equal(row->fields[i].len, strlen(row->fields[i].s));
        buf_printf(&seen->b, "%s[%s]", i == 0 ? ":" : "", row->fields[i].s);
    }
    buf_putc(&seen->b, '\n');
    return ++seen->rows == seen->stop_at ? 7 : 0;
}

/* The rows of a text that comes in pieces of `step` bytes. The caller frees it. */
static char *read_by(const char *bytes, size_t len, size_t step)
{
    struct seen seen = {.b = BUF_INIT, .bytes = bytes};
    struct csv *c = csv_new(see, &seen);

    for (size_t at = 0; at < len; at += step)
        assert_int_equal(csv_feed(c, bytes + at, len - at < step ? len - at : step), 0);
    assert_int_equal(csv_end(c), 0);
    csv_free(c);
    return buf_take(&seen.b);
}

static void check_bytes(const char *bytes, size_t len, const char *expected)
{
    static const size_t steps[] = {1, 2, 3, 7, 1 << 20};

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        char *rows = read_by(bytes, len, steps[i]);

        assert_string_equal(rows, expected);
        free(rows);
    }
}

static void check(const char *bytes, const char *expected)
{
    check_bytes(bytes, strlen(bytes), expected);
}

static void test_plain(void **state)
{
    check("a,b,c\n1,2,3\n", "1:[a][b][c]\n2:[1][2][3]\n");
    check("a,b\r\n1,2\r\n", "1:[a][b]\n2:[1][2]\n");
    check("a,b\n1,2", "1:[a][b]\n2:[1][2]\n"); /* no line end at the end */
    check("a,b\r\n1,2\r", "1:[a][b]\n2:[1][2]\n");
    check(",\n,,\n", "1:[][]\n2:[][][]\n");
    check(" a , b \n", "1:[ a ][ b ]\n");
    check("", "");
    check("\n\r\n\n", "");
    check("a\n\n\r\nb\n", "1:[a]\n4:[b]\n"); /* empty lines count but are no rows */
    check("김,밥\n", "1:[김][밥]\n");
}

static void test_quoted(void **state)
{
    check("\"a\",\"b,c\",\"d\"\"e\"\n", "1:[a][b,c][d\"e]\n");
    check("\"\",\"\"\"\"\n", "1:[][\"]\n");
    check("\"\"\n", "1:[]\n");
    check("\"two\nlines\",x\nnext\n", "1:[two\nlines][x]\n3:[next]\n");
    check("\"two\r\nlines\"\r\n", "1:[two\r\nlines]\n");
    check("\"a\"", "1:[a]\n");
}

static void test_mark(void **state)
{
    check("\xef\xbb\xbf"
          "a,b\n",
          "1:[a][b]\n");
    check("\xef\xbb\xbf", "");
    check("\xef\xbb\xbf\"a\"\n", "1:[a]\n");
    /* Only at the start, and only all of it. */
    check("a\n\xef\xbb\xbf"
          "b\n",
          "1:[a]\n2:[\xef\xbb\xbf"
          "b]\n");
    check("\xef\xbb\n", "1!it isn't UTF-8\n");
    check("\xef", "1!it isn't UTF-8\n");
}

/* As spreadsheets save: another separator, lone carriage returns, quotes that mean nothing. */
static void check_sheet(char separator, const char *bytes, const char *expected)
{
    for (size_t step = 1; step < 4; step++) {
        struct seen seen = {.b = BUF_INIT, .bytes = bytes};
        struct csv *c = csv_new_sheet(separator, see, &seen);
        size_t len = strlen(bytes);

        for (size_t at = 0; at < len; at += step)
            assert_int_equal(csv_feed(c, bytes + at, len - at < step ? len - at : step), 0);
        assert_int_equal(csv_end(c), 0);
        csv_free(c);
        assert_string_equal(seen.b.data, expected);
        buf_free(&seen.b);
    }
}

static void test_sheets(void **state)
{
    check_sheet(';', "a;b,c\n1;\"2;3\"\n", "1:[a][b,c]\n2:[1][2;3]\n");
    check_sheet('\t', "a\tb\r\n1\t2\r\n", "1:[a][b]\n2:[1][2]\n");
    check_sheet(';', "a;b\r1;2\r\r3;4", "1:[a][b]\n2:[1][2]\n4:[3][4]\n");
    check_sheet(';', "a;b\r\"x\"y;2\r3;4\r",
                "1:[a][b]\n"
                "2!something stands between a closing quotation mark and the next separator\n"
                "3:[3][4]\n");
    check_sheet(';', "5\" nail;b\n", "1:[5\" nail][b]\n");
    check_sheet(';',
                "\xef\xbb\xbf"
                "a;b\n",
                "1:[a][b]\n");
}

static int see_number(void *arg, const struct csv_row *row)
{
    buf_printf(arg, "%lld/%lld ", (long long)row->line, (long long)row->row);
    return 0;
}

/* A spreadsheet counts rows, not lines. */
static void test_row_numbers(void **state)
{
    static const char text[] = "a\n\n\"b\nc\nd\"\ne\n";
    struct buf b = BUF_INIT;
    struct csv *c = csv_new(see_number, &b);

    assert_int_equal(csv_feed(c, text, strlen(text)), 0);
    assert_int_equal(csv_end(c), 0);
    csv_free(c);
    assert_string_equal(b.data, "1/1 3/3 6/4 ");
    buf_free(&b);
}

static void test_faults(void **state)
{
    check("a\"b,c\nnext\n",
          "1!a quotation mark stands inside a field that doesn't begin with one\n2:[next]\n");
    check("\"a\"b\nnext\n", "1!something stands between a closing quotation mark and the next "
                            "separator\n2:[next]\n");
    check("\"a\" ,b\r\nnext\n", "1!something stands between a closing quotation mark and the next "
                                "separator\n2:[next]\n");
    check("a\rb\nnext\n", "1!a carriage return stands alone\n2:[next]\n");
    check("a,\"b\nc\nd\n", "1!its last quotation mark is missing\n");
    check("\xff\nnext\n", "1!it isn't UTF-8\n2:[next]\n");
    check("\xed\xa0\x80\nnext\n", "1!it isn't UTF-8\n2:[next]\n"); /* a surrogate */
    check_bytes("a\0b\nnext\n", 9, "1!it holds a NUL byte\n2:[next]\n");
    check_bytes("\"a\0b\"\nnext\n", 11, "1!it holds a NUL byte\n2:[next]\n");
}

static void test_bounds(void **state)
{
    struct buf b = BUF_INIT;
    char *rows;

    for (size_t i = 0; i < CSV_FIELD_MAX; i++)
        buf_putc(&b, 'x');
    rows = read_by(b.data, b.len, 100);
    assert_int_equal(strlen(rows), CSV_FIELD_MAX + 5);
    free(rows);
    buf_puts(&b, "x,y\nnext\n");
    check(b.data, "1!a field is longer than 8,192 bytes\n2:[next]\n");

    buf_clear(&b);
    for (size_t i = 1; i < CSV_FIELDS_MAX; i++)
        buf_putc(&b, ',');
    rows = read_by(b.data, b.len, 100);
    assert_int_equal(strlen(rows), 2 * CSV_FIELDS_MAX + 3);
    free(rows);
    buf_puts(&b, ",\nnext\n");
    check(b.data, "1!there are more than 256 fields\n2:[next]\n");

    /* A quotation mark that never closes costs one row, not the file. */
    buf_clear(&b);
    for (size_t i = 0; i < 20000; i++)
        buf_puts(&b, i == 0 ? "\"a,b\n" : "aaa,\"b\"\"b\"\n");
    rows = read_by(b.data, b.len, 1000);
    assert_non_null(strstr(rows, "1!"));
    assert_non_null(strstr(rows, "\n20000:[aaa][b\"b]\n"));
    free(rows);
    buf_free(&b);
}

static void test_stop(void **state)
{
    struct seen seen = {.b = BUF_INIT, .stop_at = 2};
    struct csv *c = csv_new(see, &seen);

    assert_int_equal(csv_feed(c, "a\nb\nc\n", 6), 7);
    assert_string_equal(seen.b.data, "1:[a]\n2:[b]\n");
    csv_free(c);
    buf_free(&seen.b);
}

/* One row of one cell of text, as it is written. */
static void check_written(const char *cell, const char *expected)
{
    struct buf b = BUF_INIT;
    struct csv_out o = {.to = &b, .separator = ','};

    csv_put_text(&o, cell);
    csv_end_row(&o);
    assert_int_equal(b.data[b.len - 2], '\r');
    assert_int_equal(b.data[b.len - 1], '\n');
    b.data[b.len - 2] = '\0';
    assert_string_equal(b.data, expected);
    buf_free(&b);
}

static void test_formulas(void **state)
{
    static const char *const harmless[] = {
        "a=b", "1-2",  "bob@hansalim", "!outside@hansalim", "한=글", "", "'", "\"",
        " ",   "#N/A", "\xff=1"};
    static const char *const formulas[] = {
        "=1+1",
        "+82 10",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        " =1",
        "'=1",
        "\"=1",
        " \"' @x",
        "\xc2\xa0=1",     /* no-break space */
        "\xe3\x80\x80-x", /* ideographic space */
        "\xe2\x80\x8b=1", /* zero width space */
        "\xef\xbb\xbf=1", /* byte order mark */
        "\xef\xbc\x9d"
        "1",
        "\xef\xbc\x8b"
        "1",
        "\xef\xbc\x8d"
        "1",
        "\xef\xbc\xa0"
        "x",
        "\x01=1",
    };

    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        assert_false(csv_would_run(harmless[i]));
    for (size_t i = 0; i < ARRAY_LEN(formulas); i++)
        assert_true(csv_would_run(formulas[i]));
    check_written("=1+1", "'=1+1");
    check_written("-5", "'-5");
    check_written("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0");
    check_written("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
    check_written("plain", "plain");
    check_written("텃밭 일", "텃밭 일");
}

static void test_written(void **state)
{
    struct buf b = BUF_INIT;
    struct csv_out o = {.to = &b, .separator = ';'};

    csv_put_plain(&o, "-1,5");
    csv_put_text(&o, "a;b");
    csv_put_text(&o, "");
    csv_put_text(&o, "say \"hi\"");
    csv_put_text(&o, " x ");
    csv_end_row(&o);
    csv_put_text(&o, "");
    csv_end_row(&o);
    csv_put_text(&o, "-2");
    csv_end_row(&o);
    assert_string_equal(b.data, "\"-1,5\";\"a;b\";;\"say \"\"hi\"\"\";\" x \"\r\n"
                                "\"\"\r\n'-2\r\n");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),    cmocka_unit_test(test_quoted),
        cmocka_unit_test(test_mark),     cmocka_unit_test(test_faults),
        cmocka_unit_test(test_sheets),   cmocka_unit_test(test_row_numbers),
        cmocka_unit_test(test_bounds),   cmocka_unit_test(test_stop),
        cmocka_unit_test(test_formulas), cmocka_unit_test(test_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
