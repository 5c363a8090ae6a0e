/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi requests: what one is asked to pay, and what one asked others for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "client/requests.h"
#include "client/table.h"

static const struct table_column columns[] = {
    {N_("Record"), TABLE_RIGHT}, {N_("You"), TABLE_LEFT},      {N_("Amount"), TABLE_RIGHT},
    {N_("From"), TABLE_LEFT},    {N_("To"), TABLE_LEFT},       {N_("Until"), TABLE_LEFT},
    {N_("For"), TABLE_LEFT},     {N_("Category"), TABLE_LEFT}, {N_("Memo"), TABLE_LEFT},
};

static const struct cli_option options[] = {
    {"state", 's', N_("WORD"), N_("those that are open (the usual), paid, or closed unpaid")},
    {"all", 'a', NULL, N_("all of them")},
    {"others", 0, NULL, N_("an office's: also those that its members answer for themselves")},
    {0},
};

/* Who has to do what: "answer", "wait"; or what became of it. */
static char *standing(const struct request_row *row)
{
    const char *state = json_text(row->item, "state");
    json_t *answer = json_object_get(row->item, "answer");

    if (str_eq(state, "open"))
        return x_strdup(row->mine ? _("answer") : _("wait"));
    if (str_eq(state, "paid"))
        return x_asprintf(_("paid by record %lld"), (long long)json_integer_value(answer));
    if (json_is_integer(answer))
        return x_asprintf(_("declined by record %lld"), (long long)json_integer_value(answer));
    return x_strdup(_("expired"));
}

static void add_row(struct client *c, struct table *t, const struct request_row *row)
{
    const json_t *item = row->item;
    char *index = x_asprintf("%" PRId64, json_number(item, "index")), *stands = standing(row);
    char *amount = client_amount_text(c, json_number(item, "amount"), json_text(item, "unit"));

    table_add(t, index);
    table_add(t, stands);
    table_add(t, amount);
    table_add(t, json_text(item, "from"));
    table_add(t, json_text(item, "to"));
    table_add(t, json_text(item, "expires"));
    table_add(t, json_text(item, "value_date"));
    table_add(t, json_text(item, "category"));
    table_add(t, json_text(item, "memo"));
    free(index);
    free(stands);
    free(amount);
}

static void print_json(const struct request_list *l)
{
    json_t *all = json_array();

    for (size_t i = 0; i < l->n; i++)
        json_array_append(all, l->rows[i].item);
    office_print_items(all);
}

static void print(struct client *c, const struct request_list *l, const char *state)
{
    struct table *t = table_new(columns, ARRAY_LEN(columns));
    bool mine = false;

    for (size_t i = 0; i < l->n; i++) {
        add_row(c, t, &l->rows[i]);
        mine = mine || l->rows[i].mine;
    }
    if (l->n > 0)
        table_print(t, stdout, table_style_of(stdout));
    else if (state != NULL && str_eq(state, "open"))
        note(_("Nobody asks you to pay, and you ask nobody. \"pumasi requests --all\" shows those "
               "that are over."));
    else
        note(_("There are none."));
    if (mine && say_can_ask())
        note(_("\"pumasi pay --request RECORD\" shows one in full and asks; \"pumasi decline "
               "RECORD\" declines it."));
    table_free(t);
}

/* What an office may see, but neither asked for nor has to answer. */
static void leave_out_others(struct request_list *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (l->rows[i].others)
            json_decref(l->rows[i].item);
        else
            l->rows[n++] = l->rows[i];
    }
    l->n = n;
}

static int run(struct client *c, const struct cli *cli)
{
    const char *state = cli_value(cli, "state");
    struct request_list l;
    char *safe;
    int rc;

    if (state != NULL && cli_given(cli, "all"))
        return fail(PUMASI_USAGE, _("Give either --state or --all."));
    if (state != NULL && !str_eq(state, "open") && !str_eq(state, "paid") &&
        !str_eq(state, "closed")) {
        safe = say_safe(state);
        rc = fail(PUMASI_USAGE, _("\"%s\" is no state of a request: those are open, paid, closed."),
                  safe);
        free(safe);
        return rc;
    }
    if (state == NULL && !cli_given(cli, "all"))
        state = "open";
    rc = client_ledger(c, NULL); /* units may be new, and amounts are shown in them */
    if (rc != PUMASI_OK)
        return rc;
    rc = requests_fetch(c, state, &l);
    if (!cli_given(cli, "others"))
        leave_out_others(&l);
    if (rc == PUMASI_OK && c->json)
        print_json(&l);
    else if (rc == PUMASI_OK)
        print(c, &l, state);
    requests_free(&l);
    return rc;
}

const struct command cmd_requests = {
    .name = "requests",
    .args = "",
    .summary = N_("List what you are asked to pay, and what you asked others for"),
    .help = N_("First what you have to answer, oldest first; then what others have to. Asks for "
               "every member and office that the profile has a key of, or with the keys that "
               "--key names."),
    .max_args = 0,
    .options = options,
    .run = run,
};
