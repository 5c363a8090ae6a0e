/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PostgreSQL's binary arrays against bytes that its array_send wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/pgarray.h"

/* Compares with what `SELECT array_send(…)` shows in hexadecimal, and frees. */
static void check(struct pgarray *a, const char *want)
{
    size_t len;
    const char *bytes = pgarray_finish(a, &len);
    char *hex = x_malloc(len * 2 + 1);

    sodium_bin2hex(hex, len * 2 + 1, (const uint8_t *)bytes, len);
    assert_string_equal(hex, want);
    free(hex);
    pgarray_free(a);
}

/* SELECT array_send('{}'::text[]) */
static void empty(void **state)
{
    struct pgarray a;

    (void)state;
    pgarray_init(&a, PGARRAY_TEXT);
    check(&a, "000000000000000000000019");
}

/* SELECT array_send('{1,-2,9007199254740991}'::bigint[]) */
static void bigints(void **state)
{
    struct pgarray a;

    (void)state;
    pgarray_init(&a, PGARRAY_INT8);
    pgarray_int(&a, 1);
    pgarray_int(&a, -2);
    pgarray_int(&a, INT64_C(9007199254740991));
    check(&a, "0000000100000000000000140000000300000001"
              "000000080000000000000001"
              "00000008fffffffffffffffe"
              "00000008001fffffffffffff");
}

/* SELECT array_send('{0,-1}'::smallint[]) */
static void smallints(void **state)
{
    struct pgarray a;

    (void)state;
    pgarray_init(&a, PGARRAY_INT2);
    pgarray_int(&a, 0);
    pgarray_int(&a, -1);
    check(&a, "0000000100000000000000150000000200000001000000020000"
              "00000002ffff");
}

/* SELECT array_send(ARRAY['a', NULL, '', '한']) */
static void texts_and_a_null(void **state)
{
    struct pgarray a;

    (void)state;
    pgarray_init(&a, PGARRAY_TEXT);
    pgarray_text(&a, "a");
    pgarray_null(&a);
    pgarray_text(&a, "");
    pgarray_text(&a, "한");
    check(&a, "0000000100000001000000190000000400000001"
              "0000000161"
              "ffffffff"
              "00000000"
              "00000003ed959c");
}

/* SELECT array_send('{t,f}'::boolean[]), array_send(ARRAY['\x00ff'::bytea]) */
static void booleans_and_bytes(void **state)
{
    struct pgarray a;

    (void)state;
    pgarray_init(&a, PGARRAY_BOOL);
    pgarray_bool(&a, true);
    pgarray_bool(&a, false);
    check(&a, "00000001000000000000001000000002000000010000000101"
              "0000000100");
    pgarray_init(&a, PGARRAY_BYTEA);
    pgarray_bytes(&a, "\x00\xff", 2);
    check(&a, "00000001000000000000001100000001000000010000000200ff");
}

static void used_again(void **state)
{
    struct pgarray a;

    (void)state;
    pgarray_init(&a, PGARRAY_TEXT);
    pgarray_null(&a);
    pgarray_clear(&a);
    assert_int_equal(a.n, 0);
    pgarray_text(&a, "b");
    check(&a, "00000001000000000000001900000001000000010000000162");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(bigints),
        cmocka_unit_test(smallints),
        cmocka_unit_test(texts_and_a_null),
        cmocka_unit_test(booleans_and_bytes),
        cmocka_unit_test(used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
