/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A log read for the trade between co-ops. */
#include "client/flows.h"

#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "lang/zone.h"

void flows_init(struct flows *f)
{
    memset(f, 0, sizeof(*f));
    f->places = strmap_new();
    f->purses = strmap_new();
}

void flows_free(struct flows *f)
{
    for (size_t i = 0; i < f->n_units; i++)
        free(f->units[i].unit.name);
    free(f->units);
    free(f->rows);
    strmap_free(f->places);
    strmap_free(f->purses);
    memset(f, 0, sizeof(*f));
}

int64_t flow_net(const struct flow *row)
{
    return num_gap(row->amount, row->reversed);
}

const struct profile_unit *flows_find_unit(const struct flows *f, const char *unit)
{
    for (size_t i = 0; i < f->n_units; i++) {
        if (str_eq(f->units[i].unit.unit, unit))
            return &f->units[i].unit;
    }
    return NULL;
}

static void add_unit(struct flows *f, const struct act_unit_create *u)
{
    struct profile_unit *out;

    if (flows_find_unit(f, u->unit) != NULL)
        return;
    f->units = x_realloc(f->units, (f->n_units + 1) * sizeof(*f->units));
    out = &f->units[f->n_units++].unit;
    str_copy(out->unit, sizeof(out->unit), u->unit);
    out->name = x_strdup(u->name);
    out->scale = u->scale;
    out->kind = u->kind;
}

/* The row of a month and a transfer, made where there is none yet. */
static struct flow *row_of(struct flows *f, const char *month, const char *unit, const char *from,
                           const char *to, const char *category)
{
    char *key = x_asprintf("%s %s %s %s %s", month, unit, from, to, category);
    int64_t *place = strmap_put(f->places, key);
    struct flow *row;

    free(key);
    if (*place == 0) {
        if (f->n == f->cap) {
            f->cap = f->cap == 0 ? 256 : f->cap * 2;
            f->rows = x_realloc(f->rows, f->cap * sizeof(*f->rows));
        }
        row = &f->rows[f->n++];
        memset(row, 0, sizeof(*row));
        str_copy(row->month, sizeof(row->month), month);
        str_copy(row->unit, sizeof(row->unit), unit);
        str_copy(row->from, sizeof(row->from), from);
        str_copy(row->to, sizeof(row->to), to);
        str_copy(row->category, sizeof(row->category), category);
        *place = (int64_t)f->n; /* 0 says that it is new */
    }
    return &f->rows[*place - 1];
}

/* Dues and grants: within one co-op, to or from a purse. */
static bool is_own(const struct flows *f, const struct act_transfer *t, const char *from,
                   const char *to)
{
    return str_eq(from, to) &&
           (strmap_get(f->purses, t->from) != NULL || strmap_get(f->purses, t->to) != NULL);
}

/* The month in which it counts: that of its value date, where those are asked for and it has one.
 */
static void month_of(char out[DATE_LEN + 1], const struct flows *f, const struct act_transfer *t,
                     const char *booked)
{
    if (f->by_value_date && t->has_value_date) {
        date_text(out, t->value_date);
        out[7] = '\0';
    } else {
        str_copy(out, DATE_LEN + 1, booked);
    }
}

static int add_transfer(struct flows *f, const char *booked, const struct act_transfer *t,
                        int64_t amount, bool back)
{
    char from[COOP_MAX + 1], to[COOP_MAX + 1], month[DATE_LEN + 1];
    struct flow *row;

    name_coop_of(t->from, from);
    name_coop_of(t->to, to);
    if (is_own(f, t, from, to))
        return 0;
    month_of(month, f, t, booked);
    row = row_of(f, month, t->unit, from, to, t->category);
    if (back) {
        row->reversals++;
        return num_add(row->reversed, amount, &row->reversed);
    }
    row->payments++;
    return num_add(row->amount, amount, &row->amount);
}

static int take_reversal(struct flows *f, const char *month, const struct act_reversal *r,
                         flows_earlier *earlier, void *arg)
{
    struct act taken;
    int rc = -1;

    if (earlier(arg, r->record, &taken) != 0)
        return -1;
    if (taken.type == ACT_TRANSFER)
        rc = add_transfer(f, month, &taken.u.transfer, r->amount, true);
    act_free(&taken);
    return rc;
}

/* Most acts say nothing of trade. */
static int take_act(struct flows *f, const struct act *a, const char *month, flows_earlier *earlier,
                    void *arg)
{
    if (a->type == ACT_TRANSFER)
        return add_transfer(f, month, &a->u.transfer, a->u.transfer.amount, false);
    if (a->type == ACT_REVERSAL)
        return take_reversal(f, month, &a->u.reversal, earlier, arg);
    if (a->type == ACT_UNIT_CREATE)
        add_unit(f, &a->u.unit_create);
    if (a->type == ACT_COOP_CREATE)
        f->coops++;
    if (a->type == ACT_MEMBER_CREATE && a->u.member.purse)
        *strmap_put(f->purses, a->u.member.member) = 1;
    return 0;
}

int flows_record(struct flows *f, const char *header, size_t header_len, const char *act_part,
                 size_t act_len, flows_earlier *earlier, void *arg)
{
    char day[DATE_LEN + 1], month[8];
    struct record_header head;
    struct refusal refusal;
    const char *why;
    struct part part;
    struct act act;
    int rc = -1;

    if (record_header_peek(&head, header, header_len, &why) != 0 || head.index != f->size ||
        part_parse(&part, act_part, act_len, &why) != 0)
        return -1;
    if (part.kind == PART_ACT && act_parse(&act, &part.act, &refusal) == 0) {
        if (act.type == ACT_LEDGER_OPEN && zone_set(act.u.ledger_open.zone) == 0)
            str_copy(f->name, sizeof(f->name), act.u.ledger_open.name);
        if (act.type != ACT_LEDGER_OPEN || f->name[0] != '\0') {
            date_text(day, zone_day(head.ms));
            day[7] = '\0';
            str_copy(month, sizeof(month), day);
            rc = take_act(f, &act, month, earlier, arg);
        }
        act_free(&act);
    }
    part_free(&part);
    if (rc == 0) {
        f->size++;
        time_text(f->time, head.ms);
    }
    return rc;
}

size_t flows_split(const char *s, size_t len, const char **header, size_t *header_len,
                   const char **act, size_t *act_len)
{
    const char *end = memmem(s, len, "\n\n", 2), *line = memchr(s, '\n', len);

    if (end == NULL || line == NULL || line >= end)
        return 0;
    *header = s;
    *header_len = (size_t)(line - s);
    *act = line + 1;
    line = memchr(*act, '\n', (size_t)(end + 1 - *act));
    *act_len = (size_t)(line - *act);
    return (size_t)(end + 2 - s);
}

static int compare_rows(const void *one, const void *other)
{
    const struct flow *a = one, *b = other;
    int rc = strcmp(a->unit, b->unit);

    if (rc == 0)
        rc = strcmp(a->month, b->month);
    if (rc == 0)
        rc = strcmp(a->from, b->from);
    if (rc == 0)
        rc = strcmp(a->to, b->to);
    return rc != 0 ? rc : strcmp(a->category, b->category);
}

static int compare_units(const void *one, const void *other)
{
    const struct flows_unit *a = one, *b = other;

    return strcmp(a->unit.unit, b->unit.unit);
}

static bool same_row(const struct flow *a, const struct flow *b)
{
    return str_eq(a->unit, b->unit) && str_eq(a->month, b->month) && str_eq(a->from, b->from) &&
           str_eq(a->to, b->to) && str_eq(a->category, b->category);
}

void flows_settle(struct flows *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->n; i++) {
        if (f->rows[i].payments < FLOWS_FEW && f->rows[i].category[0] != '\0')
            str_copy(f->rows[i].category, sizeof(f->rows[i].category), FLOWS_OTHER);
    }
    if (f->n > 0)
        qsort(f->rows, f->n, sizeof(*f->rows), compare_rows);
    for (size_t i = 0; i < f->n; i++) {
        struct flow *row = &f->rows[i], *before = kept > 0 ? &f->rows[kept - 1] : NULL;

        if (before != NULL && same_row(before, row)) {
            before->payments += row->payments;
            before->reversals += row->reversals;
            if (num_add(before->amount, row->amount, &before->amount) != 0)
                before->amount = NUM_MAX;
            if (num_add(before->reversed, row->reversed, &before->reversed) != 0)
                before->reversed = NUM_MAX;
        } else {
            f->rows[kept++] = *row;
        }
    }
    f->n = kept;
    strmap_clear(f->places);
    if (f->n_units > 0)
        qsort(f->units, f->n_units, sizeof(*f->units), compare_units);
}
