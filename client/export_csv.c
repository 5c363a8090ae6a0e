/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/export.h"
#include "core/date.h"

/* For programs: not translated. docs/export.md tells what each is. */
static const char *const columns[] = {
    "booked_date",   "value_date",
    "record",        "kind",
    "account",       "counterparty",
    "unit",          "amount",
    "balance",       "minor",
    "balance_minor", "scale",
    "memo",          "category",
    "signed_by",     "reverses",
    "request",       "forced",
    "entry",         "time",
    "name",          "counterparty_name",
};
#define NAME_COLUMNS 2 /* the last ones, which --names adds */

/* A record that needn't be. */
static void put_record(struct csv_table *t, int64_t index)
{
    if (index >= 0)
        csv_table_int(t, index);
    else
        csv_put_plain(&t->out, "");
}

static void put_day(struct csv_table *t, int32_t day)
{
    char text[DATE_LEN + 1];

    date_text(text, day);
    csv_put_plain(&t->out, text);
}

static void put_amounts(struct csv_table *t, const struct profile_unit *u, int64_t amount,
                        int64_t balance)
{
    csv_table_text(t, u->unit);
    csv_table_amount(t, amount, u);
    csv_table_amount(t, balance, u);
    csv_table_int(t, amount);
    csv_table_int(t, balance);
    csv_table_int(t, u->scale);
}

static void put_name(struct csv_table *t, const struct export *x, const char *member)
{
    const char *name = export_name_of(x, member);

    csv_table_text(t, name == NULL ? "" : name);
}

/* What stood on an account before the period, so that its rows sum to the balance at the end. */
static void put_opening(struct csv_table *t, const struct export *x, const struct export_account *a)
{
    put_day(t, x->from);
    put_day(t, x->from);
    csv_put_plain(&t->out, "");
    csv_put_plain(&t->out, "opening");
    csv_table_text(t, a->member);
    csv_put_plain(&t->out, "");
    put_amounts(t, a->unit, a->opening, a->opening);
    for (size_t i = 0; i < 8; i++)
        csv_put_plain(&t->out, "");
    if (x->names != NULL) {
        put_name(t, x, a->member);
        csv_put_plain(&t->out, "");
    }
    csv_table_end_row(t);
}

static void put_posting(struct csv_table *t, const struct export *x, const struct export_posting *p)
{
    const struct export_account *a = &x->accounts[p->account];
    char time[TIME_LEN + 1];

    put_day(t, p->day);
    put_day(t, p->has_value_date ? p->value_date : p->day);
    csv_table_int(t, p->index);
    csv_put_plain(&t->out, p->reverses >= 0 ? "reversal" : "transfer");
    csv_table_text(t, a->member);
    csv_table_text(t, p->counterparty);
    put_amounts(t, a->unit, p->amount, p->balance);
    csv_table_text(t, p->memo);
    csv_table_text(t, p->category);
    csv_table_text(t, p->signed_by);
    put_record(t, p->reverses);
    put_record(t, p->request);
    csv_put_plain(&t->out, p->forced ? "yes" : "");
    csv_table_int(t, p->seq);
    time_text(time, p->ms);
    csv_put_plain(&t->out, time);
    if (x->names != NULL) {
        put_name(t, x, a->member);
        put_name(t, x, p->counterparty);
    }
    csv_table_end_row(t);
}

void export_csv(struct buf *b, const struct export *x, const struct csv_style *style)
{
    size_t n = ARRAY_LEN(columns) - (x->names == NULL ? NAME_COLUMNS : 0);
    struct csv_table t;

    csv_table_begin(&t, b, columns, n, style);
    for (size_t i = 0; x->has_from && i < x->n_accounts; i++) {
        if (x->accounts[i].opening != 0)
            put_opening(&t, x, &x->accounts[i]);
    }
    for (size_t i = 0; i < x->n; i++)
        put_posting(&t, x, &x->postings[i]);
}
