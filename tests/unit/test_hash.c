/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "core/hash.h"

static void hex_is(const struct hash *h, const char *want)
{
    char hex[2 * HASH_LEN + 1];

    sodium_bin2hex(hex, sizeof(hex), h->b, HASH_LEN);
    assert_string_equal(hex, want);
}

/* NIST's examples for FIPS 180-4, and the empty string. */
static void test_vectors(void **state)
{
    struct hash h;

    hash_bytes(&h, "", 0);
    hex_is(&h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_bytes(&h, NULL, 0);
    hex_is(&h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_bytes(&h, "abc", 3);
    hex_is(&h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_bytes(&h, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    hex_is(&h, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_two(void **state)
{
    uint8_t bytes[300];
    struct hash one, two;

    randombytes_buf(bytes, sizeof(bytes));
    hash_bytes(&one, bytes, sizeof(bytes));
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        hash_two(&two, bytes, cut, bytes + cut, sizeof(bytes) - cut);
        assert_true(hash_eq(&one, &two));
    }
    hash_two(&two, bytes, sizeof(bytes), NULL, 0);
    assert_true(hash_eq(&one, &two));
}

static void test_against_sodium(void **state)
{
    uint8_t bytes[300];
    struct hash ours, theirs;

    for (size_t len = 0; len < sizeof(bytes); len++) {
        randombytes_buf(bytes, len);
        hash_bytes(&ours, bytes, len);
        crypto_hash_sha256(theirs.b, bytes, len);
        assert_true(hash_eq(&ours, &theirs));
    }
}

static void test_eq(void **state)
{
    struct hash a, b;

    randombytes_buf(&a, sizeof(a));
    b = a;
    assert_true(hash_eq(&a, &b));
    for (size_t i = 0; i < HASH_LEN; i++) {
        b = a;
        b.b[i] ^= 1;
        assert_false(hash_eq(&a, &b));
    }
}

static void test_text(void **state)
{
    char text[HASH_B64U_LEN + 2];
    struct hash h, back;

    hash_bytes(&h, "", 0);
    text[HASH_B64U_LEN + 1] = '#';
    hash_text(text, &h);
    assert_string_equal(text, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    assert_int_equal(text[HASH_B64U_LEN + 1], '#');
    assert_int_equal(hash_parse(&back, text), 0);
    assert_true(hash_eq(&h, &back));

    assert_int_equal(hash_parse(&back, ""), -1);
    assert_int_equal(hash_parse(&back, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuF"), -1);
    assert_int_equal(hash_parse(&back, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFUA"), -1);
    assert_int_equal(hash_parse(&back, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV"), -1);
    assert_int_equal(hash_parse(&back, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"), -1);
    assert_int_equal(hash_parse(&back, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU="), -1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),        cmocka_unit_test(test_two),
        cmocka_unit_test(test_against_sodium), cmocka_unit_test(test_eq),
        cmocka_unit_test(test_text),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
