/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stored records as readers see them. */
#include "ledgerd/record_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "lang/lang.h"
#include "ledgerd/log.h"
#include "ledgerd/out.h"
#include "ledgerd/scope.h"

static int view_parts(struct record_view *v, const char *parts, const char **why)
{
    for (const char *p = parts; *p != '\0';) {
        size_t len = strcspn(p, "\n");

        if (v->n == RECORD_PARTS_MAX) {
            *why = N_("it has too many parts");
            return -1;
        }
        if (part_parse(&v->parts[v->n], p, len, why) != 0) {
            return -1;
        }
        v->text[v->n] = p;
        v->text_len[v->n] = len;
        v->n++;
        p += len + (p[len] == '\n');
    }
    return 0;
}

struct record_view *record_view_new(const char *header, const char *parts, const char *by,
                                    const struct caller *c)
{
    struct record_view *v = x_calloc(1, sizeof(*v));
    const char *why = N_("its act can't be read");
    struct refusal refusal;

    if (record_header_parse(&v->header, header, strlen(header), &why) != 0 ||
        view_parts(v, parts, &why) != 0) {
        goto bad;
    }
    if (v->n == 0 || v->parts[0].kind != PART_ACT ||
        act_parse(&v->act, &v->parts[0].act, &refusal) != 0) {
        goto bad;
    }
    v->has_act = true;
    if (c != NULL) {
        v->n_visible = scope_parts(c, by, v->parts, v->n, v->visible);
    }
    return v;
bad:
    log_event(LOG_LEVEL_ERROR, "a stored record is damaged", LOG_INT("record", v->header.index),
              LOG_STR("why", _(why)));
    record_view_free(v);
    return NULL;
}

void record_view_free(struct record_view *v)
{
    if (v == NULL) {
        return;
    }
    for (size_t i = 0; i < v->n; i++) {
        part_free(&v->parts[i]);
    }
    if (v->has_act) {
        act_free(&v->act);
    }
    free(v);
}

void transfer_view_of(struct transfer_view *out, const struct act *act, const char *member,
                      bool payer_is_purse)
{
    const struct act_transfer *t = &act->u.transfer;

    memset(out, 0, sizeof(*out));
    if (act->type != ACT_TRANSFER) {
        return;
    }
    if (str_eq(t->from, member)) {
        out->counterparty = t->to;
    } else if (str_eq(t->to, member)) {
        out->counterparty = t->from;
    }
    out->category = t->category[0] != '\0' ? t->category : NULL;
    out->has_value_date = t->has_value_date;
    out->value_date = t->value_date;
    out->by_registrar = strchr(act->by, '@') == NULL && !payer_is_purse;
}

void transfer_view_put(struct buf *b, const struct transfer_view *t, const char *memo)
{
    char date[DATE_LEN + 1];

    if (t->has_value_date) {
        date_text(date, t->value_date);
    }
    out_str(b, "value_date", t->has_value_date ? date : NULL);
    out_str(b, "counterparty", t->counterparty);
    out_str(b, "memo", memo);
    out_str(b, "category", t->category);
    out_str(b, "signed_by", t->by_registrar ? "registrar" : "member");
    out_null(b, "reverses"); /* there are no reversals yet */
    out_null(b, "reversed");
}
