/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: what stands behind each entry. An act that says no amount, one that is left out, one
 * that moves nothing; by a ledger that signs it all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/levy.h"
#include "statements.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define DAY              INT64_C(86400000)
#define ALICE            "alice@hansalim/hour"
#define BOB              "bob@hansalim/hour"
#define FUND             "fund@hansalim/hour"
#define POSITION         "!pos.icoop@hansalim/hour"
#define OUTSIDE          "!outside@hansalim/hour"
#define EVERYBODY                                                                           \
    "alice@hansalim bob@hansalim carol@hansalim old@hansalim fund@hansalim hansalim icoop " \
    "stewards"

struct world {
    struct fix *f;
    struct forger of; /* of f's records, once `begin` was called */
    char id[256];
};

static int set_up(void **state)
{
    struct world *w = x_calloc(1, sizeof(*w));

    w->f = fix_new();
    fix_found(w->f);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    forger_free(&w->of);
    fix_free(w->f);
    free(w);
    return 0;
}

/* All honest records are there. */
static void begin(struct world *w)
{
    char hash[HASH_B64U_LEN + 1];
    struct hash entry;

    forger_init(&w->of, w->f);
    hash_bytes(&entry, w->f->log[0].header.data, w->f->log[0].header.len);
    hash_text(hash, &entry);
    (void)snprintf(w->id, sizeof(w->id), FIX_ORIGIN "#%s", hash);
}

/* Of all days, with no snapshot. */
static struct forging all_of(const char *account, int64_t last)
{
    return (struct forging){.account = account,
                            .first = 1,
                            .last = last,
                            .from = (int32_t)(FIX_MS / DAY) - 1,
                            .to = (int32_t)(FIX_MS / DAY) + 1000,
                            .snapshot = -1,
                            .skip_key = -1,
                            .holders = EVERYBODY};
}

static void judge(const struct world *w, const struct forging *want, struct judged *j)
{
    struct buf file = BUF_INIT;
    struct forged forged;

    forged_make(&forged, &w->of, want);
    forged_file(&file, &forged);
    forged_free(&forged);
    assert_true(judged_read(j, w->id, file.data, file.len, NULL));
    buf_free(&file);
}

static const char *failure(const struct world *w, const struct forging *want)
{
    const char *answer;
    struct judged j;

    judge(w, want, &j);
    answer = judged_failure(&j);
    judged_free(&j);
    return answer;
}

/* What is open about the amount of entry i, and nothing else: it is `reason`, and nothing failed.
 */
static void amount_is_open(const struct world *w, const struct forging *want, size_t i,
                           enum statement_reason reason)
{
    struct statement_line line;
    struct judged j;

    judge(w, want, &j);
    IS(judged_failure(&j), "");
    assert_int_equal(j.verdict.checks[CHECK_AMOUNTS].mark, MARK_NOT_SHOWN);
    assert_int_equal(j.verdict.checks[CHECK_AUTHORITY].mark, MARK_PROVED);
    assert_true(judged_has(&j, CHECK_AMOUNTS, reason));
    assert_true(statement_line_of(j.run, i, &line));
    assert_true(line.open && line.proved);
    judged_free(&j);
}

/* Takes the records from n on off the log. */
static void cut(struct world *w, size_t n)
{
    for (; w->of.n > n; w->of.n--) {
        struct fix_record *r = &w->of.log[w->of.n - 1];

        buf_free(&r->header);
        for (size_t k = 0; k < r->n; k++)
            buf_free(&r->parts[k]);
    }
}

/* A record that no rule would have made, at the end of the log. */
struct planting {
    const char *type, *signers, *by, *members;
    const char *account;
    int64_t amount, balance, seq;
};

static void plant(struct world *w, const struct planting *p)
{
    char *payload = fix_payload(w->f, p->type, p->by, "%s", p->members);
    char *act = forger_act(payload, p->signers);
    char *posting =
        x_asprintf("{\"part\":\"posting\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\","
                   "\"account\":\"%s\",\"amount\":%lld,\"balance\":%lld,"
                   "\"floor\":-600,\"seq\":%lld}",
                   p->account, (long long)p->amount, (long long)p->balance, (long long)p->seq);

    forger_append(&w->of, w->f->ms, (const char *const[]){act, posting}, 2);
    free(payload);
    free(act);
    free(posting);
}

/* What the statement of the account says then; the log is as before afterwards. */
static const char *planted(struct world *w, const struct planting *p)
{
    const struct forging want = all_of(p->account, p->seq);
    const size_t n = w->of.n;
    const char *answer;

    plant(w, p);
    answer = failure(w, &want);
    cut(w, n);
    return answer;
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
    const char *answer = planted(w, &(struct planting){.type = "levy",
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
    struct forging want = all_of(ALICE, 1);
    char *members;

    policy(w->f);
    members = levy_members(w->f, "alice@hansalim", "2026-11");
    IS(fix_act(w->f, "clerk", "levy", "ledger", "%s", members), "posted");
    IS(fix_act(w->f, "r1", "member.freeze", "hansalim", "'member':'carol@hansalim'"), "posted");
    begin(w);
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
    return planted(w, &(struct planting){.type = "estate",
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
    struct forging want = all_of(ALICE, 2);
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
    begin(w);
    /* Her own account shows that it was all; the purse's doesn't. */
    judge(w, &want, &j);
    IS(judged_failure(&j), "");
    assert_int_equal(j.verdict.checks[CHECK_AMOUNTS].mark, MARK_PROVED);
    judged_free(&j);
    want = all_of(FUND, 1);
    amount_is_open(w, &want, 0, REASON_ESTATE_ELSEWHERE);

    IS(estate(w, "t1 t2", BOB, -500), "authority:against-rules"); /* he is active */
    forger_free(&w->of);
    IS(fix_act(w->f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    w->f->ms += 30 * DAY - 1;
    begin(w);
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
    struct forging want = all_of(ALICE, 3);
    struct statement_line line;
    struct judged j;

    for (int i = 0; i < 3; i++)
        IS(fix_pay(w->f, "alice", "alice@hansalim", "bob@hansalim", 9), "posted");
    begin(w);
    IS(failure(w, &want), "");
    want.withhold = 2;
    judge(w, &want, &j);
    IS(judged_failure(&j), "signatures:no-act");
    assert_true(statement_line_of(j.run, 1, &line));
    assert_true(!line.proved && !line.has_act);
    assert_true(statement_line_of(j.run, 2, &line));
    assert_true(line.proved && !line.open);
    judged_free(&j);
    /* No snapshot without its act either. */
    forger_free(&w->of);
    fix_snapshot(w->f);
    begin(w);
    want = all_of(ALICE, 3);
    want.snapshot = (int64_t)w->of.n - 1;
    IS(failure(w, &want), "");
}

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
    begin(w);
    IS(planted(w, &forged), "authority:not-in-force");
    forged.signers = "t1 t2"; /* forced */
    IS(planted(w, &forged), "");
    forged.signers = "bob";
    forged.by = "bob@hansalim";
    IS(planted(w, &forged), "");
    forged.signers = "carol1 carol2";
    forged.by = "carol@hansalim";
    IS(planted(w, &forged), "authority:not-in-force"); /* it was never hers */
    forged.signers = "r1";
    forged.by = "hansalim";
    w->f->ms += DAY;
    plant(w, &forged);
    want = all_of(BOB, 2);
    want.first = 2;
    want.from = (int32_t)(w->f->ms / DAY);
    IS(failure(w, &want), "authority:not-in-force");
    want.skip_named = true;
    IS(failure(w, &want), "authority:no-transfer");
    free(members);
}

/* Several take back no more than there was; and from who is frozen only treasurers do. */
static void test_given_back(void **state)
{
    struct world *w = *state;
    struct forging want = all_of(BOB, 3);
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
    begin(w);
    IS(planted(w, &forged), "");
    forger_free(&w->of);
    IS(fix_act(w->f, "bob", "reversal", "bob@hansalim", "'record':%zu,'amount':1", paid), "posted");
    begin(w);
    forged.seq = 4;
    forged.balance = -1;
    IS(planted(w, &forged), "amounts:wrong-amount");
    forger_free(&w->of);
    IS(fix_act(w->f, "r1", "member.freeze", "hansalim", "'member':'bob@hansalim'"), "posted");
    IS(fix_act(w->f, "t1 t2", "reversal", "hansalim", "'record':%zu,'amount':7", paid), "posted");
    begin(w);
    want.last = 4;
    judge(w, &want, &j);
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
    IS(planted(w, &forged), "authority:against-rules");
    forged.type = "transfer";
    forged.members = "'from':'bob@hansalim','to':'alice@hansalim','unit':'hour','amount':5";
    IS(planted(w, &forged), "authority:against-rules");
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
    begin(w);
    w->f->ms += 30 * DAY;
    IS(planted(w, &forged), "");
    w->f->ms++;
    IS(planted(w, &forged), "authority:out-of-time");
    free(members);
}

/* Nothing stands in `named` but what reversals take back. */
static void test_named(void **state)
{
    struct world *w = *state;
    struct forging want = all_of(BOB, 3);
    const size_t paid = w->f->n;

    IS(fix_pay(w->f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    IS(fix_pay(w->f, "alice", "alice@hansalim", "bob@hansalim", 5), "posted");
    w->f->ms += DAY;
    IS(fix_act(w->f, "bob", "reversal", "bob@hansalim", "'record':%zu,'amount':45", paid),
       "posted");
    begin(w);
    want.first = 3;
    want.from = (int32_t)(w->f->ms / DAY);
    IS(failure(w, &want), "");
    want.also_named = (int64_t)paid + 1;
    IS(failure(w, &want), "parts:malformed");
    want.also_named = 1; /* which made a unit */
    IS(failure(w, &want), "parts:malformed");
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

    begin(w);
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        struct planting p = acts[i];

        p.account = i % 2 ? OUTSIDE : ALICE;
        p.amount = p.balance = 5;
        p.seq = 1;
        IS(planted(w, &p), "amounts:never-posts");
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
    struct forging want = all_of(POSITION, 2);
    struct planting p = {.members = settles, .account = OUTSIDE, .seq = 2};
    struct statement_line seen;
    struct judged j;

    fix_found_second(w->f);
    line(w->f, "t1 t2", "hansalim", "icoop");
    line(w->f, "u1", "icoop", "hansalim");
    IS(fix_pay(w->f, "alice", "alice@hansalim", "dora@icoop", 90), "posted");
    IS(fix_act(w->f, "t1 t2 u1", "settlement", "hansalim", settles), "posted");
    begin(w);
    want.withhold = 1;
    judge(w, &want, &j);
    IS(judged_failure(&j), "");
    assert_true(judged_has(&j, CHECK_SIGNATURES, REASON_ACT_WITHHELD));
    assert_true(judged_has(&j, CHECK_AUTHORITY, REASON_ACT_WITHHELD));
    assert_true(judged_has(&j, CHECK_AMOUNTS, REASON_ACT_WITHHELD));
    assert_true(statement_line_of(j.run, 0, &seen) && seen.open && seen.proved);
    assert_true(statement_line_of(j.run, 1, &seen) && !seen.open && seen.proved);
    judged_free(&j);
    want = all_of(OUTSIDE, 1);
    judge(w, &want, &j);
    IS(judged_failure(&j), "");
    assert_int_equal(j.verdict.checks[CHECK_AMOUNTS].mark, MARK_PROVED);
    judged_free(&j);
    want.withhold = 1; /* only settlements move anything there */
    IS(failure(w, &want), "signatures:no-act");

    p.type = "settlement";
    p.by = "hansalim";
    p.signers = "t1 t2 u1";
    p.amount = 30;
    p.balance = 60;
    IS(planted(w, &p), "");
    p.signers = "t1 t2";
    IS(planted(w, &p), "authority:too-few");
    p.type = "transfer";
    p.by = "alice@hansalim";
    p.signers = "alice";
    p.members = "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':30,"
                "'levy_max':30";
    IS(planted(w, &p), "amounts:wrong-account");
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
    struct forging want = all_of(POSITION, 2);
    int64_t owed;

    fix_found_second(w->f);
    line(w->f, "t1 t2", "hansalim", "icoop");
    line(w->f, "u1", "icoop", "hansalim");
    IS(fix_pay(w->f, "alice", "alice@hansalim", "dora@icoop", 90), "posted");
    owed = fix_balance(w->f, POSITION);
    begin(w);
    w->f->ms += DAY;
    p.amount = -owed;
    plant(w, &p);
    want.first = 2;
    want.from = (int32_t)(w->f->ms / DAY);
    amount_is_open(w, &want, 0, REASON_ROUND_ELSEWHERE);
    cut(w, w->of.n - 1);
    p.balance = owed + owed / 3; /* more than was owed before */
    p.amount = owed / 3;
    IS(planted(w, &p), "amounts:wrong-amount");
    p.balance = -owed / 3;
    p.amount = -owed - owed / 3;
    IS(planted(w, &p), "amounts:wrong-amount");
    p.account = ALICE;
    p.balance = fix_balance(w->f, ALICE) + 5;
    p.amount = 5;
    IS(planted(w, &p), "amounts:wrong-account");
}

/* ---- What many findings hide ---- */

/* However many texts are missing, that no snapshot covers the days is said. */
static void test_many_findings(void **state)
{
    struct world *w = *state;
    struct forging want = all_of(ALICE, FINDINGS_MAX + 5);
    size_t texts = 0;
    struct judged j;

    for (int i = 0; i < FINDINGS_MAX + 5; i++)
        IS(fix_act(w->f, "alice", "transfer", "alice@hansalim",
                   "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':1,"
                   "'memo_hash':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"),
           "posted");
    begin(w);
    judge(w, &want, &j);
    IS(judged_failure(&j), "");
    for (size_t i = 0; i < j.verdict.n_findings; i++)
        texts += j.verdict.findings[i].check == CHECK_TEXTS;
    assert_int_equal(texts, FINDINGS_MAX);
    assert_true(judged_has(&j, CHECK_COMPLETE, REASON_NO_SNAPSHOT));
    judged_free(&j);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_levy),       TEST(test_estate),        TEST(test_act_left_out),
        TEST(test_reversal),   TEST(test_named),         TEST(test_never_posts),
        TEST(test_position),   TEST(test_round),         TEST(test_many_findings),
        TEST(test_given_back), TEST(test_office_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
