/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/envelope.h"
#include "tests/unit/acts.h"

static void test_parse_one(void **state)
{
    struct submission sub;
    struct hash h;

    must_parse(good_submission(PAYLOAD, 0), &sub);
    assert_string_equal(sub.env.payload, PAYLOAD);
    assert_int_equal(sub.env.payload_len, strlen(PAYLOAD));
    hash_bytes(&h, PAYLOAD, strlen(PAYLOAD));
    assert_true(hash_eq(&h, &sub.env.payload_hash));
    assert_int_equal(sub.env.n_sigs, 1);
    assert_string_equal(sub.env.sigs[0].kid.s, signer[0].kid.s);
    assert_false(sub.env.sigs[0].verified);
    assert_int_equal(sub.n_texts, 0);
    assert_int_equal(verify_env(&sub.env, 1), REFUSED_NOT);
    assert_true(sub.env.sigs[0].verified);
    submission_free(&sub);
}

/* Bytes fixed for ever, made once by another implementation: Ed25519 signs without chance. */
static void test_fixed_bytes(void **state)
{
    struct envelope e;
    struct buf b = BUF_INIT;

    envelope_new(&e, PAYLOAD, strlen(PAYLOAD));
    envelope_sign(&e, signer[0].secret);
    envelope_put(&b, &e);
    assert_string_equal(
        b.data, "{\"payload\":\"eyJ0eXBlIjoidHJhbnNmZXIiLCJhbW91bnQiOjkwfQ\",\"signatures\":["
                "{\"protected\":\"eyJhbGciOiJFZERTQSIsImtpZCI6IlVERFJlT1psMWlwWEFmcDl3WXNtMTNz"
                "REJNSzVvZy0tUVdkQmp6dWY2bzQiLCJ0eXAiOiJwdW1hc2ktYWN0K2pzb24ifQ\","
                "\"signature\":\""
                "0ih-Xph672s-mUrWbfx2mRJzySVmtuWYOg-AuyDARKZmr2RUOqfnvYNVnA93CJtnSWnl1FizR2dh"
                "1HERikkeBA\"}]}");
    buf_free(&b);
    envelope_free(&e);
}

static void test_two_signatures(void **state)
{
    struct submission sub, swapped;
    struct buf a = BUF_INIT, b = BUF_INIT;

    must_parse(two_signers(PAYLOAD, 0, 1), &sub);
    must_parse(two_signers(PAYLOAD, 1, 0), &swapped);
    assert_int_equal(sub.env.n_sigs, 2);
    assert_true(strcmp(sub.env.sigs[0].kid.s, sub.env.sigs[1].kid.s) < 0);
    submission_put(&a, &sub);
    submission_put(&b, &swapped);
    assert_string_equal(a.data, b.data);
    assert_int_equal(verify_env(&sub.env, 2), REFUSED_NOT);
    assert_int_equal(verify_env(&swapped.env, 1), REFUSED_UNKNOWN_KEY);
    submission_free(&sub);
    submission_free(&swapped);
    buf_free(&a);
    buf_free(&b);
}

/* All or nothing: with either of two signatures broken neither counts. */
static void test_broken_signature(void **state)
{
    for (size_t which = 0; which < 2; which++) {
        struct submission sub;
        must_parse(two_signers(PAYLOAD, 0, 1), &sub);
        sub.env.sigs[which].sig[63 * which] ^= 1;
        assert_int_equal(verify_env(&sub.env, 2), REFUSED_BAD_SIGNATURE);
        assert_false(sub.env.sigs[0].verified);
        assert_false(sub.env.sigs[1].verified);
        submission_free(&sub);
    }
    /* Signed over another payload; by another key than the kid's. */
    assert_verify(submission_of("{\"amount\":91}", 13, good_entry("{\"amount\":90}", 0), ""), 1,
                  REFUSED_BAD_SIGNATURE);
    char *header = x_asprintf("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}",
                              signer[0].kid.s);
    assert_verify(submission_of(PAYLOAD, strlen(PAYLOAD),
                                entry_of(header, strlen(header), PAYLOAD, strlen(PAYLOAD), 1), ""),
                  2, REFUSED_BAD_SIGNATURE);
    free(header);
}

/* A signature marked verified isn't looked at again; S + L of a good one is refused (RFC
 * 8032 5.1.7). */
static void test_marked_and_malleable(void **state)
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    struct submission sub;

    must_parse(good_submission(PAYLOAD, 0), &sub);
    sodium_add(sub.env.sigs[0].sig + 32, order, sizeof(order));
    assert_int_equal(verify_env(&sub.env, 1), REFUSED_BAD_SIGNATURE);
    sub.env.sigs[0].verified = true;
    assert_int_equal(verify_env(&sub.env, 0), REFUSED_NOT);
    submission_free(&sub);
}

/* JSON that jansson or others may let pass, in a payload that is parsed for its keys. */
static void test_payload_strict(void **state)
{
    static const char *const bad[] = {
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"a\":1.0}",
        "{\"a\":1e2}",
        "{\"a\":-0}",
        "{\"a\":9007199254740992}",
        "{\"a\":01}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "[]",
        "\"x\"",
        "",
        "{\"a\":1}{}",
        "{\"a\":NaN}",
        "{\"\\ud800\":1}",
        "{\"a\":'x'}",
        "{\"a\":{\"b\":1,\"\\u0062\":2}}",
        "{a:1}",
        "\xef\xbb\xbf{}",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_verify(good_submission(bad[i], 0), 0, REFUSED_MALFORMED);
    }
    assert_verify(good_submission("{\"a\":1}", 0), 0, REFUSED_UNKNOWN_KEY);
}

static char *payload_with_key(const struct key *key, const char *before, const char *after)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, before);
    key_put_jwk(&b, key);
    buf_puts(&b, after);
    return buf_take(&b);
}

static void test_key_in_payload(void **state)
{
    static const struct {
        const char *before, *after;
    } places[] = {
        {"{\"key\":", "}"},
        {"{\"keys\":[", "]}"},
        {"{\"keys\":[{\"kty\":\"RSA\"},3,null,", "]}"},
        {"{\"a\":[[{\"b\":{\"c\":[{},", "]}}]]}"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":", "}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        char *payload = payload_with_key(&signer[1].key, places[i].before, places[i].after);
        assert_verify(good_submission(payload, 1), 0, REFUSED_NOT);
        /* Another's signature isn't helped by it. */
        assert_verify(good_submission(payload, 2), 0, REFUSED_UNKNOWN_KEY);
        /* A registered signer and a new one. */
        assert_verify(two_signers(payload, 0, 1), 1, REFUSED_NOT);
        assert_verify(two_signers(payload, 1, 2), 1, REFUSED_UNKNOWN_KEY);
        free(payload);
    }
    /* A key that is there, and a signature that isn't its. */
    char *payload = payload_with_key(&signer[1].key, "{\"key\":", "}");
    struct submission sub;
    must_parse(two_signers(payload, 0, 1), &sub);
    size_t which = str_eq(sub.env.sigs[0].kid.s, signer[1].kid.s) ? 0 : 1;
    sub.env.sigs[which].sig[5] ^= 0x10;
    assert_int_equal(verify_env(&sub.env, 1), REFUSED_BAD_SIGNATURE);
    assert_false(sub.env.sigs[0].verified);
    assert_false(sub.env.sigs[1].verified);
    submission_free(&sub);
    free(payload);
}

/* With a low-order key R = identity, S = 0 "verifies" for many verifiers, whatever the message. */
static void test_low_order_key(void **state)
{
    static const uint8_t points[][KEY_LEN] = {
        {1},
        {0},
        {[31] = 0x80},
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
         0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
         0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    };

    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        struct key key;
        struct kid kid;
        struct buf s = BUF_INIT;
        uint8_t sig[KEY_SIG_LEN] = {1};
        memcpy(key.x, points[i], KEY_LEN);
        key_kid(&kid, &key);
        char *payload = payload_with_key(&key, "{\"key\":", "}");
        char *header =
            x_asprintf("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", kid.s);
        buf_puts(&s, "{\"act\":{\"payload\":\"");
        buf_put_b64u(&s, payload, strlen(payload));
        buf_puts(&s, "\",\"signatures\":[{\"protected\":\"");
        buf_put_b64u(&s, header, strlen(header));
        buf_puts(&s, "\",\"signature\":\"");
        buf_put_b64u(&s, sig, sizeof(sig));
        buf_puts(&s, "\"}]}}");
        assert_verify(buf_take(&s), 0, REFUSED_UNKNOWN_KEY);
        free(payload);
        free(header);
    }
}

static void test_merge(void **state)
{
    struct submission a, b;
    struct buf merged = BUF_INIT, both = BUF_INIT;

    must_parse(good_submission(PAYLOAD, 2), &a);
    for (unsigned i = 0; i < 2; i++) {
        must_parse(good_submission(PAYLOAD, i), &b);
        assert_true(envelope_add_sig(&a.env, &b.env.sigs[0]));
        assert_false(envelope_add_sig(&a.env, &b.env.sigs[0]));
        submission_free(&b); /* what was added was copied */
    }
    assert_int_equal(a.env.n_sigs, 3);
    for (size_t i = 1; i < 3; i++) {
        assert_true(strcmp(a.env.sigs[i - 1].kid.s, a.env.sigs[i].kid.s) < 0);
    }
    assert_int_equal(verify_env(&a.env, 3), REFUSED_NOT);
    for (size_t i = 3; i-- > 0;) {
        if (str_eq(a.env.sigs[i].kid.s, signer[2].kid.s)) {
            envelope_remove_sig(&a.env, i);
        }
    }
    must_parse(two_signers(PAYLOAD, 1, 0), &b);
    envelope_put(&merged, &a.env);
    envelope_put(&both, &b.env);
    assert_string_equal(merged.data, both.data);
    submission_free(&a);
    submission_free(&b);
    buf_free(&merged);
    buf_free(&both);
}

static void test_sign(void **state)
{
    struct envelope e, again;
    struct buf b = BUF_INIT;
    struct refusal r;

    envelope_new(&e, PAYLOAD, strlen(PAYLOAD));
    assert_int_equal(verify_env(&e, 0), REFUSED_NOT); /* nothing to verify; parsing refuses it */
    for (unsigned i = 0; i < N_SIGNERS; i++) {
        envelope_sign(&e, signer[i].secret);
    }
    e.sigs[1].sig[0] ^= 1;
    assert_int_equal(verify_env(&e, 3), REFUSED_BAD_SIGNATURE);
    for (unsigned i = 0; i < N_SIGNERS; i++) {
        envelope_sign(&e, signer[i].secret); /* replaces */
    }
    assert_int_equal(e.n_sigs, 3);
    assert_int_equal(verify_env(&e, 3), REFUSED_NOT);
    envelope_put(&b, &e);
    struct value *jws = value_parse(b.data, b.len);
    assert_int_equal(envelope_from_json(&again, jws, &r), 0);
    assert_true(hash_eq(&again.payload_hash, &e.payload_hash));
    assert_int_equal(verify_env(&again, 3), REFUSED_NOT);
    value_free(jws);
    envelope_free(&again);
    envelope_free(&e);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_one),
        cmocka_unit_test(test_fixed_bytes),
        cmocka_unit_test(test_two_signatures),
        cmocka_unit_test(test_broken_signature),
        cmocka_unit_test(test_marked_and_malleable),
        cmocka_unit_test(test_payload_strict),
        cmocka_unit_test(test_key_in_payload),
        cmocka_unit_test(test_low_order_key),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_sign),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, acts_setup, NULL);
}
