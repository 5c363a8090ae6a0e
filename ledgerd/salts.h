/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SALTS_H
#define PUMASI_SALTS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that are made at a time: those of about fifty transfers' salts. */
#define SALTS_LEN 4096

/* Salts of records' parts: random bytes, each of which is given out once. */
struct salts {
    uint8_t bytes[SALTS_LEN]; /* used from the front */
    size_t used;
    uint8_t *many; /* of a record that has too many parts for those */
};
void salts_init(struct salts *s);
void salts_free(struct salts *s);
/* Fresh ones for n parts, of RECORD_SALT_LEN bytes each; valid until the next are taken. */
const uint8_t *salts_take(struct salts *s, size_t n);

#endif
