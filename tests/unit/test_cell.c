/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cells of spreadsheets: amounts and dates as people write them, and columns that leave it open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cell.h"
#include "core/cell_date.h"
#include "core/date.h"

#include <cmocka.h>

static const struct cell_unit hour = {
    .unit = "hour", .name = "시간", .kind = UNIT_TIME, .scale = 60};
static const struct cell_unit won = {.unit = "won", .name = "Won", .kind = UNIT_CREDIT, .scale = 1};
static const struct cell_unit coin = {
    .unit = "coin", .name = "Local Coin", .kind = UNIT_CREDIT, .scale = 100};

#define NONE INT64_MIN

static int64_t amount(const struct cell_unit *u, const char *s, char decimal)
{
    int64_t n = 0;
    const char *why = NULL;

    if (cell_amount(s, u, decimal, &n, &why) == CELL_FITS)
        return n;
    assert_non_null(why);
    return NONE;
}

static void test_hours(void **state)
{
    static const struct {
        const char *s;
        int64_t point, comma;
    } cells[] = {
        {"1:30", 90, 90},
        {"01:30", 90, 90},
        {"1:30:00", 90, 90},
        {"1:30:10", NONE, NONE},
        {"-0:45", -45, -45},
        {"(1:30)", -90, -90},
        {"1h30", 90, 90},
        {"1h 30m", 90, 90},
        {"1 h", 60, 60},
        {"90 min", 90, 90},
        {"90분", 90, 90},
        {"1시간 30분", 90, 90},
        {"1시간30분", 90, 90},
        {"1 시간 반", 90, 90},
        {"반시간", 30, 30},
        {"2시간", 120, 120},
        {"1.5시간", 90, NONE},
        {"1,5 h", NONE, 90},
        {"1,5 Stunden", NONE, 90},
        {"1.5", 90, NONE},
        {"1,5", NONE, 90},
        {"1,500", 90000, 90},
        {"0.017", NONE, NONE}, /* too fine, and no 17 hours */
        {"0,017", NONE, NONE},
        {"0.250", 15, NONE},
        {"-0,500", NONE, -30},
        {"00.250", 15, NONE},
        {"0.500시간", 30, NONE},
        {"0,500,000", NONE, NONE},
        {"0.250,500", NONE, NONE},
        {"0 500", NONE, NONE},
        {"0'500", NONE, NONE},
        {"0,000", NONE, 0},
        {"1.234", NONE, 74040},
        {"1½", NONE, NONE},
        {"1.33", NONE, NONE},
        {"1시간 60분", NONE, NONE},
        {"1.5시간 30분", NONE, NONE},
        {"90 min 30 s", NONE, NONE},
        {"3 apples", NONE, NONE},
        {"1h30m20", NONE, NONE},
        {"h", NONE, NONE},
        {"１：３０", 90, 90}, /* full width */
        {"\xc2\xa0"
         "2\xc2\xa0",
         120, 120},
        {"", NONE, NONE},
        {":", NONE, NONE},
        {"1:", NONE, NONE},
    };

    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        if (amount(&hour, cells[i].s, '.') != cells[i].point ||
            amount(&hour, cells[i].s, ',') != cells[i].comma)
            fail_msg("\"%s\": %lld, %lld", cells[i].s, (long long)amount(&hour, cells[i].s, '.'),
                     (long long)amount(&hour, cells[i].s, ','));
    }
}

static void test_money(void **state)
{
    static const struct {
        const struct cell_unit *u;
        const char *s;
        int64_t point, comma;
    } cells[] = {
        {&coin, "1234.5", 123450, NONE},
        {&coin, "1,234.50", 123450, NONE},
        {&coin, "1.234,50", NONE, 123450},
        {&coin, "1 234,50", NONE, 123450},
        {&coin,
         "1\xc2\xa0"
         "234,50",
         NONE, 123450},
        {&coin,
         "1\xe2\x80\xaf"
         "234,50",
         NONE, 123450},
        {&coin, "1'234.50", 123450, NONE},
        {&coin, "1,234,567", 123456700, NONE},
        {&coin, "12,34,567", NONE, NONE},
        {&coin, "1,23", NONE, 123},
        {&coin, ".5", 50, NONE},
        {&coin, "0.5", 50, NONE},
        {&coin, "007", 700, 700},
        {&coin, "5.", NONE, NONE},
        {&coin, "5-", -500, -500},
        {&coin, "5 -", -500, -500},
        {&coin, "+5", 500, 500},
        {&coin, "(5)", -500, -500},
        {&coin, "-(5)", NONE, NONE},
        {&coin, "-5-", NONE, NONE},
        {&coin,
         "\xe2\x88\x92"
         "5",
         -500, -500}, /* minus sign */
        {&coin,
         "\xe2\x80\x93"
         "5",
         -500, -500}, /* dash */
        {&coin, "5 coin", 500, 500},
        {&coin, "5 Local  Coin", 500, 500},
        {&coin, "coin 5", 500, 500},
        {&coin, "5 won", NONE, NONE},
        {&coin, "5e3", NONE, NONE},
        {&coin, "1.005", NONE, 100500},
        {&coin, "0.500", 50, NONE},
        {&coin, "0,500", NONE, 50},
        {&coin, "0.005", NONE, NONE},
        {&coin, "0.123,45", NONE, NONE},
        {&coin, "012.345", NONE, NONE},
        {&coin, "5 5", NONE, NONE},
        {&coin, "99999999999999999999", NONE, NONE},
        {&won, "5,000원", 5000, NONE},
        {&won, "₩5,000", 5000, NONE},
        {&won, "-₩5,000", -5000, NONE},
        {&won, "₩-5,000", -5000, NONE},
        {&won, "5000", 5000, 5000},
        {&won, "5000.00", 5000, NONE},
        {&won, "1.5", NONE, NONE},
        {&won, "0.017", NONE, NONE},
        {&won, "0.000", 0, NONE},
        {&won, "\xff", NONE, NONE},
    };

    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        if (amount(cells[i].u, cells[i].s, '.') != cells[i].point ||
            amount(cells[i].u, cells[i].s, ',') != cells[i].comma)
            fail_msg("\"%s\": %lld, %lld", cells[i].s,
                     (long long)amount(cells[i].u, cells[i].s, '.'),
                     (long long)amount(cells[i].u, cells[i].s, ','));
    }
}

static void test_minutes(void **state)
{
    struct cell_unit u = hour;

    u.minutes = true;
    assert_int_equal(amount(&u, "90", '.'), 90);
    assert_int_equal(amount(&u, "1,200", '.'), 1200);
    assert_int_equal(amount(&u, "2h", '.'), 120);
    assert_int_equal(amount(&u, "1.5", '.'), NONE);
    assert_int_equal(amount(&u, "0.017", '.'), NONE);
    assert_int_equal(amount(&u, "0.017", ','), NONE);
    u = hour;
    u.round = true;
    assert_int_equal(amount(&u, "1.33", '.'), 80);
    assert_int_equal(amount(&u, "0.08", '.'), 5);
    assert_int_equal(amount(&u, "0.99", '.'), 59);
    assert_int_equal(amount(&u, "0.017", '.'), 1);
    assert_int_equal(amount(&u, "0.017", ','), NONE);
    assert_int_equal(amount(&u, "1,999.995", '.'), 120000);
}

/* What the unit can't have is told from what isn't written as an amount. */
static void test_fits(void **state)
{
    const char *why = NULL;
    int64_t n = 7;

    assert_int_equal(cell_amount("0.017", &hour, '.', &n, &why), CELL_UNFIT);
    assert_int_equal(cell_amount("0.017", &hour, ',', &n, &why), CELL_NONE);
    assert_int_equal(cell_amount("1.5", &won, '.', &n, &why), CELL_UNFIT);
    assert_int_equal(cell_amount("1.5", &won, ',', &n, &why), CELL_NONE);
    assert_int_equal(cell_amount("9007199254740993", &won, '.', &n, &why), CELL_UNFIT);
    assert_int_equal(cell_amount("three", &won, '.', &n, &why), CELL_NONE);
    assert_int_equal(n, 7);
}

/* --- dates --- */

static const char *day_of(const char *s, enum cell_order order, char out[DATE_LEN + 1])
{
    int32_t day;

    if (cell_date(s, order, &day) != 0)
        return "-";
    date_text(out, day);
    return out;
}

static void test_dates(void **state)
{
    static const struct {
        const char *s, *ymd, *dmy, *mdy;
    } cells[] = {
        {"2026-03-31", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"2026-3-1", "2026-03-01", "2026-03-01", "2026-03-01"},
        {"2026/03/31", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"2026. 3. 31.", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"2026.3.31", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"2026년 3월 31일", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"2026년3월31일(화)", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"26년 3월 31일", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"20260331", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"31 Mar 2026", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"31-Mar-26", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"March 31, 2026", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"31.03.2026", "-", "2026-03-31", "-"},
        {"31/03/2026", "-", "2026-03-31", "-"},
        {"03/31/2026", "-", "-", "2026-03-31"},
        {"03/04/2026", "-", "2026-04-03", "2026-03-04"},
        {"03/04/05", "2003-04-05", "2005-04-03", "2005-03-04"},
        {"31.12.99", "-", "1999-12-31", "-"},
        {"99.12.31", "1999-12-31", "-", "-"},
        {"2026-03-31T10:00:00Z", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"2026-03-31 10:00:00 UTC", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"2026-03-31 10:00:00 +0200", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"2026-03-31 오후 2:30", "2026-03-31", "2026-03-31", "2026-03-31"},
        {"3/31/2026 2:30 PM", "-", "-", "2026-03-31"},
        {"2026-03-31x", "-", "-", "-"},
        {"2026-03-31 x", "-", "-", "-"},
        {"2026-02-30", "-", "-", "-"},
        {"2026-13-01", "-", "-", "-"},
        {"2026-00-01", "-", "-", "-"},
        {"2026-03", "-", "-", "-"},
        {"0226-03-31", "-", "-", "-"},
        {"yesterday", "-", "-", "-"},
        {"45000", "-", "-", "-"},
        {"", "-", "-", "-"},
    };
    char text[3][DATE_LEN + 1];

    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        if (strcmp(day_of(cells[i].s, CELL_YMD, text[0]), cells[i].ymd) != 0 ||
            strcmp(day_of(cells[i].s, CELL_DMY, text[1]), cells[i].dmy) != 0 ||
            strcmp(day_of(cells[i].s, CELL_MDY, text[2]), cells[i].mdy) != 0)
            fail_msg("\"%s\": %s %s %s", cells[i].s, day_of(cells[i].s, CELL_YMD, text[0]),
                     day_of(cells[i].s, CELL_DMY, text[1]), day_of(cells[i].s, CELL_MDY, text[2]));
    }
}

static void test_serial(void **state)
{
    char text[DATE_LEN + 1];

    assert_string_equal(day_of("45000", CELL_SERIAL, text), "2023-03-15");
    assert_string_equal(day_of("45000.604166", CELL_SERIAL, text), "2023-03-15");
    assert_string_equal(day_of("25569", CELL_SERIAL, text), "1970-01-01");
    assert_string_equal(day_of("1", CELL_SERIAL, text), "1900-01-01");
    assert_string_equal(day_of("59", CELL_SERIAL, text), "1900-02-28");
    assert_string_equal(day_of("60", CELL_SERIAL, text), "-");
    assert_string_equal(day_of("61", CELL_SERIAL, text), "1900-03-01");
    assert_string_equal(day_of("0", CELL_SERIAL, text), "-");
    assert_string_equal(day_of("9999999", CELL_SERIAL, text), "-");
    assert_string_equal(day_of("2026-03-31", CELL_SERIAL, text), "-");
}

static void test_order_names(void **state)
{
    enum cell_order order;

    for (int i = 0; i < CELL_ORDERS; i++) {
        assert_int_equal(cell_order_parse(cell_order_name((enum cell_order)i), &order), 0);
        assert_int_equal(order, i);
    }
    assert_int_equal(cell_order_parse("dym", &order), -1);
}

/* --- ways --- */

static void test_settle(void **state)
{
    static const struct cell_choice open = CELL_CHOICE;
    struct cell_choice c = open;
    int64_t row;

    /* Nothing said: the first way. */
    assert_int_equal(cell_settle(&c, 3, &row), 0);
    cell_vote(&c, 3, (const bool[]){true, true, true}, (const int64_t[]){5, 5, 5}, 2);
    cell_vote(&c, 3, (const bool[]){false, false, false}, (const int64_t[]){0, 0, 0}, 3);
    assert_int_equal(cell_settle(&c, 3, &row), 0);
    /* Two ways are left, and differ in row 4. */
    cell_vote(&c, 3, (const bool[]){false, true, true}, (const int64_t[]){0, 5, 6}, 4);
    assert_int_equal(cell_settle(&c, 3, &row), -1);
    assert_int_equal(row, 4);
    /* Row 9 speaks against one. */
    cell_vote(&c, 3, (const bool[]){false, true, false}, (const int64_t[]){0, 5, 6}, 9);
    assert_int_equal(cell_settle(&c, 3, &row), 1);
    /* And row 11 against the other. */
    cell_vote(&c, 3, (const bool[]){false, false, true}, (const int64_t[]){0, 5, 6}, 11);
    assert_int_equal(cell_settle(&c, 3, &row), -1);
    assert_int_equal(row, 0);
    assert_int_equal(c.against[0], 4);
    assert_int_equal(c.against[2], 9);
    assert_int_equal(c.against[1], 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours),   cmocka_unit_test(test_money),
        cmocka_unit_test(test_minutes), cmocka_unit_test(test_dates),
        cmocka_unit_test(test_serial),  cmocka_unit_test(test_order_names),
        cmocka_unit_test(test_settle),  cmocka_unit_test(test_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
