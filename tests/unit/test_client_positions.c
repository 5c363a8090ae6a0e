/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A co-op's positions as the ledger answers them: what is taken, and what can't be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include "client/positions.h"
#include "core/num.h"

/* After ours: it has a macro that is called fail, too. */
#include <cmocka.h>

#define ITEM                                                                       \
    "{\"partner\":\"medical\",\"unit\":\"hour\",\"position\":-90,\"given\":600,"   \
    "\"given_transit\":true,\"taken\":null,\"taken_transit\":null,\"can_pay\":90," \
    "\"can_receive\":510,\"index\":7,\"time\":\"2026-11-22T00:00:00.000Z\","       \
    "\"day\":\"2026-11-22\",\"oldest\":\"2026-10-01\",\"clears\":40}"

static int take(struct positions *p, const char *text)
{
    memset(p, 0, sizeof(*p));
    return positions_take(p, json_loads(text, JSON_REJECT_DUPLICATES, NULL));
}

/* The item above with one piece of it replaced. */
static char *altered(const char *piece, const char *by)
{
    const char *at = strstr(ITEM, piece);
    struct buf b = BUF_INIT;

    assert_non_null(at);
    buf_puts(&b, "{\"size\":9,\"time\":null,\"items\":[");
    buf_put(&b, ITEM, (size_t)(at - ITEM));
    buf_puts(&b, by);
    buf_puts(&b, at + strlen(piece));
    buf_puts(&b, "]}");
    return buf_take(&b);
}

static void test_taken(void **state)
{
    struct positions p;
    struct position_sum sum;

    (void)state;
    assert_int_equal(
        take(&p, "{\"size\":9,\"time\":\"2026-11-22T00:00:00.000Z\",\"items\":["
                 "{\"partner\":\"z-farm\",\"unit\":\"hour\",\"position\":50,\"given\":null,"
                 "\"taken\":60,\"can_pay\":10,\"can_receive\":50,\"day\":\"2026-11-22\","
                 "\"oldest\":\"2026-11-22\",\"clears\":null},"
                 "{\"partner\":\"a-farm\",\"unit\":\"won\",\"position\":0,\"given\":5,"
                 "\"taken\":null,\"can_pay\":0,\"can_receive\":5,\"day\":null,\"oldest\":null,"
                 "\"clears\":0}," ITEM "]}"),
        PUMASI_OK);
    assert_int_equal(p.n, 3);
    assert_string_equal(p.rows[0].partner, "medical");
    assert_string_equal(p.rows[1].partner, "z-farm");
    assert_string_equal(p.rows[2].unit, "won");
    assert_int_equal(positions_unit_end(&p, 0), 2);
    assert_int_equal(positions_sum(&p, 0, 2, &sum), 0);
    assert_int_equal(sum.owe, 50);
    assert_int_equal(sum.owed, 90);
    assert_int_equal(sum.given, 600);
    assert_int_equal(sum.taken, 60);
    assert_int_equal(sum.can_pay, 100);
    assert_int_equal(sum.can_receive, 560);
    assert_false(sum.cleared);
    assert_false(p.rows[0].has_taken);
    assert_string_equal(p.rows[0].oldest, "2026-10-01");
    positions_free(&p);
}

static void test_not_taken(void **state)
{
    static const char *const bad[][2] = {
        {"\"medical\"", "\"Medical\""},
        {"\"medical\"", "7"},
        {"\"hour\"", "\"an hour\""},
        {"-90", "-90.5"},
        {"-90", "null"},
        {"-90", "9007199254740992"},
        {"\"given\":600", "\"given\":-1"},
        {"\"given\":600,", ""},
        {"\"can_pay\":90", "\"can_pay\":-1"},
        {"2026-10-01", "2026-13-01"},
        {"\"day\":\"2026-11-22\",", ""},
        {"\"clears\":40", "\"clears\":91"},
        {"\"clears\":40", "\"clears\":-1"},
        {ITEM, ITEM "," ITEM},
        {ITEM, "7"},
    };
    static const char *const no_answers[] = {"{}",
                                             "[]",
                                             "{\"size\":1}",
                                             "{\"items\":[]}",
                                             "{\"size\":-1,\"items\":[]}",
                                             "{\"size\":1,\"items\":{}}"};
    struct positions p;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char *text = altered(bad[i][0], bad[i][1]);

        assert_int_equal(take(&p, text), PUMASI_UNPROVED);
        positions_free(&p);
        free(text);
    }
    for (size_t i = 0; i < ARRAY_LEN(no_answers); i++) {
        assert_int_equal(take(&p, no_answers[i]), PUMASI_UNPROVED);
        positions_free(&p);
    }
}

static void test_beyond_all_numbers(void **state)
{
    struct position_row rows[] = {{.unit = "hour", .position = NUM_MAX},
                                  {.unit = "hour", .position = 1}};
    struct positions p = {.n = 2, .rows = rows};
    struct position_sum sum;

    (void)state;
    assert_int_equal(positions_sum(&p, 0, 1, &sum), 0);
    assert_int_equal(positions_sum(&p, 0, 2, &sum), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_not_taken),
        cmocka_unit_test(test_beyond_all_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
