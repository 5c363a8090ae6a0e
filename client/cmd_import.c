/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* import: the transfers of a CSV file, recorded by a registrar. */
#include <string.h>

#include "client/commands.h"
#include "client/import.h"
#include "client/words.h"

#define PATIENCE_DEFAULT 60
#define PATIENCE_MAX     86400

static const struct cli_option options[] = {
    {"coop", 0, N_("COOP"), N_("the co-op (without it: the registrar key's)")},
    {"unit", 0, N_("UNIT"), N_("the unit of the amounts")},
    {"set-limits", 0, NULL,
     N_("where the file takes an account past its limits, widen them first, as far as a registrar "
        "may")},
    {"partial", 0, NULL, N_("book what the limits allow, and leave out the other rows")},
    {"dry-run", 'n', NULL, N_("only say what would be done")},
    {"again", 0, NULL, N_("import a file once more that was imported before")},
    {"bad", 0, N_("FILE"), N_("where to put rows that aren't booked (without it: FILE.bad.csv)")},
    {"patience", 0, N_("SECONDS"), N_("how long to wait for a ledger that is away (60)")},
    {0},
};

static int run(struct client *c, const struct cli *cli)
{
    struct import_options o = {.path = cli_arg(cli, 0),
                               .coop = cli_value(cli, "coop"),
                               .unit = cli_value(cli, "unit"),
                               .bad_path = cli_value(cli, "bad"),
                               .set_limits = cli_given(cli, "set-limits"),
                               .partial = cli_given(cli, "partial"),
                               .dry_run = cli_given(cli, "dry-run"),
                               .again = cli_given(cli, "again"),
                               .patience = PATIENCE_DEFAULT};
    int rc = cli_number(cli, "patience", 0, PATIENCE_MAX, &o.patience);

    if (rc == PUMASI_OK && o.unit == NULL)
        rc = fail(PUMASI_USAGE,
                  _("Say in which unit the amounts are, for example: pumasi import %s "
                    "--unit hour"),
                  o.path);
    if (rc == PUMASI_OK && o.coop != NULL)
        rc = client_check_coop(o.coop);
    if (rc == PUMASI_OK)
        rc = client_key(c, KEY_ROLE(ROLE_REGISTRAR), o.coop, &o.key);
    if (rc != PUMASI_OK)
        return rc;
    if (o.key->role != ROLE_REGISTRAR || (o.coop != NULL && !str_eq(o.key->holder, o.coop)))
        return fail(PUMASI_FAILED,
                    _("An import is signed by a registrar of the co-op, and the key %s is a %s key "
                      "of %s."),
                    o.key->name, word_role(o.key->role), o.key->holder);
    if (o.coop == NULL)
        o.coop = o.key->holder;
    return import_run(c, &o);
}

const struct command cmd_import = {
    .name = "import",
    .args = N_("FILE.csv"),
    .summary = N_("Book the transfers of a CSV file (a registrar)"),
    .help =
        N_("For example: pumasi import exchanges.csv --coop hansalim --unit hour --dry-run\n"
           "The first line names the columns: from, to and amount; time or date (the value "
           "date), category or kind, and memo are taken over where there are such, others "
           "passed over. Members are handles or addresses; those who aren't there yet are made, "
           "without a device. Rows are booked in their order. Interrupted, the same command "
           "goes on where it was, and books nothing twice. Exit status 1 says that some rows "
           "aren't booked."),
    .min_args = 1,
    .max_args = 1,
    .options = options,
    .run = run,
};
