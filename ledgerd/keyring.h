/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_KEYRING_H
#define PUMASI_KEYRING_H

#include "core/base.h"
#include "core/key.h"

/* Registered keys by kid, for the workers that verify signatures: kid → key never changes, so it
 * only grows. Any thread. */
struct keyring;

struct keyring *keyring_new(void);
void keyring_free(struct keyring *k);
void keyring_add(struct keyring *k, const struct key *key);
/* An envelope_lookup. */
bool keyring_get(void *keyring, const struct kid *kid, struct key *out);
size_t keyring_count(struct keyring *k);

#endif
