/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_RECEIPTS_H
#define PUMASI_AUDIT_RECEIPTS_H

#include "client/audit.h"
#include "client/audit_copy.h"

/* Are all receipts that are kept here, and all checkpoints that were ever seen, of this log? */
int audit_receipts(struct audit_report *r, const struct audit_copy *c,
                   const struct keyfile *key) MUST_CHECK;

#endif
