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

#endif
