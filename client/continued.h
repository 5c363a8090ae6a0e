/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLIENT_CONTINUED_H
#define PUMASI_CLIENT_CONTINUED_H

#include <jansson.h>

#include "client/client.h"
#include "core/lineage.h"

/*
 * A ledger that lost records and goes on under another id (docs/protocol.md section 4.18): a
 * profile that pinned the one before follows only where its user says so.
 */

/* Does what GET /v1/ledger answered say that it goes on from the pinned ledger? Nothing of it is
 * proven yet. */
bool continued_claims(const struct profile *p, const json_t *ledger);
/* Says what it claims and how to follow; PUMASI_UNPROVED. */
int continued_refuse(const struct profile *p, const json_t *ledger) MUST_CHECK;
/*
 * Has it proven, under a checkpoint by the pinned log key and by the stewards' signatures, shows
 * what is lost, asks, and pins the new id; the old one stays in the profile. An enum pumasi_exit,
 * after a sentence.
 */
int continued_follow(struct client *c, const json_t *ledger) MUST_CHECK;

/* The same, after this profile's own signature was the last one that it took: nothing is asked. */
int continued_signed(struct client *c) MUST_CHECK;

/*
 * Verifies the answer of GET /v1/ledger/continued: each record under a checkpoint of that origin by
 * the log key, and all of it by core/continued.h; one of the ids must be `pinned`, the last `id`.
 * *out is the ids, to be freed. 0, or -1 with *why a constant sentence.
 */
int continued_verify(const json_t *answer, const char *pinned, const char *id, const char *origin,
                     const struct key *log_key, struct lineage *out, const char **why) MUST_CHECK;

/* How many receipts kept here are of records that are lost, each named on stderr. */
size_t continued_list_lost(const struct profile *p);

#endif
