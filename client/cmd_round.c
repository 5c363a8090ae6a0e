/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi clearing propose|show|consent|decline: rounds in which co-ops cancel what they owe each
 * other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/commands.h"
#include "client/files.h"
#include "client/office.h"
#include "client/round.h"
#include "core/csv.h"
#include "core/text.h"

#define DAYS_DEFAULT 7
#define DAYS_MAX     30
#define DAY_S        86400

/* Who acts: a co-op's treasurers, or the stewards where they may. */
static int choose(struct client *c, const struct cli *cli, bool stewards, struct signers *out)
{
    const char *who = cli_arg(cli, 0);
    const struct signer_choice office = {who, str_eq(who, HOLDER_STEWARDS_NAME) ? ROLE_STEWARD
                                                                                : ROLE_TREASURER};
    const struct profile_unit *known;
    int rc = stewards && office.role == ROLE_STEWARD ? PUMASI_OK : client_check_coop(who);

    if (rc == PUMASI_OK)
        rc = client_unit(c, cli_arg(cli, 1), &known);
    return rc == PUMASI_OK ? signers_choose(c, &office, 1, NULL, out) : rc;
}

/* --- propose --- */

static int run_propose(struct client *c, const struct cli *cli)
{
    const char *who = cli_arg(cli, 0), *unit = cli_arg(cli, 1);
    struct submit_request rq = {
        .type = "clearing.propose", .by = who, .lifetime = SUBMIT_LATER, .unit = unit};
    int64_t days = DAYS_DEFAULT;
    struct signers signers;
    char *what;
    int rc = choose(c, cli, true, &signers);

    if (rc == PUMASI_OK)
        rc = cli_number(cli, "days", 1, DAYS_MAX, &days);
    if (rc != PUMASI_OK)
        return rc;
    what = x_asprintf(_("round of clearing in %s"), unit);
    rq.what = what;
    /* A little less, as the ledger's clock may be behind ours. */
    rq.members = json_pack("{s:s, s:I}", "unit", unit, "deadline",
                           (json_int_t)time(NULL) + days * DAY_S - 300);
    rc = office_submit(c, cli, &rq, &signers);
    json_decref(rq.members);
    free(what);
    if (rc == PUMASI_OK)
        note(_("What it takes off, and who is asked: pumasi clearing show %s"), unit);
    return rc;
}

/* --- show --- */

static int write_legs(const char *path, const struct round *r)
{
    static const char *const heads[] = {"debtor", "creditor", "amount"};
    struct buf b = BUF_INIT;
    struct csv_out o = {.to = &b, .separator = ','};
    int rc = PUMASI_OK;

    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        csv_put_plain(&o, heads[i]);
    csv_end_row(&o);
    for (size_t i = 0; i < r->n_legs; i++) {
        struct buf amount = BUF_INIT;

        buf_put_i64(&amount, r->legs[i].amount);
        csv_put_text(&o, r->parties[r->legs[i].debtor].coop);
        csv_put_text(&o, r->parties[r->legs[i].creditor].coop);
        csv_put_plain(&o, amount.data);
        csv_end_row(&o);
        buf_free(&amount);
    }
    if (files_write(path, b.data, b.len) != 0) {
        char *safe = say_safe(path);

        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), safe, strerror(errno));
        free(safe);
    }
    buf_free(&b);
    return rc;
}

static int run_show(struct client *c, const struct cli *cli)
{
    const char *unit = cli_arg(cli, 0), *legs = cli_value(cli, "legs");
    const struct profile_unit *known;
    struct round_answer answer = {0};
    struct keyfile *key;
    int rc = client_unit(c, unit, &known);

    if (rc == PUMASI_OK)
        rc = office_reader(c, cli_value(cli, "coop"), &key);
    if (rc == PUMASI_OK)
        rc = round_fetch(c, key, unit, &answer);
    if (rc == PUMASI_OK && legs != NULL)
        rc = write_legs(legs, answer.round);
    if (rc == PUMASI_OK && c->json)
        client_print_json(answer.json);
    else if (rc == PUMASI_OK)
        round_show(c, &answer, cli_given(cli, "all"), stdout);
    round_answer_free(&answer);
    return rc;
}

/* --- consent, decline --- */

/* Shows the round and asks; an unfinished act is finished without. */
static int agree(struct client *c, const struct cli *cli, const struct round_answer *a,
                 const char *question)
{
    if (cli_given(cli, "finish") || cli_given(cli, "discard-unsent"))
        return PUMASI_OK;
    if (a->round->state != ROUND_OPEN)
        return fail(PUMASI_FAILED, _("No round of clearing in %s is open."), a->round->thing.name);
    round_show(c, a, false, stderr);
    if (office_agree(c, question))
        return PUMASI_OK;
    return say_can_ask() ? fail(PUMASI_FAILED, _("It stands as it was.")) : PUMASI_USAGE;
}

static int run_answer(struct client *c, const struct cli *cli, bool consents)
{
    const char *coop = cli_arg(cli, 0), *unit = cli_arg(cli, 1);
    struct submit_request rq = {.by = coop, .lifetime = SUBMIT_LATER, .unit = unit};
    struct round_answer answer = {0};
    char *what = NULL, *reason = NULL;
    struct signers signers;
    int rc = choose(c, cli, false, &signers);

    if (rc == PUMASI_OK && !consents)
        rc = office_text(cli, "reason", TEXT_MEMO_MAX, &rq, &reason);
    if (rc == PUMASI_OK)
        rc = round_fetch(c, signers.keys[0], unit, &answer);
    if (rc == PUMASI_OK)
        rc = agree(c, cli, &answer,
                   consents ? _("Consent to this round?") : _("Decline this round?"));
    if (rc == PUMASI_OK) {
        rq.type = consents ? "clearing.consent" : "clearing.decline";
        what = x_asprintf(consents ? _("consent to the clearing in %s")
                                   : _("decline of the clearing in %s"),
                          unit);
        rq.what = what;
        rq.members =
            json_pack("{s:s, s:I}", "unit", unit, "round", (json_int_t)answer.round->record);
        if (consents)
            json_object_set(rq.members, "hash", json_object_get(answer.json, "hash"));
        rc = office_submit(c, cli, &rq, &signers);
    }
    json_decref(rq.members);
    round_answer_free(&answer);
    free(what);
    free(reason);
    return rc;
}

static int run_consent(struct client *c, const struct cli *cli)
{
    return run_answer(c, cli, true);
}

static int run_decline(struct client *c, const struct cli *cli)
{
    return run_answer(c, cli, false);
}

static const struct cli_option propose_options[] = {
    {"days", 0, N_("N"), N_("how long those who are asked have to answer (at first 7 days)")},
    {0},
};
static const struct cli_option show_options[] = {
    {"coop", 0, N_("COOP"), N_("as whose office to look, where your keys are of several")},
    {"all", 0, NULL, N_("all legs, not only the co-op's own")},
    {"legs", 0, N_("FILE"), N_("where to write all legs, as CSV")},
    {0},
};
static const struct cli_option decline_options[] = {
    {"reason", 'r', N_("TEXT"), N_("why; the offices of the co-ops can read it")},
    {0},
};

const struct command cmd_clearing_propose = {
    .name = "clearing",
    .sub = "propose",
    .args = N_("COOP UNIT"),
    .summary = N_("Propose a round in which co-ops cancel what they owe each other"),
    .help = N_("For example: pumasi clearing propose hansalim hour\n"
               "COOP's treasurers sign it, or the stewards where it says \"stewards\". The ledger "
               "works out as much as can be cancelled without changing what anybody has to get or "
               "to give on the whole; co-ops whose policy says \"ask\" are asked, those whose "
               "policy says \"never\" are left out. It is booked once all who are asked have "
               "consented; whoever declines or doesn't answer in time is left out, and the rest is "
               "worked out again."),
    .min_args = 2,
    .max_args = 2,
    .options = propose_options,
    .flags = COMMAND_ACT,
    .run = run_propose,
};
const struct command cmd_clearing_show = {
    .name = "clearing",
    .sub = "show",
    .args = N_("UNIT"),
    .summary = N_("Show the latest round of clearing and what it does for a co-op"),
    .help = N_("For example: pumasi clearing show hour\n"
               "Needs a key of a treasurer, registrar or auditor. The hash of the legs is worked "
               "out here; a consent is to just that hash."),
    .min_args = 1,
    .max_args = 1,
    .options = show_options,
    .run = run_show,
};
const struct command cmd_clearing_consent = {
    .name = "clearing",
    .sub = "consent",
    .args = N_("COOP UNIT"),
    .summary = N_("Consent to the round of clearing that is open (treasurers)"),
    .help = N_("For example: pumasi clearing consent hansalim hour\n"
               "Shows first what the round does for the co-op. When it has to be worked out again, "
               "the consent goes on as long as the co-op's own legs are the same; else it is asked "
               "anew."),
    .min_args = 2,
    .max_args = 2,
    .flags = COMMAND_ACT,
    .run = run_consent,
};
const struct command cmd_clearing_decline = {
    .name = "clearing",
    .sub = "decline",
    .args = N_("COOP UNIT"),
    .summary = N_("Leave a co-op out of the round of clearing that is open (treasurers)"),
    .help =
        N_("For example: pumasi clearing decline hansalim hour -r \"we settle in money first\"\n"
           "The round is worked out again without it. A consent given before is taken back by "
           "it, as long as the round isn't booked."),
    .min_args = 2,
    .max_args = 2,
    .options = decline_options,
    .flags = COMMAND_ACT,
    .run = run_decline,
};
