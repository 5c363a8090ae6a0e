/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi request: the payee asks to be paid. */
#include <inttypes.h>
#include <stdlib.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/office.h"
#include "client/payment.h"
#include "client/query.h"
#include "client/submit.h"
#include "core/date.h"

#define USUAL_DAYS 30

static const struct cli_option options[] = {
    {"memo", 'm', N_("TEXT"), N_("what it is for; seen by both sides, at most 280 bytes")},
    {"to", 't', N_("MEMBER"), N_("who is to be paid, where treasurers ask for a purse")},
    {"value-date", 'd', N_("DATE"), N_("the day the service was given, as 2026-11-22")},
    {"category", 'c', N_("WORD"), N_("a word to sort payments by")},
    {"expires", 0, N_("DATE"), N_("the last day on which it can be paid (30 days from today)")},
    {0},
};

/* Who asks: the member itself, or a purse's treasurers. */
static int choose_keys(struct client *c, const char *to, struct signers *s)
{
    struct signer_choice choices[2];

    if (to == NULL)
        return client_keys(c, KEY_ROLE(ROLE_MEMBER), NULL, s->keys, &s->n);
    choices[0] = (struct signer_choice){to, ROLE_MEMBER};
    choices[1] = (struct signer_choice){name_coop_start(to), ROLE_TREASURER};
    return signers_choose(c, choices, ARRAY_LEN(choices), NULL, s);
}

static int take_arguments(struct client *c, const struct cli *cli, struct payment *p)
{
    int rc;

    p->from = cli_arg(cli, 0);
    p->unit = cli_arg(cli, 2);
    p->to = cli_value(cli, "to");
    rc = client_check_address(c, p->from);
    if (rc == PUMASI_OK && p->to != NULL)
        rc = client_check_address(c, p->to);
    if (rc == PUMASI_OK && cli_given(cli, "expires"))
        rc = client_check_date(cli_value(cli, "expires"));
    return rc == PUMASI_OK ? payment_amount(c, cli_arg(cli, 1), p) : rc;
}

/* The last day, as it goes into the payload. */
static int expiry(struct client *c, const struct cli *cli, char out[DATE_LEN + 1])
{
    int32_t today, days;
    int rc;

    if (cli_given(cli, "expires") && date_parse(cli_value(cli, "expires"), &days) == 0) {
        date_text(out, days);
        return PUMASI_OK;
    }
    rc = payment_today(c, &today);
    if (rc == PUMASI_OK)
        date_text(out, today + USUAL_DAYS);
    return rc;
}

static int ask(struct client *c, const struct cli *cli, const struct payment *p,
               const struct signers *s)
{
    struct submit_request rq = {.type = "request", .by = s->keys[0]->holder};
    char expires[DATE_LEN + 1], *amount, *what;
    struct submit_result r;
    int64_t index;
    bool posted;
    int rc = expiry(c, cli, expires);

    if (rc != PUMASI_OK)
        return rc;
    amount = client_amount_text(c, p->amount, p->unit);
    what = x_asprintf(_("request that %s pay %s to %s"), p->from, amount, p->to);
    rq.what = what;
    rq.lifetime = s->keys[0]->role == ROLE_TREASURER ? SUBMIT_LATER : SUBMIT_SOON;
    payment_put(p, &rq);
    json_object_set_new(rq.members, "expires", json_string(expires));
    rc = submit_act(c, cli, &rq, s->keys, s->n, &r);
    posted = r.outcome == SUBMIT_POSTED;
    index = r.receipt.index;
    rc = submit_finish(c, what, &r, rc);
    if (posted)
        note(_("Until %s, %s can answer it with \"pumasi pay --request %" PRId64
               "\" or \"pumasi decline %" PRId64 "\"."),
             expires, p->from, index, index);
    json_decref(rq.members);
    free(amount);
    free(what);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct payment p = {0};
    struct signers s = {0};
    int rc = payment_options(cli, &p);

    if (rc == PUMASI_OK)
        rc = take_arguments(c, cli, &p);
    if (rc == PUMASI_OK)
        rc = choose_keys(c, p.to, &s);
    if (rc == PUMASI_OK && p.to == NULL && s.keys[0]->role != ROLE_MEMBER)
        rc = fail(PUMASI_USAGE,
                  _("The key %s is an office's: say for which purse it asks, with --to PURSE."),
                  s.keys[0]->name);
    if (rc == PUMASI_OK && p.to == NULL)
        p.to = s.keys[0]->holder;
    if (rc == PUMASI_OK && str_eq(p.from, p.to))
        rc = fail(PUMASI_USAGE, _("%s would ask itself. Say who is to pay."), p.from);
    if (rc == PUMASI_OK)
        rc = query_member(c, s.keys[0], p.from, NULL);
    if (rc == PUMASI_OK)
        rc = ask(c, cli, &p, &s);
    payment_free(&p);
    return rc;
}

const struct command cmd_request = {
    .name = "request",
    .args = N_("MEMBER AMOUNT UNIT"),
    .summary = N_("Ask a member to pay you"),
    .help = N_("For example: pumasi request bob@hansalim 1:30 hour -m \"garden\"\n\n"
               "Nothing is paid by asking. The member finds it with \"pumasi requests\", and pays "
               "or declines it; \"pumasi decline\" also withdraws one of your own."),
    .min_args = 3,
    .max_args = 3,
    .options = options,
    .flags = COMMAND_ACT,
    .run = run,
};
