/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Import: what is read from a file, and which limits it needs. What becomes of it then is in
 * test_client_import_job.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

/* Before cmocka, which has a macro called fail. */
#include "core/num.h"
#include "imports.h"

#include <cmocka.h>

static const struct profile_unit hour = {
    .unit = "hour", .name = (char *)"Hour", .scale = 60, .kind = UNIT_TIME};

static const char *member(const struct import_file *f, uint32_t i)
{
    return f->members.list[i];
}

/* --- reading --- */

static void test_columns(void **state)
{
    struct import_file f;

    imports_read_ok(&f, "id,Time,KIND, from ,to,amount,note\r\n"
                        "7,2020-01-25T19:13:17Z,Agent_Out,m0001,m0002@kenya,18000.00,x\r\n"
                        "8,2026-11-22,,m0002,m0001,\"1,000.5\",\r\n");
    assert_int_equal(f.n_rows, 2);
    assert_int_equal(f.n_bad, 0);
    assert_int_equal(f.members.n, 2);
    assert_string_equal(member(&f, f.rows[0].from), "m0001@kenya");
    assert_string_equal(member(&f, f.rows[0].to), "m0002@kenya");
    assert_int_equal(f.rows[0].amount, 1800000);
    assert_true(f.rows[0].has_day);
    assert_int_equal(f.rows[0].day, 18286);
    assert_string_equal(f.categories.list[f.rows[0].category - 1], "agent-out");
    assert_int_equal(f.rows[0].memo, 0);
    assert_int_equal(f.rows[1].row, 3);
    assert_int_equal(f.rows[1].amount, 100050);
    assert_int_equal(f.rows[1].day, DAY_2026_11_22);
    assert_int_equal(f.rows[1].category, 0);
    import_file_free(&f);

    /* date goes before time and category before kind, wherever they stand */
    imports_read_ok(&f, "time,date,category,kind,from,to,amount,memo\n"
                        "14:30,2020-01-02,a,b,x,y,1,\"in the garden, twice\"\n");
    assert_int_equal(f.n_rows, 1);
    assert_int_equal(f.rows[0].day, 18263);
    assert_string_equal(f.categories.list[f.rows[0].category - 1], "a");
    assert_string_equal(f.memos.list[f.rows[0].memo - 1], "in the garden, twice");
    import_file_free(&f);
    imports_read_ok(&f, "kind,category,date,time,from,to,amount\nb,a,2020-01-02,14:30,x,y,1\n");
    assert_string_equal(f.categories.list[f.rows[0].category - 1], "a");
    assert_int_equal(f.rows[0].day, 18263);
    import_file_free(&f);
}

/* A column of amounts, parted by blanks: what they come to, and 0 for a bad row; -1: it asks. */
static int64_t column_of(const struct profile_unit *unit, const char *cells, size_t *bad)
{
    struct import_file f;
    struct buf b = BUF_INIT;
    int64_t sum = 0;
    int rc;

    buf_puts(&b, "from;to;amount\n");
    for (size_t n; *cells != '\0'; cells += n + strspn(cells + n, " ")) {
        n = strcspn(cells, " ");
        buf_printf(&b, "a;b;%.*s\n", (int)n, cells);
    }
    rc = imports_read(&f, unit, b.data);
    for (size_t i = 0; i < f.n_rows; i++)
        sum += f.rows[i].amount;
    *bad = f.n_bad;
    import_file_free(&f);
    buf_free(&b);
    return rc == PUMASI_OK ? sum : -1;
}

/* Three digits behind a mark: thousands, decimals, or a question. */
static void test_thousands(void **state)
{
    static const struct {
        const struct profile_unit *unit;
        const char *cells;
        int64_t sum;
        size_t bad;
    } columns[] = {
        {&hour, "0.017", 0, 1},
        {&hour, "0,017", 0, 1},
        {&hour, "0.250 0.333 0.017 1.500", 15 + 90, 2},
        {&hour, "0,250 0,333 0,017 1,500", 15 + 90, 2},
        {&hour, "0.017 1.500", 90, 1},
        {&hour, "1.500", -1, 0},
        {&hour, "1.500 2.250", -1, 0},
        {&hour, "1.500 12.5", 90 + 750, 0},
        {&hour, "1.500 1:30", -1, 0},
        {&imports_sarafu, "0.500", 50, 0},
        {&imports_sarafu, "0,500 0,25", 75, 0},
        {&imports_sarafu, "1.500", 150000, 0},
        {&imports_sarafu, "1.234.567 1.500", 123456700 + 150000, 0},
        {&imports_sarafu, "0.500 1.500", -1,
         0}, /* decimals in one row, and thousands in the other? */
        {&imports_sarafu, "0.017 1.500", -1, 0},
        {&imports_sarafu, "0.0175 1,500.00", 150000, 1},
    };
    size_t bad;

    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        int64_t sum = column_of(columns[i].unit, columns[i].cells, &bad);

        if (sum != columns[i].sum || bad != columns[i].bad)
            fail_msg("%s: %lld, %zu bad", columns[i].cells, (long long)sum, bad);
    }
}

static void test_no_columns(void **state)
{
    static const char *const files[] = {
        "",        "\n\n",        "from,to\na,b\n",        "from;to\na;b;1\n",
        "a,b,1\n", "\"from,to\n", "from,to,amount,from\n", "\xff\xfe",
    };
    struct import_file f;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        assert_int_equal(imports_read(&f, &imports_sarafu, files[i]), PUMASI_USAGE);
        import_file_free(&f);
    }
}

static void test_bad_rows(void **state)
{
    static const char *const rows[] = {
        "a,b", /* too few fields */
        "a,b,1,2020-01-01,,,x",
        ",b,1,,,",
        "a,,1,,,",
        "A,b,1,,,",
        "a,b@hansalim,1,,,",
        "a@b@kenya,b,1,,,",
        "a,a,1,,,",
        "a,a@kenya,1,,,",
        "a,b,0,,,",
        "a,b,-1,,,",
        "a,b,1.0001,,,",
        "a,b,1e3,,,",
        "a,b,,,,",
        "a,b,99999999999999999,,,",
        "a,b,1,2020-13-25,,",
        "a,b,1,2020-02-30,,",
        "a,b,1,2020-01-01x,,",
        "a,b,1,2026-11-23,,", /* the day after the last */
        "a,b,1,,,\xe2\x80\xae",
        "a,\"b\"x,1,,,",
    };
    struct import_file f;
    struct buf b = BUF_INIT, out = BUF_INIT;

    buf_puts(&b, "from,to,amount,date,kind,memo\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_puts(&b, rows[i]);
        buf_putc(&b, '\n');
    }
    buf_puts(&b, "c,d,1,,,\n");
    imports_read_ok(&f, b.data);
    assert_int_equal(f.n_bad, ARRAY_LEN(rows));
    assert_int_equal(f.n_rows, 1);
    /* No member is made for a row that isn't booked. */
    assert_int_equal(f.members.n, 2);
    assert_string_equal(member(&f, 0), "c@kenya");
    /* With what was wrong set right the file of bad rows is a file to import. */
    import_put_bad(&out, &f);
    import_file_free(&f);
    imports_read_ok(&f, out.data);
    assert_int_equal(f.n_bad, ARRAY_LEN(rows));
    import_file_free(&f);
    buf_free(&b);
    buf_free(&out);
}

static void test_bad_file(void **state)
{
    struct import_file f;
    struct buf out = BUF_INIT;

    imports_read_ok(
        &f, "\xef\xbb\xbf"
            "id,from,to,amount\r\n1,a,b,1\r\n2,a,a,1\r\n3,\"a\"b,c,1\r\n4,\"a\",b,\"0\"\r\n");
    /* Refusals of the ledger are added later, and stand by their line. */
    import_file_add_bad(&f, 2, f.rows[0].at, f.rows[0].len, false, x_strdup("say \"no\""));
    import_file_add_bad(&f, 9, 0, 0, false, x_strdup("\"=1+1\" is no amount of hour"));
    import_put_bad(&out, &f);
    assert_string_equal(out.data,
                        "\xef\xbb\xbf"
                        "row,reason,id,from,to,amount\n"
                        "2,\"say \"\"no\"\"\",1,a,b,1\n"
                        "3,\"from and to are the same\",2,a,a,1\n"
                        "4,\"something stands between a closing quotation mark and the next "
                        "separator\",\"3,\"\"a\"\"b,c,1\"\n"
                        "5,\"the amount is zero\",4,\"a\",b,\"0\"\n"
                        /* What a spreadsheet might run. */
                        "9,\"'\"\"=1+1\"\" is no amount of hour\",\n");
    import_file_free(&f);
    buf_free(&out);
}

static void test_category(void **state)
{
    static const char *const pairs[][2] = {
        {"standard", "standard"},
        {"Agent_Out", "agent-out"},
        {"", ""},
        {"a b/c", "a-b-c"},
        {"품앗이 1", "----1"},
        {"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx"},
    };
    char out[CATEGORY_MAX + 1];

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        import_category(out, pairs[i][0]);
        assert_string_equal(out, pairs[i][1]);
    }
}

/* --- limits --- */

static void test_replay(void **state)
{
    struct import_file f;
    struct import_plan p;

    imports_read_ok(&f, "from,to,amount\na,b,3\na,c,3\nb,a,2\nc,d,1\nd,a,1\n");
    /* a: -3 -6 -4 -3; b: 3 1; c: 3 2; d: 1 0 */
    imports_plan(&p, &f, -600, 300);
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 0);
    assert_int_equal(p.accounts[0].lowest, -600);
    assert_int_equal(p.accounts[0].balance, -300);
    import_plan_free(&p);

    imports_plan(&p, &f, -599, 299);
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 3);
    assert_string_equal(member(&f, p.limits[0].member), "a@kenya");
    assert_int_equal(p.limits[0].bounds.floor, -600);
    assert_int_equal(p.limits[0].bounds.ceiling, 299); /* stays */
    assert_false(p.limits[0].by_registrar);            /* past -5.00 */
    assert_string_equal(member(&f, p.limits[1].member), "b@kenya");
    assert_int_equal(p.limits[1].bounds.floor, -599);
    assert_int_equal(p.limits[1].bounds.ceiling, 300);
    assert_string_equal(member(&f, p.limits[2].member), "c@kenya");
    import_plan_free(&p);

    /* What stands already counts; a registrar may go as far as the policy says and no further. */
    imports_plan(&p, &f, 0, 1000);
    p.accounts[0].balance = 100;
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 1);
    assert_int_equal(p.limits[0].bounds.floor, -500);
    assert_false(p.limits[0].by_registrar); /* the ceiling that it keeps is past 5.00 */
    import_plan_free(&p);
    imports_plan(&p, &f, 0, 500);
    p.accounts[0].balance = 100;
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 1);
    assert_true(p.limits[0].by_registrar);
    import_plan_free(&p);

    /* An account that stands outside its limits isn't in the way of what goes inwards. */
    imports_plan(&p, &f, -600, 300);
    p.accounts[3].balance = -10000; /* d is paid 1 and pays 1 */
    p.accounts[1].balance = 10000;  /* b is paid 3: past its ceiling */
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 2);
    assert_int_equal(p.limits[0].bounds.ceiling, 10300);
    assert_int_equal(p.limits[1].bounds.floor, -10000);
    import_plan_free(&p);

    imports_plan(&p, &f, 0, 0);
    p.accounts[1].balance = NUM_MAX - 299;
    assert_int_equal(import_plan_replay(&p, &f), -1);
    import_plan_free(&p);
    import_file_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),    cmocka_unit_test(test_thousands),
        cmocka_unit_test(test_no_columns), cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_bad_file),   cmocka_unit_test(test_category),
        cmocka_unit_test(test_replay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
