/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/settle_plan.h"

#define PARTIES 11

static uint64_t seed = 20261129;

static uint64_t next(uint64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (seed >> 33) % below;
}

/* So few payments suffice, by trying every way to fall apart into groups that are quits among
 * themselves: each takes one payment fewer than it has parties. */
static size_t fewest(const struct settle_party *p, size_t n)
{
    static int64_t sum[1 << PARTIES];
    static unsigned char groups[1 << PARTIES];
    int64_t owes[PARTIES];
    size_t in = 0;

    for (size_t i = 0; i < n; i++)
        if (p[i].owes != 0)
            owes[in++] = p[i].owes;
    sum[0] = groups[0] = 0;
    for (size_t set = 1; set < (size_t)1 << in; set++) {
        groups[set] = 0;
        for (size_t i = 0; i < in; i++) {
            const size_t without = set & ~((size_t)1 << i);

            if (without == set)
                continue;
            sum[set] = sum[without] + owes[i];
            if (groups[without] > groups[set])
                groups[set] = groups[without];
        }
        groups[set] = (unsigned char)(groups[set] + (sum[set] == 0));
    }
    return in - groups[((size_t)1 << in) - 1];
}

/* The plan leaves all quits, with no payment in vain and none too many. */
static size_t check(const struct settle_party *p, size_t n)
{
    struct settle_payment out[PARTIES];
    int64_t left[PARTIES];
    size_t in = 0, count = settle_plan(p, n, out);

    for (size_t i = 0; i < n; i++) {
        left[i] = p[i].owes;
        in += p[i].owes != 0;
    }
    assert_true(count == 0 ? in == 0 : count < in);
    for (size_t k = 0; k < count; k++) {
        assert_true(out[k].amount > 0);
        assert_true(p[out[k].from].owes > 0 && p[out[k].to].owes < 0);
        left[out[k].from] -= out[k].amount;
        left[out[k].to] += out[k].amount;
        if (k > 0) {
            int order = strcmp(p[out[k - 1].from].coop, p[out[k].from].coop);

            assert_true(order < 0 ||
                        (order == 0 && strcmp(p[out[k - 1].to].coop, p[out[k].to].coop) < 0));
        }
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(left[i], 0);
    return count;
}

static void test_words(void **state)
{
    const struct settle_party p[] = {
        {"farm", 70}, {"kitchen", -30}, {"clinic", 30}, {"school", -60}, {"theatre", -10},
    };
    struct settle_payment out[5];

    (void)state;
    assert_int_equal(settle_plan(p, 0, out), 0);
    assert_int_equal(check(p, 5), 3);
    assert_int_equal(settle_plan(p, 5, out), 3);
    /* The clinic owes what the kitchen is owed. */
    assert_int_equal(out[0].from, 2);
    assert_int_equal(out[0].to, 1);
    assert_int_equal(out[1].to, 3);
    assert_int_equal(out[1].amount, 60);
    assert_int_equal(out[2].to, 4);
}

/* Against all that is possible; and in whatever order the parties stand. */
static void test_property(void **state)
{
    static const char *const names[PARTIES] = {"a", "b", "c", "d", "e", "f",
                                               "g", "h", "i", "j", "k"};
    size_t best = 0, made = 0;

    (void)state;
    for (int round = 0; round < 400; round++) {
        const size_t n = 2 + next(PARTIES - 1);
        const int64_t most = round % 3 == 0 ? 4 : round % 3 == 1 ? 60 : INT64_C(1) << 50;
        struct settle_party p[PARTIES], turned[PARTIES];
        struct settle_payment a[PARTIES], b[PARTIES];
        int64_t sum = 0;
        size_t count, of, turn = 1 + next(n);

        for (size_t i = 0; i < n; i++) {
            p[i] = (struct settle_party){names[i], 0};
            if (i + 1 < n)
                p[i].owes = (int64_t)next((uint64_t)most * 2) - most;
            else
                p[i].owes = -sum;
            sum += p[i].owes;
        }
        count = check(p, n);
        of = fewest(p, n);
        assert_true(count >= of);
        best += of;
        made += count;
        for (size_t i = 0; i < n; i++)
            turned[i] = p[(i + turn) % n];
        assert_int_equal(settle_plan(p, n, a), settle_plan(turned, n, b));
        for (size_t k = 0; k < count; k++) {
            assert_string_equal(p[a[k].from].coop, turned[b[k].from].coop);
            assert_string_equal(p[a[k].to].coop, turned[b[k].to].coop);
            assert_int_equal(a[k].amount, b[k].amount);
        }
    }
    /* To find the fewest is hard, and what is found is near it. */
    print_message("%zu payments where %zu are possible\n", made, best);
    assert_true(made <= best + best / 3);
}

/* What doesn't add up is left over, and nothing is read or written that isn't there. */
static void test_unequal(void **state)
{
    const struct settle_party p[] = {{"a", 70}, {"b", -30}, {"c", 5}};
    struct settle_payment out[3];

    (void)state;
    assert_int_equal(settle_plan(p, 3, out), 1);
    assert_int_equal(out[0].amount, 30);
    assert_int_equal(settle_plan(p, 1, out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_property),
        cmocka_unit_test(test_unequal),
    };

    return cmocka_run_group_tests_name("settle_plan", tests, NULL, NULL);
}
