/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RENDER_H
#define PUMASI_RENDER_H

#include "client/client.h"
#include "core/act.h"
#include "core/envelope.h"

/*
 * An act in plain words, from its payload alone: what somebody is asked to sign. Amounts come in
 * units as far as the profile knows them, keys by kid and, where they are the user's own, by name.
 * Texts are shown only where `s` (may be NULL) carries one that fits the hash in the payload.
 */

/*
 * The act that another one names: what a reversal takes back, a payment answers, a decline ends.
 * Whoever fills this in has made sure that it is the one: its record at that index, its payload of
 * that hash.
 */
struct render_named {
    const struct act *act;
    const struct submission *s; /* may be NULL */
    int64_t index;              /* of its record; -1 while it waits for signatures */
    const char *time;           /* when that was booked */
};

/* One line without a full stop: "payment of 1:30 hour from alice@hansalim to bob@hansalim". `named`
 * is NULL where nothing is named, or it isn't to be had. The caller frees it. */
char *render_headline(const struct client *c, const struct act *a,
                      const struct render_named *named);
/* The headline and a line for each thing that the act says, each ending in a newline; then what it
 * names, or that this can't be shown. The caller frees it. */
char *render_act(const struct client *c, const struct act *a, const struct submission *s,
                 const struct render_named *named);
/* Is it `by`'s own that a decline ends? An office may begin what another of its keys declines: only
 * a request that it asked for is its own. */
bool render_withdraws(const char *by, const struct render_named *named);
/* "decline of the request that …", or "withdrawal of …"; `in_turn` (may be NULL) is what that one
 * names. The caller frees it. */
char *render_declining(const struct client *c, const char *by, const struct render_named *named,
                       const struct render_named *in_turn);
/* A record by itself: "Record 12, booked …, says:" and lines as above; then what it names in turn
 * (may be NULL). The caller frees it. */
char *render_named(const struct client *c, const struct render_named *named,
                   const struct render_named *in_turn);
/* The text of a field that fits the hash in the payload; NULL where `s` (may be NULL) has none. */
const struct submitted_text *render_text(const struct submission *s, const char *field,
                                         const struct act_hash *signed_hash);

/* "treasurer key of hansalim", "key of alice@hansalim", "steward key". The caller frees it. */
char *render_key_of(enum role role, const char *holder);
/* Whose threshold: "treasurers of hansalim", "keys of alice@hansalim", "stewards". The caller frees
 * it. */
char *render_signers(enum role role, const char *holder);
/* "may owe up to 20:00 hour, may hold up to 40:00 hour". The caller frees it. */
char *render_bounds(const struct client *c, const struct act_bounds *b, const char *unit);

#endif
