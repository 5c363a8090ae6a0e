/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_WITNESS_ROUND_H
#define PUMASI_WITNESS_ROUND_H

#include <jansson.h>

#include "client/client.h"
#include "client/witness_key.h"
#include "client/witness_logs.h"

/*
 * One look at ledger i: its checkpoint, the proof that it has only grown, the memory on disk, the
 * cosignature for the ledger. Says what came of it, in a line and as an object in `items`.
 * PUMASI_OK: cosigned, or it was before. PUMASI_UNPROVED: another history, or not signed by its
 * key. PUMASI_UNKNOWN: not reached. PUMASI_FAILED: anything else.
 */
int witness_round(struct client *c, const struct witness_key *key, struct witness_logs *w, size_t i,
                  json_t *items) MUST_CHECK;

#endif
