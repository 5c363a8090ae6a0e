/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_ask.h"

int audit_get(struct audit_report *r, const struct keyfile *key, const char *path, bool missing,
              json_t **out, long *status)
{
    struct query_lenience *before = r->c->lenience, now = {.missing = missing};
    int rc;

    r->c->lenience = &now;
    rc = query_get(r->c, key, path, out);
    r->c->lenience = before;
    *status = now.status ? now.status : 200;
    return now.status ? PUMASI_OK : rc;
}

int audit_list(struct audit_report *r, const struct keyfile *key, const char *path, bool missing,
               struct query_view *view, int (*fn)(void *arg, json_t *item), void *arg, long *status)
{
    struct query_lenience *before = r->c->lenience, now = {.missing = missing};
    int rc;

    r->c->lenience = &now;
    rc = query_list_at(r->c, key, path, 0, view, fn, arg);
    r->c->lenience = before;
    *status = now.status ? now.status : 200;
    return now.status ? PUMASI_OK : rc;
}

void audit_unanswered(struct audit_report *r, enum audit_word word, int64_t record,
                      const char *about, long status)
{
    if (status == 404)
        audit_report_add(r, word, record, about, "", 0,
                         "it isn't shown: the ledger says that there is no such thing");
    else
        audit_report_add(r, word, record, about, "", 0,
                         "it isn't shown: the ledger can't read what it has stored (status %ld)",
                         status);
}
