/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Levies, estate and the closing of a co-op (docs/protocol.md 4.2, 4.5, 4.7, 4.11 and 4.12). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/levy.h"
#include "core/num.h"
#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
#define DAY_MS           INT64_C(86400000)
#define FUND             "fund@hansalim/hour"
#define ALICE            "alice@hansalim/hour"
#define BOB              "bob@hansalim/hour"
#define POLICY                                                     \
    "'coop':'hansalim','unit':'hour','floor':-600,'ceiling':1200," \
    "'registrar_floor':-900,'registrar_ceiling':1800,'reversal_days':30"

static const char *policy(struct fix *f, const char *more)
{
    return fix_act(f, "t1 t2", "coop.policy", "hansalim", POLICY "%s", more);
}

static const char *pay(struct fix *f, int64_t amount, int64_t levy_max)
{
    return fix_act(f, "alice", "transfer", "alice@hansalim",
                   "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':%lld,"
                   "'levy_max':%lld",
                   (long long)amount, (long long)levy_max);
}

static const char *reverse(struct fix *f, size_t record, int64_t amount)
{
    return fix_act(f, "bob", "reversal", "bob@hansalim", "'record':%zu,'amount':%lld", record,
                   (long long)amount);
}

static void leg(const struct fix *f, size_t i, const char *account, int64_t amount)
{
    char want[128];

    (void)snprintf(want, sizeof(want), "\"account\":\"%s\",\"amount\":%lld,", account,
                   (long long)amount);
    if (!strstr(fix_part(f, f->n - 1, i), want))
        fail_msg("part %zu is %s", i, fix_part(f, f->n - 1, i));
}

static void test_policy(void **state)
{
    struct fix *f = *state;

    IS(policy(f, ",'levy_per_mille':5"), "malformed"); /* into no purse */
    IS(policy(f, ",'levy_monthly':5"), "malformed");
    IS(policy(f, ",'levy_monthly':0,'levy_purse':'fund@hansalim'"), "malformed");
    IS(policy(f, ",'levy_per_mille':1001,'levy_purse':'fund@hansalim'"), "malformed");
    IS(policy(f, ",'levy_per_mille':-1,'levy_purse':'fund@hansalim'"), "malformed");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'fund@icoop'"), "malformed");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'fund'"), "malformed");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':null"), "malformed");
    IS(policy(f, ",'clearing':'sometimes'"), "malformed");
    IS(policy(f, ",'clearing':null"), "malformed");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'alice@hansalim'"), "unknown-account");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'nobody@hansalim'"), "unknown-account");
    /* The state says what was said, in its order. */
    IS(policy(f, ",'levy_purse':'fund@hansalim','levy_monthly':60,'levy_per_mille':0,"
                 "'clearing':'never'"),
       "posted");
    assert_non_null(strstr(fix_part(f, f->n - 1, 1),
                           "\"reversal_days\":30,\"clearing\":\"never\",\"levy_per_mille\":0,"
                           "\"levy_monthly\":60,\"levy_purse\":\"fund@hansalim\"}}"));
    assert_int_equal(state_policy(f->s, "hansalim", "hour")->clearing, CLEARING_NEVER);
    IS(policy(f, ",'clearing':'ask'"), "posted");
    assert_non_null(
        strstr(fix_part(f, f->n - 1, 1), "\"reversal_days\":30,\"clearing\":\"ask\"}}"));
    IS(policy(f, ",'levy_per_mille':0"), "posted"); /* nothing to pay, so no purse */
    IS(policy(f, ""), "posted");
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"reversal_days\":30}}"));
    assert_int_equal(state_policy(f->s, "hansalim", "hour")->clearing, CLEARING_ASK);
    IS(fix_act(f, "t1 t2", "member.close", "hansalim", "'member':'fund@hansalim'"), "posted");
    IS(policy(f, ",'levy_per_mille':5,'levy_purse':'fund@hansalim'"), "closed");
}

static void test_transfer(void **state)
{
    struct fix *f = *state;

    IS(policy(f, ",'levy_per_mille':25,'levy_purse':'fund@hansalim'"), "posted");
    IS(pay(f, 100, 1), "limit-out-of-bounds");
    assert_non_null(strstr(f->out.refusal.detail, "a levy of 2 minor units"));
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 100), "limit-out-of-bounds");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 39), "posted"); /* less than one */
    IS(reverse(f, f->n - 1, 39), "posted");
    IS(pay(f, 100, 2), "posted"); /* floor(2.5) */
    leg(f, 1, ALICE, -102);
    leg(f, 2, FUND, 2);
    leg(f, 3, BOB, 100);
    /* It counts against the floor, -600. */
    IS(pay(f, 487, 100), "insufficient-credit"); /* levy 12: 499 of 498 */
    assert_int_equal(f->out.refusal.needed, 499);
    assert_int_equal(f->out.refusal.available, 498);
    IS(pay(f, 486, 100), "posted");
    assert_int_equal(fix_balance(f, ALICE), -600);
    assert_int_equal(fix_balance(f, FUND), 14);
    /* A purse pays none, and none is paid on what goes into the levy's own. */
    IS(fix_act(f, "t1 t2", "transfer", "hansalim",
               "'from':'fund@hansalim','to':'alice@hansalim','unit':'hour','amount':600"),
       "posted");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim",
               "'from':'alice@hansalim','to':'fund@hansalim','unit':'hour','amount':600"),
       "posted");
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 586), "limit-out-of-bounds");
    /* While the purse can take nothing in, there is none; its ceiling doesn't count. */
    IS(fix_act(f, "t1 t2", "account.limits", "hansalim",
               "'member':'fund@hansalim','unit':'hour','floor':0,'ceiling':0"),
       "posted");
    IS(fix_act(f, "bob", "transfer", "bob@hansalim",
               "'from':'bob@hansalim','to':'alice@hansalim','unit':'hour','amount':40,"
               "'levy_max':1"),
       "posted");
    assert_int_equal(fix_balance(f, FUND), 15);
    IS(fix_act(f, "t1 t2", "member.freeze", "hansalim", "'member':'fund@hansalim'"), "posted");
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 400), "posted");
    assert_int_equal(fix_balance(f, FUND), 15);
    fix_check_books(f);
}

static void test_refund(void **state)
{
    struct fix *f = *state;
    size_t record;

    IS(policy(f, ",'levy_per_mille':100,'levy_purse':'fund@hansalim'"), "posted");
    IS(pay(f, 70, 7), "posted");
    record = f->n - 1;
    /* What the policy says by then is of no concern. */
    IS(policy(f, ",'levy_per_mille':1,'levy_purse':'fund@hansalim'"), "posted");
    IS(reverse(f, record, 9), "posted"); /* floor(7 × 9 / 70) is nothing */
    assert_int_equal(f->log[f->n - 1].n, 4);
    IS(reverse(f, record, 1), "posted"); /* the tenth: 1 */
    leg(f, 1, BOB, -1);
    leg(f, 2, FUND, -1);
    leg(f, 3, ALICE, 2);
    IS(reverse(f, record, 35), "posted"); /* 45 in all: 4 */
    leg(f, 3, ALICE, 38);
    /* It comes out of a purse that has nothing, or is frozen. */
    IS(fix_act(f, "t1 t2", "account.limits", "hansalim",
               "'member':'fund@hansalim','unit':'hour','floor':0,'ceiling':0"),
       "posted");
    IS(fix_act(f, "t1 t2", "transfer", "hansalim",
               "'from':'fund@hansalim','to':'bob@hansalim','unit':'hour','amount':3"),
       "posted");
    IS(fix_act(f, "t1 t2", "member.freeze", "hansalim", "'member':'fund@hansalim'"), "posted");
    IS(reverse(f, record, 25), "posted");
    assert_int_equal(fix_balance(f, FUND), -3);
    assert_int_equal(fix_balance(f, ALICE), 0);
    IS(reverse(f, record, 1), "already-reversed");
    fix_check_books(f);
}

/* A purse that is closed gives nothing back, and keeps nobody from getting back what was paid. */
static void test_closed_purse(void **state)
{
    struct fix *f = *state;
    size_t record;

    IS(policy(f, ",'levy_per_mille':100,'levy_purse':'fund@hansalim'"), "posted");
    IS(pay(f, 70, 7), "posted");
    record = f->n - 1;
    IS(fix_act(f, "t1 t2", "transfer", "hansalim",
               "'from':'fund@hansalim','to':'bob@hansalim','unit':'hour','amount':7"),
       "posted");
    IS(fix_act(f, "t1 t2", "member.close", "hansalim", "'member':'fund@hansalim'"), "posted");
    IS(reverse(f, record, 70), "posted");
    assert_int_equal(f->log[f->n - 1].n, 4);
    assert_int_equal(fix_balance(f, ALICE), -7);
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 100), "posted"); /* and no levy */
}

/* Pro rata against long arithmetic, over ways to take a payment back that look random. */
static void test_refund_property(void **state)
{
    uint64_t random = 20261129;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        int64_t amount, levy, back = 0, refunded = 0;

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        amount = 1 + (int64_t)(random >> 14) % (round % 2 ? 200 : AMOUNT_MAX);
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        levy = (int64_t)(random >> 14) % (amount + 1);
        while (back < amount) {
            int64_t part, of, left = amount - back;

            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            part = 1 + (int64_t)(random >> 14) % left;
            of = levy_refund(levy, amount, back, part);
            assert_true(of >= 0);
            back += part;
            refunded += of;
            /* floor: refunded × amount ≤ levy × back < (refunded + 1) × amount */
            assert_true((__extension__(__int128) refunded) * amount <=
                        (__extension__(__int128) levy) * back);
            assert_true((__extension__(__int128) levy) * back <
                        (__extension__(__int128)(refunded + 1)) * amount);
            assert_true(refunded <= levy);
        }
        assert_int_equal(refunded, levy);
    }
}

/* Payments with levies and their reversals in parts, in a ledger: books sum to zero, and when all
 * is back nobody has gained or lost. */
static void test_ledger_property(void **state)
{
    struct fix *f = *state;
    uint64_t random = 7;
    size_t paid[40];
    int64_t left[40];

    IS(policy(f, ",'levy_per_mille':333,'levy_purse':'fund@hansalim'"), "posted");
    for (size_t i = 0; i < ARRAY_LEN(paid); i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        left[i] = 1 + (int64_t)(random >> 40) % 11;
        IS(pay(f, left[i], 1000), "posted");
        paid[i] = f->n - 1;
        fix_check_books(f);
    }
    for (size_t turn = 0; turn < 400; turn++) {
        size_t i = turn % ARRAY_LEN(paid);
        int64_t part;

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        if (left[i] == 0)
            continue;
        part = turn > 360 ? left[i] : 1 + (int64_t)(random >> 40) % left[i];
        IS(reverse(f, paid[i], part), "posted");
        left[i] -= part;
        fix_check_books(f);
    }
    assert_int_equal(fix_balance(f, ALICE), 0);
    assert_int_equal(fix_balance(f, BOB), 0);
    assert_int_equal(fix_balance(f, FUND), 0);
}

static const char *take(struct fix *f, const char *signer, const char *by, const char *member,
                        const char *month)
{
    char jti[HASH_B64U_LEN + 1];

    levy_jti(jti, member, "hour", month);
    f->jti = jti;
    return fix_act(f, signer, "levy", by, "'member':'%s','unit':'hour','month':'%s'", member,
                   month);
}

static void test_monthly(void **state)
{
    struct fix *f = *state;
    char jti[HASH_B64U_LEN + 1];

    /* As anybody can make it from the words of the protocol. */
    levy_jti(jti, "alice@hansalim", "hour", "2026-11");
    assert_string_equal(jti, "qJaLLPdKCY7sp4RIeZRYaNHqq3seczdp-vUEpqMRvNs");
    IS(take(f, "clerk", "ledger", "alice@hansalim", "2026-11"), "unknown-unit"); /* no levy */
    IS(policy(f, ",'levy_monthly':60,'levy_purse':'fund@hansalim'"), "posted");
    IS(take(f, "log", "ledger", "alice@hansalim", "2026-11"), "not-permitted");
    IS(take(f, "t1 t2", "hansalim", "alice@hansalim", "2026-11"), "not-permitted");
    IS(take(f, "clerk", "ledger", "nobody@hansalim", "2026-11"), "unknown-account");
    IS(take(f, "clerk", "ledger", "fund@hansalim", "2026-11"), "not-permitted");
    IS(take(f, "clerk", "ledger", "alice@hansalim", "2026-12"), "not-yet-valid");
    IS(take(f, "clerk", "ledger", "alice@hansalim", "2026-09"), "expired");
    IS(take(f, "clerk", "ledger", "alice@hansalim", "2026-13"), "malformed");
    IS(take(f, "clerk", "ledger", "alice@hansalim", "2026-1"), "malformed");
    IS(take(f, "clerk", "ledger", "alice@hansalim", "2026-11-01"), "malformed");
    IS(fix_act(f, "clerk", "levy", "ledger",
               "'member':'alice@hansalim','unit':'hour','month':'2026-11'"),
       "malformed"); /* another jti could be taken a second time */
    IS(take(f, "clerk", "ledger", "alice@hansalim", "2026-11"), "posted");
    leg(f, 1, ALICE, -60);
    leg(f, 2, FUND, 60);
    IS(take(f, "clerk", "ledger", "alice@hansalim", "2026-10"), "posted"); /* late, and no more */
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 570), "posted");
    IS(take(f, "clerk", "ledger", "bob@hansalim", "2026-11"), "insufficient-credit");
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'carol@hansalim'"), "posted");
    IS(take(f, "clerk", "ledger", "carol@hansalim", "2026-11"), "frozen");
    IS(fix_act(f, "t1 t2", "member.freeze", "hansalim", "'member':'fund@hansalim'"), "posted");
    IS(take(f, "clerk", "ledger", "old@hansalim", "2026-11"), "payee-cannot-receive");
    fix_check_books(f);
}

static const char *estate(struct fix *f, const char *signers, const char *member, const char *purse)
{
    return fix_act(f, signers, "estate", "hansalim", "'member':'%s','unit':'hour','purse':'%s'",
                   member, purse);
}

static void test_estate(void **state)
{
    struct fix *f = *state;
    const char *alice = "alice@hansalim", *fund = "fund@hansalim";

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 500), "posted");
    IS(estate(f, "t1 t2", alice, fund), "not-permitted"); /* not frozen */
    IS(fix_act(f, "alice", "member.freeze", alice, "'member':'alice@hansalim'"), "posted");
    f->ms += 10 * DAY_MS;
    /* That the office takes the freeze over doesn't begin it anew. */
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    f->ms += 20 * DAY_MS - 1;
    IS(estate(f, "t1 t2", alice, fund), "not-yet-valid");
    f->ms++;
    IS(estate(f, "r1", alice, fund), "not-permitted");
    IS(estate(f, "t1", alice, fund), "pending");
    IS(estate(f, "t1 t2", "nobody@hansalim", fund), "unknown-account");
    IS(estate(f, "t1 t2", alice, "bob@hansalim"), "unknown-account"); /* no purse */
    IS(estate(f, "t1 t2", alice, "fund@icoop"), "malformed");
    IS(estate(f, "t1 t2", fund, fund), "same-account");
    /* A debt is made good, whatever the purse may owe. */
    IS(fix_act(f, "t1 t2", "account.limits", "hansalim",
               "'member':'fund@hansalim','unit':'hour','floor':0,'ceiling':0"),
       "posted");
    IS(fix_act(f, "r1", "member.close", "hansalim", "'member':'alice@hansalim'"),
       "limit-out-of-bounds");
    IS(estate(f, "t1 t2", alice, fund), "posted");
    leg(f, 1, ALICE, 500);
    leg(f, 2, FUND, -500);
    IS(estate(f, "t1 t2", alice, fund), "limit-out-of-bounds"); /* nothing is left */
    IS(fix_act(f, "r1", "member.close", "hansalim", "'member':'alice@hansalim'"), "posted");
    IS(estate(f, "t1 t2", alice, fund), "closed");
    /* What is held goes the other way. A freeze that was lifted counts from the next one. */
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    f->ms += 20 * DAY_MS;
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    f->ms += 29 * DAY_MS;
    IS(estate(f, "t1 t2", "bob@hansalim", fund), "not-yet-valid");
    f->ms += DAY_MS;
    IS(fix_act(f, "t1 t2", "estate", "hansalim",
               "'member':'bob@hansalim','unit':'won','purse':'fund@hansalim'"),
       "unknown-unit");
    IS(fix_act(f, "t1 t2", "member.freeze", "hansalim", "'member':'fund@hansalim'"), "posted");
    IS(estate(f, "t1 t2", "bob@hansalim", fund), "frozen");
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", "'member':'fund@hansalim'"), "posted");
    IS(estate(f, "t1 t2", "bob@hansalim", fund), "posted");
    assert_int_equal(fix_balance(f, FUND), 0);
    assert_int_equal(fix_balance(f, BOB), 0);
    fix_check_books(f);
}

static const char *settle(struct fix *f, const char *signers, const char *by, const char *from,
                          const char *to, int64_t amount)
{
    return fix_act(f, signers, "settlement", by,
                   "'from':'%s','to':'%s','unit':'hour','amount':%lld,'means':'money',"
                   "'date':'2026-11-22'",
                   from, to, (long long)amount);
}

static void test_settlement(void **state)
{
    struct fix *f = *state;

    IS(settle(f, "t1 t2", "hansalim", "hansalim", "icoop", 60), "unknown-account");
    fix_found_second(f);
    IS(fix_act(f, "u1", "line.set", "icoop",
               "'coop':'icoop','partner':'hansalim','unit':'hour','limit':100"),
       "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "dora@icoop", 100), "posted");
    IS(settle(f, "t1 t2", "hansalim", "hansalim", "icoop", 60), "pending");
    IS(fix_needs(f), "icoop treasurer 0/1");
    IS(settle(f, "u1", "icoop", "hansalim", "icoop", 60), "pending");
    IS(settle(f, "t1 t2 q1", "hansalim", "hansalim", "icoop", 60), "not-permitted");
    IS(settle(f, "t1 t2 u1", "stewards", "hansalim", "icoop", 60), "not-permitted");
    IS(settle(f, "t1 t2", "hansalim", "hansalim", "hansalim", 60), "same-account");
    IS(settle(f, "t1 t2 u1", "hansalim", "hansalim", "icoop", 0), "malformed");
    IS(fix_act(f, "t1 t2 u1", "settlement", "hansalim",
               "'from':'hansalim','to':'icoop','unit':'day','amount':1,'means':'money',"
               "'date':'2026-11-22'"),
       "unknown-unit");
    IS(fix_act(f, "t1 t2 u1", "settlement", "hansalim",
               "'from':'hansalim','to':'icoop','unit':'hour','amount':1,'means':'money',"
               "'date':'2026-11-23'"),
       "malformed"); /* tomorrow */
    IS(fix_act(f, "t1 t2 u1", "settlement", "hansalim",
               "'from':'hansalim','to':'icoop','unit':'hour','amount':1,'means':'gold',"
               "'date':'2026-11-22'"),
       "malformed");
    IS(settle(f, "t1 t2 u1", "icoop", "hansalim", "icoop", 60), "posted");
    leg(f, 1, "!pos.icoop@hansalim/hour", -60);
    leg(f, 2, "!pos.hansalim@icoop/hour", 60);
    leg(f, 3, "!outside@hansalim/hour", 60);
    leg(f, 4, "!outside@icoop/hour", -60);
    /* The room that it made can be used again. */
    IS(fix_pay(f, "bob", "bob@hansalim", "dora@icoop", 60), "posted");
    IS(fix_pay(f, "bob", "bob@hansalim", "dora@icoop", 1), "line-exhausted");
    /* Both signed, so it may go past what is owed and past lines, and back again. */
    IS(settle(f, "t1 t2 u1", "hansalim", "hansalim", "icoop", 1000), "posted");
    assert_int_equal(fix_balance(f, "!pos.icoop@hansalim/hour"), -900);
    IS(settle(f, "t1 t2 u1", "hansalim", "icoop", "hansalim", 900), "posted");
    assert_int_equal(fix_balance(f, "!outside@icoop/hour"), -160);
    fix_check_books(f);
}

static void test_close(void **state)
{
    struct fix *f = *state;

    fix_found_second(f);
    IS(fix_act(f, "u1", "line.set", "icoop",
               "'coop':'icoop','partner':'hansalim','unit':'hour','limit':100"),
       "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "dora@icoop", 100), "posted");
    IS(fix_act(f, "u1", "coop.close", "icoop", "'coop':'icoop'"), "limit-out-of-bounds");
    IS(fix_act(f, "t1 t2", "coop.close", "hansalim", "'coop':'hansalim'"), "limit-out-of-bounds");
    IS(settle(f, "t1 t2 u1", "icoop", "hansalim", "icoop", 100), "posted");
    IS(fix_act(f, "q1", "coop.close", "icoop", "'coop':'icoop'"), "not-permitted");
    IS(fix_act(f, "s1 s2", "coop.close", "stewards", "'coop':'icoop'"), "not-permitted");
    IS(fix_act(f, "u1", "coop.close", "nobody", "'coop':'nobody'"), "unknown-account");
    IS(fix_act(f, "u1", "coop.close", "icoop", "'coop':'icoop'"), "posted");
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"state\":\"closed\""));
    /* Nothing moves there any more, and its office does nothing. */
    IS(fix_act(f, "u1", "coop.close", "icoop", "'coop':'icoop'"), "closed");
    IS(fix_act(f, "q1", "member.freeze", "icoop", "'member':'dora@icoop'"), "closed");
    IS(fix_act(f, "u1", "line.set", "icoop",
               "'coop':'icoop','partner':'hansalim','unit':'hour','limit':1"),
       "closed");
    IS(fix_pay(f, "dora", "dora@icoop", "alice@hansalim", 1), "closed");
    IS(fix_pay(f, "alice", "alice@hansalim", "dora@icoop", 1), "payee-cannot-receive");
    IS(reverse(f, 0, 1), "unknown-record");
    IS(settle(f, "t1 t2 u1", "hansalim", "hansalim", "icoop", 1), "closed");
    IS(fix_act(f, "dora", "request", "dora@icoop",
               "'from':'alice@hansalim','to':'dora@icoop','unit':'hour','amount':1,"
               "'expires':'2026-12-31'"),
       "closed");
    /* Its members' keys can still be revoked. */
    IS(fix_act(f, "dora", "member.freeze", "dora@icoop", "'member':'dora@icoop'"), "posted");
    fix_check_books(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_policy),          TEST(test_transfer),
        TEST(test_refund),          TEST(test_closed_purse),
        TEST(test_monthly),         TEST(test_estate),
        TEST(test_ledger_property), TEST(test_settlement),
        TEST(test_close),           cmocka_unit_test(test_refund_property),
    };

    return cmocka_run_group_tests_name("rules_levy", tests, NULL, NULL);
}
