/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A co-op's positions on a terminal, for spreadsheets, in JSON and as a picture. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/graphviz.h"
#include "client/positions.h"
#include "client/table.h"

static const struct table_column columns[] = {
    {N_("Partner"), TABLE_LEFT},      {N_("We owe"), TABLE_RIGHT},
    {N_("They owe"), TABLE_RIGHT},    {N_("Line given"), TABLE_RIGHT},
    {N_("Line taken"), TABLE_RIGHT},  {N_("Can pay"), TABLE_RIGHT},
    {N_("Can receive"), TABLE_RIGHT}, {N_("Last"), TABLE_LEFT},
    {N_("Oldest"), TABLE_LEFT},       {N_("Clears"), TABLE_RIGHT},
};
/* For scripts: not translated. */
static const struct table_column plain_columns[] = {
    {"unit", TABLE_LEFT},         {"partner", TABLE_LEFT},  {"position", TABLE_RIGHT},
    {"given", TABLE_RIGHT},       {"taken", TABLE_RIGHT},   {"can_pay", TABLE_RIGHT},
    {"can_receive", TABLE_RIGHT}, {"last_day", TABLE_LEFT}, {"oldest_day", TABLE_LEFT},
    {"clears", TABLE_RIGHT},
};

/* For programs: not translated. docs/man/pumasi.1 tells what each is. */
static const char *const csv_columns[] = {
    "unit",
    "partner",
    "owe",
    "owed",
    "given",
    "taken",
    "can_pay",
    "can_receive",
    "last_day",
    "oldest_day",
    "clears",
    "scale",
    "position_minor",
    "given_minor",
    "taken_minor",
    "can_pay_minor",
    "can_receive_minor",
    "clears_minor",
};

static void add_amount(struct client *c, struct table *t, const char *unit, bool there,
                       int64_t amount)
{
    char *text = there ? client_number_text(c, amount, unit) : x_strdup("-");

    table_add(t, text);
    free(text);
}

static void add_row(struct client *c, struct table *t, const struct position_row *r)
{
    table_add(t, r->partner);
    add_amount(c, t, r->unit, r->position > 0, r->position);
    add_amount(c, t, r->unit, r->position < 0, -r->position);
    add_amount(c, t, r->unit, r->has_given, r->given);
    add_amount(c, t, r->unit, r->has_taken, r->taken);
    add_amount(c, t, r->unit, true, r->can_pay);
    add_amount(c, t, r->unit, true, r->can_receive);
    table_add(t, r->day);
    table_add(t, r->oldest);
    add_amount(c, t, r->unit, r->cleared, r->clears);
}

static void add_total(struct client *c, struct table *t, const struct position_sum *s,
                      const char *unit)
{
    table_add(t, _("Total"));
    add_amount(c, t, unit, true, s->owe);
    add_amount(c, t, unit, true, s->owed);
    add_amount(c, t, unit, true, s->given);
    add_amount(c, t, unit, true, s->taken);
    add_amount(c, t, unit, true, s->can_pay);
    add_amount(c, t, unit, true, s->can_receive);
    table_add(t, "");
    table_add(t, "");
    add_amount(c, t, unit, s->cleared, s->clears);
}

static void print_net(struct client *c, const struct position_sum *s, const char *unit)
{
    char *owe = client_amount_text(c, s->owe, unit), *owed = client_amount_text(c, s->owed, unit);
    int64_t net = s->owed - s->owe;
    char *on_the_whole = client_amount_text(c, net < 0 ? -net : net, unit);
    char *clears = client_amount_text(c, s->clears, unit);

    if (net == 0)
        printf(_("We owe %s and are owed as much: on the whole we are quits.\n"), owe);
    else if (net < 0)
        printf(_("We owe %s and are owed %s: on the whole we owe %s.\n"), owe, owed, on_the_whole);
    else
        printf(_("We owe %s and are owed %s: on the whole we are owed %s.\n"), owe, owed,
               on_the_whole);
    if (s->cleared && s->clears > 0)
        printf(_("A clearing now would take %s off, without a payment by anybody.\n"), clears);
    free(owe);
    free(owed);
    free(on_the_whole);
    free(clears);
}

static void print_unit(struct client *c, const struct positions *p, size_t from, size_t end)
{
    const char *unit = p->rows[from].unit;
    const struct profile_unit *u = profile_unit(&c->profile, unit);
    char *name = say_safe(u != NULL ? u->name : "");
    struct table *t = table_new(columns, ARRAY_LEN(columns));
    struct position_sum sum;
    bool summed = positions_sum(p, from, end, &sum) == 0;

    printf(ngettext("\n%s (%s), %zu partner:\n", "\n%s (%s), %zu partners:\n", end - from), unit,
           name, end - from);
    for (size_t i = from; i < end; i++)
        add_row(c, t, &p->rows[i]);
    if (summed)
        add_total(c, t, &sum, unit);
    table_print(t, stdout, table_style_of(stdout) == TABLE_COLOUR ? TABLE_COLOUR : TABLE_TERMINAL);
    if (summed)
        print_net(c, &sum, unit);
    table_free(t);
    free(name);
}

static void print_plain(struct client *c, const struct positions *p, const char *unit)
{
    struct table *t = table_new(plain_columns, ARRAY_LEN(plain_columns));

    for (size_t i = 0; i < p->n; i++) {
        const struct position_row *r = &p->rows[i];

        if (unit != NULL && !str_eq(r->unit, unit))
            continue;
        table_add(t, r->unit);
        table_add(t, r->partner);
        add_amount(c, t, r->unit, true, r->position);
        add_amount(c, t, r->unit, r->has_given, r->given);
        add_amount(c, t, r->unit, r->has_taken, r->taken);
        add_amount(c, t, r->unit, true, r->can_pay);
        add_amount(c, t, r->unit, true, r->can_receive);
        table_add(t, r->day[0] != '\0' ? r->day : "-");
        table_add(t, r->oldest[0] != '\0' ? r->oldest : "-");
        add_amount(c, t, r->unit, r->cleared, r->clears);
    }
    table_print(t, stdout, TABLE_PLAIN);
    table_free(t);
}

void positions_print(struct client *c, const struct positions *p, const char *unit)
{
    char *time = say_time(p->time);
    size_t shown = 0;

    if (table_style_of(stdout) == TABLE_PLAIN) {
        print_plain(c, p, unit);
        free(time);
        return;
    }
    printf(_("The positions of %s (last record %" PRId64 ", %s)\n"), p->coop, p->size - 1, time);
    for (size_t i = 0, end; i < p->n; i = end) {
        end = positions_unit_end(p, i);
        if (unit == NULL || str_eq(p->rows[i].unit, unit)) {
            print_unit(c, p, i, end);
            shown++;
        }
    }
    if (shown == 0)
        puts(_("There is no line and no position."));
    free(time);
}

void positions_print_csv(struct client *c, const struct positions *p, const char *unit,
                         const struct csv_style *style)
{
    struct buf csv = BUF_INIT;
    struct csv_table s;

    csv_table_begin(&s, &csv, csv_columns, ARRAY_LEN(csv_columns), style);
    for (size_t i = 0; i < p->n; i++) {
        const struct position_row *r = &p->rows[i];
        const struct profile_unit *u = profile_unit(&c->profile, r->unit);
        const struct {
            bool there;
            int64_t amount;
        } cells[] = {{true, r->position > 0 ? r->position : 0},
                     {true, r->position < 0 ? -r->position : 0},
                     {r->has_given, r->given},
                     {r->has_taken, r->taken},
                     {true, r->can_pay},
                     {true, r->can_receive},
                     {r->cleared, r->clears}},
          minor[] = {{true, r->position}, {r->has_given, r->given}, {r->has_taken, r->taken},
                     {true, r->can_pay},  {true, r->can_receive},   {r->cleared, r->clears}};

        if (unit != NULL && !str_eq(r->unit, unit))
            continue;
        csv_table_text(&s, r->unit);
        csv_table_text(&s, r->partner);
        for (size_t j = 0; j < ARRAY_LEN(cells); j++) {
            if (j + 1 == ARRAY_LEN(cells)) {
                csv_table_text(&s, r->day);
                csv_table_text(&s, r->oldest);
            }
            if (cells[j].there)
                csv_table_amount(&s, cells[j].amount, u);
            else
                csv_table_text(&s, "");
        }
        csv_table_int(&s, u != NULL ? u->scale : 1);
        for (size_t j = 0; j < ARRAY_LEN(minor); j++) {
            if (minor[j].there)
                csv_table_int(&s, minor[j].amount);
            else
                csv_table_text(&s, "");
        }
        csv_table_end_row(&s);
    }
    fputs(csv.data, stdout);
    buf_free(&csv);
}

static json_t *only(const json_t *list, const char *unit)
{
    json_t *out = json_array(), *item;
    size_t i;

    json_array_foreach (list, i, item) {
        if (unit == NULL || str_eq(json_text(item, "unit"), unit))
            json_array_append(out, item);
    }
    return out;
}

void positions_print_json(const struct positions *p, const char *unit)
{
    json_t *all = json_copy(p->answer);

    json_object_set_new(all, "items", only(json_object_get(p->answer, "items"), unit));
    json_object_set_new(all, "totals", only(json_object_get(p->answer, "totals"), unit));
    client_print_json(all);
    json_decref(all);
}

/* --- the picture --- */

/* Row i of the picture: now, and where a clearing is known, after it. */
struct drawn {
    struct picture_panel panels[2];
    struct picture_arrow *arrows[2];
    char *titles[2];
};

static void draw_arrow(struct client *c, const struct positions *p, const struct position_row *r,
                       int64_t stands, struct picture_arrow *out)
{
    bool owe = r->position > 0;

    *out = (struct picture_arrow){
        .from = owe ? p->coop : r->partner,
        .to = owe ? r->partner : p->coop,
        .amount = stands,
        .label = client_number_text(c, stands, r->unit),
    };
}

static void draw_unit(struct client *c, const struct positions *p, size_t from, size_t end,
                      struct drawn *d, struct picture_row *row)
{
    const struct profile_unit *u = profile_unit(&c->profile, p->rows[from].unit);
    char *name = say_safe(u != NULL ? u->name : "");
    bool cleared = true;
    size_t n = 0;

    for (int k = 0; k < 2; k++)
        d->arrows[k] = x_calloc(end - from + 1, sizeof(*d->arrows[k]));
    for (size_t i = from; i < end; i++) {
        const struct position_row *r = &p->rows[i];
        int64_t stands = r->position < 0 ? -r->position : r->position;

        cleared &= r->cleared;
        if (stands == 0)
            continue;
        draw_arrow(c, p, r, stands, &d->arrows[0][n]);
        draw_arrow(c, p, r, stands - r->clears, &d->arrows[1][n]);
        n++;
    }
    d->titles[0] = x_asprintf(_("%s (%s) now"), p->rows[from].unit, name);
    d->titles[1] = x_asprintf(_("%s (%s) after a clearing"), p->rows[from].unit, name);
    for (int k = 0; k < 2; k++)
        d->panels[k] = (struct picture_panel){d->titles[k], n, d->arrows[k]};
    *row = (struct picture_row){cleared ? 2 : 1, d->panels};
    free(name);
}

static void drawn_free(struct drawn *d)
{
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < d->panels[k].n; i++)
            free((char *)(uintptr_t)d->arrows[k][i].label);
        free(d->arrows[k]);
        free(d->titles[k]);
    }
}

int positions_draw(struct client *c, const struct positions *p, const char *unit, const char *path)
{
    struct drawn *drawn = x_calloc(p->n + 1, sizeof(*drawn));
    struct picture_row *rows = x_calloc(p->n + 1, sizeof(*rows));
    char *time = say_time(p->time);
    char *title = x_asprintf(_("Who owes whom: %s, %s"), p->coop, time);
    struct picture picture = {.title = title, .own = p->coop, .rows = rows};
    int rc;

    for (size_t i = 0, end; i < p->n; i = end) {
        end = positions_unit_end(p, i);
        if (unit == NULL || str_eq(p->rows[i].unit, unit)) {
            draw_unit(c, p, i, end, &drawn[picture.n], &rows[picture.n]);
            picture.n++;
        }
    }
    rc = graphviz_draw(&picture, path);
    for (size_t i = 0; i < picture.n; i++)
        drawn_free(&drawn[i]);
    free(drawn);
    free(rows);
    free(title);
    free(time);
    return rc;
}
