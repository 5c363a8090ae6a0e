/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_ACT_H
#define PUMASI_IMPORT_ACT_H

#include "client/import_job.h"
#include "client/keyfile.h"

/* Writes the acts of an import, each as one line to be POSTed. */
struct import_maker {
    const struct import_job *job;
    const struct import_file *file;
    const char *ledger_id;
    const struct keyfile *key; /* unlocked */
    struct buf header;         /* the protected header in base64url, and a dot */
    struct buf payload, text;
};

/* All borrowed; for one thread. Free with import_maker_free. */
void import_maker_init(struct import_maker *m, const struct import_job *job,
                       const struct import_file *file, const char *ledger_id,
                       const struct keyfile *key);
void import_maker_free(struct import_maker *m);
/* Appends the submission of act i as one line with its newline. The same bytes each time. */
void import_maker_put(struct import_maker *m, size_t i, struct buf *out);

#endif
