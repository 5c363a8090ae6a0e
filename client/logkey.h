/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LOGKEY_H
#define PUMASI_LOGKEY_H

#include <jansson.h>

#include "client/client.h"
#include "core/note.h"

/*
 * The log keys that "log_keys" of GET /v1/ledger lists, the oldest first; "log_key" alone where the
 * list is missing; of an unopened ledger the one in its ledger.open. At most LOGKEYS_MAX; how many,
 * 0 when the answer makes no sense.
 */
#define LOGKEYS_MAX 4
size_t logkeys_read(const json_t *ledger, struct key out[LOGKEYS_MAX]);
bool logkeys_have(const struct key *keys, size_t n, const struct key *key);

/*
 * Verifies {"index","header","part","proof"} (GET /v1/ledger/log-keys): under a checkpoint signed
 * by the log key a record changed the holder "ledger", and of that one's log keys `next` is one.
 * *record becomes its index. 0, or -1 with *why a constant sentence.
 */
int logkey_verify(const json_t *answer, const char *origin, const struct key *log_key,
                  const struct key *next, int64_t *record, const char **why) MUST_CHECK;

/*
 * Asks which record changed the ledger's keys last, as far as the pinned key signed, and keeps its
 * index in the profile, not yet stored: from then on only what a later one says is followed. A
 * ledger that can't say leaves it as it is.
 */
void logkey_learn(struct client *c);

/*
 * The ledger at the other end, with the pinned id, signs with these keys: when the newest isn't the
 * pinned one, asks for the proof under the pinned one; where that is by a later record than
 * the profile knows, pins the newest and says so. True when the pinned key is then one of them.
 */
bool logkey_follow(struct client *c, const struct key *keys, size_t n);

/*
 * checkpoint_open by the pinned log key, or by one that was pinned before the stewards changed it;
 * *by, unless it is NULL, becomes the one that signed, the profile's own. 0, or -1 with *why.
 */
int logkey_open(const struct profile *p, const char *note, size_t len, struct checkpoint *out,
                const struct key **by, const char **why) MUST_CHECK;
/* The log key of that kid, pinned now or before; else the pinned one. The profile's own. */
const struct key *logkey_named(const struct profile *p, const struct kid *kid);
/* The same as logkey_open of what is kept here, which may be of an origin that was pinned before:
 * out->origin says of which. */
int logkey_open_kept(const struct profile *p, const char *note, size_t len, struct checkpoint *out,
                     const struct key **by, const char **why) MUST_CHECK;

#endif
