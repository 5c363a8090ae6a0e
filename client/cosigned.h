/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_COSIGNED_H
#define PUMASI_COSIGNED_H

#include <jansson.h>

#include "client/client.h"
#include "client/receipt.h"
#include "client/trusted.h"
#include "core/tileset.h"

/*
 * Receipts under checkpoints that witnesses have cosigned. A receipt is mostly older than any
 * cosignature, so its record is looked up, with the tiles, in the checkpoint that the ledger shows
 * now. That one is kept beside the receipt, as its member "cosigned", and does without the network
 * from then on.
 */
struct cosigned {
    struct client *c;
    struct trust trust;
    enum {
        COSIGNED_UNASKED,
        COSIGNED_THERE,
        COSIGNED_AWAY
    } state; /* what the ledger shows now */
    struct checkpoint checkpoint;
    char *note;
    size_t note_len;
    struct trust_found by; /* who has cosigned it */
    struct tileset tiles;
};

/* --quorum's text; nothing is asked for yet. An enum pumasi_exit; to be freed in every case. */
int cosigned_init(struct cosigned *s, struct client *c, const char *quorum) MUST_CHECK;
void cosigned_free(struct cosigned *s);
/*
 * Who has cosigned a checkpoint that has the record of a receipt which verifies as *r; `file` is
 * what is kept of it, and *changed that it has another "cosigned" now. Too few of the quorum isn't
 * a failure: by->rc says so. PUMASI_UNPROVED, loudly, when the ledger has signed another history.
 */
int cosigned_find(struct cosigned *s, const struct receipt *r, json_t *file, struct trust_found *by,
                  bool *changed) MUST_CHECK;

#endif
