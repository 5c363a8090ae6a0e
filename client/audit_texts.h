/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_TEXTS_H
#define PUMASI_AUDIT_TEXTS_H

#include "client/audit_answers.h"

/*
 * Texts, which stand beside the log and not in it, against the hashes in the acts that they came
 * with (protocol section 3.2). Which of them were erased nobody can tell, so none is missed.
 */

/* All texts of an export, after its replay. PUMASI_OK, or not after a sentence. */
int audit_texts_export(struct audit_report *r, const struct audit_copy *c) MUST_CHECK;
/* Those that were shown as memos in the histories that were compared: of as many records as are
 * kept in `s`. */
int audit_texts_compare(struct audit_answers *s, struct audit_report *r, const struct keyfile *key,
                        const struct audit_copy *c) MUST_CHECK;

#endif
