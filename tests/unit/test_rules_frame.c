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

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

/* What every act shares: audience, lifetime, which signatures count, what a decision looks up. */
#define PAY "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':1"

static const char *pay(struct fix *f)
{
    return fix_act(f, "alice", "transfer", "alice@hansalim", PAY);
}

static void test_audience(void **state)
{
    struct fix *f = *state;
    char other[200];

    f->aud = FIX_ORIGIN;
    IS(pay(f), "wrong-audience");
    (void)snprintf(other, sizeof(other), "%s", state_ledger_id(f->s));
    other[strlen(other) - 1] ^= 1;
    f->aud = other;
    IS(pay(f), "wrong-audience");
    (void)snprintf(other, sizeof(other), "%s", state_ledger_id(f->s));
    other[0] ^= 1;
    f->aud = other;
    IS(pay(f), "wrong-audience");
    /* It is judged first: before the time, before who signs. */
    f->aud = other;
    f->iat = 1;
    IS(fix_act(f, "bob", "transfer", "alice@hansalim", PAY), "wrong-audience");
    f->aud = state_ledger_id(f->s);
    IS(pay(f), "posted");
}

/* From iat - 5 minutes to exp, by record time, to the millisecond. */
static void test_lifetime(void **state)
{
    struct fix *f = *state;
    const int64_t iat = FIX_MS / 1000 + 1000, exp = iat + 60;

    static const struct {
        int64_t ms;
        const char *answer;
    } cases[] = {
        {-300001, "not-yet-valid"}, {-300000, "posted"}, {0, "posted"},
        {59999, "posted"},          {60000, "posted"},   {60001, "expired"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        f->iat = iat;
        f->exp = exp;
        f->ms = iat * 1000 + cases[i].ms;
        IS(pay(f), cases[i].answer);
    }
    /* Before who signs. */
    f->iat = iat;
    f->exp = exp;
    IS(fix_act(f, "bob", "transfer", "alice@hansalim", PAY), "expired");
}

static void test_lifetime_range(void **state)
{
    struct fix *f = *state;

    f->iat = FIX_MS / 1000;
    f->exp = f->iat + ACT_LIFETIME_MAX;
    IS(pay(f), "posted");
    f->iat = FIX_MS / 1000;
    f->exp = f->iat + ACT_LIFETIME_MAX + 1;
    IS(pay(f), "malformed");
    f->iat = FIX_MS / 1000;
    f->exp = f->iat;
    IS(pay(f), "malformed");
    f->iat = INT64_C(9007199254740);
    f->exp = f->iat + 1;
    IS(pay(f), "malformed");
    f->iat = INT64_C(9007199254739);
    f->exp = f->iat + 1;
    IS(pay(f), "not-yet-valid");
    f->iat = 1;
    f->exp = 2;
    IS(pay(f), "expired");
}

struct decided {
    struct envelope env;
    struct act act;
    struct outcome out;
};

static void decided_begin(struct decided *d, struct fix *f, const char *signers, const char *type,
                          const char *by, const char *members)
{
    char *payload = fix_payload(f, type, by, "%s", members);
    struct refusal refusal;

    memset(d, 0, sizeof(*d));
    fix_envelope(&d->env, payload, signers);
    assert_int_equal(act_parse(&d->act, &d->env, &refusal), 0);
    free(payload);
}

static void decided_end(struct decided *d)
{
    outcome_free(&d->out);
    act_free(&d->act);
    envelope_free(&d->env);
}

/* Which of an envelope's signatures are of use, told by name. */
static bool is_useful(const struct decided *d, const bool *useful, const char *name)
{
    struct fix_key key;

    fix_key(&key, name);
    for (size_t i = 0; i < d->env.n_sigs; i++)
        if (str_eq(d->env.sigs[i].kid.s, key.kid.s))
            return useful[i];
    fail_msg("%s didn't sign", name);
    return false;
}

static void test_useful(void **state)
{
    struct fix *f = *state;
    struct decided d;
    bool useful[ENVELOPE_SIGS_MAX];

    decided_begin(&d, f, "carol1 alice nobody", "transfer", "carol@hansalim",
                  "'from':'carol@hansalim','to':'bob@hansalim','unit':'hour','amount':1");
    rules_authority(f->s, &d.act, &d.env, &d.out, useful);
    assert_int_equal(d.out.verdict, VERDICT_REFUSED);
    assert_int_equal(d.out.refusal.code, REFUSED_NOT_PERMITTED);
    assert_true(is_useful(&d, useful, "carol1"));
    assert_false(is_useful(&d, useful, "alice"));
    assert_false(is_useful(&d, useful, "nobody"));
    decided_end(&d);
    /* Complete means authority alone: the payee isn't there, and no leg is made. */
    decided_begin(&d, f, "carol1 carol2", "transfer", "carol@hansalim",
                  "'from':'carol@hansalim','to':'x@hansalim','unit':'hour','amount':1");
    rules_authority(f->s, &d.act, &d.env, &d.out, useful);
    assert_int_equal(d.out.verdict, VERDICT_POSTED);
    assert_int_equal(d.out.n_legs, 0);
    assert_true(is_useful(&d, useful, "carol1"));
    decided_end(&d);
    /* When nobody could authorise it, no signature is of use. */
    decided_begin(&d, f, "alice", "member.update", "hansalim", "'member':'x@hansalim'");
    rules_authority(f->s, &d.act, &d.env, &d.out, useful);
    assert_int_equal(d.out.refusal.code, REFUSED_UNKNOWN_ACCOUNT);
    assert_false(is_useful(&d, useful, "alice"));
    decided_end(&d);
}

struct names {
    size_t n;
    char of[8][ACCOUNT_MAX + 1];
};

static void take_name(void *arg, const char *account)
{
    struct names *names = arg;

    assert_true(names->n < 8);
    str_copy(names->of[names->n++], ACCOUNT_MAX + 1, account);
}

/* What a decision will look up is told before, so that it can be loaded. */
static void test_accounts(void **state)
{
    struct fix *f = *state;
    struct decided d;
    struct names names = {0};

    decided_begin(&d, f, "alice", "transfer", "alice@hansalim", PAY);
    rules_accounts(f->s, &d.act, take_name, &names);
    assert_int_equal(names.n, 2);
    assert_string_equal(names.of[0], "alice@hansalim/hour");
    assert_string_equal(names.of[1], "bob@hansalim/hour");
    decided_end(&d);
    names.n = 0;
    decided_begin(&d, f, "r1", "account.limits", "hansalim",
                  "'member':'old@hansalim','unit':'hour','floor':0,'ceiling':null");
    rules_accounts(f->s, &d.act, take_name, &names);
    assert_int_equal(names.n, 1);
    assert_string_equal(names.of[0], "old@hansalim/hour");
    decided_end(&d);
    names.n = 0;
    decided_begin(&d, f, "r1", "member.close", "hansalim", "'member':'old@hansalim'");
    rules_accounts(f->s, &d.act, take_name, &names);
    assert_int_equal(names.n, 2); /* one a unit, hour and won */
    decided_end(&d);
    names.n = 0;
    decided_begin(&d, f, "r1", "member.freeze", "hansalim", "'member':'old@hansalim'");
    rules_accounts(f->s, &d.act, take_name, &names);
    assert_int_equal(names.n, 0);
    decided_end(&d);
}

/* A signature that the act calls for by either way, and by both: account.limits goes the way of the
 * registrar or of the treasurers, never half of each. */
static void test_either_way(void **state)
{
    struct fix *f = *state;
    static const char limits[] = "'member':'bob@hansalim','unit':'hour','floor':-1,'ceiling':5";

    IS(fix_act(f, "r1", "account.limits", "hansalim", limits), "posted");
    IS(fix_act(f, "t1", "account.limits", "hansalim", limits), "pending");
    IS(fix_act(f, "t1 t3", "account.limits", "hansalim", limits), "posted");
    IS(fix_act(f, "r1 t1", "account.limits", "hansalim", limits), "not-permitted");
    IS(fix_act(f, "r1 alice", "account.limits", "hansalim", limits), "not-permitted");
}

/* An act without any signature that counts never waits. */
static void test_no_signature(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "", "transfer", "alice@hansalim", PAY), "not-permitted");
    IS(fix_act(f, "x y z", "transfer", "alice@hansalim", PAY), "not-permitted");
}

/* Deciding never changes the state: only rules_apply does. */
static void test_pure(void **state)
{
    struct fix *f = *state;
    struct decided d;
    struct moment now = {f->ms, (int32_t)(f->ms / 86400000)};
    char *before = fix_dump(f->s), *after;

    for (int i = 0; i < 3; i++) {
        decided_begin(&d, f, "alice", "transfer", "alice@hansalim", PAY);
        rules_decide(f->s, &d.act, &d.env, now, (int64_t)f->n, &d.out);
        assert_int_equal(d.out.verdict, VERDICT_POSTED);
        assert_int_equal(d.out.n_legs, 2);
        assert_int_equal(d.out.legs[0].amount, -1);
        assert_int_equal(d.out.legs[0].after->balance, -1);
        assert_false(d.out.legs[0].marked);
        decided_end(&d);
        after = fix_dump(f->s);
        assert_string_equal(before, after);
        free(after);
    }
    free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_audience), TEST(test_lifetime),   TEST(test_lifetime_range), TEST(test_useful),
        TEST(test_accounts), TEST(test_either_way), TEST(test_no_signature),   TEST(test_pure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
