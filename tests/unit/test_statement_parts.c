/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: what the parts of records say beside what an entry is of. A levy that comes back,
 * what a transfer moved before these days, floors, the unit, a snapshot's change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "statement_world.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define DAY              INT64_C(86400000)
#define ALICE            "alice@hansalim/hour"
#define BOB              "bob@hansalim/hour"
#define FUND             "fund@hansalim/hour"

/* Alice pays bob 30 and a levy of 3, of which 10 come back the same day. */
static int set_up(void **state)
{
    int rc = world_set_up(state);
    struct world *w = *state;
    struct fix *f = w->f;

    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim",
               "'coop':'hansalim','unit':'hour','floor':-600,'ceiling':1200,"
               "'registrar_floor':-900,'registrar_ceiling':1800,'reversal_days':30,"
               "'levy_per_mille':100,'levy_purse':'fund@hansalim'"),
       "posted");
    w->paid = f->n;
    IS(fix_act(f, "alice", "transfer", "alice@hansalim",
               "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':30,"
               "'levy_max':5"),
       "posted");
    IS(fix_act(f, "bob", "reversal", "bob@hansalim", "'record':%zu,'amount':10", w->paid),
       "posted");
    world_begin(w);
    return rc;
}

/* From that posting on to the last one, with no snapshot. */
static struct forging of_entries(const char *account, int64_t first, int64_t last)
{
    return (struct forging){.account = account,
                            .first = first,
                            .last = last,
                            .from = (int32_t)(FIX_MS / DAY) + (first > 1),
                            .to = (int32_t)(FIX_MS / DAY) + 1000,
                            .snapshot = -1,
                            .skip_key = -1,
                            .holders = "alice@hansalim bob@hansalim fund@hansalim hansalim"};
}

/* Is something about the levy in that record not shown? */
static bool is_open(const struct judged *j, size_t record)
{
    for (size_t i = 0; i < j->verdict.n_findings; i++)
        if (j->verdict.findings[i].reason == REASON_LEVY_ELSEWHERE &&
            j->verdict.findings[i].index == (int64_t)record)
            return true;
    return false;
}

/* What failed, "" when nothing did; or what of the last record's amount isn't shown. */
static const char *answer(const struct world *w, const struct forging *want)
{
    struct judged j;
    const char *is;

    world_judge(w, want, &j);
    is = judged_failure(&j);
    if (is[0] == '\0' && is_open(&j, w->of.n - 1))
        is = "levy-elsewhere";
    judged_free(&j);
    return is;
}

/* Bob takes back 10 more on the next day, and this is posted for it; asked from posting `first` on.
 */
static const char *more_back(struct world *w, const char *account, int64_t amount, int64_t first)
{
    const int64_t seq = fix_seq(w->f, account) + 1;
    const struct forging want = of_entries(account, first, seq);
    const size_t n = w->of.n;
    char *members = x_asprintf("'record':%zu,'amount':10", w->paid);
    const char *is;

    w->f->ms += DAY;
    forger_plant(&w->of, w->f,
                 &(struct planting){.type = "reversal",
                                    .signers = "bob",
                                    .by = "bob@hansalim",
                                    .members = members,
                                    .account = account,
                                    .amount = amount,
                                    .balance = fix_balance(w->f, account) + amount,
                                    .seq = seq});
    is = answer(w, &want);
    forger_cut(&w->of, n);
    w->f->ms -= DAY;
    free(members);
    return is;
}

/* Of the levy comes back what the rules make of it, where the file tells; not as much as one may
 * have agreed to. */
static void test_levy_back(void **state)
{
    struct world *w = *state;
    struct forging want = of_entries(ALICE, 1, 2);

    IS(answer(w, &want), "");
    want.account = FUND;
    IS(answer(w, &want), "");
    /* All of it is here, so it is 1, or 0 from a purse that was closed. */
    IS(more_back(w, ALICE, 11, 1), "");
    IS(more_back(w, ALICE, 12, 1), "amounts:wrong-amount");
    IS(more_back(w, ALICE, 15, 1), "amounts:wrong-amount");
    IS(more_back(w, ALICE, 10, 1), "levy-elsewhere");
    /* From before these days there is the transfer only. */
    IS(more_back(w, ALICE, 11, 3), "");
    IS(more_back(w, ALICE, 12, 3), "amounts:wrong-amount");
    IS(more_back(w, ALICE, 10, 3), "levy-elsewhere");
    IS(more_back(w, FUND, -1, 1), "");
    IS(more_back(w, FUND, -2, 1), "amounts:wrong-amount");
    IS(more_back(w, FUND, -2, 3), "amounts:wrong-amount");
    /* Who was paid neither paid nor gets a levy. */
    IS(more_back(w, BOB, -10, 1), "");
    IS(more_back(w, BOB, -11, 1), "amounts:wrong-amount");
}

/* How much a levy is, the act says where it is all that the payer agreed to. */
static void test_levy_at_most(void **state)
{
    const char *const accounts[] = {ALICE, FUND, BOB};
    struct world *w = *state;
    const size_t n = w->f->n;

    IS(fix_act(w->f, "alice", "transfer", "alice@hansalim",
               "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':50,"
               "'levy_max':5"),
       "posted");
    forger_free(&w->of);
    forger_init(&w->of, w->f);
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        const struct forging want = of_entries(accounts[i], 1, 3);
        struct forged made;
        struct judged j;

        forged_make(&made, &w->of, &want);
        world_judge_made(w, &made, &j);
        IS(judged_failure(&j), "");
        assert_int_equal(is_open(&j, w->paid), i < 2);
        assert_false(is_open(&j, w->paid + 1));
        assert_false(is_open(&j, n));
        judged_free(&j);
        forged_free(&made);
    }
}

/* Of 4 a part is no whole number: which of two it is depends on what went back before. */
static void test_levy_rounded(void **state)
{
    struct world *w = *state;

    forger_alter(&w->of, w->paid, 1, "\"amount\":-33", "\"amount\":-34");
    IS(more_back(w, ALICE, 10, 3), "levy-elsewhere");
    IS(more_back(w, ALICE, 11, 3), "");
    IS(more_back(w, ALICE, 12, 3), "");
    IS(more_back(w, ALICE, 13, 3), "amounts:wrong-amount");
}

/* What a transfer of before these days moved is what it says, and it was before. */
static void test_named_posting(void **state)
{
    struct world *w = *state;
    const struct forging want = of_entries(ALICE, 3, 3);
    struct forged made;
    struct judged j;

    w->f->ms += DAY;
    IS(fix_act(w->f, "bob", "reversal", "bob@hansalim", "'record':%zu,'amount':10", w->paid),
       "posted");
    forger_free(&w->of);
    forger_init(&w->of, w->f);
    IS(answer(w, &want), "");
    forged_make(&made, &w->of, &want);
    assert_int_equal(made.st.named[0].n_parts, 2);
    made.st.named[0].n_parts = 1;
    world_judge_made(w, &made, &j);
    IS(judged_failure(&j), "amounts:no-transfer");
    judged_free(&j);
    forged_free(&made);
    forger_alter(&w->of, w->paid, 1, "\"amount\":-33", "\"amount\":-36");
    IS(answer(w, &want), "amounts:wrong-amount"); /* she agreed to 5 */
    forger_alter(&w->of, w->paid, 1, "\"amount\":-36", "\"amount\":-33");
    forger_alter(&w->of, w->paid, 1, "\"seq\":1}", "\"seq\":2}"); /* the other one's */
    IS(answer(w, &want), "sequence:double");
    forger_alter(&w->of, w->paid, 1, "\"seq\":2}", "\"seq\":7}");
    IS(answer(w, &want), "sequence:double");
}

static void test_floor(void **state)
{
    struct world *w = *state;
    const struct forging alice = of_entries(ALICE, 1, 2), bob = of_entries(BOB, 1, 2),
                         fund = of_entries(FUND, 1, 2);

    forger_alter(&w->of, w->paid, 1, "\"floor\":-600", "\"floor\":-33");
    IS(answer(w, &alice), "");
    forger_alter(&w->of, w->paid, 1, "\"floor\":-33", "\"floor\":-32");
    IS(answer(w, &alice), "balances:against-rules");
    /* Who gives back pays; a levy's purse doesn't, and may be below its own. */
    forger_alter(&w->of, w->paid + 1, 1, "\"floor\":-600", "\"floor\":21");
    IS(answer(w, &bob), "balances:against-rules");
    forger_alter(&w->of, w->paid + 1, 2, "\"floor\":-600", "\"floor\":3");
    IS(answer(w, &fund), "");
}

static void test_unit(void **state)
{
    struct world *w = *state;
    const struct forging want = of_entries(ALICE, 1, 2);
    struct forged made;
    struct judged j;
    size_t unit = 0;

    forged_make(&made, &w->of, &want);
    while (made.st.unit.header.s != w->of.log[unit].header.data)
        unit++;
    forged_free(&made);
    IS(answer(w, &want), "");
    forger_alter(&w->of, unit, 1, "\"seq\":1", "\"seq\":2");
    IS(answer(w, &want), "parts:double");
    forger_alter(&w->of, unit, 1, "\"seq\":2", "\"seq\":1");
    /* Once more, with another scale, when there are entries already. */
    forger_append(
        &w->of, w->f->ms,
        (const char *const[]){w->of.log[unit].parts[0].data, w->of.log[unit].parts[1].data}, 2);
    forger_alter(&w->of, w->of.n - 1, 1, "\"scale\":60", "\"scale\":10");
    forged_make(&made, &w->of, &want);
    world_judge_made(w, &made, &j);
    assert_true(judged_has(&j, CHECK_PARTS, REASON_DOUBLE));
    judged_free(&j);
    forged_free(&made);
}

/* A snapshot's record says twice what it is of: in the act that the clerk signed, and in its
 * change. */
static void test_snapshot_change(void **state)
{
    struct world *w = *state;
    struct forging want = of_entries(ALICE, 1, 2);
    struct forged made;
    struct judged j;

    w->f->ms += DAY;
    fix_snapshot(w->f);
    forger_free(&w->of);
    forger_init(&w->of, w->f);
    want.snapshot = (int64_t)w->of.n - 1;
    IS(answer(w, &want), "");
    forged_make(&made, &w->of, &want);
    made.st.snapshot.n_parts = 1;
    world_judge_made(w, &made, &j);
    IS(judged_failure(&j), "snapshot:malformed");
    judged_free(&j);
    forged_free(&made);
    forger_alter(&w->of, w->of.n - 1, 1, "\"count\":", "\"count\":1");
    IS(answer(w, &want), "snapshot:malformed");
    forger_alter(&w->of, w->of.n - 1, 1, "\"count\":1", "\"count\":");
    forger_alter(&w->of, w->of.n - 1, 1, "snapshot:ledger", "unit:ledger");
    IS(answer(w, &want), "snapshot:malformed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_levy_back),       TEST(test_levy_at_most), TEST(test_levy_rounded),
        TEST(test_named_posting),   TEST(test_floor),        TEST(test_unit),
        TEST(test_snapshot_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
