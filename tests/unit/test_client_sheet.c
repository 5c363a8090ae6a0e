/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Spreadsheets: their bytes, their columns, their mapping files, and whom their names mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before cmocka, which has a macro called fail. */
#include "client/files.h"
#include "client/import_names.h"
#include "client/say.h"
#include "client/sheet_head.h"
#include "client/sheet_text.h"

#include <cmocka.h>

static void set(struct sheet *s, const char *name, const char *value)
{
    char *why = sheet_set(s, name, value);

    if (why != NULL)
        fail_msg("%s = %s: %s", name, value, why);
}

static int find(struct sheet_head *h, const struct sheet *s, const char *text)
{
    return sheet_head_find(h, s, text, strlen(text));
}

/* --- settings --- */

static void test_settings(void **state)
{
    static const char *const wrong[][2] = {
        {"separator", "colon"},
        {"decimal", "dot"},
        {"dates", "dym"},
        {"header-row", "-1"},
        {"amounts", "cents"},
        {"negative", "yes"},
        {"skip-rows", "3-"},
        {"skip-rows", "7-3"},
        {"skip-rows", "0"},
        {"skip-rows", "x"},
        {"opening", "purse"},
        {"giver", "A"},
        {"", "A"},
        {"skip-rows", "3--4"},
        {"header-row", "one"},
        {"opening", "!a@b"},
    };
    struct sheet s;

    sheet_init(&s);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        char *why = sheet_set(&s, wrong[i][0], wrong[i][1]);

        assert_non_null(why);
        free(why);
    }
    assert_null(s.skip);
    set(&s, "skip-rows", "3, 17-19,30");
    assert_false(sheet_skips(&s, 2));
    assert_true(sheet_skips(&s, 3));
    assert_true(sheet_skips(&s, 18));
    assert_false(sheet_skips(&s, 20));
    assert_true(sheet_skips(&s, 30));
    sheet_free(&s);
}

static void test_mapping_file(void **state)
{
    const char *tmp = getenv("TMPDIR");
    char *path = x_asprintf("%s/map.%d", tmp != NULL ? tmp : "/tmp", (int)getpid());
    static const char *const wrong[] = {
        "from = A\n",           "[sheet]\nfrom = A\n", "[columns]\ndecimal = comma\n",
        "[what]\nfrom = A\n",   "[columns]\nfrom\n",   "[columns]\nwho = A\n",
        "[sheet]\ndates = x\n",
    };
    static const char *const lost[] = {"a ;b", ";b", "a\t;b", "a ", "a\t"};
    struct sheet s, again;

    sheet_init(&s);
    sheet_init(&again);
    set(&s, "from", "보낸 사람 | 지급인");
    set(&s, "memo", "? 적요");
    set(&s, "amount", "D");
    set(&s, "separator", "tab");
    set(&s, "encoding", "CP949");
    set(&s, "decimal", "comma");
    set(&s, "dates", "serial");
    set(&s, "amounts", "minutes");
    set(&s, "negative", "swap");
    set(&s, "header-row", "0");
    set(&s, "skip-rows", "4");
    set(&s, "opening", "start@kenya");
    assert_int_equal(sheet_save(&s, path, false), PUMASI_OK);
    assert_int_equal(sheet_load(&again, path), PUMASI_OK);
    assert_string_equal(again.columns[SHEET_FROM], s.columns[SHEET_FROM]);
    assert_string_equal(sheet_headers(&again, SHEET_MEMO), "적요");
    assert_int_equal(again.separator, '\t');
    assert_string_equal(again.encoding, "CP949");
    assert_int_equal(again.decimal, ',');
    assert_int_equal(again.dates, CELL_SERIAL);
    assert_int_equal(again.header_row, 0);
    assert_true(again.minutes && again.swap);
    assert_null(again.skip); /* of one file only */
    assert_null(again.opening);
    assert_int_equal(sheet_save(&s, path, true), PUMASI_OK);
    assert_int_equal(sheet_load(&again, path), PUMASI_OK);
    assert_string_equal(again.skip, "4");
    assert_string_equal(again.opening, "start@kenya");
    /* Headers that the file couldn't give back. */
    for (size_t i = 0; i < ARRAY_LEN(lost); i++) {
        set(&s, "to", lost[i]);
        assert_int_equal(sheet_save(&s, path, false), PUMASI_USAGE);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(files_write(path, wrong[i], strlen(wrong[i])), 0);
        assert_int_equal(sheet_load(&again, path), PUMASI_USAGE);
    }
    /* Indented by hand. */
    assert_int_equal(files_write(path, "[columns]\n  from = X\n  to = Y\n", 29), 0);
    assert_int_equal(sheet_load(&again, path), PUMASI_OK);
    assert_string_equal(again.columns[SHEET_TO], "Y");
    assert_int_equal(unlink(path), 0);
    sheet_free(&s);
    sheet_free(&again);
    free(path);
}

static void test_formats(void **state)
{
    static const char *const names[] = {"timeoverflow", "cyclos", "ces"};
    struct sheet s;

    sheet_init(&s);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(sheet_format(&s, names[i]), PUMASI_OK);
        assert_true(sheet_needs(&s, SHEET_FROM));
        assert_false(sheet_needs(&s, SHEET_MEMO));
    }
    assert_int_equal(sheet_format(&s, "excel"), PUMASI_USAGE);
    sheet_free(&s);
}

/* --- columns --- */

static void test_columns(void **state)
{
    struct sheet s;
    struct sheet_head h;

    sheet_init(&s);
    assert_int_equal(find(&h, &s, "Title;;\n;;\n FROM ;To;Amount\n"), PUMASI_OK);
    assert_int_equal(h.separator, ';');
    assert_int_equal(h.row, 3);
    assert_int_equal(h.place[SHEET_AMOUNT], 2);
    assert_false(h.there[SHEET_DATE]);
    /* Commas within are no separators where tabs are. */
    assert_int_equal(find(&h, &s, "from\tto\tamount\tmemo, if any\n"), PUMASI_OK);
    assert_int_equal(h.separator, '\t');
    assert_int_equal(find(&h, &s, "from,to\n"), PUMASI_USAGE);
    assert_int_equal(find(&h, &s, "from,to,amount,from\n"), PUMASI_USAGE);
    /* What is told must be there, unless it may be missing. */
    set(&s, "memo", "Words");
    assert_int_equal(find(&h, &s, "from,to,amount\n"), PUMASI_USAGE);
    set(&s, "memo", "? Words");
    assert_int_equal(find(&h, &s, "from,to,amount\n"), PUMASI_OK);
    /* Letters and numbers, moved by the two columns of a file of bad rows. */
    set(&s, "from", "A");
    set(&s, "to", "2");
    set(&s, "amount", "c");
    assert_int_equal(find(&h, &s, "x,y,z\n"), PUMASI_OK);
    assert_int_equal(h.place[SHEET_TO], 1);
    assert_int_equal(find(&h, &s, "row,reason,x,y,z\n"), PUMASI_OK);
    assert_int_equal(h.place[SHEET_TO], 3);
    assert_int_equal(find(&h, &s, "kim,lee,5\n"), PUMASI_USAGE); /* no headers, but data */
    set(&s, "header-row", "3");
    assert_int_equal(find(&h, &s, "row,reason,x,y,z\n"), PUMASI_OK);
    assert_int_equal(h.row, 1);
    assert_int_equal(find(&h, &s, "x,y,z\n1,2,3\nx,y,z\n"), PUMASI_OK);
    assert_int_equal(h.row, 3);
    set(&s, "header-row", "0");
    assert_int_equal(find(&h, &s, "kim,lee,5\n"), PUMASI_OK);
    assert_int_equal(h.row, 0);
    sheet_free(&s);
}

struct totals {
    const struct sheet_head *head;
    int64_t rows[8];
    size_t n;
};

static int see_total(void *arg, const struct csv_row *row)
{
    struct totals *t = arg;

    if (row->row > 1 && sheet_row_total(t->head, row))
        t->rows[t->n++] = row->row;
    return 0;
}

static void test_totals(void **state)
{
    static const char text[] = "from,to,amount,memo\n"
                               "a,b,1,total loss\n"
                               ",,9,합 계\n"
                               "Total:,,9,\n"
                               "sum,b,1,\n" /* a member called so */
                               ",,,\n"
                               "소계,,3,\n";
    struct sheet s;
    struct sheet_head h;
    struct totals t = {.head = &h};
    struct csv *csv = csv_new_sheet(',', see_total, &t);

    sheet_init(&s);
    assert_int_equal(find(&h, &s, text), PUMASI_OK);
    assert_int_equal(csv_feed(csv, text, strlen(text)), 0);
    assert_int_equal(csv_end(csv), 0);
    assert_int_equal(t.n, 3);
    assert_int_equal(t.rows[0], 3);
    assert_int_equal(t.rows[1], 4);
    assert_int_equal(t.rows[2], 7);
    csv_free(csv);
    sheet_free(&s);
}

/* --- bytes --- */

static void check_text(const char *bytes, size_t len, const char *told, const char *expected,
                       const char *encoding)
{
    char *s = x_malloc(len + 1), *name = told == NULL ? NULL : x_strdup(told);

    memcpy(s, bytes, len);
    s[len] = '\0';
    assert_int_equal(sheet_text(&s, &len, &name), expected == NULL ? PUMASI_USAGE : PUMASI_OK);
    if (expected != NULL) {
        assert_string_equal(name, encoding);
        assert_int_equal(len, strlen(expected));
        assert_memory_equal(s, expected, len);
    }
    free(s);
    free(name);
}

static void test_encodings(void **state)
{
    check_text("품", 3, NULL, "품", "UTF-8");
    check_text("\xc7\xb0\xbe\xd1\xc0\xcc", 6, NULL, "품앗이", "CP949");
    check_text("\xff\xfe\x88\xd4"
               "a\0",
               6, NULL,
               "\xef\xbb\xbf"
               "품a",
               "UTF-16LE");
    check_text("\xfe\xff\0a", 4, NULL,
               "\xef\xbb\xbf"
               "a",
               "UTF-16BE");
    check_text("caf\xe9", 4, NULL, NULL, NULL);
    check_text("caf\xe9", 4, "WINDOWS-1252", "café", "WINDOWS-1252");
    check_text("caf\xe9", 4, "CP949", NULL, NULL);
    check_text("a", 1, "NONSENSE", NULL, NULL);
    check_text("", 0, NULL, "", "UTF-8");
}

/* --- names --- */

static void add(struct roster *r, const char *address, const char *name)
{
    static const struct roster_member person = {.active = true, .recorded = true};

    roster_add(r, address, name, &person);
}

static void check_name(const struct import_names *n, const char *cell, enum name_decision decision,
                       const char *member)
{
    const struct import_name *name = import_names_find(n, cell);

    assert_non_null(name);
    if (name->decision != decision || strcmp(name->member, member) != 0)
        fail_msg("%s: %d %s (%s)", cell, (int)name->decision, name->member,
                 name->note == NULL ? "" : name->note);
}

static void test_names(void **state)
{
    static const char *const cells[] = {
        "김 영희",        "김영히",        "kim sora", "yh",
        "박철수@kenya",   "이민호",        "최유진",   "최유잔",
        "Rosa Vila (12)", "Anna Puig (3)", "TALE0007", "ANNA PUIG",
        "Closed One",     "m009",          "박민수",
    };
    const char *tmp = getenv("TMPDIR");
    char *path = x_asprintf("%s/names.%d", tmp != NULL ? tmp : "/tmp", (int)getpid()), *title;
    struct roster r = {0};
    struct import_names n = {0}, again = {0};
    static const struct roster_member closed = {.closed = true};

    add(&r, "yh@kenya", "김영희");
    add(&r, "s1@kenya", "Kim Sora");
    add(&r, "s2@kenya", "KIM SORA");
    add(&r, "ap@kenya", "Anna Puig");
    add(&r, "m009@kenya", "");
    add(&r, "pms@kenya", "박민수\x1b"); /* nobody's name, but a ledger may say anything */
    roster_add(&r, "co@kenya", "Closed One", &closed);
    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        import_names_put(&n, cells[i], (int64_t)i + 2);
    import_names_match(&n, &r, "kenya", true);
    check_name(&n, "김 영희", NAME_MEMBER, "yh@kenya");
    check_name(&n, "김영히", NAME_OPEN, "");   /* a slip */
    check_name(&n, "kim sora", NAME_OPEN, ""); /* two of the name */
    check_name(&n, "yh", NAME_MEMBER, "yh@kenya");
    check_name(&n, "이민호", NAME_NEW, "m011@kenya");
    check_name(&n, "최유진", NAME_OPEN, ""); /* like another unknown one */
    check_name(&n, "최유잔", NAME_OPEN, "");
    check_name(&n, "Rosa Vila (12)", NAME_NEW, "m012@kenya");
    check_name(&n, "Anna Puig (3)", NAME_MEMBER, "ap@kenya");
    check_name(&n, "TALE0007", NAME_NEW, "tale0007@kenya");
    check_name(&n, "ANNA PUIG", NAME_MEMBER, "ap@kenya");
    check_name(&n, "m009", NAME_MEMBER, "m009@kenya");
    check_name(&n, "박민수", NAME_OPEN, "");
    assert_non_null(strstr(import_names_find(&n, "박민수")->note, "박민수\\x1b (pms@kenya)"));
    assert_int_equal(import_names_find(&n, "Closed One")->decision, NAME_NEW);
    title = import_names_title(&n, "m012@kenya");
    assert_string_equal(title, "Rosa Vila");
    free(title);

    /* What was written is read back as it was. */
    assert_int_equal(import_names_save(&n, path), PUMASI_OK);
    assert_int_equal(import_names_load(&again, path, "kenya"), PUMASI_OK);
    assert_int_equal(again.cells.n, ARRAY_LEN(cells));
    check_name(&again, "이민호", NAME_NEW, "m011@kenya");
    check_name(&again, "김영히", NAME_OPEN, "");
    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        import_names_put(&again, cells[i], (int64_t)i + 2);
    import_names_match(&again, &r, "kenya", true);
    assert_int_equal(import_names_count(&again, NAME_NEW, true), 0); /* all were told */
    assert_int_equal(import_names_count(&again, NAME_OPEN, false),
                     import_names_count(&n, NAME_OPEN, false));
    assert_int_equal(unlink(path), 0);
    import_names_free(&n);
    import_names_free(&again);
    roster_free(&r);
    free(path);
}

static void save_and_load(struct import_names *n, const char *path, const char *from,
                          const char *to)
{
    char *text = NULL, *changed, *at;
    size_t len;

    assert_int_equal(import_names_save(n, path), PUMASI_OK);
    import_names_free(n);
    assert_int_equal(files_read(path, 1 << 20, &text, &len), 0);
    at = strstr(text, from);
    assert_non_null(at);
    changed = x_asprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_int_equal(files_write(path, changed, strlen(changed)), 0);
    assert_int_equal(import_names_load(n, path, "kenya"), PUMASI_OK);
    free(changed);
    free(text);
}

/* One person under several names: spellings are found, a slip is said to be `member` of the handle
 * that another row makes. Whatever handle the registrar gives her, they follow. */
static void test_spellings(void **state)
{
    static const char *const cells[] = {"박 철수", "박철수", "이순신", "이순싱", "박  철수"};
    const char *tmp = getenv("TMPDIR");
    char *path = x_asprintf("%s/names.%d", tmp != NULL ? tmp : "/tmp", (int)getpid()), *title;
    struct roster r = {0};
    struct import_names n = {0};

    add(&r, "yh@kenya", "김영희");
    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        import_names_put(&n, cells[i], (int64_t)i + 2);
    import_names_match(&n, &r, "kenya", true);
    check_name(&n, "박 철수", NAME_NEW, "m001@kenya");
    check_name(&n, "박철수", NAME_NEW, "m001@kenya");
    check_name(&n, "박  철수", NAME_NEW, "m001@kenya");
    check_name(&n, "이순신", NAME_OPEN, "");
    assert_int_equal(import_names_count(&n, NAME_NEW, true), 1); /* people, not spellings */

    save_and_load(&n, path, "박 철수,new,m001,", "박 철수,new,pcs,");
    save_and_load(&n, path, "이순신,,,", "이순신,new,lss,");
    save_and_load(&n, path, "이순싱,,,", "이순싱,member,lss,");
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < ARRAY_LEN(cells); i++)
            import_names_put(&n, cells[i], (int64_t)i + 2);
        import_names_match(&n, &r, "kenya", true);
        check_name(&n, "박 철수", NAME_NEW, "pcs@kenya");
        check_name(&n, "박철수", NAME_NEW, "pcs@kenya");
        check_name(&n, "이순싱", NAME_NEW, "lss@kenya");
        assert_int_equal(import_names_count(&n, NAME_OPEN, false), 0);
        assert_int_equal(import_names_count(&n, NAME_NEW, true), 0);
        title = import_names_title(&n, "lss@kenya");
        assert_string_equal(title, "이순신");
        free(title);
        if (again == 0)
            save_and_load(&n, path, "이순싱,member,lss,", "이순싱,member,lss,");
    }
    assert_int_equal(unlink(path), 0);
    import_names_free(&n);
    roster_free(&r);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings), cmocka_unit_test(test_mapping_file),
        cmocka_unit_test(test_formats),  cmocka_unit_test(test_columns),
        cmocka_unit_test(test_totals),   cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_names),    cmocka_unit_test(test_spellings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
