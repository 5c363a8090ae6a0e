/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_LISTED_H
#define PUMASI_AUDIT_LISTED_H

#include "client/audit.h"
#include "client/audit_copy.h"

/*
 * Lists that the ledger makes of records, against the log: snapshots, and in an audit of the whole
 * log requests with what became of them. Of a book's, others' halves of requests aren't seen.
 */
int audit_listed_compare(struct audit_report *r, const struct keyfile *key,
                         const struct audit_copy *c, const struct audit *a) MUST_CHECK;

#endif
