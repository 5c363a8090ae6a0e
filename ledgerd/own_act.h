/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_OWN_ACT_H
#define PUMASI_OWN_ACT_H

#include "core/buf.h"
#include "core/key.h"
#include "ledgerd/job.h"

struct ledgerd;

/*
 * Signs a payload with a key of the ledger's own and hands the act to the workers, as if it had
 * been submitted. `done` gets the job, and frees it; it isn't called where too much is waiting
 * already: whoever asked asks again later.
 */
void own_act_submit(struct ledgerd *d, const struct buf *payload,
                    const uint8_t secret[KEY_SECRET_LEN], void (*done)(struct job *job));

#endif
