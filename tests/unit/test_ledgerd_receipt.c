/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Receipts that are begun before their checkpoint is signed, and salts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/note.h"
#include "core/record.h"
#include "ledgerd/receipt.h"
#include "ledgerd/salts.h"

static const char header[] = "{\"a\":\"\\\"\"}";
static const char note[] = "test.example/x\n41\nabc=\n\n\xe2\x80\x94 test.example/x sig=\n";

static void put_proof(struct buf *b, const char *end)
{
    struct hash path[3];

    memset(path, 7, sizeof(path));
    proof_put(b, 40, path, ARRAY_LEN(path), end, strlen(end));
}

/* With the note later it is the same to the last byte. */
static void begun_and_ended(void **state)
{
    struct buf whole = BUF_INIT, open = BUF_INIT, at_once = BUF_INIT, later = BUF_INIT;
    struct buf json = BUF_INIT;

    (void)state;
    put_proof(&whole, note);
    put_proof(&open, "");
    struct receipt r = {.index = 40,
                        .ms = 1790000000123,
                        .by = "ann@a",
                        .jti = "j1",
                        .header = header,
                        .header_len = strlen(header),
                        .proof = whole.data,
                        .proof_len = whole.len};
    receipt_put(&at_once, &r);
    r.proof = open.data;
    r.proof_len = open.len;
    buf_puts_json(&json, note);
    receipt_begin(&later, &r, 400);
    const char *before = later.data;
    receipt_end(&later, &json);
    assert_string_equal(later.data, at_once.data);
    assert_int_equal(later.len, at_once.len);
    assert_ptr_equal(later.data, before); /* there was room */
    assert_non_null(strstr(later.data, "sig=\\n\"}"));
    buf_free(&whole);
    buf_free(&open);
    buf_free(&at_once);
    buf_free(&later);
    buf_free(&json);
}

static void without_proof(void **state)
{
    struct buf at_once = BUF_INIT, later = BUF_INIT;
    const struct receipt r = {
        .index = 0, .ms = 0, .by = "a", .jti = "j", .header = header, .header_len = strlen(header)};

    (void)state;
    receipt_put(&at_once, &r);
    receipt_begin(&later, &r, 0);
    receipt_end(&later, NULL);
    assert_string_equal(later.data, at_once.data);
    assert_string_equal(later.data,
                        "{\"index\":0,\"time\":\"1970-01-01T00:00:00.000Z\",\"by\":\"a\","
                        "\"jti\":\"j\",\"header\":\"{\\\"a\\\":\\\"\\\\\\\"\\\"}\"}");
    buf_free(&at_once);
    buf_free(&later);
}

/* None is given out twice, also where they are made anew, and of a record with very many parts. */
static void salts_are_fresh(void **state)
{
    enum {
        EACH = 5,
        TAKES = 200,
        MANY = SALTS_LEN / RECORD_SALT_LEN + 1,
    };
    static uint8_t all[TAKES * EACH + MANY][RECORD_SALT_LEN];
    struct salts s;
    size_t n = 0;

    (void)state;
    salts_init(&s);
    for (int i = 0; i < TAKES; i++) {
        memcpy(all[n], salts_take(&s, EACH), EACH * sizeof(all[0]));
        n += EACH;
    }
    memcpy(all[n], salts_take(&s, MANY), MANY * sizeof(all[0]));
    n += MANY;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_true(memcmp(all[i], all[k], sizeof(all[0])) != 0);
        }
    }
    salts_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begun_and_ended),
        cmocka_unit_test(without_proof),
        cmocka_unit_test(salts_are_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
