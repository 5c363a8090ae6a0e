/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* request, and decline, which ends a request or an act that isn't posted yet. */
#include "core/act_row.h"

/* The payee asks; for a purse its co-op's treasurers. */
int request_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    const struct act_transfer *t = &a->u.transfer;
    const char *coop = name_coop_start(t->to);
    const struct holder *payee;

    if (!str_eq(a->by, t->to) && act_by(a, coop, r) != 0)
        return -1;
    payee = member_of(s, t->to, r);
    if (!payee)
        return -1;
    if (str_eq(a->by, t->to) != (payee->kind == HOLDER_PERSON))
        return refuse(r, REFUSED_NOT_PERMITTED,
                      "A member asks for itself, and its co-op for a purse.");
    if (payee->kind == HOLDER_PURSE)
        way_governing(s, way_add(out), coop, ROLE_TREASURER);
    else
        way_governing(s, way_add(out), t->to, ROLE_MEMBER);
    return 0;
}

/* What the payer can be asked for: whether it can pay is judged when it does. */
int request_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                   struct outcome *out)
{
    const struct act_transfer *t = &a->u.transfer;
    const char *payer_coop = name_coop_start(t->from), *payee_coop = name_coop_start(t->to);
    const struct holder *payer;

    if (terms_decide(s, t, now, &out->refusal) != 0)
        return -1;
    if (t->expires < now.today)
        return refuse(&out->refusal, REFUSED_MALFORMED, "The request's last day is over already.");
    if (coop_is_open(state_holder(s, payee_coop), &out->refusal) != 0 ||
        member_is_active(state_holder(s, t->to), &out->refusal) != 0)
        return -1;
    if (!state_policy(s, payee_coop, t->unit))
        return refuse(&out->refusal, REFUSED_UNKNOWN_UNIT, "%s has no policy for the unit %s.",
                      payee_coop, t->unit);
    payer = member_of(s, t->from, &out->refusal);
    if (!payer)
        return -1;
    if (coop_is_open(state_holder(s, payer_coop), &out->refusal) != 0)
        return -1;
    if (payer->state == HOLDER_CLOSED)
        return refuse(&out->refusal, REFUSED_CLOSED, "%s is closed.", t->from);
    outcome_deal(out, deal_new(a, index, now.ms));
    outcome_book(s, out, payer_coop, index);
    outcome_book(s, out, payee_coop, index);
    return 0;
}

void decline_parse(struct strict *in, struct act *a)
{
    struct act_hash act = {0};

    parse_hash(in, "act", &act);
    if (!act.there)
        strict_fail(in, "act", "is missing");
    a->u.decline.act = act.hash;
    parse_hash(in, "reason_hash", &a->u.decline.reason);
}

/* Who could answer the request, and who made it. */
static void request_closers(const struct state *s, const struct act *a, const struct deal *request,
                            struct ways *out)
{
    const struct holder *payer = state_holder(s, request->from);
    const struct holder *payee = state_holder(s, request->to);

    if ((str_eq(a->by, request->from) && payer->kind == HOLDER_PERSON) ||
        (str_eq(a->by, request->to) && payee->kind == HOLDER_PERSON))
        way_office(way_add(out), a->by, ROLE_MEMBER, 1);
    if (str_eq(a->by, name_coop_start(request->from)) && registrar_may_pay(payer))
        way_office(way_add(out), a->by, ROLE_REGISTRAR, 1);
    if ((str_eq(a->by, name_coop_start(request->from)) && payer->kind == HOLDER_PURSE) ||
        (str_eq(a->by, name_coop_start(request->to)) && payee->kind == HOLDER_PURSE))
        way_office(way_add(out), a->by, ROLE_TREASURER, 1);
}

/*
 * One signature is enough to say no. What an act not yet posted asks for can't be known here: the
 * word of anybody is taken, and counts when such an act comes, if that is called for by it then
 * (rules.c).
 */
int decline_ways(const struct state *s, const struct act *a, struct ways *out, struct refusal *r)
{
    const struct deal *request = state_asked(s, &a->u.decline.act);
    const struct holder *by = state_holder(s, a->by);

    if (request) {
        request_closers(s, a, request, out);
    } else if (by && by->kind == HOLDER_PERSON) {
        way_office(way_add(out), a->by, ROLE_MEMBER, 1);
    } else if (by && by->kind == HOLDER_COOP) {
        way_office(way_add(out), a->by, ROLE_TREASURER, 1);
        way_office(way_add(out), a->by, ROLE_REGISTRAR, 1);
    } else if (by && by->kind == HOLDER_STEWARDS) {
        way_office(way_add(out), a->by, ROLE_STEWARD, 1);
    } else if (!by) {
        return refuse(r, REFUSED_UNKNOWN_ACCOUNT, "There is no %s.", a->by);
    }
    if (out->n == 0)
        return refuse(r, REFUSED_NOT_PERMITTED, "This is not for %s to decline.", a->by);
    return 0;
}

static int close_request(const struct state *s, const struct deal *request, int64_t index,
                         struct outcome *out)
{
    struct deal *after;

    if (request->answer >= 0)
        return refuse(&out->refusal, REFUSED_ALREADY_ANSWERED,
                      "Request %lld was %s before, by record %lld.", (long long)request->record,
                      request->paid ? WIRE_("paid") : WIRE_("declined"),
                      (long long)request->answer);
    after = deal_copy(request);
    after->answer = index;
    outcome_deal(out, after);
    outcome_book(s, out, name_coop_start(request->from), index);
    outcome_book(s, out, name_coop_start(request->to), index);
    return 0;
}

int decline_decide(const struct state *s, const struct act *a, struct moment now, int64_t index,
                   struct outcome *out)
{
    const struct hash *hash = &a->u.decline.act;
    const struct deal *request = state_asked(s, hash);
    const struct holder *by = state_holder(s, a->by);

    (void)now;
    if (by->kind == HOLDER_PERSON && member_is_active(by, &out->refusal) != 0)
        return -1;
    if (request)
        return close_request(s, request, index, out);
    if (state_voided(s, hash, a->by, out->signed_as))
        return refuse(&out->refusal, REFUSED_ALREADY_ANSWERED, "%s has declined this before.",
                      a->by);
    out->voided = voided_new(hash, a->by, out->signed_as);
    out->voided->record = index;
    if (by->kind != HOLDER_STEWARDS)
        outcome_book(s, out, name_coop_start(a->by), index);
    return 0;
}
