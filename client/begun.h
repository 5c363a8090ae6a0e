/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BEGUN_H
#define PUMASI_BEGUN_H

#include "client/client.h"
#include "core/act.h"

/*
 * Did an earlier run begin to pay (`type` ACT_TRANSFER), reverse or decline the record of that
 * index, and payload hash, without knowing its end? That one is finished, whatever the ledger says
 * of the record now. *out (may be NULL) is that act; it owns nothing.
 */
bool begun(struct client *c, enum act_type type, int64_t index, const struct hash *payload_hash,
           struct act *out);

#endif
