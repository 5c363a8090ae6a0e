/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_LINES_H
#define PUMASI_AUDIT_LINES_H

#include "client/audit.h"

/* What a report says to people, in their language; as text and as a page it is the same. All
 * strings are the lines' own, and safe on a terminal. */
struct audit_lines {
    char *title;
    size_t n_facts;
    struct {
        char *name, *value;
    } facts[8];
    size_t n_checked, n_open, n_lost;
    char *checked[16], *open[8], *lost[64];
    char *verdict;
};

void audit_lines_make(struct audit_lines *l, const struct audit_report *r);
void audit_lines_free(struct audit_lines *l);
/* "record 17, alice@hansalim/hour, 1:30 hour at stake"; the caller's to free. */
char *audit_finding_where(const struct audit_report *r, const struct audit_finding *f);
/* The sentence about it, in the reader's language where it is known; safe on a terminal. The
 * caller's to free. */
char *audit_finding_why(const struct audit_finding *f);

#endif
