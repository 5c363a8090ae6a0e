/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An act in one line. */
#include "client/render.h"

#include <stdlib.h>

#include "client/render_words.h"
#include "core/levy.h"

static char *titled(const char *what, const char *handle, const char *title)
{
    char *q = render_quoted(title), *out = x_asprintf("%s %s (%s)", what, handle, q);

    free(q);
    return out;
}

static char *headline_open(const struct act *a)
{
    char *name = render_quoted(a->u.ledger_open.name), *origin = say_safe(a->aud);
    char *out = x_asprintf(_("opening of the ledger %s (%s)"), name, origin);

    free(name);
    free(origin);
    return out;
}

static char *headline_member(enum act_type type, const struct act_member *m)
{
    if (type == ACT_MEMBER_CREATE && m->purse)
        return x_asprintf(_("new purse %s"), m->member);
    if (type == ACT_MEMBER_CREATE)
        return x_asprintf(_("new member %s"), m->member);
    if (type == ACT_MEMBER_UPDATE)
        return x_asprintf(_("change of the name of %s"), m->member);
    if (type == ACT_MEMBER_FREEZE)
        return x_asprintf(_("freeze of %s"), m->member);
    if (type == ACT_MEMBER_UNFREEZE)
        return x_asprintf(_("unfreeze of %s"), m->member);
    if (type == ACT_MEMBER_CLOSE)
        return x_asprintf(_("closing of %s, for ever"), m->member);
    if (m->allowed)
        return x_asprintf(_("permission for registrars to record payments of %s"), m->member);
    return x_asprintf(_("end of the permission for registrars to record payments of %s"),
                      m->member);
}

static char *headline_transfer(const struct client *c, const struct act_transfer *t)
{
    char *amount = render_amount(c, t->amount, t->unit);
    char *out = x_asprintf(_("payment of %s from %s to %s"), amount, t->from, t->to);

    free(amount);
    return out;
}

static char *headline_key(enum act_type type, const struct act_key *k)
{
    char *key = render_key_of(k->role, k->holder), *who = render_signers(k->role, k->holder), *out;

    if (type == ACT_KEY_ADD)
        out = x_asprintf(_("new %s"), key);
    else if (type == ACT_KEY_REVOKE)
        out = x_asprintf(_("revocation of a %s, for ever"), key);
    else
        out = x_asprintf(_("threshold of %lld for the %s"), (long long)k->threshold, who);
    free(key);
    free(who);
    return out;
}

static char *headline_recover(const struct act *a)
{
    const struct act_recover *v = &a->u.recover;
    char *who = v->role == ROLE_MEMBER ? x_strdup(v->holder) : render_signers(v->role, v->holder);
    char *out;

    if (a->type == ACT_KEY_RECOVER)
        out = x_asprintf(_("new keys for %s in the place of lost ones, in seven days"), who);
    else if (a->type == ACT_KEY_RECOVER_FINISH)
        out = x_asprintf(_("coming into force of new keys for %s: all old ones are revoked"), who);
    else if (str_eq(a->by, v->holder))
        out = x_asprintf(_("objection to new keys for %s"), who);
    else
        out = x_asprintf(_("end of a recovery: no new keys for %s"), who);
    free(who);
    return out;
}

static char *headline_request(const struct client *c, const struct act_transfer *t)
{
    char *amount = render_amount(c, t->amount, t->unit);
    char *out = x_asprintf(_("request that %s pay %s to %s"), t->from, amount, t->to);

    free(amount);
    return out;
}

/* The payload has no unit: that is the record's. */
static char *headline_settlement(const struct client *c, const struct act_settlement *t)
{
    char *amount = render_amount(c, t->amount, t->unit);
    char *out = x_asprintf(_("settlement of %s that %s gave %s"), amount, t->from, t->to);

    free(amount);
    return out;
}

static char *headline_reversal(const struct client *c, const struct act_reversal *r,
                               const struct render_named *named)
{
    char *amount, *out;

    if (named == NULL || named->act->type != ACT_TRANSFER)
        return x_asprintf(_("reversal of %lld minor units of record %lld"), (long long)r->amount,
                          (long long)r->record);
    amount = render_amount(c, r->amount, named->act->u.transfer.unit);
    if (r->amount == named->act->u.transfer.amount)
        out = x_asprintf(_("reversal of record %lld, all of its %s"), (long long)r->record, amount);
    else
        out = x_asprintf(_("reversal of %s of record %lld"), amount, (long long)r->record);
    free(amount);
    return out;
}

bool render_withdraws(const char *by, const struct render_named *named)
{
    return str_eq(by, named->act->by) && (named->index >= 0 || name_is_address(by));
}

char *render_declining(const struct client *c, const char *by, const struct render_named *named,
                       const struct render_named *in_turn)
{
    char *what, *out;

    if (named == NULL)
        return x_strdup(_("decline of an act that isn't shown here"));
    what = render_headline(c, named->act, in_turn);
    out = x_asprintf(
        render_withdraws(by, named) ? _("withdrawal of the %s") : _("decline of the %s"), what);
    free(what);
    return out;
}

char *render_headline(const struct client *c, const struct act *a, const struct render_named *named)
{
    char month[LEVY_MONTH_LEN + 1];

    switch (a->type) {
    case ACT_LEDGER_OPEN:
        return headline_open(a);
    case ACT_UNIT_CREATE:
        return titled(_("new unit"), a->u.unit_create.unit, a->u.unit_create.name);
    case ACT_COOP_CREATE:
        return titled(_("new co-op"), a->u.coop_create.coop, a->u.coop_create.name);
    case ACT_COOP_POLICY:
        return x_asprintf(_("limits of the members of %s in %s"), a->u.coop_policy.coop,
                          a->u.coop_policy.unit);
    case ACT_MEMBER_CREATE:
    case ACT_MEMBER_UPDATE:
    case ACT_MEMBER_FREEZE:
    case ACT_MEMBER_UNFREEZE:
    case ACT_MEMBER_CLOSE:
    case ACT_RECORD_ALLOW:
        return headline_member(a->type, &a->u.member);
    case ACT_ACCOUNT_LIMITS:
        return x_asprintf(_("limits of %s in %s"), a->u.account_limits.member,
                          a->u.account_limits.unit);
    case ACT_KEY_ADD:
    case ACT_KEY_REVOKE:
    case ACT_THRESHOLD_SET:
        return headline_key(a->type, &a->u.key);
    case ACT_KEY_RECOVER:
    case ACT_KEY_RECOVER_FINISH:
    case ACT_KEY_OBJECT:
        return headline_recover(a);
    case ACT_TRANSFER:
        return headline_transfer(c, &a->u.transfer);
    case ACT_REQUEST:
        return headline_request(c, &a->u.transfer);
    case ACT_REVERSAL:
        return headline_reversal(c, &a->u.reversal, named);
    case ACT_DECLINE:
        return render_declining(c, a->by, named, NULL);
    case ACT_CLEARING_PROPOSE:
        return x_asprintf(_("round of clearing in %s"), a->u.clearing.unit);
    case ACT_CLEARING_CONSENT:
        return x_asprintf(_("consent of %s to the clearing in %s"), a->by, a->u.clearing.unit);
    case ACT_CLEARING_DECLINE:
        return x_asprintf(_("decline of the clearing in %s by %s"), a->u.clearing.unit, a->by);
    case ACT_CLEARING_POST:
        return x_asprintf(_("clearing of what co-ops owe each other in %s"), a->u.clearing.unit);
    case ACT_LINE_SET:
        return x_asprintf(_("line that %s gives %s in %s"), a->u.line_set.coop,
                          a->u.line_set.partner, a->u.line_set.unit);
    case ACT_LEVY:
        levy_month_text(month, a->u.levy.month);
        return x_asprintf(_("levy on %s in %s for the month %s"), a->u.levy.member, a->u.levy.unit,
                          month);
    case ACT_ESTATE:
        return x_asprintf(_("estate of %s in %s, with the purse %s"), a->u.estate.member,
                          a->u.estate.unit, a->u.estate.purse);
    case ACT_SETTLEMENT:
        return headline_settlement(c, &a->u.settlement);
    case ACT_COOP_CLOSE:
        return x_asprintf(_("closing of the co-op %s, for ever"), a->u.coop_close.coop);
    case ACT_SNAPSHOT:
        return x_asprintf(_("the ledger's snapshot of its first %lld records"),
                          (long long)a->u.snapshot.size);
    case ACT_LEDGER_CONTINUE:
        return x_asprintf(_("continuation of the ledger as %s, without the records that were lost"),
                          a->u.ledger_continue.origin);
    }
    return x_strdup(act_type_name(a->type));
}
