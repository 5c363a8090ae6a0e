/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLIENT_H
#define PUMASI_CLIENT_H

#include <jansson.h>

#include "client/cli.h"
#include "client/http.h"
#include "client/keyfile.h"
#include "client/profile.h"
#include "client/say.h"

/* What one run of `pumasi` works with. Handed down to every command. */
struct client {
    struct profile profile;
    struct http *http;
    bool json;          /* --json */
    bool yes;           /* --yes: take the preset answer instead of asking */
    size_t n_key_names; /* --key, else PUMASI_KEY */
    const char *key_names[CLI_VALUES_MAX];
    size_t n_keys; /* the profile's key files, sorted by name; read at the first need */
    struct keyfile **keys;
    bool keys_read;
    bool ledger_checked; /* /v1/ledger was compared with the pins in this run */
};

/* Profile and global options from a command line. An enum pumasi_exit, after a sentence. */
int client_init(struct client *c, const struct cli *cli) MUST_CHECK;
void client_free(struct client *c);

/* "--json" output: prints a JSON value and a newline on stdout. */
void client_print_json(const json_t *j);

/* --- keys --- */

#define KEY_ROLE(role) (1u << (role))
#define KEY_ANY_ROLE   (~0u)

/* Reads the profile's key files; broken ones are noted and left out. */
void client_read_keys(struct client *c);
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
/* The same as a fresh {"crv","kty","x"} object for a payload; NULL after a sentence. */
json_t *client_jwk(struct client *c, const char *file_or_name);
json_t *client_jwk_of(const struct key *key);

/* --- the ledger --- */

/*
 * GET /v1/ledger, compared with what is pinned (PUMASI_UNPROVED, loudly, when it is another
 * ledger), units cached. *out (a new reference) may be NULL.
 */
int client_ledger(struct client *c, json_t **out) MUST_CHECK;
/* A unit by name, from the cache, else from the ledger; PUMASI_FAILED after a sentence that lists
 * those there are. */
int client_unit(struct client *c, const char *unit, const struct profile_unit **out) MUST_CHECK;
/* What a person typed, in minor units of `unit`; with a sentence and an example when it is no
 * amount. */
int client_amount(struct client *c, const char *text, const char *unit, bool signed_ok,
                  int64_t *out) MUST_CHECK;
/* "1:30 hour"; minor units and "hour" where the unit isn't in the cache. The caller frees it. */
char *client_amount_text(struct client *c, int64_t amount, const char *unit);
/* "1:30" alone, likewise. */
char *client_number_text(struct client *c, int64_t amount, const char *unit);

/* --- what people type, checked here before the ledger is asked --- */

/* handle@coop, coop, unit, date (YYYY-MM-DD): PUMASI_OK, or PUMASI_USAGE after a sentence with what
 * was probably meant. */
int client_check_address(struct client *c, const char *s) MUST_CHECK;
int client_check_coop(const char *s) MUST_CHECK;
int client_check_unit(const char *s) MUST_CHECK;
int client_check_date(const char *s) MUST_CHECK;
/* A text in NFC as the protocol wants it, within max bytes; NULL after a sentence. The caller frees
 * it. */
char *client_text(const char *what, const char *s, size_t max);

#endif
