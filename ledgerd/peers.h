/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PEERS_H
#define PUMASI_PEERS_H

/* Those that the configuration names with a key: witnesses of this ledger, and ledgers that this
 * one witnesses. */

#include "core/base.h"
#include "core/cosign.h"

#define PEERS_MAX 16

struct peer {
    struct cosigner who; /* of a ledger: its origin and log key */
    char *url;           /* without a trailing slash; NULL: it isn't called, it calls */
};
struct peers {
    size_t n;
    struct peer rows[PEERS_MAX];
};

/*
 * Splits "VKEY URL, VKEY, …": the keys are of type `alg`. -1 and a sentence in err. To be freed
 * after 0.
 */
int peers_parse(struct peers *out, const char *text, enum note_alg alg, char *err,
                size_t err_size) MUST_CHECK;
void peers_free(struct peers *p);

#endif
