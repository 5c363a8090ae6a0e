/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* policy: the limits that a co-op gives its members in one unit. */
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"

#define REVERSAL_DAYS_MAX     36500
#define REVERSAL_DAYS_DEFAULT 30

static const struct cli_option options[] = {
    {"floor", 0, N_("AMOUNT"), N_("how far a member may owe, for example -20:00")},
    {"ceiling", 0, N_("AMOUNT"), N_("how much a member may hold, or \"none\"")},
    {"registrar-floor", 0, N_("AMOUNT"),
     N_("how low a registrar may set one member's floor (without it: --floor)")},
    {"registrar-ceiling", 0, N_("AMOUNT"),
     N_("how high a registrar may set one member's ceiling (without it: --ceiling)")},
    {"reversal-days", 0, N_("N"),
     N_("how long the treasurers may force a reversal (without it: 30 days)")},
    {0},
};

/* The payload's members. */
static int members(struct client *c, const struct cli *cli, const char *coop, const char *unit,
                   json_t **out)
{
    const char *low = cli_value(cli, "floor"), *high = cli_value(cli, "ceiling");
    const char *low_reg = cli_value(cli, "registrar-floor");
    const char *high_reg = cli_value(cli, "registrar-ceiling");
    int64_t floor = 0, floor_reg = 0, days = REVERSAL_DAYS_DEFAULT;
    json_t *ceiling = NULL, *ceiling_reg = NULL;
    int rc;

    *out = NULL;
    if (low == NULL || high == NULL)
        return fail(PUMASI_USAGE,
                    _("Say how far a member may owe and hold, for example: pumasi policy %s %s "
                      "--floor -20 --ceiling 40"),
                    coop, unit);
    rc = cli_number(cli, "reversal-days", 0, REVERSAL_DAYS_MAX, &days);
    if (rc == PUMASI_OK)
        rc = client_amount(c, low, unit, true, &floor);
    if (rc == PUMASI_OK)
        rc = client_amount(c, low_reg != NULL ? low_reg : low, unit, true, &floor_reg);
    if (rc == PUMASI_OK)
        rc = office_ceiling(c, high, unit, &ceiling);
    if (rc == PUMASI_OK)
        rc = office_ceiling(c, high_reg != NULL ? high_reg : high, unit, &ceiling_reg);
    if (rc != PUMASI_OK) {
        json_decref(ceiling);
        return rc;
    }
    *out =
        json_pack("{s:s, s:s, s:I, s:o, s:I, s:o, s:I}", "coop", coop, "unit", unit, "floor",
                  (json_int_t)floor, "ceiling", ceiling, "registrar_floor", (json_int_t)floor_reg,
                  "registrar_ceiling", ceiling_reg, "reversal_days", (json_int_t)days);
    return PUMASI_OK;
}

static int run(struct client *c, const struct cli *cli)
{
    const char *coop = cli_arg(cli, 0), *unit = cli_arg(cli, 1);
    const struct signer_choice treasurers = {coop, ROLE_TREASURER};
    struct submit_request rq = {.type = "coop.policy", .lifetime = SUBMIT_LATER};
    struct signers signers;
    char *what;
    int rc = client_check_coop(coop);

    if (rc == PUMASI_OK)
        rc = client_check_unit(unit);
    if (rc != PUMASI_OK)
        return rc;
    rc = members(c, cli, coop, unit, &rq.members);
    if (rc != PUMASI_OK)
        return rc;
    what = x_asprintf(_("limits of the members of %s in %s"), coop, unit);
    rq.by = coop;
    rq.what = what;
    rq.unit = unit;
    rc = signers_choose(c, &treasurers, 1, NULL, &signers);
    if (rc == PUMASI_OK)
        rc = office_submit(c, cli, &rq, &signers);
    json_decref(rq.members);
    free(what);
    return rc;
}

const struct command cmd_policy = {
    .name = "policy",
    .args = "COOP UNIT",
    .summary = N_("Set the limits of a co-op's members in one unit (treasurers)"),
    .help = N_("For example: pumasi policy hansalim hour --floor -20:00 --ceiling 40:00\n"
               "A co-op has no accounts in a unit before its treasurers have set these. Members "
               "whose\nown limits were set keep them."),
    .min_args = 2,
    .max_args = 2,
    .options = options,
    .flags = COMMAND_ACT,
    .run = run,
};
