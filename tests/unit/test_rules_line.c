/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* line.set, and payments from co-op to co-op. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, setup, fix_teardown)

/* fix_found and fix_found_second, and c1 to c4 with one treasurer each, named as the co-op, and no
 * members. */
static int setup(void **state)
{
    struct fix *f = fix_new();

    fix_found(f);
    fix_found_second(f);
    for (int i = 1; i <= 4; i++) {
        char signers[16];

        (void)snprintf(signers, sizeof(signers), "s1 s2 c%d", i);
        IS(fix_act(f, signers, "coop.create", "stewards",
                   "'coop':'c%d','name':'C','treasurers':[$c%d],'threshold':1,'registrars':[]", i,
                   i),
           "posted");
    }
    *state = f;
    return 0;
}

static const char *treasurers_of(const char *coop)
{
    return str_eq(coop, "hansalim") ? "t1 t2" : str_eq(coop, "icoop") ? "u1" : coop;
}

static const char *line(struct fix *f, const char *coop, const char *partner, int64_t limit,
                        bool transit)
{
    return fix_act(f, treasurers_of(coop), "line.set", coop,
                   "'coop':'%s','partner':'%s','unit':'hour','limit':%lld,'transit':%s", coop,
                   partner, (long long)limit, transit ? "true" : "false");
}

static const char *pay(struct fix *f, int64_t amount)
{
    return fix_pay(f, "alice", "alice@hansalim", "dora@icoop", amount);
}

static const char *pay_back(struct fix *f, int64_t amount)
{
    return fix_pay(f, "dora", "dora@icoop", "alice@hansalim", amount);
}

/* The co-ops of the last record's postings, one after the other, and a check of its books. */
static const char *way_of(const struct fix *f)
{
    static char way[256];
    const struct fix_record *rec = &f->log[f->n - 1];
    char coop[COOP_MAX + 1], books[256] = "";

    way[0] = '\0';
    for (size_t i = 1; i < rec->n; i++) {
        struct part part;
        const char *why;

        assert_int_equal(part_parse(&part, rec->parts[i].data, rec->parts[i].len, &why), 0);
        name_coop_of(part.name, coop);
        if (part.kind == PART_BOOK)
            (void)snprintf(books + strlen(books), sizeof(books) - strlen(books), "%s%s",
                           books[0] ? " " : "", coop);
        else if (strlen(way) < strlen(coop) || !str_eq(way + strlen(way) - strlen(coop), coop))
            (void)snprintf(way + strlen(way), sizeof(way) - strlen(way), "%s%s", way[0] ? " " : "",
                           coop);
        part_free(&part);
    }
    assert_string_equal(way, books);
    return way;
}

static void test_line_set(void **state)
{
    struct fix *f = *state;

    IS(line(f, "icoop", "hansalim", 100, false), "posted");
    assert_int_equal(f->log[f->n - 1].n, 4);
    assert_non_null(strstr(fix_part(f, f->n - 1, 1),
                           "\"subject\":\"line:icoop/hansalim/hour\",\"seq\":1,"
                           "\"state\":{\"limit\":100,\"transit\":false}}"));
    assert_non_null(strstr(fix_part(f, f->n - 1, 2), "\"book\":\"icoop\""));
    assert_non_null(strstr(fix_part(f, f->n - 1, 3), "\"book\":\"hansalim\""));
    IS(line(f, "icoop", "hansalim", 0, true), "posted");
    assert_non_null(
        strstr(fix_part(f, f->n - 1, 1), "\"seq\":2,\"state\":{\"limit\":0,\"transit\":true}}"));
    IS(line(f, "icoop", "nowhere", 1, false), "unknown-account");
    IS(line(f, "icoop", "icoop", 1, false), "same-account");
    IS(fix_act(f, "u1", "line.set", "icoop",
               "'coop':'icoop','partner':'hansalim','unit':'gold','limit':1"),
       "unknown-unit");
    /* Nobody but its own treasurers, enough of them. */
    IS(fix_act(f, "t1", "line.set", "hansalim",
               "'coop':'hansalim','partner':'icoop','unit':'hour','limit':1"),
       "pending");
    IS(fix_act(f, "t1 t2", "line.set", "hansalim",
               "'coop':'icoop','partner':'hansalim','unit':'hour','limit':1"),
       "not-permitted");
    IS(fix_act(f, "q1", "line.set", "icoop",
               "'coop':'icoop','partner':'hansalim','unit':'hour','limit':1"),
       "not-permitted");
    IS(fix_act(f, "s1 s2", "line.set", "stewards",
               "'coop':'icoop','partner':'hansalim','unit':'hour','limit':1"),
       "not-permitted");
}

static void test_direct(void **state)
{
    struct fix *f = *state;
    const size_t at = f->n + 1;

    IS(pay(f, 1), "line-exhausted");
    IS(line(f, "icoop", "hansalim", 100, false), "posted");
    IS(pay(f, 101), "line-exhausted");
    IS(pay(f, 90), "posted");
    assert_int_equal(f->log[at].n, 7);
    assert_non_null(strstr(fix_part(f, at, 1), "\"account\":\"alice@hansalim/hour\","
                                               "\"amount\":-90,"));
    assert_non_null(strstr(fix_part(f, at, 2),
                           "\"account\":\"!pos.icoop@hansalim/hour\",\"amount\":90,"
                           "\"balance\":90,\"floor\":0,\"seq\":1}"));
    assert_non_null(strstr(fix_part(f, at, 3),
                           "\"account\":\"!pos.hansalim@icoop/hour\",\"amount\":-90,"
                           "\"balance\":-90,\"floor\":-100,\"seq\":1}"));
    assert_non_null(strstr(fix_part(f, at, 4), "\"account\":\"dora@icoop/hour\",\"amount\":90,"));
    IS(way_of(f), "hansalim icoop");
    assert_int_equal(position_of(f->s, "hansalim", "icoop", "hour"), 90);
    assert_int_equal(position_of(f->s, "icoop", "hansalim", "hour"), -90);
    IS(pay(f, 11), "line-exhausted");
    IS(pay(f, 10), "posted");
    /* What is owed is room the other way, without a line: and no more than that. */
    IS(pay_back(f, 101), "line-exhausted");
    IS(pay_back(f, 100), "posted");
    IS(pay_back(f, 1), "line-exhausted");
    assert_int_equal(position_of(f->s, "hansalim", "icoop", "hour"), 0);
}

/* A line lowered below what stands blocks, and moves nothing. */
static void test_lowered(void **state)
{
    struct fix *f = *state;

    IS(line(f, "icoop", "hansalim", 100, false), "posted");
    IS(pay(f, 80), "posted");
    IS(line(f, "icoop", "hansalim", 50, false), "posted");
    assert_int_equal(position_of(f->s, "hansalim", "icoop", "hour"), 80);
    IS(pay(f, 1), "line-exhausted");
    IS(pay_back(f, 40), "posted");
    IS(pay(f, 11), "line-exhausted");
    IS(pay(f, 10), "posted");
}

/* Payer's, lines', payee's: in this order. */
static void test_order(void **state)
{
    struct fix *f = *state;

    IS(pay(f, 601), "insufficient-credit");
    IS(fix_pay(f, "alice", "alice@hansalim", "nobody@icoop", 1), "line-exhausted");
    IS(line(f, "icoop", "hansalim", 100, false), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "nobody@icoop", 1), "payee-cannot-receive");
    IS(fix_pay(f, "alice", "alice@hansalim", "nobody@icoop", 101), "line-exhausted");
    IS(fix_act(f, "q1", "member.freeze", "icoop", "'member':'dora@icoop'"), "posted");
    IS(pay(f, 1), "payee-cannot-receive");
    assert_int_equal(position_of(f->s, "hansalim", "icoop", "hour"), 0);
}

static void chain(struct fix *f, int64_t limit)
{
    IS(line(f, "c1", "hansalim", limit, true), "posted");
    IS(line(f, "c2", "c1", limit, true), "posted");
    IS(line(f, "c3", "c2", limit, true), "posted");
    IS(line(f, "icoop", "c3", limit, true), "posted");
}

static const char *pay_hops(struct fix *f, int64_t amount, int hops)
{
    return fix_act(f, "alice", "transfer", "alice@hansalim",
                   "'from':'alice@hansalim','to':'dora@icoop','unit':'hour','amount':%lld,"
                   "'max_hops':%d",
                   (long long)amount, hops);
}

static void test_four_hops(void **state)
{
    struct fix *f = *state;

    chain(f, 200);
    IS(pay_hops(f, 10, 3), "line-exhausted");
    IS(pay_hops(f, 10, 4), "posted");
    IS(way_of(f), "hansalim c1 c2 c3 icoop");
    assert_int_equal(f->log[f->n - 1].n, 1 + 10 + 5);
    IS(pay(f, 10), "posted");
    assert_int_equal(position_of(f->s, "hansalim", "c1", "hour"), 20);
    assert_int_equal(position_of(f->s, "c1", "c2", "hour"), 20);
    assert_int_equal(position_of(f->s, "c3", "icoop", "hour"), 20);
    assert_int_equal(fix_balance(f, "!pos.c1@c2/hour"), -20);
    IS(pay(f, 181), "line-exhausted");
    IS(pay(f, 180), "posted");
    IS(pay(f, 1), "line-exhausted");
    /* There is nothing to pay back over but what is owed, and the lines of that direction. */
    IS(pay_back(f, 1), "line-exhausted");
    IS(line(f, "hansalim", "c1", 0, true), "posted");
    IS(line(f, "c1", "c2", 0, true), "posted");
    IS(line(f, "c2", "c3", 0, true), "posted");
    IS(line(f, "c3", "icoop", 0, true), "posted");
    IS(pay_back(f, 200), "posted");
    IS(way_of(f), "icoop c3 c2 c1 hansalim");
}

static void test_transit_is_asked_for(void **state)
{
    struct fix *f = *state;

    IS(line(f, "c1", "hansalim", 100, true), "posted");
    IS(line(f, "icoop", "c1", 100, false), "posted");
    IS(pay(f, 10), "line-exhausted");
    IS(line(f, "icoop", "c1", 100, true), "posted");
    IS(pay(f, 10), "posted");
    IS(line(f, "c1", "hansalim", 100, false), "posted");
    IS(pay(f, 10), "line-exhausted");
    /* Nobody is asked on a reversal. */
    IS(fix_act(f, "dora", "reversal", "dora@icoop", "'record':%zu,'amount':4", f->n - 2), "posted");
    IS(way_of(f), "icoop c1 hansalim");
}

static void test_fewest_then_first(void **state)
{
    struct fix *f = *state;

    IS(line(f, "c4", "hansalim", 100, true), "posted");
    IS(line(f, "icoop", "c4", 100, true), "posted");
    chain(f, 100);
    IS(pay(f, 1), "posted");
    IS(way_of(f), "hansalim c4 icoop");
    IS(line(f, "c3", "hansalim", 50, true), "posted");
    IS(pay(f, 1), "posted");
    IS(way_of(f), "hansalim c3 icoop");
    IS(pay(f, 51), "posted"); /* no room by c3 */
    IS(way_of(f), "hansalim c4 icoop");
    IS(pay(f, 60), "posted"); /* nor by c4: four hops */
    IS(way_of(f), "hansalim c1 c2 c3 icoop");
    IS(line(f, "icoop", "hansalim", 1, false), "posted");
    IS(pay(f, 1), "posted");
    IS(way_of(f), "hansalim icoop");
}

/* Back the way it came, although there is a shorter one by now; each edge needs room. */
static void test_reversal(void **state)
{
    struct fix *f = *state;
    size_t record;

    chain(f, 100);
    IS(pay(f, 60), "posted");
    record = f->n - 1;
    IS(line(f, "hansalim", "icoop", 100, true), "posted");
    IS(line(f, "icoop", "hansalim", 100, true), "posted");
    IS(fix_act(f, "dora", "reversal", "dora@icoop", "'record':%zu,'amount':25", record), "posted");
    IS(way_of(f), "icoop c3 c2 c1 hansalim");
    assert_int_equal(position_of(f->s, "c1", "c2", "hour"), 35);
    /* What c1 owed c2 it pays back by others' payments: no room is left the way back. */
    IS(line(f, "hansalim", "icoop", 0, true), "posted");
    IS(line(f, "hansalim", "c1", 0, true), "posted");
    IS(line(f, "c1", "c2", 0, true), "posted");
    IS(line(f, "c2", "c3", 0, true), "posted");
    IS(line(f, "c3", "icoop", 0, true), "posted");
    IS(pay_back(f, 30), "posted");
    IS(way_of(f), "icoop c3 c2 c1 hansalim");
    IS(fix_act(f, "dora", "reversal", "dora@icoop", "'record':%zu,'amount':6", record),
       "line-exhausted");
    IS(line(f, "c2", "c3", 1, true), "posted"); /* one edge is not enough */
    IS(fix_act(f, "dora", "reversal", "dora@icoop", "'record':%zu,'amount':6", record),
       "line-exhausted");
    IS(fix_act(f, "dora", "reversal", "dora@icoop", "'record':%zu,'amount':5", record), "posted");
}

/* Puts a deal in the place of the transfer's. */
static void forge(struct fix *f, struct deal *deal)
{
    state_put(f->s, THING_DEAL, &deal->thing);
    state_commit(f->s);
}

/* A transfer as a forged log has it, with a way and a payee that there never were. */
static void test_forged_way(void **state)
{
    struct fix *f = *state;
    struct deal *true_one, *deal;
    int64_t record;

    chain(f, 100);
    IS(pay(f, 60), "posted");
    record = (int64_t)f->n - 1;
    true_one = deal_copy(state_deal(f->s, record));
    deal = deal_copy(true_one);
    str_copy(deal->via[1], sizeof(deal->via[1]), "ghost");
    forge(f, deal);
    IS(fix_act(f, "dora", "reversal", "dora@icoop", "'record':%lld,'amount':1", (long long)record),
       "line-exhausted");
    deal = deal_copy(true_one);
    str_copy(deal->to, sizeof(deal->to), "nobody@icoop");
    forge(f, deal);
    IS(fix_act(f, "u1", "reversal", "icoop", "'record':%lld,'amount':1", (long long)record),
       "unknown-record");
    forge(f, true_one);
}

/* A request is answered over the lines like any payment. */
static void test_request(void **state)
{
    struct fix *f = *state;

    IS(line(f, "icoop", "hansalim", 100, false), "posted");
    IS(fix_act(f, "dora", "request", "dora@icoop",
               "'from':'alice@hansalim','to':'dora@icoop','unit':'hour','amount':30,"
               "'expires':'2026-12-31'"),
       "posted");
    IS(fix_act(f, "alice", "transfer", "alice@hansalim",
               "'from':'alice@hansalim','to':'dora@icoop','unit':'hour','amount':30,"
               "'request':%zu",
               f->n - 1),
       "posted");
    IS(way_of(f), "hansalim icoop");
}

/* A record that isn't posted leaves no trace in the index. */
static void test_rolled_back(void **state)
{
    struct fix *f = *state;
    struct credit_line *l = line_new("icoop", "hansalim", "hour");
    struct account *a = account_new("!pos.icoop@hansalim/hour");
    struct network_way way;

    l->limit = 100;
    state_put(f->s, THING_LINE, &l->thing);
    a->balance = 5;
    state_put(f->s, THING_ACCOUNT, &a->thing);
    assert_true(network_path(f->s, "hansalim", "icoop", "hour", 100, 4, &way));
    assert_int_equal(position_of(f->s, "hansalim", "icoop", "hour"), 5);
    state_rollback(f->s);
    assert_false(network_path(f->s, "hansalim", "icoop", "hour", 1, 4, &way));
    assert_int_equal(position_of(f->s, "hansalim", "icoop", "hour"), 0);
    assert_int_equal(position_floor(f->s, "icoop", "hansalim", "hour"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_line_set),    TEST(test_direct),
        TEST(test_lowered),     TEST(test_order),
        TEST(test_four_hops),   TEST(test_transit_is_asked_for),
        TEST(test_request),     TEST(test_fewest_then_first),
        TEST(test_rolled_back), TEST(test_reversal),
        TEST(test_forged_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
