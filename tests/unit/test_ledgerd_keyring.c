/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Registered keys by kid, and the map of strings below it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "ledgerd/keyring.h"
#include "core/strmap.h"

static void numbered(struct key *key, uint32_t n)
{
    memset(key, 0, sizeof(*key));
    memcpy(key->x, &n, sizeof(n));
}

static bool knows(struct keyring *k, uint32_t n)
{
    struct key key, found;
    struct kid kid;

    numbered(&key, n);
    key_kid(&kid, &key);
    return keyring_get(k, &kid, &found) && memcmp(&key, &found, sizeof(key)) == 0;
}

static void finds_what_was_added(void **state)
{
    struct keyring *k = keyring_new();
    struct key key;

    (void)state;
    assert_false(knows(k, 0));
    for (uint32_t i = 0; i < 3000; i++) {
        numbered(&key, i);
        keyring_add(k, &key);
        keyring_add(k, &key); /* again: nothing */
    }
    assert_int_equal(keyring_count(k), 3000);
    for (uint32_t i = 0; i < 3000; i++) {
        assert_true(knows(k, i));
    }
    assert_false(knows(k, 3000));
    keyring_free(k);
}

struct reader {
    struct keyring *k;
    bool wrong;
};

static void *read_along(void *arg)
{
    struct reader *r = arg;

    while (keyring_count(r->k) < 2000) {
        size_t n = keyring_count(r->k);
        r->wrong |= n > 0 && !knows(r->k, (uint32_t)n - 1);
    }
    return NULL;
}

static void grows_under_its_readers(void **state)
{
    struct reader r = {keyring_new(), false};
    pthread_t thread;
    struct key key;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, read_along, &r), 0);
    for (uint32_t i = 0; i < 2000; i++) {
        numbered(&key, i);
        keyring_add(r.k, &key);
    }
    pthread_join(thread, NULL);
    assert_false(r.wrong);
    keyring_free(r.k);
}

static void map_of_strings(void **state)
{
    struct strmap *m = strmap_new();
    char key[32];

    (void)state;
    for (int round = 0; round < 2; round++) {
        assert_null(strmap_get(m, "1"));
        for (int i = 0; i < 5000; i++) {
            (void)snprintf(key, sizeof(key), "%d", i);
            int64_t *value = strmap_put(m, key);
            assert_int_equal(*value, 0);
            *value = i + 1;
            assert_int_equal(*strmap_put(m, key), i + 1);
        }
        assert_int_equal(strmap_count(m), 5000);
        assert_int_equal(*strmap_get(m, "4999"), 5000);
        assert_null(strmap_get(m, "5000"));
        assert_null(strmap_get(m, ""));
        strmap_clear(m);
        assert_int_equal(strmap_count(m), 0);
    }
    strmap_free(m);
}

/* Puts and drops in an order that looks random, against an array that remembers the same. */
static void map_forgets_one(void **state)
{
    struct strmap *m = strmap_new();
    int64_t model[100] = {0};
    uint32_t seed = 1;
    char key[32];

    (void)state;
    for (int64_t round = 1; round < 20000; round++) {
        seed = seed * 1664525 + 1013904223;
        size_t i = (seed >> 8) % ARRAY_LEN(model), count = 0;
        (void)snprintf(key, sizeof(key), "%zu", i);
        model[i] = seed >> 31 ? round : 0;
        if (model[i] > 0) {
            *strmap_put(m, key) = round;
        } else {
            strmap_drop(m, key);
        }
        for (i = 0; round % 97 == 0 && i < ARRAY_LEN(model); i++) {
            (void)snprintf(key, sizeof(key), "%zu", i);
            const int64_t *value = strmap_get(m, key);
            assert_int_equal(value != NULL ? *value : 0, model[i]);
            count += value != NULL;
        }
        assert_true(round % 97 != 0 || strmap_count(m) == count);
    }
    strmap_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added),
        cmocka_unit_test(grows_under_its_readers),
        cmocka_unit_test(map_of_strings),
        cmocka_unit_test(map_forgets_one),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
