/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rounds of clearing: what they change and what not, who is left out, which consents go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clearing.h"
#include "core/num.h"
#include "core/round.h"

#define COOPS 14
#define DEBTS (COOPS * (COOPS - 1))

struct world {
    char names[COOPS][COOP_MAX + 1];
    enum clearing_choice wish[COOPS];
    size_t n;
    struct round_debt debts[DEBTS];
};

static uint64_t seed;

static uint32_t dice(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

static int number(const struct world *w, const char *coop)
{
    for (int i = 0; i < COOPS; i++)
        if (str_eq(w->names[i], coop))
            return i;
    fail_msg("no co-op %s", coop);
    return -1;
}

static enum clearing_choice wish(void *arg, const char *coop)
{
    const struct world *w = arg;

    return w->wish[number(w, coop)];
}

/* As positions are: of two co-ops only one owes the other. */
static void roll(struct world *w)
{
    w->n = 0;
    for (int i = 0; i < COOPS; i++) {
        (void)snprintf(w->names[i], sizeof(w->names[i]), "coop%d", (i * 7 + 3) % 23);
        w->wish[i] = dice(8) == 0 ? CLEARING_NEVER : dice(2) == 0 ? CLEARING_ASK : CLEARING_AUTO;
    }
    for (int i = 0; i < COOPS; i++)
        for (int k = 0; k < i; k++) {
            bool turn = dice(2) == 0;

            if (dice(3) > 0)
                w->debts[w->n++] = (struct round_debt){
                    w->names[turn ? i : k], w->names[turn ? k : i], 1 + (int64_t)dice(50)};
        }
}

static struct round *compute(struct world *w, const struct round *before)
{
    struct refusal r;
    struct round *out = NULL;

    assert_int_equal(round_compute(&out, "hour", w->debts, w->n, wish, w, before, &r), 0);
    return out;
}

/* The leg's amount between two, 0 where there is none. */
static int64_t leg_of(const struct round *r, const char *debtor, const char *creditor)
{
    for (size_t i = 0; i < r->n_legs; i++)
        if (str_eq(r->parties[r->legs[i].debtor].coop, debtor) &&
            str_eq(r->parties[r->legs[i].creditor].coop, creditor))
            return r->legs[i].amount;
    return 0;
}

static bool takes_part(const struct world *w, const struct round *before, const char *coop)
{
    const struct round_party *was = before ? round_party(before, coop) : NULL;

    return w->wish[number(w, coop)] != CLEARING_NEVER &&
           !(was && (was->stand == ROUND_DECLINED || was->stand == ROUND_SILENT));
}

/* What the protocol says of legs, found in another way. */
static void check_legs(struct world *w, const struct round *before, const struct round *r)
{
    int64_t net[COOPS] = {0}, cleared[DEBTS] = {0}, sum = 0;
    const char *names[COOPS];
    struct clearing_debt debts[DEBTS];
    struct clearing_sums sums;
    size_t n = 0, at;

    for (int i = 0; i < COOPS; i++)
        names[i] = w->names[i];
    for (size_t i = 0; i < w->n; i++)
        if (takes_part(w, before, w->debts[i].debtor) &&
            takes_part(w, before, w->debts[i].creditor))
            debts[n++] = (struct clearing_debt){(uint32_t)number(w, w->debts[i].debtor),
                                                (uint32_t)number(w, w->debts[i].creditor),
                                                w->debts[i].amount};
    const struct clearing in = {.n_parties = COOPS, .names = names, .n_debts = n, .debts = debts};
    assert_int_equal(clearing_solve(&in, cleared, &sums, &at), CLEARING_DONE);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(leg_of(r, names[debts[i].debtor], names[debts[i].creditor]), cleared[i]);
    for (size_t i = 0; i < r->n_legs; i++) {
        const struct round_leg *leg = &r->legs[i];

        sum += leg->amount;
        net[number(w, r->parties[leg->debtor].coop)] += leg->amount;
        net[number(w, r->parties[leg->creditor].coop)] -= leg->amount;
        assert_true(i == 0 ||
                    strcmp(r->parties[leg[-1].debtor].coop, r->parties[leg->debtor].coop) <= 0);
    }
    for (int i = 0; i < COOPS; i++)
        assert_int_equal(net[i], 0);
    assert_int_equal(sum, sums.cleared);
    assert_int_equal(sum, r->cleared);
    assert_int_equal(r->state, sum > 0 ? ROUND_OPEN : ROUND_ENDED);
}

/* Stored and read again it is the same, and so it is whatever order the debts are in. */
static void check_same(struct world *w, const struct round *before, const struct round *r)
{
    struct buf legs = BUF_INIT, parties = BUF_INIT, again = BUF_INIT;
    struct round *other;
    struct hash hash;

    round_put_legs(&legs, r);
    round_put_parties(&parties, r);
    hash_bytes(&hash, legs.data ? legs.data : "", legs.len);
    assert_true(hash_eq(&hash, &r->hash));
    other = round_read("hour", parties.data ? parties.data : "", legs.data ? legs.data : "");
    assert_non_null(other);
    assert_true(hash_eq(&hash, &other->hash));
    assert_int_equal(other->cleared, r->cleared);
    round_put_parties(&again, other);
    assert_int_equal(again.len, parties.len);
    assert_memory_equal(again.data ? again.data : "", parties.data ? parties.data : "", again.len);
    free(other);
    for (size_t i = w->n; i > 1; i--) {
        size_t k = dice((uint32_t)i);
        struct round_debt d = w->debts[k];

        w->debts[k] = w->debts[i - 1];
        w->debts[i - 1] = d;
    }
    other = compute(w, before);
    assert_true(hash_eq(&hash, &other->hash));
    free(other);
    buf_free(&legs);
    buf_free(&parties);
    buf_free(&again);
}

static void test_legs(void **state)
{
    for (int i = 0; i < 300; i++) {
        struct world w;
        struct round *r;

        seed = (uint64_t)i;
        roll(&w);
        r = compute(&w, NULL);
        check_legs(&w, NULL, r);
        check_same(&w, NULL, r);
        for (size_t k = 0; k < r->n_parties; k++) {
            enum clearing_choice of = w.wish[number(&w, r->parties[k].coop)];

            assert_int_not_equal(of, CLEARING_NEVER);
            assert_int_equal(r->parties[k].stand, of == CLEARING_AUTO ? ROUND_AUTO : ROUND_ASKED);
            assert_true(round_has_legs(r, &r->parties[k]));
        }
        free(r);
    }
}

/* Everybody answers by the dice; every one consents in record 100 and what follows. */
static void answer(struct round *r)
{
    for (size_t k = 0; k < r->n_parties; k++) {
        struct round_party *p = &r->parties[k];
        uint32_t fell = dice(6);

        p->record = 100 + (int64_t)k;
        if (fell == 0)
            p->stand = ROUND_DECLINED;
        else if (p->stand == ROUND_ASKED)
            p->stand = fell == 1 ? ROUND_SILENT : ROUND_CONSENTED;
        else
            p->record = -1;
    }
}

static bool same_legs(const struct world *w, const struct round *a, const struct round *b,
                      const char *coop)
{
    for (int i = 0; i < COOPS; i++)
        if (leg_of(a, w->names[i], coop) != leg_of(b, w->names[i], coop) ||
            leg_of(a, coop, w->names[i]) != leg_of(b, coop, w->names[i]))
            return false;
    return true;
}

static void check_answers(struct world *w, const struct round *before, const struct round *r,
                          int *kept)
{
    for (size_t k = 0; k < before->n_parties; k++) {
        const struct round_party *was = &before->parties[k];
        const struct round_party *now = round_party(r, was->coop);

        if (was->stand == ROUND_DECLINED || was->stand == ROUND_SILENT) {
            assert_non_null(now);
            assert_int_equal(now->stand, was->stand);
            assert_int_equal(now->record, was->record);
            assert_false(round_has_legs(r, now));
        } else if (was->stand == ROUND_CONSENTED && now) {
            bool same = same_legs(w, before, r, was->coop);

            assert_int_equal(now->stand, same ? ROUND_CONSENTED : ROUND_ASKED);
            assert_int_equal(now->record, same ? was->record : -1);
            *kept += same;
        }
    }
}

static void test_again(void **state)
{
    int kept = 0;

    for (int i = 0; i < 300; i++) {
        struct round *r, *before;
        struct world w;

        seed = 7000 + (uint64_t)i;
        roll(&w);
        before = compute(&w, NULL);
        for (int again = 0; again < 4; again++) {
            answer(before);
            for (uint32_t k = dice(4); k > 0 && w.n > 0; k--) /* trade goes on */
                w.debts[dice((uint32_t)w.n)].amount = 1 + (int64_t)dice(50);
            r = compute(&w, before);
            check_legs(&w, before, r);
            check_answers(&w, before, r, &kept);
            check_same(&w, before, r);
            free(before);
            before = r;
        }
        free(before);
    }
    assert_true(kept > 50);
}

static void test_counts(void **state)
{
    static const char parties[] = "aa auto -1\nbb asked -1\ncc consented 7\ndd declined 8\n"
                                  "ee declined 9\nff silent -1\n";
    struct round *r = round_read("hour", parties, "aa bb 5\nbb cc 5\ncc dd 5\ndd aa 5\n");
    struct round_counts n;

    assert_non_null(r);
    assert_int_equal(r->cleared, 20);
    round_count(r, &n);
    assert_int_equal(n.asked, 2);
    assert_int_equal(n.consents, 1);
    assert_int_equal(n.against, 1);
    assert_int_equal(n.declined, 2);
    assert_int_equal(n.silent, 1);
    assert_null(round_party(r, "gg"));
    assert_false(round_has_legs(r, round_party(r, "ee")));
    free(r);
}

static void test_read_bad(void **state)
{
    static const char *const parties[] = {"aa asked",
                                          "aa asked -1",
                                          "aa asked -2\n",
                                          "aa asks -1\n",
                                          "aa asked -1\naa asked -1\n",
                                          "bb auto -1\naa auto -1\n",
                                          "A auto -1\n",
                                          "aa auto -1 \n",
                                          " aa auto -1\n",
                                          "\n"};
    static const char *const legs[] = {
        "aa bb 5",    "aa bb 0\n",          "aa cc 5\n",
        "aa aa 5\n",  "aa bb 5\naa bb 5\n", "bb aa 5\naa bb 5\n",
        "aa bb 05\n", "aa bb 5\n\n",        "aa bb 9007199254740991\nbb aa 1\n"};
    struct round *r;

    for (size_t i = 0; i < ARRAY_LEN(parties); i++)
        assert_null(round_read("hour", parties[i], ""));
    for (size_t i = 0; i < ARRAY_LEN(legs); i++)
        assert_null(round_read("hour", "aa auto -1\nbb auto -1\n", legs[i]));
    r = round_read("hour", "aa auto -1\nbb auto -1\n", "aa bb 5\nbb aa 5\n");
    assert_non_null(r);
    free(r);
    r = round_read("hour", "", "");
    assert_non_null(r);
    free(r);
}

/* More than the protocol's integers hold is refused, and nothing else happens. */
static void test_too_much(void **state)
{
    struct world w = {.names = {"a", "b", "c"}, .wish = {CLEARING_ASK, CLEARING_ASK, CLEARING_ASK}};
    struct round *out = NULL;
    struct refusal r;

    w.debts[0] = (struct round_debt){"a", "b", NUM_MAX / 2};
    w.debts[1] = (struct round_debt){"b", "c", NUM_MAX / 2};
    w.debts[2] = (struct round_debt){"c", "a", NUM_MAX / 2};
    assert_int_equal(round_compute(&out, "hour", w.debts, 3, wish, &w, NULL, &r), -1);
    assert_int_equal(r.code, REFUSED_LIMIT_OUT_OF_BOUNDS);
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legs),     cmocka_unit_test(test_again),
        cmocka_unit_test(test_counts),   cmocka_unit_test(test_read_bad),
        cmocka_unit_test(test_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
