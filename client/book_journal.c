/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A co-op's journal: its postings record by record, oldest first. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/book_show.h"
#include "client/csv_table.h"
#include "client/table.h"
#include "core/num.h"

#define NAME_COLUMNS 16

static const struct table_column columns[] = {
    {N_("Record"), TABLE_RIGHT}, {N_("Booked"), TABLE_LEFT},  {N_("From"), TABLE_LEFT},
    {N_("To"), TABLE_LEFT},      {N_("Amount"), TABLE_RIGHT}, {N_("Notes"), TABLE_LEFT},
};

static const struct table_column columns_plain[] = {
    {"record", TABLE_RIGHT},  {"booked", TABLE_LEFT},   {"value_date", TABLE_LEFT},
    {"from", TABLE_LEFT},     {"to", TABLE_LEFT},       {"amount", TABLE_RIGHT},
    {"unit", TABLE_LEFT},     {"category", TABLE_LEFT}, {"signed_by", TABLE_LEFT},
    {"reverses", TABLE_LEFT}, {"forced", TABLE_LEFT},   {"reversed", TABLE_RIGHT},
    {"memo", TABLE_LEFT},
};

/* For programs: not translated. docs/man/pumasi.1 tells what each is. */
static const char *const csv_columns[] = {
    "record",   "booked_date", "time",     "value_date",     "from",   "from_name",
    "to",       "to_name",     "unit",     "amount",         "scale",  "amount_minor",
    "category", "signed_by",   "reverses", "reversed_minor", "forced", "memo",
};

/* One leg that pays and one that is paid, or a single one where the other is in another book. */
struct entry {
    const json_t *leg; /* whose words hold for both */
    char *from, *to;   /* addresses */
    const char *unit;  /* in leg */
    int64_t amount;
    const char *signed_by;
};

struct journal {
    struct client *c;
    const struct book_ask *ask;
    struct query_view view;
    json_t *items; /* newest first, as they come */
    json_t *members;
    struct table *table;
    struct csv_table sheet; /* into csv */
    struct buf csv;
    size_t records;
    bool several; /* units */
};

static int keep(void *arg, json_t *item)
{
    int rc = book_check_posting(item);

    if (rc == PUMASI_OK)
        json_array_append(arg, item);
    return rc;
}

static char *member_of(const char *account)
{
    return x_strndup(account, strcspn(account, "/"));
}

/* How somebody is called in this co-op's own journal: without its name behind the '@'. */
static char *short_name(const struct journal *j, const char *address)
{
    size_t len = strcspn(address, "@");

    return str_eq(address + len + (address[len] == '@'), j->ask->coop) ? x_strndup(address, len)
                                                                       : x_strdup(address);
}

/* Who signed: the ledger says "member" of treasurers who pay from a purse, too. */
static const char *signer(const struct journal *j, const struct entry *e)
{
    const char *said = json_text(e->leg, "signed_by");

    if (str_eq(said, "member") && str_eq(book_kind(j->members, e->from), "purse"))
        return "treasurers";
    return said;
}

static void add_note(struct buf *b, char *text)
{
    buf_printf(b, "%s%s", b->len > 0 ? "; " : "", text);
    free(text);
}

/* What there is to say beside who paid whom how much; on a terminal. */
static char *notes(const struct journal *j, const struct entry *e)
{
    const char *value = json_text(e->leg, "value_date"), *memo = json_text(e->leg, "memo");
    const char *category = json_text(e->leg, "category");
    const json_t *reverses = json_object_get(e->leg, "reverses");
    int64_t reversed = json_number(e->leg, "reversed");
    struct buf b = BUF_INIT;

    if (json_is_integer(reverses))
        add_note(
            &b, x_asprintf(_("takes back record %" PRId64), (int64_t)json_integer_value(reverses)));
    if (json_is_true(json_object_get(e->leg, "forced")))
        add_note(&b, x_strdup(_("FORCED by the treasurers")));
    else if (str_eq(e->signed_by, "registrar"))
        add_note(&b, x_strdup(_("by a registrar")));
    else if (str_eq(e->signed_by, "treasurers"))
        add_note(&b, x_strdup(_("by the treasurers")));
    if (reversed != 0) {
        char *text = client_number_text(j->c, reversed, e->unit);

        add_note(&b, reversed == e->amount ? x_strdup(_("taken back"))
                                           : x_asprintf(_("%s of it taken back"), text));
        free(text);
    }
    if (category[0] != '\0')
        add_note(&b, x_strdup(category));
    if (value[0] != '\0' && !str_eq(value, json_text(e->leg, "day")))
        add_note(&b, x_asprintf(_("for %s"), value));
    if (memo[0] != '\0')
        add_note(&b, x_asprintf(_("\"%s\""), memo));
    return b.len == 0 ? x_strdup("") : buf_take(&b);
}

static void add_screen(struct journal *j, const struct entry *e, const char *index)
{
    char *from = short_name(j, e->from), *to = short_name(j, e->to), *text = notes(j, e);
    char *amount = j->several ? client_amount_text(j->c, e->amount, e->unit)
                              : client_number_text(j->c, e->amount, e->unit);

    table_add(j->table, index);
    table_add(j->table, json_text(e->leg, "day"));
    table_add(j->table, from);
    table_add(j->table, to);
    table_add(j->table, amount);
    table_add(j->table, text);
    free(from);
    free(to);
    free(amount);
    free(text);
}

static char *number_of(const json_t *item, const char *name)
{
    const json_t *v = json_object_get(item, name);

    return json_is_integer(v) ? x_asprintf("%" PRId64, (int64_t)json_integer_value(v))
                              : x_strdup("");
}

static void add_plain(struct journal *j, const struct entry *e, const char *index)
{
    char *amount = client_number_text(j->c, e->amount, e->unit);
    char *reverses = number_of(e->leg, "reverses"), *reversed = number_of(e->leg, "reversed");
    const char *forced = json_is_true(json_object_get(e->leg, "forced")) ? "yes" : "";

    table_add(j->table, index);
    table_add(j->table, json_text(e->leg, "day"));
    table_add(j->table, json_text(e->leg, "value_date"));
    table_add(j->table, e->from);
    table_add(j->table, e->to);
    table_add(j->table, amount);
    table_add(j->table, e->unit);
    table_add(j->table, json_text(e->leg, "category"));
    table_add(j->table, e->signed_by);
    table_add(j->table, reverses);
    table_add(j->table, forced);
    table_add(j->table, reversed);
    table_add(j->table, json_text(e->leg, "memo"));
    free(amount);
    free(reverses);
    free(reversed);
}

static void add_csv(struct journal *j, const struct entry *e)
{
    const struct profile_unit *u = profile_unit(&j->c->profile, e->unit);
    char *reverses = number_of(e->leg, "reverses"), *reversed = number_of(e->leg, "reversed");
    struct csv_table *s = &j->sheet;

    csv_table_int(s, json_number(e->leg, "index"));
    csv_table_text(s, json_text(e->leg, "day"));
    csv_table_text(s, json_text(e->leg, "time"));
    csv_table_text(s, json_text(e->leg, "value_date"));
    csv_table_text(s, e->from);
    csv_table_text(s, book_name(j->members, e->from));
    csv_table_text(s, e->to);
    csv_table_text(s, book_name(j->members, e->to));
    csv_table_text(s, e->unit);
    csv_table_amount(s, e->amount, u);
    csv_table_int(s, u != NULL ? u->scale : 1);
    csv_table_int(s, e->amount);
    csv_table_text(s, json_text(e->leg, "category"));
    csv_table_text(s, e->signed_by);
    csv_table_text(s, reverses);
    csv_table_text(s, reversed);
    csv_table_text(s, json_is_true(json_object_get(e->leg, "forced")) ? "yes" : "");
    csv_table_text(s, json_text(e->leg, "memo"));
    csv_table_end_row(s);
    free(reverses);
    free(reversed);
}

static void add_entry(struct journal *j, const struct entry *e)
{
    char *index = number_of(e->leg, "index");

    if (j->ask->csv)
        add_csv(j, e);
    else if (table_style_of(stdout) == TABLE_PLAIN)
        add_plain(j, e, index);
    else
        add_screen(j, e, index);
    free(index);
}

/* The legs first..end of one record: payer and payee in one line, else each with whom it says. */
static int add_record(struct journal *j, size_t first, size_t end)
{
    int64_t sum = 0;
    bool pair = end - first == 2;

    for (size_t i = first; i < end; i++) {
        const json_t *leg = json_array_get(j->items, i);
        int64_t amount = json_number(leg, "amount");

        if (num_add(sum, amount, &sum) != 0) {
            sum = NUM_MAX; /* whatever it is, it isn't zero */
            break;
        }
        if (!pair || amount > 0) {
            const json_t *other =
                pair ? json_array_get(j->items, i == first ? end - 1 : first) : NULL;
            char *mine = member_of(json_text(leg, "account"));
            char *theirs = pair ? member_of(json_text(other, "account"))
                                : x_strdup(json_text(leg, "counterparty"));
            struct entry e = {.leg = leg,
                              .from = amount > 0 ? theirs : mine,
                              .to = amount > 0 ? mine : theirs,
                              .unit = book_unit_of(json_text(leg, "account")),
                              .amount = amount > 0 ? amount : -amount};

            e.signed_by = signer(j, &e);
            add_entry(j, &e);
            free(mine);
            free(theirs);
        }
    }
    j->records++;
    if (sum != 0)
        return fail(PUMASI_UNPROVED,
                    _("THIS BOOK IS WRONG: record %" PRId64 " doesn't sum to zero. Don't rely on "
                      "it, and tell the ledger's operator."),
                    json_number(json_array_get(j->items, first), "index"));
    return PUMASI_OK;
}

/* Oldest record first, its legs in their order. */
static int add_records(struct journal *j)
{
    size_t end = json_array_size(j->items);
    int rc = PUMASI_OK;

    while (end > 0) {
        int64_t index = json_number(json_array_get(j->items, end - 1), "index");
        size_t first = end - 1;
        int one;

        while (first > 0 && json_number(json_array_get(j->items, first - 1), "index") == index)
            first--;
        one = add_record(j, first, end);
        rc = rc == PUMASI_OK ? one : rc;
        end = first;
    }
    return rc;
}

static bool several_units(const json_t *items)
{
    const char *unit = NULL;
    json_t *item;
    size_t i;

    json_array_foreach (items, i, item) {
        const char *one = book_unit_of(json_text(item, "account"));

        if (unit != NULL && !str_eq(unit, one))
            return true;
        unit = one;
    }
    return false;
}

/* As the ledger said it, oldest first. */
static void print_json(const struct journal *j)
{
    const struct book_ask *ask = j->ask;
    json_t *all = json_pack("{s:s, s:s?, s:s?, s:I, s:I, s:s}", "coop", ask->coop, "since",
                            ask->since, "until", ask->until, "first", (json_int_t)j->view.first,
                            "size", (json_int_t)j->view.size, "time", j->view.time);
    json_t *items = json_array();
    size_t end = json_array_size(j->items);

    while (end > 0) {
        int64_t index = json_number(json_array_get(j->items, end - 1), "index");
        size_t first = end - 1;

        while (first > 0 && json_number(json_array_get(j->items, first - 1), "index") == index)
            first--;
        for (size_t i = first; i < end; i++)
            json_array_append(items, json_array_get(j->items, i));
        end = first;
    }
    json_object_set_new(all, "items", items);
    client_print_json(all);
    json_decref(all);
}

static char *make_path(const struct book_ask *ask)
{
    const struct {
        const char *name, *value;
    } params[] = {{"since", ask->since},
                  {"until", ask->until},
                  {"category", ask->category},
                  {"member", ask->member},
                  {"unit", ask->unit}};
    struct buf b = BUF_INIT;
    char sep = '?';

    buf_printf(&b, "/v1/coops/%s/postings", ask->coop);
    for (size_t i = 0; i < ARRAY_LEN(params); i++) {
        if (params[i].value != NULL) {
            buf_printf(&b, "%c%s=%s", sep, params[i].name, params[i].value);
            sep = '&';
        }
    }
    return buf_take(&b);
}

static int show(struct journal *j)
{
    enum table_style style = table_style_of(stdout);
    int rc;

    if (j->ask->csv)
        csv_table_begin(&j->sheet, &j->csv, csv_columns, ARRAY_LEN(csv_columns), &j->ask->style);
    j->table = style == TABLE_PLAIN ? table_new(columns_plain, ARRAY_LEN(columns_plain))
                                    : table_new(columns, ARRAY_LEN(columns));
    j->several = several_units(j->items);
    rc = add_records(j);
    if (j->ask->csv)
        fputs(j->csv.data, stdout);
    else if (j->records == 0)
        note(_("Nothing was posted."));
    else
        table_print(j->table, stdout, style);
    if (!j->ask->csv && j->records > 0 && style != TABLE_PLAIN)
        printf(ngettext("\n%zu record; it sums to zero.\n", "\n%zu records; each sums to zero.\n",
                        j->records),
               j->records);
    table_free(j->table);
    return rc;
}

int book_show_postings(struct client *c, const struct book_ask *ask)
{
    struct journal j = {.c = c, .ask = ask, .items = json_array()};
    char *path = make_path(ask);
    int rc = query_list_at(c, ask->key, path, 0, &j.view, keep, j.items);

    if (rc == PUMASI_OK)
        rc = book_members(c, ask->key, ask->coop, &j.members);
    if (rc == PUMASI_OK && c->json)
        print_json(&j);
    else if (rc == PUMASI_OK)
        rc = show(&j);
    buf_free(&j.csv);
    json_decref(j.members);
    json_decref(j.items);
    free(path);
    return rc;
}
