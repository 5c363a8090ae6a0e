/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_SHOWN_H
#define PUMASI_AUDIT_SHOWN_H

#include "client/audit_answers.h"

/*
 * What everybody is shown of the ledger and its units, and offices of their co-ops, lines and
 * members, against the log: names, keys, thresholds and policies of each co-op whose accounts were
 * asked for, which members it has and how they stand, and of `sample` members, chosen by chance,
 * also keys, permissions and limits. These answers are of now: what a later record than the last
 * that was audited changed isn't judged.
 */
int audit_shown_compare(const struct audit_answers *s, struct audit_report *r,
                        const struct keyfile *key, const struct audit_copy *c,
                        const struct audit *a, int64_t sample) MUST_CHECK;

#endif
