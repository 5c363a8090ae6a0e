/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi pay: a transfer, by the payer or by an office for one of its members; on one's own account
 * or in answer to a request. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/begun.h"
#include "client/cited.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/office.h"
#include "client/payment.h"
#include "client/query.h"
#include "client/requests.h"
#include "client/submit.h"
#include "core/network.h"
#include "core/record.h"

static int take_arguments(struct client *c, const struct cli *cli, struct payment *p)
{
    int rc;

    if (cli->n_args < 3)
        return fail(PUMASI_USAGE,
                    _("Say whom to pay, how much, and of what: pumasi pay MEMBER AMOUNT UNIT. Or "
                      "answer a request: pumasi pay --request NUMBER."));
    p->to = cli_arg(cli, 0);
    p->unit = cli_arg(cli, 2);
    p->from = cli_value(cli, "from");
    rc = client_check_address(c, p->to);
    if (rc == PUMASI_OK && p->from != NULL)
        rc = client_check_address(c, p->from);
    return rc == PUMASI_OK ? payment_amount(c, cli_arg(cli, 1), p) : rc;
}

/* Which role pays for a member other than oneself: a purse's treasurers, else the registrar. */
static int paying_office(struct client *c, const struct payment *p, const char *coop,
                         struct keyfile **keys, size_t *n)
{
    struct keyfile *asking;
    json_t *payer;
    bool purse;
    int rc = client_key(c, KEY_ROLE(ROLE_REGISTRAR), coop, &asking);

    if (rc != PUMASI_OK)
        return rc;
    rc = query_member(c, asking, p->from, &payer);
    if (rc != PUMASI_OK)
        return rc;
    purse = str_eq(json_text(payer, "kind"), "purse");
    json_decref(payer);
    return client_keys(c, KEY_ROLE(purse ? ROLE_TREASURER : ROLE_REGISTRAR), coop, keys, n);
}

static bool has_key(struct client *c, unsigned roles, const char *holder)
{
    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        if ((roles & KEY_ROLE(c->keys[i]->role)) != 0 && str_eq(c->keys[i]->holder, holder))
            return true;
    }
    return false;
}

static int choose_keys(struct client *c, const struct payment *p, struct keyfile **keys, size_t *n)
{
    char coop[COOP_MAX + 1];

    if (c->n_key_names > 0)
        return client_keys(c, KEY_ANY_ROLE, NULL, keys, n);
    if (p->from == NULL)
        return client_keys(c, KEY_ROLE(ROLE_MEMBER), NULL, keys, n);
    if (has_key(c, KEY_ROLE(ROLE_MEMBER), p->from))
        return client_keys(c, KEY_ROLE(ROLE_MEMBER), p->from, keys, n);
    name_coop_of(p->from, coop);
    if (has_key(c, KEY_ROLE(ROLE_REGISTRAR), coop))
        return paying_office(c, p, coop, keys, n);
    if (has_key(c, KEY_ROLE(ROLE_TREASURER), coop))
        return client_keys(c, KEY_ROLE(ROLE_TREASURER), coop, keys, n);
    return fail(PUMASI_FAILED,
                _("None of your keys can pay for %s: that takes their own, or one of the office "
                  "of %s. \"pumasi key list\" shows what there is."),
                p->from, coop);
}

/* Shows the request, from its verified record, and what is paid; asks. */
static int agree(struct client *c, const struct cli *cli, const struct payment *p,
                 const struct cited *request)
{
    struct render_named named = cited_named(request);
    char *text, *amount;

    if (cli_given(cli, "finish") || cli_given(cli, "discard-unsent"))
        return PUMASI_OK;
    text = render_named(c, &named, NULL);
    amount = client_amount_text(c, p->amount, p->unit);
    fputs(text, stderr);
    if (p->memo != NULL) {
        char *memo = say_safe(p->memo);

        note(_("%s pays %s to %s, with the memo “%s”."), p->from, amount, p->to, memo);
        free(memo);
    } else {
        note(_("%s pays %s to %s."), p->from, amount, p->to);
    }
    free(text);
    free(amount);
    if (office_agree(c, _("Pay this?")))
        return PUMASI_OK;
    return say_can_ask() ? fail(PUMASI_FAILED, _("Not paid.")) : PUMASI_USAGE;
}

/* What goes wrong before anything is signed. Sets p->from where it goes without saying. */
static int check(struct client *c, struct payment *p, struct keyfile *const *keys)
{
    if (p->from == NULL && keys[0]->role != ROLE_MEMBER)
        return fail(PUMASI_USAGE,
                    _("The key %s is an office's: say for whom it pays, with --from MEMBER."),
                    keys[0]->name);
    if (p->from == NULL)
        p->from = keys[0]->holder;
    if (str_eq(p->from, p->to))
        return fail(PUMASI_USAGE, _("%s would pay itself. Say whom to pay."), p->from);
    return query_member(c, keys[0], p->to, NULL);
}

/* Over how many others a payment to another co-op went: the record's header, which is in the
 * receipt, says how many parts it has, and not which (docs/protocol.md section 4.10). */
static void say_way(const struct client *c, const struct payment *p, const struct submit_result *r)
{
    const char *header = json_text(r->answer, "header"), *why;
    struct record_header h;
    int64_t between;

    if (r->outcome != SUBMIT_POSTED || c->json ||
        str_eq(name_coop_start(p->from), name_coop_start(p->to)) ||
        record_header_peek(&h, header, strlen(header), &why) != 0)
        return;
    between = record_way_edges(h.n_parts) - 1;
    if (between == 0)
        note(_("It went straight from %s to %s."), name_coop_start(p->from),
             name_coop_start(p->to));
    else if (between > 0)
        note(ngettext("It went from %s to %s over %lld co-op in between.",
                      "It went from %s to %s over %lld co-ops in between.", (unsigned long)between),
             name_coop_start(p->from), name_coop_start(p->to), (long long)between);
}

/* request: the record that is answered, or NULL. */
static int pay(struct client *c, const struct cli *cli, struct payment *p,
               const struct cited *request)
{
    struct keyfile *keys[CLI_VALUES_MAX];
    struct submit_request rq = {.type = "transfer"};
    struct submit_result result;
    char *amount, *what;
    int64_t hops = 0;
    size_t n;
    int reported, rc = cli_number(cli, "max-hops", 1, WAY_HOPS_MAX, &hops);

    if (rc == PUMASI_OK)
        rc = choose_keys(c, p, keys, &n);
    if (rc == PUMASI_OK)
        rc = check(c, p, keys);
    if (rc == PUMASI_OK && request != NULL &&
        !begun(c, ACT_TRANSFER, request->index, &request->w.act.payload_hash, NULL))
        rc = requests_check_open(c, keys[0], request->index);
    if (rc == PUMASI_OK)
        rc = payment_levy(c, keys[0], p);
    if (rc == PUMASI_OK && request != NULL)
        rc = agree(c, cli, p, request);
    if (rc != PUMASI_OK)
        return rc;
    amount = client_amount_text(c, p->amount, p->unit);
    rq.by = keys[0]->holder;
    what = str_eq(rq.by, p->from)
               ? x_asprintf(_("payment of %s to %s"), amount, p->to)
               : x_asprintf(_("payment of %s from %s to %s"), amount, p->from, p->to);
    rq.what = what;
    /* A treasurers' purse, or someone with several keys, may need further signatures. */
    rq.lifetime = keys[0]->role == ROLE_TREASURER ? SUBMIT_LATER : SUBMIT_SOON;
    payment_put(p, &rq);
    if (hops > 0)
        json_object_set_new(rq.members, "max_hops", json_integer(hops));
    if (request != NULL)
        json_object_set_new(rq.members, "request", json_integer(request->index));
    rc = submit_act(c, cli, &rq, keys, n, &result);
    reported = submit_report(c, rq.what, &result);
    say_way(c, p, &result);
    submit_result_free(&result);
    json_decref(rq.members);
    free(amount);
    free(what);
    return rc != PUMASI_OK ? rc : reported;
}

/* --- answering a request --- */

/* What the command line says besides may not say something else. */
static int contradicts(struct client *c, const struct cli *cli, const struct act_transfer *t)
{
    const char *from = cli_value(cli, "from");
    int64_t amount = t->amount;
    char *asked;
    int rc = PUMASI_OK;

    if (cli->n_args == 3 && str_eq(cli_arg(cli, 2), t->unit))
        rc = client_amount(c, cli_arg(cli, 1), t->unit, false, &amount);
    if (rc != PUMASI_OK)
        return rc;
    if ((cli->n_args == 0 || (cli->n_args == 3 && str_eq(cli_arg(cli, 0), t->to) &&
                              str_eq(cli_arg(cli, 2), t->unit) && amount == t->amount)) &&
        (from == NULL || str_eq(from, t->from)))
        return PUMASI_OK;
    asked = client_amount_text(c, t->amount, t->unit);
    rc = fail(PUMASI_USAGE,
              _("The request asks that %s pay %s to %s, and the command line says something else. "
                "Leave it out, or pay without --request."),
              t->from, asked, t->to);
    free(asked);
    return rc;
}

/* Memo, category and value date are the request's unless they are given. */
static void take_over(struct payment *p, const struct cited *request, char date[DATE_LEN + 1])
{
    const struct act_transfer *t = &request->w.act.u.transfer;

    p->from = t->from;
    p->to = t->to;
    p->unit = t->unit;
    p->amount = t->amount;
    if (p->category == NULL && t->category[0] != '\0')
        p->category = t->category;
    if (p->value_date == NULL && t->has_value_date) {
        date_text(date, t->value_date);
        p->value_date = date;
    }
    if (p->memo == NULL)
        p->memo = cited_text(request, "memo", &t->memo);
}

static int answer(struct client *c, const struct cli *cli, struct payment *p)
{
    struct cited request = {0};
    char date[DATE_LEN + 1];
    int64_t index;
    int rc = cited_index(cli_value(cli, "request"), &index);

    /* Units may be new, and the amount is shown in them. */
    if (rc == PUMASI_OK)
        rc = client_ledger(c, NULL);
    if (rc == PUMASI_OK)
        rc = cited_fetch(c, NULL, index, &request);
    if (rc == PUMASI_OK && request.w.act.type != ACT_REQUEST) {
        char *what = render_headline(c, &request.w.act, NULL);

        rc =
            fail(PUMASI_FAILED,
                 _("Record %" PRId64 " is no request but this: %s. \"pumasi requests\" lists those "
                   "that you can pay."),
                 index, what);
        free(what);
    }
    if (rc == PUMASI_OK)
        rc = contradicts(c, cli, &request.w.act.u.transfer);
    if (rc == PUMASI_OK) {
        take_over(p, &request, date);
        rc = pay(c, cli, p, &request);
    }
    cited_free(&request);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct payment p = {0};
    int rc = payment_options(cli, &p);

    if (rc == PUMASI_OK && cli_given(cli, "request")) {
        rc = answer(c, cli, &p);
    } else if (rc == PUMASI_OK) {
        rc = take_arguments(c, cli, &p);
        if (rc == PUMASI_OK)
            rc = pay(c, cli, &p, NULL);
    }
    payment_free(&p);
    return rc;
}

static const struct cli_option options[] = {
    {"memo", 'm', N_("TEXT"), N_("what it is for; seen by both sides, at most 280 bytes")},
    {"from", 'f', N_("MEMBER"), N_("who pays, where an office records it for a member or a purse")},
    {"value-date", 'd', N_("DATE"), N_("the day the service was given, as 2026-11-22")},
    {"category", 'c', N_("WORD"), N_("a word to sort payments by")},
    {"max-hops", 0, N_("N"),
     N_("to another co-op: over so many steps from co-op to co-op at most (without it: 4)")},
    {"request", 'r', N_("NUMBER"), N_("pay what this request asks for: nothing else need be said")},
    {0},
};

const struct command cmd_pay = {
    .name = "pay",
    .args = N_("MEMBER AMOUNT UNIT | --request NUMBER"),
    .summary = N_("Pay a member"),
    .help = N_(
        "For example: pumasi pay alice@hansalim 1:30 hour -m \"garden\"\n\n"
        "Hours are written 1:30, 1.5 or 90m. The payment is written down on this machine "
        "before it is sent. When it is interrupted, run the same command again: it finishes "
        "the first payment instead of paying twice (it asks first on a terminal).\n\n"
        "A member of another co-op is paid over the lines that co-ops give each other: "
        "straight where that is enough, else over others that let payments pass. You are told "
        "over how many; which co-ops those were, each of them and the two offices see, as far as "
        "it is theirs.\n\n"
        "pumasi pay --request 12 pays what record 12 asks for; \"pumasi requests\" lists "
        "such records. It shows the request, from the very bytes that the ledger's log "
        "proves, and asks."),
    .min_args = 0,
    .max_args = 3,
    .options = options,
    .flags = COMMAND_ACT,
    .run = run,
};
