/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* settle: what one co-op gave another outside the ledger, and who would have to pay whom. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/payment.h"
#include "client/query.h"
#include "client/table.h"
#include "core/date.h"

static const struct cli_option options[] = {
    {"means", 0, "money|goods|hours", N_("what was given outside the ledger")},
    {"date", 'd', N_("DATE"), N_("the day it was given, as 2026-11-22; today without it")},
    {"reference", 0, N_("TEXT"),
     N_("a bank transfer's or a receipt's number; the offices of both can read it")},
    {"plan", 0, N_("UNIT"), N_("show who would have to pay whom so that all co-ops are quits")},
    {0},
};

/* ---- The plan ---- */

static int plan(struct client *c, const char *unit)
{
    static const struct table_column columns[] = {
        {N_("Pays"), TABLE_LEFT}, {N_("Is paid"), TABLE_LEFT}, {N_("Amount"), TABLE_RIGHT}};
    const struct profile_unit *known;
    struct keyfile *key;
    json_t *answer, *row;
    struct table *t;
    char *path;
    size_t i;
    int rc = client_unit(c, unit, &known);

    if (rc == PUMASI_OK)
        rc = office_reader(c, NULL, &key);
    if (rc != PUMASI_OK)
        return rc;
    path = x_asprintf("/v1/settlement/%s", unit);
    rc = query_get(c, key, path, &answer);
    free(path);
    office_note_key(c, key, rc);
    if (rc != PUMASI_OK)
        return rc;
    if (c->json) {
        client_print_json(answer);
        json_decref(answer);
        return PUMASI_OK;
    }
    t = table_new(columns, ARRAY_LEN(columns));
    json_array_foreach (json_object_get(answer, "items"), i, row) {
        char *amount = client_amount_text(c, json_number(row, "amount"), unit);

        table_add(t, json_text(row, "from"));
        table_add(t, json_text(row, "to"));
        table_add(t, amount);
        free(amount);
    }
    table_print(t, stdout, table_style_of(stdout));
    table_free(t);
    note(ngettext(
             "%lld payment makes all co-ops quits in %s; those that your key may see are shown.",
             "%lld payments make all co-ops quits in %s; those that your key may see are shown.",
             (unsigned long)json_number(answer, "payments")),
         (long long)json_number(answer, "payments"), unit);
    note(_("What then still goes round between co-ops, a clearing round cancels."));
    json_decref(answer);
    return PUMASI_OK;
}

/* ---- A settlement ---- */

/* Says so when more is settled than is owed; what is owed may not be to be had, and then nothing is
 * said. */
static int warn(struct client *c, const struct cli *cli, const struct signers *s, int64_t amount)
{
    const char *unit = cli_arg(cli, 3), *by = signers_by(s, cli_arg(cli, 0));
    const bool gave = str_eq(by, cli_arg(cli, 0));
    const char *partner = cli_arg(cli, gave ? 1 : 0);
    char *path = x_asprintf("/v1/coops/%s/positions", by), *text;
    json_t *answer, *row;
    int64_t owed = 0;
    long status;
    size_t i;
    int rc = query_status(c, s->keys[0], path, &status, &answer);

    free(path);
    if (rc != PUMASI_OK)
        return rc;
    json_array_foreach (json_object_get(answer, "items"), i, row) {
        if (str_eq(json_text(row, "partner"), partner) && str_eq(json_text(row, "unit"), unit))
            owed = gave ? json_number(row, "position") : -json_number(row, "position");
    }
    json_decref(answer);
    if (status != 200 || amount <= owed)
        return PUMASI_OK;
    text = client_amount_text(c, owed > 0 ? owed : 0, unit);
    note(_("This is more than %s owes %s, which is %s: afterwards it is the other way round."),
         cli_arg(cli, 0), cli_arg(cli, 1), text);
    free(text);
    return PUMASI_OK;
}

/* The payload's members but the reference. */
static int members(struct client *c, const struct cli *cli, int64_t *amount, json_t **out)
{
    const char *given = cli_value(cli, "means"), *date = cli_value(cli, "date");
    char today[DATE_LEN + 1];
    enum settlement_means means;
    int32_t day, given_day;
    int rc = client_amount(c, cli_arg(cli, 2), cli_arg(cli, 3), false, amount);

    if (rc == PUMASI_OK && *amount == 0)
        rc = fail(PUMASI_USAGE, _("A payment of nothing isn't one. Say how much."));
    if (rc == PUMASI_OK && (given == NULL || settlement_means_parse(given, &means) != 0))
        rc = fail(PUMASI_USAGE, _("Say what was given: --means money, goods or hours."));
    if (rc == PUMASI_OK && date != NULL)
        rc = client_check_date(date);
    if (rc == PUMASI_OK)
        rc = payment_today(c, &day);
    /* The rules would say so only once all have signed. */
    if (rc == PUMASI_OK && date != NULL && date_parse(date, &given_day) == 0 && given_day > day)
        rc = fail(PUMASI_USAGE, _("A settlement is of what was given: its day can't lie in the "
                                  "future."));
    if (rc != PUMASI_OK)
        return rc;
    if (date == NULL) {
        date_text(today, day);
        date = today;
    }
    *out = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "from", cli_arg(cli, 0), "to",
                     cli_arg(cli, 1), "unit", cli_arg(cli, 3), "amount", (json_int_t)*amount,
                     "means", given, "date", date);
    return PUMASI_OK;
}

static int settle(struct client *c, const struct cli *cli)
{
    const char *from = cli_arg(cli, 0), *to = cli_arg(cli, 1), *unit = cli_arg(cli, 3);
    const struct signer_choice offices[] = {{from, ROLE_TREASURER}, {to, ROLE_TREASURER}};
    struct submit_request rq = {.type = "settlement", .lifetime = SUBMIT_LATER};
    const struct profile_unit *known;
    struct signers signers;
    char *what = NULL, *reference = NULL, *text;
    int64_t amount = 0;
    int rc = client_check_coop(from);

    if (rc == PUMASI_OK)
        rc = client_check_coop(to);
    if (rc == PUMASI_OK && str_eq(from, to))
        rc = fail(PUMASI_USAGE, _("A co-op settles with another one. Say which two."));
    if (rc == PUMASI_OK)
        rc = client_unit(c, unit, &known);
    if (rc == PUMASI_OK)
        rc = signers_choose(c, offices, ARRAY_LEN(offices), NULL, &signers);
    if (rc == PUMASI_OK)
        rc = members(c, cli, &amount, &rq.members);
    if (rc == PUMASI_OK)
        rc = warn(c, cli, &signers, amount);
    if (rc == PUMASI_OK)
        rc = office_text(cli, "reference", TEXT_MEMO_MAX, &rq, &reference);
    if (rc == PUMASI_OK) {
        text = client_amount_text(c, amount, unit);
        what = x_asprintf(_("settlement of %s that %s gave %s"), text, from, to);
        free(text);
        rq.by = signers_by(&signers, from);
        rq.what = what;
        rq.unit = unit;
        rc = office_submit(c, cli, &rq, &signers);
    }
    json_decref(rq.members);
    free(reference);
    free(what);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    if (cli_given(cli, "plan"))
        return cli->n_args == 0
                   ? plan(c, cli_value(cli, "plan"))
                   : fail(PUMASI_USAGE, _("With --plan nothing is settled: name only the unit."));
    if (cli->n_args < 4)
        return fail(PUMASI_USAGE,
                    _("Say who gave whom how much of what, for example: pumasi settle hansalim "
                      "medical 12:00 hour --means money"));
    return settle(c, cli);
}

const struct command cmd_settle = {
    .name = "settle",
    .args = N_("FROM TO AMOUNT UNIT | --plan UNIT"),
    .summary = N_("Record what one co-op gave another outside the ledger (treasurers of both)"),
    .help = N_("For example: pumasi settle hansalim medical 12:00 hour --means money --reference "
               "\"bank transfer 4711\"\n"
               "FROM gave TO money, goods or hours, and owes it so much less afterwards. The "
               "treasurers of both sign it, as many as must: whoever begins, the others find it in "
               "\"pumasi pending\". Nothing undoes it but another one the other way round.\n\n"
               "--plan shows with how few payments all co-ops would be quits in a unit: at most "
               "one fewer than there are co-ops that owe or are owed anything on the whole."),
    .min_args = 0,
    .max_args = 4,
    .options = options,
    .flags = COMMAND_ACT,
    .run = run,
};
