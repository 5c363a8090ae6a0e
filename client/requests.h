/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REQUESTS_H
#define PUMASI_REQUESTS_H

#include <jansson.h>

#include "client/client.h"

/* Requests for payment, asked of the user or by the user, as GET /v1/requests lists them. */
struct request_row {
    json_t *item;        /* the ledger's, owned */
    struct keyfile *key; /* that may see it */
    bool mine;           /* open, and for one of the keys to pay or decline */
    bool others;         /* only an office sees it, whose members answer for themselves */
};
struct request_list {
    size_t n;
    struct request_row *rows;
};

/*
 * Those of one state ("open", "closed", "paid"; NULL: all), asked for by each holder that the
 * profile has a key of, or by the keys that --key names; each once. First what the user has to
 * answer, oldest first, then what others have to, then what is over, newest first. An enum
 * pumasi_exit, after a sentence; free with requests_free in every case.
 */
int requests_fetch(struct client *c, const char *state, struct request_list *out) MUST_CHECK;
void requests_free(struct request_list *l);

/*
 * Is the request of that record still to be answered, as far as `key` may see? PUMASI_OK also where
 * that isn't to be had, or the user wants the ledger's own refusal (--json); PUMASI_FAILED after a
 * sentence that says what became of it.
 */
int requests_check_open(struct client *c, const struct keyfile *key, int64_t index) MUST_CHECK;

#endif
