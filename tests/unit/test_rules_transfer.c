/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

#define PAY "'from':'%s','to':'%s','unit':'%s','amount':%lld"

static void test_pay(void **state)
{
    struct fix *f = *state;
    size_t before = f->n;

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    assert_int_equal(f->n, before + 1);
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), -90);
    assert_int_equal(fix_balance(f, "bob@hansalim/hour"), 90);
    assert_int_equal(f->log[before].n, 4);
    /* Payer's leg first, each with the floor that held, then the one book. */
    assert_non_null(strstr(fix_part(f, before, 1),
                           "\"account\":\"alice@hansalim/hour\",\"amount\":-90,\"balance\":-90,"
                           "\"floor\":-600,\"seq\":1}"));
    assert_non_null(strstr(fix_part(f, before, 2),
                           "\"account\":\"bob@hansalim/hour\",\"amount\":90,\"balance\":90,"
                           "\"floor\":-600,\"seq\":1}"));
    assert_non_null(strstr(fix_part(f, before, 3), "\"book\":\"hansalim\",\"seq\":8}"));
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 30), "posted");
    assert_int_equal(fix_seq(f, "alice@hansalim/hour"), 2);
    assert_int_equal(fix_seq(f, "bob@hansalim/hour"), 2);
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), -60);
}

static void test_floor_and_ceiling(void **state)
{
    struct fix *f = *state;

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 601), "insufficient-credit");
    assert_true(f->out.refusal.has_numbers);
    assert_int_equal(f->out.refusal.balance, 0);
    assert_int_equal(f->out.refusal.floor, -600);
    assert_int_equal(f->out.refusal.available, 600);
    assert_int_equal(f->out.refusal.needed, 601);
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 600), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "insufficient-credit");
    assert_int_equal(f->out.refusal.available, 0);
    /* bob has 600 of at most 1200: 600 more fit, 601 don't, and no number is told of it. */
    IS(fix_pay(f, "carol1 carol2", "carol@hansalim", "bob@hansalim", 600), "posted");
    IS(fix_act(f, "t1 t2", "transfer", "hansalim", PAY, "fund@hansalim", "bob@hansalim", "hour",
               1LL),
       "payee-cannot-receive");
    assert_false(f->out.refusal.has_numbers);
    /* No more than 10^15 at once, no less than 1. */
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", AMOUNT_MAX + 1), "malformed");
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", AMOUNT_MAX), "insufficient-credit");
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 0), "malformed");
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", -5), "malformed");
}

/* Balances stay within 2^53-1 whatever the limits say. */
static void test_balance_range(void **state)
{
    struct fix *f = *state;
    static const char policy[] = "'coop':'hansalim','unit':'hour','floor':%lld,'ceiling':null,"
                                 "'registrar_floor':0,'registrar_ceiling':null,'reversal_days':0";
    int n = 0;

    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim", policy, (long long)NUM_MIN), "posted");
    while (n < 9) {
        IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", AMOUNT_MAX), "posted");
        n++;
    }
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", AMOUNT_MAX), "insufficient-credit");
    IS(fix_act(f, "t1 t2", "transfer", "hansalim", PAY, "fund@hansalim", "bob@hansalim", "hour",
               (long long)AMOUNT_MAX),
       "payee-cannot-receive");
    assert_int_equal(fix_balance(f, "bob@hansalim/hour"), 9 * AMOUNT_MAX);
    IS(fix_act(f, "t1 t2", "transfer", "hansalim", PAY, "fund@hansalim", "bob@hansalim", "hour",
               (long long)(NUM_MAX - 9 * AMOUNT_MAX)),
       "posted");
    assert_int_equal(fix_balance(f, "bob@hansalim/hour"), NUM_MAX);
}

static void test_who_signs(void **state)
{
    struct fix *f = *state;

    IS(fix_pay(f, "bob", "alice@hansalim", "bob@hansalim", 1), "not-permitted");
    IS(fix_pay(f, "alice bob", "alice@hansalim", "bob@hansalim", 1), "not-permitted");
    IS(fix_pay(f, "nobody", "alice@hansalim", "bob@hansalim", 1), "not-permitted");
    IS(fix_pay(f, "r1", "alice@hansalim", "bob@hansalim", 1), "not-permitted");
    IS(fix_pay(f, "t1 t2", "alice@hansalim", "bob@hansalim", 1), "not-permitted");
    /* By somebody who isn't the payer. */
    IS(fix_act(f, "bob", "transfer", "bob@hansalim", PAY, "alice@hansalim", "bob@hansalim", "hour",
               1LL),
       "not-permitted");
    IS(fix_act(f, "s1 s2", "transfer", "stewards", PAY, "alice@hansalim", "bob@hansalim", "hour",
               1LL),
       "not-permitted");
    /* Two of two, in pieces. */
    IS(fix_pay(f, "carol1", "carol@hansalim", "bob@hansalim", 1), "pending");
    IS(fix_needs(f), "carol@hansalim member 1/2");
    IS(fix_pay(f, "carol1 carol2", "carol@hansalim", "bob@hansalim", 1), "posted");
    IS(fix_pay(f, "carol1 alice", "carol@hansalim", "bob@hansalim", 1), "not-permitted");
}

static void test_registrar_records(void **state)
{
    struct fix *f = *state;

    /* Without keys: a registrar; one is enough, two do no harm, a treasurer isn't asked. */
    IS(fix_act(f, "r1", "transfer", "hansalim", PAY, "old@hansalim", "bob@hansalim", "hour", 5LL),
       "posted");
    IS(fix_act(f, "r1 r2", "transfer", "hansalim", PAY, "old@hansalim", "bob@hansalim", "hour",
               5LL),
       "posted");
    IS(fix_act(f, "t1 t2", "transfer", "hansalim", PAY, "old@hansalim", "bob@hansalim", "hour",
               5LL),
       "not-permitted");
    IS(fix_act(f, "r1 t1", "transfer", "hansalim", PAY, "old@hansalim", "bob@hansalim", "hour",
               5LL),
       "not-permitted");
    IS(fix_act(f, "r1", "transfer", "old@hansalim", PAY, "old@hansalim", "bob@hansalim", "hour",
               5LL),
       "not-permitted");
    /* With keys: only who allows it, and only while he does. */
    IS(fix_act(f, "r1", "transfer", "hansalim", PAY, "alice@hansalim", "bob@hansalim", "hour", 5LL),
       "not-permitted");
    IS(fix_act(f, "alice", "record.allow", "alice@hansalim",
               "'member':'alice@hansalim','allowed':true"),
       "posted");
    IS(fix_act(f, "r1", "transfer", "hansalim", PAY, "alice@hansalim", "bob@hansalim", "hour", 5LL),
       "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "posted");
    IS(fix_act(f, "alice", "record.allow", "alice@hansalim",
               "'member':'alice@hansalim','allowed':false"),
       "posted");
    IS(fix_act(f, "r1", "transfer", "hansalim", PAY, "alice@hansalim", "bob@hansalim", "hour", 5LL),
       "not-permitted");
    /* Another co-op's registrar never. */
    fix_found_second(f);
    IS(fix_act(f, "q1", "transfer", "hansalim", PAY, "old@hansalim", "bob@hansalim", "hour", 5LL),
       "not-permitted");
    IS(fix_act(f, "q1", "transfer", "icoop", PAY, "old@hansalim", "bob@hansalim", "hour", 5LL),
       "not-permitted");
}

static void test_purse(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "t1", "transfer", "hansalim", PAY, "fund@hansalim", "bob@hansalim", "hour", 5LL),
       "pending");
    IS(fix_needs(f), "hansalim treasurer 1/2");
    IS(fix_act(f, "t1 t2", "transfer", "hansalim", PAY, "fund@hansalim", "bob@hansalim", "hour",
               5LL),
       "posted");
    IS(fix_act(f, "t1 t2 t3", "transfer", "hansalim", PAY, "fund@hansalim", "bob@hansalim", "hour",
               5LL),
       "posted");
    IS(fix_act(f, "r1", "transfer", "hansalim", PAY, "fund@hansalim", "bob@hansalim", "hour", 5LL),
       "not-permitted");
    IS(fix_act(f, "t1 t2", "transfer", "fund@hansalim", PAY, "fund@hansalim", "bob@hansalim",
               "hour", 5LL),
       "not-permitted");
    /* It obeys the treasurers then in office. */
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim",
               "'holder':'hansalim','role':'treasurer','kid':'#t1'"),
       "posted");
    IS(fix_act(f, "t1 t2", "transfer", "hansalim", PAY, "fund@hansalim", "bob@hansalim", "hour",
               5LL),
       "not-permitted");
    IS(fix_act(f, "t3 t2", "transfer", "hansalim", PAY, "fund@hansalim", "bob@hansalim", "hour",
               5LL),
       "posted");
    IS(fix_pay(f, "bob", "bob@hansalim", "fund@hansalim", 3), "posted");
    assert_int_equal(fix_balance(f, "fund@hansalim/hour"), -12);
}

static void test_unknown(void **state)
{
    struct fix *f = *state;

    IS(fix_pay(f, "alice", "alicia@hansalim", "bob@hansalim", 1), "unknown-account");
    IS(fix_pay(f, "alice", "alice@hansalim", "bobby@hansalim", 1), "payee-cannot-receive");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", PAY, "alice@hansalim", "bob@hansalim",
               "day", 1LL),
       "unknown-unit");
    /* The unit is there, and the co-op has no policy for it. */
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", PAY, "alice@hansalim", "bob@hansalim",
               "won", 1LL),
       "unknown-unit");
    IS(fix_pay(f, "alice", "alice@hansalim", "alice@hansalim", 1), "same-account");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", PAY ",'request':3", "alice@hansalim",
               "bob@hansalim", "hour", 1LL),
       "unknown-record");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", PAY ",'request':-1", "alice@hansalim",
               "bob@hansalim", "hour", 1LL),
       "malformed");
}

/* Between co-ops there is no line yet. What is wrong with the payer is said before, what is wrong
 * with the payee isn't said at all, but that there is no such co-op. */
static void test_between_coops(void **state)
{
    struct fix *f = *state;

    fix_found_second(f);
    IS(fix_pay(f, "alice", "alice@hansalim", "dora@icoop", 1), "line-exhausted");
    IS(fix_pay(f, "dora", "dora@icoop", "alice@hansalim", 1), "line-exhausted");
    IS(fix_pay(f, "alice", "alice@hansalim", "nobody@icoop", 1), "line-exhausted");
    IS(fix_pay(f, "alice", "alice@hansalim", "dora@nowhere", 1), "payee-cannot-receive");
    IS(fix_pay(f, "alice", "alice@hansalim", "dora@icoop", 601), "insufficient-credit");
    assert_int_equal(fix_seq(f, "alice@hansalim/hour"), 0);
}

static void test_payee_state(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "payee-cannot-receive");
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 1), "frozen");
    /* The payer's faults come first. */
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 601), "insufficient-credit");
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "posted");
    IS(fix_act(f, "r1", "member.close", "hansalim", "'member':'carol@hansalim'"), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "carol@hansalim", 1), "payee-cannot-receive");
    IS(fix_pay(f, "carol1 carol2", "carol@hansalim", "alice@hansalim", 1), "closed");
    /* A registrar can't pay for the frozen or the closed either. */
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'old@hansalim'"), "posted");
    IS(fix_act(f, "r1", "transfer", "hansalim", PAY, "old@hansalim", "bob@hansalim", "hour", 1LL),
       "frozen");
}

/* All that is wrong on the payee's side answers in the very same words. */
static void test_payee_is_not_told_apart(void **state)
{
    struct fix *f = *state;
    struct refusal first;

    IS(fix_pay(f, "alice", "alice@hansalim", "nobody@hansalim", 1), "payee-cannot-receive");
    first = f->out.refusal;
    IS(fix_act(f, "r1", "member.close", "hansalim", "'member':'carol@hansalim'"), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "carol@hansalim", 1), "payee-cannot-receive");
    assert_memory_equal(&first, &f->out.refusal, sizeof(first));
    IS(fix_act(f, "r1", "account.limits", "hansalim",
               "'member':'bob@hansalim','unit':'hour','floor':-1,'ceiling':0"),
       "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "payee-cannot-receive");
    assert_memory_equal(&first, &f->out.refusal, sizeof(first));
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'old@hansalim'"), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "old@hansalim", 1), "payee-cannot-receive");
    assert_memory_equal(&first, &f->out.refusal, sizeof(first));
}

static void test_value_date(void **state)
{
    struct fix *f = *state;
    static const char dated[] =
        "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':1,"
        "'value_date':'%s'";

    /* The fixture's zone is UTC's day at first: 2026-11-22. */
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", dated, "2026-11-22"), "posted");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", dated, "1999-12-31"), "posted");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", dated, "2026-11-23"), "malformed");
    /* East of it tomorrow has begun. */
    f->today_plus = 1;
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", dated, "2026-11-23"), "posted");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", dated, "2026-11-24"), "malformed");
    f->today_plus = 0;
    f->ms = FIX_MS + 86400000 - 1;
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", dated, "2026-11-23"), "malformed");
    f->ms++;
    IS(fix_act(f, "alice", "transfer", "alice@hansalim", dated, "2026-11-23"), "posted");
}

/* A limit that is set past what stands blocks, and moves nothing. */
static void test_limits_past_balance(void **state)
{
    struct fix *f = *state;
    static const char limits[] = "'member':'%s','unit':'hour','floor':%d,'ceiling':%d";

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 500), "posted");
    IS(fix_act(f, "r1", "account.limits", "hansalim", limits, "alice@hansalim", -100, 100),
       "posted");
    IS(fix_act(f, "r1", "account.limits", "hansalim", limits, "bob@hansalim", -100, 100), "posted");
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), -500);
    IS(fix_pay(f, "alice", "alice@hansalim", "carol@hansalim", 1), "insufficient-credit");
    assert_int_equal(f->out.refusal.available, -400);
    IS(fix_pay(f, "carol1 carol2", "carol@hansalim", "bob@hansalim", 1), "payee-cannot-receive");
    /* Towards the limits all is free: below its floor alice may still be paid, above his ceiling
     * bob may still pay. */
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 10), "posted");
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), -490);
}

static void test_own_limits_before_policy(void **state)
{
    struct fix *f = *state;
    static const char limits[] =
        "'member':'alice@hansalim','unit':'hour','floor':%d,'ceiling':null";

    IS(fix_act(f, "t1 t2", "account.limits", "hansalim", limits, -5000), "posted");
    assert_int_equal(fix_seq(f, "alice@hansalim/hour"), 0);
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1200), "posted");
    /* A new policy changes who has none of his own, and nobody else. */
    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim",
               "'coop':'hansalim','unit':'hour','floor':-1,'ceiling':1,'registrar_floor':-900,"
               "'registrar_ceiling':1800,'reversal_days':30"),
       "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "carol@hansalim", 2), "payee-cannot-receive");
    IS(fix_pay(f, "alice", "alice@hansalim", "carol@hansalim", 1), "posted");
    IS(fix_pay(f, "carol1 carol2", "carol@hansalim", "alice@hansalim", 3), "insufficient-credit");
    IS(fix_pay(f, "carol1 carol2", "carol@hansalim", "alice@hansalim", 2), "posted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pay),
        TEST(test_floor_and_ceiling),
        TEST(test_balance_range),
        TEST(test_who_signs),
        TEST(test_registrar_records),
        TEST(test_purse),
        TEST(test_unknown),
        TEST(test_between_coops),
        TEST(test_payee_state),
        TEST(test_payee_is_not_told_apart),
        TEST(test_value_date),
        TEST(test_limits_past_balance),
        TEST(test_own_limits_before_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
