/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A statement as a table for spreadsheets: the columns of `pumasi export`, and what was proved. */
#include "client/statement_view.h"
#include "core/date.h"

/* For programs: not translated. docs/statements.md tells what each is. */
static const char *const columns[] = {
    "booked_date", "value_date", "record",    "kind",     "account",       "counterparty",
    "unit",        "amount",     "balance",   "minor",    "balance_minor", "scale",
    "memo",        "category",   "signed_by", "reverses", "request",       "forced",
    "entry",       "time",       "signer",    "keys",     "verdict",
};

struct table {
    struct csv_table csv;
    const struct statement_view *v;
    struct profile_unit unit;
    const char *verdict;
};

static void put_record(struct table *t, int64_t index)
{
    if (index >= 0)
        csv_table_int(&t->csv, index);
    else
        csv_put_plain(&t->csv.out, "");
}

static void put_day(struct table *t, bool there, int32_t day)
{
    char text[DATE_LEN + 1] = "";

    if (there)
        date_text(text, day);
    csv_put_plain(&t->csv.out, text);
}

static void put_nothing(struct table *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        csv_put_plain(&t->csv.out, "");
}

static void put_amounts(struct table *t, int64_t amount, int64_t balance)
{
    const struct profile_unit *u = t->v->unit_known ? &t->unit : NULL;

    csv_table_text(&t->csv, t->v->unit_name);
    csv_table_amount(&t->csv, amount, u);
    csv_table_amount(&t->csv, balance, u);
    csv_table_int(&t->csv, amount);
    csv_table_int(&t->csv, balance);
    if (u != NULL)
        csv_table_int(&t->csv, u->scale);
    else
        put_nothing(t, 1);
}

static void end_row(struct table *t, const char *verdict)
{
    csv_put_plain(&t->csv.out, verdict);
    csv_table_end_row(&t->csv);
}

/* What is wrong comes first, whoever opens the table. */
static void put_failures(struct table *t)
{
    size_t from, end;

    view_findings(t->v, MARK_FAILED, &from, &end);
    for (; from < end; from++) {
        put_nothing(t, 3);
        csv_put_plain(&t->csv.out, "failure");
        csv_table_text(&t->csv, t->v->member);
        put_nothing(t, 7);
        csv_table_text(&t->csv, t->v->findings[from].text);
        put_nothing(t, 9);
        end_row(t, "failed");
    }
}

/* So that the rows sum to the balance at the end. */
static void put_opening(struct table *t)
{
    put_day(t, true, t->v->from);
    put_day(t, true, t->v->from);
    put_nothing(t, 1);
    csv_put_plain(&t->csv.out, "opening");
    csv_table_text(&t->csv, t->v->member);
    put_nothing(t, 1);
    put_amounts(t, t->v->opening.balance, t->v->opening.balance);
    put_nothing(t, 10);
    end_row(t, t->verdict);
}

static void put_row(struct table *t, const struct view_row *r)
{
    char time[TIME_LEN + 1];

    put_day(t, r->has_day, r->day);
    put_day(t, r->has_value_date || r->has_day, r->has_value_date ? r->value_date : r->day);
    csv_table_int(&t->csv, r->index);
    csv_put_plain(&t->csv.out, r->kind);
    csv_table_text(&t->csv, t->v->member);
    csv_table_text(&t->csv, r->counterparty);
    if (r->has_posting)
        put_amounts(t, r->amount, r->balance);
    else
        put_nothing(t, 6);
    csv_table_text(&t->csv, r->memo);
    csv_table_text(&t->csv, r->category);
    csv_table_text(&t->csv, r->signed_by);
    put_record(t, r->reverses);
    put_record(t, r->request);
    csv_put_plain(&t->csv.out, r->forced ? "yes" : "");
    if (r->has_posting)
        csv_table_int(&t->csv, r->seq);
    else
        put_nothing(t, 1);
    time_text(time, r->ms);
    csv_put_plain(&t->csv.out, time);
    csv_table_text(&t->csv, r->signer);
    csv_table_text(&t->csv, r->kids);
    if (r->faulty)
        end_row(t, "failed");
    else
        end_row(t, r->open && t->v->result == VIEW_PROVED ? statement_mark_name(MARK_NOT_SHOWN)
                                                          : t->verdict);
}

void view_put_csv(struct buf *b, const struct statement_view *v, const struct csv_style *style)
{
    struct table t = {.v = v,
                      .unit = {.scale = v->unit.scale, .kind = v->unit.kind},
                      .verdict = view_result_name(v->result)};

    csv_table_begin(&t.csv, b, columns, ARRAY_LEN(columns), style);
    put_failures(&t);
    put_opening(&t);
    for (size_t i = 0; i < v->n_rows; i++)
        put_row(&t, &v->rows[i]);
}
