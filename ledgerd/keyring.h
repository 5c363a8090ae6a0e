/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_KEYRING_H
#define PUMASI_KEYRING_H

#include "core/base.h"
#include "core/key.h"

/* Registered keys by kid, for the workers that verify signatures: kid → key never changes, so it
 * only grows. Numbered from 0 in the order in which they came. Any thread. */
struct keyring;

struct keyring *keyring_new(void);
void keyring_free(struct keyring *k);
/* The key's number; one that is there already keeps its own. */
uint32_t keyring_add(struct keyring *k, const struct key *key);
/* An envelope_lookup. */
bool keyring_get(void *keyring, const struct kid *kid, struct key *out);
/* The same, and its number. */
bool keyring_find(struct keyring *k, const struct kid *kid, struct key *out, uint32_t *number);
/* The key of a number that keyring_add gave. */
struct key keyring_at(struct keyring *k, uint32_t number);
size_t keyring_count(struct keyring *k);

#endif
