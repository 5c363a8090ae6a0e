/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi positions: what stands between a co-op and its partners. */
#include <stdlib.h>
#include <string.h>

#include "client/book.h"
#include "client/commands.h"
#include "client/office.h"
#include "client/positions.h"
#include "client/table.h"

/* How the co-op stands in an open round of the unit: "asked", "consented" …; NULL without one. */
static const char *stand_of(const json_t *round, const char *coop)
{
    const json_t *party;
    size_t i;

    if (!str_eq(json_text(round, "state"), "open"))
        return NULL;
    json_array_foreach (json_object_get(round, "parties"), i, party) {
        if (str_eq(json_text(party, "coop"), coop))
            return json_text(party, "stand");
    }
    return "";
}

/* One thing to do about a unit, if there is any. */
static void say_next(struct client *c, const struct keyfile *key, const struct positions *p,
                     size_t from, size_t end)
{
    const char *unit = p->rows[from].unit, *stand = NULL;
    char *path = x_asprintf("/v1/clearing/%s", unit);
    struct position_sum sum;
    json_t *round = NULL;
    long status = 0;

    if (query_status(c, key, path, &status, &round) == PUMASI_OK && status == 200)
        stand = stand_of(round, p->coop);
    if (stand != NULL && str_eq(stand, "asked"))
        printf(_("%s: a round of clearing waits for your answer: pumasi clearing show %s\n"), unit,
               unit);
    else if (stand != NULL)
        printf(_("%s: a round of clearing is open: pumasi clearing show %s\n"), unit, unit);
    else if (positions_sum(p, from, end, &sum) == 0 && sum.cleared && sum.clears > 0)
        printf(_("%s: propose a clearing: pumasi clearing propose %s %s\n"), unit, p->coop, unit);
    else if (positions_sum(p, from, end, &sum) == 0 && sum.owe + sum.owed > 0)
        printf(_("%s: see who would have to pay whom: pumasi settle --plan %s\n"), unit, unit);
    json_decref(round);
    free(path);
}

/* What can be done about the positions now; on a terminal, as scripts have the table. */
static void print_next(struct client *c, const struct keyfile *key, const struct positions *p,
                       const char *unit)
{
    if (table_style_of(stdout) == TABLE_PLAIN)
        return;
    putchar('\n');
    for (size_t i = 0, end; i < p->n; i = end) {
        end = positions_unit_end(p, i);
        if (unit == NULL || str_eq(p->rows[i].unit, unit))
            say_next(c, key, p, i, end);
    }
}

static int run(struct client *c, const struct cli *cli)
{
    const char *unit = cli_value(cli, "unit"), *picture = cli_value(cli, "picture"), *coop;
    const struct profile_unit *u;
    struct csv_style style;
    struct positions p;
    struct keyfile *key;
    int rc = csv_style_of(c, cli, &style);

    if (rc == PUMASI_OK)
        rc = book_reader(c, cli_arg(cli, 0), &key, &coop);
    if (rc == PUMASI_OK)
        rc = unit != NULL ? client_unit(c, unit, &u) : client_ledger(c, NULL);
    if (rc != PUMASI_OK)
        return rc;
    rc = positions_fetch(&p, c, key, coop);
    if (rc == PUMASI_FAILED)
        office_note_key(c, key, rc);
    if (rc == PUMASI_OK && picture != NULL)
        rc = positions_draw(c, &p, unit, picture);
    if (rc == PUMASI_OK && c->json) {
        positions_print_json(&p, unit);
    } else if (rc == PUMASI_OK && cli_given(cli, "csv")) {
        positions_print_csv(c, &p, unit, &style);
    } else if (rc == PUMASI_OK) {
        positions_print(c, &p, unit);
        print_next(c, key, &p, unit);
    }
    positions_free(&p);
    return rc;
}

static const struct cli_option options[] = {
    {"unit", 'u', N_("UNIT"), N_("this unit alone")},
    {"csv", 0, NULL, N_("as a table for spreadsheets, with amounts in minor units too")},
    {"bom", 0, NULL, N_("csv: begin with the mark by which Excel knows UTF-8")},
    {"picture", 0, N_("FILE"),
     N_("draw it, too: now and after a clearing, as SVG (needs Graphviz)")},
    {0},
};

const struct command cmd_positions = {
    .name = "positions",
    .args = N_("[COOP]"),
    .summary =
        N_("Show who owes whom between a co-op and its partners, and what a clearing would do"),
    .help =
        N_("For the co-op's treasurers, registrars and auditors. Of each partner and unit: what "
           "is owed, the line that you give (how much they may owe you) and the one that you "
           "take, how much members may still pay each way without help of other co-ops, the day "
           "of the last movement, and that of the oldest debt that still stands when the oldest "
           "is always paid off first. Clears is what a clearing now would take off: the "
           "largest there is, by all that is owed in the network."),
    .max_args = 1,
    .options = options,
    .run = run,
};
