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

static void test_same_kid_twice(void **state)
{
    assert_parse(two_signers(PAYLOAD, 0, 0), REFUSED_MALFORMED);
    /* Also when their headers are written differently. */
    char *header = x_asprintf("{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}",
                              signer[0].kid.s);
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
            buf_puts(&header, signer[0].kid.s);
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
    char *header = x_asprintf("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}",
                              signer[0].kid.s);
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
        cmocka_unit_test(test_same_kid_twice),
        cmocka_unit_test(test_protected_header),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_other_serializations),
        cmocka_unit_test(test_base64url),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_texts_refused),
        cmocka_unit_test(test_most_signatures),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, acts_setup, NULL);
}
