/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_EXPLAIN_H
#define PUMASI_EXPLAIN_H

#include "client/cited.h"
#include "client/render.h"
#include "client/waiting.h"

/* What an act names, looked up and verified: the record that it says the index of, or the open
 * request or waiting act whose payload has the hash that it says. */
struct explained {
    struct cited cited;               /* owned */
    struct render_named here;         /* into `cited`, or into the list that was given */
    const struct render_named *named; /* &here, or NULL when nothing is named or to be had */
};

/*
 * Asks by the profile's keys. `l` (may be NULL) is what waits for them, and must outlive *out.
 * PUMASI_OK also when the named act isn't to be had; anything else after a sentence: the ledger
 * can't be reached, or its answer doesn't verify. *out stays where it is; free with explain_free.
 */
int explain(struct client *c, const struct act *a, const struct waiting_list *l,
            struct explained *out) MUST_CHECK;
void explain_free(struct explained *e);

#endif
