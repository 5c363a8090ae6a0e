/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SUBJECT_H
#define PUMASI_SUBJECT_H

#include "core/buf.h"
#include "core/rules.h"

/*
 * How change parts name and show what they change (docs/protocol.md section 3). For ever: an old
 * record is checked by these bytes.
 *
 *   alice@hansalim, hansalim, stewards, ledger, *     a holder
 *   unit:hour   policy:hansalim/hour   limits:alice@hansalim/hour   snapshot:ledger
 *   round:hour   line:hansalim/icoop/hour
 */
void subject_put_name(struct buf *b, const struct change *c);
/* The state as one JSON object, members in their fixed order, no white space. */
void subject_put_state(struct buf *b, const struct change *c);
struct subject *subject_of(const struct change *c);

#endif
