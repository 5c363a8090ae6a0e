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

/* RFC 4648, section 10. */
static const struct {
    const char *bytes, *std, *url;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
};

static void test_vectors(void **state)
{
    char text[16], back[16];
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        size_t len = strlen(vectors[i].bytes);

        b64_encode(text, vectors[i].bytes, len);
        assert_string_equal(text, vectors[i].std);
        assert_int_equal(strlen(text), B64_LEN(len));
        assert_int_equal(b64_decode(text, strlen(text), back, sizeof(back), &n), 0);
        assert_int_equal(n, len);
        assert_memory_equal(back, vectors[i].bytes, n);

        b64u_encode(text, vectors[i].bytes, len);
        assert_string_equal(text, vectors[i].url);
        assert_int_equal(strlen(text), B64U_LEN(len));
        assert_int_equal(b64u_decode(text, strlen(text), back, sizeof(back), &n), 0);
        assert_int_equal(n, len);
        assert_memory_equal(back, vectors[i].bytes, n);
    }
}

static bool url_ok(const char *s)
{
    uint8_t out[64];
    size_t n;

    return b64u_decode(s, strlen(s), out, sizeof(out), &n) == 0;
}

static bool std_ok(const char *s)
{
    uint8_t out[64];
    size_t n;

    return b64_decode(s, strlen(s), out, sizeof(out), &n) == 0;
}

static void test_strict(void **state)
{
    /* Tail bits that no byte takes. */
    assert_true(url_ok("Zg"));
    assert_false(url_ok("Zh"));
    assert_false(url_ok("Zv"));
    assert_true(url_ok("Zm8"));
    assert_false(url_ok("Zm9"));
    assert_true(std_ok("Zg=="));
    assert_false(std_ok("Zh=="));
    assert_false(std_ok("Zm9="));
    /* No text has a group of one. */
    assert_false(url_ok("Z"));
    assert_false(url_ok("Zm9vZ"));
    /* Padding: never in the one, always and only at the end in the other. */
    assert_false(url_ok("Zg=="));
    assert_false(url_ok("Zm8="));
    assert_false(std_ok("Zg"));
    assert_false(std_ok("Zg="));
    assert_false(std_ok("Zg==="));
    assert_false(std_ok("===="));
    assert_false(std_ok("Z==="));
    assert_false(std_ok("=Zg="));
    assert_false(std_ok("Zg=A"));
    assert_false(std_ok("Zg==Zg=="));
    /* The other alphabet's characters, white space. */
    assert_true(url_ok("-_-_"));
    assert_false(url_ok("+_-_"));
    assert_false(url_ok("-_-/"));
    assert_true(std_ok("+/+/"));
    assert_false(std_ok("-/+/"));
    assert_false(std_ok("+/+_"));
    assert_false(url_ok("Zm9v\n"));
    assert_false(url_ok("Zm9 vZm9"));
}

/* Each of the 256 bytes at each place of a text that runs through all three loops, against the
 * alphabet. */
static void test_every_byte_everywhere(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t out[64];
    char s[31];
    size_t n;

    for (size_t at = 0; at < sizeof(s); at++) {
        for (int c = 0; c < 256; c++) {
            const char *in = c == 0 ? NULL : strchr(alphabet, c);
            bool good = in != NULL;

            memset(s, 'A', sizeof(s));
            s[at] = (char)c;
            /* 31 characters: the last one carries four bits. */
            if (good && at == sizeof(s) - 1)
                good = (in - alphabet) % 4 == 0;
            assert_int_equal(b64u_decode(s, sizeof(s), out, sizeof(out), &n), good ? 0 : -1);
        }
    }
}

static void test_caps(void **state)
{
    uint8_t out[40];
    size_t n;

    memset(out, 0xee, sizeof(out));
    assert_int_equal(b64u_decode("Zm9vYmFy", 8, out, 5, &n), -1);
    assert_int_equal(b64u_decode("Zm9vYmFy", 8, out, 6, &n), 0);
    assert_int_equal(out[6], 0xee);
    assert_int_equal(b64u_decode("", 0, out, 0, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(b64u_decode_exact("Zm9v", 4, out, 3), 0);
    assert_int_equal(b64u_decode_exact("Zm9v", 4, out, 2), -1);
    assert_int_equal(b64u_decode_exact("Zm9v", 4, out, 4), -1);
    assert_int_equal(b64u_decode_exact("Zm9", 3, out, 2), -1);
    assert_int_equal(b64u_decode_exact("", 0, out, 0), 0);
    assert_int_equal(b64u_decode_exact("", 0, out, SIZE_MAX), -1);
}

/* Random bytes of every length to 300 against libsodium, in blocks of exactly the room needed. */
static void test_against_sodium(void **state)
{
    for (size_t len = 0; len <= 300; len++) {
        uint8_t *bytes = malloc(len + 1), *back = malloc(len + 1);
        char *url = malloc(B64U_LEN(len) + 1), *std = malloc(B64_LEN(len) + 1);
        char want[500];
        size_t n;

        randombytes_buf(bytes, len);
        b64u_encode(url, bytes, len);
        assert_string_equal(url, sodium_bin2base64(want, sizeof(want), bytes, len,
                                                   sodium_base64_VARIANT_URLSAFE_NO_PADDING));
        b64_encode(std, bytes, len);
        assert_string_equal(
            std, sodium_bin2base64(want, sizeof(want), bytes, len, sodium_base64_VARIANT_ORIGINAL));
        back[len] = 0xee;
        assert_int_equal(b64u_decode(url, strlen(url), back, len, &n), 0);
        assert_int_equal(n, len);
        assert_memory_equal(back, bytes, len);
        assert_int_equal(b64_decode(std, strlen(std), back, len, &n), 0);
        assert_int_equal(n, len);
        assert_memory_equal(back, bytes, len);
        assert_int_equal(back[len], 0xee);
        free(bytes);
        free(back);
        free(url);
        free(std);
    }
}

/* Random texts, mostly of the alphabet: the same verdict as libsodium, and one text for one value.
 */
static void test_verdicts(void **state)
{
    static const char some[] = "ABCQgwxyz0189-_AAAAggggwwww+/= ";
    int good = 0;

    for (int round = 0; round < 20000; round++) {
        char s[24], again[32];
        uint8_t ours[32], theirs[32];
        size_t len = randombytes_uniform(sizeof(s)), n = 0, m = 0;
        const char *end = NULL;
        bool ok, want;

        for (size_t i = 0; i < len; i++)
            s[i] = some[randombytes_uniform(randombytes_uniform(4) ? 23 : sizeof(some) - 1)];
        ok = b64u_decode(s, len, ours, sizeof(ours), &n) == 0;
        want = sodium_base642bin(theirs, sizeof(theirs), s, len, NULL, &m, &end,
                                 sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
               end == s + len;
        assert_int_equal(ok, want);
        if (!ok)
            continue;
        good++;
        assert_int_equal(n, m);
        assert_memory_equal(ours, theirs, n);
        b64u_encode(again, ours, n);
        assert_int_equal(strlen(again), len);
        assert_memory_equal(again, s, len);
    }
    assert_true(good > 100 && good < 19900);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_strict),
        cmocka_unit_test(test_every_byte_everywhere),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_against_sodium),
        cmocka_unit_test(test_verdicts),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
