/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_ASK_H
#define PUMASI_AUDIT_ASK_H

#include "client/audit.h"
#include "client/query.h"

/*
 * query_get and query_list_at for audits, to which it is a finding what a ledger can't answer as
 * its own tables are damaged. PUMASI_OK and *status 200; or 500 where it says, asked twice, that it
 * made a mistake; or 404, with `missing` only, as else it may be the auditor who has no business
 * there. *out is NULL then; of a list, fn may have had some items. All else is as of query.h.
 */
int audit_get(struct audit_report *r, const struct keyfile *key, const char *path, bool missing,
              json_t **out, long *status) MUST_CHECK;
int audit_list(struct audit_report *r, const struct keyfile *key, const char *path, bool missing,
               struct query_view *view, int (*fn)(void *arg, json_t *item), void *arg,
               long *status) MUST_CHECK;
/* The finding: of that word, with what the ledger answered instead. */
void audit_unanswered(struct audit_report *r, enum audit_word word, int64_t record,
                      const char *about, long status);

#endif
