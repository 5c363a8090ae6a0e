/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_RECEIPTS_H
#define PUMASI_AUDIT_RECEIPTS_H

#include "client/audit.h"
#include "client/audit_copy.h"

/* Sizes and roots that were signed, and by which log key. */
struct audit_marks {
    size_t n;
    struct audit_mark {
        struct checkpoint checkpoint;
        struct key by;
        char *file;
    } * list;
};
void audit_marks_free(struct audit_marks *m);

/* Are all receipts that are kept here, and all checkpoints that were ever seen, of this log? *marks
 * becomes what was signed; to be freed in every case. */
int audit_receipts(struct audit_report *r, const struct audit_copy *c, const struct keyfile *key,
                   struct audit_marks *marks) MUST_CHECK;
/* Once the log was judged: was none of them signed by a log key that it had revoked by then? */
void audit_marks_check_keys(struct audit_report *r, const struct audit_marks *marks);

#endif
