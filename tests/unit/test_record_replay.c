/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "altered.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

/*
 * record_replay takes what record_build wrote, and nothing else. Each test alters one thing of a
 * record that was posted; what an alterer can do, he does: he writes the header anew over the parts
 * he changed.
 */

/* The state just before record `index`. */
static struct state *state_before(const struct fix *f, size_t index)
{
    struct state *s = state_new(FIX_ORIGIN);
    char why[512];

    for (size_t i = 0; i < index; i++)
        assert_int_equal(fix_replay_one(s, f, i, why, sizeof(why)), 0);
    return s;
}

/* Replays a record onto a state, which stays as it is. NULL when it was taken, else why not. */
static const char *replay(struct state *s, const struct fix_record *rec, int64_t last_ms)
{
    static char why[512];
    const char *parts[FIX_PARTS_MAX];
    size_t lens[FIX_PARTS_MAX];
    char *before = fix_dump(s), *after;
    struct outcome out;
    struct act act;
    int rc;

    for (size_t i = 0; i < rec->n; i++) {
        parts[i] = rec->parts[i].data;
        lens[i] = rec->parts[i].len;
    }
    why[0] = '\0';
    rc = record_replay(s, NULL, rec->header.data, rec->header.len, parts, lens, rec->n, last_ms,
                       rec->today, &out, &act, why, sizeof(why));
    if (rc == 0) {
        outcome_free(&out);
        act_free(&act);
    } else {
        assert_true(why[0] != '\0');
    }
    after = fix_dump(s);
    assert_string_equal(before, after);
    free(before);
    free(after);
    return rc == 0 ? NULL : why;
}

/* One alteration of a part's text (or of the header's, part -1). */
struct alteration {
    int part;
    const char *from, *to;
    bool new_header;
    const char *why; /* is part of what is said */
};

static void try_alterations(const struct fix *f, size_t index, const struct alteration *a, size_t n)
{
    struct state *s = state_before(f, index);

    assert_null(replay(s, &f->log[index], f->log[index - 1].ms));
    for (size_t i = 0; i < n; i++) {
        struct fix_record rec;
        const char *why;

        altered_copy(&rec, &f->log[index]);
        altered_replace(a[i].part < 0 ? &rec.header : &rec.parts[a[i].part], a[i].from, a[i].to);
        if (a[i].new_header)
            altered_header(&rec);
        why = replay(s, &rec, f->log[index - 1].ms);
        if (!why)
            fail_msg("alteration %zu was taken", i);
        if (!strstr(why, a[i].why))
            fail_msg("alteration %zu: %s", i, why);
        altered_free(&rec);
    }
    state_free(s);
}

static void test_transfer_altered(void **state)
{
    struct fix *f = *state;
    static const struct alteration a[] = {
        {1, "\"balance\":-90", "\"balance\":-80", true, "part 1 isn't what"},
        {1, "\"amount\":-90", "\"amount\":-80", true, "part 1 isn't what"},
        {1, "\"floor\":-600", "\"floor\":-700", true, "part 1 isn't what"},
        {1, "\"seq\":1", "\"seq\":2", true, "part 1 isn't what"},
        {1, "alice@hansalim", "carol@hansalim", true, "part 1 isn't what"},
        {2, "\"balance\":90", "\"balance\":91", true, "part 2 isn't what"},
        {2, "bob@hansalim", "carol@hansalim", true, "part 2 isn't what"},
        {3, "\"seq\":8", "\"seq\":9", true, "part 3 isn't what"},
        {3, "\"book\":\"hansalim\"", "\"book\":\"icoop\"", true, "part 3 isn't what"},
        {3, "\"seq\":8", "\"seq\": 8", true, "part 3 isn't what"},
        {3, "\"seq\":8", "\"seq\":8.0", true, "part 3"},
        {0, "\"part\":\"act\"", "\"part\":\"book\"", true, "part 0"},
        {-1, "\"rules\":1", "\"rules\":2", false, "rules 2"},
        {-1, "\"rules\":1", "\"rules\":0", false, "no header"},
        {-1, "T00:00:00.000Z", "T00:20:00.000Z", false, "past its time"},
        {-1, "2026-11-22", "2026-11-21", false, "before that of the record before"},
        {-1, "{\"v\":1", "{ \"v\":1", false, "no header"},
        {-1, "\"parts\":[\"", "\"parts\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"",
         false, "5"},
    };

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    try_alterations(f, f->n - 1, a, ARRAY_LEN(a));
}

static void test_change_altered(void **state)
{
    struct fix *f = *state;
    static const struct alteration a[] = {
        {1, "\"threshold\":1", "\"threshold\":2", true, "part 1 isn't what"},
        {1, "\"kind\":\"person\"", "\"kind\":\"purse\"", true, "part 1 isn't what"},
        {1, "\"state\":\"active\"", "\"state\":\"frozen\"", true, "part 1 isn't what"},
        {1, "\"allowed\":false", "\"allowed\":true", true, "part 1 isn't what"},
        {1, "\"allowed\":false,", "", true, "part 1 isn't what"},
        {1, "alice@hansalim", "alicia@hansalim", true, "part 1 isn't what"},
        {1, "\"seq\":1", "\"seq\":2", true, "part 1 isn't what"},
    };

    try_alterations(f, 5, a, ARRAY_LEN(a)); /* alice's member.create */
}

/* The salt is anybody's choice, so a salt with its own header makes another good record; with the
 * old header it doesn't. */
static void test_salt(void **state)
{
    struct fix *f = *state;
    struct fix_record rec;
    struct state *s;
    char *salt;

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    s = state_before(f, f->n - 1);
    altered_copy(&rec, &f->log[f->n - 1]);
    salt = strstr(rec.parts[1].data, "\"salt\":\"") + 8;
    *salt = *salt == 'A' ? 'B' : 'A';
    assert_string_equal(replay(s, &rec, 0), "part 1 isn't the one that its header names");
    altered_header(&rec);
    assert_null(replay(s, &rec, 0));
    altered_free(&rec);
    state_free(s);
}

static void test_parts_moved(void **state)
{
    struct fix *f = *state;
    struct fix_record rec;
    struct state *s;
    struct buf swap;

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    s = state_before(f, f->n - 1);
    altered_copy(&rec, &f->log[f->n - 1]);
    swap = rec.parts[1];
    rec.parts[1] = rec.parts[2];
    rec.parts[2] = swap;
    assert_non_null(replay(s, &rec, 0)); /* swapped under the old header */
    altered_header(&rec);
    assert_non_null(strstr(replay(s, &rec, 0), "part 1 isn't what"));
    swap = rec.parts[0];
    rec.parts[0] = rec.parts[3];
    rec.parts[3] = swap;
    altered_header(&rec);
    assert_non_null(strstr(replay(s, &rec, 0), "out of its place"));
    altered_free(&rec);
    /* One left out, one twice, none at all. */
    altered_copy(&rec, &f->log[f->n - 1]);
    buf_free(&rec.parts[3]);
    rec.n = 3;
    assert_non_null(strstr(replay(s, &rec, 0), "3 parts"));
    altered_header(&rec);
    assert_non_null(strstr(replay(s, &rec, 0), "3 parts where the rules make 4"));
    rec.n = 5;
    rec.parts[3] = rec.parts[4] = (struct buf)BUF_INIT;
    buf_puts(&rec.parts[3], fix_part(f, f->n - 1, 3));
    buf_puts(&rec.parts[4], fix_part(f, f->n - 1, 3));
    altered_header(&rec);
    assert_non_null(strstr(replay(s, &rec, 0), "5 parts where the rules make 4"));
    for (size_t i = 0; i < rec.n; i++)
        buf_free(&rec.parts[i]);
    rec.n = 0;
    assert_non_null(replay(s, &rec, 0));
    altered_free(&rec);
    state_free(s);
}

/* The act: its signature, its payload, one signature left out, one in another order. */
static void test_act_altered(void **state)
{
    struct fix *f = *state;
    struct fix_record rec, other;
    struct state *s;
    char *at;

    IS(fix_pay(f, "carol1 carol2", "carol@hansalim", "bob@hansalim", 90), "posted");
    s = state_before(f, f->n - 1);
    altered_copy(&rec, &f->log[f->n - 1]);
    at = strstr(rec.parts[0].data, "\"signature\":\"") + 13;
    *at = *at == 'A' ? 'B' : 'A';
    altered_header(&rec);
    assert_non_null(strstr(replay(s, &rec, 0), "bad-signature"));
    altered_free(&rec);

    altered_copy(&rec, &f->log[f->n - 1]);
    at = strstr(rec.parts[0].data, "\"payload\":\"") + 60;
    *at = *at == 'z' ? 'y' : 'z';
    altered_header(&rec);
    assert_non_null(strstr(replay(s, &rec, 0), "bad-signature"));
    altered_free(&rec);

    /* Signatures swapped: {A},{B} to {B},{A}. */
    altered_copy(&rec, &f->log[f->n - 1]);
    {
        char *start = strstr(rec.parts[0].data, "\"signatures\":[") + 14;
        char *middle = strstr(start, "},{") + 1, *end = strstr(middle, "]}");
        char *first = x_strndup(start, (size_t)(middle - start));
        char *second = x_strndup(middle + 1, (size_t)(end - middle - 1));

        memcpy(start, second, strlen(second));
        start[strlen(second)] = ',';
        memcpy(start + strlen(second) + 1, first, strlen(first));
        free(first);
        free(second);
    }
    altered_header(&rec);
    assert_non_null(strstr(replay(s, &rec, 0), "part 0 isn't what"));
    /* One left out: signatures are missing. */
    altered_free(&rec);
    altered_copy(&rec, &f->log[f->n - 1]);
    at = strstr(rec.parts[0].data, "},{\"protected\"");
    memmove(at, strstr(at, "}]}"), strlen(strstr(at, "}]}")) + 1);
    rec.parts[0].len = strlen(rec.parts[0].data);
    altered_header(&rec);
    assert_non_null(strstr(replay(s, &rec, 0), "signatures are missing"));
    altered_free(&rec);
    /* Another act in its place: the founding of a unit, whose keys are registered. */
    altered_copy(&rec, &f->log[f->n - 1]);
    altered_copy(&other, &f->log[1]);
    buf_free(&rec.parts[0]);
    rec.parts[0] = other.parts[0];
    other.parts[0] = (struct buf)BUF_INIT;
    altered_header(&rec);
    assert_non_null(strstr(replay(s, &rec, 0), "was used before"));
    altered_free(&rec);
    altered_free(&other);
    state_free(s);
}

static void test_twice(void **state)
{
    struct fix *f = *state;
    struct state *s;

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    s = state_before(f, f->n);
    assert_non_null(strstr(replay(s, &f->log[f->n - 1], 0), "was used before"));
    assert_non_null(strstr(replay(s, &f->log[0], 0), "was used before"));
    state_free(s);
}

/* What was signed by a key that the state says is revoked, or frozen, or short of credit. */
static void test_rules_hold(void **state)
{
    struct fix *f = *state, *g = fix_new();
    size_t at = f->n;

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    fix_found(g);
    /* Both ledgers are the same up to there, so g's state is one before f's record. */
    assert_string_equal(state_ledger_id(f->s), state_ledger_id(g->s));
    g->jtis = 100;
    assert_null(replay(g->s, &f->log[at], 0));
    IS(fix_act(g, "r1", "account.limits", "hansalim",
               "'member':'alice@hansalim','unit':'hour','floor':-89,'ceiling':5"),
       "posted");
    assert_non_null(strstr(replay(g->s, &f->log[at], 0), "below its floor"));
    IS(fix_act(g, "r1", "member.freeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    assert_non_null(strstr(replay(g->s, &f->log[at], 0), "frozen"));
    IS(fix_act(g, "t1 t2", "member.unfreeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    IS(fix_act(g, "alice a2", "key.add", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','key':$a2"),
       "posted");
    IS(fix_act(g, "alice", "key.revoke", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','kid':'#alice'"),
       "posted");
    assert_non_null(strstr(replay(g->s, &f->log[at], 0), "doesn't call for"));
    fix_check_replay(g);
    fix_free(g);
}

/* A record of one ledger means nothing to another: record 0 of other stewards makes another id. */
static void test_other_ledger(void **state)
{
    struct fix *f = *state, *g = fix_new();

    IS(fix_act(g, "log clerk s9", "ledger.open", "stewards",
               "'name':'n','nonce':'AAECAwQFBgcICQoLDA0ODw','zone':'UTC','log_key':$log,"
               "'clerk_key':$clerk,'stewards':[$s9],'threshold':1,'rules':1"),
       "posted");
    assert_string_not_equal(state_ledger_id(f->s), state_ledger_id(g->s));
    assert_non_null(replay(g->s, &f->log[1], 0));
    IS(fix_act(g, "s9", "unit.create", "stewards",
               "'unit':'hour','name':'h','scale':60,'kind':'time'"),
       "posted");
    assert_non_null(strstr(replay(f->s, &g->log[1], 0), "unknown-key"));
    fix_free(g);
}

/* Which index comes next the state doesn't know: whoever replays a log compares it with the
 * header's. Record 0 alone can be nothing else. */
static void test_index(void **state)
{
    struct fix *f = *state;
    struct fix_record rec;
    struct state *s = state_new(FIX_ORIGIN);

    altered_copy(&rec, &f->log[0]);
    altered_replace(&rec.header, "\"index\":0", "\"index\":1");
    assert_non_null(strstr(replay(s, &rec, INT64_MIN), "open already"));
    altered_free(&rec);
    state_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_transfer_altered), TEST(test_change_altered), TEST(test_salt),
        TEST(test_parts_moved),      TEST(test_act_altered),    TEST(test_twice),
        TEST(test_rules_hold),       TEST(test_other_ledger),   TEST(test_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
