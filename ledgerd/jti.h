/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_JTI_H
#define PUMASI_JTI_H

#include "core/base.h"
#include "core/buf.h"

/* Appends a new id for an act that the ledger makes: 6 bytes of milliseconds since 1970 and 16
 * random ones in base64url (docs/protocol.md section 3.3). */
void jti_put(struct buf *b, int64_t ms);

#endif
