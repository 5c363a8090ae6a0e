/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a page shows, from a statement that was judged. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/statement_file.h"
#include "lang/zone.h"

static char *text_of(const struct statement_text *t)
{
    return t->s == NULL ? x_strdup("") : x_strndup(t->s, t->len);
}

/* "bob@hansalim", "the registrar of hansalim". */
static char *signer_of(const struct statement_line *l)
{
    if (l->signed_by != NULL && str_eq(l->signed_by, role_name(ROLE_REGISTRAR)))
        return x_asprintf(_("the registrar of %s"), name_coop_start(l->by));
    if (l->signed_by != NULL && str_eq(l->signed_by, "ledger"))
        return x_strdup(_("the ledger itself"));
    if (l->signed_by != NULL && l->by[0] != '\0' && !name_is_address(l->by))
        return x_asprintf(_("the treasurers of %s"), l->by);
    return x_strdup(l->by);
}

static char *remarks_of(const struct statement_line *l)
{
    if (l->reverses >= 0)
        return x_asprintf(l->forced ? _("reversal of record %" PRId64 ", forced by the treasurers")
                                    : _("reversal of record %" PRId64),
                          l->reverses);
    if (l->request >= 0)
        return x_asprintf(_("answers request %" PRId64), l->request);
    if (l->has_act && l->type == ACT_SETTLEMENT)
        return x_strdup(_("settlement outside the ledger"));
    if (l->has_act && l->type == ACT_CLEARING_POST)
        return x_strdup(_("clearing round"));
    if (l->has_act && l->type == ACT_LEVY)
        return x_strdup(_("monthly levy"));
    if (l->has_act && l->type == ACT_ESTATE)
        return x_strdup(_("estate"));
    return x_strdup("");
}

static char *kids_of(const struct statement_line *l)
{
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < l->n_sigs; i++)
        buf_printf(&b, "%s%s", i == 0 ? "" : " ", l->signers[i]->s);
    return buf_take(&b);
}

static const char *kind_of(const struct statement_line *l)
{
    if (!l->has_act)
        return "";
    return l->type == ACT_TRANSFER ? "transfer" : act_type_name(l->type);
}

static void fill_row(const struct statement_file *f, size_t i, struct view_row *out)
{
    struct statement_line l;
    bool readable = statement_line_of(f->run, i, &l);

    *out = (struct view_row){
        .index = readable ? l.index : -1,
        .ms = l.ms,
        .has_day = readable && f->zone[0] != '\0',
        .day = zone_day(l.ms),
        .has_value_date = l.has_value_date,
        .value_date = l.value_date,
        .has_posting = l.seq > 0,
        .amount = l.amount,
        .balance = l.balance,
        .seq = l.seq,
        .counterparty = x_strdup(l.counterparty),
        .memo = text_of(&l.text),
        .memo_missing = l.text_erased,
        .category = x_strdup(l.category),
        .signer = signer_of(&l),
        .remarks = remarks_of(&l),
        .kids = kids_of(&l),
        .kind = kind_of(&l),
        .signed_by = l.signed_by == NULL ? "" : l.signed_by,
        .reverses = l.reverses,
        .request = l.request,
        .forced = l.forced,
        .faulty = !readable || !l.proved,
        .open = l.open,
    };
}

/* Where nothing is pinned, only what fails is said: that the rest fits together proves nothing. */
static void keep_failures(struct statement_view *v)
{
    size_t end = 0;

    while (end < v->n_findings && v->findings[end].mark == MARK_FAILED)
        end++;
    for (size_t i = end; i < v->n_findings; i++)
        free(v->findings[i].text);
    v->n_findings = end;
}

void statement_file_view(const struct statement_file *f, int64_t now, struct statement_view *out)
{
    const struct statement *st = &f->st;
    struct buf pin = BUF_INIT;

    memset(out, 0, sizeof(*out));
    out->result = statement_file_result(f);
    out->other_ledger = f->pinned && !str_eq(st->aud, f->trust.ledger_id);
    out->ledger_id = x_strdup(st->aud);
    out->ledger_name = x_strdup(f->ledger_name);
    out->account = x_strdup(st->account);
    out->member = x_strndup(st->account, strcspn(st->account, "/"));
    out->unit_known = statement_unit(st, &out->unit) == 0;
    out->unit_name = x_strdup(out->unit.name);
    out->log_kid = st->kid;
    if (f->pinned)
        pin_put(&pin, f->trust.ledger_id, &f->trust.log_key);
    out->pin = buf_take(&pin);
    out->zone = x_strdup(f->zone);
    out->from = st->from;
    out->to = st->to;
    out->made = st->made;
    out->checked = now;
    for (size_t i = 0; i < HASH_LEN; i++)
        (void)snprintf(out->file_hash + 2 * i, 3, "%02x", f->hash.b[i]);
    out->opening = st->opening;
    out->closing = st->closing;
    out->in = st->in;
    out->out = st->out;
    out->n_rows = st->n_entries;
    out->rows = x_calloc(st->n_entries + 1, sizeof(*out->rows));
    for (size_t i = 0; i < st->n_entries; i++)
        fill_row(f, i, &out->rows[i]);
    statement_words(&f->verdict, &out->findings, &out->n_findings);
    if (!f->pinned)
        keep_failures(out);
}
