/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_PULL_H
#define PUMASI_AUDIT_PULL_H

#include "client/audit.h"
#include "client/audit_copy.h"

/*
 * Brings a copy up to the ledger's checkpoint: leaves from the tiles, records from GET /v1/log,
 * each held against its leaf. Where the ledger tells another story than before, that is a finding,
 * and both signed checkpoints are kept as evidence. `again`: all records are got anew and compared.
 */
int audit_pull(struct audit_report *r, struct audit_copy *c, const struct keyfile *key,
               bool again) MUST_CHECK;

/* Does each part have its hash in the header: all of them, or, `some`, in its order? */
bool audit_parts_match(const char *header, const char *const *parts, size_t n, bool some);

/* What one page of GET /v1/log says. The strings are the JSON's. */
struct audit_page {
    size_t n;
    struct audit_got {
        int64_t index;
        const char *header;
        size_t n_parts;
        const char **parts; /* the list is the page's */
    } * records;
    int64_t next; /* -1: nothing more */
};
/* Strictly, as the answer is anybody's: indexes from `from` on, ascending; no part with a newline
 * in it. 0, or -1. Free it in every case. */
int audit_page_read(struct audit_page *out, const json_t *answer, int64_t from) MUST_CHECK;
void audit_page_free(struct audit_page *page);

#endif
