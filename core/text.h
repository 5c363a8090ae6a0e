/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TEXT_H
#define PUMASI_TEXT_H

#include "core/base.h"
#include "core/hash.h"

#define TEXT_NAME_MAX 120 /* bytes of UTF-8 */
#define TEXT_MEMO_MAX 280
#define TEXT_SALT_LEN 16

/*
 * The rule for texts (protocol section 2): 1 to max bytes of UTF-8 in NFC (Unicode 15's or the
 * library's), no control (Cc), format (Cf, bidi among them), line or paragraph separator, surrogate
 * or unassigned character. NULL when it is fine, else a constant sentence that says what is wrong.
 */
const char *text_fault(const char *s, size_t len, size_t max);
/* Are these bytes UTF-8 at all? */
bool text_is_utf8(const char *s, size_t len) MUST_CHECK;

/* SHA-256(salt ‖ text), as in memo_hash, name_hash, reason_hash. */
void text_hash(struct hash *out, const uint8_t salt[TEXT_SALT_LEN], const char *s, size_t len);

/*
 * NFC of valid UTF-8, in a fresh string that the caller frees; NULL when s isn't UTF-8. For what
 * people type.
 */
char *text_nfc(const char *s);
/*
 * Columns that s takes on a terminal (Hangul takes two a syllable). Bytes that aren't UTF-8 count
 * one each.
 */
size_t text_width(const char *s);

#endif
