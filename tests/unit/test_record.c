/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define TEST(name)       cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
#define HASH_A           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static bool header_ok(const char *s, size_t len)
{
    struct record_header h;
    const char *why = NULL;
    int rc = record_header_parse(&h, s, len, &why);

    if (rc != 0) {
        assert_non_null(why);
    } else {
        record_header_free(&h);
    }
    return rc == 0;
}

static void test_header(void **state)
{
    struct fix *f = *state;
    struct record_header h;
    const char *why;

    for (size_t i = 0; i < f->n; i++) {
        const struct fix_record *rec = &f->log[i];

        assert_int_equal(record_header_parse(&h, rec->header.data, rec->header.len, &why), 0);
        assert_int_equal(h.index, i);
        assert_int_equal(h.ms, rec->ms);
        assert_int_equal(h.rules, RULES_VERSION);
        assert_int_equal(h.n_parts, rec->n);
        for (size_t p = 0; p < rec->n; p++) {
            struct hash hash;

            hash_bytes(&hash, rec->parts[p].data, rec->parts[p].len);
            assert_true(hash_eq(&hash, &h.parts[p]));
        }
        record_header_free(&h);
    }
}

static void test_header_refused(void **state)
{
    static const char good[] = "{\"v\":1,\"index\":7,\"time\":\"2026-11-22T00:00:00.000Z\","
                               "\"rules\":1,\"parts\":[\"" HASH_A "\"]}";
    /* One thing of it replaced by another. */
    static const struct {
        const char *from, *to;
    } bad[] = {
        {"\"v\":1", "\"v\":2"},
        {"\"v\":1", "\"v\":\"1\""},
        {"\"index\":7", "\"index\":-1"},
        {"\"index\":7", "\"index\":9007199254740992"},
        {"\"index\":7,", ""},
        {".000Z", "Z"},
        {"2026-11", "2026-13"},
        {"\"rules\":1", "\"rules\":0"},
        {"[\"" HASH_A "\"]", "[]"},
        {"[\"" HASH_A "\"]", "[1]"},
        {"[\"" HASH_A "\"]", "\"" HASH_A "\""},
        {HASH_A, HASH_A "A"},
        {",\"parts\":[\"" HASH_A "\"]", ""},
        {"]}", "],\"x\":1}"},
        /* The same values in other texts. */
        {",\"index\"", ", \"index\""},
        {"{\"v\":1,\"index\":7", "{\"index\":7,\"v\":1"},
        {"000Z", "000\\u005a"},
        {"]}", "]}\n"},
        {good, ""},
        {good, "[]"},
        {good, "{}"},
    };
    struct buf b = BUF_INIT;

    (void)state;
    assert_true(header_ok(good, strlen(good)));
    assert_false(header_ok(good, strlen(good) - 1));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *at = strstr(good, bad[i].from);

        assert_non_null(at);
        buf_clear(&b);
        buf_put(&b, good, (size_t)(at - good));
        buf_puts(&b, bad[i].to);
        buf_puts(&b, at + strlen(bad[i].from));
        if (header_ok(b.data, b.len))
            fail_msg("it was taken: %s", b.data);
    }
    for (int extra = 0; extra < 2; extra++) {
        buf_clear(&b);
        buf_puts(&b, "{\"v\":1,\"index\":7,\"time\":\"2026-11-22T00:00:00.000Z\",\"rules\":1,"
                     "\"parts\":[");
        for (size_t i = 0; i < RECORD_PARTS_MAX + (size_t)extra; i++)
            buf_puts(&b, i ? ",\"" HASH_A "\"" : "\"" HASH_A "\"");
        buf_puts(&b, "]}");
        assert_int_equal(header_ok(b.data, b.len), extra == 0);
    }
    buf_free(&b);
}

/* A way's length shows in the number of parts, and in no other number. */
static void test_way_edges(void **state)
{
    static const int edges[] = {0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 2, 2, 0, 3, 3, 0, 4, 4, 0, 0, 0};

    (void)state;
    for (size_t n = 0; n < ARRAY_LEN(edges); n++)
        assert_int_equal(record_way_edges(n), edges[n]);
}

static void test_parts(void **state)
{
    struct fix *f = *state;
    size_t kinds[4] = {0};

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 7), "posted");
    for (size_t i = 0; i < f->n; i++)
        for (size_t p = 0; p < f->log[i].n; p++) {
            struct part part;
            const char *why;

            assert_int_equal(
                part_parse(&part, f->log[i].parts[p].data, f->log[i].parts[p].len, &why), 0);
            kinds[part.kind]++;
            assert_int_equal(part.kind == PART_ACT, p == 0);
            if (part.kind == PART_POSTING && part.amount < 0) {
                assert_string_equal(part.name, "alice@hansalim/hour");
                assert_int_equal(part.amount, -7);
                assert_int_equal(part.balance, -7);
                assert_int_equal(part.floor, -600);
                assert_int_equal(part.seq, 1);
            }
            part_free(&part);
        }
    assert_int_equal(kinds[PART_ACT], f->n);
    assert_int_equal(kinds[PART_POSTING], 2);
    assert_true(kinds[PART_CHANGE] >= 10 && kinds[PART_BOOK] >= 7);
}

static void test_parts_refused(void **state)
{
#define SALT "\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\""
    static const char *const good[] = {
        "{\"part\":\"book\"," SALT ",\"book\":\"hansalim\",\"seq\":1}",
        "{\"part\":\"posting\"," SALT ",\"account\":\"a@bb/h\",\"amount\":-1,\"balance\":-1,"
        "\"floor\":-1,\"seq\":1}",
        "{\"part\":\"change\"," SALT ",\"subject\":\"*\",\"seq\":1,\"state\":{}}",
    };
    static const char *const bad[] = {
        "{\"part\":\"book\"," SALT ",\"book\":\"hansalim\",\"seq\":0}",
        "{\"part\":\"book\"," SALT ",\"book\":\"hansalim\"}",
        "{\"part\":\"book\"," SALT ",\"book\":1,\"seq\":1}",
        "{\"part\":\"book\"," SALT ",\"book\":\"hansalim\",\"seq\":1,\"x\":1}",
        "{\"part\":\"book\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAB\",\"book\":\"hansalim\",\"seq\":1}",
        "{\"part\":\"book\",\"salt\":\"AAAAAAAAAAAAAAAAAAAA\",\"book\":\"hansalim\",\"seq\":1}",
        "{\"part\":\"book\",\"book\":\"hansalim\",\"seq\":1}",
        "{\"part\":\"page\"," SALT ",\"book\":\"hansalim\",\"seq\":1}",
        "{" SALT ",\"book\":\"hansalim\",\"seq\":1}",
        "{\"part\":\"posting\"," SALT ",\"account\":\"a@bb/h\",\"amount\":1.5,\"balance\":-1,"
        "\"floor\":-1,\"seq\":1}",
        "{\"part\":\"posting\"," SALT
        ",\"account\":\"a@bb/h\",\"amount\":1,\"floor\":-1,\"seq\":1}",
        "{\"part\":\"change\"," SALT ",\"subject\":\"*\",\"seq\":1,\"state\":[]}",
        "{\"part\":\"change\"," SALT ",\"subject\":\"*\",\"seq\":1}",
        "{\"part\":\"act\"," SALT ",\"act\":{}}",
        "{\"part\":\"act\"," SALT ",\"act\":{},\"seq\":1}",
        "{\"part\":\"act\"," SALT "}",
        "",
        "[]",
    };
    struct part part;
    struct buf b = BUF_INIT;
    const char *why;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(part_parse(&part, good[i], strlen(good[i]), &why), 0);
        part_free(&part);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (part_parse(&part, bad[i], strlen(bad[i]), &why) == 0)
            fail_msg("it was taken: %s", bad[i]);
    /* A name that is too long isn't cut. */
    buf_puts(&b, "{\"part\":\"book\"," SALT ",\"book\":\"");
    for (int i = 0; i < ACCOUNT_MAX + 16; i++)
        buf_putc(&b, 'a');
    buf_puts(&b, "\",\"seq\":1}");
    assert_int_equal(part_parse(&part, b.data, b.len, &why), -1);
    buf_free(&b);
}

/* The same memory is used for a long record and then for a short one. */
static void test_build_again(void **state)
{
    struct fix *f = *state;
    struct record rec = {0};
    struct outcome empty = {0};
    struct envelope env;
    uint8_t salts[FIX_PARTS_MAX * RECORD_SALT_LEN] = {0};
    char *payload = fix_payload(f, "transfer", "alice@hansalim", "'x':1");
    struct hash first;

    fix_envelope(&env, payload, "alice bob");
    record_build(&rec, 3, FIX_MS, 1, &env, &empty, salts);
    first = rec.entry;
    assert_int_equal(rec.n_parts, 1);
    record_build(&rec, 3, FIX_MS, 1, &env, &empty, salts);
    assert_true(hash_eq(&first, &rec.entry));
    salts[0] ^= 1;
    record_build(&rec, 3, FIX_MS, 1, &env, &empty, salts);
    assert_false(hash_eq(&first, &rec.entry));
    record_free(&rec);
    record_free(&rec);
    envelope_free(&env);
    free(payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_header),
        cmocka_unit_test(test_header_refused),
        TEST(test_parts),
        TEST(test_build_again),
        cmocka_unit_test(test_parts_refused),
        cmocka_unit_test(test_way_edges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
