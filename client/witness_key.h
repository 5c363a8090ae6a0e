/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_WITNESS_KEY_H
#define PUMASI_WITNESS_KEY_H

#include "client/profile.h"
#include "core/cosign.h"

/*
 * The key that `pumasi witness` cosigns with: witness/key.json in the profile's configuration,
 * 0600 and in the clear, as a witness starts by itself. It signs cosignatures and nothing else, so
 * it is no key of keys/, which speak for holders.
 */
struct witness_key {
    struct cosigner who;
    uint8_t *secret; /* KEY_SECRET_LEN bytes in sodium_malloc'd memory */
};

/* Makes one and stores it; never over another one. An enum pumasi_exit, after a sentence. */
int witness_key_create(const struct profile *p, const char *name,
                       struct witness_key *out) MUST_CHECK;
/* Reads it. *out is to be freed in every case. */
int witness_key_read(const struct profile *p, struct witness_key *out) MUST_CHECK;
/* Is there one? */
bool witness_key_there(const struct profile *p);
void witness_key_free(struct witness_key *k);

/* The vkey in a fresh string. */
char *witness_vkey(const struct cosigner *who);

#endif
