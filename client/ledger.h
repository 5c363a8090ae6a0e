/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LEDGER_H
#define PUMASI_LEDGER_H

#include <jansson.h>

#include "client/profile.h"

/* The ledger as /v1/ledger describes it: pins and units. */
struct client;

/*
 * GET /v1/ledger, compared with what is pinned (PUMASI_UNPROVED, loudly, when it is another
 * ledger), units cached. *out (a new reference) may be NULL.
 */
int client_ledger(struct client *c, json_t **out) MUST_CHECK;
/* Says loudly that a ledger with this id ("" before it is opened) and log key (NULL: none) isn't
 * the one that is pinned, and shows both. */
void client_tell_another(const struct profile *p, const char *id, const struct key *log_key);
/*
 * Tells the user what /v1/ledger says of histories that don't fit: what the ledger has seen of
 * others as their witness, and what its own witnesses say of it. Such things mustn't go unnoticed
 * in an operator's log.
 */
void client_tell_alarms(const json_t *ledger);
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

#endif
