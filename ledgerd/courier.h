/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_COURIER_H
#define PUMASI_COURIER_H

/*
 * The process that goes out: a child of ledgerd's own, forked before the keys are read, which makes
 * HTTP requests to the witnesses and sister ledgers that the configuration names. So ledgerd
 * itself, which has the keys and reads what strangers send, can give up making connections
 * (sandbox.h). What it may ask for is one of four errands to one of those peers: who takes ledgerd
 * over can't send the courier anywhere else. The courier has no keys, reads and writes no files of
 * the data folder, and is in a sandbox of its own, which lets it use the network. When it dies, a
 * minder, its parent, starts another one, with pauses; what was under way has then failed.
 */

#include "core/base.h"
#include "core/tileset.h"
#include "core/witness.h"

struct courier;

enum errand_kind {
    ERRAND_CHECKPOINT,     /* GET /checkpoint */
    ERRAND_TILE,           /* GET /tile/… */
    ERRAND_ADD_CHECKPOINT, /* POST /add-checkpoint */
    ERRAND_COSIGNATURES,   /* POST /v1/cosignatures */
};
#define ERRAND_BODY_MAX WITNESS_REQUEST_MAX

/* What came of one. */
struct errand_end {
    size_t peer;
    long status;      /* HTTP's; 0: nobody was reached, and body says why */
    const char *body; /* NUL-terminated, len bytes */
    size_t len;
};
typedef void errand_done(void *arg, const struct errand_end *end);

/*
 * Forks the courier for n peers; a URL that is NULL is never gone to. `data_dir` only finds the
 * sandbox, want is the configuration's. NULL and a sentence.
 */
struct courier *courier_start(const char *const *urls, size_t n, int want, char *err,
                              size_t err_size) MUST_CHECK;
/* Readable when courier_look has something to do. */
int courier_fd(const struct courier *c);
/*
 * Sends an errand to a peer that has none under way. False: the courier is gone, or behind. `tile`
 * is for ERRAND_TILE, else NULL; body for the two posts.
 */
bool courier_send(struct courier *c, size_t peer, enum errand_kind kind,
                  const struct tile_ref *tile, const void *body, size_t len) MUST_CHECK;
/* Calls done for each errand that has ended. False: courier and minder are gone, and no errand will
 * end. */
bool courier_look(struct courier *c, errand_done *done, void *arg) MUST_CHECK;
/* Ends it. NULL is let be. */
void courier_stop(struct courier *c);

#endif
