/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_HASH_H
#define PUMASI_HASH_H

#include "core/base.h"

#define HASH_LEN      32
#define HASH_B64U_LEN 43 /* characters of a hash in base64url */

struct hash {
    uint8_t b[HASH_LEN];
};

/* SHA-256 (FIPS 180-4) of len bytes. */
void hash_bytes(struct hash *out, const void *bytes, size_t len);
/* SHA-256 of two byte strings one after the other. */
void hash_two(struct hash *out, const void *a, size_t alen, const void *b, size_t blen);
bool hash_eq(const struct hash *a, const struct hash *b);
/* out holds HASH_B64U_LEN + 1 bytes. */
void hash_text(char *out, const struct hash *h);
int hash_parse(struct hash *out, const char *b64u) MUST_CHECK;

#endif
