/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "core/b64.h"
#include "core/key.h"

/* RFC 8037 appendix A.1 to A.4. */
#define RFC8037_X   "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define RFC8037_D   "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define RFC8037_KID "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define RFC8037_JWS "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define RFC8037_SIG \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

#define JWK_X(x) "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" x "\"}"

static void decode(const char *b64u, void *out, size_t n)
{
    assert_int_equal(b64u_decode_exact(b64u, strlen(b64u), out, n), 0);
}

static int jwk(const char *json, struct key *key)
{
    const char *why = NULL;
    struct value *value = value_parse(json, strlen(json)); /* NULL of what is no object */

    int rc = key_from_jwk(value, key, &why);
    if (rc != 0) {
        assert_non_null(why);
    }
    value_free(value);
    return rc;
}

static void test_thumbprint(void **state)
{
    struct key key;
    struct kid kid;

    assert_int_equal(jwk("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\"}", &key), 0);
    key_kid(&kid, &key);
    assert_string_equal(kid.s, RFC8037_KID);
    assert_true(kid_is_valid(kid.s));
}

static void test_put_jwk(void **state)
{
    struct key key;
    struct buf b = BUF_INIT;

    decode(RFC8037_X, key.x, KEY_LEN);
    key_put_jwk(&b, &key);
    assert_string_equal(b.data, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" RFC8037_X "\"}");
    buf_free(&b);
}

static void test_rfc8037_signature(void **state)
{
    uint8_t seed[32], secret[KEY_SECRET_LEN], sig[KEY_SIG_LEN], known[KEY_SIG_LEN];
    struct key key, from_secret;

    decode(RFC8037_D, seed, sizeof(seed));
    decode(RFC8037_SIG, known, sizeof(known));
    assert_int_equal(crypto_sign_seed_keypair(key.x, secret, seed), 0);
    key_of_secret(&from_secret, secret);
    assert_memory_equal(from_secret.x, key.x, KEY_LEN);
    key_sign(secret, RFC8037_JWS, strlen(RFC8037_JWS), sig);
    assert_memory_equal(sig, known, sizeof(sig));
    assert_true(key_verify(&key, RFC8037_JWS, strlen(RFC8037_JWS), known));
    assert_false(key_verify(&key, RFC8037_JWS, strlen(RFC8037_JWS) - 1, known));
    for (size_t i = 0; i < sizeof(known); i++) {
        known[i] ^= 1;
        assert_false(key_verify(&key, RFC8037_JWS, strlen(RFC8037_JWS), known));
        known[i] ^= 1;
    }
}

/* The order of the group, little-endian (RFC 8032, section 5.1). */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
/* Points that no signature may have as its R, nor a key be: of small order, or not canonical. */
static const char *const odd_points[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

/*
 * The classes of Wycheproof's cases for Ed25519: a signature that was altered so that the equation
 * still holds modulo the order (S + L, S + 2L, …), S or R that are special values, halves exchanged
 * or borrowed from another signature.
 */
static void test_altered_signatures(void **state)
{
    static const char *const scalars[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", /* L - 1 */
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", /* L */
        "eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
        "0000000000000000000000000000000000000000000000000000000000000020",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    uint8_t secret[KEY_SECRET_LEN], good[KEY_SIG_LEN], other[KEY_SIG_LEN], bad[KEY_SIG_LEN];
    struct key key;

    key_generate(&key, secret);
    key_sign(secret, "Hello", 5, good);
    key_sign(secret, "hello", 5, other);
    assert_true(key_verify(&key, "Hello", 5, good));

    memcpy(bad, good, sizeof(bad));
    for (int i = 0; i < 15; i++) { /* below 2^256 */
        sodium_add(bad + 32, order, sizeof(order));
        assert_false(key_verify(&key, "Hello", 5, bad));
    }
    for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
        memcpy(bad, good, sizeof(bad));
        assert_int_equal(sodium_hex2bin(bad + 32, 32, scalars[i], 64, NULL, NULL, NULL), 0);
        assert_false(key_verify(&key, "Hello", 5, bad));
        for (size_t j = 0; j < ARRAY_LEN(odd_points); j++) {
            assert_int_equal(sodium_hex2bin(bad, 32, odd_points[j], 64, NULL, NULL, NULL), 0);
            assert_false(key_verify(&key, "Hello", 5, bad));
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(odd_points); i++) {
        memcpy(bad, good, sizeof(bad));
        assert_int_equal(sodium_hex2bin(bad, 32, odd_points[i], 64, NULL, NULL, NULL), 0);
        assert_false(key_verify(&key, "Hello", 5, bad));
    }
    memcpy(bad, good + 32, 32);
    memcpy(bad + 32, good, 32);
    assert_false(key_verify(&key, "Hello", 5, bad));
    memcpy(bad, good, 32);
    memcpy(bad + 32, other + 32, 32);
    assert_false(key_verify(&key, "Hello", 5, bad));
    for (size_t i = 0; i < sizeof(good) * 8; i++) {
        memcpy(bad, good, sizeof(bad));
        bad[i / 8] ^= (uint8_t)(1 << (i % 8));
        assert_false(key_verify(&key, "Hello", 5, bad));
    }
    assert_false(key_verify(&key, "hello", 5, good));
    assert_false(key_verify(&key, "Hello\0", 6, good));
}

/* Signatures that are good under a key of small order whatever was signed: 0·B = R + h·A. */
static void test_keys_of_small_order(void **state)
{
    uint8_t sig[KEY_SIG_LEN] = {1};
    struct key key;

    for (size_t i = 0; i < ARRAY_LEN(odd_points); i++) {
        assert_int_equal(sodium_hex2bin(key.x, KEY_LEN, odd_points[i], 64, NULL, NULL, NULL), 0);
        for (int n = 0; n < 16; n++) {
            assert_false(key_verify(&key, &n, sizeof(n), sig));
        }
    }
}

static void test_generate(void **state)
{
    struct key key, again;
    uint8_t secret[KEY_SECRET_LEN], sig[KEY_SIG_LEN];

    key_generate(&key, secret);
    key_of_secret(&again, secret);
    assert_memory_equal(again.x, key.x, KEY_LEN);
    assert_true(key_is_valid(&key));
    key_sign(secret, "", 0, sig);
    assert_true(key_verify(&key, "", 0, sig));
    assert_false(key_verify(&key, "x", 1, sig));
}

static void test_jwk_refused(void **state)
{
    static const char *const bad[] = {
        "[]",
        "\"" RFC8037_X "\"",
        "{}",
        "{\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\"}",
        "{\"kty\":\"OKP\",\"x\":\"" RFC8037_X "\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}",
        "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\"}",
        "{\"kty\":\"okp\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\"}",
        "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" RFC8037_X "\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" RFC8037_X "\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":1}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":null}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\"}",
        /* A private key, and members that JOSE knows but the protocol doesn't. */
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\",\"d\":\"" RFC8037_D "\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\",\"kid\":\"" RFC8037_KID "\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\",\"use\":\"sig\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\",\"key_ops\":[\"verify\"]}",
        /* Tail bits, padding, base64 of section 4, 31 and 33 bytes. */
        JWK_X("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"),
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "=\"}",
        JWK_X("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
        JWK_X("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"),
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "A\"}",
    };
    struct key key;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (jwk(bad[i], &key) == 0) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

static int jwk_of_hex(const char *hex, struct key *key)
{
    struct key point;
    struct buf b = BUF_INIT;

    assert_int_equal(sodium_hex2bin(point.x, KEY_LEN, hex, strlen(hex), NULL, NULL, NULL), 0);
    key_put_jwk(&b, &point);
    int rc = jwk(b.data, key);
    buf_free(&b);
    return rc;
}

/* The points of order 1, 2, 4 and 8, their non-canonical forms, and points off the curve or outside
 * the group. */
static void test_bad_points(void **state)
{
    static const char *const bad[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0200000000000000000000000000000000000000000000000000000000000000",
    };
    struct key key;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (jwk_of_hex(bad[i], &key) == 0) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

/* A good key plus the point of order 2: on the curve, not of small order, but not of prime order
 * either. */
static void test_mixed_order(void **state)
{
    static const uint8_t order2[KEY_LEN] = {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    struct key key, mixed;

    decode(RFC8037_X, key.x, KEY_LEN);
    assert_true(key_is_valid(&key));
    assert_int_equal(crypto_core_ed25519_add(mixed.x, key.x, order2), 0);
    assert_false(key_is_valid(&mixed));
}

static void test_kid_is_valid(void **state)
{
    assert_true(kid_is_valid(RFC8037_KID));
    assert_false(kid_is_valid(""));
    assert_false(kid_is_valid("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4"));
    assert_false(kid_is_valid(RFC8037_KID "A"));
    assert_false(kid_is_valid("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4l")); /* tail bits */
    assert_false(kid_is_valid("kPrK/qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    assert_false(kid_is_valid("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4="));
}

static void test_roles(void **state)
{
    enum role role;

    for (int i = 0; i < ROLE_COUNT; i++) {
        assert_int_equal(role_parse(role_name((enum role)i), &role), 0);
        assert_int_equal(role, i);
    }
    assert_string_equal(role_name(ROLE_MEMBER), "member");
    assert_string_equal(role_name(ROLE_CLERK), "clerk");
    assert_int_equal(role_parse("Member", &role), -1);
    assert_int_equal(role_parse("", &role), -1);
    assert_int_equal(role_parse("members", &role), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thumbprint),
        cmocka_unit_test(test_put_jwk),
        cmocka_unit_test(test_generate),
        cmocka_unit_test(test_rfc8037_signature),
        cmocka_unit_test(test_jwk_refused),
        cmocka_unit_test(test_bad_points),
        cmocka_unit_test(test_mixed_order),
        cmocka_unit_test(test_kid_is_valid),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_altered_signatures),
        cmocka_unit_test(test_keys_of_small_order),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
