/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Buckets, and what is counted in which. The clock is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledgerd/buckets.h"
#include "ledgerd/limits.h"

#define SECOND INT64_C(1000000)
#define START  (1000 * SECOND)

static int64_t wait_of(const struct buckets *b, const char *name, int64_t cost, int64_t now)
{
    return buckets_wait(b, name, strlen(name), cost, now);
}

static void take(struct buckets *b, const char *name, int64_t cost, bool owed, int64_t now)
{
    buckets_take(b, name, strlen(name), cost, owed, now);
}

static void test_bucket(void **state)
{
    struct buckets *b = buckets_new(10, 20);

    (void)state;
    assert_int_equal(wait_of(b, "a", 1, 1000), 0);
    assert_int_equal(wait_of(b, "a", 11, 1000), 0); /* nobody has a bucket before its first */
    for (int i = 0; i < 10; i++) {
        assert_int_equal(wait_of(b, "a", 1, 1000), 0);
        take(b, "a", 1, true, 1000);
    }
    assert_int_equal(wait_of(b, "a", 1, 1000), 1);
    assert_int_equal(wait_of(b, "a", 4, 1000), 4);
    assert_int_equal(wait_of(b, "a", 1, 1001), 0);
    assert_int_equal(wait_of(b, "b", 1, 1000), 0);
    /* What is owed is waited for, and isn't more than so much. */
    take(b, "a", 7, true, 1000);
    assert_int_equal(wait_of(b, "a", 1, 1000), 8);
    take(b, "a", 1000, true, 1000);
    assert_int_equal(wait_of(b, "a", 1, 1000), 21);
    /* What isn't owed takes no more than there is. */
    take(b, "b", 1000, false, 1000);
    assert_int_equal(wait_of(b, "b", 1, 1000), 1);
    take(b, "a", 5, false, 1000);
    assert_int_equal(wait_of(b, "a", 1, 1000), 21);
    /* It fills up, and not beyond. */
    assert_int_equal(wait_of(b, "a", 1, 1021), 0);
    take(b, "a", 1, true, 2000);
    assert_int_equal(wait_of(b, "a", 9, 2000), 0);
    assert_int_equal(wait_of(b, "a", 10, 2000), 1);
    buckets_free(b);
}

/* A million names leave the few in debt where they are, and take no more room. */
static void test_crowd(void **state)
{
    struct buckets *b = buckets_new(10 * SECOND, 10 * SECOND);
    char name[24];
    int kept = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "bad %d", i);
        take(b, name, 15 * SECOND, true, START);
    }
    for (int i = 0; i < 1000000; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        take(b, name, SECOND, true, START + i);
    }
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "bad %d", i);
        kept += wait_of(b, name, SECOND, START + SECOND) > 0;
    }
    assert_int_equal(kept, 100);
    kept = 0;
    for (int i = 0; i < 1000000; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        kept += wait_of(b, name, 10 * SECOND, START + SECOND) > 0;
    }
    assert_in_range(kept, 1, BUCKETS_MAX);
    buckets_free(b);
}

static struct remote remote(const char *s, bool local)
{
    struct remote r = {.local = local};

    assert_int_equal(address_parse(&r.address, s, strlen(s)), 0);
    return r;
}

#define KID1 "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define KID2 "TIh_sGratXhi-LE3ixJqaU4q33tM9I-fMEwXCxd5WWI"

/* 60 a minute: 300 at once, then one a second. */
static void test_address(void **state)
{
    struct limits *l = limits_new(60, 0, 0);
    struct remote a = remote("192.0.2.1", false), b = remote("192.0.2.2", false);
    struct remote six = remote("2001:db8::1", false), near = remote("2001:db8::ffff:1", false);
    struct remote own = remote("127.0.0.1", true);

    (void)state;
    for (int i = 0; i < 300; i++) {
        assert_int_equal(limits_wait_act(l, &a, NULL, START), 0);
        assert_int_equal(limits_wait_query(l, &a, NULL, START), 0);
        limits_refused(l, &a, NULL, false, 1, START);
    }
    assert_int_equal(limits_wait_act(l, &a, NULL, START), 1);
    assert_int_equal(limits_wait_query(l, &a, NULL, START), 1);
    assert_int_equal(limits_wait_act(l, &b, NULL, START), 0);
    assert_int_equal(limits_wait_act(l, &a, NULL, START + SECOND), 0);
    /* A large body is owed for, up to ten minutes. */
    limits_refused(l, &a, NULL, false, 100, START);
    assert_int_equal(limits_wait_act(l, &a, NULL, START), 101);
    limits_refused(l, &a, NULL, false, 5000, START);
    assert_int_equal(limits_wait_act(l, &a, NULL, START), 601);
    /* A neighbour in the /64 is the same customer. */
    limits_refused(l, &six, NULL, false, 300, START);
    assert_int_equal(limits_wait_act(l, &near, NULL, START), 1);
    /* Our own machine isn't counted, unless it speaks for others. */
    limits_refused(l, &own, NULL, false, 5000, START);
    assert_int_equal(limits_wait_act(l, &own, NULL, START), 0);
    limits_free(l);
}

/* What is signed well is the key's affair alone, and where it was sent from. */
static void test_key(void **state)
{
    struct limits *l = limits_new(60, 0, 0);
    struct remote a = remote("192.0.2.1", false), b = remote("192.0.2.2", false);
    struct remote own = remote("127.0.0.1", true);

    (void)state;
    limits_refused(l, &a, KID1, true, 300, START);
    assert_int_equal(limits_wait_act(l, &a, KID1, START), 1);
    assert_int_equal(limits_wait_act(l, &a, KID2, START), 0);
    assert_int_equal(limits_wait_act(l, &a, NULL, START), 0);
    assert_int_equal(limits_wait_act(l, &b, KID1, START), 0);
    assert_int_equal(limits_wait_query(l, &a, KID1, START), 0);
    limits_refused(l, &own, KID1, true, 300, START);
    assert_int_equal(limits_wait_act(l, &own, KID1, START), 1);
    limits_free(l);
}

/* Naming a key and not having it. */
static void test_forged(void **state)
{
    struct limits *l = limits_new(60, 0, 0);
    struct remote a = remote("192.0.2.1", false), b = remote("192.0.2.2", false);

    (void)state;
    /* As long as the address has room the key isn't touched. */
    limits_refused(l, &a, KID1, false, 299, START);
    assert_int_equal(limits_wait_act(l, &a, KID1, START), 0);
    limits_refused(l, &a, KID1, false, 1, START);
    assert_int_equal(limits_wait_act(l, &a, NULL, START), 1);
    /* Then those who name a key are heard, ten times. */
    for (int i = 0; i < 10; i++) {
        assert_int_equal(limits_wait_act(l, &a, KID1, START), 0);
        assert_int_equal(limits_wait_query(l, &a, KID1, START), 0);
        limits_refused(l, &a, KID1, false, 1, START);
    }
    assert_int_equal(limits_wait_act(l, &a, KID1, START), 1);
    assert_int_equal(limits_wait_query(l, &a, KID1, START), 1);
    assert_int_equal(limits_wait_act(l, &a, KID2, START), 0);
    assert_int_equal(limits_wait_act(l, &b, KID1, START), 0);
    /* However many, they don't bring the key into debt. */
    for (int i = 0; i < 1000; i++) {
        limits_refused(l, &a, KID1, false, 1, START);
    }
    assert_int_equal(limits_wait_act(l, &a, KID1, START + SECOND), 0);
    assert_int_equal(limits_wait_act(l, &a, NULL, START + SECOND), 600);
    limits_free(l);
}

static void test_member(void **state)
{
    struct limits *l = limits_new(0, 24, 0);
    struct remote a = remote("192.0.2.1", false);

    (void)state;
    for (int i = 0; i < 24; i++) {
        assert_int_equal(limits_member_wait(l, "a@x", START), 0);
        limits_member_posted(l, "a@x", START);
    }
    assert_int_equal(limits_member_wait(l, "a@x", START), 3600);
    assert_int_equal(limits_member_wait(l, "a@x", START + 3599 * SECOND), 1);
    assert_int_equal(limits_member_wait(l, "a@x", START + 3600 * SECOND), 0);
    assert_int_equal(limits_member_wait(l, "b@x", START), 0);
    /* 0: any number. */
    limits_refused(l, &a, KID1, true, 1000000, START);
    limits_refused(l, &a, NULL, false, 1000000, START);
    assert_int_equal(limits_wait_act(l, &a, KID1, START), 0);
    assert_int_equal(limits_wait_act(l, &a, NULL, START), 0);
    limits_free(l);
    l = limits_new(60, 0, 0);
    for (int i = 0; i < 10000; i++) {
        limits_member_posted(l, "a@x", START);
    }
    assert_int_equal(limits_member_wait(l, "a@x", START), 0);
    limits_free(l);
}

/* 24 a day from each address, however they are counted: one by one, or many of a batch at once. */
static void test_strangers(void **state)
{
    struct limits *l = limits_new(0, 0, 24);
    struct remote a = remote("192.0.2.1", false), b = remote("192.0.2.2", false);
    struct remote six = remote("2001:db8::1", false), near = remote("2001:db8::ffff:1", false);
    struct remote own = remote("127.0.0.1", true);

    (void)state;
    /* Also where there is no bucket yet, and where one has been full for long. */
    for (int i = 0; i < 2; i++) {
        int64_t now = START + i * 1000000 * SECOND;
        assert_int_equal(limits_stranger_wait(l, &a, 23, now), 0);
        assert_int_equal(limits_stranger_wait(l, &a, 24, now), 3600);
        assert_int_equal(limits_stranger_wait(l, &a, 1000, now), 3600);
        for (int n = 0; n < 24; n++) {
            assert_int_equal(limits_stranger_wait(l, &a, 0, now), 0);
            assert_int_equal(limits_stranger_wait(l, &a, (size_t)(23 - n), now), 0);
            assert_int_equal(limits_stranger_wait(l, &a, (size_t)(24 - n), now), 3600);
            limits_stranger_waits(l, &a, now);
        }
        assert_int_equal(limits_stranger_wait(l, &a, 0, now), 3600);
        assert_int_equal(limits_stranger_wait(l, &b, 0, now), 0);
        assert_int_equal(limits_stranger_wait(l, &a, 0, now + 3599 * SECOND), 1);
        assert_int_equal(limits_stranger_wait(l, &a, 0, now + 3600 * SECOND), 0);
        assert_int_equal(limits_stranger_wait(l, &a, 1, now + 3600 * SECOND), 3600);
    }
    for (int n = 0; n < 24; n++) {
        limits_stranger_waits(l, &six, START);
        limits_stranger_waits(l, &own, START);
    }
    assert_int_equal(limits_stranger_wait(l, &near, 0, START), 3600);
    assert_int_equal(limits_stranger_wait(l, &own, 1000, START), 0);
    /* Of acts that aren't theirs, and of refusals, nothing is counted. */
    assert_int_equal(limits_wait_act(l, &a, NULL, START), 0);
    limits_free(l);
    l = limits_new(60, 0, 0);
    for (int i = 0; i < 1000; i++) {
        limits_stranger_waits(l, &a, START);
    }
    assert_int_equal(limits_stranger_wait(l, &a, 1000, START), 0);
    limits_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bucket),    cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_address),   cmocka_unit_test(test_key),
        cmocka_unit_test(test_forged),    cmocka_unit_test(test_member),
        cmocka_unit_test(test_strangers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
