/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* policy: what a co-op's members may owe and hold in one unit, what they pay their co-op, and
 * whether it clears with others. */
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "core/thing.h"

#define REVERSAL_DAYS_MAX     36500
#define REVERSAL_DAYS_DEFAULT 30

static const struct cli_option options[] = {
    {"floor", 0, N_("AMOUNT"), N_("how far a member may owe, for example -20:00")},
    {"ceiling", 0, N_("AMOUNT"), N_("how much a member may hold, or \"none\"")},
    {"registrar-floor", 0, N_("AMOUNT"),
     N_("how low a registrar may set one member's floor (at first as --floor)")},
    {"registrar-ceiling", 0, N_("AMOUNT"),
     N_("how high a registrar may set one member's ceiling (at first as --ceiling)")},
    {"reversal-days", 0, N_("N"),
     N_("how long the treasurers may force a reversal (at first 30 days)")},
    {"clearing", 0, "auto|ask|never",
     N_("may rounds cancel what the co-op owes and is owed: always, when it consents (at first), "
        "or never")},
    {"levy-per-mille", 0, N_("N"),
     N_("what members pay into a purse on top of each payment, per mille of it; 0 for nothing")},
    {"levy-monthly", 0, N_("AMOUNT"),
     N_("what each member pays into a purse once a month, or \"none\"")},
    {"levy-purse", 0, N_("MEMBER"), N_("the purse that levies go into, or \"none\"")},
    {0},
};

/* The policy in force, so that what the command doesn't name stays as it is; NULL without one. *out
 * is a new reference. */
static int current(struct client *c, const struct keyfile *key, const char *coop, const char *unit,
                   json_t **out)
{
    json_t *answer, *row;
    size_t i;
    int rc = query_coop(c, key, coop, &answer);

    *out = NULL;
    if (rc != PUMASI_OK)
        return rc;
    json_array_foreach (json_object_get(answer, "policies"), i, row) {
        if (str_eq(json_text(row, "unit"), unit))
            *out = json_incref(row);
    }
    json_decref(answer);
    return PUMASI_OK;
}

/* One bound: as typed, else as it is now, else as for members (`otherwise`, may be NULL). Sets the
 * payload's member of that name. */
static int bound(struct client *c, const struct cli *cli, const char *option, const char *member,
                 const char *otherwise, const json_t *now, json_t *payload)
{
    const char *typed = cli_value(cli, option), *unit = cli_arg(cli, 1);
    json_t *value = json_object_get(now, member);
    int64_t n;
    int rc = PUMASI_OK;

    if (typed != NULL && strstr(option, "ceiling") != NULL) {
        rc = office_ceiling(c, typed, unit, &value);
    } else if (typed != NULL) {
        rc = client_amount(c, typed, unit, true, &n);
        value = rc == PUMASI_OK ? json_integer(n) : NULL;
    } else {
        if (value == NULL && otherwise != NULL)
            value = json_object_get(payload, otherwise);
        json_incref(value);
    }
    if (rc == PUMASI_OK && value == NULL)
        rc = fail(PUMASI_USAGE,
                  _("Say how far a member may owe and hold, for example: pumasi policy %s %s "
                    "--floor -20 --ceiling 40"),
                  cli_arg(cli, 0), unit);
    if (rc == PUMASI_OK)
        json_object_set_new(payload, member, value);
    return rc;
}

/* Takes over a member of the policy in force that the command doesn't name. */
static void keep(json_t *payload, const json_t *now, const char *member)
{
    json_t *value = json_object_get(now, member);

    if (value != NULL)
        json_object_set(payload, member, value);
}

static int clearing(const struct cli *cli, const json_t *now, json_t *payload)
{
    const char *typed = cli_value(cli, "clearing");
    enum clearing_choice choice;

    if (typed == NULL) {
        keep(payload, now, "clearing");
        return PUMASI_OK;
    }
    if (clearing_choice_parse(typed, &choice) != 0)
        return fail(PUMASI_USAGE, _("--clearing is auto, ask or never."));
    json_object_set_new(payload, "clearing", json_string(typed));
    return PUMASI_OK;
}

static int levy_purse(struct client *c, const struct cli *cli, const json_t *now, json_t *payload)
{
    const char *typed = cli_value(cli, "levy-purse");
    int rc;

    if (typed == NULL) {
        keep(payload, now, "levy_purse");
    } else if (!str_eq(typed, "none")) {
        rc = client_check_address(c, typed);
        if (rc != PUMASI_OK)
            return rc;
        json_object_set_new(payload, "levy_purse", json_string(typed));
    }
    if ((json_number(payload, "levy_per_mille") > 0 || json_number(payload, "levy_monthly") > 0) &&
        json_object_get(payload, "levy_purse") == NULL)
        return fail(PUMASI_USAGE,
                    _("Say which purse the levy goes into: --levy-purse MEMBER. \"pumasi member "
                      "create --purse\" makes one."));
    return PUMASI_OK;
}

static int levies(struct client *c, const struct cli *cli, const json_t *now, json_t *payload)
{
    const char *monthly = cli_value(cli, "levy-monthly");
    int64_t n = 0;
    int rc = cli_number(cli, "levy-per-mille", 0, LEVY_PER_MILLE_MAX, &n);

    if (rc == PUMASI_OK && cli_given(cli, "levy-per-mille")) {
        if (n > 0)
            json_object_set_new(payload, "levy_per_mille", json_integer(n));
    } else if (rc == PUMASI_OK) {
        keep(payload, now, "levy_per_mille");
    }
    if (rc == PUMASI_OK && monthly == NULL) {
        keep(payload, now, "levy_monthly");
    } else if (rc == PUMASI_OK && !str_eq(monthly, "none")) {
        rc = client_amount(c, monthly, cli_arg(cli, 1), false, &n);
        if (rc == PUMASI_OK && n == 0)
            rc = fail(PUMASI_USAGE,
                      _("A levy of nothing isn't one: say \"--levy-monthly none\" to end it."));
        if (rc == PUMASI_OK)
            json_object_set_new(payload, "levy_monthly", json_integer(n));
    }
    return rc == PUMASI_OK ? levy_purse(c, cli, now, payload) : rc;
}

/* The payload's members. */
static int members(struct client *c, const struct cli *cli, const struct keyfile *key, json_t **out)
{
    const char *coop = cli_arg(cli, 0), *unit = cli_arg(cli, 1);
    int64_t days = REVERSAL_DAYS_DEFAULT;
    json_t *now, *payload;
    int rc = current(c, key, coop, unit, &now);

    if (rc != PUMASI_OK)
        return rc;
    if (now != NULL)
        days = json_number(now, "reversal_days");
    payload = json_pack("{s:s, s:s}", "coop", coop, "unit", unit);
    rc = bound(c, cli, "floor", "floor", NULL, now, payload);
    if (rc == PUMASI_OK)
        rc = bound(c, cli, "ceiling", "ceiling", NULL, now, payload);
    if (rc == PUMASI_OK)
        rc = bound(c, cli, "registrar-floor", "registrar_floor", "floor", now, payload);
    if (rc == PUMASI_OK)
        rc = bound(c, cli, "registrar-ceiling", "registrar_ceiling", "ceiling", now, payload);
    if (rc == PUMASI_OK)
        rc = cli_number(cli, "reversal-days", 0, REVERSAL_DAYS_MAX, &days);
    if (rc == PUMASI_OK)
        rc = office_check_bounds(json_object_get(payload, "floor"),
                                 json_object_get(payload, "ceiling"));
    if (rc == PUMASI_OK)
        rc = office_check_bounds(json_object_get(payload, "registrar_floor"),
                                 json_object_get(payload, "registrar_ceiling"));
    json_object_set_new(payload, "reversal_days", json_integer(days));
    if (rc == PUMASI_OK &&
        !(office_means_floor(c, cli_value(cli, "floor"), json_object_get(payload, "floor"), unit) &&
          office_means_floor(c, cli_value(cli, "registrar-floor"),
                             json_object_get(payload, "registrar_floor"), unit)))
        rc = PUMASI_FAILED;
    if (rc == PUMASI_OK)
        rc = clearing(cli, now, payload);
    if (rc == PUMASI_OK)
        rc = levies(c, cli, now, payload);
    json_decref(now);
    if (rc != PUMASI_OK) {
        json_decref(payload);
        return rc;
    }
    *out = payload;
    return PUMASI_OK;
}

static int run(struct client *c, const struct cli *cli)
{
    const char *coop = cli_arg(cli, 0), *unit = cli_arg(cli, 1);
    const struct signer_choice treasurers = {coop, ROLE_TREASURER};
    const struct profile_unit *known;
    struct submit_request rq = {.type = "coop.policy", .lifetime = SUBMIT_LATER};
    struct signers signers;
    char *what;
    int rc = client_check_coop(coop);

    if (rc == PUMASI_OK)
        rc = client_unit(c, unit, &known);
    if (rc != PUMASI_OK)
        return rc;
    rc = signers_choose(c, &treasurers, 1, NULL, &signers);
    if (rc == PUMASI_OK)
        rc = members(c, cli, signers.keys[0], &rq.members);
    if (rc != PUMASI_OK)
        return rc;
    what = x_asprintf(_("limits of the members of %s in %s"), coop, unit);
    rq.by = coop;
    rq.what = what;
    rq.unit = unit;
    rc = office_submit(c, cli, &rq, &signers);
    json_decref(rq.members);
    free(what);
    return rc;
}

const struct command cmd_policy = {
    .name = "policy",
    .args = N_("COOP UNIT"),
    .summary = N_("Set the limits and levies of a co-op's members in one unit (treasurers)"),
    .help = N_("For example: pumasi policy hansalim hour --floor -20:00 --ceiling 40:00\n"
               "What isn't named stays as it is. A co-op has no accounts in a unit before its "
               "treasurers have set these. Members whose own limits were set keep them.\n\n"
               "A levy of 5 per mille, into a purse of the co-op: pumasi policy hansalim hour "
               "--levy-per-mille 5 --levy-purse fund@hansalim. Members see it before they sign a "
               "payment, and it goes back with a reversal. A monthly levy is taken by the ledger's "
               "clerk, from those whose credit suffices."),
    .min_args = 2,
    .max_args = 2,
    .options = options,
    .flags = COMMAND_ACT,
    .run = run,
};
