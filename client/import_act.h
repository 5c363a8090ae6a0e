/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_ACT_H
#define PUMASI_IMPORT_ACT_H

#include "client/cli.h"
#include "client/import_job.h"
#include "client/keyfile.h"

/* Writes the acts of an import, each as one line to be POSTed. */
struct import_maker {
    const struct import_job *job;
    const struct import_file *file;
    const char *ledger_id;
    char **titles;    /* of each member the name it is made with, or NULL; NULL: none */
    size_t n_signers; /* the registrar, then the treasurers */
    const struct keyfile *keys[1 + CLI_VALUES_MAX]; /* unlocked */
    struct buf headers[1 + CLI_VALUES_MAX]; /* the protected header in base64url, and a dot */
    struct buf payload, text;
};

/* All borrowed; for one thread. Free with import_maker_free. */
void import_maker_init(struct import_maker *m, const struct import_job *job,
                       const struct import_file *file, const char *ledger_id,
                       const struct keyfile *key);
/* Who signs for purses. */
void import_maker_treasurers(struct import_maker *m, struct keyfile *const *keys, size_t n);
void import_maker_free(struct import_maker *m);
/* Appends the submission of act i as one line with its newline. The same bytes each time. */
void import_maker_put(struct import_maker *m, size_t i, struct buf *out);

#endif
