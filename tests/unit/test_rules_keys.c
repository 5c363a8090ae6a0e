/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

#define ADD(holder, role, key)    "'holder':'" holder "','role':'" role "','key':$" key
#define REVOKE(holder, role, key) "'holder':'" holder "','role':'" role "','kid':'#" key "'"
#define SET(holder, role, n)      "'holder':'" holder "','role':'" role "','threshold':" #n

static void test_add(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "alice", "key.add", "alice@hansalim", ADD("alice@hansalim", "member", "a2")),
       "pending");
    IS(fix_needs(f), "alice@hansalim member 0/1");
    IS(fix_act(f, "a2", "key.add", "alice@hansalim", ADD("alice@hansalim", "member", "a2")),
       "pending");
    IS(fix_needs(f), "alice@hansalim member 0/1");
    IS(fix_act(f, "alice a2", "key.add", "alice@hansalim", ADD("alice@hansalim", "member", "a2")),
       "posted");
    assert_true(fix_in_force(f, "a2"));
    assert_int_equal(fix_holder(f, "alice@hansalim")->n_keys, 2);
    assert_int_equal(fix_holder(f, "alice@hansalim")->threshold, 1);
    IS(fix_pay(f, "a2", "alice@hansalim", "bob@hansalim", 1), "posted");
    /* Not by others, the office among them, and not what is somebody's already. */
    IS(fix_act(f, "bob a3", "key.add", "bob@hansalim", ADD("alice@hansalim", "member", "a3")),
       "not-permitted");
    IS(fix_act(f, "r1 a3", "key.add", "hansalim", ADD("alice@hansalim", "member", "a3")),
       "not-permitted");
    IS(fix_act(f, "bob a3", "key.add", "alice@hansalim", ADD("alice@hansalim", "member", "a3")),
       "not-permitted");
    IS(fix_act(f, "alice bob", "key.add", "alice@hansalim", ADD("alice@hansalim", "member", "bob")),
       "already-exists");
    IS(fix_act(f, "alice", "key.add", "alice@hansalim", ADD("alice@hansalim", "member", "alice")),
       "already-exists");
    IS(fix_act(f, "r1 x", "key.add", "hansalim", ADD("nobody@hansalim", "member", "x")),
       "unknown-account");
    IS(fix_act(f, "x", "key.add", "nowhere", ADD("nowhere", "treasurer", "x")), "unknown-account");
    IS(fix_act(f, "t1 t2 x", "key.add", "hansalim", ADD("fund@hansalim", "member", "x")),
       "not-permitted");
}

static void test_first_key(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "r1", "key.add", "hansalim", ADD("old@hansalim", "member", "o1")), "pending");
    IS(fix_needs(f), "old@hansalim member 0/1");
    IS(fix_act(f, "t1 t2 o1", "key.add", "hansalim", ADD("old@hansalim", "member", "o1")),
       "not-permitted");
    IS(fix_act(f, "o1", "key.add", "old@hansalim", ADD("old@hansalim", "member", "o1")),
       "not-permitted");
    IS(fix_act(f, "r1 o1", "key.add", "hansalim", ADD("old@hansalim", "member", "o1")), "posted");
    assert_int_equal(fix_holder(f, "old@hansalim")->threshold, 1);
    /* From now on the member governs itself, and a registrar records no more for it. */
    IS(fix_act(f, "r1 o2", "key.add", "hansalim", ADD("old@hansalim", "member", "o2")),
       "not-permitted");
    IS(fix_act(f, "r1", "transfer", "hansalim",
               "'from':'old@hansalim','to':'bob@hansalim','unit':'hour','amount':1"),
       "not-permitted");
    IS(fix_act(f, "o1 o2", "key.add", "old@hansalim", ADD("old@hansalim", "member", "o2")),
       "posted");
}

static void test_revoke(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "alice", "key.revoke", "alice@hansalim",
               REVOKE("alice@hansalim", "member", "alice")),
       "limit-out-of-bounds");
    IS(fix_act(f, "alice a2", "key.add", "alice@hansalim", ADD("alice@hansalim", "member", "a2")),
       "posted");
    IS(fix_act(f, "r1", "key.revoke", "alice@hansalim",
               REVOKE("alice@hansalim", "member", "alice")),
       "not-permitted");
    IS(fix_act(f, "r1", "key.revoke", "hansalim", REVOKE("alice@hansalim", "member", "alice")),
       "not-permitted");
    IS(fix_act(f, "alice", "key.revoke", "alice@hansalim",
               REVOKE("alice@hansalim", "member", "bob")),
       "unknown-key");
    IS(fix_act(f, "alice", "key.revoke", "alice@hansalim",
               REVOKE("alice@hansalim", "member", "nobody")),
       "unknown-key");
    IS(fix_act(f, "alice", "key.revoke", "alice@hansalim",
               REVOKE("alice@hansalim", "member", "alice")),
       "posted");
    assert_false(fix_in_force(f, "alice"));
    /* A revoked key signs nothing, not even beside a good one. */
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "not-permitted");
    IS(fix_pay(f, "alice a2", "alice@hansalim", "bob@hansalim", 1), "not-permitted");
    IS(fix_pay(f, "a2", "alice@hansalim", "bob@hansalim", 1), "posted");
    IS(fix_act(f, "a2", "key.revoke", "alice@hansalim",
               REVOKE("alice@hansalim", "member", "alice")),
       "unknown-key");
    IS(fix_act(f, "a2 alice", "key.add", "alice@hansalim",
               ADD("alice@hansalim", "member", "alice")),
       "already-exists");
    /* While frozen a lost device's key may be taken away. */
    IS(fix_act(f, "a2 a3", "key.add", "alice@hansalim", ADD("alice@hansalim", "member", "a3")),
       "posted");
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    IS(fix_act(f, "a3", "key.revoke", "alice@hansalim", REVOKE("alice@hansalim", "member", "a2")),
       "posted");
    IS(fix_act(f, "a3", "threshold.set", "alice@hansalim", SET("alice@hansalim", "member", 1)),
       "frozen");
}

static void test_threshold(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "alice", "threshold.set", "alice@hansalim", SET("alice@hansalim", "member", 2)),
       "limit-out-of-bounds");
    IS(fix_act(f, "alice a2", "key.add", "alice@hansalim", ADD("alice@hansalim", "member", "a2")),
       "posted");
    IS(fix_act(f, "alice", "threshold.set", "alice@hansalim", SET("alice@hansalim", "member", 2)),
       "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "pending");
    IS(fix_pay(f, "alice a2", "alice@hansalim", "bob@hansalim", 1), "posted");
    IS(fix_act(f, "alice a2", "key.revoke", "alice@hansalim",
               REVOKE("alice@hansalim", "member", "a2")),
       "limit-out-of-bounds");
    /* The old threshold signs. */
    IS(fix_act(f, "alice", "threshold.set", "alice@hansalim", SET("alice@hansalim", "member", 1)),
       "pending");
    IS(fix_act(f, "alice a2", "threshold.set", "alice@hansalim",
               SET("alice@hansalim", "member", 1)),
       "posted");
    IS(fix_act(f, "t1 t2", "threshold.set", "hansalim", SET("hansalim", "treasurer", 3)), "posted");
    IS(fix_act(f, "t1 t2", "threshold.set", "hansalim", SET("hansalim", "treasurer", 1)),
       "pending");
    IS(fix_needs(f), "hansalim treasurer 2/3");
    IS(fix_act(f, "t1 t2 t3", "threshold.set", "hansalim", SET("hansalim", "treasurer", 4)),
       "limit-out-of-bounds");
    IS(fix_act(f, "s1 s2", "threshold.set", "stewards", SET("stewards", "steward", 3)), "posted");
    IS(fix_act(f, "s1 s2", "threshold.set", "stewards", SET("stewards", "steward", 3)), "pending");
    /* Who has no keys, or no such role. */
    IS(fix_act(f, "r1", "threshold.set", "hansalim", SET("old@hansalim", "member", 1)),
       "not-permitted");
    IS(fix_act(f, "t1 t2", "threshold.set", "fund@hansalim", SET("fund@hansalim", "member", 1)),
       "not-permitted");
    IS(fix_act(f, "t1 t2 t3", "threshold.set", "hansalim", SET("hansalim", "registrar", 1)),
       "malformed");
    IS(fix_act(f, "alice", "threshold.set", "alice@hansalim", SET("alice@hansalim", "member", 0)),
       "malformed");
}

static void test_office(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "t1 t2 r3", "key.add", "hansalim", ADD("hansalim", "registrar", "r3")), "posted");
    IS(fix_act(f, "r3 n1", "member.create", "hansalim",
               "'member':'n1@hansalim','kind':'person','keys':[$n1],'threshold':1"),
       "posted");
    IS(fix_act(f, "r1 r4", "key.add", "hansalim", ADD("hansalim", "registrar", "r4")),
       "not-permitted");
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim", REVOKE("hansalim", "registrar", "r3")),
       "posted");
    IS(fix_act(f, "r3", "member.freeze", "hansalim", "'member':'n1@hansalim'"), "not-permitted");
    /* All registrars may go; treasurers only down to their threshold. */
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim", REVOKE("hansalim", "registrar", "r1")),
       "posted");
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim", REVOKE("hansalim", "registrar", "r2")),
       "posted");
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim", REVOKE("hansalim", "registrar", "t3")),
       "unknown-key");
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim", REVOKE("hansalim", "treasurer", "t3")),
       "posted");
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim", REVOKE("hansalim", "treasurer", "t2")),
       "limit-out-of-bounds");
    IS(fix_act(f, "t1 t2 t4", "key.add", "hansalim", ADD("hansalim", "treasurer", "t4")), "posted");
    IS(fix_act(f, "t4 t2", "key.revoke", "hansalim", REVOKE("hansalim", "treasurer", "t1")),
       "posted");
    assert_int_equal(holder_count(fix_holder(f, "hansalim"), ROLE_TREASURER), 2);
    /* A treasurer's key is no registrar's. */
    IS(fix_act(f, "t4 t2", "member.freeze", "hansalim", "'member':'n1@hansalim'"), "not-permitted");
}

static void test_auditors(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "t1 t2 au1", "key.add", "hansalim", ADD("hansalim", "auditor", "au1")), "posted");
    IS(fix_act(f, "t1 t2 au2", "key.add", "stewards", ADD("*", "auditor", "au2")), "not-permitted");
    assert_null(state_holder(f->s, "*"));
    IS(fix_act(f, "s1 s2 au2", "key.add", "stewards", ADD("*", "auditor", "au2")), "posted");
    assert_int_equal(fix_holder(f, "*")->kind, HOLDER_AUDITORS);
    assert_int_equal(f->log[f->n - 1].n, 2); /* no book is touched */
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"subject\":\"*\",\"seq\":1,"
                                                     "\"state\":{\"kind\":\"auditors\","));
    IS(fix_act(f, "s1 s2 au3", "key.add", "stewards", ADD("*", "auditor", "au3")), "posted");
    IS(fix_act(f, "s1 s2", "key.revoke", "stewards", REVOKE("*", "auditor", "au2")), "posted");
    IS(fix_act(f, "s1 s2", "key.revoke", "stewards", REVOKE("*", "auditor", "au3")), "posted");
    assert_int_equal(fix_holder(f, "*")->n_keys, 0);
    /* An auditor only reads. */
    IS(fix_act(f, "au1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "not-permitted");
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim", REVOKE("hansalim", "auditor", "au1")),
       "posted");
}

static void test_stewards_and_ledger(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "s1 s4", "key.add", "stewards", ADD("stewards", "steward", "s4")), "pending");
    IS(fix_needs(f), "stewards steward 1/2");
    IS(fix_act(f, "s1 s2 s4", "key.add", "stewards", ADD("stewards", "steward", "s4")), "posted");
    IS(fix_act(f, "s3 s4", "key.revoke", "stewards", REVOKE("stewards", "steward", "s1")),
       "posted");
    IS(fix_act(f, "s1 s2", "unit.create", "stewards",
               "'unit':'box','name':'box','scale':1,'kind':'goods'"),
       "not-permitted");
    IS(fix_act(f, "s3 s2", "key.revoke", "stewards", REVOKE("ledger", "log", "log")),
       "limit-out-of-bounds");
    IS(fix_act(f, "s3 s2", "key.revoke", "stewards", REVOKE("ledger", "clerk", "clerk")),
       "limit-out-of-bounds");
    IS(fix_act(f, "s3 s2 log2", "key.add", "stewards", ADD("ledger", "log", "log2")), "posted");
    IS(fix_act(f, "s3 s2", "key.revoke", "stewards", REVOKE("ledger", "log", "log")), "posted");
    IS(fix_act(f, "log2 log3", "key.add", "ledger", ADD("ledger", "log", "log3")), "not-permitted");
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim", REVOKE("stewards", "steward", "s2")),
       "not-permitted");
}

/* One holder has at most 100 keys of a role. */
static void test_many(void **state)
{
    struct fix *f = *state;

    for (int i = 2; i <= ACT_KEYS_MAX + 1; i++) {
        char signers[32];

        (void)snprintf(signers, sizeof(signers), "alice m%d", i);
        IS(fix_act(f, signers, "key.add", "alice@hansalim",
                   "'holder':'alice@hansalim','role':'member','key':$m%d", i),
           i <= ACT_KEYS_MAX ? "posted" : "limit-out-of-bounds");
    }
    assert_int_equal(fix_holder(f, "alice@hansalim")->n_keys, ACT_KEYS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_add),
        TEST(test_first_key),
        TEST(test_revoke),
        TEST(test_threshold),
        TEST(test_office),
        TEST(test_auditors),
        TEST(test_stewards_and_ledger),
        TEST(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
