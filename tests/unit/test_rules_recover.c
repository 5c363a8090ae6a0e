/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

#define DAY  INT64_C(86400000)
#define WEEK (7 * DAY)

#define ALICE "'holder':'alice@hansalim','role':'member'"
#define COOP  "'holder':'hansalim','role':'treasurer'"
#define NEW1  ALICE ",'keys':[$new1],'threshold':1"
#define PAY   "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':1"

/* Begins one of alice's keys by new1; the number of its record. */
static int begin(struct fix *f)
{
    IS(fix_act(f, "r1 new1", "key.recover", "hansalim", NEW1), "posted");
    return (int)f->n - 1;
}

static const char *finish(struct fix *f, const char *signers, int record)
{
    return fix_act(f, signers, "key.recover.finish", "hansalim", ALICE ",'record':%d", record);
}

static const char *object(struct fix *f, const char *signers, const char *by, int record)
{
    return fix_act(f, signers, "key.object", by, ALICE ",'record':%d", record);
}

/* ---- The usual way ---- */

static void test_usual(void **state)
{
    struct fix *f = *state;
    int record;

    IS(fix_act(f, "r1", "key.recover", "hansalim", NEW1), "pending");
    IS(fix_needs(f), "alice@hansalim member 0/1");
    record = begin(f);
    assert_non_null(fix_holder(f, "alice@hansalim")->recovery);
    assert_non_null(strstr(fix_part(f, (size_t)record, 1), ",\"recovery\":{\"record\":"));
    /* Neither key does anything, but what others pay still comes in. */
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "frozen");
    IS(fix_pay(f, "new1", "alice@hansalim", "bob@hansalim", 1), "not-permitted");
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 5), "posted");
    f->ms += WEEK - 1;
    IS(finish(f, "r1", record), "not-yet-valid");
    IS(finish(f, "t1 t2", record), "not-yet-valid");
    f->ms += 1;
    IS(finish(f, "r1", record - 1), "unknown-record");
    IS(finish(f, "new1", record), "not-permitted");
    IS(finish(f, "alice", record), "not-permitted");
    IS(finish(f, "r1 t1 t2", record), "not-permitted");
    IS(finish(f, "r2", record), "posted");
    assert_null(fix_holder(f, "alice@hansalim")->recovery);
    assert_false(fix_in_force(f, "alice"));
    assert_true(fix_in_force(f, "new1"));
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "not-permitted");
    IS(fix_pay(f, "new1", "alice@hansalim", "bob@hansalim", 1), "posted");
    IS(finish(f, "r2", record), "unknown-record");
    /* A key has its day once. */
    IS(fix_act(f, "r1 alice", "key.recover", "hansalim", ALICE ",'keys':[$alice],'threshold':1"),
       "already-exists");
}

/* The state's bytes: for ever. */
static void test_state(void **state)
{
    struct fix *f = *state;
    const char *part;

    (void)begin(f);
    part = fix_part(f, f->n - 1, 1);
    assert_non_null(strstr(part, "\"threshold\":1,\"keys\":[\""));
    assert_non_null(strstr(part, "\"],\"recovery\":{\"record\":"));
    assert_non_null(strstr(part, ",\"objected\":false,\"threshold\":1,\"keys\":[\""));
    IS(object(f, "alice", "alice@hansalim", (int)f->n - 1), "posted");
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), ",\"objected\":true,\"threshold\":1,"));
    /* Other changes meanwhile leave it as it is; one that ends it leaves nothing of it. */
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), ",\"recovery\":{"));
    IS(object(f, "t1 t2", "hansalim", (int)f->n - 3), "posted");
    assert_null(strstr(fix_part(f, f->n - 1, 1), "recovery"));
}

/* ---- Who begins ---- */

static void test_begin_refused(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "t1 t2 new1", "key.recover", "hansalim", NEW1), "not-permitted");
    IS(fix_act(f, "r1 alice new1", "key.recover", "hansalim", NEW1), "not-permitted");
    IS(fix_act(f, "alice new1", "key.recover", "alice@hansalim", NEW1), "not-permitted");
    IS(fix_act(f, "s1 s2 new1", "key.recover", "stewards", NEW1), "not-permitted");
    IS(fix_act(f, "new1", "key.recover", "hansalim", NEW1), "pending");
    IS(fix_act(f, "r1 new1", "key.recover", "hansalim",
               "'holder':'nobody@hansalim','role':'member','keys':[$new1],'threshold':1"),
       "unknown-account");
    IS(fix_act(f, "r1 new1", "key.recover", "hansalim",
               "'holder':'fund@hansalim','role':'member','keys':[$new1],'threshold':1"),
       "not-permitted");
    IS(fix_act(f, "r1 new1", "key.recover", "hansalim",
               "'holder':'old@hansalim','role':'member','keys':[$new1],'threshold':1"),
       "not-permitted");
    IS(fix_act(f, "r1 new1", "key.recover", "hansalim", ALICE ",'keys':[],'threshold':1"),
       "malformed");
    IS(fix_act(f, "r1 new1", "key.recover", "hansalim", ALICE ",'keys':[$new1],'threshold':2"),
       "malformed");
    IS(fix_act(f, "r1 new1", "key.recover", "hansalim", ALICE ",'keys':[$new1],'threshold':0"),
       "malformed");
    IS(fix_act(f, "r1 new1", "key.recover", "hansalim",
               ALICE ",'keys':[$new1,$new1],'threshold':1"),
       "malformed");
    IS(fix_act(f, "r1 new1", "key.recover", "hansalim",
               "'holder':'hansalim','role':'registrar','keys':[$new1],'threshold':1"),
       "malformed");
    IS(fix_act(f, "s1 s2 new1", "key.recover", "stewards",
               "'holder':'stewards','role':'steward','keys':[$new1],'threshold':1"),
       "malformed");
    IS(fix_act(f, "r1 bob", "key.recover", "hansalim", ALICE ",'keys':[$bob],'threshold':1"),
       "already-exists");
    (void)begin(f);
    IS(fix_act(f, "r2 new2", "key.recover", "hansalim", ALICE ",'keys':[$new2],'threshold':1"),
       "already-exists");
    IS(fix_act(f, "r1", "member.close", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(fix_act(f, "r1 new2", "key.recover", "hansalim",
               "'holder':'bob@hansalim','role':'member','keys':[$new2],'threshold':1"),
       "closed");
}

/* ---- Objecting ---- */

static void test_object(void **state)
{
    struct fix *f = *state;
    int record = begin(f);

    IS(object(f, "new1", "alice@hansalim", record), "not-permitted");
    IS(object(f, "bob", "alice@hansalim", record), "not-permitted");
    IS(object(f, "bob", "bob@hansalim", record), "not-permitted");
    IS(object(f, "alice", "alice@hansalim", record + 1), "unknown-record");
    IS(object(f, "alice", "alice@hansalim", record), "posted");
    IS(object(f, "alice", "alice@hansalim", record), "already-answered");
    /* From now on no registrar decides, neither way; the treasurers do, but not sooner. */
    IS(object(f, "r1", "hansalim", record), "not-permitted");
    IS(finish(f, "t1 t2", record), "not-yet-valid");
    f->ms += WEEK;
    IS(finish(f, "r1", record), "not-permitted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "frozen");
    IS(finish(f, "t1", record), "pending");
    IS(fix_needs(f), "hansalim treasurer 1/2");
    IS(finish(f, "t1 t2", record), "posted");
    IS(fix_pay(f, "new1", "alice@hansalim", "bob@hansalim", 1), "posted");
}

static void test_treasurers_end_it(void **state)
{
    struct fix *f = *state;
    int record = begin(f);

    IS(object(f, "alice", "alice@hansalim", record), "posted");
    IS(object(f, "t1 t3", "hansalim", record), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "posted");
    assert_false(fix_in_force(f, "new1"));
    f->ms += 2 * WEEK;
    IS(finish(f, "r1", record), "unknown-record");
    IS(object(f, "alice", "alice@hansalim", record), "unknown-record");
    /* The key that came to nothing is nobody's. */
    IS(fix_act(f, "r1 new1", "member.create", "hansalim",
               "'member':'nari@hansalim','kind':'person','keys':[$new1],'threshold':1"),
       "posted");
}

static void test_registrar_ends_it(void **state)
{
    struct fix *f = *state;
    int record = begin(f);

    IS(object(f, "r2", "hansalim", record), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 1), "posted");
    /* What was signed for one recovery says nothing about the next, which has the same key. */
    record = begin(f);
    f->ms += WEEK;
    IS(finish(f, "r1", record - 3), "unknown-record");
    IS(finish(f, "r1", record), "posted");
}

/* ---- While it is open ---- */

static void test_stands_still(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "alice a2", "key.add", "alice@hansalim", ALICE ",'key':$a2"), "posted");
    IS(fix_act(f, "alice", "record.allow", "alice@hansalim",
               "'member':'alice@hansalim','allowed':true"),
       "posted");
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 20), "posted");
    IS(fix_act(f, "r1", "transfer", "hansalim", PAY), "posted");
    (void)begin(f);
    IS(fix_act(f, "alice a3", "key.add", "alice@hansalim", ALICE ",'key':$a3"), "frozen");
    IS(fix_act(f, "alice", "key.revoke", "alice@hansalim", ALICE ",'kid':'#a2'"), "frozen");
    IS(fix_act(f, "alice", "threshold.set", "alice@hansalim", ALICE ",'threshold':2"), "frozen");
    IS(fix_act(f, "alice", "record.allow", "alice@hansalim",
               "'member':'alice@hansalim','allowed':false"),
       "frozen");
    IS(fix_act(f, "alice", "member.update", "alice@hansalim", "'member':'alice@hansalim'"),
       "frozen");
    IS(fix_act(f, "alice", "member.freeze", "alice@hansalim", "'member':'alice@hansalim'"),
       "frozen");
    IS(fix_act(f, "alice", "member.close", "alice@hansalim", "'member':'alice@hansalim'"),
       "frozen");
    IS(fix_act(f, "alice", "request", "alice@hansalim",
               "'from':'bob@hansalim','to':'alice@hansalim','unit':'hour','amount':1,"
               "'expires':'2026-12-31'"),
       "frozen");
    IS(fix_act(f, "alice", "decline", "alice@hansalim", "'act':'&3'"), "frozen");
    /* Nor does a registrar record for her, who is permitted to at other times. */
    IS(fix_act(f, "r1", "transfer", "hansalim", PAY), "frozen");
    /* The office's own goes on. */
    IS(fix_act(f, "t1 t2", "account.limits", "hansalim",
               "'member':'alice@hansalim','unit':'hour','floor':0,'ceiling':10"),
       "posted");
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    IS(fix_act(f, "bob", "request", "bob@hansalim",
               "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':1,"
               "'expires':'2026-12-31'"),
       "posted");
}

/* What goes back from her: only what the treasurers fetch. */
static void test_reversals(void **state)
{
    struct fix *f = *state;
    int paid, recorded;

    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 20), "posted");
    paid = (int)f->n - 1;
    IS(fix_act(f, "r1", "transfer", "hansalim",
               "'from':'old@hansalim','to':'alice@hansalim','unit':'hour','amount':3"),
       "posted");
    recorded = (int)f->n - 1;
    (void)begin(f);
    IS(fix_act(f, "alice", "reversal", "alice@hansalim", "'record':%d,'amount':1", paid), "frozen");
    IS(fix_act(f, "r1", "reversal", "hansalim", "'record':%d,'amount':1", recorded), "frozen");
    IS(fix_act(f, "t1 t2", "reversal", "hansalim", "'record':%d,'amount':1", paid), "posted");
}

/* A freeze by a registrar takes nobody's objection away, and a close ends it all. */
static void test_frozen_and_closed(void **state)
{
    struct fix *f = *state;
    int record;

    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    record = begin(f);
    IS(object(f, "alice", "alice@hansalim", record), "posted");
    f->ms += WEEK;
    IS(finish(f, "t1 t2", record), "posted");
    IS(fix_pay(f, "new1", "alice@hansalim", "bob@hansalim", 1), "frozen");
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    IS(fix_pay(f, "new1", "alice@hansalim", "bob@hansalim", 1), "posted");
    IS(fix_act(f, "r1 b2", "key.recover", "hansalim",
               "'holder':'carol@hansalim','role':'member','keys':[$b2],'threshold':1"),
       "posted");
    record = (int)f->n - 1;
    IS(fix_act(f, "r1", "member.close", "hansalim", "'member':'carol@hansalim'"), "posted");
    assert_null(fix_holder(f, "carol@hansalim")->recovery);
    IS(fix_act(f, "r1", "key.recover.finish", "hansalim",
               "'holder':'carol@hansalim','role':'member','record':%d", record),
       "unknown-record");
}

/* Carol has two keys that must both sign; one of them is enough to object. */
static void test_threshold(void **state)
{
    struct fix *f = *state;
    int record;

    IS(fix_act(f, "r1 c1 c2 c3", "key.recover", "hansalim",
               "'holder':'carol@hansalim','role':'member','keys':[$c1,$c2,$c3],'threshold':2"),
       "posted");
    record = (int)f->n - 1;
    IS(fix_pay(f, "carol1", "carol@hansalim", "bob@hansalim", 1), "pending");
    IS(fix_pay(f, "carol1 carol2", "carol@hansalim", "bob@hansalim", 1), "frozen");
    IS(fix_act(f, "carol2", "key.object", "carol@hansalim",
               "'holder':'carol@hansalim','role':'member','record':%d", record),
       "posted");
    IS(fix_act(f, "carol1", "key.object", "carol@hansalim",
               "'holder':'carol@hansalim','role':'member','record':%d", record),
       "already-answered");
    f->ms += WEEK;
    IS(fix_act(f, "t2 t3", "key.recover.finish", "hansalim",
               "'holder':'carol@hansalim','role':'member','record':%d", record),
       "posted");
    assert_int_equal(fix_holder(f, "carol@hansalim")->threshold, 2);
    assert_int_equal(fix_holder(f, "carol@hansalim")->n_keys, 3);
    IS(fix_pay(f, "c1", "carol@hansalim", "bob@hansalim", 1), "pending");
    IS(fix_pay(f, "c1 c3", "carol@hansalim", "bob@hansalim", 1), "posted");
}

/* A new key that somebody else's came to be in the meantime. */
static void test_key_taken(void **state)
{
    struct fix *f = *state;
    int record = begin(f);

    IS(fix_act(f, "bob new1", "key.add", "bob@hansalim",
               "'holder':'bob@hansalim','role':'member','key':$new1"),
       "posted");
    f->ms += WEEK;
    IS(finish(f, "r1", record), "already-exists");
    IS(object(f, "r1", "hansalim", record), "posted");
    /* The same key in two recoveries at once: the first to be finished has it. */
    IS(fix_act(f, "r1 two", "key.recover", "hansalim", ALICE ",'keys':[$two],'threshold':1"),
       "posted");
    record = (int)f->n - 1;
    IS(fix_act(f, "r1 two", "key.recover", "hansalim",
               "'holder':'bob@hansalim','role':'member','keys':[$two],'threshold':1"),
       "posted");
    f->ms += WEEK;
    IS(finish(f, "r1", record), "posted");
    IS(fix_act(f, "r1", "key.recover.finish", "hansalim",
               "'holder':'bob@hansalim','role':'member','record':%d", record + 1),
       "already-exists");
}

/* ---- Treasurers ---- */

static const char *coop_act(struct fix *f, const char *signers, const char *type, const char *by,
                            int record)
{
    return fix_act(f, signers, type, by, COOP ",'record':%d", record);
}

static void test_treasurers(void **state)
{
    struct fix *f = *state;
    int record;

    IS(fix_act(f, "r1 n1", "key.recover", "hansalim", COOP ",'keys':[$n1],'threshold':1"),
       "not-permitted");
    IS(fix_act(f, "s1 n1", "key.recover", "stewards", COOP ",'keys':[$n1],'threshold':1"),
       "pending");
    IS(fix_act(f, "s1 s2 n1", "key.recover", "stewards",
               "'holder':'nowhere','role':'treasurer','keys':[$n1],'threshold':1"),
       "unknown-account");
    IS(fix_act(f, "s1 s2 n1 n2", "key.recover", "stewards", COOP ",'keys':[$n1,$n2],'threshold':2"),
       "posted");
    record = (int)f->n - 1;
    /* Purse, policy, keys, members' freezes: all that treasurers sign waits; registrars go on. */
    IS(fix_act(f, "t1 t2", "transfer", "hansalim",
               "'from':'fund@hansalim','to':'bob@hansalim','unit':'hour','amount':1"),
       "frozen");
    IS(fix_act(f, "t1 t2 r3", "key.add", "hansalim",
               "'holder':'hansalim','role':'registrar','key':$r3"),
       "frozen");
    IS(fix_act(f, "t1 t2", "key.revoke", "hansalim",
               "'holder':'hansalim','role':'registrar','kid':'#r2'"),
       "frozen");
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", "'member':'bob@hansalim'"), "frozen");
    IS(fix_act(f, "t1", "member.unfreeze", "hansalim", "'member':'bob@hansalim'"), "pending");
    f->ms += WEEK - 1;
    IS(coop_act(f, "s1 s2", "key.recover.finish", "stewards", record), "not-yet-valid");
    /* An objection gives the co-op seven days more, once. */
    IS(coop_act(f, "r1", "key.object", "hansalim", record), "not-permitted");
    IS(coop_act(f, "t3", "key.object", "hansalim", record), "posted");
    IS(coop_act(f, "t1", "key.object", "hansalim", record), "already-answered");
    f->ms += WEEK - 1;
    IS(coop_act(f, "s1 s2", "key.recover.finish", "stewards", record), "not-yet-valid");
    f->ms += 1;
    IS(coop_act(f, "r1", "key.recover.finish", "hansalim", record), "not-permitted");
    IS(coop_act(f, "n1 n2", "key.recover.finish", "stewards", record), "not-permitted");
    IS(coop_act(f, "s3 s2", "key.recover.finish", "stewards", record), "posted");
    assert_int_equal(holder_count(fix_holder(f, "hansalim"), ROLE_TREASURER), 2);
    assert_int_equal(holder_count(fix_holder(f, "hansalim"), ROLE_REGISTRAR), 2);
    assert_int_equal(fix_holder(f, "hansalim")->threshold, 2);
    IS(fix_act(f, "t1 t2", "member.unfreeze", "hansalim", "'member':'bob@hansalim'"),
       "not-permitted");
    IS(fix_act(f, "n1 n2", "member.unfreeze", "hansalim", "'member':'bob@hansalim'"), "posted");
}

/* Treasurers whose own keys are being recovered decide about no member's either. */
static void test_both_at_once(void **state)
{
    struct fix *f = *state;
    int record = begin(f), coop;

    IS(object(f, "alice", "alice@hansalim", record), "posted");
    IS(fix_act(f, "s1 s2 n1", "key.recover", "stewards", COOP ",'keys':[$n1],'threshold':1"),
       "posted");
    coop = (int)f->n - 1;
    IS(object(f, "t1 t2", "hansalim", record), "frozen");
    IS(coop_act(f, "s1 s2", "key.object", "stewards", coop), "posted");
    IS(object(f, "t1 t2", "hansalim", record), "posted");
    assert_null(fix_holder(f, "hansalim")->recovery);
}

/* As many keys as there can be, on both sides. */
static void test_many(void **state)
{
    struct fix *f = *state;
    struct buf keys = BUF_INIT, signers = BUF_INIT;
    int record;

    for (int i = 1; i <= ACT_KEYS_MAX; i++) {
        buf_printf(&keys, "%s$k%d", i > 1 ? "," : "", i);
        buf_printf(&signers, " k%d", i);
    }
    for (int round = 0; round < 2; round++) {
        char *all = x_asprintf("r1%s", signers.data);

        IS(fix_act(f, all, "key.recover", "hansalim", ALICE ",'keys':[%s],'threshold':%d",
                   keys.data, ACT_KEYS_MAX),
           "posted");
        record = (int)f->n - 1;
        f->ms += WEEK;
        IS(finish(f, "r1", record), "posted");
        assert_int_equal(fix_holder(f, "alice@hansalim")->n_keys, ACT_KEYS_MAX);
        free(all);
        buf_clear(&keys);
        buf_clear(&signers);
        for (int i = 1; i <= ACT_KEYS_MAX; i++) {
            buf_printf(&keys, "%s$j%d", i > 1 ? "," : "", i);
            buf_printf(&signers, " j%d", i);
        }
    }
    assert_false(fix_in_force(f, "k7"));
    buf_free(&keys);
    buf_free(&signers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_usual),
        TEST(test_state),
        TEST(test_begin_refused),
        TEST(test_object),
        TEST(test_treasurers_end_it),
        TEST(test_registrar_ends_it),
        TEST(test_stands_still),
        TEST(test_reversals),
        TEST(test_frozen_and_closed),
        TEST(test_threshold),
        TEST(test_key_taken),
        TEST(test_treasurers),
        TEST(test_both_at_once),
        TEST(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
