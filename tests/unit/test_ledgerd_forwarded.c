/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses, networks, and whose request it is that a proxy passes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledgerd/forwarded.h"

static struct address addr(const char *s)
{
    struct address a;

    if (address_parse(&a, s, strlen(s)) != 0) {
        fail_msg("no address: %s", s);
    }
    return a;
}

static void test_addresses(void **state)
{
    static const char *const same[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"::FFFF:c000:207", "192.0.2.7"},
        {"2001:DB8:0:0::7", "2001:db8::7"},
        {"::1", "::1"},
        {"::", "::"},
    };
    static const char *const none[] = {
        "",           "192.0.2",      "192.0.2.256", "192.0.2.07", "192.0.2.7 ", "192.0.2.7:80",
        "0x7f000001", "fe80::1%eth0", "[::1]",       "::1::",      "localhost",  "1.2.3.4/8",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct address a = addr(same[i][0]);
        char text[ADDRESS_TEXT_MAX];

        address_text(text, &a);
        assert_string_equal(text, same[i][1]);
    }
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        struct address a;

        if (address_parse(&a, none[i], strlen(none[i])) == 0) {
            fail_msg("taken: %s", none[i]);
        }
    }
    struct address a;
    assert_int_equal(address_parse(&a, "192.0.2.7\0", 10), -1);
    static const char *const own[] = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"};
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        a = addr(own[i]);
        assert_true(address_is_loopback(&a));
    }
    static const char *const others[] = {"128.0.0.1", "::", "::2", "2001:db8::1", "::7f00:1"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        a = addr(others[i]);
        assert_false(address_is_loopback(&a));
    }
}

/* One customer's many addresses count as one, in IPv6. */
static void test_counted(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"192.0.2.7", "192.0.2.8", false},
        {"192.0.2.7", "::ffff:192.0.2.7", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct address a = addr(pairs[i].a), b = addr(pairs[i].b);

        a = address_counted(&a);
        b = address_counted(&b);
        assert_int_equal(memcmp(&a, &b, sizeof(a)) == 0, pairs[i].same);
    }
}

static void test_networks(void **state)
{
    static const char *const bad[] = {
        ",",           "127.0.0.1,",    "10.0.0.0/33",    "10.0.0.1/8",     "10.0.0.0/",
        "10.0.0.0/08", "10.0.0.0/-1",   "2001:db8::/129", "2001:db8::1/64", "proxy.example",
        "10.0.0.0 /8", "127.0.0.1 ::1",
    };
    static const struct {
        const char *list, *address;
        bool there;
    } cases[] = {
        {"", "127.0.0.1", false},
        {" \t", "127.0.0.1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"127.0.0.1", "::1", false},
        {"127.0.0.1,::1", "::1", true},
        {" 10.0.0.0/8 ,\t192.0.2.128/25 ", "10.255.0.1", true},
        {"10.0.0.0/8, 192.0.2.128/25", "192.0.2.128", true},
        {"10.0.0.0/8, 192.0.2.128/25", "192.0.2.127", false},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
    };
    struct networks n;
    char err[200];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (networks_parse(&n, bad[i], err, sizeof(err)) == 0) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_non_null(strstr(err, "is no address or network"));
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address a = addr(cases[i].address);

        assert_int_equal(networks_parse(&n, cases[i].list, err, sizeof(err)), 0);
        if (networks_have(&n, &a) != cases[i].there) {
            fail_msg("%s in %s", cases[i].address, cases[i].list);
        }
        networks_free(&n);
    }
}

#define TRUSTED "127.0.0.1, 10.0.0.0/8, 2001:db8:aaaa::/48"
#define MANY    3

static const struct walk {
    const char *peer;
    const char *fields[MANY]; /* X-Forwarded-For, in the order of the lines */
    const char *client;
    bool local;
} walks[] = {
    /* Who isn't trusted speaks for himself. */
    {"203.0.113.9", {NULL}, "203.0.113.9", false},
    {"203.0.113.9", {"198.51.100.1"}, "203.0.113.9", false},
    {"127.0.0.2", {"198.51.100.1"}, "127.0.0.2", true},
    {"::1", {"198.51.100.1"}, "::1", true},
    /* A proxy that says nothing is the client. */
    {"10.0.0.1", {NULL}, "10.0.0.1", false},
    {"127.0.0.1", {NULL}, "127.0.0.1", true},
    {"::ffff:127.0.0.1", {"198.51.100.1"}, "198.51.100.1", false},
    /* What stands left of the first that isn't trusted is hearsay. */
    {"127.0.0.1", {"198.51.100.1"}, "198.51.100.1", false},
    {"127.0.0.1", {"1.1.1.1, 127.0.0.1, 198.51.100.1"}, "198.51.100.1", false},
    {"127.0.0.1", {"garbage, 198.51.100.1"}, "198.51.100.1", false},
    {"127.0.0.1", {"198.51.100.1, 10.1.2.3,10.0.0.9"}, "198.51.100.1", false},
    {"10.0.0.1", {"198.51.100.1 ,\t127.0.0.1 "}, "198.51.100.1", false},
    /* Several lines are one list. */
    {"127.0.0.1", {"1.1.1.1", "198.51.100.1", "10.0.0.1"}, "198.51.100.1", false},
    {"127.0.0.1", {"198.51.100.1, 10.0.0.2", "10.0.0.1"}, "198.51.100.1", false},
    {"127.0.0.1", {"198.51.100.1", "203.0.113.9"}, "203.0.113.9", false},
    /* All trusted: the first of them asked. Not as our own machine, since it was passed on. */
    {"127.0.0.1", {"10.0.0.7, 10.0.0.1"}, "10.0.0.7", false},
    {"10.0.0.1", {"127.0.0.1"}, "127.0.0.1", false},
    /* A word that is no address: who wrote it counts. */
    {"127.0.0.1", {"unknown"}, "127.0.0.1", false},
    {"127.0.0.1", {""}, "127.0.0.1", false},
    {"127.0.0.1", {"198.51.100.1,"}, "127.0.0.1", false},
    {"127.0.0.1", {"198.51.100.1", ""}, "127.0.0.1", false},
    {"127.0.0.1", {"198.51.100.1,,10.0.0.1"}, "10.0.0.1", false},
    {"127.0.0.1", {"198.51.100.1, _hidden, 10.0.0.1"}, "10.0.0.1", false},
    {"127.0.0.1", {"198.51.100.1, 10.0.0.1 10.0.0.2"}, "127.0.0.1", false},
    {"127.0.0.1", {"\"198.51.100.1\""}, "127.0.0.1", false},
    {"127.0.0.1", {"198.51.100.1/32"}, "127.0.0.1", false},
    /* Ports. */
    {"127.0.0.1", {"198.51.100.1:49152"}, "198.51.100.1", false},
    {"127.0.0.1", {"[2001:db8::7]:443, 10.0.0.1:80"}, "2001:db8::7", false},
    {"127.0.0.1", {"[2001:db8::7]"}, "2001:db8::7", false},
    {"127.0.0.1", {"2001:db8::7"}, "2001:db8::7", false},
    {"127.0.0.1", {"2001:db8::7:443"}, "2001:db8::7:443", false},
    {"127.0.0.1", {"198.51.100.1:"}, "127.0.0.1", false},
    {"127.0.0.1", {"198.51.100.1:65536"}, "127.0.0.1", false},
    {"127.0.0.1", {"198.51.100.1:080"}, "127.0.0.1", false},
    {"127.0.0.1", {"[198.51.100.1]:80"}, "127.0.0.1", false},
    {"127.0.0.1", {"[2001:db8::7]443"}, "127.0.0.1", false},
    {"127.0.0.1", {"[2001:db8::7"}, "127.0.0.1", false},
    {"127.0.0.1", {"[]:80"}, "127.0.0.1", false},
    {"127.0.0.1", {":80"}, "127.0.0.1", false},
    {"127.0.0.1", {"["}, "127.0.0.1", false},
    /* IPv6, and IPv4 within it. */
    {"2001:db8:aaaa::1", {"2001:db8:bbbb::1"}, "2001:db8:bbbb::1", false},
    {"2001:db8:aaaa::1", {"2001:db8:bbbb::1, 2001:db8:aaaa:9::"}, "2001:db8:bbbb::1", false},
    {"127.0.0.1", {"::ffff:198.51.100.1, ::ffff:10.0.0.1"}, "198.51.100.1", false},
    {"127.0.0.1", {"fe80::1%eth0"}, "127.0.0.1", false},
};

static void test_walk(void **state)
{
    struct networks trusted;
    char err[200];

    (void)state;
    assert_int_equal(networks_parse(&trusted, TRUSTED, err, sizeof(err)), 0);
    for (size_t i = 0; i < ARRAY_LEN(walks); i++) {
        const struct walk *w = &walks[i];
        struct http_head head = {.n_fields = 1, .fields = {{"Forwarded", "for=1.2.3.4"}}};
        struct address peer = addr(w->peer), want = addr(w->client);

        for (size_t k = 0; k < MANY && w->fields[k] != NULL; k++) {
            head.fields[head.n_fields++] = (struct http_field){
                k % 2 == 0 ? "X-Forwarded-For" : "x-forwarded-for", w->fields[k]};
        }
        struct remote got = forwarded_client(&trusted, &peer, &head);
        if (memcmp(&got.address, &want, sizeof(want)) != 0 || got.local != w->local) {
            char text[ADDRESS_TEXT_MAX];
            address_text(text, &got.address);
            fail_msg("row %zu (%s, \"%s\"): %s%s", i, w->peer, w->fields[0] ? w->fields[0] : "-",
                     text, got.local ? " local" : "");
        }
    }
    networks_free(&trusted);
}

/* Without trusted_proxy nobody's word counts. */
static void test_nobody_trusted(void **state)
{
    struct networks none = {0};
    struct http_head head = {.n_fields = 1, .fields = {{"X-Forwarded-For", "198.51.100.1"}}};
    struct address peer = addr("127.0.0.1");
    struct remote got = forwarded_client(&none, &peer, &head);

    (void)state;
    assert_memory_equal(&got.address, &peer, sizeof(peer));
    assert_true(got.local);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),      cmocka_unit_test(test_counted),
        cmocka_unit_test(test_networks),       cmocka_unit_test(test_walk),
        cmocka_unit_test(test_nobody_trusted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
