/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_KEYRING_H
#define PUMASI_KEYRING_H

#include <jansson.h>

#include "client/keyfile.h"

/* The key files of a profile, and which of them to use. */
struct client;

#define KEY_ROLE(role) (1u << (role))
#define KEY_ANY_ROLE   (~0u)

/* Reads the profile's key files; broken ones are noted and left out. */
void client_read_keys(struct client *c);
/* PUMASI_FAILED after a sentence when the profile, whose keys have been read, has none at all: none
 * yet, or none that can be used. */
int client_any_key(const struct client *c) MUST_CHECK;
/* By name or by kid; NULL when there is none. */
struct keyfile *client_find_key(struct client *c, const char *name);
/*
 * The one key to act or ask with, unlocked: the one --key names, else the only one whose role is
 * among `roles` (a mask of KEY_ROLE()) and, where `holder` isn't NULL, which speaks for that
 * holder. Asks for its passphrase. PUMASI_FAILED after a sentence that says which to choose from.
 * The client owns it.
 */
int client_key(struct client *c, unsigned roles, const char *holder,
               struct keyfile **out) MUST_CHECK;
/*
 * The key to read about `member` with: its own, else one of its co-op's office or auditors, else
 * one that audits all; the first that fits. NULL: about oneself, whose keys are all of one member.
 */
int client_reading_key(struct client *c, const char *member, struct keyfile **out) MUST_CHECK;
/*
 * All keys to sign with, unlocked: those that --key names (given as often as one likes), else as
 * client_key. *out has room for CLI_VALUES_MAX.
 */
int client_keys(struct client *c, unsigned roles, const char *holder, struct keyfile **out,
                size_t *n) MUST_CHECK;
/* Unlocks one, asking for its passphrase where needed. */
int client_unlock(struct keyfile *k) MUST_CHECK;
/* A public key from a file that holds a JWK (further members such as "kid" are passed over), or by
 * the name of one of one's own. */
int client_public_key(struct client *c, const char *file_or_name, struct key *out) MUST_CHECK;
json_t *client_jwk_of(const struct key *key);

#endif
