/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* request, the transfer that answers it, and decline (docs/protocol.md 4.6 and 4.8). */
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
#define HASH_A           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

#define ASK(f, signers, by, from, to, amount)                                \
    fix_act(f, signers, "request", by,                                       \
            "'from':'" from "','to':'" to "','unit':'hour','amount':" amount \
            ",'expires':'2026-11-30'")
#define PAY(f, signers, by, from, to, amount, request)                                         \
    fix_act(f, signers, "transfer", by,                                                        \
            "'from':'" from "','to':'" to "','unit':'hour','amount':" amount ",'request':%zu", \
            (size_t)(request))
#define DECLINE(f, signers, by, request) \
    fix_act(f, signers, "decline", by, "'act':'&%zu'", (size_t)(request))

static void test_who_asks(void **state)
{
    struct fix *f = *state;

    IS(ASK(f, "alice", "alice@hansalim", "bob@hansalim", "alice@hansalim", "60"), "posted");
    IS(ASK(f, "bob", "alice@hansalim", "bob@hansalim", "alice@hansalim", "60"), "not-permitted");
    IS(ASK(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "60"), "not-permitted");
    /* The office asks for a purse, by its treasurers, and for nobody else. */
    IS(ASK(f, "r1", "hansalim", "bob@hansalim", "alice@hansalim", "60"), "not-permitted");
    IS(ASK(f, "r1", "hansalim", "bob@hansalim", "old@hansalim", "60"), "not-permitted");
    IS(ASK(f, "r1", "hansalim", "bob@hansalim", "fund@hansalim", "60"), "not-permitted");
    IS(ASK(f, "t1", "hansalim", "bob@hansalim", "fund@hansalim", "60"), "pending");
    IS(fix_needs(f), "hansalim treasurer 1/2");
    IS(ASK(f, "t1 t2", "hansalim", "bob@hansalim", "fund@hansalim", "60"), "posted");
    IS(ASK(f, "t1 t2", "fund@hansalim", "bob@hansalim", "fund@hansalim", "60"), "not-permitted");
    /* As many keys as a payment would take. */
    IS(ASK(f, "carol1", "carol@hansalim", "bob@hansalim", "carol@hansalim", "60"), "pending");
    IS(ASK(f, "carol1 carol2", "carol@hansalim", "bob@hansalim", "carol@hansalim", "60"), "posted");
    IS(ASK(f, "alice", "nobody@hansalim", "bob@hansalim", "nobody@hansalim", "60"),
       "unknown-account");
}

static void test_what_is_asked(void **state)
{
    struct fix *f = *state;
    size_t book = (size_t)state_book(f->s, "hansalim")->entries.seq;

    IS(ASK(f, "alice", "alice@hansalim", "alice@hansalim", "alice@hansalim", "60"), "same-account");
    IS(ASK(f, "alice", "alice@hansalim", "nobody@hansalim", "alice@hansalim", "60"),
       "unknown-account");
    IS(ASK(f, "alice", "alice@hansalim", "bob@hansalim", "alice@hansalim", "0"), "malformed");
    IS(fix_act(f, "alice", "request", "alice@hansalim",
               "'from':'bob@hansalim','to':'alice@hansalim','unit':'won','amount':1,"
               "'expires':'2026-11-30'"),
       "unknown-unit"); /* there is the unit, and no policy for it */
    IS(fix_act(f, "alice", "request", "alice@hansalim",
               "'from':'bob@hansalim','to':'alice@hansalim','unit':'egg','amount':1,"
               "'expires':'2026-11-30'"),
       "unknown-unit");
    IS(fix_act(f, "alice", "request", "alice@hansalim",
               "'from':'bob@hansalim','to':'alice@hansalim','unit':'hour','amount':1,"
               "'expires':'2026-11-21'"),
       "malformed");
    IS(fix_act(f, "alice", "request", "alice@hansalim",
               "'from':'bob@hansalim','to':'alice@hansalim','unit':'hour','amount':1,"
               "'expires':'2026-11-22','value_date':'2026-11-23'"),
       "malformed");
    IS(fix_act(f, "alice", "request", "alice@hansalim",
               "'from':'bob@hansalim','to':'alice@hansalim','unit':'hour','amount':1,"
               "'expires':'2026-11-22','request':3"),
       "malformed");
    assert_int_equal(state_book(f->s, "hansalim")->entries.seq, book);
    /* More than the payer could pay may be asked for, also of a frozen one; it moves nothing. */
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(ASK(f, "alice", "alice@hansalim", "bob@hansalim", "alice@hansalim", "100000"), "posted");
    assert_int_equal(f->log[f->n - 1].n, 2);
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"book\":\"hansalim\""));
    assert_int_equal(fix_seq(f, "bob@hansalim/hour"), 0);
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    IS(ASK(f, "alice", "alice@hansalim", "bob@hansalim", "alice@hansalim", "60"), "frozen");
    IS(fix_act(f, "r1", "member.close", "hansalim", "'member':'alice@hansalim'"), "posted");
    IS(ASK(f, "alice", "alice@hansalim", "bob@hansalim", "alice@hansalim", "60"), "closed");
    IS(ASK(f, "carol1 carol2", "carol@hansalim", "alice@hansalim", "carol@hansalim", "60"),
       "closed");
}

/* Both co-ops' books count it. */
static void test_two_coops(void **state)
{
    struct fix *f = *state;

    fix_found_second(f);
    IS(ASK(f, "alice", "alice@hansalim", "dora@icoop", "alice@hansalim", "60"), "posted");
    assert_int_equal(f->log[f->n - 1].n, 3);
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"book\":\"icoop\""));
    assert_non_null(strstr(fix_part(f, f->n - 1, 2), "\"book\":\"hansalim\""));
    IS(PAY(f, "dora", "dora@icoop", "dora@icoop", "alice@hansalim", "60", f->n - 1),
       "line-exhausted");
    IS(DECLINE(f, "u1", "icoop", f->n - 1), "not-permitted");
    IS(DECLINE(f, "q1", "icoop", f->n - 1), "not-permitted"); /* dora has a key */
    IS(DECLINE(f, "dora", "dora@icoop", f->n - 1), "posted");
    assert_int_equal(f->log[f->n - 1].n, 3);
    /* For a payer without a device its own registrar says no, not that of who asks. */
    IS(ASK(f, "dora", "dora@icoop", "old@hansalim", "dora@icoop", "60"), "posted");
    IS(DECLINE(f, "q1", "icoop", f->n - 1), "not-permitted");
    IS(DECLINE(f, "r1", "hansalim", f->n - 1), "posted");
}

static void test_answered(void **state)
{
    struct fix *f = *state;
    size_t request = f->n;

    IS(ASK(f, "alice", "alice@hansalim", "bob@hansalim", "alice@hansalim", "60"), "posted");
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "61", request),
       "request-mismatch");
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "fund@hansalim", "60", request),
       "request-mismatch");
    IS(fix_act(f, "bob", "transfer", "bob@hansalim",
               "'from':'bob@hansalim','to':'alice@hansalim','unit':'won','amount':60,"
               "'request':%zu",
               request),
       "request-mismatch");
    /* Who asks may know of it; another of its own payments answers it as little. */
    IS(PAY(f, "alice", "alice@hansalim", "alice@hansalim", "bob@hansalim", "60", request),
       "request-mismatch");
    /* Who has no part in it isn't told that it is a request. */
    IS(PAY(f, "carol1 carol2", "carol@hansalim", "carol@hansalim", "alice@hansalim", "60", request),
       "unknown-record");
    IS(PAY(f, "carol1 carol2", "carol@hansalim", "carol@hansalim", "fund@hansalim", "60", request),
       "unknown-record");
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "60", request - 1),
       "unknown-record");
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "60", f->n),
       "unknown-record");
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "60", request), "posted");
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), 60);
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "60", request),
       "already-answered");
    IS(DECLINE(f, "bob", "bob@hansalim", request), "already-answered");
    IS(DECLINE(f, "alice", "alice@hansalim", request), "already-answered");
    /* The payment answers for nothing else. */
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "60", f->n - 1),
       "unknown-record");
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), 60);
}

/* A refused payment leaves the request open; its last day is a day of the ledger's zone. */
static void test_stays_open(void **state)
{
    struct fix *f = *state;
    size_t request = f->n;

    IS(ASK(f, "alice", "alice@hansalim", "bob@hansalim", "alice@hansalim", "700"), "posted");
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "700", request),
       "insufficient-credit");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 100), "posted");
    f->ms = FIX_MS + INT64_C(8) * 86400000;
    f->today_plus = 1;
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "700", request), "expired");
    f->today_plus = 0;
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "700", request), "posted");
}

static void test_declined(void **state)
{
    struct fix *f = *state;
    size_t request = f->n;

    IS(ASK(f, "alice", "alice@hansalim", "bob@hansalim", "alice@hansalim", "60"), "posted");
    IS(DECLINE(f, "carol1", "carol@hansalim", request), "not-permitted");
    IS(DECLINE(f, "r1", "hansalim", request), "not-permitted"); /* bob has a key of his own */
    IS(DECLINE(f, "t1", "hansalim", request), "not-permitted");
    IS(DECLINE(f, "alice", "bob@hansalim", request), "not-permitted");
    IS(DECLINE(f, "s1", "stewards", request), "not-permitted");
    IS(DECLINE(f, "bob", "bob@hansalim", request), "posted");
    assert_int_equal(f->log[f->n - 1].n, 2); /* act and book */
    IS(PAY(f, "bob", "bob@hansalim", "bob@hansalim", "alice@hansalim", "60", request),
       "already-answered");
    IS(DECLINE(f, "alice", "alice@hansalim", request), "already-answered");
    /* Its maker takes it back; one key of two is enough to say no. */
    request = f->n;
    IS(ASK(f, "carol1 carol2", "carol@hansalim", "bob@hansalim", "carol@hansalim", "60"), "posted");
    IS(DECLINE(f, "carol2", "carol@hansalim", request), "posted");
    /* For a member without a device its registrar, for a purse one of its treasurers. */
    request = f->n;
    IS(ASK(f, "alice", "alice@hansalim", "old@hansalim", "alice@hansalim", "60"), "posted");
    IS(DECLINE(f, "t1", "hansalim", request), "not-permitted");
    IS(DECLINE(f, "r2", "hansalim", request), "posted");
    request = f->n;
    IS(ASK(f, "alice", "alice@hansalim", "fund@hansalim", "alice@hansalim", "60"), "posted");
    IS(DECLINE(f, "r2", "hansalim", request), "not-permitted");
    IS(DECLINE(f, "t3", "hansalim", request), "posted");
    request = f->n;
    IS(ASK(f, "t1 t2", "hansalim", "alice@hansalim", "fund@hansalim", "60"), "posted");
    IS(DECLINE(f, "t3", "hansalim", request), "posted");
    /* A frozen member does nothing. */
    request = f->n;
    IS(ASK(f, "alice", "alice@hansalim", "bob@hansalim", "alice@hansalim", "60"), "posted");
    IS(fix_act(f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(DECLINE(f, "bob", "bob@hansalim", request), "frozen");
    IS(DECLINE(f, "alice", "alice@hansalim", request), "posted");
}

static void hash_of(char out[HASH_B64U_LEN + 1], const char *payload)
{
    struct hash hash;

    hash_bytes(&hash, payload, strlen(payload));
    hash_text(out, &hash);
}

/* An act that isn't posted yet never will be, if who declined it is called for by it. */
static void test_voided(void **state)
{
    struct fix *f = *state;
    char hash[HASH_B64U_LEN + 1];
    char *payload =
        fix_payload(f, "transfer", "alice@hansalim",
                    "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':60");

    hash_of(hash, payload);
    /* Whom it doesn't call for may say what they like. */
    IS(fix_act(f, "bob", "decline", "bob@hansalim", "'act':'%s'", hash), "posted");
    assert_int_equal(f->log[f->n - 1].n, 2);
    IS(fix_act(f, "r1", "decline", "hansalim", "'act':'%s'", hash), "posted");
    IS(fix_act(f, "s1", "decline", "stewards", "'act':'%s'", hash), "posted");
    assert_int_equal(f->log[f->n - 1].n, 1); /* no book */
    IS(fix_act(f, "log", "decline", "ledger", "'act':'%s'", hash), "not-permitted");
    IS(fix_act(f, "alice", "decline", "nobody@hansalim", "'act':'%s'", hash), "not-permitted");
    IS(fix_act(f, "t1 t2", "decline", "fund@hansalim", "'act':'%s'", hash), "not-permitted");
    IS(fix_act(f, "bob", "decline", "alice@hansalim", "'act':'%s'", hash), "not-permitted");
    IS(fix_act(f, "bob", "decline", "bob@hansalim", "'act':'%s'", hash), "already-answered");
    IS(fix_act(f, "alice", "decline", "alice@hansalim", "'act':'%s'", hash), "posted");
    IS(fix_submit(f, payload, "alice"), "voided");
    IS(fix_act(f, "alice", "decline", "alice@hansalim", "'act':'%s'", hash), "already-answered");
    free(payload);
    /* The same payment by another id is another act. */
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "posted");
}

static void test_voided_by_role(void **state)
{
    struct fix *f = *state;
    char hash[HASH_B64U_LEN + 1];
    char *payload =
        fix_payload(f, "transfer", "hansalim",
                    "'from':'fund@hansalim','to':'bob@hansalim','unit':'hour','amount':60");
    struct outcome out;
    struct envelope env;
    struct act act;
    struct refusal r;

    hash_of(hash, payload);
    IS(fix_act(f, "r1", "decline", "hansalim", "'act':'%s'", hash), "posted");
    IS(fix_submit(f, payload, "t1"), "pending");
    IS(fix_act(f, "t3", "decline", "hansalim", "'act':'%s'", hash), "posted");
    IS(fix_submit(f, payload, "t1"), "voided");
    IS(fix_submit(f, payload, "t1 t2"), "voided");
    IS(fix_submit(f, payload, "r1"), "not-permitted");
    /* What waits is seen to be void, too. */
    fix_envelope(&env, payload, "t1");
    assert_int_equal(act_parse(&act, &env, &r), 0);
    rules_authority(f->s, &act, &env, &out, NULL);
    assert_int_equal(out.verdict, VERDICT_REFUSED);
    assert_int_equal(out.refusal.code, REFUSED_VOIDED);
    assert_true(rules_calls_for(f->s, &act, &env, "hansalim", ROLE_TREASURER));
    assert_false(rules_calls_for(f->s, &act, &env, "hansalim", ROLE_REGISTRAR));
    assert_false(rules_calls_for(f->s, &act, &env, "bob@hansalim", ROLE_MEMBER));
    assert_false(rules_calls_for(f->s, &act, &env, "icoop", ROLE_TREASURER));
    act_free(&act);
    envelope_free(&env);
    free(payload);
    IS(fix_act(f, "alice", "decline", "alice@hansalim", "'act':'" HASH_A "x'"), "malformed");
    IS(fix_act(f, "alice", "decline", "alice@hansalim", "'reason_hash':'" HASH_A "'"), "malformed");
}

/* Who has a say is who is asked to sign along the way that the signatures go. */
static void test_voided_by_way(void **state)
{
    struct fix *f = *state;
    char hash[HASH_B64U_LEN + 1];
    char *payload = fix_payload(f, "account.limits", "hansalim",
                                "'member':'bob@hansalim','unit':'hour','floor':-700,'ceiling':900");

    /* A registrar could have set these limits, and can't keep the treasurers from it. */
    hash_of(hash, payload);
    IS(fix_act(f, "r1", "decline", "hansalim", "'act':'%s'", hash), "posted");
    IS(fix_submit(f, payload, "r2"), "voided");
    IS(fix_submit(f, payload, "t1 t2"), "posted");
    free(payload);
    /* A registrar has no say in another's key, though that key signs as well. */
    payload =
        fix_payload(f, "key.add", "hansalim", "'holder':'hansalim','role':'registrar','key':$r3");
    hash_of(hash, payload);
    IS(fix_act(f, "r1", "decline", "hansalim", "'act':'%s'", hash), "posted");
    IS(fix_submit(f, payload, "t1 t2 r3"), "posted");
    free(payload);
    /* Nobody has one in the revoking of a key: it could be theirs. */
    payload = fix_payload(f, "key.revoke", "hansalim",
                          "'holder':'hansalim','role':'treasurer','kid':'#t3'");
    hash_of(hash, payload);
    IS(fix_submit(f, payload, "t1"), "pending");
    IS(fix_act(f, "t3", "decline", "hansalim", "'act':'%s'", hash), "posted");
    IS(fix_submit(f, payload, "t1 t2"), "posted");
    free(payload);
}

/* What posting looks up by name is what rules_deal and rules_asked say. */
static void test_lookups(void **state)
{
    struct fix *f = *state;
    struct envelope env;
    struct refusal r;
    struct hash hash;
    struct act act;
    int64_t record;
    char *payload = fix_payload(f, "decline", "alice@hansalim", "'act':'" HASH_A "'");

    fix_envelope(&env, payload, "alice");
    assert_int_equal(act_parse(&act, &env, &r), 0);
    assert_true(rules_asked(&act, &hash));
    assert_int_equal(hash.b[0], 0);
    assert_false(rules_deal(&act, &record));
    act_free(&act);
    envelope_free(&env);
    free(payload);
    payload = fix_payload(
        f, "transfer", "alice@hansalim",
        "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':1,'request':77");
    fix_envelope(&env, payload, "alice");
    assert_int_equal(act_parse(&act, &env, &r), 0);
    assert_false(rules_asked(&act, &hash));
    assert_true(rules_deal(&act, &record));
    assert_int_equal(record, 77);
    act_free(&act);
    envelope_free(&env);
    free(payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who_asks, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_asked, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_two_coops, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_answered, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_stays_open, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_declined, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_voided, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_voided_by_role, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_voided_by_way, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_lookups, fix_setup, fix_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
