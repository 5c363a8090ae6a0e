/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entries as people read them. */
#include <string.h>

#include "core/network.h"
#include "core/statement_run.h"

static void take_terms(const struct statement_check_run *run, const struct act_transfer *t,
                       struct statement_line *out)
{
    char from[ACCOUNT_MAX + 1];

    name_account(from, t->from, t->unit);
    str_copy(out->counterparty, sizeof(out->counterparty),
             str_eq(from, run->st->account) ? t->to : t->from);
    str_copy(out->category, sizeof(out->category), t->category);
}

/* With whom, of what is neither a transfer nor a reversal, as far as the act says it. */
static void take_partner(const struct statement_check_run *run, const struct act *a,
                         struct statement_line *out)
{
    char member[ACCOUNT_MAX + 1], coop[COOP_MAX + 1];
    struct position position;
    const char *with = "";

    name_coop_of(run->st->account, coop);
    str_copy(member, sizeof(member), run->st->account);
    member[strcspn(member, "/")] = '\0';
    if (a->type == ACT_SETTLEMENT)
        with = str_eq(coop, a->u.settlement.from) ? a->u.settlement.to : a->u.settlement.from;
    else if (a->type == ACT_CLEARING_POST && position_parse(&position, run->st->account))
        with = position.partner;
    else if (a->type == ACT_LEVY && !str_eq(member, a->u.levy.member))
        with = a->u.levy.member; /* which purse it goes into, the act doesn't say */
    else if (a->type == ACT_ESTATE)
        with = str_eq(member, a->u.estate.member) ? a->u.estate.purse : a->u.estate.member;
    str_copy(out->counterparty, sizeof(out->counterparty), with);
}

static void take_text(const struct run_record *r, const struct act_hash *hash,
                      struct statement_line *out)
{
    const struct statement_record *shown = r->shown;

    if (shown->n_texts == 1 && r->why[CHECK_TEXTS] == REASON_NONE)
        out->text = shown->texts[0].text;
    out->text_erased = hash->there && !out->text.s;
}

/* A purse has no keys: its co-op's treasurers sign for it. */
static bool is_purse(const struct statement_check_run *run, const char *member)
{
    const struct run_change *c = run_change_of(run, member);

    return c && c->holder && c->holder->kind == HOLDER_PURSE;
}

/* By whose keys, in the words of GET …/postings. */
static const char *signed_by(const struct run_record *r, bool forced)
{
    bool payment = r->act->type == ACT_TRANSFER || r->act->type == ACT_REVERSAL;

    switch (r->signed_as) {
    case ROLE_MEMBER:
        return "member";
    case ROLE_REGISTRAR:
        return "registrar";
    case ROLE_TREASURER:
        return payment && !forced ? "member" /* of a purse */ : "treasurers";
    case ROLE_CLERK:
        return "ledger";
    case ROLE_STEWARD:
    case ROLE_AUDITOR:
    case ROLE_LOG:
        break;
    }
    return NULL;
}

static void take_act(const struct statement_check_run *run, const struct run_record *r,
                     struct statement_line *out)
{
    const struct act *a = r->act;
    const struct run_record *of;

    out->has_act = true;
    out->type = a->type;
    str_copy(out->by, sizeof(out->by), a->by);
    if (a->type == ACT_TRANSFER) {
        const struct act_transfer *t = &a->u.transfer;

        take_terms(run, t, out);
        take_text(r, &t->memo, out);
        out->has_value_date = t->has_value_date;
        out->value_date = t->value_date;
        out->request = t->has_request ? t->request : -1;
    } else if (a->type == ACT_REVERSAL) {
        out->reverses = a->u.reversal.record;
        take_text(r, &a->u.reversal.reason, out);
        of = run_transfer(run, out->reverses);
        if (of)
            take_terms(run, &of->act->u.transfer, out);
        out->forced = r->judged && r->signed_as == ROLE_TREASURER && of &&
                      !is_purse(run, of->act->u.transfer.to);
    } else {
        take_partner(run, a, out);
    }
    if (a->type == ACT_SETTLEMENT) {
        take_text(r, &a->u.settlement.reference, out);
        out->has_value_date = true;
        out->value_date = a->u.settlement.date;
    } else if (a->type == ACT_ESTATE) {
        take_text(r, &a->u.estate.reason, out);
    }
    if (r->judged)
        out->signed_by = signed_by(r, out->forced);
    for (size_t i = 0; i < r->env.n_sigs && out->n_sigs < ARRAY_LEN(out->signers); i++)
        out->signers[out->n_sigs++] = &r->env.sigs[i].kid;
}

bool statement_line_of(const struct statement_check_run *run, size_t i, struct statement_line *out)
{
    const struct run_record *r = run_entry(run, i);

    memset(out, 0, sizeof(*out));
    out->reverses = out->request = -1;
    if (!r->readable)
        return false;
    out->index = r->index;
    out->ms = r->ms;
    out->amount = r->amount;
    out->balance = r->balance;
    out->seq = r->seq;
    out->proved = !r->failed;
    out->open = r->open;
    if (r->act)
        take_act(run, r, out);
    return true;
}
