/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/salts.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/base.h"
#include "core/record.h"

void salts_init(struct salts *s)
{
    s->used = SALTS_LEN;
    s->many = NULL;
}

void salts_free(struct salts *s)
{
    free(s->many);
}

/* A seed of the kernel's, stretched (ChaCha20). libsodium asks it for 256 bytes a call: for all of
 * them that is sixteen calls, while acts wait. */
static void make(uint8_t *out, size_t len)
{
    uint8_t seed[randombytes_SEEDBYTES];

    randombytes_buf(seed, sizeof(seed));
    randombytes_buf_deterministic(out, len, seed);
    sodium_memzero(seed, sizeof(seed));
}

const uint8_t *salts_take(struct salts *s, size_t n)
{
    size_t len = n * RECORD_SALT_LEN;

    if (len > SALTS_LEN) {
        s->many = x_realloc(s->many, len);
        make(s->many, len);
        return s->many;
    }
    if (SALTS_LEN - s->used < len) {
        make(s->bytes, SALTS_LEN);
        s->used = 0;
    }
    s->used += len;
    return s->bytes + s->used - len;
}
