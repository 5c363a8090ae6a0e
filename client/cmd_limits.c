/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* limits: one member's own floor and ceiling in one unit. */
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "core/text.h"

static const struct cli_option options[] = {
    {"floor", 0, N_("AMOUNT"), N_("how far the member may owe, for example -40:00")},
    {"ceiling", 0, N_("AMOUNT"), N_("how much it may hold, or \"none\"")},
    {"reason", 0, N_("TEXT"), N_("why; the office and the member can read it, nobody else")},
    {0},
};

/* The limit that the command doesn't name stays as it is now: asks the ledger for it. */
static int current_limits(struct client *c, const struct keyfile *key, const char *member,
                          const char *unit, json_t **out)
{
    char *path = x_asprintf("/v1/accounts/%s/%s", member, unit);
    long status;
    int rc = query_status(c, key, path, &status, out);

    free(path);
    if (rc != PUMASI_OK)
        return rc;
    if (status == 200 && json_is_integer(json_object_get(*out, "floor")) &&
        json_object_get(*out, "ceiling") != NULL)
        return PUMASI_OK;
    json_decref(*out);
    *out = NULL;
    rc = query_member(c, key, member, NULL); /* a typo is told as one */
    if (rc != PUMASI_OK)
        return rc;
    return fail(PUMASI_USAGE,
                _("Say both, --floor and --ceiling (or --ceiling none): the limits in force for %s "
                  "in %s aren't to be had."),
                member, unit);
}

/* The payload's members. */
static int members(struct client *c, const struct cli *cli, const struct keyfile *key, json_t **out)
{
    const char *member = cli_arg(cli, 0), *unit = cli_arg(cli, 1);
    const char *low = cli_value(cli, "floor"), *high = cli_value(cli, "ceiling");
    json_t *now = NULL, *ceiling = NULL;
    int64_t floor = 0;
    int rc = PUMASI_OK;

    if (low == NULL || high == NULL)
        rc = current_limits(c, key, member, unit, &now);
    if (rc == PUMASI_OK && low != NULL)
        rc = client_amount(c, low, unit, true, &floor);
    else if (rc == PUMASI_OK)
        floor = json_number(now, "floor");
    if (rc == PUMASI_OK && high != NULL)
        rc = office_ceiling(c, high, unit, &ceiling);
    else if (rc == PUMASI_OK)
        ceiling = json_incref(json_object_get(now, "ceiling"));
    if (rc == PUMASI_OK)
        *out = json_pack("{s:s, s:s, s:I, s:o}", "member", member, "unit", unit, "floor",
                         (json_int_t)floor, "ceiling", ceiling);
    json_decref(now);
    if (rc == PUMASI_OK)
        rc = office_check_bounds(json_object_get(*out, "floor"), json_object_get(*out, "ceiling"));
    if (rc == PUMASI_OK && !office_means_floor(c, low, json_object_get(*out, "floor"), unit))
        rc = PUMASI_FAILED;
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    const char *member = cli_arg(cli, 0), *unit = cli_arg(cli, 1), *coop;
    struct submit_request rq = {.type = "account.limits", .lifetime = SUBMIT_LATER};
    const struct profile_unit *known;
    struct signer_choice choices[2];
    struct signers signers;
    char *reason = NULL, *what = NULL;
    int rc = client_check_address(c, member);

    if (rc == PUMASI_OK)
        rc = client_unit(c, unit, &known);
    if (rc != PUMASI_OK)
        return rc;
    if (!cli_given(cli, "floor") && !cli_given(cli, "ceiling"))
        return fail(PUMASI_USAGE,
                    _("Say what to set, for example: pumasi limits %s %s --floor -40"), member,
                    unit);
    coop = name_coop_start(member);
    choices[0] = (struct signer_choice){coop, ROLE_REGISTRAR};
    choices[1] = (struct signer_choice){coop, ROLE_TREASURER};
    rc = office_text(cli, "reason", TEXT_MEMO_MAX, &rq, &reason);
    if (rc == PUMASI_OK)
        rc = signers_choose(c, choices, ARRAY_LEN(choices), NULL, &signers);
    if (rc == PUMASI_OK)
        rc = members(c, cli, signers.keys[0], &rq.members);
    if (rc == PUMASI_OK) {
        what = x_asprintf(_("limits of %s in %s"), member, unit);
        rq.by = coop;
        rq.what = what;
        rq.unit = unit;
        rc = office_submit(c, cli, &rq, &signers);
    }
    json_decref(rq.members);
    free(reason);
    free(what);
    return rc;
}

const struct command cmd_limits = {
    .name = "limits",
    .args = N_("MEMBER UNIT"),
    .summary = N_("Set one member's own limits (a registrar, or the treasurers)"),
    .help = N_("For example: pumasi limits alice@hansalim hour --floor -40:00 --ceiling 80:00\n"
               "What isn't named stays as it is. A registrar's key is taken where the profile has "
               "one; past the bounds that the policy gives registrars, name the treasurers' with "
               "--key. Limits may be set past what stands: that blocks, it moves nothing."),
    .min_args = 2,
    .max_args = 2,
    .options = options,
    .flags = COMMAND_ACT,
    .run = run,
};
