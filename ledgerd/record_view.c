/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stored records as readers see them. */
#include "ledgerd/record_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "lang/lang.h"
#include "ledgerd/log.h"
#include "ledgerd/out.h"
#include "ledgerd/scope.h"

static void make_room(struct record_view *v)
{
    v->cap = v->cap == 0 ? 8 : v->cap * 2;
    v->parts = x_realloc(v->parts, v->cap * sizeof(*v->parts));
    v->text = x_realloc(v->text, v->cap * sizeof(*v->text));
    v->text_len = x_realloc(v->text_len, v->cap * sizeof(*v->text_len));
}

static int view_parts(struct record_view *v, const char *parts, const char **why)
{
    for (const char *p = parts; *p != '\0';) {
        size_t len = strcspn(p, "\n");

        if (v->n == v->cap) {
            make_room(v);
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

/* Whom an act concerns that its record's parts don't name; NULL when they do. */
static const char *concerned(const struct act *a, const char *parties,
                             char both[2 * ADDRESS_MAX + 2])
{
    if (a->type == ACT_REQUEST) {
        (void)snprintf(both, 2 * ADDRESS_MAX + 2, "%s %s", a->u.transfer.from, a->u.transfer.to);
        return both;
    }
    if (a->type == ACT_DECLINE && parties == NULL && !str_eq(a->by, "stewards")) {
        return a->by;
    }
    return a->type == ACT_DECLINE ? parties : NULL;
}

struct record_view *record_view_new(const char *header, const char *parts, const char *by,
                                    const char *parties, const struct caller *c)
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
    v->visible = x_calloc(v->n, sizeof(*v->visible));
    if (c != NULL) {
        char both[2 * ADDRESS_MAX + 2];
        v->n_visible =
            scope_parts(c, by, concerned(&v->act, parties, both), v->parts, v->n, v->visible);
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
    record_header_free(&v->header);
    free(v->parts);
    free(v->text);
    free(v->text_len);
    free(v->visible);
    free(v);
}

static bool is_of(const char *address, const char *coop)
{
    return str_eq(name_coop_start(address), coop);
}

static void copy_terms(struct transfer_view *out, const struct act_transfer *t, const char *member,
                       const char *coop)
{
    out->through = coop != NULL && !is_of(t->from, coop) && !is_of(t->to, coop);
    if (out->through) {
        return;
    }
    if (str_eq(t->from, member)) {
        str_copy(out->counterparty, sizeof(out->counterparty), t->to);
    } else if (str_eq(t->to, member) || member[0] != '!') { /* or the purse of the payer's levy */
        str_copy(out->counterparty, sizeof(out->counterparty), t->from);
    }
    str_copy(out->category, sizeof(out->category), t->category);
}

/* What a reversal takes back, from that transfer's act part. */
static int copy_original(struct transfer_view *out, const char *part_text, const char *member,
                         const char *coop)
{
    struct refusal refusal;
    struct part part;
    struct act act;
    const char *why;
    int rc = -1;

    if (part_parse(&part, part_text, strlen(part_text), &why) != 0) {
        return -1;
    }
    if (part.kind == PART_ACT && act_parse(&act, &part.act, &refusal) == 0) {
        if (act.type == ACT_TRANSFER) {
            copy_terms(out, &act.u.transfer, member, coop);
            rc = 0;
        }
        act_free(&act);
    }
    part_free(&part);
    return rc;
}

/* With whom, of what is neither a transfer nor a reversal: as far as the act says it. */
static void copy_partner(struct transfer_view *out, const struct act *act, const char *member)
{
    const struct act_estate *e = &act->u.estate;
    const struct act_settlement *s = &act->u.settlement;
    const char *partner = "";

    if (act->type == ACT_LEVY && !str_eq(act->u.levy.member, member)) {
        partner = act->u.levy.member;
    } else if (act->type == ACT_ESTATE) {
        partner = str_eq(e->member, member) ? e->purse : e->member;
    } else if (act->type == ACT_SETTLEMENT) {
        partner = str_eq(name_coop_start(member), s->from) ? s->to : s->from;
    }
    str_copy(out->counterparty, sizeof(out->counterparty), partner);
}

int transfer_view_of(struct transfer_view *out, const struct act *act, const char *member,
                     const char *coop, const PGresult *res, int row, int col)
{
    const struct act_transfer *t = &act->u.transfer;

    memset(out, 0, sizeof(*out));
    out->reverses = -1;
    out->reversed = col_int(res, row, col + TRANSFER_REVERSED);
    out->forced = col_bool(res, row, col + TRANSFER_FORCED);
    if (act->type == ACT_TRANSFER) {
        copy_terms(out, t, member, coop);
        out->has_value_date = t->has_value_date;
        out->value_date = t->value_date;
        out->has_request = t->has_request;
        out->request = t->request;
    } else if (act->type == ACT_REVERSAL) {
        out->reverses = act->u.reversal.record;
        if (copy_original(out, col_text(res, row, col + TRANSFER_ORIGINAL), member, coop) != 0) {
            log_event(LOG_LEVEL_ERROR, "a stored reversal is damaged",
                      LOG_INT("reverses", out->reverses));
            return -1;
        }
    } else {
        copy_partner(out, act, member);
    }
    if (out->through) {
        *out = (struct transfer_view){.through = true, .reverses = -1};
    } else if (act->type != ACT_TRANSFER && act->type != ACT_REVERSAL) {
        out->signed_by = str_eq(act->by, "ledger") ? "ledger" : "treasurers";
    } else if (out->forced) {
        out->signed_by = "treasurers";
    } else if (strchr(act->by, '@') == NULL && !col_bool(res, row, col + TRANSFER_PURSE)) {
        out->signed_by = "registrar";
    } else {
        out->signed_by = "member";
    }
    return 0;
}

void transfer_view_put(struct buf *b, const struct transfer_view *t, const char *memo)
{
    char date[DATE_LEN + 1];

    if (t->has_value_date) {
        date_text(date, t->value_date);
    }
    out_str(b, "value_date", t->has_value_date ? date : NULL);
    out_str(b, "counterparty", t->counterparty[0] != '\0' ? t->counterparty : NULL);
    out_str(b, "memo", t->through ? NULL : memo);
    out_str(b, "category", t->category[0] != '\0' ? t->category : NULL);
    out_str(b, "signed_by", t->signed_by);
    if (t->reverses >= 0) {
        out_int(b, "reverses", t->reverses);
    } else {
        out_null(b, "reverses");
    }
    if (t->reversed > 0) {
        out_int(b, "reversed", t->reversed);
    } else {
        out_null(b, "reversed");
    }
    if (t->forced) {
        out_bool(b, "forced", true);
    }
    if (t->has_request) {
        out_int(b, "request", t->request);
    }
}
