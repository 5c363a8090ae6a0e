/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Exports: names that never collide, exact numbers, and answers that don't add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro called fail. */
#include "client/export.h"
#include "client/export_name.h"

#include <cmocka.h>

static struct profile_unit units[] = {
    {.unit = "hour", .scale = 60, .kind = UNIT_TIME},
    {.unit = "won", .scale = 1},
    {.unit = "coin", .scale = 100, .kind = UNIT_CREDIT},
    {.unit = "box", .scale = 12},
    {.unit = "a", .scale = 1000000000},
    {.unit = "ab-", .scale = 7},
    {.unit = "k-2", .scale = 1000},
    {.unit = "x-", .scale = 1},
};
enum {
    HOUR,
    WON,
    COIN,
    BOX,
    A,
    AB,
    K2,
    X
};

typedef void put_account(struct buf *b, const char *root, const char *member, const char *name);

static void check_account(put_account *put, const char *root, const char *member, const char *name,
                          const char *expected)
{
    struct buf b = BUF_INIT;

    put(&b, root, member, name);
    assert_string_equal(b.data, expected);
    buf_free(&b);
}

static void test_accounts(void **state)
{
    static const struct {
        const char *member, *name, *hledger, *beancount;
    } rows[] = {
        {"alice@hansalim", NULL, "r:hansalim:alice", "R:Hansalim:Alice"},
        {"alice@hansalim", "", "r:hansalim:alice", "R:Hansalim:Alice"},
        {"alice@hansalim", "김철수", "r:hansalim:alice 김철수", "R:Hansalim:Alice--김철수"},
        {"a.b_c-d@0-x-", NULL, "r:0-x-:a.b_c-d", "R:0-x-:ADOTbLINEc-d"},
        {"9--a-@x1", NULL, "r:x1:9--a-", "R:X1:9DASHDASHaDASH"},
        {"a.-b@x1", NULL, "r:x1:a.-b", "R:X1:ADOTDASHb"},
        {"!outside@x1", NULL, "r:x1:!outside", "R:X1:CONTRA-outside"},
        {"!pos.a-b@x1", NULL, "r:x1:!pos.a-b", "R:X1:CONTRA-posDOTa-b"},
        {"a@x1", " Kim,  \"Lee\"; (x) | y: z ", "r:x1:a Kim-Lee-x-y-z", "R:X1:A--Kim-Lee-x-y-z"},
        {"a@x1", "  박   영희 ", "r:x1:a 박 영희", "R:X1:A--박-영희"},
        {"a@x1", "O'Neil-Maß Jr.", "r:x1:a O'Neil-Maß Jr.", "R:X1:A--O-Neil-Maß-Jr"},
        {"a@x1", "::;;\xe2\x80\x8b", "r:x1:a", "R:X1:A"},
        {"a@x1", "\t\n\xff", "r:x1:a", "R:X1:A"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        check_account(export_hledger_account, "r", rows[i].member, rows[i].name, rows[i].hledger);
        check_account(export_beancount_account, "R", rows[i].member, rows[i].name,
                      rows[i].beancount);
    }
}

/* All handles of up to four of these characters, with and without names that look like handles. */
static void test_no_two_alike(void **state)
{
    static const char letters[] = "ad9._-";
    static const char *const names[] = {NULL, "a", "9", "A--9", "DOT", "-", "a 9", "d:9"};
    static put_account *const puts[] = {export_hledger_account, export_beancount_account};
    size_t n = 0;

    for (size_t format = 0; format < ARRAY_LEN(puts); format++) {
        json_t *seen = json_object();

        for (size_t code = 0; code < 7 * 7 * 7 * 7; code++) {
            char member[16];
            size_t len = 0;

            for (size_t left = code; left > 0 && left % 7 > 0; left /= 7)
                member[len++] = letters[left % 7 - 1];
            memcpy(member + len, "@x1", 4);
            if (!name_is_address(member))
                continue;
            for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                struct buf b = BUF_INIT;
                const json_t *other;

                puts[format](&b, "Root", member, names[i]);
                other = json_object_get(seen, b.data);
                if (other != NULL)
                    assert_string_equal(json_string_value(other), member);
                json_object_set_new(seen, b.data, json_string(member));
                buf_free(&b);
                n++;
            }
        }
        json_decref(seen);
    }
    assert_true(n > 4000);
}

static void check_text(struct buf *b, const char *expected)
{
    assert_string_equal(b->data, expected);
    buf_clear(b);
}

static void test_commodities(void **state)
{
    static const char *const hledger[] = {"\"hour.min\"",  "won",     "coin",  "\"box.minor\"", "a",
                                          "\"ab-.minor\"", "\"k-2\"", "\"x-\""};
    static const char *const beancount[] = {"HOUR.MIN", "WON",       "COIN", "BOX.MINOR",
                                            "A.U",      "AB-.MINOR", "K-2",  "X-.U"};
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        export_hledger_commodity(&b, &units[i]);
        check_text(&b, hledger[i]);
        export_beancount_commodity(&b, &units[i]);
        check_text(&b, beancount[i]);
    }
    buf_free(&b);
}

static void test_numbers(void **state)
{
    struct buf b = BUF_INIT;

    export_number(&b, -90, &units[HOUR]);
    check_text(&b, "-90");
    export_number(&b, -5, &units[COIN]);
    check_text(&b, "-0.05");
    export_number(&b, 0, &units[COIN]);
    check_text(&b, "0.00");
    export_number(&b, INT64_C(9007199254740991), &units[COIN]);
    check_text(&b, "90071992547409.91");
    export_number(&b, INT64_C(-9007199254740991), &units[A]);
    check_text(&b, "-9007199.254740991");
    export_decimal(&b, -90, &units[HOUR], ',');
    check_text(&b, "-1,500000");
    export_decimal(&b, 1, &units[HOUR], '.');
    check_text(&b, "0.016667");
    export_decimal(&b, 5, &units[BOX], '.');
    check_text(&b, "0.416667");
    export_decimal(&b, INT64_C(-9007199254740991), &units[AB], '.');
    check_text(&b, "-1286742750677284.428571");
    export_decimal(&b, -12345, &units[COIN], ',');
    check_text(&b, "-123,45");
    export_decimal(&b, 7, &units[WON], ',');
    check_text(&b, "7");
    export_fraction(&b, &units[HOUR]);
    check_text(&b, "0.016666666667");
    export_fraction(&b, &units[AB]);
    check_text(&b, "0.142857142857");
    export_hledger_text(&b, "a;b|c\td\n");
    check_text(&b, "a；b｜c d ");
    export_beancount_text(&b, "a\"b\\c\n");
    check_text(&b, "\"a\\\"b\\\\c \"");
    buf_free(&b);
}

/* Two members who exchange: rows of index, day, member, amount, balance, seq, newest first. */
struct row {
    int64_t index;
    int32_t day;
    const char *member;
    int64_t amount, balance, seq;
};
static const struct row good[] = {
    {9, 30, "a@x1", -5, -2, 3}, {9, 30, "b@x1", 5, 2, 3},   {7, 20, "b@x1", -7, -3, 2},
    {7, 20, "a@x1", 7, 3, 2},   {4, 20, "a@x1", -4, -4, 1}, {4, 20, "b@x1", 4, 4, 1},
};

static void fill(struct export *x, const struct row *rows, size_t n)
{
    memset(x, 0, sizeof(*x));
    x->ledger_id = "x";
    x->book = "x1";
    x->units = units;
    x->n_units = ARRAY_LEN(units);
    x->size = 100;
    for (size_t i = 0; i < n; i++) {
        size_t account;
        struct export_posting *p;

        assert_int_equal(export_account(x, rows[i].member, &units[WON], &account), 0);
        p = export_posting(x);
        p->account = account;
        p->index = rows[i].index;
        p->day = rows[i].day;
        p->amount = rows[i].amount;
        p->balance = rows[i].balance;
        p->seq = rows[i].seq;
        p->memo = x_strdup("");
        p->signed_by = x_strdup("");
    }
    for (size_t i = 0; i < x->n_accounts; i++) {
        bool a = str_eq(x->accounts[i].member, "a@x1");

        x->accounts[i].said_balance = a ? -2 : 2;
        x->accounts[i].said_seq = 3;
        x->accounts[i].whole = true;
    }
}

static void settles(struct export *x)
{
    char *why = export_settle(x);

    if (why != NULL)
        fail_msg("%s", why);
}

static void test_settle(void **state)
{
    struct export x;

    fill(&x, good, ARRAY_LEN(good));
    settles(&x);
    assert_int_equal(x.n, 6);
    assert_int_equal(x.postings[0].index, 4);
    assert_int_equal(x.postings[0].amount, -4); /* the payer's leg first, as it came */
    assert_int_equal(x.postings[2].amount, -7);
    assert_int_equal(x.accounts[0].closing, -2);
    export_free(&x);

    /* To the end of a day, and to a size of the log. */
    for (int i = 0; i < 2; i++) {
        fill(&x, good, ARRAY_LEN(good));
        x.has_to = i == 0;
        x.to = 29;
        x.size = i == 0 ? 100 : 9;
        settles(&x);
        assert_int_equal(x.n, 4);
        assert_int_equal(x.accounts[0].closing, 3);
        export_free(&x);
    }

    /* From a day on: what is older wasn't read. */
    fill(&x, good, 2);
    x.has_from = true;
    x.from = 21;
    x.accounts[0].whole = x.accounts[1].whole = false;
    settles(&x);
    assert_int_equal(x.accounts[0].opening, 3);
    assert_int_equal(x.accounts[1].opening, -3);
    export_free(&x);

    /* What the ledger said while its postings went on. */
    fill(&x, good, ARRAY_LEN(good));
    x.accounts[0].said_balance = 3;
    x.accounts[0].said_seq = 2;
    settles(&x);
    export_free(&x);
}

static void check_fault(struct export *x)
{
    char *why = export_settle(x);

    assert_non_null(why);
    assert_non_null(strstr(why, "nothing was written"));
    free(why);
    export_free(x);
}

static void test_faults(void **state)
{
    struct row rows[ARRAY_LEN(good)];
    struct export x;

    /* Each number of each posting, changed by one, is noticed. */
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        for (int field = 0; field < 3; field++) {
            memcpy(rows, good, sizeof(rows));
            rows[i].amount += field == 0;
            rows[i].balance += field == 1;
            rows[i].seq += field == 2;
            fill(&x, rows, ARRAY_LEN(rows));
            check_fault(&x);
        }
    }
    /* A posting left out, first, last or between; or one that comes twice. */
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        memcpy(rows, good, sizeof(rows));
        memmove(rows + i, rows + i + 1, (ARRAY_LEN(good) - 1 - i) * sizeof(*rows));
        fill(&x, rows, ARRAY_LEN(good) - 1);
        check_fault(&x);
        rows[ARRAY_LEN(good) - 1] = rows[0];
        fill(&x, rows, ARRAY_LEN(good));
        check_fault(&x);
    }
    /* Another balance than the ledger said, or an account that it says has more. */
    for (int i = 0; i < 3; i++) {
        fill(&x, good, ARRAY_LEN(good));
        x.accounts[0].said_balance += i == 0;
        x.accounts[0].said_seq += i == 1 ? 1 : i == 2 ? -1 : 0;
        check_fault(&x);
    }
    /* Days that go back, and a leg in another book. */
    memcpy(rows, good, sizeof(rows));
    rows[4].day = rows[5].day = 25;
    fill(&x, rows, ARRAY_LEN(rows));
    check_fault(&x);
    memcpy(rows, good, sizeof(rows));
    rows[0].index = 10;
    fill(&x, rows, ARRAY_LEN(rows));
    check_fault(&x);
    /* A quiet account that only the list knows. */
    size_t account;

    fill(&x, good, ARRAY_LEN(good));
    assert_int_equal(export_account(&x, "c@x1", &units[WON], &account), 0);
    x.accounts[account].said_balance = 1;
    x.accounts[account].said_seq = 1;
    check_fault(&x);
    assert_int_equal(export_account(&x, "no address", &units[WON], &account), -1);
    export_free(&x);
}

/* A table that says what no record can hold is looked at on a terminal too. */
static void test_table(void **state)
{
    static const char *const columns[] = {"a", "b"};
    static const struct csv_style style = {.separator = ';', .decimal_comma = true, .mark = true};
    struct buf b = BUF_INIT;
    struct csv_table t;

    (void)state;
    csv_table_begin(&t, &b, columns, ARRAY_LEN(columns), &style);
    csv_table_text(&t, "=x\x1b[2J\xc2\x9b\xe2\x80\xae");
    csv_table_amount(&t, -150, &units[COIN]);
    csv_table_end_row(&t);
    assert_string_equal(b.data, "\xef\xbb\xbf"
                                "a;b\r\n"
                                "'=x\\x1b[2J\\xc2\\x9b\\xe2\\x80\\xae;\"-1,50\"\r\n");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accounts),    cmocka_unit_test(test_no_two_alike),
        cmocka_unit_test(test_commodities), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_settle),      cmocka_unit_test(test_faults),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
