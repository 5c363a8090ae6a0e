/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/explain.h"

#include <stdlib.h>
#include <string.h>

#include "client/query.h"
#include "client/requests.h"

void explain_free(struct explained *e)
{
    cited_free(&e->cited);
    memset(e, 0, sizeof(*e));
}

static void use_cited(struct explained *out)
{
    out->here = cited_named(&out->cited);
    out->named = &out->here;
}

static int by_index(struct client *c, int64_t index, struct explained *out)
{
    bool found;
    int rc = cited_try(c, NULL, index, &out->cited, &found);

    if (rc == PUMASI_OK && found)
        use_cited(out);
    return rc;
}

/* A request, by the hash that its decline names: the list says which it may be, and its record
 * shows that it is. */
static int by_hash(struct client *c, const struct hash *hash, struct explained *out)
{
    char text[HASH_B64U_LEN + 1];
    struct request_list l;
    int rc = requests_fetch(c, NULL, &l);

    hash_text(text, hash);
    for (size_t i = 0; rc == PUMASI_OK && out->named == NULL && i < l.n; i++) {
        const struct request_row *row = &l.rows[i];
        bool found;

        if (!str_eq(json_text(row->item, "act"), text))
            continue;
        rc = cited_try(c, row->key, json_number(row->item, "index"), &out->cited, &found);
        if (rc == PUMASI_OK && found && hash_eq(&out->cited.w.act.payload_hash, hash))
            use_cited(out);
        else
            cited_free(&out->cited);
    }
    requests_free(&l);
    return rc;
}

int explain(struct client *c, const struct act *a, const struct waiting_list *l,
            struct explained *out)
{
    memset(out, 0, sizeof(*out));
    if (a->type == ACT_REVERSAL)
        return by_index(c, a->u.reversal.record, out);
    if (a->type == ACT_TRANSFER && a->u.transfer.has_request)
        return by_index(c, a->u.transfer.request, out);
    if (a->type != ACT_DECLINE)
        return PUMASI_OK;
    for (size_t i = 0; l != NULL && i < l->n; i++) {
        const struct waiting *w = &l->rows[i];

        if (!hash_eq(&w->s.env.payload_hash, &a->u.decline.act))
            continue;
        out->here = (struct render_named){.act = &w->act, .s = &w->s, .index = -1};
        out->named = &out->here;
        return PUMASI_OK;
    }
    return by_hash(c, &a->u.decline.act, out);
}
