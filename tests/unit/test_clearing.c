/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Clearing against all that there is to choose from, whatever the order, and its checker against
 * legs that were tampered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clearing_check.h"
#include "core/hash.h"

#include <cmocka.h>

#define PARTIES_MAX 64
#define DEBTS_MAX   512

struct world {
    uint32_t n_parties;
    size_t n;
    char names[PARTIES_MAX][16];
    const char *list[PARTIES_MAX];
    struct clearing_debt debts[DEBTS_MAX];
    int64_t cleared[DEBTS_MAX];
    struct clearing_sums sums;
};

static uint64_t seed;

static uint32_t dice(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

static void name_parties(struct world *w, uint32_t n)
{
    static const char *const kinds[] = {"coop", "조합", "=x", "a b"};

    w->n_parties = n;
    for (uint32_t v = 0; v < n; v++) {
        (void)snprintf(w->names[v], sizeof(w->names[v]), "%s%u", kinds[dice(4)], v);
        w->list[v] = w->names[v];
    }
}

static void add(struct world *w, uint32_t debtor, uint32_t creditor, int64_t amount)
{
    w->debts[w->n++] = (struct clearing_debt){debtor, creditor, amount};
}

/* n debts or fewer of 1 to `most` among random pairs, none twice. */
static void roll(struct world *w, uint32_t parties, size_t n, uint32_t most)
{
    w->n = 0;
    name_parties(w, parties);
    for (size_t tries = 0; tries < n * 3 && w->n < n; tries++) {
        uint32_t a = dice(parties), b = dice(parties);
        bool there = a == b;

        for (size_t i = 0; i < w->n; i++)
            there = there || (w->debts[i].debtor == a && w->debts[i].creditor == b);
        if (!there)
            add(w, a, b, 1 + dice(most));
    }
}

static enum clearing_end solve(struct world *w, int bits)
{
    struct clearing in = {.n_parties = w->n_parties,
                          .names = w->list,
                          .n_debts = w->n,
                          .debts = w->debts,
                          .bits = bits};
    size_t at;

    return clearing_solve(&in, w->cleared, &w->sums, &at);
}

static enum clearing_fault check(const struct world *w, size_t *at)
{
    return clearing_check(w->n_parties, w->debts, w->cleared, w->n, at);
}

/* --- the rule as docs/protocol.md has it, by trying all clearings --- */

/* Is what a clears to be taken rather than b? */
static bool is_better(const struct world *w, const int64_t *a, const int64_t *b, int bits)
{
    int64_t difference = 0;
    size_t first = SIZE_MAX;

    for (size_t i = 0; i < w->n; i++)
        difference += a[i] - b[i];
    for (int bit = 0; difference == 0 && bit < bits; bit++) {
        for (size_t i = 0; i < w->n; i++) {
            struct hash h;

            clearing_hash(&h, w->list[w->debts[i].debtor], w->list[w->debts[i].creditor]);
            if ((h.b[bit / 8] >> (7 - bit % 8) & 1) != 0)
                difference += a[i] - b[i];
        }
    }
    for (size_t i = 0; difference == 0 && i < w->n; i++) {
        int order = first == SIZE_MAX
                        ? -1
                        : strcmp(w->list[w->debts[i].debtor], w->list[w->debts[first].debtor]);

        if (order == 0)
            order = strcmp(w->list[w->debts[i].creditor], w->list[w->debts[first].creditor]);
        if (a[i] != b[i] && order < 0)
            first = i;
    }
    return first == SIZE_MAX ? difference > 0 : a[first] > b[first];
}

static void try_all(const struct world *w, size_t i, int64_t *x, int64_t *best, int bits)
{
    int64_t net[PARTIES_MAX] = {0};

    if (i < w->n) {
        for (x[i] = 0; x[i] <= w->debts[i].amount; x[i]++)
            try_all(w, i + 1, x, best, bits);
        return;
    }
    for (i = 0; i < w->n; i++) {
        net[w->debts[i].debtor] += x[i];
        net[w->debts[i].creditor] -= x[i];
    }
    for (uint32_t v = 0; v < w->n_parties; v++) {
        if (net[v] != 0)
            return;
    }
    if (is_better(w, x, best, bits))
        memcpy(best, x, w->n * sizeof(*x));
}

static void test_brute_force(void **state)
{
    static const int bits[] = {256, 1, 2, 3};
    int alike = 0;

    for (int round = 0; round < 4000; round++) {
        int64_t x[DEBTS_MAX] = {0}, best[DEBTS_MAX] = {0};
        struct world w;
        size_t at;

        seed = (uint64_t)round;
        roll(&w, 2 + dice(5), 1 + dice(9), 1 + dice(2));
        try_all(&w, 0, x, best, bits[round % 4]);
        assert_int_equal(solve(&w, bits[round % 4]), CLEARING_DONE);
        assert_memory_equal(w.cleared, best, w.n * sizeof(*best));
        assert_int_equal(check(&w, &at), CLEARING_SOUND);
        alike += w.sums.cleared > 0;
    }
    assert_true(alike > 1000);
}

/* Two ways as good as each other, without hashes to choose by: the first debt is cleared most. */
static void test_order_of_names(void **state)
{
    struct world w = {.n_parties = 4, .list = {"d", "c", "b", "a"}};

    /* a owes b and c 5 each, both owe d 5 each, d owes a 5. */
    add(&w, 3, 1, 5);
    add(&w, 3, 2, 5);
    add(&w, 1, 0, 5);
    add(&w, 2, 0, 5);
    add(&w, 0, 3, 5);
    assert_int_equal(solve(&w, 1), CLEARING_DONE);
    assert_int_equal(w.sums.total, 25);
    assert_int_equal(w.sums.cleared, 15);
    assert_int_equal(w.sums.remaining, 10);
    assert_int_equal(w.sums.net_internal, 5);
    assert_int_equal(w.cleared[4], 5);
    assert_int_equal(w.cleared[0] + w.cleared[1], 5);
    assert_true(w.cleared[0] == 0 || w.cleared[0] == 5);
}

/* Fixed for ever: docs/protocol.md quotes it. */
static void test_hash(void **state)
{
    char text[HASH_B64U_LEN + 1];
    struct hash h, same;

    clearing_hash(&h, "hansalim", "조합");
    hash_bytes(&same, "clearing\nhansalim\n조합", 24);
    assert_true(hash_eq(&h, &same));
    hash_text(text, &h);
    assert_string_equal(text, "DLOxN1cVzRsSI3DG3c7YkOVPsSSwpSAUdi76-UNXcQE");
}

/* What is cleared of each pair, in the order of parties' names. */
static void sorted_legs(const struct world *w, struct buf *b)
{
    bool used[DEBTS_MAX] = {false};

    buf_clear(b);
    for (size_t k = 0; k < w->n; k++) {
        size_t first = SIZE_MAX;

        for (size_t i = 0; i < w->n; i++) {
            int order = first == SIZE_MAX
                            ? -1
                            : strcmp(w->list[w->debts[i].debtor], w->list[w->debts[first].debtor]);

            if (order == 0)
                order = strcmp(w->list[w->debts[i].creditor], w->list[w->debts[first].creditor]);
            if (!used[i] && order < 0)
                first = i;
        }
        used[first] = true;
        buf_printf(b, "%s,%s,%lld\n", w->list[w->debts[first].debtor],
                   w->list[w->debts[first].creditor], (long long)w->cleared[first]);
    }
}

/* Parties numbered anew, debts in another order. */
static void shuffle(struct world *w)
{
    uint32_t number[PARTIES_MAX];
    const char *list[PARTIES_MAX];

    for (uint32_t v = 0; v < w->n_parties; v++) {
        uint32_t k = dice(v + 1);

        number[v] = number[k];
        number[k] = v;
    }
    for (uint32_t v = 0; v < w->n_parties; v++)
        list[number[v]] = w->list[v];
    memcpy(w->list, list, sizeof(list));
    for (size_t i = 0; i < w->n; i++) {
        size_t k = dice((uint32_t)i + 1);
        struct clearing_debt d = w->debts[i];

        d.debtor = number[d.debtor];
        d.creditor = number[d.creditor];
        w->debts[i] = w->debts[k];
        w->debts[k] = d;
    }
}

static void test_any_order(void **state)
{
    struct buf first = BUF_INIT, again = BUF_INIT;

    for (int round = 0; round < 60; round++) {
        struct world w;
        size_t at;

        seed = 1000 + (uint64_t)round;
        roll(&w, 12 + dice(40), 300, round % 2 == 0 ? 1 : 1000);
        assert_int_equal(solve(&w, 0), CLEARING_DONE);
        assert_int_equal(check(&w, &at), CLEARING_SOUND);
        sorted_legs(&w, &first);
        for (int k = 0; k < 4; k++) {
            shuffle(&w);
            assert_int_equal(solve(&w, 0), CLEARING_DONE);
            sorted_legs(&w, &again);
            assert_string_equal(first.data, again.data);
        }
    }
    buf_free(&first);
    buf_free(&again);
}

/* --- bad days --- */

static enum clearing_end solve_two(struct clearing_debt a, struct clearing_debt b, size_t *at)
{
    static const char *const names[] = {"a", "b", "c"};
    struct clearing_debt debts[] = {a, b};
    struct clearing in = {.n_parties = 3, .names = names, .n_debts = 2, .debts = debts};
    struct clearing_sums sums;
    int64_t cleared[2];

    return clearing_solve(&in, cleared, &sums, at);
}

#define DEBT(...) ((struct clearing_debt){__VA_ARGS__})

static void test_refusals(void **state)
{
    size_t at = 9;

    assert_int_equal(solve_two(DEBT(0, 1, 1), DEBT(2, 2, 1), &at), CLEARING_BAD_DEBT);
    assert_int_equal(at, 1);
    assert_int_equal(solve_two(DEBT(0, 1, 0), DEBT(1, 2, 1), &at), CLEARING_BAD_DEBT);
    assert_int_equal(at, 0);
    assert_int_equal(solve_two(DEBT(0, 1, -1), DEBT(1, 2, 1), &at), CLEARING_BAD_DEBT);
    assert_int_equal(solve_two(DEBT(0, 1, 4), DEBT(0, 1, 3), &at), CLEARING_SAME_PAIR);
    assert_int_equal(at, 1);
    assert_int_equal(solve_two(DEBT(0, 1, INT64_MAX), DEBT(1, 0, 1), &at), CLEARING_TOO_MUCH);
    assert_int_equal(solve_two(DEBT(0, 1, INT64_MAX - 1), DEBT(1, 0, 1), &at), CLEARING_DONE);
}

/* Sums beyond 2^53 and up to what fits are exact. */
static void test_large(void **state)
{
    struct world w = {.n_parties = 3, .list = {"a", "b", "c"}};
    int64_t third = INT64_MAX / 3;

    add(&w, 0, 1, third);
    add(&w, 1, 2, third - 1);
    add(&w, 2, 0, third - 2);
    assert_int_equal(solve(&w, 0), CLEARING_DONE);
    assert_int_equal(w.sums.cleared, 3 * (third - 2));
    assert_int_equal(w.sums.remaining, 3);
    assert_int_equal(w.sums.net_internal, 2);
}

static void test_nothing(void **state)
{
    struct world w = {.n_parties = 0};
    size_t at;

    assert_int_equal(solve(&w, 0), CLEARING_DONE);
    assert_int_equal(w.sums.total, 0);
    assert_int_equal(check(&w, &at), CLEARING_SOUND);
}

/* A ring that no one can shorten: as deep as the search can go. */
static void test_long_ring(void **state)
{
    enum {
        N = 50000
    };
    struct clearing_debt *debts = x_malloc(2 * N * sizeof(*debts));
    const char **names = x_malloc(N * sizeof(*names));
    int64_t *cleared = x_malloc(2 * N * sizeof(*cleared));
    struct clearing in = {.n_parties = N, .names = names, .n_debts = 2 * N, .debts = debts};
    struct clearing_sums sums;
    size_t at;

    for (uint32_t v = 0; v < N; v++) {
        names[v] = x_asprintf("%u", v);
        debts[2 * v] = DEBT(v, (v + 1) % N, 7);
        debts[2 * v + 1] = DEBT((v + 1) % N, v, 5);
    }
    assert_int_equal(clearing_solve(&in, cleared, &sums, &at), CLEARING_DONE);
    assert_int_equal(sums.remaining, 0);
    assert_int_equal(clearing_check(N, debts, cleared, 2 * N, &at), CLEARING_SOUND);
    for (uint32_t v = 0; v < N; v++)
        free((char *)names[v]);
    free(names);
    free(debts);
    free(cleared);
}

/* Each owes its neighbours, far more one way: a sum would have to pass through all hands. */
static void test_long_chain(void **state)
{
    enum {
        N = 100000
    };
    struct clearing_debt *debts = x_malloc(2 * (N - 1) * sizeof(*debts));
    const char **names = x_malloc(N * sizeof(*names));
    int64_t *cleared = x_malloc(2 * (N - 1) * sizeof(*cleared));
    struct clearing in = {.n_parties = N, .names = names, .n_debts = 2 * (N - 1), .debts = debts};
    struct clearing_sums sums;
    size_t at;

    for (uint32_t v = 0; v < N; v++) {
        names[v] = x_asprintf("%u", v);
        if (v + 1 == N)
            break;
        debts[2 * v] = DEBT(v, v + 1, 100000 + v % 77);
        debts[2 * v + 1] = DEBT(v + 1, v, 1 + v % 1000);
    }
    assert_int_equal(clearing_solve(&in, cleared, &sums, &at), CLEARING_DONE);
    for (uint32_t v = 0; v + 1 < N; v++) {
        assert_int_equal(cleared[2 * v], 1 + v % 1000);
        assert_int_equal(cleared[2 * v + 1], 1 + v % 1000);
    }
    for (uint32_t v = 0; v < N; v++)
        free((char *)names[v]);
    free(names);
    free(debts);
    free(cleared);
}

/* Rings that hold together at one party: each is as if it were alone. */
static void test_shared_party(void **state)
{
    struct world w = {.n_parties = 7, .list = {"a", "b", "c", "d", "e", "f", "g"}};
    static const int64_t expected[] = {3, 3, 3, 2, 2, 2, 0, 0, 0};

    add(&w, 0, 1, 5);
    add(&w, 1, 2, 3);
    add(&w, 2, 0, 4);
    add(&w, 2, 3, 2);
    add(&w, 3, 4, 9);
    add(&w, 4, 2, 7);
    add(&w, 4, 5, 6); /* and f on to both, which leads nowhere back */
    add(&w, 4, 6, 6);
    add(&w, 5, 6, 6);
    assert_int_equal(solve(&w, 0), CLEARING_DONE);
    assert_memory_equal(w.cleared, expected, sizeof(expected));
}

static bool stop(void *arg, const struct clearing_progress *p)
{
    int *calls = arg;

    assert_true(p->carried <= p->to_carry);
    return --*calls > 0;
}

static void test_watch(void **state)
{
    struct world w;
    int calls = 2;
    size_t at;

    seed = 77;
    roll(&w, 40, 400, 1000);
    struct clearing in = {.n_parties = w.n_parties,
                          .names = w.list,
                          .n_debts = w.n,
                          .debts = w.debts,
                          .watch = stop,
                          .arg = &calls};
    assert_int_equal(clearing_solve(&in, w.cleared, &w.sums, &at), CLEARING_STOPPED);
    assert_int_equal(calls, 0);
}

/* --- the checker --- */

/* Every leg, a unit up or down; and sums that stay right while something is lost. */
static void test_mutations(void **state)
{
    for (int round = 0; round < 40; round++) {
        struct world w;
        size_t at = 0;

        seed = 5000 + (uint64_t)round;
        roll(&w, 6 + dice(10), 40, 20);
        assert_int_equal(solve(&w, 0), CLEARING_DONE);
        for (size_t i = 0; i < w.n; i++) {
            int64_t was = w.cleared[i];

            w.cleared[i] = was + 1;
            assert_int_equal(check(&w, &at),
                             was == w.debts[i].amount ? CLEARING_OVER_DEBT : CLEARING_NET_CHANGED);
            w.cleared[i] = was - 1;
            assert_int_equal(check(&w, &at), was == 0 ? CLEARING_BELOW_ZERO : CLEARING_NET_CHANGED);
            w.cleared[i] = INT64_MIN;
            assert_int_equal(check(&w, &at), CLEARING_BELOW_ZERO);
            assert_int_equal(at, i);
            w.cleared[i] = INT64_MAX;
            assert_int_equal(check(&w, &at), CLEARING_OVER_DEBT);
            assert_int_equal(at, i);
            w.cleared[i] = was;
        }
        if (w.sums.cleared > 0) {
            memset(w.cleared, 0, sizeof(w.cleared));
            assert_int_equal(check(&w, &at), CLEARING_NOT_MOST);
        }
    }
}

/* All clearings of small worlds: the checker takes those that clear the most, and no others. */
static void judge_all(struct world *w, size_t i, int64_t most, int *counts)
{
    int64_t sum = 0;
    size_t at;

    if (i < w->n) {
        for (w->cleared[i] = 0; w->cleared[i] <= w->debts[i].amount; w->cleared[i]++)
            judge_all(w, i + 1, most, counts);
        return;
    }
    for (i = 0; i < w->n; i++)
        sum += w->cleared[i];
    switch (check(w, &at)) {
    case CLEARING_SOUND:
        assert_int_equal(sum, most);
        counts[0]++;
        break;
    case CLEARING_NOT_MOST:
        assert_true(sum < most);
        assert_true(w->cleared[at] < w->debts[at].amount);
        counts[1]++;
        break;
    case CLEARING_NET_CHANGED:
        counts[2]++;
        break;
    case CLEARING_BELOW_ZERO:
    case CLEARING_OVER_DEBT:
        fail();
    }
}

static void test_judge_all(void **state)
{
    int counts[3] = {0};

    for (int round = 0; round < 400; round++) {
        struct world w;

        seed = 9000 + (uint64_t)round;
        roll(&w, 3 + dice(3), 3 + dice(5), 2);
        assert_int_equal(solve(&w, 0), CLEARING_DONE);
        judge_all(&w, 0, w.sums.cleared, counts);
    }
    assert_true(counts[0] > 400 && counts[1] > 200 && counts[2] > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brute_force), cmocka_unit_test(test_order_of_names),
        cmocka_unit_test(test_hash),        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_large),
        cmocka_unit_test(test_nothing),     cmocka_unit_test(test_long_ring),
        cmocka_unit_test(test_long_chain),  cmocka_unit_test(test_shared_party),
        cmocka_unit_test(test_watch),       cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_judge_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
