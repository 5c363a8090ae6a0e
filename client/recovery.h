/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECOVERY_H
#define PUMASI_RECOVERY_H

#include <jansson.h>

#include "client/client.h"
#include "core/date.h"

/* Recoveries of keys (protocol section 4.4.1) as people hear of them. */

/* The header Pumasi-Recovery: "40; due=2026-12-01T09:30:00.000Z", then perhaps "; objected". */
struct recovery_header {
    int64_t record; /* of the key.recover */
    char due[TIME_LEN + 1];
    bool objected;
};
/* False when it isn't one. */
bool recovery_header_parse(struct recovery_header *out, const char *s) MUST_CHECK;
/*
 * The ledger's header Pumasi-Recovery beside an answer to `key`, one of the profile's or NULL,
 * whatever it was asked: a line or two on stderr, once in a run for each key. A header that isn't
 * one is passed over.
 */
void recovery_notice(struct client *c, const struct keyfile *key, const char *header);

/*
 * What GET /v1/coops/{coop} says of open recoveries, on stdout: the treasurers' own and those of
 * members. Prints nothing where there are none, or where this caller isn't told.
 */
void recovery_print(const json_t *coop);

/* An open recovery in an answer about a member or a co-op; NULL without one. Borrowed. */
const json_t *recovery_in(const json_t *answer);

#endif
