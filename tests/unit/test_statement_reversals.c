/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: reversals. Who may take back what, how much and how long, by a ledger that signs it
 * all the same; and that what was taken back is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "statement_world.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define DAY              INT64_C(86400000)
#define BOB              "bob@hansalim/hour"

/* What is given back has to be shown, by whomever it was: only so one sees who might. */
static void test_reversal(void **state)
{
    struct world *w = *state;
    struct forging want;
    const size_t paid = w->f->n;
    char *members = x_asprintf("'record':%zu,'amount':50", paid);
    struct planting forged = {.type = "reversal",
                              .signers = "r1",
                              .by = "hansalim",
                              .members = members,
                              .account = BOB,
                              .amount = -50,
                              .seq = 2};

    IS(fix_pay(w->f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    forged.balance = 40;
    world_begin(w);
    IS(world_planted(w, &forged), "authority:not-in-force");
    forged.signers = "t1 t2"; /* forced */
    IS(world_planted(w, &forged), "");
    forged.signers = "bob";
    forged.by = "bob@hansalim";
    IS(world_planted(w, &forged), "");
    forged.signers = "carol1 carol2";
    forged.by = "carol@hansalim";
    IS(world_planted(w, &forged), "authority:not-in-force"); /* it was never hers */
    forged.signers = "r1";
    forged.by = "hansalim";
    w->f->ms += DAY;
    forger_plant(&w->of, w->f, &forged);
    want = forging_all(BOB, 2);
    want.first = 2;
    want.from = (int32_t)(w->f->ms / DAY);
    IS(world_failure(w, &want), "authority:not-in-force");
    want.skip_named = true;
    IS(world_failure(w, &want), "authority:no-transfer");
    free(members);
}

/* Several take back no more than there was; and from who is frozen only treasurers do. */
static void test_given_back(void **state)
{
    struct world *w = *state;
    struct forging want = forging_all(BOB, 3);
    const size_t paid = w->f->n;
    char *members = x_asprintf("'record':%zu,'amount':50", paid);
    struct planting forged = {.type = "reversal",
                              .signers = "bob",
                              .by = "bob@hansalim",
                              .members = members,
                              .account = BOB,
                              .amount = -50,
                              .seq = 3};
    struct statement_line line;
    struct judged j;

    IS(fix_pay(w->f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    IS(fix_act(w->f, "bob", "reversal", "bob@hansalim", "'record':%zu,'amount':40", paid),
       "posted");
    forged.balance = 0;
    world_begin(w);
    IS(world_planted(w, &forged), "");
    forger_free(&w->of);
    IS(fix_act(w->f, "bob", "reversal", "bob@hansalim", "'record':%zu,'amount':1", paid), "posted");
    world_begin(w);
    forged.seq = 4;
    forged.balance = -1;
    IS(world_planted(w, &forged), "amounts:wrong-amount");
    forger_free(&w->of);
    IS(fix_act(w->f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(fix_act(w->f, "t1 t2", "reversal", "hansalim", "'record':%zu,'amount':7", paid), "posted");
    world_begin(w);
    want.last = 4;
    world_judge(w, &want, &j);
    IS(judged_failure(&j), "");
    assert_true(judged_has(&j, CHECK_AUTHORITY, REASON_POLICY_ELSEWHERE));
    assert_true(statement_line_of(j.run, 3, &line) && line.forced && line.open && line.proved);
    IS(line.signed_by, "treasurers");
    judged_free(&j);
    forged.seq = 5;
    free(members);
    forged.members = members = x_asprintf("'record':%zu,'amount':5", paid);
    forged.amount = -5;
    forged.balance = fix_balance(w->f, BOB) - 5;
    IS(world_planted(w, &forged), "authority:against-rules");
    forged.type = "transfer";
    forged.members = "'from':'bob@hansalim','to':'alice@hansalim','unit':'hour','amount':5";
    IS(world_planted(w, &forged), "authority:against-rules");
    free(members);
}

/* What the office recorded, a registrar takes back within 30 days. */
static void test_office_window(void **state)
{
    struct world *w = *state;
    char *members = x_asprintf("'record':%zu,'amount':5", w->f->n);
    const struct planting forged = {.type = "reversal",
                                    .signers = "r2",
                                    .by = "hansalim",
                                    .members = members,
                                    .account = BOB,
                                    .amount = -5,
                                    .balance = 4,
                                    .seq = 2};

    IS(fix_act(w->f, "r1", "transfer", "hansalim",
               "'from':'old@hansalim','to':'bob@hansalim','unit':'hour','amount':9"),
       "posted");
    world_begin(w);
    w->f->ms += 30 * DAY;
    IS(world_planted(w, &forged), "");
    w->f->ms++;
    IS(world_planted(w, &forged), "authority:out-of-time");
    free(members);
}

/* Nothing stands in `named` but what reversals take back. */
static void test_named(void **state)
{
    struct world *w = *state;
    struct forging want = forging_all(BOB, 3);
    const size_t paid = w->f->n;

    IS(fix_pay(w->f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    IS(fix_pay(w->f, "alice", "alice@hansalim", "bob@hansalim", 5), "posted");
    w->f->ms += DAY;
    IS(fix_act(w->f, "bob", "reversal", "bob@hansalim", "'record':%zu,'amount':45", paid),
       "posted");
    world_begin(w);
    want.first = 3;
    want.from = (int32_t)(w->f->ms / DAY);
    IS(world_failure(w, &want), "");
    want.also_named = (int64_t)paid + 1;
    IS(world_failure(w, &want), "parts:malformed");
    want.also_named = 1; /* which made a unit */
    IS(world_failure(w, &want), "parts:malformed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reversal),
        TEST(test_given_back),
        TEST(test_office_window),
        TEST(test_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
