/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_SCAN_H
#define PUMASI_AUDIT_SCAN_H

#include "client/audit_copy.h"

/*
 * Goes through the file `records` once: where each record begins, its leaf, which sizes snapshots
 * are of. Ends before a record that isn't whole; good_end is then less than the file. -1 with
 * errno.
 */
int audit_scan(struct audit_copy *c) MUST_CHECK;
/* The same for what is added. `len`: bytes in the file. */
void audit_scan_record(struct audit_copy *c, const char *const *parts, const size_t *lens, size_t n,
                       int64_t len, bool good);
void audit_scan_leaf(struct audit_copy *c, const struct hash *leaf);

#endif
