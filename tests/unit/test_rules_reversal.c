/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* reversal (docs/protocol.md 4.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define DAY_MS           INT64_C(86400000)

static const char *reverse(struct fix *f, const char *signers, const char *by, size_t record,
                           int64_t amount)
{
    return fix_act(f, signers, "reversal", by, "'record':%zu,'amount':%lld", record,
                   (long long)amount);
}

/* alice pays bob an hour; the record's index. */
static size_t paid(struct fix *f)
{
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "posted");
    return f->n - 1;
}

/* The office records that old, who has no device, pays bob an hour. */
static size_t recorded(struct fix *f)
{
    IS(fix_act(f, "r1", "transfer", "hansalim",
               "'from':'old@hansalim','to':'bob@hansalim','unit':'hour','amount':60"),
       "posted");
    return f->n - 1;
}

static void test_by_payee(void **state)
{
    struct fix *f = *state;
    size_t record = paid(f);

    IS(reverse(f, "alice", "alice@hansalim", record, 60), "not-permitted"); /* the payer */
    IS(reverse(f, "carol1 carol2", "carol@hansalim", record, 60), "unknown-record");
    IS(reverse(f, "alice", "bob@hansalim", record, 60), "not-permitted");
    IS(reverse(f, "r1", "hansalim", record, 60), "not-permitted"); /* the office didn't record it */
    /* Who signs with no key of `by` learns nothing: the answer is the same whoever that is. */
    IS(reverse(f, "carol1", "alice@hansalim", record, 60), "not-permitted");
    IS(reverse(f, "carol1", "bob@hansalim", record, 60), "not-permitted");
    IS(reverse(f, "carol1", "old@hansalim", record, 60), "not-permitted");
    IS(reverse(f, "carol1", "bob@hansalim", record - 1, 60), "not-permitted");
    IS(reverse(f, "bob", "bob@hansalim", record - 1, 60), "unknown-record");
    IS(reverse(f, "bob", "bob@hansalim", f->n, 60), "unknown-record");
    IS(reverse(f, "bob", "bob@hansalim", record, 61), "limit-out-of-bounds");
    IS(reverse(f, "bob", "bob@hansalim", record, 60), "posted");
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), 0);
    assert_int_equal(fix_balance(f, "bob@hansalim/hour"), 0);
    /* Who pays comes first; who is paid is the former payer. */
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"bob@hansalim/hour\",\"amount\":-60"));
    assert_non_null(strstr(fix_part(f, f->n - 1, 2), "\"alice@hansalim/hour\",\"amount\":60"));
    IS(reverse(f, "bob", "bob@hansalim", record, 1), "already-reversed");
    IS(reverse(f, "alice", "alice@hansalim", f->n - 1, 60), "unknown-record"); /* of a reversal */
    IS(reverse(f, "bob", "bob@hansalim", f->n - 1, 60), "unknown-record");
    f->ms += 400 * DAY_MS; /* the payee may for ever */
    record = paid(f);
    f->ms += 400 * DAY_MS;
    IS(reverse(f, "bob", "bob@hansalim", record, 60), "posted");
}

static void test_in_parts(void **state)
{
    struct fix *f = *state;
    size_t record = paid(f);

    IS(reverse(f, "bob", "bob@hansalim", record, 0), "malformed");
    IS(reverse(f, "bob", "bob@hansalim", record, -5), "malformed");
    IS(reverse(f, "bob", "bob@hansalim", record, 25), "posted");
    IS(reverse(f, "bob", "bob@hansalim", record, 36), "already-reversed");
    IS(reverse(f, "bob", "bob@hansalim", record, 60), "already-reversed");
    IS(reverse(f, "t1 t2", "hansalim", record, 30), "posted"); /* forced, of what is left */
    IS(reverse(f, "bob", "bob@hansalim", record, 6), "already-reversed");
    IS(reverse(f, "bob", "bob@hansalim", record, 5), "posted");
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), 0);
    IS(reverse(f, "bob", "bob@hansalim", record, 1), "already-reversed");
}

static void test_by_recorder(void **state)
{
    struct fix *f = *state;
    size_t record = recorded(f);

    IS(reverse(f, "r2", "hansalim", record, 20), "posted");
    f->ms += 30 * DAY_MS;
    IS(reverse(f, "r2", "hansalim", record, 20), "posted");
    f->ms += 1;
    IS(reverse(f, "r2", "hansalim", record, 20), "not-permitted");
    IS(reverse(f, "bob", "bob@hansalim", record, 20), "posted");
    /* What a purse paid was not recorded by a registrar. */
    IS(fix_act(f, "t1 t2", "transfer", "hansalim",
               "'from':'fund@hansalim','to':'bob@hansalim','unit':'hour','amount':60"),
       "posted");
    IS(reverse(f, "r1", "hansalim", f->n - 1, 20), "not-permitted");
    IS(reverse(f, "r1 t1", "hansalim", f->n - 1, 20), "not-permitted");
}

/* The balance of who has to pay back is said to its own office, not to that of another co-op. */
static void test_numbers_of_others(void **state)
{
    struct fix *f = *state;
    size_t record = recorded(f);

    IS(fix_act(f, "t1 t2", "account.limits", "hansalim",
               "'member':'bob@hansalim','unit':'hour','floor':60,'ceiling':null"),
       "posted");
    IS(reverse(f, "r1", "hansalim", record, 20), "insufficient-credit");
    assert_true(f->out.refusal.has_numbers);
    assert_int_equal(f->out.refusal.balance, 60);
    fix_found_second(f);
    IS(fix_act(f, "u1", "line.set", "icoop",
               "'coop':'icoop','partner':'hansalim','unit':'hour','limit':600,'transit':false"),
       "posted");
    IS(fix_act(f, "r1", "transfer", "hansalim",
               "'from':'old@hansalim','to':'dora@icoop','unit':'hour','amount':60"),
       "posted");
    record = f->n - 1;
    IS(fix_act(f, "u1", "account.limits", "icoop",
               "'member':'dora@icoop','unit':'hour','floor':60,'ceiling':null"),
       "posted");
    IS(reverse(f, "r1", "hansalim", record, 20), "insufficient-credit");
    assert_false(f->out.refusal.has_numbers);
    IS(reverse(f, "dora", "dora@icoop", record, 20), "insufficient-credit");
    assert_true(f->out.refusal.has_numbers);
    IS(reverse(f, "u1", "icoop", record, 20), "insufficient-credit");
    assert_true(f->out.refusal.has_numbers);
}

static void test_forced(void **state)
{
    struct fix *f = *state;
    size_t record = paid(f);

    IS(reverse(f, "t1", "hansalim", record, 60), "pending");
    IS(fix_needs(f), "hansalim treasurer 1/2");
    f->ms += 30 * DAY_MS; /* the policy's reversal_days */
    IS(reverse(f, "t1 t2", "hansalim", record, 10), "posted");
    f->ms += 1;
    IS(reverse(f, "t1 t2", "hansalim", record, 10), "not-permitted");
    /* The policy in force counts, not that of the day of the transfer. */
    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim",
               "'coop':'hansalim','unit':'hour','floor':-600,'ceiling':1200,"
               "'registrar_floor':-900,'registrar_ceiling':1800,'reversal_days':31"),
       "posted");
    IS(reverse(f, "t1 t2", "hansalim", record, 10), "posted");
    /* What a member does with the money in time can't be got back past its floor. */
    IS(fix_act(f, "t1 t2", "account.limits", "hansalim",
               "'member':'bob@hansalim','unit':'hour','floor':0,'ceiling':1200"),
       "posted");
    IS(fix_pay(f, "bob", "bob@hansalim", "carol@hansalim", 35), "posted");
    IS(reverse(f, "t1 t2", "hansalim", record, 10), "insufficient-credit");
    assert_int_equal(f->out.refusal.available, 5);
    /* A freeze keeps the member from paying, not the treasurers from taking back. */
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(reverse(f, "bob", "bob@hansalim", record, 5), "frozen");
    IS(reverse(f, "t1 t2", "hansalim", record, 5), "posted");
    /* Whoever has left has nothing to take back, and owes nothing for it. */
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    assert_int_equal(fix_balance(f, "bob@hansalim/hour"), 0);
    IS(fix_act(f, "t1 t2", "account.limits", "hansalim",
               "'member':'bob@hansalim','unit':'hour','floor':-600,'ceiling':1200"),
       "posted");
    IS(fix_act(f, "bob", "member.close", "bob@hansalim", "'member':'bob@hansalim'"), "posted");
    IS(reverse(f, "t1 t2", "hansalim", record, 5), "closed");
}

static void test_purse(void **state)
{
    struct fix *f = *state;
    size_t record;

    IS(fix_pay(f, "alice", "alice@hansalim", "fund@hansalim", 60), "posted");
    record = f->n - 1;
    IS(reverse(f, "r1", "hansalim", record, 60), "not-permitted");
    IS(reverse(f, "t1 t2", "fund@hansalim", record, 60), "not-permitted");
    f->ms += 1000 * DAY_MS; /* its treasurers are the payee: not forced, for ever */
    IS(reverse(f, "t1 t2", "hansalim", record, 60), "posted");
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), 0);
}

static void test_floor_and_ceiling(void **state)
{
    struct fix *f = *state;
    size_t record = paid(f);

    /* alice is filled to her ceiling meanwhile: what comes back may pass it. */
    IS(fix_pay(f, "carol1 carol2", "carol@hansalim", "alice@hansalim", 600), "posted");
    IS(fix_act(f, "r1", "account.limits", "hansalim",
               "'member':'alice@hansalim','unit':'hour','floor':-600,'ceiling':540"),
       "posted");
    IS(reverse(f, "bob", "bob@hansalim", record, 60), "posted");
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), 600);
    /* The payee's floor counts. */
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "posted");
    record = f->n - 1;
    IS(fix_pay(f, "bob", "bob@hansalim", "carol@hansalim", 660), "posted");
    IS(reverse(f, "bob", "bob@hansalim", record, 60), "insufficient-credit");
}

static void test_states(void **state)
{
    struct fix *f = *state;
    size_t record = paid(f);

    IS(fix_act(f, "alice", "member.freeze", "alice@hansalim", "'member':'alice@hansalim'"),
       "posted");
    IS(reverse(f, "bob", "bob@hansalim", record, 60), "payee-cannot-receive");
    IS(reverse(f, "t1 t2", "hansalim", record, 60), "payee-cannot-receive");
    IS(fix_act(f, "alice", "member.unfreeze", "alice@hansalim", "'member':'alice@hansalim'"),
       "posted");
    /* A request is no transfer. */
    IS(fix_act(f, "bob", "request", "bob@hansalim",
               "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':60,"
               "'expires':'2026-11-30'"),
       "posted");
    IS(reverse(f, "bob", "bob@hansalim", f->n - 1, 60), "unknown-record");
    /* What answered one can be reversed as any other; the request stays answered. */
    IS(fix_act(f, "alice", "transfer", "alice@hansalim",
               "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':60,"
               "'request':%zu",
               f->n - 1),
       "posted");
    IS(reverse(f, "bob", "bob@hansalim", f->n - 1, 60), "posted");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim",
               "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':60,"
               "'request':%zu",
               f->n - 3),
       "already-answered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_payee, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_in_parts, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_by_recorder, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_numbers_of_others, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_forced, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_purse, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_floor_and_ceiling, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_states, fix_setup, fix_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
