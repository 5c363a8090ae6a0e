/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECEIPTS_H
#define PUMASI_RECEIPTS_H

#include "core/base.h"
#include "core/buf.h"
#include "ledgerd/reads.h"

struct ledgerd;

/*
 * Receipts of records posted before, under the latest checkpoint: in few statements however many.
 * Any number of indexes; done is called exactly once with a JSON text for each, in their order,
 * empty for one that isn't there. READ_BUSY also when a record is there but its checkpoint isn't
 * published yet. The texts are freed after the call.
 */
typedef void receipts_done(void *arg, enum read_end end, struct buf *receipts);
void receipts_read(struct ledgerd *d, const int64_t *indexes, size_t n, bool want_proof,
                   receipts_done *done, void *arg);

#endif
