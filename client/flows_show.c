/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The trade of a network on a terminal, for spreadsheets, in JSON and as a picture. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/flows.h"
#include "client/graphviz.h"
#include "client/query.h"
#include "client/table.h"
#include "client/words.h"
#include "core/num.h"

#define PAIRS_SHOWN 30
#define PAIRS_DRAWN 120

static const struct table_column by_month[] = {
    {N_("Month"), TABLE_LEFT},           {N_("Payments"), TABLE_RIGHT},
    {N_("Amount"), TABLE_RIGHT},         {N_("Within co-ops"), TABLE_RIGHT},
    {N_("Between co-ops"), TABLE_RIGHT}, {N_("Share within"), TABLE_RIGHT},
};
static const struct table_column by_category[] = {
    {N_("Category"), TABLE_LEFT},        {N_("Payments"), TABLE_RIGHT},
    {N_("Amount"), TABLE_RIGHT},         {N_("Within co-ops"), TABLE_RIGHT},
    {N_("Between co-ops"), TABLE_RIGHT}, {N_("Share within"), TABLE_RIGHT},
};
static const struct table_column by_pair[] = {
    {N_("From"), TABLE_LEFT},
    {N_("To"), TABLE_LEFT},
    {N_("Payments"), TABLE_RIGHT},
    {N_("Amount"), TABLE_RIGHT},
};

/* For programs: not translated. docs/man/pumasi.1 tells what each is. */
static const char *const csv_columns[] = {
    "month",    "unit",     "kind",         "from",           "to",
    "category", "payments", "reversals",    "amount",         "reversed",
    "net",      "scale",    "amount_minor", "reversed_minor", "net_minor",
};

/* Rows added up. */
struct sum {
    const char *key, *key2;
    int64_t payments, within, between; /* net of what was taken back */
};

static bool wanted(const struct flows_ask *ask, const struct flow *row)
{
    return (ask->unit == NULL || str_eq(ask->unit, row->unit)) &&
           (ask->from == NULL || strcmp(row->month, ask->from) >= 0) &&
           (ask->to == NULL || strcmp(row->month, ask->to) <= 0);
}

static void add(int64_t *to, int64_t amount)
{
    if (num_add(*to, amount, to) != 0)
        *to = amount < 0 ? NUM_MIN : NUM_MAX;
}

static void add_flow(struct sum *s, const struct flow *row)
{
    s->payments += row->payments;
    add(str_eq(row->from, row->to) ? &s->within : &s->between, flow_net(row));
}

/* Rows of a unit by the text at `key` (and `key2`, NULL for none) of each; sums[] has room. */
static const char *month_of(const struct flow *row)
{
    return row->month;
}

static const char *category_of(const struct flow *row)
{
    return row->category;
}

static const char *from_of(const struct flow *row)
{
    return row->from;
}

typedef const char *flow_key(const struct flow *row);

/* The rows of a unit that are asked for, added up by one key, or by both ends. The caller frees
 * them. */
static struct sum *sum_by(const struct flows *f, const struct flows_ask *ask, const char *unit,
                          flow_key *key, bool pairs, size_t *n)
{
    struct sum *sums = x_calloc(f->n + 1, sizeof(*sums));
    struct strmap *places = strmap_new();

    *n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct flow *row = &f->rows[i];
        int64_t *place;
        char *name;

        if (!str_eq(row->unit, unit) || !wanted(ask, row) || (pairs && str_eq(row->from, row->to)))
            continue;
        name = x_asprintf("%s %s", key(row), pairs ? row->to : "");
        place = strmap_put(places, name);
        free(name);
        if (*place == 0) {
            sums[*n] = (struct sum){.key = key(row), .key2 = row->to};
            *place = (int64_t)++ * n;
        }
        add_flow(&sums[*place - 1], row);
    }
    strmap_free(places);
    return sums;
}

static int by_key(const void *one, const void *other)
{
    return strcmp(((const struct sum *)one)->key, ((const struct sum *)other)->key);
}

static int by_amount(const void *one, const void *other)
{
    const struct sum *a = one, *b = other;
    int rc;

    if (a->between != b->between)
        return a->between > b->between ? -1 : 1;
    rc = strcmp(a->key, b->key);
    return rc != 0 ? rc : strcmp(a->key2, b->key2);
}

static struct sum total_of(const struct sum *sums, size_t n)
{
    struct sum total = {.key = ""};

    for (size_t i = 0; i < n; i++) {
        total.payments += sums[i].payments;
        add(&total.within, sums[i].within);
        add(&total.between, sums[i].between);
    }
    return total;
}

/* Thousandths of all that stayed within a co-op; -1 where nothing was traded, on the whole. */
static int64_t share(const struct sum *s)
{
    __int128 all = (__int128)s->within + s->between;

    if (all <= 0 || s->within < 0 || s->between < 0)
        return -1;
    return (int64_t)(((__int128)s->within * 2000 + all) / all / 2);
}

/* --- on a terminal --- */

static void add_amount(struct table *t, int64_t amount, const struct profile_unit *u)
{
    char text[AMOUNT_TEXT_MAX];

    amount_text(text, amount, u->kind, u->scale);
    table_add(t, text);
}

static void add_count(struct table *t, int64_t n)
{
    char *text = x_asprintf("%" PRId64, n);

    table_add(t, text);
    free(text);
}

static void add_sum(struct table *t, const struct sum *s, const char *title,
                    const struct profile_unit *u)
{
    int64_t part = share(s);
    char *text =
        part < 0 ? x_strdup("-") : x_asprintf("%" PRId64 ".%" PRId64 "%%", part / 10, part % 10);

    table_add(t, title);
    add_count(t, s->payments);
    add_amount(t, num_gap(s->within, -s->between), u);
    add_amount(t, s->within, u);
    add_amount(t, s->between, u);
    table_add(t, text);
    free(text);
}

static const char *category_word(const char *category)
{
    if (category[0] == '\0')
        return _("(none)");
    return str_eq(category, FLOWS_OTHER) ? _("(few)") : category;
}

static enum table_style style_of(void)
{
    return table_style_of(stdout) == TABLE_COLOUR ? TABLE_COLOUR : TABLE_TERMINAL;
}

static void print_sums(const struct flows *f, const struct flows_ask *ask,
                       const struct profile_unit *u, bool months)
{
    struct table *t = months ? table_new(by_month, ARRAY_LEN(by_month))
                             : table_new(by_category, ARRAY_LEN(by_category));
    size_t n;
    struct sum *sums = sum_by(f, ask, u->unit, months ? month_of : category_of, false, &n);
    struct sum total = total_of(sums, n);

    qsort(sums, n, sizeof(*sums), by_key);
    for (size_t i = 0; i < n; i++)
        add_sum(t, &sums[i], months ? sums[i].key : category_word(sums[i].key), u);
    add_sum(t, &total, _("All"), u);
    table_print(t, stdout, style_of());
    table_free(t);
    free(sums);
}

static void print_pairs(const struct flows *f, const struct flows_ask *ask,
                        const struct profile_unit *u)
{
    struct table *t = table_new(by_pair, ARRAY_LEN(by_pair));
    size_t n;
    struct sum *sums = sum_by(f, ask, u->unit, from_of, true, &n);

    qsort(sums, n, sizeof(*sums), by_amount);
    for (size_t i = 0; i < n && i < PAIRS_SHOWN; i++) {
        table_add(t, sums[i].key);
        table_add(t, sums[i].key2);
        add_count(t, sums[i].payments);
        add_amount(t, sums[i].between, u);
    }
    if (n > 0) {
        puts("");
        table_print(t, stdout, style_of());
    }
    if (n > PAIRS_SHOWN)
        printf(_("The %d largest of %zu; --csv has them all.\n"), PAIRS_SHOWN, n);
    table_free(t);
    free(sums);
}

static void print_unit(const struct flows *f, const struct flows_ask *ask,
                       const struct profile_unit *u)
{
    char *name = say_safe(u->name);

    printf("\n%s (%s, %s)\n", u->unit, name, word_kind(unit_kind_name(u->kind)));
    free(name);
    print_sums(f, ask, u, true);
    puts("");
    print_sums(f, ask, u, false);
    print_pairs(f, ask, u);
}

static bool any(const struct flows *f, const struct flows_ask *ask, const char *unit)
{
    for (size_t i = 0; i < f->n; i++) {
        if (str_eq(f->rows[i].unit, unit) && wanted(ask, &f->rows[i]))
            return true;
    }
    return false;
}

void flows_print(const struct flows *f, const struct flows_ask *ask)
{
    char *time = say_time(f->time), *name = say_safe(f->name);
    bool shown = false;

    printf(ngettext("The trade of %s, %" PRId64 " co-op, to %s\n",
                    "The trade of %s, %" PRId64 " co-ops, to %s\n", (unsigned long)f->coops),
           name, f->coops, time);
    for (size_t i = 0; i < f->n_units; i++) {
        if (any(f, ask, f->units[i].unit.unit)) {
            print_unit(f, ask, &f->units[i].unit);
            shown = true;
        }
    }
    if (!shown)
        puts(_("Nothing was traded."));
    free(time);
    free(name);
}

/* --- for programs --- */

void flows_print_csv(const struct flows *f, const struct flows_ask *ask)
{
    struct buf csv = BUF_INIT;
    struct csv_table s;

    csv_table_begin(&s, &csv, csv_columns, ARRAY_LEN(csv_columns), &ask->style);
    for (size_t i = 0; i < f->n; i++) {
        const struct flow *row = &f->rows[i];
        const struct profile_unit *u = flows_find_unit(f, row->unit);

        if (!wanted(ask, row) || u == NULL)
            continue;
        csv_table_text(&s, row->month);
        csv_table_text(&s, row->unit);
        csv_table_text(&s, unit_kind_name(u->kind));
        csv_table_text(&s, row->from);
        csv_table_text(&s, row->to);
        csv_table_text(&s, row->category);
        csv_table_int(&s, row->payments);
        csv_table_int(&s, row->reversals);
        csv_table_amount(&s, row->amount, u);
        csv_table_amount(&s, row->reversed, u);
        csv_table_amount(&s, flow_net(row), u);
        csv_table_int(&s, u->scale);
        csv_table_int(&s, row->amount);
        csv_table_int(&s, row->reversed);
        csv_table_int(&s, flow_net(row));
        csv_table_end_row(&s);
    }
    fputs(csv.data, stdout);
    buf_free(&csv);
}

/* A share is a number of thousandths, so that no program needs to round. */
static json_t *sum_json(const struct sum *s, const char *name, const char *key)
{
    json_t *out = json_pack("{s:I, s:I, s:I, s:I}", "payments", (json_int_t)s->payments, "amount",
                            (json_int_t)num_gap(s->within, -s->between), "within",
                            (json_int_t)s->within, "between", (json_int_t)s->between);
    int64_t part = share(s);

    if (name != NULL)
        json_object_set_new(out, name, json_string(key));
    json_object_set_new(out, "share_within_per_mille",
                        part < 0 ? json_null() : json_integer((json_int_t)part));
    return out;
}

static json_t *sums_json(const struct flows *f, const struct flows_ask *ask, const char *unit,
                         bool months, json_t **all)
{
    json_t *out = json_array();
    struct sum total;
    size_t n;
    struct sum *sums = sum_by(f, ask, unit, months ? month_of : category_of, false, &n);

    qsort(sums, n, sizeof(*sums), by_key);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(out, sum_json(&sums[i], months ? "month" : "category", sums[i].key));
    total = total_of(sums, n);
    if (all != NULL)
        *all = sum_json(&total, NULL, NULL);
    free(sums);
    return out;
}

static json_t *flows_json(const struct flows *f, const struct flows_ask *ask, const char *unit)
{
    json_t *out = json_array();

    for (size_t i = 0; i < f->n; i++) {
        const struct flow *row = &f->rows[i];

        if (!str_eq(row->unit, unit) || !wanted(ask, row))
            continue;
        json_array_append_new(
            out, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "month", row->month,
                           "from", row->from, "to", row->to, "category", row->category, "payments",
                           (json_int_t)row->payments, "amount", (json_int_t)row->amount,
                           "reversals", (json_int_t)row->reversals, "reversed",
                           (json_int_t)row->reversed, "net", (json_int_t)flow_net(row)));
    }
    return out;
}

void flows_print_json(const struct flows *f, const struct flows_ask *ask)
{
    json_t *units = json_array(), *all;

    for (size_t i = 0; i < f->n_units; i++) {
        const struct profile_unit *u = &f->units[i].unit;
        json_t *total, *months, *categories;

        if (ask->unit != NULL && !str_eq(ask->unit, u->unit))
            continue;
        months = sums_json(f, ask, u->unit, true, &total);
        categories = sums_json(f, ask, u->unit, false, NULL);
        json_array_append_new(
            units, json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o}", "unit", u->unit, "name",
                             u->name, "kind", unit_kind_name(u->kind), "scale",
                             (json_int_t)u->scale, "total", total, "months", months, "categories",
                             categories, "flows", flows_json(f, ask, u->unit)));
    }
    all = json_pack("{s:s, s:I, s:s, s:I, s:s?, s:s?, s:o}", "name", f->name, "size",
                    (json_int_t)f->size, "time", f->time, "coops", (json_int_t)f->coops, "from",
                    ask->from, "to", ask->to, "units", units);
    client_print_json(all);
    json_decref(all);
}

/* --- the picture --- */

/* One row of it; sums and the arrows made of them, the largest alone. */
struct drawn {
    struct picture_panel panel;
    struct picture_arrow *arrows;
    struct sum *sums;
    char *title;
};

static void draw_unit(const struct flows *f, const struct flows_ask *ask,
                      const struct profile_unit *u, struct drawn *d, struct picture_row *row)
{
    char *name = say_safe(u->name);
    size_t n;

    d->sums = sum_by(f, ask, u->unit, from_of, true, &n);
    qsort(d->sums, n, sizeof(*d->sums), by_amount);
    d->title = n > PAIRS_DRAWN ? x_asprintf(_("%s (%s): the %d largest of %zu flows"), u->unit,
                                            name, PAIRS_DRAWN, n)
                               : x_asprintf("%s (%s)", u->unit, name);
    n = n > PAIRS_DRAWN ? PAIRS_DRAWN : n;
    d->arrows = x_calloc(n + 1, sizeof(*d->arrows));
    for (size_t i = 0; i < n; i++) {
        char text[AMOUNT_TEXT_MAX];

        amount_text(text, d->sums[i].between, u->kind, u->scale);
        d->arrows[i] = (struct picture_arrow){d->sums[i].key, d->sums[i].key2, d->sums[i].between,
                                              x_strdup(text)};
    }
    d->panel = (struct picture_panel){d->title, n, d->arrows};
    *row = (struct picture_row){1, &d->panel};
    free(name);
}

int flows_draw(const struct flows *f, const struct flows_ask *ask, const char *path)
{
    struct drawn *drawn = x_calloc(f->n_units + 1, sizeof(*drawn));
    struct picture_row *rows = x_calloc(f->n_units + 1, sizeof(*rows));
    char *time = say_time(f->time);
    char *title = x_asprintf(_("Who paid whom between co-ops: %s, to %s"), f->name, time);
    struct picture picture = {.title = title, .rows = rows};
    int rc;

    for (size_t i = 0; i < f->n_units; i++) {
        if (any(f, ask, f->units[i].unit.unit)) {
            draw_unit(f, ask, &f->units[i].unit, &drawn[picture.n], &rows[picture.n]);
            picture.n++;
        }
    }
    rc = graphviz_draw(&picture, path);
    for (size_t i = 0; i < picture.n; i++) {
        for (size_t j = 0; j < drawn[i].panel.n; j++)
            free((char *)(uintptr_t)drawn[i].arrows[j].label);
        free(drawn[i].arrows);
        free(drawn[i].sums);
        free(drawn[i].title);
    }
    free(drawn);
    free(rows);
    free(title);
    free(time);
    return rc;
}
