/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* What is wrong with one character, NULL when nothing is. */
static const char *character_fault(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
        return N_("has a control character");
    case UTF8PROC_CATEGORY_CF:
        return N_("has a format or bidirectional control character");
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return N_("has a line or paragraph separator");
    case UTF8PROC_CATEGORY_CS:
        return N_("has a surrogate");
    case UTF8PROC_CATEGORY_CN:
        return N_("has a character that Unicode hasn't assigned");
    default: /* letters, marks, numbers, punctuation, symbols, spaces, private use */
        return NULL;
    }
}

/*
 * True for characters that never change under NFC, whatever stands before them: NFC_Quick_Check=Yes
 * and combining class 0 (UAX #15, section 9). All below U+0300, the CJK ideographs, and the Hangul
 * syllables are; the Hangul jamo aren't.
 */
static bool is_stable(utf8proc_int32_t c)
{
    return c < 0x300 || (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3);
}

/* NFC of len bytes of UTF-8, in a fresh string; NULL when they aren't UTF-8. */
static utf8proc_uint8_t *compose(const char *s, size_t len, size_t *outlen)
{
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, &out,
                                      UTF8PROC_STABLE | UTF8PROC_COMPOSE);

    if (n < 0) {
        if (n == UTF8PROC_ERROR_NOMEM)
            abort();
        free(out);
        return NULL;
    }
    *outlen = (size_t)n;
    return out;
}

const char *text_fault(const char *s, size_t len, size_t max)
{
    bool stable = true;
    size_t at = 0, n;
    utf8proc_uint8_t *nfc;

    if (len == 0)
        return N_("is empty");
    if (len > max)
        return N_("is too long");
    while (at < len) {
        utf8proc_int32_t c;
        utf8proc_ssize_t took =
            utf8proc_iterate((const utf8proc_uint8_t *)s + at, (utf8proc_ssize_t)(len - at), &c);
        const char *fault;

        if (took <= 0)
            return N_("isn't valid UTF-8");
        fault = character_fault(c);
        if (fault != NULL)
            return fault;
        stable = stable && is_stable(c);
        at += (size_t)took;
    }
    if (stable)
        return NULL;
    nfc = compose(s, len, &n);
    if (nfc == NULL)
        return N_("isn't valid UTF-8");
    stable = n == len && memcmp(nfc, s, len) == 0;
    free(nfc);
    return stable ? NULL : N_("isn't in Unicode's normal form C");
}

bool text_is_utf8(const char *s, size_t len)
{
    size_t at = 0;

    while (at < len) {
        utf8proc_int32_t ch;
        utf8proc_ssize_t n;

        if ((unsigned char)s[at] < 0x80) {
            at++;
            continue;
        }
        n = utf8proc_iterate((const utf8proc_uint8_t *)s + at, (utf8proc_ssize_t)(len - at), &ch);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

void text_hash(struct hash *out, const uint8_t salt[TEXT_SALT_LEN], const char *s, size_t len)
{
    hash_two(out, salt, TEXT_SALT_LEN, s, len);
}

char *text_nfc(const char *s)
{
    size_t len;

    return (char *)compose(s, strlen(s), &len); /* NUL-terminated by utf8proc_map */
}

size_t text_width(const char *s)
{
    size_t left = strlen(s), width = 0;

    while (left > 0) {
        utf8proc_int32_t c;
        utf8proc_ssize_t took =
            utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)left, &c);

        if (took <= 0) {
            took = 1;
            width++;
        } else {
            width += (size_t)utf8proc_charwidth(c);
        }
        s += took;
        left -= (size_t)took;
    }
    return width;
}
