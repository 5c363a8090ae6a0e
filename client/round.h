/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLIENT_ROUND_H
#define PUMASI_CLIENT_ROUND_H

#include <jansson.h>

#include "client/client.h"
#include "core/round.h"

/* A round of clearing as GET /v1/clearing/{unit} tells of it. */
struct round_answer {
    json_t *json; /* as it came */
    struct round *round;
    const char *coop; /* whose view `own` is: in json; NULL where there is none */
    int64_t owes, owed, cleared;
};

/*
 * The latest round of that unit, asked with that key. Its legs' hash is computed here: where it
 * isn't the one that the ledger says, nobody is to consent to it. An enum pumasi_exit, after a
 * sentence; the answer is to be freed in any case.
 */
int round_fetch(struct client *c, const struct keyfile *key, const char *unit,
                struct round_answer *out) MUST_CHECK;
void round_answer_free(struct round_answer *a);

/* In plain words on f: how it stands, what it does for the co-op that asked, who is asked, the legs
 * (the co-op's own, where it was one that asked, unless all are wanted). */
void round_show(struct client *c, const struct round_answer *a, bool all, FILE *f);

#endif
