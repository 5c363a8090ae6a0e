/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A report on a terminal, in JSON, as a table for spreadsheets. */
#include "client/tally_show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/book_show.h"
#include "client/csv_table.h"
#include "client/table.h"

#define NAME_COLUMNS 20

static const struct table_column by_month[] = {
    {N_("Month"), TABLE_LEFT},     {N_("Exchanges"), TABLE_RIGHT}, {N_("Amount"), TABLE_RIGHT},
    {N_("Reversed"), TABLE_RIGHT}, {N_("Net"), TABLE_RIGHT},       {N_("Purses, net"), TABLE_RIGHT},
    {N_("Active"), TABLE_RIGHT},
};
static const struct table_column by_category[] = {
    {N_("Category"), TABLE_LEFT},  {N_("Exchanges"), TABLE_RIGHT}, {N_("Amount"), TABLE_RIGHT},
    {N_("Reversed"), TABLE_RIGHT}, {N_("Net"), TABLE_RIGHT},       {N_("Purses, net"), TABLE_RIGHT},
    {N_("Active"), TABLE_RIGHT},
};
static const struct table_column by_member[] = {
    {N_("Account"), TABLE_LEFT},   {N_("Name"), TABLE_LEFT},  {N_("Opening"), TABLE_RIGHT},
    {N_("Received"), TABLE_RIGHT}, {N_("Paid"), TABLE_RIGHT}, {N_("Closing"), TABLE_RIGHT},
    {N_("Postings"), TABLE_RIGHT},
};
/* For scripts: not translated. */
static const struct table_column plain_rows[] = {
    {"unit", TABLE_LEFT},       {"by", TABLE_LEFT},         {"key", TABLE_LEFT},
    {"exchanges", TABLE_RIGHT}, {"amount", TABLE_RIGHT},    {"reversed", TABLE_RIGHT},
    {"net", TABLE_RIGHT},       {"other_net", TABLE_RIGHT}, {"active", TABLE_RIGHT},
};
static const char *const by_names[TALLY_KINDS] = {"total", "month", "category"};

static const struct table_column reconciliation[] = {
    {N_("Reconciled with the book"), TABLE_LEFT},
    {N_("Credit"), TABLE_RIGHT},
    {N_("Debit"), TABLE_RIGHT},
    {N_("Sum"), TABLE_RIGHT},
};

/* For programs: not translated. docs/man/pumasi.1 tells what each is. */
static const char *const csv_columns[] = {
    "unit",          "by",
    "key",           "exchanges",
    "amount",        "reversals",
    "reversed",      "net",
    "active",        "other_transfers",
    "other_net",     "scale",
    "amount_minor",  "reversed_minor",
    "net_minor",     "other_net_minor",
    "coops_records", "coops_amount_minor",
};
static const char *const csv_members[] = {
    "unit",          "account",        "name",       "kind",          "opening",
    "received",      "paid",           "closing",    "postings",      "scale",
    "opening_minor", "received_minor", "paid_minor", "closing_minor",
};

static bool wanted(const struct report *r, const char *unit)
{
    return r->unit == NULL || str_eq(r->unit, unit);
}

/* Accounts are sorted by unit: where the unit that begins at `from` ends. */
static size_t unit_end(const struct tally *t, size_t from)
{
    const char *unit = book_unit_of(t->accounts[from].account);
    size_t end = from;

    while (end < t->n_accounts && str_eq(book_unit_of(t->accounts[end].account), unit))
        end++;
    return end;
}

/* --- on a terminal --- */

static void add_amount(struct client *c, struct table *t, int64_t amount, const char *unit)
{
    char *text = client_number_text(c, amount, unit);

    table_add(t, text);
    free(text);
}

static void add_count(struct table *t, int64_t n)
{
    char *text = x_asprintf("%" PRId64, n);

    table_add(t, text);
    free(text);
}

static void add_row(struct client *c, struct table *t, const struct tally_row *row,
                    const char *title)
{
    table_add(t, title);
    add_count(t, row->sum.transfers);
    add_amount(c, t, row->sum.amount, row->unit);
    add_amount(c, t, row->sum.reversed, row->unit);
    add_amount(c, t, tally_net(&row->sum), row->unit);
    add_amount(c, t, tally_other_net(&row->sum), row->unit);
    add_count(t, (int64_t)json_object_size(row->active));
}

static void print_rows(struct client *c, const struct report *r, const char *unit, enum tally_by by)
{
    struct table *t = by == TALLY_MONTH ? table_new(by_month, ARRAY_LEN(by_month))
                                        : table_new(by_category, ARRAY_LEN(by_category));
    const struct tally_row *total = tally_find(&r->tally, TALLY_TOTAL, unit, "");

    for (size_t i = 0; i < r->tally.n_rows; i++) {
        const struct tally_row *row = &r->tally.rows[i];

        if (row->by == by && str_eq(row->unit, unit))
            add_row(c, t, row, row->key[0] != '\0' ? row->key : _("(none)"));
    }
    if (total != NULL)
        add_row(c, t, total, _("All"));
    table_print(t, stdout, table_style_of(stdout));
    table_free(t);
}

static void print_members(struct client *c, const struct report *r, size_t from, size_t end)
{
    enum table_style style = table_style_of(stdout);
    struct table *t = table_new(by_member, ARRAY_LEN(by_member));
    int64_t opening = 0, received = 0, paid = 0, closing = 0;

    for (size_t i = from; i < end; i++) {
        const struct tally_account *a = &r->tally.accounts[i];
        const char *unit = book_unit_of(a->account);
        char *member = x_strndup(a->account, strcspn(a->account, "/"));
        char *name = book_clip(book_name(r->members, member), NAME_COLUMNS);

        member[strcspn(member, "@")] = '\0';
        table_add(t, style == TABLE_PLAIN ? a->account : member);
        table_add(t, name);
        add_amount(c, t, a->opening, unit);
        add_amount(c, t, a->received, unit);
        add_amount(c, t, a->paid, unit);
        add_amount(c, t, a->closing, unit);
        add_count(t, a->postings);
        /* Sums that were found to be in range before. */
        opening += a->opening;
        received += a->received;
        paid += a->paid;
        closing += a->closing;
        free(member);
        free(name);
    }
    if (style != TABLE_PLAIN) {
        const char *unit = book_unit_of(r->tally.accounts[from].account);

        table_add(t, _("Total"));
        table_add(t, "");
        add_amount(c, t, opening, unit);
        add_amount(c, t, received, unit);
        add_amount(c, t, paid, unit);
        add_amount(c, t, closing, unit);
        table_add(t, "");
    }
    table_print(t, stdout, style);
    table_free(t);
}

static void add_line(struct client *c, struct table *t, char *title, int64_t credit, int64_t debt,
                     const char *unit)
{
    table_add(t, title);
    add_amount(c, t, credit, unit);
    add_amount(c, t, debt, unit);
    add_amount(c, t, credit + debt, unit);
    free(title);
}

static void print_reconciliation(struct client *c, const struct report *r, size_t from, size_t end)
{
    struct table *t = table_new(reconciliation, ARRAY_LEN(reconciliation));
    const char *unit = book_unit_of(r->tally.accounts[from].account);
    const struct tally_row *total = tally_find(&r->tally, TALLY_TOTAL, unit, "");
    int64_t credit, debt, received = 0, paid = 0;

    for (size_t i = from; i < end; i++) {
        received += r->tally.accounts[i].received;
        paid += r->tally.accounts[i].paid;
    }
    if (tally_standing(&r->tally, unit, false, &credit, &debt) == 0)
        add_line(c, t,
                 r->view.first == 0 ? x_strdup(_("at the beginning"))
                                    : x_asprintf(_("before record %" PRId64), r->view.first),
                 credit, debt, unit);
    if (total != NULL) {
        const struct tally_sum *s = &total->sum;

        add_line(c, t, x_strdup(_("exchanges")), s->amount, -s->amount, unit);
        add_line(c, t, x_strdup(_("taken back")), s->reversed, -s->reversed, unit);
        add_line(c, t, x_strdup(_("with purses")), s->other_amount, -s->other_amount, unit);
        if (s->other_reversed > 0)
            add_line(c, t, x_strdup(_("taken back, with purses")), s->other_reversed,
                     -s->other_reversed, unit);
        if (s->coops_records > 0)
            add_line(c, t, x_strdup(_("between co-ops")), s->coops_amount, -s->coops_amount, unit);
    }
    add_line(c, t, x_strdup(_("all that was posted")), received, -paid, unit);
    if (tally_standing(&r->tally, unit, true, &credit, &debt) == 0)
        add_line(c, t, x_asprintf(_("after record %" PRId64), r->view.size - 1), credit, debt,
                 unit);
    table_print(t, stdout, table_style_of(stdout));
    table_free(t);
    printf(_("Accounts: %zu. For each, opening balance + postings = closing balance.\n"),
           end - from);
}

static void print_title(const struct report *r)
{
    char *time = say_time(r->view.time);

    if (r->from != NULL && r->to != NULL)
        printf(_("Report of %s from %s to %s, days in the ledger's zone\n"), r->coop, r->from,
               r->to);
    else if (r->from != NULL)
        printf(_("Report of %s from %s, days in the ledger's zone, to %s\n"), r->coop, r->from,
               time);
    else if (r->to != NULL)
        printf(_("Report of %s to the end of %s in the ledger's zone\n"), r->coop, r->to);
    else
        printf(_("Report of %s to %s\n"), r->coop, time);
    free(time);
}

static void print_head(struct client *c, const struct report *r, const char *unit)
{
    const struct profile_unit *u = profile_unit(&c->profile, unit);
    const struct tally_row *total = tally_find(&r->tally, TALLY_TOTAL, unit, "");
    char *name = say_safe(u != NULL ? u->name : "");

    printf("\n%s (%s)\n", unit, name);
    if (total == NULL) {
        puts(_("Nothing was posted."));
    } else {
        char *net = client_amount_text(c, tally_net(&total->sum), unit);

        printf(_("Exchanges between members: %" PRId64 ", %s net of what was taken back.\n"),
               total->sum.transfers, net);
        printf(_("Active members: %zu; the co-op has %" PRId64 " now.\n"),
               json_object_size(total->active), r->persons);
        free(net);
    }
    free(name);
}

/* Is it among what --by asks for? */
static bool row_shown(const struct report *r, const struct tally_row *row)
{
    return wanted(r, row->unit) && (row->by == TALLY_TOTAL || r->by == REPORT_USUAL ||
                                    (row->by == TALLY_MONTH) == (r->by == REPORT_MONTH));
}

static void print_plain(struct client *c, const struct report *r)
{
    struct table *t = table_new(plain_rows, ARRAY_LEN(plain_rows));

    for (size_t i = 0; i < r->tally.n_rows; i++) {
        const struct tally_row *row = &r->tally.rows[i];

        if (!row_shown(r, row))
            continue;
        table_add(t, row->unit);
        table_add(t, by_names[row->by]);
        add_row(c, t, row, row->key);
    }
    table_print(t, stdout, TABLE_PLAIN);
    table_free(t);
}

static void print_unit(struct client *c, const struct report *r, size_t from, size_t end)
{
    const char *unit = book_unit_of(r->tally.accounts[from].account);

    bool any = tally_find(&r->tally, TALLY_TOTAL, unit, "") != NULL;

    print_head(c, r, unit);
    if (any && (r->by == REPORT_USUAL || r->by == REPORT_MONTH)) {
        putchar('\n');
        print_rows(c, r, unit, TALLY_MONTH);
    }
    if (any && (r->by == REPORT_USUAL || r->by == REPORT_CATEGORY)) {
        putchar('\n');
        print_rows(c, r, unit, TALLY_CATEGORY);
    }
    putchar('\n');
    if (r->by == REPORT_MEMBER)
        print_members(c, r, from, end);
    else
        print_reconciliation(c, r, from, end);
}

void report_print(struct client *c, const struct report *r)
{
    bool plain = table_style_of(stdout) == TABLE_PLAIN;
    const struct tally *t = &r->tally;

    if (plain && r->by != REPORT_MEMBER) {
        print_plain(c, r);
        return;
    }
    if (!plain)
        print_title(r);
    for (size_t i = 0, end; i < t->n_accounts; i = end) {
        end = unit_end(t, i);
        if (!wanted(r, book_unit_of(t->accounts[i].account)))
            continue;
        if (plain)
            print_members(c, r, i, end);
        else
            print_unit(c, r, i, end);
    }
    if (t->n_accounts == 0)
        note(_("There is no account in it."));
}

/* --- for programs --- */

static json_t *row_json(const struct tally_row *row, const char *key)
{
    const struct tally_sum *s = &row->sum;
    json_t *out = json_object(), *active = json_array(), *member;
    const char *address;

    if (key != NULL)
        json_object_set_new(out, key, row->key[0] != '\0' ? json_string(row->key) : json_null());
    json_object_set_new(out, "exchanges", json_integer(s->transfers));
    json_object_set_new(out, "amount", json_integer(s->amount));
    json_object_set_new(out, "reversals", json_integer(s->reversals));
    json_object_set_new(out, "reversed", json_integer(s->reversed));
    json_object_set_new(out, "net", json_integer(tally_net(s)));
    json_object_set_new(out, "other_transfers", json_integer(s->other_transfers));
    json_object_set_new(out, "other_amount", json_integer(s->other_amount));
    json_object_set_new(out, "other_reversals", json_integer(s->other_reversals));
    json_object_set_new(out, "other_reversed", json_integer(s->other_reversed));
    json_object_set_new(out, "other_net", json_integer(tally_other_net(s)));
    json_object_set_new(out, "coops_records", json_integer(s->coops_records));
    json_object_set_new(out, "coops_amount", json_integer(s->coops_amount));
    json_object_foreach (row->active, address, member)
        json_array_append_new(active, json_string(address));
    json_object_set_new(out, "active", json_integer((json_int_t)json_array_size(active)));
    if (row->by == TALLY_TOTAL)
        json_object_set(out, "active_members", active);
    json_decref(active);
    return out;
}

static json_t *rows_json(const struct report *r, const char *unit, enum tally_by by,
                         const char *key)
{
    json_t *out = json_array();

    for (size_t i = 0; i < r->tally.n_rows; i++) {
        const struct tally_row *row = &r->tally.rows[i];

        if (row->by == by && str_eq(row->unit, unit))
            json_array_append_new(out, row_json(row, key));
    }
    return out;
}

static json_t *accounts_json(const struct report *r, size_t from, size_t end)
{
    json_t *out = json_array();

    for (size_t i = from; i < end; i++) {
        const struct tally_account *a = &r->tally.accounts[i];

        json_array_append_new(out, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "account",
                                             a->account, "opening", (json_int_t)a->opening,
                                             "received", (json_int_t)a->received, "paid",
                                             (json_int_t)a->paid, "closing", (json_int_t)a->closing,
                                             "postings", (json_int_t)a->postings));
    }
    return out;
}

void report_print_json(struct client *c, const struct report *r)
{
    const struct tally *t = &r->tally;
    json_t *units = json_array();
    json_t *all =
        json_pack("{s:s, s:s?, s:s?, s:I, s:I, s:s, s:I}", "coop", r->coop, "from", r->from, "to",
                  r->to, "first", (json_int_t)r->view.first, "size", (json_int_t)r->view.size,
                  "time", r->view.time, "members", (json_int_t)r->persons);

    for (size_t i = 0, end; i < t->n_accounts; i = end) {
        const char *unit = book_unit_of(t->accounts[i].account);
        const struct profile_unit *u = profile_unit(&c->profile, unit);
        const struct tally_row *total = tally_find(t, TALLY_TOTAL, unit, "");

        end = unit_end(t, i);
        if (!wanted(r, unit))
            continue;
        json_array_append_new(
            units, json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o}", "unit", unit, "kind",
                             u != NULL ? unit_kind_name(u->kind) : "", "scale",
                             (json_int_t)(u != NULL ? u->scale : 1), "total",
                             total != NULL ? row_json(total, NULL) : json_null(), "months",
                             rows_json(r, unit, TALLY_MONTH, "month"), "categories",
                             rows_json(r, unit, TALLY_CATEGORY, "category"), "accounts",
                             accounts_json(r, i, end)));
    }
    json_object_set_new(all, "units", units);
    client_print_json(all);
    json_decref(all);
}

static void put_row(struct client *c, struct csv_table *s, const struct tally_row *row)
{
    const struct profile_unit *u = profile_unit(&c->profile, row->unit);
    const struct tally_sum *sum = &row->sum;

    csv_table_text(s, row->unit);
    csv_table_text(s, by_names[row->by]);
    csv_table_text(s, row->key);
    csv_table_int(s, sum->transfers);
    csv_table_amount(s, sum->amount, u);
    csv_table_int(s, sum->reversals);
    csv_table_amount(s, sum->reversed, u);
    csv_table_amount(s, tally_net(sum), u);
    csv_table_int(s, (int64_t)json_object_size(row->active));
    csv_table_int(s, sum->other_transfers);
    csv_table_amount(s, tally_other_net(sum), u);
    csv_table_int(s, u != NULL ? u->scale : 1);
    csv_table_int(s, sum->amount);
    csv_table_int(s, sum->reversed);
    csv_table_int(s, tally_net(sum));
    csv_table_int(s, tally_other_net(sum));
    csv_table_int(s, sum->coops_records);
    csv_table_int(s, sum->coops_amount);
    csv_table_end_row(s);
}

static void put_member(struct client *c, struct csv_table *s, const struct report *r,
                       const struct tally_account *a)
{
    const struct profile_unit *u = profile_unit(&c->profile, book_unit_of(a->account));
    char *member = x_strndup(a->account, strcspn(a->account, "/"));

    csv_table_text(s, book_unit_of(a->account));
    csv_table_text(s, a->account);
    csv_table_text(s, book_name(r->members, member));
    csv_table_text(s, book_kind(r->members, member));
    csv_table_amount(s, a->opening, u);
    csv_table_amount(s, a->received, u);
    csv_table_amount(s, a->paid, u);
    csv_table_amount(s, a->closing, u);
    csv_table_int(s, a->postings);
    csv_table_int(s, u != NULL ? u->scale : 1);
    csv_table_int(s, a->opening);
    csv_table_int(s, a->received);
    csv_table_int(s, a->paid);
    csv_table_int(s, a->closing);
    csv_table_end_row(s);
    free(member);
}

void report_print_csv(struct client *c, const struct report *r)
{
    const struct tally *t = &r->tally;
    struct buf csv = BUF_INIT;
    struct csv_table s;

    if (r->by == REPORT_MEMBER) {
        csv_table_begin(&s, &csv, csv_members, ARRAY_LEN(csv_members), &r->style);
        for (size_t i = 0; i < t->n_accounts; i++) {
            if (wanted(r, book_unit_of(t->accounts[i].account)))
                put_member(c, &s, r, &t->accounts[i]);
        }
    } else {
        csv_table_begin(&s, &csv, csv_columns, ARRAY_LEN(csv_columns), &r->style);
        for (size_t i = 0; i < t->n_rows; i++) {
            const struct tally_row *row = &t->rows[i];

            if (row_shown(r, row))
                put_row(c, &s, row);
        }
    }
    fputs(csv.data, stdout);
    buf_free(&csv);
}
