/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

#define OPEN                                                                          \
    "'name':'n','nonce':'AAECAwQFBgcICQoLDA0ODw','zone':'Asia/Seoul','log_key':$log," \
    "'clerk_key':$clerk,'stewards':[$s1,$s2],'threshold':1,'rules':1"
#define COOP "'coop':'%s','name':'n','treasurers':[%s],'threshold':%d,'registrars':[%s]"
#define POLICY                                                                    \
    "'coop':'hansalim','unit':'%s','floor':%s,'ceiling':%s,'registrar_floor':%s," \
    "'registrar_ceiling':%s,'reversal_days':%s"
#define LIMITS "'member':'%s','unit':'%s','floor':%lld,'ceiling':%s"

static void test_open(void **state)
{
    struct fix *f = fix_new();
    struct fix_key key;

    (void)state;
    /* Nothing goes before record 0, whatever audience it claims. */
    f->aud = FIX_ORIGIN;
    IS(fix_act(f, "s1 s2", "unit.create", "stewards",
               "'unit':'hour','name':'h','scale':60,'kind':'time'"),
       "wrong-audience");
    f->aud = "elsewhere.example";
    IS(fix_act(f, "log clerk s1 s2", "ledger.open", "stewards", OPEN), "wrong-audience");
    IS(fix_act(f, "log clerk s1 s2", "ledger.open", "ledger", OPEN), "not-permitted");
    IS(fix_act(f, "log clerk s1", "ledger.open", "stewards", OPEN), "pending");
    IS(fix_needs(f), "stewards steward 1/2");
    IS(fix_act(f, "s1", "ledger.open", "stewards", OPEN), "pending");
    IS(fix_needs(f), "ledger log 0/1, ledger clerk 0/1, stewards steward 1/2");
    IS(fix_act(f, "log clerk s1 s2 s3", "ledger.open", "stewards", OPEN), "not-permitted");
    IS(fix_act(f, "log clerk s1 s2", "ledger.open", "stewards", OPEN), "posted");
    assert_int_equal(f->log[0].n, 3);
    /* Once only. */
    IS(fix_act(f, "log clerk s1 s2", "ledger.open", "stewards", OPEN), "already-exists");
    f->aud = state_ledger_id(f->s);
    IS(fix_act(f, "log clerk s1 s2", "ledger.open", "stewards", OPEN), "wrong-audience");
    fix_key(&key, "log");
    assert_int_equal(state_key(f->s, key.kid.s)->role, ROLE_LOG);
    assert_string_equal(state_holder(f->s, "ledger")->zone, "Asia/Seoul");
    assert_int_equal(state_holder(f->s, "ledger")->rules, 1);
    assert_int_equal(state_holder(f->s, "stewards")->threshold, 1);
    assert_int_equal(state_count(f->s, THING_BOOK), 0);
    fix_check_replay(f);
    fix_free(f);
}

static void test_unit(void **state)
{
    struct fix *f = *state;
    static const char box[] = "'unit':'box','name':'상자','scale':12,'kind':'goods'";

    IS(fix_act(f, "s1", "unit.create", "stewards", box), "pending");
    IS(fix_act(f, "t1 t2", "unit.create", "stewards", box), "not-permitted");
    IS(fix_act(f, "t1 t2", "unit.create", "hansalim", box), "not-permitted");
    IS(fix_act(f, "log clerk", "unit.create", "stewards", box), "not-permitted");
    IS(fix_act(f, "s1 s2 s3", "unit.create", "stewards", box), "posted");
    IS(fix_act(f, "s1 s2", "unit.create", "stewards", box), "already-exists");
    assert_int_equal(state_unit(f->s, "box")->scale, 12);
    assert_int_equal(f->log[f->n - 1].n, 2);
    assert_non_null(strstr(fix_part(f, f->n - 1, 1),
                           "\"subject\":\"unit:box\",\"seq\":1,\"state\":{\"name\":\"상자\","
                           "\"scale\":12,\"kind\":\"goods\"}}"));
}

static void test_coop(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "s1 s2 x1", "coop.create", "stewards", COOP, "icoop", "$x1,$x2", 1, ""),
       "pending");
    IS(fix_needs(f), "icoop treasurer 1/2");
    IS(fix_act(f, "s1 x1 x2", "coop.create", "stewards", COOP, "icoop", "$x1,$x2", 1, "$y1"),
       "pending");
    IS(fix_needs(f), "stewards steward 1/2, icoop registrar 0/1");
    IS(fix_act(f, "x1 x2", "coop.create", "icoop", COOP, "icoop", "$x1,$x2", 1, ""),
       "not-permitted");
    IS(fix_act(f, "s1 s2 x1 x2", "coop.create", "stewards", COOP, "icoop", "$x1,$x2", 1, ""),
       "posted");
    assert_int_equal(state_book(f->s, "icoop")->entries.seq, 1);
    IS(fix_act(f, "s1 s2 x3", "coop.create", "stewards", COOP, "icoop", "$x3", 1, ""),
       "already-exists");
    /* Keys that are somebody's. */
    IS(fix_act(f, "s1 s2 t1", "coop.create", "stewards", COOP, "other", "$t1", 1, ""),
       "already-exists");
    IS(fix_act(f, "s1 s2", "coop.create", "stewards", COOP, "other", "$s1", 1, ""),
       "already-exists");
    IS(fix_act(f, "s1 s2 x3 alice", "coop.create", "stewards", COOP, "other", "$x3", 1, "$alice"),
       "already-exists");
    /* Names that are taken by grammar, thresholds that can't be met. */
    IS(fix_act(f, "s1 s2 x3", "coop.create", "stewards", COOP, "stewards", "$x3", 1, ""),
       "malformed");
    IS(fix_act(f, "s1 s2 x3", "coop.create", "stewards", COOP, "ledger", "$x3", 1, ""),
       "malformed");
    IS(fix_act(f, "s1 s2 x3", "coop.create", "stewards", COOP, "other", "$x3", 2, ""), "malformed");
    IS(fix_act(f, "s1 s2", "coop.create", "stewards", COOP, "other", "", 1, ""), "malformed");
    IS(fix_act(f, "s1 s2 x3", "coop.create", "stewards", COOP, "other", "$x3", 1, "$x3"),
       "malformed");
}

static void test_policy(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "t1", "coop.policy", "hansalim", POLICY, "hour", "-1", "1", "-1", "1", "1"),
       "pending");
    IS(fix_act(f, "r1", "coop.policy", "hansalim", POLICY, "hour", "-1", "1", "-1", "1", "1"),
       "not-permitted");
    IS(fix_act(f, "t1 t2", "coop.policy", "stewards", POLICY, "hour", "-1", "1", "-1", "1", "1"),
       "not-permitted");
    IS(fix_act(f, "s1 s2", "coop.policy", "hansalim", POLICY, "hour", "-1", "1", "-1", "1", "1"),
       "not-permitted");
    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim", POLICY, "day", "-1", "1", "-1", "1", "1"),
       "unknown-unit");
    IS(fix_act(f, "t1 t2", "coop.policy", "nowhere",
               "'coop':'nowhere','unit':'hour','floor':0,'ceiling':0,'registrar_floor':0,"
               "'registrar_ceiling':0,'reversal_days':0"),
       "unknown-account");
    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim", POLICY, "hour", "1", "0", "-1", "1", "1"),
       "malformed");
    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim", POLICY, "hour", "-1", "1", "2", "1", "1"),
       "malformed");
    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim", POLICY, "hour", "-1", "1", "-1", "1",
               "36501"),
       "malformed");
    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim", POLICY, "hour", "null", "1", "-1", "1", "1"),
       "malformed");
    IS(fix_act(f, "t3 t2", "coop.policy", "hansalim", POLICY, "hour", "-1", "null", "0", "null",
               "36500"),
       "posted");
    assert_non_null(strstr(fix_part(f, f->n - 1, 1),
                           "\"subject\":\"policy:hansalim/hour\",\"seq\":2,\"state\":{"
                           "\"floor\":-1,\"ceiling\":null,\"registrar_floor\":0,"
                           "\"registrar_ceiling\":null,\"reversal_days\":36500}}"));
    assert_non_null(strstr(fix_part(f, f->n - 1, 2), "\"book\":\"hansalim\""));
}

static void test_limits(void **state)
{
    struct fix *f = *state;
    const char *alice = "alice@hansalim";

    /* To the minor unit: the policy leaves -900 to 1800 to a registrar. */
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, alice, "hour", -900LL, "1800"),
       "posted");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, alice, "hour", -901LL, "1800"),
       "limit-out-of-bounds");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, alice, "hour", -900LL, "1801"),
       "limit-out-of-bounds");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, alice, "hour", -900LL, "null"),
       "limit-out-of-bounds");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, alice, "hour", 10LL, "10"), "posted");
    /* Two registrars have no more of a right; nor has one with treasurers beside him. */
    IS(fix_act(f, "r1 r2", "account.limits", "hansalim", LIMITS, alice, "hour", -901LL, "1800"),
       "limit-out-of-bounds");
    IS(fix_act(f, "r1 t1 t2", "account.limits", "hansalim", LIMITS, alice, "hour", -901LL, "1800"),
       "not-permitted");
    IS(fix_act(f, "t1", "account.limits", "hansalim", LIMITS, alice, "hour", -901LL, "1800"),
       "pending");
    IS(fix_needs(f), "hansalim treasurer 1/2");
    IS(fix_act(f, "t1 t2", "account.limits", "hansalim", LIMITS, alice, "hour", -901LL, "1800"),
       "posted");
    /* Within the bounds the treasurers may, too. */
    IS(fix_act(f, "t1 t2", "account.limits", "hansalim", LIMITS, alice, "hour", -1LL, "null"),
       "posted");
    IS(fix_act(f, "t1 t2", "account.limits", "hansalim", LIMITS, alice, "hour", 1LL, "0"),
       "malformed");
    IS(fix_act(f, "alice", "account.limits", alice, LIMITS, alice, "hour", -1LL, "1"),
       "not-permitted");
    IS(fix_act(f, "alice", "account.limits", "hansalim", LIMITS, alice, "hour", -1LL, "1"),
       "not-permitted");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, "nobody@hansalim", "hour", -1LL, "1"),
       "unknown-account");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, alice, "won", -1LL, "1"),
       "unknown-unit");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, alice, "day", -1LL, "1"),
       "unknown-unit");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, "fund@hansalim", "hour", -1LL, "1"),
       "posted");
    fix_found_second(f);
    IS(fix_act(f, "q1", "account.limits", "icoop", LIMITS, alice, "hour", -1LL, "1"),
       "not-permitted");
    IS(fix_act(f, "q1", "account.limits", "hansalim", LIMITS, alice, "hour", -1LL, "1"),
       "not-permitted");
}

/* Limits and postings of one account count apart. */
static void test_limits_seq(void **state)
{
    struct fix *f = *state;
    const struct account *a;

    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, "bob@hansalim", "hour", -1LL, "9"),
       "posted");
    a = state_account(f->s, "bob@hansalim/hour");
    assert_int_equal(a->seq, 0);
    assert_int_equal(a->record, -1);
    assert_int_equal(a->limits_subject.seq, 1);
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 3), "posted");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, "bob@hansalim", "hour", -2LL, "9"),
       "posted");
    a = state_account(f->s, "bob@hansalim/hour");
    assert_int_equal(a->seq, 1);
    assert_int_equal(a->record, (int64_t)f->n - 2);
    assert_int_equal(a->balance, 3);
    assert_int_equal(a->limits_subject.seq, 2);
    assert_int_equal(a->limits_subject.record, (int64_t)f->n - 1);
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"subject\":\"limits:bob@hansalim/hour\","
                                                     "\"seq\":2,\"state\":{\"floor\":-2,"
                                                     "\"ceiling\":9}}"));
}

/* A registrar's reach without an upper end. */
static void test_limits_reach(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim", POLICY, "hour", "0", "1", "-5", "null", "1"),
       "posted");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, "bob@hansalim", "hour", -5LL, "null"),
       "posted");
    IS(fix_act(f, "r1", "account.limits", "hansalim", LIMITS, "bob@hansalim", "hour", -6LL, "null"),
       "limit-out-of-bounds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open), TEST(test_unit),   TEST(test_coop),
        TEST(test_policy),           TEST(test_limits), TEST(test_limits_seq),
        TEST(test_limits_reach),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
