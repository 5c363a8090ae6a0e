/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* member estate: what a member leaves. coop close: the end of a co-op. Both by its treasurers. */
#include <stdlib.h>

#include "client/commands.h"
#include "client/office.h"

static const struct cli_option reason_options[] = {
    {"reason", 0, N_("TEXT"), N_("why; the office and the member can read it, nobody else")},
    {0},
};

/* Takes over `members` and `what`. */
static int by_treasurers(struct client *c, const struct cli *cli, const char *type,
                         const char *coop, const char *unit, json_t *members, char *what)
{
    const struct signer_choice treasurers = {coop, ROLE_TREASURER};
    struct submit_request rq = {.type = type,
                                .by = coop,
                                .what = what,
                                .unit = unit,
                                .members = members,
                                .lifetime = SUBMIT_LATER};
    struct signers signers;
    char *reason = NULL;
    int rc = signers_choose(c, &treasurers, 1, NULL, &signers);

    if (rc == PUMASI_OK)
        rc = office_text(cli, "reason", TEXT_MEMO_MAX, &rq, &reason);
    if (rc == PUMASI_OK)
        rc = office_submit(c, cli, &rq, &signers);
    json_decref(rq.members);
    free(reason);
    free(what);
    return rc;
}

static int run_estate(struct client *c, const struct cli *cli)
{
    const char *member = cli_arg(cli, 0), *unit = cli_arg(cli, 1), *purse = cli_arg(cli, 2);
    const struct profile_unit *known;
    int rc = client_check_address(c, member);

    if (rc == PUMASI_OK)
        rc = client_check_address(c, purse);
    if (rc == PUMASI_OK && !str_eq(name_coop_start(member), name_coop_start(purse)))
        rc = fail(PUMASI_USAGE, _("The purse %s isn't one of %s's."), purse,
                  name_coop_start(member));
    if (rc == PUMASI_OK)
        rc = client_unit(c, unit, &known);
    if (rc != PUMASI_OK)
        return rc;
    return by_treasurers(
        c, cli, "estate", name_coop_start(member), unit,
        json_pack("{s:s, s:s, s:s}", "member", member, "unit", unit, "purse", purse),
        x_asprintf(_("estate of %s in %s, with the purse %s"), member, unit, purse));
}

const struct command cmd_member_estate = {
    .name = "member",
    .sub = "estate",
    .args = N_("MEMBER UNIT PURSE"),
    .summary = N_("Move what a member leaves into a purse, or make its debt good (treasurers)"),
    .help = N_("For who has died or gone for good. For example: pumasi member estate "
               "old@hansalim hour fund@hansalim\n"
               "The member has to have been frozen for 30 days without a pause, so that whoever "
               "has a say can speak up. The whole balance is moved, past limits; then \"pumasi "
               "member close\" works."),
    .min_args = 3,
    .max_args = 3,
    .options = reason_options,
    .flags = COMMAND_ACT,
    .run = run_estate,
};

static int run_close(struct client *c, const struct cli *cli)
{
    const char *coop = cli_arg(cli, 0);
    int rc = client_check_coop(coop);

    if (rc != PUMASI_OK)
        return rc;
    return by_treasurers(c, cli, "coop.close", coop, NULL, json_pack("{s:s}", "coop", coop),
                         x_asprintf(_("closing of the co-op %s, for ever"), coop));
}

const struct command cmd_coop_close = {
    .name = "coop",
    .sub = "close",
    .args = N_("COOP"),
    .summary = N_("Close a co-op for good (its treasurers)"),
    .help = N_("It has to be quits with all other co-ops in every unit. Afterwards its members "
               "neither pay nor are paid, its office does nothing more, and its lines carry "
               "nothing; what was recorded stays readable."),
    .min_args = 1,
    .max_args = 1,
    .options = reason_options,
    .flags = COMMAND_ACT,
    .run = run_close,
};
