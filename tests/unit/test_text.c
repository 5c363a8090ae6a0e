/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

static const char *fault(const char *s)
{
    return text_fault(s, strlen(s), TEXT_MEMO_MAX);
}

static void test_good(void **state)
{
    static const char *const good[] = {
        "a",
        " two  words ",
        "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        "품앗이 밭일 두 시간",
        "été",
        "農作業を手伝う",
        "ไทย ภาษา",
        "\xf0\x9f\x8c\xbe",         /* U+1F33E, an ear of rice */
        "\xe2\x9d\xa4\xef\xb8\x8f", /* a heart and a variation selector */
        "q\xcc\x81",                /* a mark with no composed form */
        "\xc2\xa0",                 /* no-break space is a space */
    };

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (fault(good[i]) != NULL)
            fail_msg("%s %s", good[i], fault(good[i]));
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *s, *fault;
    } bad[] = {
        {"", "is empty"},
        {"a\tb", "has a control character"},
        {"a\n", "has a control character"},
        {"\x7f", "has a control character"},
        {"\xc2\x85", "has a control character"}, /* U+0085 */
        {"a\xc2\xad"
         "b",
         "has a format or bidirectional control character"},                 /* soft hyphen */
        {"\xe2\x80\x8b", "has a format or bidirectional control character"}, /* U+200B */
        {"\xe2\x80\x8d", "has a format or bidirectional control character"}, /* U+200D */
        {"\xe2\x80\xae", "has a format or bidirectional control character"}, /* U+202E */
        {"\xe2\x81\xa6", "has a format or bidirectional control character"}, /* U+2066 */
        {"\xd8\x9c", "has a format or bidirectional control character"},     /* U+061C */
        {"\xef\xbb\xbf"
         "a",
         "has a format or bidirectional control character"},                     /* U+FEFF */
        {"\xf3\xa0\x81\xa1", "has a format or bidirectional control character"}, /* tag */
        {"\xe2\x80\xa8", "has a line or paragraph separator"},
        {"\xe2\x80\xa9", "has a line or paragraph separator"},
        {"\xcd\xb8", "has a character that Unicode hasn't assigned"},     /* U+0378 */
        {"\xef\xbf\xbf", "has a character that Unicode hasn't assigned"}, /* U+FFFF */
        {"\xff", "isn't valid UTF-8"},
        {"a\x80", "isn't valid UTF-8"},
        {"\xed\x95", "isn't valid UTF-8"},
        {"\xc0\xaf", "isn't valid UTF-8"},
        {"\xe0\x80\xaf", "isn't valid UTF-8"},
        {"\xed\xa0\x80", "isn't valid UTF-8"},
        {"\xf4\x90\x80\x80", "isn't valid UTF-8"},
        {"e\xcc\x81", "isn't in Unicode's normal form C"},                /* é in two */
        {"\xe1\x84\x91\xe1\x85\xae", "isn't in Unicode's normal form C"}, /* jamo of 푸 */
        {"\xed\x91\xb8\xe1\x86\xb7", "isn't in Unicode's normal form C"}, /* 푸 and a final */
        {"\xe2\x84\xab", "isn't in Unicode's normal form C"},             /* Angstrom sign */
        {"q\xcc\x87\xcc\xa3", "isn't in Unicode's normal form C"},        /* marks disordered */
        {"\xef\xa4\x80", "isn't in Unicode's normal form C"},             /* U+F900 */
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *f = fault(bad[i].s);

        if (f == NULL)
            fail_msg("row %zu should be refused: %s", i, bad[i].fault);
        assert_string_equal(f, bad[i].fault);
    }
    assert_string_equal(text_fault("a\0b", 3, 10), "has a control character");
}

static void test_length(void **state)
{
    char s[TEXT_MEMO_MAX + 1];

    memset(s, 'x', sizeof(s));
    assert_null(text_fault(s, TEXT_MEMO_MAX, TEXT_MEMO_MAX));
    assert_string_equal(text_fault(s, TEXT_MEMO_MAX + 1, TEXT_MEMO_MAX), "is too long");
    /* Bytes, not characters. */
    assert_null(text_fault("밭일", 6, 6));
    assert_string_equal(text_fault("밭일", 6, 5), "is too long");
    assert_string_equal(text_fault("밭일", 5, 6), "isn't valid UTF-8");
}

/*
 * Characters that the quick path takes for granted: for every one that it may, the whole rule must
 * agree that composing changes nothing, alone and after a letter that takes marks.
 */
static void test_quick_path_is_sound(void **state)
{
    for (uint32_t c = 0xa1; c <= 0xd7a3; c++) {
        char s[5] = "e";
        char *nfc;

        if (c == 0x300)
            c = 0x4e00;
        if (c == 0xa000)
            c = 0xac00;
        if (c < 0x800) {
            s[1] = (char)(0xc0 | c >> 6);
            s[2] = (char)(0x80 | (c & 0x3f));
        } else {
            s[1] = (char)(0xe0 | c >> 12);
            s[2] = (char)(0x80 | (c >> 6 & 0x3f));
            s[3] = (char)(0x80 | (c & 0x3f));
        }
        nfc = text_nfc(s);
        if (nfc == NULL || strcmp(nfc, s) != 0)
            fail_msg("U+%04X changes", (unsigned)c);
        free(nfc);
    }
}

static void nfc_is(const char *s, const char *want)
{
    char *nfc = text_nfc(s);

    assert_non_null(nfc);
    assert_string_equal(nfc, want);
    free(nfc);
}

static void test_nfc(void **state)
{
    nfc_is("", "");
    nfc_is("plain", "plain");
    nfc_is("e\xcc\x81", "é");
    nfc_is("\xe1\x84\x91\xe1\x85\xae\xe1\x86\xb7", "품");
    nfc_is("q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87");
    nfc_is("품앗이", "품앗이");
    /* Nothing else is done to it. */
    nfc_is(" a\tb\n\xef\xac\x81", " a\tb\n\xef\xac\x81");
    assert_null(text_nfc("\xff"));
    assert_null(text_nfc("a\xed\xa0\x80"));
    assert_null(text_nfc("\xed\x95"));
}

static void test_hash(void **state)
{
    uint8_t salt[TEXT_SALT_LEN], joined[TEXT_SALT_LEN + 6];
    struct hash ours, want;

    randombytes_buf(salt, sizeof(salt));
    memcpy(joined, salt, sizeof(salt));
    memcpy(joined + sizeof(salt), "밭일", 6);
    crypto_hash_sha256(want.b, joined, sizeof(joined));
    text_hash(&ours, salt, "밭일", 6);
    assert_true(hash_eq(&ours, &want));
    salt[0] ^= 1;
    text_hash(&ours, salt, "밭일", 6);
    assert_false(hash_eq(&ours, &want));
}

static void test_width(void **state)
{
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("é"), 1);
    assert_int_equal(text_width("e\xcc\x81"), 1);
    assert_int_equal(text_width("품앗이"), 6);
    assert_int_equal(text_width("a품b"), 4);
    assert_int_equal(text_width("農"), 2);
    assert_int_equal(text_width("\xff\xfe"), 2);
    assert_int_equal(text_width("\xed\x95"), 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),
        cmocka_unit_test(test_length), cmocka_unit_test(test_quick_path_is_sound),
        cmocka_unit_test(test_nfc),    cmocka_unit_test(test_hash),
        cmocka_unit_test(test_width),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
