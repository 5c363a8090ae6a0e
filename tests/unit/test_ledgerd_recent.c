/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ledgerd/recent.h"

static struct hash hash_of(uint64_t n)
{
    struct hash h;

    hash_bytes(&h, &n, sizeof(n));
    return h;
}

static void test_remembers(void **state)
{
    struct recent *r = recent_new();

    (void)state;
    for (uint64_t n = 0; n < 5 * RECENT_MIN; n++) {
        struct hash h = hash_of(n);

        assert_false(recent_has(r, &h));
        recent_add(r, &h);
        assert_true(recent_has(r, &h));
    }
    /* The latest, and not all that ever were. */
    for (uint64_t n = 4 * RECENT_MIN; n < 5 * RECENT_MIN; n++) {
        struct hash h = hash_of(n);

        assert_true(recent_has(r, &h));
    }
    for (uint64_t n = 0; n < 3 * RECENT_MIN; n++) {
        struct hash h = hash_of(n);

        assert_false(recent_has(r, &h));
    }
    recent_clear(r);
    for (uint64_t n = 0; n < 5 * RECENT_MIN; n += 7) {
        struct hash h = hash_of(n);

        assert_false(recent_has(r, &h));
    }
    recent_free(r);
}

/* A hash of zeros, and hashes that share a place or all of what is kept. */
static void test_places(void **state)
{
    struct recent *r = recent_new();
    struct hash a, b, c;

    (void)state;
    memset(&a, 0, sizeof(a));
    assert_false(recent_has(r, &a));
    recent_add(r, &a);
    recent_add(r, &a);
    assert_true(recent_has(r, &a));
    b = a;
    b.b[7] = 1;
    c = a;
    c.b[7] = 2;
    assert_false(recent_has(r, &b));
    recent_add(r, &b);
    assert_true(recent_has(r, &b));
    assert_false(recent_has(r, &c));
    recent_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remembers),
        cmocka_unit_test(test_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
