/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CITED_H
#define PUMASI_CITED_H

#include "client/client.h"
#include "client/render.h"
#include "client/waiting.h"
#include "core/date.h"

/*
 * A record that another act names by its index: what a payment answers, a reversal takes back, a
 * decline ends. It is shown before somebody signs, so it is taken from the ledger only with its
 * proof: the act's bytes are in the record's header, and that header is at that index under a
 * checkpoint that the pinned log key has signed.
 */
struct cited {
    int64_t index;
    char time[TIME_LEN + 1]; /* booked */
    struct waiting w;        /* the act, its texts as far as they are shown and fit */
};

/*
 * Fetches one by `key`; NULL: by the keys that --key names, else by the first of the profile's keys
 * that may see it. *found tells whether there is one that these keys may see. Anything but
 * PUMASI_OK comes after a sentence; PUMASI_UNPROVED, loudly, when it doesn't verify. Free with
 * cited_free.
 */
int cited_try(struct client *c, struct keyfile *key, int64_t index, struct cited *out,
              bool *found) MUST_CHECK;
/* The same, where there has to be one: PUMASI_FAILED after a sentence when there isn't. */
int cited_fetch(struct client *c, struct keyfile *key, int64_t index, struct cited *out) MUST_CHECK;
void cited_free(struct cited *r);

/*
 * Verifies what GET /v1/records/{index} and its proof answered against the profile's pins. 0, or -1
 * with *why a sentence. Nothing needs freeing then.
 */
int cited_verify(const struct profile *p, const json_t *record, const json_t *proof, int64_t index,
                 struct cited *out, const char **why) MUST_CHECK;

/* As render.h wants it; points into r. */
struct render_named cited_named(const struct cited *r);
/* A copy of one of its texts, where it came along and fits the hash that was signed; else NULL. */
char *cited_text(const struct cited *r, const char *field, const struct act_hash *signed_hash);

/* The index that somebody typed: PUMASI_OK, or PUMASI_USAGE after a sentence. */
int cited_index(const char *text, int64_t *out) MUST_CHECK;

#endif
