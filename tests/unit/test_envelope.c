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

#define PAYLOAD "{\"type\":\"transfer\",\"amount\":90}"
#define N_KEYS  3

/* Three key pairs made from fixed seeds. */
static struct {
    struct key key;
    struct kid kid;
    uint8_t secret[KEY_SECRET_LEN];
} pair[N_KEYS];

static int setup(void **state)
{
    for (unsigned i = 0; i < N_KEYS; i++) {
        uint8_t seed[crypto_sign_SEEDBYTES];
        memset(seed, (int)i + 1, sizeof(seed));
        (void)crypto_sign_seed_keypair(pair[i].key.x, pair[i].secret, seed);
        key_kid(&pair[i].kid, &pair[i].key);
    }
    return 0;
}

/* One entry of "signatures": any protected header's bytes over any payload, rightly signed. */
static char *entry_of(const char *header, size_t header_len, const char *payload, size_t len,
                      unsigned signer)
{
    struct buf text = BUF_INIT, out = BUF_INIT;
    uint8_t sig[KEY_SIG_LEN];

    buf_put_b64u(&text, header, header_len);
    buf_puts(&out, "{\"protected\":\"");
    buf_put(&out, text.data, text.len);
    buf_putc(&text, '.');
    buf_put_b64u(&text, payload, len);
    key_sign(pair[signer].secret, text.data, text.len, sig);
    buf_puts(&out, "\",\"signature\":\"");
    buf_put_b64u(&out, sig, sizeof(sig));
    buf_puts(&out, "\"}");
    buf_free(&text);
    return buf_take(&out);
}

static char *good_entry(const char *payload, unsigned signer)
{
    char *header = x_asprintf("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}",
                              pair[signer].kid.s);
    char *entry = entry_of(header, strlen(header), payload, strlen(payload), signer);

    free(header);
    return entry;
}

/* {"act":{"payload":…,"signatures":[entries]}}, and what `after` puts behind the act. Frees the
 * entry. */
static char *submission_of(const char *payload, size_t len, char *entries, const char *after)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, "{\"act\":{\"payload\":\"");
    buf_put_b64u(&b, payload, len);
    buf_puts(&b, "\",\"signatures\":[");
    buf_puts(&b, entries);
    buf_puts(&b, "]}");
    buf_puts(&b, after);
    buf_puts(&b, "}");
    free(entries);
    return buf_take(&b);
}

static char *good_submission(const char *payload, unsigned signer)
{
    return submission_of(payload, strlen(payload), good_entry(payload, signer), "");
}

static char *two_signers(const char *payload, unsigned first, unsigned second)
{
    char *a = good_entry(payload, first), *b = good_entry(payload, second);
    char *both = x_asprintf("%s,%s", a, b);

    free(a);
    free(b);
    return submission_of(payload, strlen(payload), both, "");
}

static enum refusal_code parse_len(const char *s, size_t len, struct submission *out)
{
    struct refusal r = {.code = REFUSED_NOT};

    if (submission_parse(out, s, len, &r) == 0) {
        assert_int_equal(r.code, REFUSED_NOT);
        return REFUSED_NOT;
    }
    assert_int_not_equal(r.code, REFUSED_NOT);
    assert_true(r.detail[0] != '\0');
    return r.code;
}

/* Parses and forgets; frees s. */
static void assert_parse(char *s, enum refusal_code want)
{
    struct submission sub;
    enum refusal_code code = parse_len(s, strlen(s), &sub);

    if (code != want) {
        fail_msg("%s instead of %s: %s", code == REFUSED_NOT ? "accepted" : refusal_name(code),
                 want == REFUSED_NOT ? "accepted" : refusal_name(want), s);
    }
    if (code == REFUSED_NOT) {
        submission_free(&sub);
    }
    free(s);
}

static void must_parse(char *s, struct submission *out)
{
    assert_int_equal(parse_len(s, strlen(s), out), REFUSED_NOT);
    free(s);
}

/* The first *arg pairs are registered. */
static bool lookup(void *arg, const struct kid *kid, struct key *out)
{
    for (unsigned i = 0; i < *(unsigned *)arg; i++) {
        if (str_eq(kid->s, pair[i].kid.s)) {
            *out = pair[i].key;
            return true;
        }
    }
    return false;
}

static enum refusal_code verify(struct envelope *e, unsigned registered)
{
    struct refusal r = {.code = REFUSED_NOT};

    return envelope_verify(e, lookup, &registered, &r) == 0 ? REFUSED_NOT : r.code;
}

static void assert_verify(char *s, unsigned registered, enum refusal_code want)
{
    struct submission sub;

    must_parse(s, &sub);
    assert_int_equal(verify(&sub.env, registered), want);
    for (size_t i = 0; i < sub.env.n_sigs; i++) {
        assert_int_equal(sub.env.sigs[i].verified, want == REFUSED_NOT);
    }
    submission_free(&sub);
}

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
    assert_string_equal(sub.env.sigs[0].kid.s, pair[0].kid.s);
    assert_false(sub.env.sigs[0].verified);
    assert_int_equal(sub.n_texts, 0);
    assert_int_equal(verify(&sub.env, 1), REFUSED_NOT);
    assert_true(sub.env.sigs[0].verified);
    submission_free(&sub);
}

/* Bytes fixed for ever, made once by another implementation: Ed25519 signs without chance. */
static void test_fixed_bytes(void **state)
{
    struct envelope e;
    struct buf b = BUF_INIT;

    envelope_new(&e, PAYLOAD, strlen(PAYLOAD));
    envelope_sign(&e, pair[0].secret);
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
    assert_int_equal(verify(&sub.env, 2), REFUSED_NOT);
    assert_int_equal(verify(&swapped.env, 1), REFUSED_UNKNOWN_KEY);
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
        assert_int_equal(verify(&sub.env, 2), REFUSED_BAD_SIGNATURE);
        assert_false(sub.env.sigs[0].verified);
        assert_false(sub.env.sigs[1].verified);
        submission_free(&sub);
    }
    /* Signed over another payload; by another key than the kid's. */
    assert_verify(submission_of("{\"amount\":91}", 13, good_entry("{\"amount\":90}", 0), ""), 1,
                  REFUSED_BAD_SIGNATURE);
    char *header =
        x_asprintf("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", pair[0].kid.s);
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
    assert_int_equal(verify(&sub.env, 1), REFUSED_BAD_SIGNATURE);
    sub.env.sigs[0].verified = true;
    assert_int_equal(verify(&sub.env, 0), REFUSED_NOT);
    submission_free(&sub);
}

static void test_same_kid_twice(void **state)
{
    assert_parse(two_signers(PAYLOAD, 0, 0), REFUSED_MALFORMED);
    /* Also when their headers are written differently. */
    char *header = x_asprintf("{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}",
                              pair[0].kid.s);
    char *a = entry_of(header, strlen(header), PAYLOAD, strlen(PAYLOAD), 0);
    char *b = good_entry(PAYLOAD, 0);
    assert_parse(submission_of(PAYLOAD, strlen(PAYLOAD), x_asprintf("%s,%s", a, b), ""),
                 REFUSED_MALFORMED);
    free(header);
    free(a);
    free(b);
}

static void test_protected_header(void **state)
{
    static const struct {
        const char *json; /* %s is the kid */
        bool good;
    } headers[] = {
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", true},
        {"{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", true},
        {" {\"typ\":\"pumasi-act+json\",\n\"kid\":\"%s\",\t\"alg\":\"EdDSA\"} ", true},
        {"{\"\\u0061lg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", true},
        {"{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":\"eddsa\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":null,\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":\"EdDSA\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"JWT\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-query+jwt\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"application/pumasi-act+json\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s=\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"x\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":1,\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\",\"crit\":[\"exp\"]}",
         false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\",\"b64\":true}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\",\"b64\":false}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\",\"jwk\":{}}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\",\"jku\":\"x\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\",\"x5c\":[]}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\",\"x5t\":\"x\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\",\"cty\":\"x\"}", false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\",\"x\":1.0}", false},
        {"{\"alg\":\"none\",\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", false},
        {"{\"alg\":\"EdDSA\",\"\\u0061lg\":\"EdDSA\",\"kid\":\"%s\","
         "\"typ\":\"pumasi-act+json\"}",
         false},
        {"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}x", false},
        {"[\"EdDSA\",\"%s\"]", false},
        {"", false},
        {"\xff{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        struct buf header = BUF_INIT;
        const char *cut = strstr(headers[i].json, "%s");
        if (cut != NULL) {
            buf_put(&header, headers[i].json, (size_t)(cut - headers[i].json));
            buf_puts(&header, pair[0].kid.s);
            buf_puts(&header, cut + 2);
        } else {
            buf_puts(&header, headers[i].json);
        }
        char *s = submission_of(PAYLOAD, strlen(PAYLOAD),
                                entry_of(header.data, header.len, PAYLOAD, strlen(PAYLOAD), 0), "");
        if (headers[i].good) {
            assert_verify(s, 1, REFUSED_NOT);
        } else {
            assert_parse(s, REFUSED_MALFORMED);
        }
        buf_free(&header);
    }
    /* A NUL after the header. */
    char *header =
        x_asprintf("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", pair[0].kid.s);
    assert_parse(submission_of(PAYLOAD, strlen(PAYLOAD),
                               entry_of(header, strlen(header) + 1, PAYLOAD, strlen(PAYLOAD), 0),
                               ""),
                 REFUSED_MALFORMED);
    free(header);
}

/* Each replaces one piece of a good submission. */
static char *replaced(const char *what, const char *with)
{
    char *s = good_submission(PAYLOAD, 0);
    char *at = strstr(s, what);
    struct buf b = BUF_INIT;

    assert_non_null(at);
    buf_put(&b, s, (size_t)(at - s));
    buf_puts(&b, with);
    buf_puts(&b, at + strlen(what));
    free(s);
    return buf_take(&b);
}

static void test_shape(void **state)
{
    assert_parse(replaced("{\"act\"", "{\"act\""), REFUSED_NOT);
    assert_parse(replaced("{\"act\":", " {\t\"act\":\r\n"), REFUSED_NOT);
    static const struct {
        const char *what, *with;
    } bad[] = {
        {"{\"act\"", "{\"Act\""},
        {"{\"act\"", "{\"more\":1,\"act\""},
        {"{\"act\"", "{\"act\":{},\"act\""},
        {"{\"act\"", "{\"\\u0061ct\":{},\"act\""},
        {"{\"act\":", "{\"act\":[],\"x\":"},
        {"{\"act\":", "[{\"act\":"},
        {"{\"payload\"", "{\"header\":{},\"payload\""},
        {"{\"payload\"", "{\"protected\":\"e30\",\"payload\""},
        {"{\"payload\"", "{\"signature\":\"AA\",\"payload\""},
        {"{\"payload\"", "{\"payload\":\"e30\",\"payload\""},
        {"{\"payload\"", "{\"\\u0070ayload\":\"e30\",\"payload\""},
        {"\"payload\":", "\"payload\":1,\"x\":"},
        {"\"signatures\"", "\"signature\""},
        {"\"signatures\":[", "\"signatures\":[[],"},
        {"\"signatures\":[", "\"signatures\":[null,"},
        {"\"signatures\":[", "\"signatures\":[{},"},
        {"{\"protected\"", "{\"header\":{\"kid\":\"x\"},\"protected\""},
        {"{\"protected\"", "{\"alg\":\"EdDSA\",\"protected\""},
        {"{\"protected\"", "{\"protected\":\"e30\",\"protected\""},
        {"{\"protected\"", "{\"x\":1.5,\"protected\""},
        {"{\"protected\"", "{\"x\":1e2,\"protected\""},
        {"{\"protected\"", "{\"x\":9007199254740992,\"protected\""},
        {"{\"protected\"", "{\"\xc3\x28\":1,\"protected\""},
        {"\"protected\":\"", "\"protected\":\"\\u0000"},
        {"\"protected\":\"", "\"protected\":\"="},
        {"\"protected\":\"", "\"protected\":\"A"},
        {"\"signature\":\"", "\"signature\":\"AAAA"},
        {"\"signature\":\"", "\"signature\":\""}, /* cut below */
        {"]}}", "]}"},
        {"]}}", "]}}}"},
        {"]}}", "]},}"},
        {"]}}", "]}}{}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (str_eq(bad[i].what, bad[i].with)) {
            char *s = replaced(bad[i].what, bad[i].with);
            memmove(strstr(s, "\"}]") - 1, strstr(s, "\"}]"), strlen(strstr(s, "\"}]")) + 1);
            assert_parse(s, REFUSED_MALFORMED); /* a signature of 63 bytes and some bits */
            continue;
        }
        assert_parse(replaced(bad[i].what, bad[i].with), REFUSED_MALFORMED);
    }
    assert_parse(submission_of(PAYLOAD, strlen(PAYLOAD), x_strdup(""), ""), REFUSED_MALFORMED);
    assert_parse(x_strdup(""), REFUSED_MALFORMED);
    assert_parse(x_strdup("{}"), REFUSED_MALFORMED);
    assert_parse(x_strdup("null"), REFUSED_MALFORMED);
    assert_parse(x_strdup("{\"act\":null}"), REFUSED_MALFORMED);
    assert_parse(x_strdup("{\"act\":{\"payload\":\"e30\",\"signatures\":null}}"),
                 REFUSED_MALFORMED);
    assert_parse(x_strdup("{\"act\":{\"payload\":\"e30\"}}"), REFUSED_MALFORMED);
}

/* Compact and flattened serializations are others' (RFC 7515 7.1, 7.2.2). */
static void test_other_serializations(void **state)
{
    assert_parse(x_strdup("{\"act\":\"e30.e30.AA\"}"), REFUSED_MALFORMED);
    assert_parse(
        x_strdup("{\"act\":{\"payload\":\"e30\",\"protected\":\"e30\",\"signature\":\"AA\"}}"),
        REFUSED_MALFORMED);
}

static void payload_text(const char *b64u, enum refusal_code want)
{
    char *entry = good_entry(PAYLOAD, 0);

    assert_parse(x_asprintf("{\"act\":{\"payload\":\"%s\",\"signatures\":[%s]}}", b64u, entry),
                 want);
    free(entry);
}

static void test_base64url(void **state)
{
    payload_text("e30", REFUSED_NOT);
    payload_text("e31", REFUSED_MALFORMED);  /* tail bits */
    payload_text("e30=", REFUSED_MALFORMED); /* padding */
    payload_text("e3=0", REFUSED_MALFORMED);
    payload_text("e30=e30=", REFUSED_MALFORMED);
    payload_text("e3 0", REFUSED_MALFORMED);
    payload_text("e3\\n0", REFUSED_MALFORMED);
    payload_text("eyJ-fn4_In0", REFUSED_NOT);
    payload_text("eyJ+fn4/In0", REFUSED_MALFORMED); /* section 4's alphabet */
    payload_text("e30AA", REFUSED_MALFORMED);
    payload_text("e", REFUSED_MALFORMED);
    payload_text("e30\\u00e9", REFUSED_MALFORMED);
}

static void test_nul(void **state)
{
    static const char payload[] = "{\"a\":\"x\0y\"}";
    struct submission sub;
    char *s = good_submission(PAYLOAD, 0);
    size_t len = strlen(s);

    /* Inside the payload; behind the submission; inside it; as an escape in a string. */
    assert_parse(submission_of(payload, sizeof(payload) - 1, good_entry(PAYLOAD, 0), ""),
                 REFUSED_MALFORMED);
    assert_int_equal(parse_len(s, len + 1, &sub), REFUSED_MALFORMED);
    *strstr(s, "payload") = '\0';
    assert_int_equal(parse_len(s, len, &sub), REFUSED_MALFORMED);
    free(s);
    assert_parse(replaced("{\"act\"", "{\"a\\u0000\":1,\"act\""), REFUSED_MALFORMED);
    assert_parse(submission_of(PAYLOAD, strlen(PAYLOAD), good_entry(PAYLOAD, 0),
                               ",\"texts\":{\"memo\":{\"salt\":\"AAECAwQFBgcICQoLDA0ODw\","
                               "\"text\":\"a\\u0000b\"}}"),
                 REFUSED_MALFORMED);
}

/* White space makes it as long as we want. */
static void test_size(void **state)
{
    struct submission sub;
    struct buf b = BUF_INIT;
    char *s = good_submission(PAYLOAD, 0);

    buf_puts(&b, s);
    while (b.len < ENVELOPE_MAX) {
        buf_putc(&b, ' ');
    }
    assert_int_equal(parse_len(b.data, b.len, &sub), REFUSED_NOT);
    submission_free(&sub);
    buf_putc(&b, ' ');
    assert_int_equal(b.len, 65537);
    assert_int_equal(parse_len(b.data, b.len, &sub), REFUSED_TOO_LARGE);
    free(s);
    buf_free(&b);
}

/* "[[[…]]]" or {"a":{"a":…}}, n levels. */
static char *nested(size_t n, bool objects)
{
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, objects ? "{\"a\":" : "[");
    }
    buf_puts(&b, "1");
    for (size_t i = 0; i < n; i++) {
        buf_puts(&b, objects ? "}" : "]");
    }
    return buf_take(&b);
}

/* Depth is counted in the submission, the header and, where it is parsed for its keys, the payload.
 */
static void test_depth(void **state)
{
    for (size_t n = 16; n <= 17; n++) {
        char *deep = nested(n, true);
        /* 16 levels are read and hold no key, 17 aren't read at all. */
        assert_verify(good_submission(deep, 0), 0,
                      n == 16 ? REFUSED_UNKNOWN_KEY : REFUSED_MALFORMED);
        assert_verify(good_submission(deep, 0), 1, REFUSED_NOT);
        assert_parse(submission_of(PAYLOAD, strlen(PAYLOAD),
                                   entry_of(deep, strlen(deep), PAYLOAD, strlen(PAYLOAD), 0), ""),
                     REFUSED_MALFORMED);
        free(deep);
    }
    struct kid kid;
    const char *why = NULL;
    for (size_t n = 15; n <= 16; n++) {
        char *deep = nested(n, false);
        char *header = x_asprintf("{\"x\":%s}", deep);
        why = NULL;
        assert_int_equal(protected_parse(header, strlen(header), "t", &kid, &why), -1);
        /* A header that deep has a foreign member anyway: the two are told apart by the reason. */
        assert_int_equal(strstr(why, "exactly") != NULL, n == 15);
        free(header);
        free(deep);
    }
    /* Long runs of brackets recurse no further than the limit. */
    char *endless = nested(20000, false);
    assert_parse(x_asprintf("{\"act\":%s}", endless), REFUSED_MALFORMED);
    free(endless);
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
        char *payload = payload_with_key(&pair[1].key, places[i].before, places[i].after);
        assert_verify(good_submission(payload, 1), 0, REFUSED_NOT);
        /* Another's signature isn't helped by it. */
        assert_verify(good_submission(payload, 2), 0, REFUSED_UNKNOWN_KEY);
        /* A registered signer and a new one. */
        assert_verify(two_signers(payload, 0, 1), 1, REFUSED_NOT);
        assert_verify(two_signers(payload, 1, 2), 1, REFUSED_UNKNOWN_KEY);
        free(payload);
    }
    /* A key that is there, and a signature that isn't its. */
    char *payload = payload_with_key(&pair[1].key, "{\"key\":", "}");
    struct submission sub;
    must_parse(two_signers(payload, 0, 1), &sub);
    size_t which = str_eq(sub.env.sigs[0].kid.s, pair[1].kid.s) ? 0 : 1;
    sub.env.sigs[which].sig[5] ^= 0x10;
    assert_int_equal(verify(&sub.env, 1), REFUSED_BAD_SIGNATURE);
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
    assert_int_equal(verify(&a.env, 3), REFUSED_NOT);
    for (size_t i = 3; i-- > 0;) {
        if (str_eq(a.env.sigs[i].kid.s, pair[2].kid.s)) {
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
    assert_int_equal(verify(&e, 0), REFUSED_NOT); /* nothing to verify; parsing refuses it */
    for (unsigned i = 0; i < N_KEYS; i++) {
        envelope_sign(&e, pair[i].secret);
    }
    e.sigs[1].sig[0] ^= 1;
    assert_int_equal(verify(&e, 3), REFUSED_BAD_SIGNATURE);
    for (unsigned i = 0; i < N_KEYS; i++) {
        envelope_sign(&e, pair[i].secret); /* replaces */
    }
    assert_int_equal(e.n_sigs, 3);
    assert_int_equal(verify(&e, 3), REFUSED_NOT);
    envelope_put(&b, &e);
    json_t *jws = json_loads(b.data, 0, NULL);
    assert_int_equal(envelope_from_json(&again, jws, &r), 0);
    assert_true(hash_eq(&again.payload_hash, &e.payload_hash));
    assert_int_equal(verify(&again, 3), REFUSED_NOT);
    json_decref(jws);
    envelope_free(&again);
    envelope_free(&e);
    buf_free(&b);
}

static void test_texts(void **state)
{
    static const char texts[] =
        ",\"texts\":{\"reason\":{\"text\":\"\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\"},"
        "\"memo\":{\"salt\":\"AAECAwQFBgcICQoLDA0ODw\",\"text\":\"\xed\x92\x88\xec\x95\x97"
        "\xec\x9d\xb4 \\\"\\u00e9\\n\"}}";
    struct submission sub;
    struct buf b = BUF_INIT;

    must_parse(submission_of(PAYLOAD, strlen(PAYLOAD), good_entry(PAYLOAD, 0), texts), &sub);
    assert_int_equal(sub.n_texts, 2);
    assert_string_equal(sub.texts[0].field, "memo");
    assert_int_equal(sub.texts[0].salt[15], 15);
    assert_string_equal(sub.texts[0].text, "품앗이 \"é\n");
    assert_int_equal(sub.texts[0].len, strlen("품앗이 \"é\n"));
    assert_string_equal(sub.texts[1].field, "reason");
    assert_int_equal(sub.texts[1].len, 0);
    /* Written and read again it is the same. */
    submission_put(&b, &sub);
    submission_free(&sub);
    assert_int_equal(parse_len(b.data, b.len, &sub), REFUSED_NOT);
    struct buf c = BUF_INIT;
    submission_put(&c, &sub);
    assert_string_equal(b.data, c.data);
    assert_null(strchr(b.data, '\n'));
    assert_non_null(strstr(b.data, "]},\"texts\":{\"memo\":{\"salt\":\"AAECAwQFBgcICQoLDA0ODw\","
                                   "\"text\":\"품앗이 \\\"é\\n\"},\"reason\":{\"salt\":"));
    submission_free(&sub);
    buf_free(&b);
    buf_free(&c);
}

#define SALT "\"salt\":\"AAECAwQFBgcICQoLDA0ODw\""

static void assert_texts(const char *after, enum refusal_code want)
{
    assert_parse(submission_of(PAYLOAD, strlen(PAYLOAD), good_entry(PAYLOAD, 0), after), want);
}

static void test_texts_refused(void **state)
{
    assert_texts(",\"texts\":{}", REFUSED_NOT);
    assert_texts(",\"texts\":{\"name\":{" SALT ",\"text\":\"x\"}}", REFUSED_NOT);
    assert_texts(",\"texts\":null", REFUSED_MALFORMED);
    assert_texts(",\"texts\":[]", REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"memo\":null}", REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"memo\":\"x\"}", REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"note\":{" SALT ",\"text\":\"x\"}}", REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"memo\":{\"text\":\"x\"}}", REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"memo\":{" SALT "}}", REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"memo\":{" SALT ",\"text\":1}}", REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"memo\":{" SALT ",\"text\":\"x\",\"lang\":\"ko\"}}",
                 REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"memo\":{\"salt\":\"AAECAwQFBgcICQoLDA0O\",\"text\":\"x\"}}",
                 REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"memo\":{\"salt\":\"AAECAwQFBgcICQoLDA0ODx\",\"text\":\"x\"}}",
                 REFUSED_MALFORMED);
    assert_texts(",\"texts\":{\"memo\":{" SALT ",\"text\":\"x\"},\"\\u006demo\":{" SALT
                 ",\"text\":\"y\"}}",
                 REFUSED_MALFORMED);
    /* The second text is at fault: the first one isn't leaked. */
    assert_texts(",\"texts\":{\"memo\":{" SALT ",\"text\":\"x\"},\"name\":{" SALT "}}",
                 REFUSED_MALFORMED);
    for (size_t len = 1024; len <= 1025; len++) {
        struct buf b = BUF_INIT;
        buf_puts(&b, ",\"texts\":{\"memo\":{" SALT ",\"text\":\"");
        for (size_t i = 0; i < len; i++) {
            buf_putc(&b, 'x');
        }
        buf_puts(&b, "\"}}");
        assert_texts(b.data, len == 1024 ? REFUSED_NOT : REFUSED_MALFORMED);
        buf_free(&b);
    }
}

static void test_most_signatures(void **state)
{
    for (unsigned n = ENVELOPE_SIGS_MAX; n <= ENVELOPE_SIGS_MAX + 1; n++) {
        struct envelope e;
        struct buf b = BUF_INIT;
        envelope_new(&e, PAYLOAD, strlen(PAYLOAD));
        for (unsigned i = 0; i < n; i++) {
            struct key key;
            uint8_t secret[KEY_SECRET_LEN], seed[crypto_sign_SEEDBYTES] = {0xaa, (uint8_t)i};
            (void)crypto_sign_seed_keypair(key.x, secret, seed);
            envelope_sign(&e, secret);
        }
        buf_puts(&b, "{\"act\":");
        envelope_put(&b, &e);
        buf_putc(&b, '}');
        assert_parse(buf_take(&b), n == ENVELOPE_SIGS_MAX ? REFUSED_NOT : REFUSED_MALFORMED);
        envelope_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_one),
        cmocka_unit_test(test_fixed_bytes),
        cmocka_unit_test(test_two_signatures),
        cmocka_unit_test(test_broken_signature),
        cmocka_unit_test(test_marked_and_malleable),
        cmocka_unit_test(test_same_kid_twice),
        cmocka_unit_test(test_protected_header),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_other_serializations),
        cmocka_unit_test(test_base64url),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_payload_strict),
        cmocka_unit_test(test_key_in_payload),
        cmocka_unit_test(test_low_order_key),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_texts_refused),
        cmocka_unit_test(test_most_signatures),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, setup, NULL);
}
