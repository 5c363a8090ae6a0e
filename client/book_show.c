/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The accounts of a book, unit by unit, on a terminal, in JSON, as a table for spreadsheets. */
#include "client/book_show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/csv_table.h"
#include "client/table.h"
#include "core/num.h"
#include "core/text.h"

#define NAME_COLUMNS 20

static const struct table_column columns[] = {
    {N_("Account"), TABLE_LEFT},    {N_("Name"), TABLE_LEFT},   {N_("Balance"), TABLE_RIGHT},
    {N_("Available"), TABLE_RIGHT}, {N_("Limit"), TABLE_RIGHT}, {N_("Ceiling"), TABLE_RIGHT},
    {N_("Last"), TABLE_LEFT},
};

/* Limits of the past aren't known. */
static const struct table_column columns_then[] = {
    {N_("Account"), TABLE_LEFT},
    {N_("Name"), TABLE_LEFT},
    {N_("Balance"), TABLE_RIGHT},
    {N_("Last"), TABLE_LEFT},
};

/* For programs: not translated. docs/man/pumasi.1 tells what each is. */
static const char *const csv_columns[] = {
    "unit",  "account", "name",  "kind",          "balance", "available",
    "floor", "ceiling", "scale", "balance_minor", "index",   "last_day",
};

char *book_clip(const char *s, size_t width)
{
    struct buf b = BUF_INIT;
    char *safe = say_safe(s), *cut;
    size_t len = strlen(safe);

    if (text_width(safe) <= width)
        return safe;
    do {
        do
            len--;
        while (len > 0 && ((unsigned char)safe[len] & 0xc0) == 0x80);
        buf_clear(&b);
        buf_put(&b, safe, len);
        cut = buf_take(&b);
        if (text_width(cut) < width)
            break;
        free(cut);
    } while (len > 0);
    if (len == 0)
        cut = x_strdup("");
    free(safe);
    safe = x_asprintf("%s…", cut);
    free(cut);
    return safe;
}

static void add_number(struct client *c, struct table *t, const char *unit, bool there,
                       int64_t amount)
{
    char *text = there ? client_number_text(c, amount, unit) : x_strdup("-");

    table_add(t, text);
    free(text);
}

static void add_account(struct client *c, struct table *t, const struct book_account *a,
                        const json_t *members, bool then, enum table_style style)
{
    char *handle =
        style == TABLE_PLAIN ? x_strdup(a->account) : x_strndup(a->handle, a->handle_len);
    char *name = style == TABLE_PLAIN ? x_strdup(book_name(members, a->member))
                                      : book_clip(book_name(members, a->member), NAME_COLUMNS);

    table_add(t, handle);
    table_add(t, name);
    add_number(c, t, a->unit, true, a->balance);
    if (!then) {
        add_number(c, t, a->unit, a->limited, a->available);
        add_number(c, t, a->unit, a->limited, a->floor);
        add_number(c, t, a->unit, a->limited && a->has_ceiling, a->ceiling);
    }
    table_add(t, a->day);
    free(handle);
    free(name);
}

static void print_unit(struct client *c, const struct book *b, size_t from, size_t end,
                       const json_t *members, bool then)
{
    const char *unit = b->accounts[from].unit;
    const struct profile_unit *u = profile_unit(&c->profile, unit);
    enum table_style style = table_style_of(stdout);
    struct table *t = then ? table_new(columns_then, ARRAY_LEN(columns_then))
                           : table_new(columns, ARRAY_LEN(columns));
    int64_t sum;

    for (size_t i = from; i < end; i++)
        add_account(c, t, &b->accounts[i], members, then, style);
    if (style != TABLE_PLAIN) {
        char *name = say_safe(u != NULL ? u->name : "");
        char *total =
            book_sum(b, from, end, &sum) == 0 ? client_number_text(c, sum, unit) : x_strdup("?");

        printf(ngettext("\n%s (%s), %zu account:\n", "\n%s (%s), %zu accounts:\n", end - from),
               unit, name, end - from);
        table_add(t, _("Total"));
        table_add(t, "");
        table_add(t, total);
        for (size_t i = 3; i < (then ? ARRAY_LEN(columns_then) : ARRAY_LEN(columns)); i++)
            table_add(t, "");
        free(total);
        free(name);
    }
    table_print(t, stdout, style);
    table_free(t);
}

static void print_title(const struct book_ask *ask, const struct book *b)
{
    char *time = say_time(b->view.time);

    if (b->view.size == 0)
        printf(_("The book of %s before the first record:\n"), ask->coop);
    else if (ask->as_of != NULL)
        printf(_("The book of %s at the end of %s (last record %" PRId64 ", %s)\n"), ask->coop,
               ask->as_of, b->view.size - 1, time);
    else
        printf(_("The book of %s (last record %" PRId64 ", %s)\n"), ask->coop, b->view.size - 1,
               time);
    free(time);
}

/* --- for programs --- */

static json_t *unit_json(struct client *c, const struct book *b, size_t from, size_t end,
                         const json_t *members)
{
    const struct profile_unit *u = profile_unit(&c->profile, b->accounts[from].unit);
    json_t *out = json_pack("{s:s}", "unit", b->accounts[from].unit), *items = json_array();
    int64_t sum;

    if (u != NULL) {
        json_object_set_new(out, "name", json_string(u->name));
        json_object_set_new(out, "kind", json_string(unit_kind_name(u->kind)));
        json_object_set_new(out, "scale", json_integer(u->scale));
    }
    json_object_set_new(out, "total",
                        book_sum(b, from, end, &sum) == 0 ? json_integer(sum) : json_null());
    for (size_t i = from; i < end; i++) {
        const struct book_account *a = &b->accounts[i];
        json_t *item = json_copy(a->item);
        const json_t *m = json_object_get(members, a->member);

        json_object_set(item, "name", json_object_get(m, "name"));
        json_object_set(item, "kind", json_object_get(m, "kind"));
        json_array_append_new(items, item);
    }
    json_object_set_new(out, "accounts", items);
    return out;
}

static void put_csv(struct client *c, struct csv_table *s, const struct book_account *a,
                    const json_t *members)
{
    const struct profile_unit *u = profile_unit(&c->profile, a->unit);

    csv_table_text(s, a->unit);
    csv_table_text(s, a->account);
    csv_table_text(s, book_name(members, a->member));
    csv_table_text(s, book_kind(members, a->member));
    csv_table_amount(s, a->balance, u);
    if (a->limited) {
        csv_table_amount(s, a->available, u);
        csv_table_amount(s, a->floor, u);
    } else {
        csv_table_text(s, "");
        csv_table_text(s, "");
    }
    if (a->limited && a->has_ceiling)
        csv_table_amount(s, a->ceiling, u);
    else
        csv_table_text(s, "");
    csv_table_int(s, u != NULL ? u->scale : 1);
    csv_table_int(s, a->balance);
    if (a->seq > 0)
        csv_table_int(s, json_number(a->item, "index"));
    else
        csv_table_text(s, "");
    csv_table_text(s, a->day);
    csv_table_end_row(s);
}

static bool shown(const struct book_ask *ask, const struct book *b, size_t i)
{
    return ask->unit == NULL || str_eq(ask->unit, b->accounts[i].unit);
}

static void print_csv(struct client *c, const struct book_ask *ask, const struct book *b,
                      const json_t *members)
{
    struct buf csv = BUF_INIT;
    struct csv_table s;

    csv_table_begin(&s, &csv, csv_columns, ARRAY_LEN(csv_columns), &ask->style);
    for (size_t i = 0; i < b->n; i++) {
        if (shown(ask, b, i))
            put_csv(c, &s, &b->accounts[i], members);
    }
    fputs(csv.data, stdout);
    buf_free(&csv);
}

static void print_json(struct client *c, const struct book_ask *ask, const struct book *b,
                       const json_t *members)
{
    json_t *all = json_pack("{s:s, s:s?, s:I, s:s}", "coop", ask->coop, "as_of", ask->as_of, "size",
                            (json_int_t)b->view.size, "time", b->view.time);
    json_t *units = json_array();

    for (size_t i = 0, end; i < b->n; i = end) {
        end = book_unit_end(b, i);
        if (shown(ask, b, i))
            json_array_append_new(units, unit_json(c, b, i, end, members));
    }
    json_object_set_new(all, "units", units);
    client_print_json(all);
    json_decref(all);
}

static void print_units(struct client *c, const struct book_ask *ask, const struct book *b,
                        const json_t *members)
{
    bool plain = table_style_of(stdout) == TABLE_PLAIN, any = false;

    if (!plain)
        print_title(ask, b);
    for (size_t i = 0, end; i < b->n; i = end) {
        end = book_unit_end(b, i);
        if (shown(ask, b, i)) {
            print_unit(c, b, i, end, members, ask->as_of != NULL);
            any = true;
        }
    }
    if (!any)
        note(_("There is no account in it."));
}

int book_show_accounts(struct client *c, const struct book_ask *ask)
{
    char *query = ask->as_of == NULL ? x_strdup("") : x_asprintf("as_of=%s", ask->as_of);
    json_t *members = NULL;
    struct book b;
    int rc = book_fetch(&b, c, ask->key, ask->coop, query);

    /* Whoever has an account in it was a member before: so the members come after the book. */
    if (rc == PUMASI_OK)
        rc = book_members(c, ask->key, ask->coop, &members);
    if (rc == PUMASI_OK && c->json)
        print_json(c, ask, &b, members);
    else if (rc == PUMASI_OK && ask->csv)
        print_csv(c, ask, &b, members);
    else if (rc == PUMASI_OK)
        print_units(c, ask, &b, members);
    if (rc == PUMASI_OK)
        rc = book_check(c, &b, ask->unit);
    json_decref(members);
    book_free(&b);
    free(query);
    return rc;
}
