/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "client/export.h"
#include "client/export_name.h"
#include "core/csv.h"
#include "core/date.h"

/* For programs: not translated. docs/export.md tells what each is. */
static const char *const columns[] = {
    "booked_date", "value_date", "record",  "kind",          "account", "counterparty", "unit",
    "amount",      "balance",    "minor",   "balance_minor", "scale",   "memo",         "category",
    "signed_by",   "reverses",   "request", "forced",        "entry",   "time",
};

static void put_int(struct csv_out *o, int64_t n)
{
    char *text = x_asprintf("%" PRId64, n);

    csv_put_plain(o, text);
    free(text);
}

/* A record that needn't be. */
static void put_record(struct csv_out *o, int64_t index)
{
    if (index >= 0)
        put_int(o, index);
    else
        csv_put_plain(o, "");
}

static void put_day(struct csv_out *o, int32_t day)
{
    char text[DATE_LEN + 1];

    date_text(text, day);
    csv_put_plain(o, text);
}

static void put_decimal(struct csv_out *o, int64_t amount, const struct profile_unit *u,
                        const struct export_csv_style *style)
{
    struct buf b = BUF_INIT;

    export_decimal(&b, amount, u, style->decimal_comma ? ',' : '.');
    csv_put_plain(o, b.data);
    buf_free(&b);
}

static void put_amounts(struct csv_out *o, const struct export_csv_style *style,
                        const struct profile_unit *u, int64_t amount, int64_t balance)
{
    csv_put_text(o, u->unit);
    put_decimal(o, amount, u, style);
    put_decimal(o, balance, u, style);
    put_int(o, amount);
    put_int(o, balance);
    put_int(o, u->scale);
}

static void put_name(struct csv_out *o, const struct export *x, const char *member)
{
    const char *name = export_name_of(x, member);

    csv_put_text(o, name == NULL ? "" : name);
}

/* What stood on an account before the period, so that its rows sum to the balance at the end. */
static void put_opening(struct csv_out *o, const struct export *x, const struct export_account *a,
                        const struct export_csv_style *style)
{
    put_day(o, x->from);
    put_day(o, x->from);
    csv_put_plain(o, "");
    csv_put_plain(o, "opening");
    csv_put_text(o, a->member);
    csv_put_plain(o, "");
    put_amounts(o, style, a->unit, a->opening, a->opening);
    for (size_t i = 0; i < 8; i++)
        csv_put_plain(o, "");
    if (x->names != NULL) {
        put_name(o, x, a->member);
        csv_put_plain(o, "");
    }
    csv_end_row(o);
}

static void put_posting(struct csv_out *o, const struct export *x, const struct export_posting *p,
                        const struct export_csv_style *style)
{
    const struct export_account *a = &x->accounts[p->account];
    char time[TIME_LEN + 1];

    put_day(o, p->day);
    put_day(o, p->has_value_date ? p->value_date : p->day);
    put_int(o, p->index);
    csv_put_plain(o, p->reverses >= 0 ? "reversal" : "transfer");
    csv_put_text(o, a->member);
    csv_put_text(o, p->counterparty);
    put_amounts(o, style, a->unit, p->amount, p->balance);
    csv_put_text(o, p->memo);
    csv_put_text(o, p->category);
    csv_put_text(o, p->signed_by);
    put_record(o, p->reverses);
    put_record(o, p->request);
    csv_put_plain(o, p->forced ? "yes" : "");
    put_int(o, p->seq);
    time_text(time, p->ms);
    csv_put_plain(o, time);
    if (x->names != NULL) {
        put_name(o, x, a->member);
        put_name(o, x, p->counterparty);
    }
    csv_end_row(o);
}

void export_csv(struct buf *b, const struct export *x, const struct export_csv_style *style)
{
    struct csv_out o = {.to = b, .separator = style->separator};

    if (style->mark)
        buf_puts(b, "\xef\xbb\xbf");
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        csv_put_plain(&o, columns[i]);
    if (x->names != NULL) {
        csv_put_plain(&o, "name");
        csv_put_plain(&o, "counterparty_name");
    }
    csv_end_row(&o);
    for (size_t i = 0; x->has_from && i < x->n_accounts; i++) {
        if (x->accounts[i].opening != 0)
            put_opening(&o, x, &x->accounts[i], style);
    }
    for (size_t i = 0; i < x->n; i++)
        put_posting(&o, x, &x->postings[i], style);
}
