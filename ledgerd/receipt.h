/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECEIPT_JSON_H
#define PUMASI_RECEIPT_JSON_H

#include "core/buf.h"
#include "core/envelope.h"
#include "core/rules.h"

/* The JSON of what answers an act: a receipt, or what a pending act waits for (protocol section 4).
 */

struct receipt {
    int64_t index;
    int64_t ms; /* the record's time */
    const char *by, *jti;
    const char *header; /* text of the record's header */
    size_t header_len;
    const char *proof; /* text of the tlog-proof; NULL leaves it out */
    size_t proof_len;
};
/* {"index":…,"time":…,"by":…,"jti":…,"header":…,"proof":…} */
void receipt_put(struct buf *b, const struct receipt *r);
/*
 * The same in two steps, where the note that ends the proof isn't signed yet: `more` bytes are
 * reserved for it. receipt_end gets it as buf_put_json writes it, and nothing where there is no
 * proof.
 */
void receipt_begin(struct buf *b, const struct receipt *r, size_t more);
void receipt_end(struct buf *b, const struct buf *note_json);

/* [{"holder":…,"role":…,"have":…,"of":…},…] */
void needs_put(struct buf *b, const struct need *needs, size_t n);
/* {"by":…,"jti":…,"type":…,"payload":…,"signed":[…],"needs":…,"exp":…}; exp in seconds, as in the
 * act. */
void pending_put(struct buf *b, const struct act *a, const struct envelope *env,
                 const char *needs_json);

#endif
