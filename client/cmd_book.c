/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi book: a co-op's accounts in every unit, or its journal. */
#include <stdlib.h>
#include <string.h>

#include "client/book_show.h"
#include "client/commands.h"
#include "client/office.h"

/* Is the only word a unit? Where a co-op has such a name, it is the co-op that is meant if one of
 * the keys is of its office. */
static bool is_unit(struct client *c, const char *word)
{
    if (profile_unit(&c->profile, word) == NULL)
        return false;
    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        if (str_eq(c->keys[i]->holder, word))
            return false;
    }
    return true;
}

/* The options that only the one or the other takes. */
static int check_options(const struct cli *cli)
{
    static const char *const journal[] = {"since", "until", "category", "member"};
    bool postings = cli_given(cli, "postings");

    if (postings && cli_given(cli, "as-of"))
        return fail(PUMASI_USAGE,
                    _("--as-of is for balances. For postings say --since and --until."));
    for (size_t i = 0; i < ARRAY_LEN(journal); i++) {
        if (!postings && cli_given(cli, journal[i]))
            return fail(PUMASI_USAGE, _("--%s is for the journal: add --postings."), journal[i]);
    }
    if (cli_arg(cli, 1) != NULL && cli_given(cli, "unit"))
        return fail(PUMASI_USAGE, _("Give either UNIT or --unit."));
    return PUMASI_OK;
}

static int check_values(struct client *c, const struct book_ask *ask)
{
    const char *const days[] = {ask->as_of, ask->since, ask->until};
    const struct profile_unit *u;
    int rc = PUMASI_OK;

    for (size_t i = 0; rc == PUMASI_OK && i < ARRAY_LEN(days); i++) {
        if (days[i] != NULL)
            rc = client_check_date(days[i]);
    }
    if (rc == PUMASI_OK && ask->since != NULL && ask->until != NULL &&
        strcmp(ask->since, ask->until) > 0)
        rc = fail(PUMASI_USAGE, _("--since %s is after --until %s."), ask->since, ask->until);
    if (rc == PUMASI_OK && ask->category != NULL)
        rc = client_check_category(ask->category);
    if (rc == PUMASI_OK && ask->member != NULL)
        rc = client_check_address(c, ask->member);
    if (rc == PUMASI_OK && ask->unit != NULL)
        rc = client_unit(c, ask->unit, &u);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    const char *word = cli_arg(cli, 0);
    struct book_ask ask = {
        .unit = cli_arg(cli, 1) != NULL ? cli_arg(cli, 1) : cli_value(cli, "unit"),
        .as_of = cli_value(cli, "as-of"),
        .since = cli_value(cli, "since"),
        .until = cli_value(cli, "until"),
        .category = cli_value(cli, "category"),
        .member = cli_value(cli, "member"),
        .csv = cli_given(cli, "csv"),
    };
    int rc = check_options(cli);

    if (rc == PUMASI_OK)
        rc = csv_style_of(c, cli, &ask.style);
    if (rc != PUMASI_OK)
        return rc;
    if (word != NULL && cli_arg(cli, 1) == NULL && ask.unit == NULL && is_unit(c, word)) {
        ask.unit = word;
        word = NULL;
    }
    rc = book_reader(c, word, &ask.key, &ask.coop);
    if (rc == PUMASI_OK)
        rc = check_values(c, &ask);
    if (rc != PUMASI_OK)
        return rc;
    rc = cli_given(cli, "postings") ? book_show_postings(c, &ask) : book_show_accounts(c, &ask);
    if (rc == PUMASI_FAILED)
        office_note_key(c, ask.key, rc);
    return rc;
}

static const struct cli_option options[] = {
    {"as-of", 0, N_("DATE"), N_("the balances at the end of that day")},
    {"postings", 0, NULL, N_("the journal instead: what was posted, oldest first")},
    {"since", 0, N_("DATE"), N_("the journal from this day on")},
    {"until", 0, N_("DATE"), N_("the journal to the end of this day")},
    {"category", 'c', N_("WORD"), N_("the journal of this category alone")},
    {"member", 0, N_("MEMBER"), N_("the journal of what this member paid or was paid")},
    {"unit", 'u', N_("UNIT"), N_("this unit alone")},
    {"csv", 0, NULL, N_("as a table for spreadsheets, with amounts in minor units too")},
    {"bom", 0, NULL, N_("csv: begin with the mark by which Excel knows UTF-8")},
    {0},
};

const struct command cmd_book = {
    .name = "book",
    .args = N_("[COOP] [UNIT]"),
    .summary = N_("Show a co-op's accounts, which sum to zero, or its journal"),
    .help = N_("For the co-op's treasurers, registrars and auditors. Everything shown is of one "
               "point of the log, whatever is posted meanwhile. Days are days in the ledger's "
               "zone, and a posting is of the day on which it was booked."),
    .max_args = 2,
    .options = options,
    .run = run,
};
