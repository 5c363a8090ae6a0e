/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

static void put_account(struct state *s, const char *name, int64_t balance)
{
    struct account *a = account_new(name);

    a->balance = balance;
    state_put(s, THING_ACCOUNT, &a->thing);
}

static void put_book(struct state *s, const char *name, int64_t seq)
{
    struct book *b = book_new(name);

    b->entries.seq = seq;
    state_put(s, THING_BOOK, &b->thing);
}

static void same_as(const struct state *s, const char *dump)
{
    char *now = fix_dump(s);

    assert_string_equal(now, dump);
    free(now);
}

static void test_empty(void **state)
{
    struct state *s = state_new("ledger.example");

    (void)state;
    assert_string_equal(state_origin(s), "ledger.example");
    assert_string_equal(state_ledger_id(s), "");
    assert_null(state_holder(s, "ledger"));
    assert_null(state_unit(s, "hour"));
    assert_null(state_policy(s, "hansalim", "hour"));
    assert_null(state_account(s, "alice@hansalim/hour"));
    assert_null(state_key(s, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    assert_null(state_book(s, "hansalim"));
    assert_null(state_id(s, "alice@hansalim", "test-00000000000000001"));
    assert_int_equal(state_count(s, THING_ACCOUNT), 0);
    state_rollback(s);
    state_commit(s);
    state_forget(s, THING_ACCOUNT);
    state_free(s);
    state_free(NULL);
}

static void test_kinds_are_apart(void **state)
{
    struct state *s = state_new("o");

    (void)state;
    put_book(s, "hansalim", 3);
    assert_null(state_holder(s, "hansalim"));
    state_put(s, THING_HOLDER, &holder_new("hansalim", "t", "", 0)->thing);
    assert_int_equal(state_book(s, "hansalim")->entries.seq, 3);
    assert_string_equal(state_holder(s, "hansalim")->title, "t");
    state_free(s);
}

/* Many things, some replaced several times between two commits: a rollback brings every one back
 * as it was, again and again. */
static void test_rollback(void **state)
{
    struct state *s = state_new("o");
    char name[32], *dump;

    (void)state;
    for (int i = 0; i < 500; i++) {
        (void)snprintf(name, sizeof(name), "m%d@hansalim/hour", i);
        put_account(s, name, i);
    }
    put_book(s, "hansalim", 1);
    state_set_ledger_id(s, "o", "o#1");
    state_commit(s);
    dump = fix_dump(s);
    for (int round = 0; round < 20; round++) {
        /* So many that the table grows in between. */
        for (int i = 0; i < 1500; i++) {
            (void)snprintf(name, sizeof(name), "m%d@hansalim/hour", i * 11 % 1500);
            put_account(s, name, -i);
            put_account(s, name, -2 * i);
        }
        put_book(s, "hansalim", 99);
        put_book(s, "icoop", 99);
        state_set_ledger_id(s, "o", "o#2");
        assert_int_equal(state_count(s, THING_ACCOUNT), 1500);
        assert_int_equal(state_count(s, THING_BOOK), 2);
        state_rollback(s);
        assert_int_equal(state_count(s, THING_ACCOUNT), 500);
        assert_null(state_account(s, "m600@hansalim/hour"));
        assert_null(state_book(s, "icoop"));
        for (int i = 0; i < 500; i++) {
            (void)snprintf(name, sizeof(name), "m%d@hansalim/hour", i);
            assert_int_equal(state_account(s, name)->balance, i);
        }
        same_as(s, dump);
    }
    /* Twice is once. */
    state_rollback(s);
    same_as(s, dump);
    /* And what was taken back can be put again. */
    put_account(s, "m600@hansalim/hour", 6);
    state_commit(s);
    state_rollback(s);
    assert_int_equal(state_account(s, "m600@hansalim/hour")->balance, 6);
    free(dump);
    state_free(s);
}

static void test_forget(void **state)
{
    struct state *s = state_new("o");

    (void)state;
    put_account(s, "alice@hansalim/hour", 5);
    put_book(s, "hansalim", 1);
    state_commit(s);
    state_forget(s, THING_ACCOUNT);
    assert_null(state_account(s, "alice@hansalim/hour"));
    assert_int_equal(state_count(s, THING_ACCOUNT), 0);
    assert_non_null(state_book(s, "hansalim"));
    put_account(s, "alice@hansalim/hour", 6);
    state_rollback(s);
    assert_null(state_account(s, "alice@hansalim/hour"));
    state_free(s);
}

/* The same sequence of puts at random, against an array. */
static void test_against_array(void **state)
{
    struct state *s = state_new("o");
    int64_t now[64], kept[64];
    uint32_t x = 12345;
    char name[32];

    (void)state;
    for (int i = 0; i < 64; i++)
        now[i] = kept[i] = -1;
    for (int step = 0; step < 20000; step++) {
        int i;

        x = x * 1664525 + 1013904223;
        i = (int)(x >> 16) % 64;
        (void)snprintf(name, sizeof(name), "a%d@bb/h", i);
        if (x % 50 == 0) {
            state_commit(s);
            memcpy(kept, now, sizeof(kept));
        } else if (x % 50 == 1) {
            state_rollback(s);
            memcpy(now, kept, sizeof(now));
        } else {
            put_account(s, name, now[i] = step);
        }
        if (step % 16 == 0)
            for (i = 0; i < 64; i++) {
                const struct account *a;

                (void)snprintf(name, sizeof(name), "a%d@bb/h", i);
                a = state_account(s, name);
                assert_int_equal(a ? a->balance : -1, now[i]);
            }
    }
    state_free(s);
}

/* An applied outcome, not committed, is taken back whole: record 0 with its id, then each act. */
static void test_rollback_of_acts(void **state)
{
    struct fix *f = *state;
    struct state *s = state_new(FIX_ORIGIN);
    char why[512];

    for (size_t i = 0; i < f->n; i++) {
        char *dump = fix_dump(s);
        const char *parts[FIX_PARTS_MAX];
        size_t lens[FIX_PARTS_MAX];
        const struct fix_record *rec = &f->log[i];
        struct outcome out;
        struct act act;

        for (size_t p = 0; p < rec->n; p++) {
            parts[p] = rec->parts[p].data;
            lens[p] = rec->parts[p].len;
        }
        assert_int_equal(record_replay(s, NULL, rec->header.data, rec->header.len, parts, lens,
                                       rec->n, 0, rec->today, &out, &act, why, sizeof(why)),
                         0);
        act_free(&act);
        rules_apply(s, &out);
        assert_int_equal(out.n_changes + out.n_legs + out.n_books + out.n_keys, 0);
        if (i == 0)
            state_set_ledger_id(s, "x", "x");
        state_rollback(s);
        same_as(s, dump);
        free(dump);
        assert_int_equal(fix_replay_one(s, f, i, why, sizeof(why)), 0);
    }
    state_free(s);
}

static void test_ids(void **state)
{
    struct state *s = state_new("o");
    struct posted_id *id = posted_id_new("alice@hansalim", "test-00000000000000001");

    (void)state;
    id->record = 7;
    state_put(s, THING_ID, &id->thing);
    assert_int_equal(state_id(s, "alice@hansalim", "test-00000000000000001")->record, 7);
    assert_null(state_id(s, "alice@hansalim", "test-00000000000000002"));
    assert_null(state_id(s, "bob@hansalim", "test-00000000000000001"));
    state_free(s);
}

/* The longest names of each kind fit. */
static void test_long_names(void **state)
{
    struct state *s = state_new("o");
    static const char address[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    static const char jti[] = "jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj";
    char account[ACCOUNT_MAX + 1];

    (void)state;
    assert_true(name_is_address(address) && name_is_jti(jti));
    assert_int_equal(strlen(address), ADDRESS_MAX);
    assert_int_equal(strlen(jti), JTI_MAX);
    name_account(account, address, "uuuuuuuuuuuuuuuu");
    put_account(s, account, 4);
    assert_int_equal(state_account(s, account)->balance, 4);
    state_put(s, THING_ID, &posted_id_new(address, jti)->thing);
    assert_non_null(state_id(s, address, jti));
    state_put(s, THING_POLICY,
              &policy_new("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "uuuuuuuuuuuuuuuu")->thing);
    assert_non_null(state_policy(s, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "uuuuuuuuuuuuuuuu"));
    state_free(s);
}

static void test_holders(void **state)
{
    struct holder *h = holder_new("hansalim", "title", "zone", 3), *copy;
    static const enum role roles[] = {ROLE_REGISTRAR, ROLE_TREASURER, ROLE_TREASURER};
    struct fix_key keys[3];
    struct kid a, b;
    enum role role;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "k%zu", i);
        fix_key(&keys[i], name);
        h->keys[i] = (struct holder_key){keys[i].key, roles[i]};
    }
    holder_sort_keys(h);
    assert_int_equal(h->keys[0].role, ROLE_TREASURER);
    assert_int_equal(h->keys[2].role, ROLE_REGISTRAR);
    key_kid(&a, &h->keys[0].key);
    key_kid(&b, &h->keys[1].key);
    assert_true(strcmp(a.s, b.s) < 0);
    assert_int_equal(holder_count(h, ROLE_TREASURER), 2);
    assert_int_equal(holder_count(h, ROLE_MEMBER), 0);
    assert_true(holder_has_key(h, ROLE_REGISTRAR, &keys[0].key));
    assert_false(holder_has_key(h, ROLE_TREASURER, &keys[0].key));
    h->threshold = 2;
    h->subject.seq = 9;
    copy = holder_copy(h, 4);
    free(h);
    assert_int_equal(copy->n_keys, 4);
    assert_string_equal(copy->title, "title");
    assert_string_equal(copy->zone, "zone");
    assert_string_equal(copy->thing.name, "hansalim");
    assert_int_equal(copy->threshold, 2);
    assert_int_equal(copy->subject.seq, 9);
    assert_true(holder_has_key(copy, ROLE_REGISTRAR, &keys[0].key));
    free(copy);
    assert_true(holder_governing_role(HOLDER_COOP, &role) && role == ROLE_TREASURER);
    assert_true(holder_governing_role(HOLDER_PERSON, &role) && role == ROLE_MEMBER);
    assert_true(holder_governing_role(HOLDER_STEWARDS, &role) && role == ROLE_STEWARD);
    assert_false(holder_governing_role(HOLDER_PURSE, &role));
    assert_false(holder_governing_role(HOLDER_LEDGER, &role));
    assert_false(holder_governing_role(HOLDER_AUDITORS, &role));
    assert_string_equal(holder_kind_name(HOLDER_AUDITORS), "auditors");
    assert_string_equal(holder_state_name(HOLDER_CLOSED), "closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_kinds_are_apart),
        cmocka_unit_test(test_rollback),      cmocka_unit_test(test_forget),
        cmocka_unit_test(test_against_array), TEST(test_rollback_of_acts),
        cmocka_unit_test(test_ids),           cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_holders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
