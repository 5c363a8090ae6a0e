/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A report's arithmetic, and the sums of a book. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include "client/tally.h"
#include "core/num.h"

/* After ours: it has a macro that is called fail, too. */
#include <cmocka.h>

struct scene {
    json_t *members;
    struct tally tally;
    struct book opening, closing;
};

static void add_member(json_t *members, const char *address, const char *kind)
{
    json_object_set_new(members, address, json_pack("{s:s, s:s}", "member", address, "kind", kind));
}

static struct scene *scene_new(void)
{
    struct scene *s = x_calloc(1, sizeof(*s));

    s->members = json_object();
    add_member(s->members, "a@x-y", "person");
    add_member(s->members, "b@x-y", "person");
    add_member(s->members, "c@x-y", "person");
    add_member(s->members, "fund@x-y", "purse");
    tally_init(&s->tally, s->members);
    return s;
}

static void scene_free(struct scene *s)
{
    tally_free(&s->tally);
    book_free(&s->opening);
    book_free(&s->closing);
    json_decref(s->members);
    free(s);
}

static void stands(struct book *b, const char *account, int64_t balance, int64_t seq)
{
    json_t *item = json_pack("{s:s, s:I, s:I}", "account", account, "balance", (json_int_t)balance,
                             "seq", (json_int_t)seq);

    assert_int_equal(book_take(b, item), PUMASI_OK);
    json_decref(item);
}

static int leg(struct scene *s, int64_t index, const char *day, const char *account, int64_t amount,
               const char *category, int64_t reverses)
{
    json_t *item =
        json_pack("{s:I, s:s, s:s, s:I, s:s?}", "index", (json_int_t)index, "day", day, "account",
                  account, "amount", (json_int_t)amount, "category", category);
    int rc;

    json_object_set_new(item, "reverses", reverses < 0 ? json_null() : json_integer(reverses));
    rc = tally_add(&s->tally, item);
    json_decref(item);
    return rc;
}

static void moves(struct scene *s, int64_t index, const char *day, const char *from, const char *to,
                  int64_t amount, const char *category, int64_t reverses)
{
    assert_int_equal(leg(s, index, day, from, -amount, category, reverses), PUMASI_OK);
    assert_int_equal(leg(s, index, day, to, amount, category, reverses), PUMASI_OK);
}

static int settle(struct scene *s)
{
    book_sort(&s->opening);
    book_sort(&s->closing);
    return tally_settle(&s->tally, &s->opening, &s->closing);
}

static void is_row(const struct scene *s, enum tally_by by, const char *unit, const char *key,
                   const int64_t want[8], size_t active)
{
    const struct tally_row *r = tally_find(&s->tally, by, unit, key);

    assert_non_null(r);
    assert_int_equal(r->sum.transfers, want[0]);
    assert_int_equal(r->sum.amount, want[1]);
    assert_int_equal(r->sum.reversals, want[2]);
    assert_int_equal(r->sum.reversed, want[3]);
    assert_int_equal(r->sum.other_transfers, want[4]);
    assert_int_equal(r->sum.other_amount, want[5]);
    assert_int_equal(r->sum.other_reversals, want[6]);
    assert_int_equal(r->sum.other_reversed, want[7]);
    assert_int_equal(json_object_size(r->active), active);
}

/* Newest first, as the ledger says them. */
static struct scene *february(void)
{
    struct scene *s = scene_new();

    moves(s, 30, "2026-03-02", "b@x-y/hour", "a@x-y/hour", 20, "garden", 11);
    moves(s, 24, "2026-02-28", "a@x-y/won", "b@x-y/won", 9000, NULL, -1);
    moves(s, 22, "2026-02-20", "c@x-y/hour", "fund@x-y/hour", 15, NULL, 21);
    moves(s, 21, "2026-02-20", "fund@x-y/hour", "c@x-y/hour", 100, NULL, -1);
    moves(s, 12, "2026-02-03", "b@x-y/hour", "a@x-y/hour", 45, "repair", -1);
    moves(s, 11, "2026-02-03", "a@x-y/hour", "b@x-y/hour", 90, "garden", -1);
    stands(&s->opening, "a@x-y/hour", 10, 3);
    stands(&s->opening, "b@x-y/hour", -10, 3);
    stands(&s->closing, "a@x-y/hour", 10 - 90 + 45 + 20, 6);
    stands(&s->closing, "b@x-y/hour", -10 + 90 - 45 - 20, 6);
    stands(&s->closing, "c@x-y/hour", 85, 2);
    stands(&s->closing, "fund@x-y/hour", -85, 2);
    stands(&s->closing, "a@x-y/won", -9000, 1);
    stands(&s->closing, "b@x-y/won", 9000, 1);
    return s;
}

static void test_counts(void **state)
{
    struct scene *s = february();
    int64_t credit, debt;

    (void)state;
    assert_int_equal(settle(s), PUMASI_OK);
    is_row(s, TALLY_TOTAL, "hour", "", (int64_t[8]){2, 135, 1, 20, 1, 100, 1, 15}, 3);
    is_row(s, TALLY_MONTH, "hour", "2026-02", (int64_t[8]){2, 135, 0, 0, 1, 100, 1, 15}, 3);
    /* Taken back when that was booked, by nobody active then, under the transfer's category. */
    is_row(s, TALLY_MONTH, "hour", "2026-03", (int64_t[8]){0, 0, 1, 20, 0, 0, 0, 0}, 0);
    is_row(s, TALLY_CATEGORY, "hour", "garden", (int64_t[8]){1, 90, 1, 20, 0, 0, 0, 0}, 2);
    is_row(s, TALLY_CATEGORY, "hour", "repair", (int64_t[8]){1, 45, 0, 0, 0, 0, 0, 0}, 2);
    is_row(s, TALLY_CATEGORY, "hour", "", (int64_t[8]){0, 0, 0, 0, 1, 100, 1, 15}, 1);
    is_row(s, TALLY_TOTAL, "won", "", (int64_t[8]){1, 9000, 0, 0, 0, 0, 0, 0}, 2);
    assert_null(tally_find(&s->tally, TALLY_MONTH, "won", "2026-03"));
    assert_int_equal(tally_net(&tally_find(&s->tally, TALLY_TOTAL, "hour", "")->sum), 115);
    assert_int_equal(tally_other_net(&tally_find(&s->tally, TALLY_TOTAL, "hour", "")->sum), 85);
    assert_int_equal(s->tally.n_accounts, 6);
    assert_string_equal(s->tally.accounts[0].account, "a@x-y/hour");
    assert_int_equal(s->tally.accounts[0].received, 65);
    assert_int_equal(s->tally.accounts[0].paid, 90);
    assert_int_equal(s->tally.accounts[0].opening, 10);
    assert_int_equal(s->tally.accounts[0].closing, -15);
    assert_int_equal(tally_standing(&s->tally, "hour", false, &credit, &debt), 0);
    assert_int_equal(credit, 10);
    assert_int_equal(debt, -10);
    assert_int_equal(tally_standing(&s->tally, "hour", true, &credit, &debt), 0);
    assert_int_equal(credit, 100);
    assert_int_equal(debt, -100);
    scene_free(s);
}

static void legs(struct scene *s, int64_t index, size_t n, const char *const accounts[],
                 const int64_t amounts[], int64_t reverses)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(leg(s, index, "2026-02-20", accounts[i], amounts[i], NULL, reverses),
                         PUMASI_OK);
}

/* With members of other co-ops, with a levy, and what moves no member's account. */
static void test_kinds(void **state)
{
    static const char *const abroad[] = {"a@x-y/hour", "!pos.z@x-y/hour", "fund@x-y/hour"};
    static const char *const within[] = {"a@x-y/hour", "b@x-y/hour", "fund@x-y/hour"};
    static const char *const coops[] = {"!pos.z@x-y/hour", "!pos.w@x-y/hour", "!outside@x-y/hour"};
    static const char *const grant[] = {"fund@x-y/hour", "!pos.z@x-y/hour"};
    struct scene *s = scene_new();
    const struct tally_sum *sum;

    (void)state;
    legs(s, 20, 2, coops, (int64_t[]){-7, 7}, -1); /* cleared, or passing */
    legs(s, 19, 2, (const char *const[]){coops[0], coops[2]}, (int64_t[]){-50, 50}, -1);
    legs(s, 18, 2, grant, (int64_t[]){-11, 11}, -1);
    legs(s, 17, 3, within, (int64_t[]){42, -40, -2}, 16);
    legs(s, 16, 3, within, (int64_t[]){-84, 80, 4}, -1);
    legs(s, 15, 2, abroad, (int64_t[]){30, -30}, -1); /* is paid */
    legs(s, 14, 3, abroad, (int64_t[]){63, -60, -3}, 13);
    legs(s, 13, 3, abroad, (int64_t[]){-126, 120, 6}, -1);
    stands(&s->closing, "a@x-y/hour", -126 + 63 + 30 - 84 + 42, 5);
    stands(&s->closing, "b@x-y/hour", 40, 2);
    stands(&s->closing, "fund@x-y/hour", 6 - 3 + 4 - 2 - 11, 5);
    stands(&s->closing, "!pos.z@x-y/hour", 120 - 60 - 30 + 11 - 50 - 7, 6);
    stands(&s->closing, "!pos.w@x-y/hour", 7, 1);
    stands(&s->closing, "!outside@x-y/hour", 50, 1);
    assert_int_equal(settle(s), PUMASI_OK);
    is_row(s, TALLY_TOTAL, "hour", "",
           (int64_t[8]){3, 120 + 30 + 80, 2, 60 + 40, 1, 11 + 6 + 4, 0, 3 + 2}, 2);
    sum = &tally_find(&s->tally, TALLY_TOTAL, "hour", "")->sum;
    assert_int_equal(sum->coops_records, 2);
    assert_int_equal(sum->coops_amount, 57);
    scene_free(s);
}

/* Rows are in order: by unit, kind, key. */
static void test_order(void **state)
{
    struct scene *s = february();

    (void)state;
    assert_int_equal(settle(s), PUMASI_OK);
    for (size_t i = 1; i < s->tally.n_rows; i++) {
        const struct tally_row *a = &s->tally.rows[i - 1], *b = &s->tally.rows[i];
        int unit = strcmp(a->unit, b->unit);

        assert_true(unit < 0 || (unit == 0 && (a->by < b->by ||
                                               (a->by == b->by && strcmp(a->key, b->key) < 0))));
    }
    scene_free(s);
}

/* A posting that is missing, doubled or changed, or a balance that is, makes no report. */
static void test_disagreements(void **state)
{
    struct scene *s;

    (void)state;
    s = february();
    moves(s, 10, "2026-02-02", "a@x-y/hour", "b@x-y/hour", 1, NULL, -1);
    assert_int_equal(settle(s), PUMASI_UNPROVED);
    scene_free(s);

    s = february();
    s->closing.accounts[0].balance++;
    s->closing.accounts[1].balance--;
    assert_int_equal(settle(s), PUMASI_UNPROVED);
    scene_free(s);

    s = february();
    s->opening.accounts[0].balance++;
    assert_int_equal(settle(s), PUMASI_UNPROVED);
    scene_free(s);

    s = february(); /* an account that closes with what nobody posted */
    stands(&s->closing, "d@x-y/hour", 5, 1);
    stands(&s->closing, "e@x-y/hour", -5, 1);
    assert_int_equal(settle(s), PUMASI_UNPROVED);
    scene_free(s);

    s = february(); /* and one that is gone */
    stands(&s->opening, "d@x-y/hour", 5, 1);
    stands(&s->opening, "e@x-y/hour", -5, 1);
    assert_int_equal(settle(s), PUMASI_UNPROVED);
    scene_free(s);
}

static void test_records(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    assert_int_equal(leg(s, 5, "2026-01-01", "a@x-y/hour", -5, NULL, -1), PUMASI_OK);
    assert_int_equal(leg(s, 5, "2026-01-01", "b@x-y/hour", 4, NULL, -1), PUMASI_OK);
    assert_int_equal(leg(s, 4, "2026-01-01", "b@x-y/hour", 4, NULL, -1), PUMASI_UNPROVED);
    scene_free(s);

    s = scene_new(); /* in two units */
    assert_int_equal(leg(s, 5, "2026-01-01", "a@x-y/hour", -5, NULL, -1), PUMASI_OK);
    assert_int_equal(leg(s, 5, "2026-01-01", "b@x-y/won", 5, NULL, -1), PUMASI_OK);
    assert_int_equal(settle(s), PUMASI_UNPROVED);
    scene_free(s);
}

/* What is beyond all numbers is an error, not a sum. */
static void test_overflow(void **state)
{
    struct scene *s = scene_new();
    int64_t sum;

    (void)state;
    moves(s, 3, "2026-01-01", "a@x-y/hour", "b@x-y/hour", NUM_MAX, NULL, -1);
    moves(s, 2, "2026-01-01", "b@x-y/hour", "a@x-y/hour", NUM_MAX, NULL, -1);
    assert_int_equal(settle(s), PUMASI_UNPROVED);
    scene_free(s);

    s = scene_new();
    stands(&s->closing, "a@x-y/hour", NUM_MAX, 1);
    stands(&s->closing, "b@x-y/hour", 1, 1);
    stands(&s->closing, "c@x-y/hour", -NUM_MAX, 1);
    assert_int_equal(book_sum(&s->closing, 0, 3, &sum), -1);
    assert_int_equal(book_check(NULL, &s->closing, NULL), PUMASI_UNPROVED);
    scene_free(s);
}

static void test_book(void **state)
{
    struct scene *s = scene_new();
    const struct book *b = &s->closing;
    int64_t sum = 1;

    (void)state;
    stands(&s->closing, "!outside@x-y/hour", 4, 1);
    stands(&s->closing, "b@x-y/hour", -1, 1);
    stands(&s->closing, "b-2@x-y/hour", -1, 1);
    stands(&s->closing, "b@x-y/box", 0, 2);
    stands(&s->closing, "a@x-y/hour", -2, 1);
    book_sort(&s->closing);
    assert_string_equal(b->accounts[0].account, "b@x-y/box");
    assert_string_equal(b->accounts[1].account, "a@x-y/hour");
    assert_string_equal(b->accounts[4].account, "!outside@x-y/hour");
    assert_int_equal(book_unit_end(b, 0), 1);
    assert_int_equal(book_unit_end(b, 1), 5);
    assert_int_equal(book_sum(b, 1, 5, &sum), 0);
    assert_int_equal(sum, 0);
    for (size_t i = 0; i < b->n; i++)
        assert_ptr_equal(book_find(b, b->accounts[i].account), &b->accounts[i]);
    assert_null(book_find(b, "c@x-y/hour"));
    assert_null(book_find(b, "b@x-y/won"));
    assert_null(book_find(b, "b@x-y"));
    assert_int_equal(book_check(NULL, b, NULL), PUMASI_OK);
    scene_free(s);
}

static void test_strange_accounts(void **state)
{
    static const char *const strange[] = {"", "a", "a/hour", "a@x-y", "a/hour@x-y", "a@x-y/Hour"};
    struct book b = {.n = 0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strange); i++) {
        json_t *item = json_pack("{s:s, s:i, s:i}", "account", strange[i], "balance", 0, "seq", 0);

        assert_int_equal(book_take(&b, item), PUMASI_UNPROVED);
        json_decref(item);
    }
    json_t *item = json_pack("{s:s, s:f, s:i}", "account", "a@x-y/hour", "balance", 1.5, "seq", 0);
    assert_int_equal(book_take(&b, item), PUMASI_UNPROVED);
    json_decref(item);
    book_free(&b);
}

/* What no ledger can have posted isn't counted, nor shown in a journal. */
static void test_strange_postings(void **state)
{
    static const struct {
        const char *day, *account;
        int64_t amount;
    } strange[] = {
        {"2026-02-02", "a@x-y/hour", 0},         {"2026-02-02", "a@x-y/hour", NUM_MAX + 1},
        {"2026-02-02", "a@x-y/hour", INT64_MIN}, {"2026-02-02", "a@x-y", 1},
        {"2026-02-30", "a@x-y/hour", 1},         {"", "a@x-y/hour", 1},
        {"2026-\x1b[2J", "a@x-y/hour", 1},
    };
    struct scene *s = scene_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strange); i++)
        assert_int_equal(leg(s, 3, strange[i].day, strange[i].account, strange[i].amount, NULL, -1),
                         PUMASI_UNPROVED);
    assert_int_equal(leg(s, -1, "2026-02-02", "a@x-y/hour", 1, NULL, -1), PUMASI_UNPROVED);
    assert_int_equal(json_array_size(s->tally.legs), 0);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_disagreements),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_book),
        cmocka_unit_test(test_strange_accounts),
        cmocka_unit_test(test_strange_postings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
