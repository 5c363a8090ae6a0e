/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_WAITING_H
#define PUMASI_WAITING_H

#include <jansson.h>

#include "client/client.h"
#include "client/office.h"
#include "core/act.h"
#include "core/envelope.h"

/* One act that isn't posted yet, as the ledger or a file shows it. What it asks for is read from
 * its payload alone. */
struct waiting {
    struct submission s; /* payload, the signatures so far, texts where there are any */
    struct act act;
    json_t *item;        /* the ledger's answer, NULL for a file */
    struct signers mine; /* keys of the profile that may still sign it */
};
struct waiting_list {
    size_t n;
    struct waiting *rows;
};

/*
 * GET /v1/pending by each key that --key names, else by all of the profile's keys (those that the
 * ledger doesn't know, or that stay locked, are passed over as long as another one answers). Acts
 * that this program can't read are noted and left out. Free with waiting_list_free.
 */
int waiting_fetch(struct client *c, struct waiting_list *out) MUST_CHECK;
void waiting_list_free(struct waiting_list *l);
/* The one of that id, which l keeps. PUMASI_FAILED after a sentence when it isn't there. */
int waiting_find(const struct waiting_list *l, const char *jti,
                 const struct waiting **out) MUST_CHECK;

/*
 * Reads one from JSON that has "act" and perhaps "texts", other members are passed over. 0, or -1
 * with *why a fresh sentence that the caller frees.
 */
int waiting_read(struct waiting *out, const json_t *item, char **why) MUST_CHECK;
void waiting_free(struct waiting *w);

/* "1 more treasurer of hansalim, 1 more steward of stewards" of a pending answer. The caller frees
 * it. */
char *waiting_needs(const json_t *item);

#endif
