/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi positions: what stands between a co-op and its partners. */
#include <stdlib.h>
#include <string.h>

#include "client/book.h"
#include "client/commands.h"
#include "client/office.h"
#include "client/positions.h"

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
    if (rc == PUMASI_OK && c->json)
        positions_print_json(&p, unit);
    else if (rc == PUMASI_OK && cli_given(cli, "csv"))
        positions_print_csv(c, &p, unit, &style);
    else if (rc == PUMASI_OK)
        positions_print(c, &p, unit);
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
