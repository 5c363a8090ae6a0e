/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What rests of a state, and the packed names below it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "ledgerd/ledger.h"
#include "ledgerd/packed.h"
#include "ledgerd/rest.h"

/* ---- packed ---- */

#define NAMES   3000
#define LEN_MAX 100

static void bytes_of(uint8_t *out, uint32_t name, uint32_t round, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(name * 7 + round * 13 + i);
    }
}

/* Puts that look random, against arrays that remember the same: entries that come, grow, shrink and
 * are emptied, often enough that what they leave is won back several times. */
static void against_arrays(void **state)
{
    static size_t len[NAMES];
    static uint32_t round_of[NAMES];
    static uint8_t bytes[LEN_MAX];
    struct packed *p = packed_new();
    size_t most = 0, got_len, names = 0;
    uint32_t seed = 1;
    char name[32];

    (void)state;
    assert_null(packed_get(p, "0", &got_len));
    for (uint32_t round = 1; round < 60000; round++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t i = (seed >> 8) % NAMES;
        (void)snprintf(name, sizeof(name), "%u", i);
        names += round_of[i] == 0;
        round_of[i] = round;
        len[i] = (seed >> 3) % 5 == 0 ? 0 : (seed >> 20) % LEN_MAX;
        bytes_of(bytes, i, round, len[i]);
        packed_put(p, name, bytes, len[i]);
        most = packed_size(p) > most ? packed_size(p) : most;
    }
    assert_int_equal(packed_count(p), names);
    for (uint32_t i = 0; i < NAMES; i++) {
        (void)snprintf(name, sizeof(name), "%u", i);
        const uint8_t *got = packed_get(p, name, &got_len);
        if (len[i] == 0) {
            assert_null(got);
            continue;
        }
        assert_int_equal(got_len, len[i]);
        bytes_of(bytes, i, round_of[i], len[i]);
        assert_memory_equal(got, bytes, got_len);
        assert_string_equal(packed_name(p, packed_number(p, name)), name);
    }
    /* 60,000 puts of 40 bytes are 2.4 MB; what is there takes a tenth of it. */
    assert_true(most < 600000);
    packed_free(p);
}

static void numbers_names(void **state)
{
    struct packed *p = packed_new();
    char name[32];

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "name %u", i);
        assert_int_equal(packed_number(p, name), i);
    }
    packed_put(p, "name 7", "abc", 3);
    assert_int_equal(packed_number(p, "name 7"), 7);
    assert_string_equal(packed_name(p, 7), "name 7");
    assert_int_equal(packed_count(p), 1000);
    packed_free(p);
}

/* ---- rest ---- */

#define POSTED(...) assert_string_equal(fix_act(f, __VA_ARGS__), "posted")

/* Every kind of holder with all that can be changed of it, keys in force and revoked, accounts with
 * limits of their own, without a ceiling, and with none. */
static void make_log(struct fix *f)
{
    fix_found_second(f);
    POSTED("bob", "record.allow", "bob@hansalim", "'member':'bob@hansalim','allowed':true");
    POSTED("alice alice2", "key.add", "alice@hansalim",
           "'holder':'alice@hansalim','role':'member','key':$alice2");
    POSTED("alice2", "key.revoke", "alice@hansalim",
           "'holder':'alice@hansalim','role':'member','kid':'#alice'");
    POSTED("t1 t2 a1", "key.add", "hansalim", "'holder':'hansalim','role':'auditor','key':$a1");
    POSTED("s1 s2 a2", "key.add", "stewards", "'holder':'*','role':'auditor','key':$a2");
    POSTED("carol1 carol2", "threshold.set", "carol@hansalim",
           "'holder':'carol@hansalim','role':'member','threshold':1");
    POSTED("t1 t2", "account.limits", "hansalim",
           "'member':'bob@hansalim','unit':'hour','floor':-900,'ceiling':null");
    POSTED("r1", "account.limits", "hansalim",
           "'member':'alice@hansalim','unit':'hour','floor':-700,'ceiling':1500");
    for (int i = 1; i < 90; i++) {
        assert_string_equal(fix_pay(f, "alice2", "alice@hansalim", "bob@hansalim", i % 3 + 1),
                            "posted");
    }
    assert_string_equal(fix_pay(f, "bob", "bob@hansalim", "carol@hansalim", 300), "posted");
    POSTED("bob", "member.freeze", "bob@hansalim", "'member':'bob@hansalim'");
    POSTED("r1 b1 b2", "key.recover", "hansalim",
           "'holder':'bob@hansalim','role':'member','keys':[$b1,$b2],'threshold':2");
    POSTED("bob", "key.object", "bob@hansalim",
           "'holder':'bob@hansalim','role':'member','record':%d", (int)f->n - 1);
    POSTED("s1 s2 n1", "key.recover", "stewards",
           "'holder':'hansalim','role':'treasurer','keys':[$n1],'threshold':1");
    POSTED("r1 c1", "key.recover", "hansalim",
           "'holder':'carol@hansalim','role':'member','keys':[$c1],'threshold':1");
    f->ms += INT64_C(8) * 86400000;
    POSTED("r2", "key.recover.finish", "hansalim",
           "'holder':'carol@hansalim','role':'member','record':%d", (int)f->n - 1);
    POSTED("r2", "member.freeze", "hansalim", "'member':'old@hansalim'");
    POSTED("r1", "member.close", "hansalim", "'member':'old@hansalim'");
}

static const enum thing_kind resting[] = {THING_HOLDER, THING_KEY, THING_ACCOUNT};

static void fetch_again(void *arg, const struct thing *thing)
{
    struct state *s = arg;

    (void)state_holder(s, thing->name);
    (void)state_key(s, thing->name);
    (void)state_account(s, thing->name);
}

/* The log replayed into a state that has nothing in hand but what a record asks for. */
static void rules_see_the_same(void **state)
{
    struct fix *f = *state;
    struct keyring *keyring = keyring_new();
    struct rest *r = rest_new(keyring);
    const struct state_rest rest = rest_of_state(r);
    struct state *s = state_new(FIX_ORIGIN);
    char why[512];

    make_log(f);
    state_set_rest(s, &rest);
    for (size_t i = 0; i < f->n; i++) {
        if (fix_replay_one(s, f, i, why, sizeof(why)) != 0) {
            fail_msg("record %zu isn't replayed: %s", i, why);
        }
        for (size_t k = 0; i % 7 != 3 && k < ARRAY_LEN(resting); k++) {
            state_forget(s, resting[k]);
        }
    }
    for (size_t k = 0; k < ARRAY_LEN(resting); k++) {
        state_forget(s, resting[k]);
        assert_int_equal(rest_count(r, resting[k]), state_count(f->s, resting[k]));
    }
    assert_null(state_holder(s, "nobody@hansalim"));
    assert_null(state_account(s, "old@hansalim/hour"));
    assert_null(state_key(s, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    for (size_t k = 0; k < ARRAY_LEN(resting); k++) {
        state_each(f->s, resting[k], fetch_again, s);
    }
    char *whole = fix_dump(f->s), *rested = fix_dump(s);
    assert_string_equal(whole, rested);
    free(whole);
    free(rested);
    state_free(s);
    rest_free(r);
    keyring_free(keyring);
}

/* What is taken back was never kept. */
static void rollback_leaves_what_rests(void **state)
{
    struct keyring *keyring = keyring_new();
    struct rest *r = rest_new(keyring);
    const struct state_rest rest = rest_of_state(r);
    struct state *s = state_new(FIX_ORIGIN);
    struct account *a = account_new("alice@hansalim/hour");

    (void)state;
    state_set_rest(s, &rest);
    a->balance = INT64_MIN;
    a->number = INT64_MAX;
    a->seq = 1;
    state_put(s, THING_ACCOUNT, &a->thing);
    state_commit(s);
    state_forget(s, THING_ACCOUNT);
    for (int64_t seq = 2; seq < 4; seq++) { /* not in hand at first, then in hand */
        a = account_new("alice@hansalim/hour");
        a->seq = seq;
        state_put(s, THING_ACCOUNT, &a->thing);
        a = account_new("bob@hansalim/hour");
        state_put(s, THING_ACCOUNT, &a->thing);
        assert_int_equal(state_account(s, "alice@hansalim/hour")->seq, seq);
        state_rollback(s);
        assert_int_equal(state_account(s, "alice@hansalim/hour")->seq, 1);
        assert_true(state_account(s, "alice@hansalim/hour")->balance == INT64_MIN);
        assert_true(state_account(s, "alice@hansalim/hour")->number == INT64_MAX);
        assert_int_equal(state_account(s, "alice@hansalim/hour")->record, -1);
        assert_null(state_account(s, "bob@hansalim/hour"));
    }
    state_free(s);
    rest_free(r);
    keyring_free(keyring);
}

static void forgets_accounts_when_there_are_many(void **state)
{
    struct keyring *keyring = keyring_new();
    struct rest *r = rest_new(keyring);
    char name[ACCOUNT_MAX + 1];
    size_t most = 0;

    (void)state;
    do {
        (void)snprintf(name, sizeof(name), "m%zu@hansalim/hour", most++);
        struct account *a = account_new(name);
        rest_keep(r, THING_ACCOUNT, &a->thing);
        free(a);
        rest_trim(r);
    } while (rest_count(r, THING_ACCOUNT) == most);
    assert_int_equal(rest_count(r, THING_ACCOUNT), 0);
    assert_in_range(most, 200000, 1000000);
    rest_free(r);
    keyring_free(keyring);
}

/* Batches that come to nothing look at accounts and holders as well: these go to rest after each.
 */
static void batches_that_fail_keep_nothing_in_hand(void **state)
{
    struct keyring *keyring = keyring_new();
    struct ledger l;
    char name[ACCOUNT_MAX + 1];

    (void)state;
    ledger_init(&l, FIX_ORIGIN, keyring);
    for (int64_t i = 0; i < 30000; i++) {
        (void)snprintf(name, sizeof(name), "m%d@hansalim/hour", (int)i);
        struct account *a = account_new(name);
        a->balance = -i;
        rest_keep(l.rest, THING_ACCOUNT, &a->thing);
        free(a);
    }
    for (int64_t i = 0; i < 30000; i++) {
        (void)snprintf(name, sizeof(name), "m%d@hansalim/hour", (int)i);
        assert_true(state_account(l.state, name)->balance == -i);
        if (i % 1000 == 999) {
            ledger_rollback(&l);
            assert_true(state_count(l.state, THING_ACCOUNT) < 13000);
        }
    }
    ledger_free(&l);
    keyring_free(keyring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_arrays),
        cmocka_unit_test(numbers_names),
        cmocka_unit_test_setup_teardown(rules_see_the_same, fix_setup, fix_teardown),
        cmocka_unit_test(rollback_leaves_what_rests),
        cmocka_unit_test(forgets_accounts_when_there_are_many),
        cmocka_unit_test(batches_that_fail_keep_nothing_in_hand),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
