/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: what stands behind each entry. An act that says no amount, one that is left out, one
 * that moves nothing; by a ledger that signs it all the same. Reversals are in
 * test_statement_reversals.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/levy.h"
#include "statement_world.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define DAY              INT64_C(86400000)
#define ALICE            "alice@hansalim/hour"
#define BOB              "bob@hansalim/hour"
#define FUND             "fund@hansalim/hour"
#define POSITION         "!pos.icoop@hansalim/hour"
#define OUTSIDE          "!outside@hansalim/hour"

/* What is open about the amount of entry i, and nothing else: it is `reason`, and nothing failed.
 */
static void amount_is_open(const struct world *w, const struct forging *want, size_t i,
                           enum statement_reason reason)
{
    struct statement_line line;
    struct judged j;

    world_judge(w, want, &j);
    IS(judged_failure(&j), "");
    assert_int_equal(j.verdict.checks[CHECK_AMOUNTS].mark, MARK_NOT_SHOWN);
    assert_int_equal(j.verdict.checks[CHECK_AUTHORITY].mark, MARK_PROVED);
    assert_true(judged_has(&j, CHECK_AMOUNTS, reason));
    assert_true(statement_line_of(j.run, i, &line));
    assert_true(line.open && line.proved);
    judged_free(&j);
}

/* ---- Monthly levies ---- */

static void policy(struct fix *f)
{
    IS(fix_act(f, "t1 t2", "coop.policy", "hansalim",
               "'coop':'hansalim','unit':'hour','floor':-600,'ceiling':1200,"
               "'registrar_floor':-900,'registrar_ceiling':1800,'reversal_days':30,"
               "'levy_per_mille':100,'levy_monthly':60,'levy_purse':'fund@hansalim'"),
       "posted");
}

static char *levy_members(struct fix *f, const char *member, const char *month)
{
    static char jti[HASH_B64U_LEN + 1];

    levy_jti(jti, member, "hour", month);
    f->jti = jti;
    return x_asprintf("'member':'%s','unit':'hour','month':'%s'", member, month);
}

/* One forged after alice's honest one, on an account that has had one posting before. */
static const char *levied(struct world *w, const char *signers, const char *member,
                          const char *month, const char *account, int64_t amount)
{
    const int64_t before = fix_balance(w->f, account);
    char *members = levy_members(w->f, member, month);
    const char *answer = world_planted(w, &(struct planting){.type = "levy",
                                                             .signers = signers,
                                                             .by = "ledger",
                                                             .members = members,
                                                             .account = account,
                                                             .amount = amount,
                                                             .balance = before + amount,
                                                             .seq = fix_seq(w->f, account) + 1});

    free(members);
    return answer;
}

static void test_levy(void **state)
{
    struct world *w = *state;
    struct forging want = forging_all(ALICE, 1);
    char *members;

    policy(w->f);
    members = levy_members(w->f, "alice@hansalim", "2026-11");
    IS(fix_act(w->f, "clerk", "levy", "ledger", "%s", members), "posted");
    IS(fix_act(w->f, "r1", "member.freeze", "hansalim", "'member':'carol@hansalim'"), "posted");
    world_begin(w);
    free(members);
    amount_is_open(w, &want, 0, REASON_LEVY_ELSEWHERE);
    want.account = FUND; /* which shows of others' keys what a statement does */
    want.holders = "alice@hansalim";
    amount_is_open(w, &want, 0, REASON_LEVY_ELSEWHERE);

    IS(levied(w, "clerk", "alice@hansalim", "2026-10", ALICE, -60), ""); /* late */
    IS(levied(w, "clerk", "alice@hansalim", "2026-10", ALICE, 60), "amounts:wrong-amount");
    IS(levied(w, "clerk", "alice@hansalim", "2026-10", ALICE, 0), "amounts:wrong-amount");
    IS(levied(w, "clerk", "alice@hansalim", "2026-10", FUND, -60), "amounts:wrong-amount");
    IS(levied(w, "clerk", "alice@hansalim", "2026-11", ALICE, -60), "authority:double");
    IS(levied(w, "clerk", "alice@hansalim", "2026-09", ALICE, -60), "authority:out-of-time");
    IS(levied(w, "clerk", "alice@hansalim", "2026-12", ALICE, -60), "authority:out-of-time");
    IS(levied(w, "clerk", "fund@hansalim", "2026-11", FUND, -60), "authority:against-rules");
    IS(levied(w, "clerk", "carol@hansalim", "2026-11", FUND, 60), "authority:against-rules");
    IS(levied(w, "log", "bob@hansalim", "2026-11", BOB, -60), "authority:not-in-force");
    IS(levied(w, "t1 t2", "bob@hansalim", "2026-11", BOB, -60), "authority:not-in-force");
    IS(levied(w, "clerk", "bob@hansalim", "2026-11", BOB, -60), "");
    /* Bob is no purse that alice's could go into, and a position is none either. */
    IS(levied(w, "clerk", "alice@hansalim", "2026-10", BOB, 60), "amounts:wrong-account");
    IS(levied(w, "clerk", "alice@hansalim", "2026-10", POSITION, 60), "amounts:wrong-account");
}

/* ---- Estates ---- */

static const char *estate(struct world *w, const char *signers, const char *account, int64_t amount)
{
    return world_planted(w, &(struct planting){.type = "estate",
                                               .signers = signers,
                                               .by = "hansalim",
                                               .members = "'member':'bob@hansalim','unit':'hour',"
                                                          "'purse':'fund@hansalim'",
                                               .account = account,
                                               .amount = amount,
                                               .balance = fix_balance(w->f, account) + amount,
                                               .seq = fix_seq(w->f, account) + 1});
}

static void test_estate(void **state)
{
    struct world *w = *state;
    struct forging want = forging_all(ALICE, 2);
    struct judged j;

    IS(fix_pay(w->f, "alice", "alice@hansalim", "bob@hansalim", 500), "posted");
    IS(fix_act(w->f, "alice", "member.freeze", "alice@hansalim", "'member':'alice@hansalim'"),
       "posted");
    w->f->ms += 10 * DAY;
    IS(fix_act(w->f, "r1", "member.freeze", "hansalim", "'member':'alice@hansalim'"), "posted");
    w->f->ms += 20 * DAY;
    IS(fix_act(w->f, "t1 t2", "estate", "hansalim",
               "'member':'alice@hansalim','unit':'hour','purse':'fund@hansalim'"),
       "posted");
    world_begin(w);
    /* Her own account shows that it was all; the purse's doesn't. */
    world_judge(w, &want, &j);
    IS(judged_failure(&j), "");
    assert_int_equal(j.verdict.checks[CHECK_AMOUNTS].mark, MARK_PROVED);
    judged_free(&j);
    want = forging_all(FUND, 1);
    amount_is_open(w, &want, 0, REASON_ESTATE_ELSEWHERE);

    IS(estate(w, "t1 t2", BOB, -500), "authority:against-rules"); /* he is active */
    forger_free(&w->of);
    IS(fix_act(w->f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    w->f->ms += 30 * DAY - 1;
    world_begin(w);
    IS(estate(w, "t1 t2", BOB, -500), "authority:against-rules");
    w->f->ms++;
    IS(estate(w, "t1 t2", BOB, -500), "");
    IS(estate(w, "t1 t2", BOB, -200), "amounts:wrong-amount");
    IS(estate(w, "t1 t2", BOB, -700), "amounts:wrong-amount");
    IS(estate(w, "t1", BOB, -500), "authority:too-few");
    IS(estate(w, "r1", BOB, -500), "authority:not-in-force");
    IS(estate(w, "t1 t2", FUND, 500), "");
    IS(estate(w, "t1 t2", FUND, 0), "amounts:wrong-amount");
    IS(estate(w, "t1 t2", ALICE, 500), "amounts:wrong-account");
}

/* ---- Acts that are left out, and such as move nothing ---- */

static void test_act_left_out(void **state)
{
    struct world *w = *state;
    struct forging want = forging_all(ALICE, 3);
    struct statement_line line;
    struct judged j;

    for (int i = 0; i < 3; i++)
        IS(fix_pay(w->f, "alice", "alice@hansalim", "bob@hansalim", 9), "posted");
    world_begin(w);
    IS(world_failure(w, &want), "");
    want.withhold = 2;
    world_judge(w, &want, &j);
    IS(judged_failure(&j), "signatures:no-act");
    assert_true(statement_line_of(j.run, 1, &line));
    assert_true(!line.proved && !line.has_act);
    assert_true(statement_line_of(j.run, 2, &line));
    assert_true(line.proved && !line.open);
    judged_free(&j);
    /* No snapshot without its act either. */
    forger_free(&w->of);
    fix_snapshot(w->f);
    world_begin(w);
    want = forging_all(ALICE, 3);
    want.snapshot = (int64_t)w->of.n - 1;
    IS(world_failure(w, &want), "");
}

static void test_never_posts(void **state)
{
    static const struct planting acts[] = {
        {"member.freeze", "alice", "alice@hansalim", "'member':'alice@hansalim'", NULL, 0, 0, 0},
        {"record.allow", "alice", "alice@hansalim", "'member':'alice@hansalim','allowed':true",
         NULL, 0, 0, 0},
        {"decline", "alice", "alice@hansalim",
         "'act':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'", NULL, 0, 0, 0},
        {"request", "alice", "alice@hansalim",
         "'from':'bob@hansalim','to':'alice@hansalim','unit':'hour','amount':5,"
         "'expires':'2027-01-01'",
         NULL, 0, 0, 0},
        {"snapshot", "clerk", "ledger",
         "'size':1,'count':1,'root':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'", NULL, 0, 0, 0},
        {"unit.create", "s1 s2", "stewards", "'unit':'x','name':'x','scale':1,'kind':'time'", NULL,
         0, 0, 0},
        {"coop.policy", "t1 t2", "hansalim",
         "'coop':'hansalim','unit':'hour','floor':-600,'ceiling':1200,'registrar_floor':-900,"
         "'registrar_ceiling':1800,'reversal_days':30",
         NULL, 0, 0, 0},
    };
    struct world *w = *state;

    world_begin(w);
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        struct planting p = acts[i];

        p.account = i % 2 ? OUTSIDE : ALICE;
        p.amount = p.balance = 5;
        p.seq = 1;
        IS(world_planted(w, &p), "amounts:never-posts");
    }
}

/* ---- A co-op's own accounts ---- */

static void line(struct fix *f, const char *signers, const char *coop, const char *partner)
{
    IS(fix_act(f, signers, "line.set", coop,
               "'coop':'%s','partner':'%s','unit':'hour','limit':500,'transit':false", coop,
               partner),
       "posted");
}

/* Of what members pay over a position no act is shown; of what co-ops do, each. */
static void test_position(void **state)
{
    static const char settles[] =
        "'from':'hansalim','to':'icoop','unit':'hour','amount':30,'means':'money',"
        "'date':'2026-11-20'";
    struct world *w = *state;
    struct forging want = forging_all(POSITION, 2);
    struct planting p = {.members = settles, .account = OUTSIDE, .seq = 2};
    struct statement_line seen;
    struct judged j;

    fix_found_second(w->f);
    line(w->f, "t1 t2", "hansalim", "icoop");
    line(w->f, "u1", "icoop", "hansalim");
    IS(fix_pay(w->f, "alice", "alice@hansalim", "dora@icoop", 90), "posted");
    IS(fix_act(w->f, "t1 t2 u1", "settlement", "hansalim", settles), "posted");
    world_begin(w);
    want.withhold = 1;
    world_judge(w, &want, &j);
    IS(judged_failure(&j), "");
    assert_true(judged_has(&j, CHECK_SIGNATURES, REASON_ACT_WITHHELD));
    assert_true(judged_has(&j, CHECK_AUTHORITY, REASON_ACT_WITHHELD));
    assert_true(judged_has(&j, CHECK_AMOUNTS, REASON_ACT_WITHHELD));
    assert_true(statement_line_of(j.run, 0, &seen) && seen.open && seen.proved);
    assert_true(statement_line_of(j.run, 1, &seen) && !seen.open && seen.proved);
    judged_free(&j);
    want = forging_all(OUTSIDE, 1);
    world_judge(w, &want, &j);
    IS(judged_failure(&j), "");
    assert_int_equal(j.verdict.checks[CHECK_AMOUNTS].mark, MARK_PROVED);
    judged_free(&j);
    want.withhold = 1; /* only settlements move anything there */
    IS(world_failure(w, &want), "signatures:no-act");

    p.type = "settlement";
    p.by = "hansalim";
    p.signers = "t1 t2 u1";
    p.amount = 30;
    p.balance = 60;
    IS(world_planted(w, &p), "");
    p.signers = "t1 t2";
    IS(world_planted(w, &p), "authority:too-few");
    p.type = "transfer";
    p.by = "alice@hansalim";
    p.signers = "alice";
    p.members = "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':30,"
                "'levy_max':30";
    IS(world_planted(w, &p), "amounts:wrong-account");
}

/* A round of clearing: towards zero, and no more is known. */
static void test_round(void **state)
{
    struct world *w = *state;
    struct planting p = {
        .type = "clearing.post",
        .signers = "clerk",
        .by = "ledger",
        .members = "'unit':'hour','round':17,"
                   "'hash':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA','consents':[]",
        .account = POSITION,
        .seq = 2,
    };
    struct forging want = forging_all(POSITION, 2);
    int64_t owed;

    fix_found_second(w->f);
    line(w->f, "t1 t2", "hansalim", "icoop");
    line(w->f, "u1", "icoop", "hansalim");
    IS(fix_pay(w->f, "alice", "alice@hansalim", "dora@icoop", 90), "posted");
    owed = fix_balance(w->f, POSITION);
    world_begin(w);
    w->f->ms += DAY;
    p.amount = -owed;
    forger_plant(&w->of, w->f, &p);
    want.first = 2;
    want.from = (int32_t)(w->f->ms / DAY);
    amount_is_open(w, &want, 0, REASON_ROUND_ELSEWHERE);
    forger_cut(&w->of, w->of.n - 1);
    p.balance = owed + owed / 3; /* more than was owed before */
    p.amount = owed / 3;
    IS(world_planted(w, &p), "amounts:wrong-amount");
    p.balance = -owed / 3;
    p.amount = -owed - owed / 3;
    IS(world_planted(w, &p), "amounts:wrong-amount");
    p.account = ALICE;
    p.balance = fix_balance(w->f, ALICE) + 5;
    p.amount = 5;
    IS(world_planted(w, &p), "amounts:wrong-account");
}

/* ---- What many findings hide ---- */

/* However many texts are missing, that no snapshot covers the days is said. */
static void test_many_findings(void **state)
{
    struct world *w = *state;
    struct forging want = forging_all(ALICE, FINDINGS_MAX + 5);
    size_t texts = 0;
    struct judged j;

    for (int i = 0; i < FINDINGS_MAX + 5; i++)
        IS(fix_act(w->f, "alice", "transfer", "alice@hansalim",
                   "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':1,"
                   "'memo_hash':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"),
           "posted");
    world_begin(w);
    world_judge(w, &want, &j);
    IS(judged_failure(&j), "");
    for (size_t i = 0; i < j.verdict.n_findings; i++)
        texts += j.verdict.findings[i].check == CHECK_TEXTS;
    assert_int_equal(texts, FINDINGS_MAX);
    assert_true(judged_has(&j, CHECK_COMPLETE, REASON_NO_SNAPSHOT));
    judged_free(&j);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_levy),     TEST(test_estate), TEST(test_act_left_out),  TEST(test_never_posts),
        TEST(test_position), TEST(test_round),  TEST(test_many_findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
