/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/token.h"

#define AUD  "ledger.example#kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define PATH "/v1/accounts/alice@hansalim/hour"
#define NOW  INT64_C(1795210000)

static struct key key, other;
static struct kid kid;
static uint8_t secret[KEY_SECRET_LEN], other_secret[KEY_SECRET_LEN];

static int setup(void **state)
{
    uint8_t seed[crypto_sign_SEEDBYTES] = {7};

    (void)crypto_sign_seed_keypair(key.x, secret, seed);
    key_kid(&kid, &key);
    seed[0] = 8;
    (void)crypto_sign_seed_keypair(other.x, other_secret, seed);
    return 0;
}

/* A token of any header and claims, rightly signed. */
static void make(struct buf *b, const char *header, const char *claims)
{
    uint8_t sig[KEY_SIG_LEN];

    buf_put_b64u(b, header, strlen(header));
    buf_putc(b, '.');
    buf_put_b64u(b, claims, strlen(claims));
    key_sign(secret, b->data, b->len, sig);
    buf_putc(b, '.');
    buf_put_b64u(b, sig, sizeof(sig));
}

static void good(struct buf *b, int64_t now, int64_t lifetime, const char *path)
{
    token_make(b, secret, AUD, "alice@hansalim", "GET", path, now, lifetime);
}

static bool parses(const char *s, size_t len)
{
    struct token t;
    const char *why = NULL;

    if (token_parse(&t, s, len, &why) != 0) {
        assert_non_null(why);
        return false;
    }
    token_free(&t);
    return true;
}

static bool checks(const struct buf *b, const struct key *k, const char *aud, const char *method,
                   const char *path, int64_t now)
{
    struct token t;
    const char *why = NULL;

    assert_int_equal(token_parse(&t, b->data, b->len, &why), 0);
    int rc = token_check(&t, k, aud, method, path, now, &why);
    assert_int_equal(rc == 0, why == NULL);
    token_free(&t);
    return rc == 0;
}

static void test_round_trip(void **state)
{
    struct token t;
    struct buf b = BUF_INIT;
    const char *why = NULL;

    good(&b, NOW, 60, PATH);
    assert_int_equal(token_parse(&t, b.data, b.len, &why), 0);
    assert_string_equal(t.kid.s, kid.s);
    assert_string_equal(t.aud, AUD);
    assert_string_equal(t.by, "alice@hansalim");
    assert_string_equal(t.htm, "GET");
    assert_string_equal(t.htu, PATH);
    assert_int_equal(t.iat, NOW);
    assert_int_equal(t.exp, NOW + 60);
    assert_memory_equal(t.signed_text, b.data, strlen(t.signed_text));
    assert_int_equal(b.data[strlen(t.signed_text)], '.');
    assert_int_equal(token_check(&t, &key, AUD, "GET", PATH, NOW, &why), 0);
    token_free(&t);
    buf_free(&b);
}

/* Appended to what stands in the buffer, and signed from there on only. */
static void test_make_appends(void **state)
{
    struct buf b = BUF_INIT, alone = BUF_INIT;

    buf_puts(&b, "Bearer ");
    good(&b, NOW, 60, PATH);
    good(&alone, NOW, 60, PATH);
    assert_string_equal(b.data + strlen("Bearer "), alone.data);
    assert_true(checks(&alone, &key, AUD, "GET", PATH, NOW));
    buf_free(&b);
    buf_free(&alone);
}

static void test_check(void **state)
{
    struct buf b = BUF_INIT;

    good(&b, NOW, 60, PATH);
    assert_true(checks(&b, &key, AUD, "GET", PATH, NOW));
    assert_false(checks(&b, &other, AUD, "GET", PATH, NOW));
    assert_false(checks(&b, &key, "ledger.example", "GET", PATH, NOW));
    assert_false(checks(&b, &key, AUD "x", "GET", PATH, NOW));
    assert_false(checks(&b, &key, AUD, "POST", PATH, NOW));
    assert_false(checks(&b, &key, AUD, "get", PATH, NOW));
    assert_false(checks(&b, &key, AUD, "GET", "/v1/accounts/bob@hansalim/hour", NOW));
    assert_false(checks(&b, &key, AUD, "GET", PATH "/", NOW));
    assert_false(checks(&b, &key, AUD, "GET", PATH "/postings", NOW));
    assert_false(checks(&b, &key, AUD, "GET", "/v1/accounts/alice@hansalim/hou", NOW));
    assert_false(checks(&b, &key, AUD, "GET", "", NOW));
    buf_free(&b);
}

static void test_lifetime(void **state)
{
    static const struct {
        int64_t lifetime, at;
        bool good;
    } cases[] = {
        {60, NOW - 300, true}, {60, NOW - 301, false}, {60, NOW + 60, true},
        {60, NOW + 61, false}, {300, NOW, true},       {300, NOW + 300, true},
        {301, NOW, false},     {1, NOW, true},         {0, NOW, false},
        {-1, NOW - 2, false},  {1000000, NOW, false},  {-1000000, NOW - 2000000, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = BUF_INIT;
        good(&b, NOW, cases[i].lifetime, PATH);
        assert_int_equal(checks(&b, &key, AUD, "GET", PATH, cases[i].at), cases[i].good);
        buf_free(&b);
    }
}

static void test_extreme_times(void **state)
{
    static const char *const claims[] = {
        "{\"aud\":\"a\",\"by\":\"b\",\"iat\":0,\"exp\":9007199254740991,\"htm\":\"GET\","
        "\"htu\":\"/\"}",
        "{\"aud\":\"a\",\"by\":\"b\",\"iat\":9007199254740991,\"exp\":0,\"htm\":\"GET\","
        "\"htu\":\"/\"}",
    };
    char *header =
        x_asprintf("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-query+jwt\"}", kid.s);

    for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
        struct buf b = BUF_INIT;
        make(&b, header, claims[i]);
        assert_false(checks(&b, &key, "a", "GET", "/", NOW));
        buf_free(&b);
    }
    free(header);
}

/* A client may write '@' as it is or percent-encoded, and so may what stands between. */
static void test_path_encoding(void **state)
{
    static const struct {
        const char *htu, *path;
        bool good;
    } cases[] = {
        {"/v1/members/a@b", "/v1/members/a%40b", true},
        {"/v1/members/a%40b", "/v1/members/a@b", true},
        {"/v1/%6d%65mbers/a%40b", "/v1/members/a%40b", true},
        {"/a%2Fb", "/a%2fb", true},
        {"/a%41", "/a%42", false},
        {"/a%4", "/a%4", true},
        {"/a%", "/a%", true},
        {"/a%4", "/a%40", false},
        {"/a%zz", "/a%zz", true},
        {"/a%00", "/a", false},
        {"/a", "/a%00", false},
        {"/a%00b", "/a%00c", false},
        {"/a+b", "/a%20b", false},
        {"/%2540", "/%40", false},
        {"/a?x=1", "/a", false},
        {"/\xed\x92\x88", "/%ED%92%88", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = BUF_INIT;
        good(&b, NOW, 60, cases[i].htu);
        if (checks(&b, &key, AUD, "GET", cases[i].path, NOW) != cases[i].good) {
            fail_msg("%s and %s", cases[i].htu, cases[i].path);
        }
        buf_free(&b);
    }
}

/* Any changed character is refused, by parsing or by checking. */
static void test_tampered(void **state)
{
    struct buf b = BUF_INIT;

    good(&b, NOW, 60, PATH);
    for (size_t i = 0; i < b.len; i++) {
        struct token t;
        const char *why = NULL;
        char was = b.data[i];
        b.data[i] = was == 'A' ? 'B' : 'A';
        if (token_parse(&t, b.data, b.len, &why) == 0) {
            assert_int_equal(token_check(&t, &key, AUD, "GET", PATH, NOW, &why), -1);
            token_free(&t);
        }
        assert_non_null(why);
        b.data[i] = was;
    }
    for (size_t len = 0; len < b.len; len++) {
        assert_false(parses(b.data, len));
    }
    assert_true(parses(b.data, b.len));
    buf_putc(&b, '=');
    assert_false(parses(b.data, b.len));
    buf_free(&b);
}

#define CLAIMS                                                                          \
    "\"aud\":\"a\",\"by\":\"b\",\"iat\":1795210000,\"exp\":1795210060,\"htm\":\"GET\"," \
    "\"htu\":\"/\""

static void assert_made(const char *header_format, const char *claims, bool want)
{
    struct buf b = BUF_INIT, header = BUF_INIT;
    const char *cut = strstr(header_format, "%s");

    buf_put(&header, header_format, (size_t)(cut - header_format));
    buf_puts(&header, kid.s);
    buf_puts(&header, cut + 2);
    make(&b, header.data, claims);
    if (parses(b.data, b.len) != want) {
        fail_msg("%s %s", header.data, claims);
    }
    if (want) {
        assert_true(checks(&b, &key, "a", "GET", "/", NOW));
    }
    buf_free(&b);
    buf_free(&header);
}

static void test_strict(void **state)
{
    static const char header[] = "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-query+jwt\"}";

    assert_made(header, "{" CLAIMS "}", true);
    assert_made("{\"typ\":\"pumasi-query+jwt\",\"alg\":\"Ed25519\",\"kid\":\"%s\"}", "{" CLAIMS "}",
                true);
    assert_made("{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"pumasi-query+jwt\"}", "{" CLAIMS "}",
                false);
    assert_made("{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"pumasi-query+jwt\"}", "{" CLAIMS "}",
                false);
    assert_made("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", "{" CLAIMS "}",
                false);
    assert_made("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"JWT\"}", "{" CLAIMS "}", false);
    assert_made("{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", "{" CLAIMS "}", false);
    assert_made("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-query+jwt\",\"jwk\":{}}",
                "{" CLAIMS "}", false);
    assert_made(header, "{" CLAIMS ",\"nbf\":1}", false);
    assert_made(header, "{" CLAIMS ",\"by\":\"c\"}", false);
    assert_made(header, "{" CLAIMS ",\"\\u0062y\":\"c\"}", false);
    assert_made(header, "{}", false);
    assert_made(header, "[]", false);
    assert_made(header, "", false);
    assert_made(header, "{\"by\":\"b\",\"iat\":1,\"exp\":2,\"htm\":\"GET\",\"htu\":\"/\"}", false);
    assert_made(header, "{\"aud\":\"a\",\"iat\":1,\"exp\":2,\"htm\":\"GET\",\"htu\":\"/\"}", false);
    assert_made(header, "{\"aud\":\"a\",\"by\":\"b\",\"exp\":2,\"htm\":\"GET\",\"htu\":\"/\"}",
                false);
    assert_made(header, "{\"aud\":\"a\",\"by\":\"b\",\"iat\":1,\"htm\":\"GET\",\"htu\":\"/\"}",
                false);
    assert_made(header, "{\"aud\":\"a\",\"by\":\"b\",\"iat\":1,\"exp\":2,\"htu\":\"/\"}", false);
    assert_made(header, "{\"aud\":\"a\",\"by\":\"b\",\"iat\":1,\"exp\":2,\"htm\":\"GET\"}", false);
    assert_made(header,
                "{\"aud\":\"a\",\"by\":\"b\",\"iat\":1.0,\"exp\":2,\"htm\":\"GET\","
                "\"htu\":\"/\"}",
                false);
    assert_made(header,
                "{\"aud\":\"a\",\"by\":\"b\",\"iat\":\"1\",\"exp\":2,\"htm\":\"GET\","
                "\"htu\":\"/\"}",
                false);
    assert_made(header,
                "{\"aud\":\"a\",\"by\":\"b\",\"iat\":-1,\"exp\":2,\"htm\":\"GET\","
                "\"htu\":\"/\"}",
                false);
    assert_made(header,
                "{\"aud\":[\"a\"],\"by\":\"b\",\"iat\":1,\"exp\":2,\"htm\":\"GET\","
                "\"htu\":\"/\"}",
                false);
}

static void test_shape(void **state)
{
    struct buf b = BUF_INIT;

    assert_false(parses("", 0));
    assert_false(parses(".", 1));
    assert_false(parses("..", 2));
    assert_false(parses("a.b.c", 5));
    good(&b, NOW, 60, PATH);
    buf_puts(&b, ".AAAA");
    assert_false(parses(b.data, b.len));
    buf_clear(&b);
    buf_putc(&b, '.');
    good(&b, NOW, 60, PATH);
    assert_false(parses(b.data, b.len));
    buf_free(&b);
}

static void test_too_long(void **state)
{
    struct buf b = BUF_INIT, path = BUF_INIT;
    size_t longest = 0;

    buf_puts(&path, "/");
    for (;;) {
        buf_clear(&b);
        good(&b, NOW, 60, path.data);
        if (!parses(b.data, b.len)) {
            break;
        }
        longest = b.len;
        buf_putc(&path, 'x');
    }
    assert_in_range(longest, TOKEN_MAX - 4, TOKEN_MAX);
    assert_true(b.len > TOKEN_MAX);
    buf_free(&b);
    buf_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_make_appends),
        cmocka_unit_test(test_check),         cmocka_unit_test(test_lifetime),
        cmocka_unit_test(test_extreme_times), cmocka_unit_test(test_path_encoding),
        cmocka_unit_test(test_tampered),      cmocka_unit_test(test_strict),
        cmocka_unit_test(test_shape),         cmocka_unit_test(test_too_long),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, setup, NULL);
}
