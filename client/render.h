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

/* One line without a full stop: "payment of 1:30 hour from alice@hansalim to bob@hansalim". The
 * caller frees it. */
char *render_headline(const struct client *c, const struct act *a);
/* The headline and a line for each thing that the act says, each ending in a newline. The caller
 * frees it. */
char *render_act(const struct client *c, const struct act *a, const struct submission *s);

/* "treasurer key of hansalim", "key of alice@hansalim", "steward key". The caller frees it. */
char *render_key_of(enum role role, const char *holder);
/* Whose threshold: "treasurers of hansalim", "keys of alice@hansalim", "stewards". The caller frees
 * it. */
char *render_signers(enum role role, const char *holder);
/* "may owe up to 20:00 hour, may hold up to 40:00 hour". The caller frees it. */
char *render_bounds(const struct client *c, const struct act_bounds *b, const char *unit);

#endif
