/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* import: the transfers of a spreadsheet, recorded by a registrar. */
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/import.h"
#include "client/words.h"

#define PATIENCE_DEFAULT 60
#define PATIENCE_MAX     86400

static const struct cli_option options[] = {
    {"coop", 0, N_("COOP"), N_("the co-op (without it: the registrar key's)")},
    {"unit", 0, N_("UNIT"), N_("the unit of the amounts")},
    {"column", 0, N_("NAME=HEADER"),
     N_("which column is from, to, amount, date, category, memo, unit, member or balance: its "
        "header, letter or number; may be repeated")},
    {"mapping", 0, N_("FILE"), N_("take columns and all that is said below from a file")},
    {"save-mapping", 0, N_("FILE"), N_("write such a file, with what was found out")},
    {"format", 0, N_("NAME"), N_("an export of timeoverflow, cyclos or ces")},
    {"separator", 0, N_("NAME"), N_("comma, semicolon or tab (without it: found out)")},
    {"encoding", 0, N_("NAME"), N_("such as CP949 or WINDOWS-1252 (without it: found out)")},
    {"decimal", 0, N_("NAME"), N_("the decimal mark, point or comma (without it: found out)")},
    {"dates", 0, N_("ORDER"), N_("ymd, dmy, mdy or serial (without it: found out)")},
    {"amounts", 0, N_("NAME"), N_("minutes: bare numbers count them; rounded: to the minute")},
    {"negative", 0, N_("NAME"), N_("swap: the payee pays the payer; refuse: a bad row")},
    {"header-row", 0, N_("ROW"), N_("where the headers are, 0 for none (without it: found out)")},
    {"skip-rows", 0, N_("ROWS"), N_("rows to be left out, such as 14,30-32")},
    {"names", 0, N_("FILE"), N_("the file has names; whom they mean is settled in this one")},
    {"create-members", 0, NULL, N_("propose handles for names that nobody has")},
    {"opening", 0, N_("PURSE"), N_("the file has opening balances, which this purse pays")},
    {"set-limits", 0, NULL,
     N_("where the file takes an account past its limits, widen them first, as far as a registrar "
        "may")},
    {"partial", 0, NULL, N_("book what can be booked, and leave out the other rows")},
    {"dry-run", 'n', NULL,
     N_("only say what would be done; exit status 0 says that it would pass")},
    {"again", 0, NULL, N_("import a file once more that was imported before")},
    {"bad", 0, N_("FILE"), N_("where to put rows that aren't booked (without it: FILE.bad.csv)")},
    {"patience", 0, N_("SECONDS"), N_("how long to wait for a ledger that is away (60)")},
    {0},
};

static int wrong(const char *option, char *why)
{
    (void)fail(PUMASI_USAGE, _("--%s: %s."), option, why);
    free(why);
    return PUMASI_USAGE;
}

/* "from=Payer" */
static int take_column(struct sheet *s, const char *value)
{
    const char *equals = strchr(value, '=');
    char *name, *why;

    if (equals == NULL || equals[1] == '\0')
        return fail(PUMASI_USAGE, _("Say which column it is: --column from=\"HEADER\""));
    name = x_strndup(value, (size_t)(equals - value));
    why = sheet_set_column(s, name, equals + 1);
    free(name);
    return why == NULL ? PUMASI_OK : wrong("column", why);
}

/* A format, over it a mapping file, and over that the options. */
static int take_sheet(const struct cli *cli, const char *coop, struct sheet *s)
{
    static const char *const settings[] = {"separator",  "encoding",  "decimal",
                                           "dates",      "amounts",   "negative",
                                           "header-row", "skip-rows", "opening"};
    const char *value = cli_value(cli, "format"), *mapping = cli_value(cli, "mapping");
    int rc = value == NULL ? PUMASI_OK : sheet_format(s, value);

    if (rc == PUMASI_OK && mapping != NULL)
        rc = sheet_load(s, mapping);
    for (int i = 0; rc == PUMASI_OK && (value = cli_nth(cli, "column", i)) != NULL; i++)
        rc = take_column(s, value);
    for (size_t i = 0; rc == PUMASI_OK && i < ARRAY_LEN(settings); i++) {
        char *why = NULL;

        value = cli_value(cli, settings[i]);
        if (value != NULL)
            why = sheet_set(s, settings[i], value);
        if (why != NULL)
            rc = wrong(settings[i], why);
    }
    if (rc == PUMASI_OK && s->opening != NULL && !str_eq(name_coop_start(s->opening), coop))
        rc = fail(PUMASI_USAGE, _("The purse %s isn't one of %s's."), s->opening, coop);
    return rc;
}

/* The registrar's key: the one that --key names, also where it names treasurers' for a purse too.
 */
static int find_key(struct client *c, struct import_options *o)
{
    int rc = PUMASI_FAILED;

    client_read_keys(c);
    for (size_t i = 0; i < c->n_key_names && c->n_key_names > 1; i++) {
        struct keyfile *k = client_find_key(c, c->key_names[i]);

        if (k == NULL || k->role != ROLE_REGISTRAR)
            continue;
        o->key = k;
        rc = client_unlock(k);
        break;
    }
    if (o->key == NULL)
        rc = client_key(c, KEY_ROLE(ROLE_REGISTRAR), o->coop, &o->key);
    if (rc != PUMASI_OK)
        return rc;
    if (o->key->role != ROLE_REGISTRAR || (o->coop != NULL && !str_eq(o->key->holder, o->coop)))
        return fail(PUMASI_FAILED,
                    _("An import is signed by a registrar of the co-op, and the key %s is a %s key "
                      "of %s."),
                    o->key->name, word_role(o->key->role), o->key->holder);
    if (o->coop == NULL)
        o->coop = o->key->holder;
    return PUMASI_OK;
}

static int run(struct client *c, const struct cli *cli)
{
    struct sheet sheet;
    const char *save = cli_value(cli, "save-mapping");
    struct import_options o = {.path = cli_arg(cli, 0),
                               .coop = cli_value(cli, "coop"),
                               .unit = cli_value(cli, "unit"),
                               .sheet = &sheet,
                               .names_path = cli_value(cli, "names"),
                               .create_members = cli_given(cli, "create-members"),
                               .bad_path = cli_value(cli, "bad"),
                               .set_limits = cli_given(cli, "set-limits"),
                               .partial = cli_given(cli, "partial"),
                               .dry_run = cli_given(cli, "dry-run"),
                               .again = cli_given(cli, "again"),
                               .patience = PATIENCE_DEFAULT};
    int rc = cli_number(cli, "patience", 0, PATIENCE_MAX, &o.patience), saved;

    sheet_init(&sheet);
    if (rc == PUMASI_OK && o.create_members && o.names_path == NULL)
        rc = fail(PUMASI_USAGE, _("--create-members needs a file in which the new handles are "
                                  "proposed: --names FILE"));
    if (rc == PUMASI_OK && o.coop != NULL)
        rc = client_check_coop(o.coop);
    if (rc == PUMASI_OK)
        rc = find_key(c, &o);
    if (rc == PUMASI_OK)
        rc = take_sheet(cli, o.coop, &sheet);
    if (rc == PUMASI_OK) {
        rc = import_run(c, &o);
        saved = save == NULL ? PUMASI_OK : sheet_save(&sheet, save, false);
        if (saved != PUMASI_OK)
            rc = saved;
        else if (save != NULL)
            note(_("How the file is read stands in %s now."), save);
    }
    sheet_free(&sheet);
    return rc;
}

const struct command cmd_import = {
    .name = "import",
    .args = N_("FILE"),
    .summary = N_("Book the transfers of a spreadsheet or CSV file (a registrar)"),
    .help =
        N_("For example: pumasi import 2026.csv --unit hour --column from=\"Received by\" --column "
           "to=B --names names.csv --create-members --dry-run\n"
           "A spreadsheet is saved as CSV or Unicode text first. A row near its top names the "
           "columns: from, to and amount; date (the value date), category and memo are taken over "
           "where there are such, others passed over; --column says what is called otherwise. "
           "Members are handles, or names with --names; handles that aren't there yet are made, "
           "without a device. What is open (is 03/04 in March or April?) is asked for, not "
           "guessed. Rows are booked in their order. Interrupted, the same command goes on where "
           "it was, and books nothing twice. Exit status 1 says that some rows aren't booked."),
    .min_args = 1,
    .max_args = 1,
    .options = options,
    .run = run,
};
