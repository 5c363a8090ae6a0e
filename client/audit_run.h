/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_RUN_H
#define PUMASI_AUDIT_RUN_H

#include "client/audit.h"

#define AUDIT_ACCOUNTS 1000 /* whose histories are compared, unless somebody says otherwise */

/* What is asked for. */
struct audit_ask {
    const char *coop;      /* a book; NULL: everything */
    const char *dir;       /* an export */
    const char *id, *vkey; /* an export's, NULL: whatever it says */
    bool again;            /* get and verify everything anew */
    bool answers;          /* compare what the ledger shows */
    int64_t accounts;      /* of so many their histories */
};

/* An enum pumasi_exit, after a sentence where it isn't PUMASI_OK; what was found is in the report.
 */
int audit_run_export(struct audit_report *r, const struct audit_ask *ask) MUST_CHECK;
int audit_run_ledger(struct audit_report *r, const struct audit_ask *ask) MUST_CHECK;

#endif
