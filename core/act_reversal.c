/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* reversal: a transfer, or a part of it, goes back the way it came. */
#include "core/act_row.h"
#include "core/levy.h"
#include "core/num.h"

#define DAY_MS INT64_C(86400000)

void reversal_parse(struct strict *in, struct act *a)
{
    struct act_reversal *v = &a->u.reversal;

    strict_int(in, "record", STRICT_REQUIRED, 0, NUM_MAX, &v->record);
    strict_int(in, "amount", STRICT_REQUIRED, 1, AMOUNT_MAX, &v->amount);
    parse_hash(in, "reason_hash", &v->reason);
}

/*
 * The payee (a purse: treasurers); the registrar's co-op that recorded it; the payee's treasurers,
 * forced. By a co-op the signers' role tells which it is.
 */
int reversal_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    const struct act_reversal *v = &a->u.reversal;
    const struct deal *transfer = state_deal(s, v->record);
    const struct holder *payer, *payee;

    if (!transfer || transfer->is_request || !deal_concerns(transfer, a->by))
        return refuse(r, REFUSED_UNKNOWN_RECORD, "There is no transfer %lld.",
                      (long long)v->record);
    payer = state_holder(s, transfer->from);
    payee = state_holder(s, transfer->to);
    if (str_eq(a->by, transfer->to) && payee && payee->kind == HOLDER_PERSON)
        way_governing(s, way_add(out), a->by, ROLE_MEMBER);
    if (str_eq(a->by, name_coop_start(transfer->to)))
        way_governing(s, way_add(out), a->by, ROLE_TREASURER);
    if (str_eq(a->by, name_coop_start(transfer->from)) && transfer->by_office && payer &&
        payer->kind == HOLDER_PERSON)
        way_office(way_add(out), a->by, ROLE_REGISTRAR, 1);
    if (out->n == 0)
        return refuse(r, REFUSED_NOT_PERMITTED, "Transfer %lld is not for %s to reverse.",
                      (long long)v->record, a->by);
    return 0;
}

/* What comes back of the levy. A purse that is closed gives nothing more. */
static int64_t refund(const struct state *s, const struct deal *transfer, int64_t amount)
{
    const struct holder *purse = transfer->levy > 0 ? state_holder(s, transfer->levy_purse) : NULL;

    if (!purse || purse->state == HOLDER_CLOSED)
        return 0;
    return levy_refund(transfer->levy, transfer->amount, transfer->reversed, amount);
}

/* For how long those may who aren't the payee. */
static int judge_window(const struct state *s, const struct deal *transfer, struct moment now,
                        const struct outcome *out, struct refusal *r)
{
    const struct policy *policy = state_policy(s, name_coop_start(transfer->to), transfer->unit);
    int64_t age = now.ms - transfer->ms;

    if (out->signed_as == ROLE_REGISTRAR && age > OFFICE_REVERSAL_MS)
        return refuse(r, REFUSED_NOT_PERMITTED,
                      "A registrar may reverse what the office recorded for 30 days only.");
    if (out->forced && (!policy || age > policy->reversal_days * DAY_MS))
        return refuse(r, REFUSED_NOT_PERMITTED,
                      "Treasurers may reverse a payment to a member for %lld days only.",
                      (long long)(policy ? policy->reversal_days : 0));
    return 0;
}

static int judge_amount(const struct deal *transfer, int64_t amount, struct refusal *r)
{
    if (amount <= transfer->amount - transfer->reversed)
        return 0;
    if (transfer->reversed == 0)
        return refuse(r, REFUSED_LIMIT_OUT_OF_BOUNDS, "This is more than was transferred.");
    return refuse(r, REFUSED_ALREADY_REVERSED, "Of transfer %lld %s is left to be reversed.",
                  (long long)transfer->record,
                  transfer->reversed < transfer->amount ? "less than this" : "nothing");
}

/* The way that the transfer came, from the payee's co-op to the payer's. */
static void way_back(const struct deal *transfer, struct network_way *out)
{
    name_coop_of(transfer->to, out->coop[0]);
    for (size_t i = 0; i < transfer->n_via; i++)
        str_copy(out->coop[1 + i], COOP_MAX + 1, transfer->via[transfer->n_via - 1 - i]);
    name_coop_of(transfer->from, out->coop[1 + transfer->n_via]);
    out->n = 2 + transfer->n_via;
}

int reversal_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                    struct outcome *out)
{
    const struct act_reversal *v = &a->u.reversal;
    const struct deal *transfer = state_deal(s, v->record);
    struct payment payment;
    const struct holder *payee = state_holder(s, transfer->to);
    struct deal *after;

    if (!payee) /* of a forged log: nobody was ever paid who isn't there */
        return refuse(&out->refusal, REFUSED_UNKNOWN_RECORD, "There is no transfer %lld.",
                      (long long)v->record);
    out->forced = out->signed_as == ROLE_TREASURER && payee->kind == HOLDER_PERSON;
    if (judge_window(s, transfer, now, out, &out->refusal) != 0 ||
        judge_amount(transfer, v->amount, &out->refusal) != 0)
        return -1;
    after = deal_copy(transfer);
    after->reversed += v->amount;
    outcome_deal(out, after);
    payment = (struct payment){.from = transfer->to,
                               .to = transfer->from,
                               .unit = transfer->unit,
                               .amount = v->amount,
                               .levy = refund(s, transfer, v->amount),
                               .purse = transfer->levy_purse,
                               .back = true,
                               .forced = out->forced};
    way_back(transfer, &payment.way);
    if (payment_decide(s, &payment, index, out) == 0)
        return 0;
    /* The payer's office takes back what it recorded, and reads the payee's account only if that is
     * of its own co-op. */
    if (!str_eq(a->by, transfer->to) && !str_eq(a->by, name_coop_start(transfer->to)))
        out->refusal.has_numbers = false;
    return -1;
}
