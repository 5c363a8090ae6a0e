/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PENDING_MERGE_H
#define PUMASI_PENDING_MERGE_H

#include "core/act.h"
#include "core/state.h"
#include "ledgerd/pendings.h"

/*
 * What waits and what came now, as one submission: of the signatures that waited those whose keys
 * still have the right, with the new ones and the texts of both. *more tells whether a signature
 * is new. The caller frees *out; -1 when what waits can't be read, and then nothing needs freeing.
 */
int pending_merge(struct submission *out, const struct pending_act *pa, const struct state *s,
                  const struct act *a, const struct submission *now, bool *more) MUST_CHECK;

#endif
