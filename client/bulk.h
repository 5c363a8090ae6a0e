/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BULK_H
#define PUMASI_BULK_H

#include <jansson.h>

#include "client/client.h"
#include "client/receipt.h"

/*
 * Many acts, in their order: POST /v1/acts as application/x-ndjson. While the ledger works on one
 * body the next ones are made and signed in a thread, and the answers to those before are checked
 * in another. There is never more than one body on its way, as the ledger promises an order only
 * within one. A body whose outcome isn't known for every act is sent again as it was.
 */
#define BULK_LINES 1500                 /* acts a body; the protocol takes 5,000 */
#define BULK_BYTES ((size_t)3500 << 10) /* and 4 MiB */

/* What became of one act. Valid during the call. */
struct bulk_result {
    size_t i;
    long status;
    const char *line; /* as it came, without its newline */
    size_t len;
    const json_t *receipt; /* 200 or 201 */
    const json_t *problem; /* any other; may be NULL */
};

enum bulk_event {
    BULK_SENT,    /* `sent` acts are answered */
    BULK_WAITING, /* the ledger isn't to be had; `why` says so once each time it goes */
    BULK_LATER,   /* the ledger wants this later, and it will be sent then; `why` says when */
    BULK_AGAIN,   /* it is there again */
};

struct bulk {
    void *arg;
    /* Appends act i as one line with its newline. In a thread of its own, in order. */
    void (*put)(void *arg, size_t i, struct buf *out);
    /* One act's result, in order; and after each body all acts below `done` have had theirs. In
     * another thread. Anything but PUMASI_OK, after a sentence, ends the run with it. */
    int (*take)(void *arg, const struct bulk_result *r);
    int (*flush)(void *arg, size_t done);
    /* What to show. In the calling thread. */
    void (*tell)(void *arg, enum bulk_event event, size_t sent, const char *why);
    int64_t patience; /* seconds to wait for a ledger that isn't to be had */
};

/*
 * Sends the acts first..end-1. PUMASI_OK when all have had their results; PUMASI_UNKNOWN after a
 * sentence when the ledger stayed away; else what take or flush said, or what is wrong with the
 * answers.
 */
int bulk_run(struct client *c, const struct bulk *b, size_t first, size_t end) MUST_CHECK;

/*
 * Cuts an answer into its lines: starts[i] is the one of act i and NUL-terminated (body is
 * changed), statuses[i] its status. True when there are exactly n, in order, all with an outcome.
 */
bool bulk_split(char *body, size_t len, size_t n, const char **starts, long *statuses);

/* Many receipts of one ledger: a checkpoint that many of them carry is opened once. */
struct bulk_proofs {
    const char *origin;
    const struct key *log_key;
    char *note;
    size_t note_len;
    struct checkpoint checkpoint;
};
/* As receipt_verify(). */
int bulk_verify(struct bulk_proofs *p, struct receipt *out, const json_t *receipt, const char *by,
                const char *jti, const char **why) MUST_CHECK;
void bulk_proofs_free(struct bulk_proofs *p);

#endif
