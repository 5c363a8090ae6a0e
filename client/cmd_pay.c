/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi pay: a transfer, by the payer or by an office for one of its members. */
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/query.h"
#include "client/submit.h"

/* What is to be paid, as far as the command line says. */
struct payment {
    const char *to, *unit;
    const char *from; /* --from, else the key's holder */
    int64_t amount;
    const char *value_date, *category; /* NULL where not given */
    char *memo;                        /* owned; NULL without one */
    char *what;                        /* owned */
};

static int take_arguments(struct client *c, const struct cli *cli, struct payment *p)
{
    const char *memo = cli_value(cli, "memo");
    char *safe;
    int rc;

    p->to = cli_arg(cli, 0);
    p->unit = cli_arg(cli, 2);
    p->from = cli_value(cli, "from");
    p->value_date = cli_value(cli, "value-date");
    p->category = cli_value(cli, "category");
    rc = client_check_address(c, p->to);
    if (rc == PUMASI_OK && p->from != NULL)
        rc = client_check_address(c, p->from);
    if (rc == PUMASI_OK && p->value_date != NULL)
        rc = client_check_date(p->value_date);
    if (rc == PUMASI_OK && p->category != NULL && !name_is_category(p->category)) {
        safe = say_safe(p->category);
        rc = fail(PUMASI_USAGE,
                  _("\"%s\" is no category: that is 1 to 24 small letters a-z, digits and '-', "
                    "as in garden."),
                  safe);
        free(safe);
    }
    if (rc == PUMASI_OK)
        rc = client_amount(c, cli_arg(cli, 1), p->unit, false, &p->amount);
    if (rc == PUMASI_OK && p->amount == 0)
        rc = fail(PUMASI_USAGE, _("A payment of nothing isn't one. Say how much."));
    if (rc == PUMASI_OK && memo != NULL && memo[0] != '\0') {
        p->memo = client_text(_("memo"), memo, TEXT_MEMO_MAX);
        rc = p->memo == NULL ? PUMASI_USAGE : PUMASI_OK;
    }
    return rc;
}

/* Which role pays for a member other than oneself: a purse's treasurers, else the registrar. */
static int office_keys(struct client *c, const struct payment *p, const char *coop,
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
        return office_keys(c, p, coop, keys, n);
    if (has_key(c, KEY_ROLE(ROLE_TREASURER), coop))
        return client_keys(c, KEY_ROLE(ROLE_TREASURER), coop, keys, n);
    return fail(PUMASI_FAILED,
                _("None of your keys can pay for %s: that takes their own, or one of the office "
                  "of %s. \"pumasi key list\" shows what there is."),
                p->from, coop);
}

static void describe(struct client *c, struct payment *p, bool own)
{
    char *amount = client_amount_text(c, p->amount, p->unit);

    p->what = own ? x_asprintf(_("payment of %s to %s"), amount, p->to)
                  : x_asprintf(_("payment of %s from %s to %s"), amount, p->from, p->to);
    free(amount);
}

static int pay(struct client *c, const struct cli *cli, struct payment *p)
{
    struct keyfile *keys[CLI_VALUES_MAX];
    struct submit_request rq = {.type = "transfer", .unit = p->unit};
    struct submit_result result;
    size_t n;
    int rc = choose_keys(c, p, keys, &n);

    if (rc != PUMASI_OK)
        return rc;
    rq.by = keys[0]->holder;
    if (p->from == NULL && keys[0]->role != ROLE_MEMBER)
        return fail(PUMASI_USAGE,
                    _("The key %s is an office's: say for whom it pays, with --from MEMBER."),
                    keys[0]->name);
    if (p->from == NULL)
        p->from = keys[0]->holder;
    if (str_eq(p->from, p->to))
        return fail(PUMASI_USAGE, _("%s would pay itself. Say whom to pay."), p->from);
    rc = query_member(c, keys[0], p->to, NULL);
    if (rc != PUMASI_OK)
        return rc;
    describe(c, p, str_eq(rq.by, p->from));
    rq.what = p->what;
    /* A treasurers' purse, or someone with several keys, may need further signatures. */
    rq.lifetime = keys[0]->role == ROLE_TREASURER ? SUBMIT_LATER : SUBMIT_SOON;
    rq.members = json_pack("{s:s, s:s, s:s, s:I, s:s*, s:s*}", "from", p->from, "to", p->to, "unit",
                           p->unit, "amount", (json_int_t)p->amount, "value_date", p->value_date,
                           "category", p->category);
    if (p->memo != NULL) {
        rq.n_texts = 1;
        rq.texts[0].field = "memo";
        rq.texts[0].text = p->memo;
    }
    rc = submit_act(c, cli, &rq, keys, n, &result);
    rc = submit_finish(c, rq.what, &result, rc);
    json_decref(rq.members);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct payment p = {0};
    int rc = take_arguments(c, cli, &p);

    if (rc == PUMASI_OK)
        rc = pay(c, cli, &p);
    free(p.memo);
    free(p.what);
    return rc;
}

static const struct cli_option options[] = {
    {"memo", 'm', N_("TEXT"), N_("what it is for; seen by both sides, at most 280 bytes")},
    {"from", 'f', N_("MEMBER"), N_("who pays, where an office records it for a member or a purse")},
    {"value-date", 'd', N_("DATE"), N_("the day the service was given, as 2026-11-22")},
    {"category", 'c', N_("WORD"), N_("a word to sort payments by")},
    {0},
};

const struct command cmd_pay = {
    .name = "pay",
    .args = N_("MEMBER AMOUNT UNIT"),
    .summary = N_("Pay a member"),
    .help = N_("For example: pumasi pay alice@hansalim 1:30 hour -m \"garden\"\n\n"
               "Hours are written 1:30, 1.5 or 90m. The payment is written down on this machine "
               "before it is sent. When it is interrupted, run the same command again: it finishes "
               "the first payment instead of paying twice (it asks first on a terminal)."),
    .min_args = 3,
    .max_args = 3,
    .options = options,
    .flags = COMMAND_ACT,
    .run = run,
};
