/* SPDX-License-Identifier: AGPL-3.0-or-later */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/hash.h"

#include <openssl/sha.h>
#include <string.h>

#include "core/b64.h"

/*
 * libcrypto's low-level SHA-256, which OpenSSL 3 calls deprecated. SHA256() and EVP_Digest() fetch
 * the algorithm anew at each call: 32 bytes took 0.76 µs by them and 0.21 µs by this, of 0.34 µs
 * by libsodium, which has no use for the processor's SHA instructions.
 */

void hash_bytes(struct hash *out, const void *bytes, size_t len)
{
    hash_two(out, bytes, len, NULL, 0);
}

void hash_two(struct hash *out, const void *a, size_t alen, const void *b, size_t blen)
{
    SHA256_CTX ctx;

    /* These answer 1 always. */
    SHA256_Init(&ctx);
    if (alen > 0)
        SHA256_Update(&ctx, a, alen);
    if (blen > 0)
        SHA256_Update(&ctx, b, blen);
    SHA256_Final(out->b, &ctx);
}

bool hash_eq(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, HASH_LEN) == 0;
}

void hash_text(char *out, const struct hash *h)
{
    b64u_encode(out, h->b, HASH_LEN);
}

int hash_parse(struct hash *out, const char *b64u)
{
    return b64u_decode_exact(b64u, strlen(b64u), out->b, HASH_LEN);
}
