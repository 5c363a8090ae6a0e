/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rounds of clearing as acts: who is asked, what counts, what is booked, and when it is computed
 * again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/round.h"
#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, setup, fix_teardown)
#define COOPS            6
#define BARE             "'unit':'hour','deadline':%lld"
#define WEEK             (7 * 86400)

static int64_t now_s(const struct fix *f)
{
    return f->ms / 1000;
}

static void policy(struct fix *f, int coop, const char *clearing)
{
    char signer[8];

    (void)snprintf(signer, sizeof(signer), "c%d", coop);
    IS(fix_act(f, signer, "coop.policy", signer,
               "'coop':'c%d','unit':'hour','floor':-100000,'ceiling':100000,"
               "'registrar_floor':-100000,'registrar_ceiling':100000,'reversal_days':30%s%s%s",
               coop, clearing ? ",'clearing':'" : "", clearing ? clearing : "",
               clearing ? "'" : ""),
       "posted");
}

/* c1 to c6, with one treasurer each, named as the co-op, a member m, whose key is m1 to m6, and
 * lines from each to each. */
static int setup(void **state)
{
    struct fix *f = fix_new();

    fix_found(f);
    for (int i = 1; i <= COOPS; i++) {
        char signers[16], by[8];

        (void)snprintf(signers, sizeof(signers), "s1 s2 c%d q%d", i, i);
        (void)snprintf(by, sizeof(by), "c%d", i);
        IS(fix_act(f, signers, "coop.create", "stewards",
                   "'coop':'c%d','name':'C','treasurers':[$c%d],'threshold':1,'registrars':[$q%d]",
                   i, i, i),
           "posted");
        policy(f, i, NULL);
        (void)snprintf(signers, sizeof(signers), "q%d m%d", i, i);
        IS(fix_act(f, signers, "member.create", by,
                   "'member':'m@c%d','kind':'person','keys':[$m%d],'threshold':1", i, i),
           "posted");
    }
    for (int i = 1; i <= COOPS; i++)
        for (int k = 1; k <= COOPS; k++) {
            char signer[8];

            (void)snprintf(signer, sizeof(signer), "c%d", i);
            if (i != k)
                IS(fix_act(f, signer, "line.set", signer,
                           "'coop':'c%d','partner':'c%d','unit':'hour','limit':100000", i, k),
                   "posted");
        }
    *state = f;
    return 0;
}

/* Makes co-op `from` owe `to` so much more. */
static void owe(struct fix *f, int from, int to, int64_t amount)
{
    char signer[8], payer[16], payee[16];

    (void)snprintf(signer, sizeof(signer), "m%d", from);
    (void)snprintf(payer, sizeof(payer), "m@c%d", from);
    (void)snprintf(payee, sizeof(payee), "m@c%d", to);
    IS(fix_pay(f, signer, payer, payee, amount), "posted");
}

/* c1 → c2 → c3 → c1 of 100 each, and 40 more from c1 to c2. */
static void owe_ring(struct fix *f)
{
    owe(f, 1, 2, 140);
    owe(f, 2, 3, 100);
    owe(f, 3, 1, 100);
}

static const struct round *hour(const struct fix *f)
{
    const struct round *r = state_round(f->s, "hour");

    assert_non_null(r);
    return r;
}

static const char *propose(struct fix *f)
{
    return fix_act(f, "c1", "clearing.propose", "c1", "'unit':'hour','deadline':%lld",
                   (long long)(now_s(f) + WEEK));
}

/* By the clerk, in the place of the round that is open. */
static const char *again(struct fix *f)
{
    return fix_act(f, "clerk", "clearing.propose", "ledger",
                   "'unit':'hour','deadline':%lld,'round':%lld", (long long)(now_s(f) + WEEK),
                   (long long)hour(f)->record);
}

static const char *consent_to(struct fix *f, int coop, int64_t round, const char *hash)
{
    char by[8];

    (void)snprintf(by, sizeof(by), "c%d", coop);
    return fix_act(f, by, "clearing.consent", by, "'unit':'hour','round':%lld,'hash':'%s'",
                   (long long)round, hash);
}

static const char *hash_of(const struct fix *f)
{
    static char text[HASH_B64U_LEN + 1];

    hash_text(text, &hour(f)->hash);
    return text;
}

static const char *consent(struct fix *f, int coop)
{
    return consent_to(f, coop, hour(f)->record, hash_of(f));
}

static const char *decline(struct fix *f, int coop)
{
    char by[8];

    (void)snprintf(by, sizeof(by), "c%d", coop);
    return fix_act(f, by, "clearing.decline", by, "'unit':'hour','round':%lld",
                   (long long)hour(f)->record);
}

static const char *post_naming(struct fix *f, const char *consents)
{
    return fix_act(f, "clerk", "clearing.post", "ledger",
                   "'unit':'hour','round':%lld,'hash':'%s','consents':[%s]",
                   (long long)hour(f)->record, hash_of(f), consents);
}

/* With the consents that there are. */
static const char *post(struct fix *f)
{
    const struct round *r = hour(f);
    int64_t last = -1;
    char list[200] = "";

    for (size_t left = r->n_parties; left > 0; left--) {
        int64_t least = INT64_MAX;

        for (size_t i = 0; i < r->n_parties; i++)
            if (r->parties[i].stand == ROUND_CONSENTED && r->parties[i].record > last &&
                r->parties[i].record < least)
                least = r->parties[i].record;
        if (least == INT64_MAX)
            break;
        (void)snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%lld",
                       last < 0 ? "" : ",", (long long)least);
        last = least;
    }
    return post_naming(f, list);
}

static enum round_stand stand(const struct fix *f, const char *coop)
{
    const struct round_party *p = round_party(hour(f), coop);

    assert_non_null(p);
    return p->stand;
}

static const char *legs(const struct fix *f)
{
    static char text[400];
    struct buf b = BUF_INIT;

    round_put_legs(&b, hour(f));
    str_copy(text, sizeof(text), b.data ? b.data : "");
    buf_free(&b);
    return text;
}

static void all_consent(struct fix *f)
{
    for (int i = 1; i <= COOPS; i++) {
        char name[8];
        const struct round_party *p;

        (void)snprintf(name, sizeof(name), "c%d", i);
        p = round_party(hour(f), name);
        if (p && p->stand == ROUND_ASKED)
            IS(consent(f, i), "posted");
    }
}

static int64_t net(const struct fix *f, const char *coop)
{
    int64_t sum = 0;

    for (int i = 1; i <= COOPS; i++) {
        char other[8];

        (void)snprintf(other, sizeof(other), "c%d", i);
        sum += position_of(f->s, coop, other, "hour");
    }
    return sum;
}

static void test_ring(void **state)
{
    struct fix *f = *state;
    int64_t before = 0;

    owe_ring(f);
    before = net(f, "c1");
    IS(propose(f), "posted");
    IS(legs(f), "c1 c2 100\nc2 c3 100\nc3 c1 100\n");
    assert_int_equal(hour(f)->cleared, 300);
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"subject\":\"round:hour\",\"seq\":1,"
                                                     "\"state\":{\"state\":\"open\",\"record\":"));
    assert_non_null(
        strstr(fix_part(f, f->n - 1, 1),
               ",\"legs\":3,\"cleared\":300,\"hash\":\"O8ayqNtsRL1sjUTZgKYW5yaTn-bzaT1ao7zXIE7bc9E"
               "\",\"asked\":3,\"consents\":0,\"declined\":0,\"silent\":0}"));
    IS(post(f), "not-permitted");
    all_consent(f);
    IS(post_naming(f, ""), "request-mismatch");
    IS(post(f), "posted");
    assert_int_equal(hour(f)->state, ROUND_POSTED);
    assert_int_equal(fix_balance(f, "!pos.c2@c1/hour"), 40);
    assert_int_equal(fix_balance(f, "!pos.c1@c2/hour"), -40);
    assert_int_equal(fix_balance(f, "!pos.c3@c2/hour"), 0);
    assert_int_equal(fix_balance(f, "!pos.c1@c3/hour"), 0);
    assert_int_equal(net(f, "c1"), before);
    IS(post(f), "unknown-record");
    IS(consent(f, 1), "unknown-record");
    IS(decline(f, 1), "unknown-record");
    IS(again(f), "unknown-record");
    IS(propose(f), "limit-out-of-bounds"); /* nothing is left to clear */
}

static void test_who_and_when(void **state)
{
    struct fix *f = *state;
    owe_ring(f);
    IS(fix_act(f, "alice", "clearing.propose", "alice@hansalim", BARE,
               (long long)(now_s(f) + WEEK)),
       "not-permitted");
    IS(fix_act(f, "c2", "clearing.propose", "c1", BARE, (long long)(now_s(f) + WEEK)),
       "not-permitted");
    IS(fix_act(f, "c1", "clearing.propose", "c1", BARE, (long long)now_s(f)), "malformed");
    IS(fix_act(f, "c1", "clearing.propose", "c1", BARE, (long long)(now_s(f) + 30 * 86400 + 1)),
       "malformed");
    IS(fix_act(f, "c1", "clearing.propose", "c1", "'unit':'yen','deadline':%lld",
               (long long)(now_s(f) + WEEK)),
       "unknown-unit");
    IS(fix_act(f, "c1", "clearing.propose", "c1", "'unit':'hour','deadline':%lld,'round':5",
               (long long)(now_s(f) + WEEK)),
       "not-permitted");
    IS(fix_act(f, "s1 s3", "clearing.propose", "stewards", BARE,
               (long long)(now_s(f) + 30 * 86400)),
       "posted");
    IS(propose(f), "already-exists");
    IS(again(f), "already-exists"); /* it stands as it is */
    IS(consent(f, 4), "not-permitted");
    IS(decline(f, 4), "not-permitted");
    IS(consent_to(f, 1, hour(f)->record, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
       "request-mismatch");
    IS(consent_to(f, 1, hour(f)->record - 1, hash_of(f)), "unknown-record");
    IS(consent(f, 1), "posted");
    IS(consent(f, 1), "already-answered");
    IS(fix_act(f, "c1", "clearing.post", "c1",
               "'unit':'hour','round':%lld,'hash':'%s','consents':[]", (long long)hour(f)->record,
               hash_of(f)),
       "not-permitted");
    f->ms += 31 * INT64_C(86400000);
    IS(consent(f, 2), "expired");
}

/* Who declines is left out, even after a consent; whose legs are the same needn't answer again. */
static void test_decline(void **state)
{
    struct fix *f = *state;
    int64_t was;

    owe_ring(f);
    owe(f, 4, 5, 70);
    owe(f, 5, 4, 10); /* they owe each other one way only: 60 */
    owe(f, 5, 6, 50);
    owe(f, 6, 4, 30);
    IS(propose(f), "posted");
    IS(legs(f), "c1 c2 100\nc2 c3 100\nc3 c1 100\nc4 c5 30\nc5 c6 30\nc6 c4 30\n");
    all_consent(f);
    was = round_party(hour(f), "c5")->record;
    IS(decline(f, 2), "posted");
    IS(decline(f, 2), "already-answered");
    IS(consent(f, 2), "already-answered");
    IS(post(f), "not-permitted");
    IS(again(f), "posted");
    IS(legs(f), "c4 c5 30\nc5 c6 30\nc6 c4 30\n");
    assert_int_equal(stand(f, "c2"), ROUND_DECLINED);
    assert_null(round_party(hour(f), "c1"));
    assert_int_equal(stand(f, "c5"), ROUND_CONSENTED);
    assert_int_equal(round_party(hour(f), "c5")->record, was);
    IS(decline(f, 2), "already-answered");
    IS(post(f), "posted");
    assert_int_equal(fix_balance(f, "!pos.c2@c1/hour"), 140);
    assert_int_equal(fix_balance(f, "!pos.c5@c4/hour"), 30);
}

static void test_silent(void **state)
{
    struct fix *f = *state;

    owe_ring(f);
    owe(f, 3, 2, 30); /* c2 owes c3 70 */
    owe(f, 4, 5, 60);
    owe(f, 5, 6, 50);
    owe(f, 6, 4, 30);
    IS(propose(f), "posted");
    for (int i = 1; i <= COOPS; i++)
        if (i != 6)
            IS(consent(f, i), "posted");
    IS(again(f), "already-exists");
    f->ms += WEEK * INT64_C(1000) + 1;
    IS(post(f), "not-permitted");
    IS(again(f), "posted");
    IS(legs(f), "c1 c2 70\nc2 c3 70\nc3 c1 70\n");
    assert_int_equal(stand(f, "c6"), ROUND_SILENT);
    IS(consent(f, 6), "not-permitted");
    assert_non_null(strstr(fix_part(f, f->n - 1, 1), "\"declined\":0,\"silent\":1}"));
    IS(post(f), "posted");
    /* In the next round it is asked again. */
    IS(propose(f), "posted");
    assert_int_equal(stand(f, "c6"), ROUND_ASKED);
}

/* Trade in between: a leg that isn't owed any more isn't booked, all of it is computed again. */
static void test_trade(void **state)
{
    struct fix *f = *state;

    owe_ring(f);
    owe(f, 4, 5, 60);
    owe(f, 5, 6, 60);
    owe(f, 6, 4, 60);
    IS(propose(f), "posted");
    all_consent(f);
    owe(f, 1, 2, 5); /* more is owed: it stands */
    IS(again(f), "already-exists");
    owe(f, 3, 2, 10); /* c2 owes c3 less than its leg */
    IS(post(f), "limit-out-of-bounds");
    IS(again(f), "posted");
    IS(legs(f), "c1 c2 90\nc2 c3 90\nc3 c1 90\nc4 c5 60\nc5 c6 60\nc6 c4 60\n");
    assert_int_equal(stand(f, "c1"), ROUND_ASKED);
    assert_int_equal(stand(f, "c4"), ROUND_CONSENTED);
    IS(post(f), "not-permitted");
    all_consent(f);
    IS(post(f), "posted");
    assert_int_equal(fix_balance(f, "!pos.c2@c1/hour"), 55);
    assert_int_equal(fix_balance(f, "!pos.c3@c2/hour"), 0);
}

static void test_nothing_left(void **state)
{
    struct fix *f = *state;

    IS(propose(f), "limit-out-of-bounds");
    owe_ring(f);
    IS(propose(f), "posted");
    IS(decline(f, 1), "posted");
    IS(again(f), "posted");
    assert_int_equal(hour(f)->state, ROUND_ENDED);
    assert_int_equal(hour(f)->n_legs, 0);
    IS(post(f), "unknown-record");
    IS(propose(f), "posted"); /* the next round asks everybody anew */
    assert_int_equal(stand(f, "c1"), ROUND_ASKED);
}

static void test_policies(void **state)
{
    struct fix *f = *state;

    owe_ring(f);
    policy(f, 1, "auto");
    policy(f, 2, "auto");
    policy(f, 3, "never");
    IS(propose(f), "limit-out-of-bounds");
    policy(f, 3, "ask");
    IS(propose(f), "posted");
    assert_int_equal(stand(f, "c1"), ROUND_AUTO);
    assert_int_equal(stand(f, "c3"), ROUND_ASKED);
    IS(consent(f, 1), "not-permitted");
    IS(consent(f, 3), "posted");
    policy(f, 2, "never"); /* in the middle of the round */
    IS(post(f), "limit-out-of-bounds");
    policy(f, 2, "auto");
    IS(decline(f, 2), "posted"); /* it may, although it isn't asked */
    IS(again(f), "posted");
    assert_int_equal(hour(f)->state, ROUND_ENDED);
    policy(f, 3, "auto");
    IS(propose(f), "posted");
    IS(post(f), "posted"); /* nobody is asked */
    assert_int_equal(fix_balance(f, "!pos.c1@c3/hour"), 0);
}

/* Random trade and answers: net positions are what trade alone makes them, books and replay are
 * right (teardown). */
static void test_random(void **state)
{
    struct fix *f = *state;
    int64_t nets[COOPS + 1] = {0};
    uint64_t seed = 11;
    int posted = 0;

    for (int step = 0; step < 400; step++) {
        uint32_t fell, a, b;

        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        fell = (uint32_t)(seed >> 40) % 16;
        a = 1 + (uint32_t)(seed >> 33) % COOPS;
        b = 1 + (uint32_t)(seed >> 50) % COOPS;
        f->ms += INT64_C(3600000);
        if (fell < 8 && a != b) {
            owe(f, (int)a, (int)b, 1 + (int64_t)(seed >> 55));
            nets[a] += 1 + (int64_t)(seed >> 55);
            nets[b] -= 1 + (int64_t)(seed >> 55);
        } else if (fell < 9) {
            (void)propose(f);
        } else if (state_round(f->s, "hour") && fell < 13) {
            if (hour(f)->state == ROUND_OPEN && now_s(f) < hour(f)->deadline && fell < 12)
                all_consent(f);
            else
                (void)consent(f, (int)a);
        } else if (state_round(f->s, "hour") && fell < 14) {
            (void)decline(f, (int)a);
        } else if (state_round(f->s, "hour")) {
            posted += str_eq(post(f), "posted");
            (void)again(f);
        }
    }
    for (int i = 1; i <= COOPS; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "c%d", i);
        assert_int_equal(net(f, name), nets[i]);
    }
    assert_true(posted > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ring),  TEST(test_who_and_when), TEST(test_decline),  TEST(test_silent),
        TEST(test_trade), TEST(test_nothing_left), TEST(test_policies), TEST(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
