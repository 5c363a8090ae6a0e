/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which way a payment takes, against a search of all ways; and what a search costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/state.h"

#define COOPS 8

/* Numbers from a seed, so that a failure comes again. */
static uint64_t next(uint64_t *seed)
{
    *seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *seed;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t pick(uint64_t *seed, uint64_t n)
{
    return next(seed) % n;
}

/* Names whose order isn't that of the numbers, one a prefix of another. */
static const char *const names[COOPS] = {"seoul", "ab", "a-b", "abc", "zz", "m1", "m", "m10"};

static void put_coop(struct state *s, const char *name, enum holder_state state)
{
    struct holder *h = holder_new(name, name, "", 0);

    h->kind = HOLDER_COOP;
    h->state = state;
    state_put(s, THING_HOLDER, &h->thing);
}

static void put_line(struct state *s, const char *coop, const char *partner, int64_t limit,
                     bool transit)
{
    struct credit_line *l = line_new(coop, partner, "hour");

    l->limit = limit;
    l->transit = transit;
    state_put(s, THING_LINE, &l->thing);
}

static void put_position(struct state *s, const char *coop, const char *partner, int64_t balance)
{
    char name[ACCOUNT_MAX + 1];
    struct account *a;

    position_name(name, coop, partner, "hour");
    a = account_new(name);
    a->balance = balance;
    a->seq = 1;
    state_put(s, THING_ACCOUNT, &a->thing);
}

/* ---- All ways, by the rule's own words ---- */

struct brute {
    const struct state *s;
    const char *to;
    int64_t amount;
    size_t max, n, best_n;
    const char *way[WAY_HOPS_MAX + 1], *best[WAY_HOPS_MAX + 1];
};

/* May X pay Y so much, as the tables say, without the index? */
static bool room(const struct state *s, const char *x, const char *y, int64_t amount, bool *transit)
{
    const struct credit_line *l = state_line(s, y, x, "hour");
    const struct account *a;
    char name[ACCOUNT_MAX + 1];

    position_name(name, y, x, "hour");
    a = state_account(s, name);
    *transit = l && l->transit;
    return (a ? a->balance : 0) - amount >= -(l ? l->limit : 0);
}

static bool better(const struct brute *b)
{
    if (b->best_n == 0 || b->n < b->best_n)
        return true;
    for (size_t i = 0; b->n == b->best_n && i < b->n; i++)
        if (strcmp(b->way[i], b->best[i]) != 0)
            return strcmp(b->way[i], b->best[i]) < 0;
    return false;
}

static bool all_pass(const struct brute *b)
{
    bool transit;

    for (size_t i = 1; i < b->n; i++)
        if (!room(b->s, b->way[i - 1], b->way[i], b->amount, &transit) || (b->n > 2 && !transit))
            return false;
    for (size_t i = 1; i + 1 < b->n; i++)
        if (state_holder(b->s, b->way[i])->state != HOLDER_ACTIVE)
            return false;
    return true;
}

static void try_all(struct brute *b)
{
    if (str_eq(b->way[b->n - 1], b->to)) {
        if (all_pass(b) && better(b)) {
            b->best_n = b->n;
            memcpy(b->best, b->way, sizeof(b->best));
        }
        return;
    }
    if (b->n > b->max)
        return;
    for (size_t i = 0; i < COOPS; i++) {
        bool in = false;

        for (size_t k = 0; k < b->n; k++)
            in |= str_eq(b->way[k], names[i]);
        if (in)
            continue;
        b->way[b->n++] = names[i];
        try_all(b);
        b->n--;
    }
}

static void compare(const struct state *s, const char *from, const char *to, int64_t amount,
                    size_t max, size_t found[WAY_HOPS_MAX + 2])
{
    struct brute b = {.s = s, .to = to, .amount = amount, .max = max, .n = 1, .way = {from}};
    struct network_way way;
    bool there = network_path(s, from, to, "hour", amount, (int64_t)max, &way);

    try_all(&b);
    assert_int_equal(there, b.best_n > 0);
    assert_int_equal(way.n, b.best_n);
    for (size_t i = 0; i < way.n; i++)
        assert_string_equal(way.coop[i], b.best[i]);
    found[way.n]++;
}

static struct state *random_network(uint64_t *seed)
{
    struct state *s = state_new("ledger.example/test");
    uint64_t density = 1 + pick(seed, 5);

    for (size_t i = 0; i < COOPS; i++)
        put_coop(s, names[i], pick(seed, 12) == 0 ? HOLDER_CLOSED : HOLDER_ACTIVE);
    for (size_t i = 0; i < COOPS; i++)
        for (size_t k = 0; k < COOPS; k++) {
            if (i != k && pick(seed, 6) < density)
                put_line(s, names[i], names[k], (int64_t)pick(seed, 4) * 10, pick(seed, 4) > 0);
            if (i < k && pick(seed, 4) == 0) {
                int64_t owed = (int64_t)pick(seed, 61) - 30;

                put_position(s, names[i], names[k], owed);
                put_position(s, names[k], names[i], -owed);
            }
        }
    return s;
}

static void test_same_as_brute_force(void **state)
{
    const int rounds = getenv("UNDER_VALGRIND") ? 100 : 400;
    size_t found[WAY_HOPS_MAX + 2] = {0};
    uint64_t seed = 20261129;

    (void)state;
    for (int i = 0; i < rounds; i++) {
        struct state *s = random_network(&seed);

        if (pick(&seed, 2)) {
            state_commit(s);
            put_line(s, names[0], names[1], 1000, true); /* and all as it was */
            put_position(s, names[2], names[3], 1000);
            state_rollback(s);
        } else {
            state_commit(s);
        }
        for (size_t k = 0; k < COOPS; k++) {
            size_t from = pick(&seed, COOPS), to = (from + 1 + pick(&seed, COOPS - 1)) % COOPS;

            compare(s, names[from], names[to], 1 + (int64_t)pick(&seed, 40), 1 + pick(&seed, 4),
                    found);
        }
        state_free(s);
    }
    /* Ways of all lengths were among them, and none. */
    for (size_t n = 0; n <= WAY_HOPS_MAX + 1; n++)
        if (n != 1)
            assert_true(found[n] > 0);
}

/* ---- Positions ---- */

struct seen {
    char text[512];
};

static void on_position(void *arg, const char *debtor, const char *creditor, int64_t amount)
{
    struct seen *seen = arg;
    size_t n = strlen(seen->text);

    (void)snprintf(seen->text + n, sizeof(seen->text) - n, "%s>%s %lld ", debtor, creditor,
                   (long long)amount);
}

static void test_each(void **state)
{
    struct state *s = state_new("ledger.example/test");
    struct seen seen = {""};

    (void)state;
    put_position(s, "zz", "ab", 5);
    put_position(s, "ab", "zz", -5);
    put_position(s, "m", "ab", -7);
    put_position(s, "ab", "m", 7);
    put_position(s, "ab", "a-b", 1);
    put_position(s, "a-b", "ab", -1);
    put_position(s, "m", "zz", 0);
    put_position(s, "zz", "m", 0);
    network_each(s, "hour", on_position, &seen);
    assert_string_equal(seen.text, "ab>a-b 1 ab>m 7 zz>ab 5 ");
    seen.text[0] = '\0';
    network_each(s, "won", on_position, &seen);
    assert_string_equal(seen.text, "");
    /* What is forgotten of accounts stays known. */
    state_commit(s);
    state_forget(s, THING_ACCOUNT);
    assert_int_equal(position_of(s, "ab", "m", "hour"), 7);
    assert_int_equal(position_of(s, "ab", "nowhere", "hour"), 0);
    assert_int_equal(position_of(s, "ab", "m", "won"), 0);
    state_free(s);
}

static void test_names(void **state)
{
    struct position p;
    char name[ACCOUNT_MAX + 1];

    (void)state;
    position_name(name, "hansalim", "medical", "hour");
    assert_string_equal(name, "!pos.medical@hansalim/hour");
    assert_true(name_is_account(name));
    assert_true(position_parse(&p, name));
    assert_string_equal(p.coop, "hansalim");
    assert_string_equal(p.partner, "medical");
    assert_string_equal(p.unit, "hour");
    assert_false(position_parse(&p, "!outside@hansalim/hour"));
    assert_false(position_parse(&p, "alice@hansalim/hour"));
    assert_false(position_parse(&p, "!pos.medical"));
    assert_false(position_parse(&p, "!pos.medical@hansalim"));
}

/* ---- What it costs ---- */

#define MANY       1000
#define MANY_LINES 100000

static void test_effort(void **state)
{
    struct state *s = state_new("ledger.example/test");
    uint64_t seed = 7, most = 0, all = 0;
    struct network_way way;
    size_t found = 0;
    char a[32], b[32];
    /* Of lines that are there and of pairs that have none the other way, each once and back. */
    const uint64_t edges = 2 * (uint64_t)MANY_LINES;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(a, sizeof(a), "coop%d", i);
        put_coop(s, a, HOLDER_ACTIVE);
    }
    for (int i = 0; i < MANY_LINES; i++) {
        (void)snprintf(a, sizeof(a), "coop%d", (int)pick(&seed, MANY));
        (void)snprintf(b, sizeof(b), "coop%d", (int)pick(&seed, MANY));
        if (!str_eq(a, b)) /* one in ten has room for what is tried */
            put_line(s, a, b, pick(&seed, 10) == 0 ? 100 : 10, pick(&seed, 10) > 0);
        if (i % 4096 == 0)
            state_commit(s);
    }
    state_commit(s);
    for (int i = 0; i < 200; i++) {
        uint64_t before = network_effort(s), took;

        (void)snprintf(a, sizeof(a), "coop%d", (int)pick(&seed, MANY));
        (void)snprintf(b, sizeof(b), "coop%d", (int)pick(&seed, MANY));
        found += !str_eq(a, b) &&
                 network_path(s, a, b, "hour", i % 2 ? 50 : 101, WAY_HOPS_MAX, &way) && way.n > 3;
        took = network_effort(s) - before;
        most = took > most ? took : most;
        all += took;
    }
    /* No search looks at an edge more than three times; most look at a few thousand. */
    assert_true(most <= 3 * edges);
    assert_true(all / 200 < 20000);
    assert_true(found > 20);
    print_message("edges looked at: %llu on average, %llu at most; %zu ways of three and four\n",
                  (unsigned long long)(all / 200), (unsigned long long)most, found);
    state_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_brute_force),
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_effort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
