/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/render.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/render_words.h"
#include "core/date.h"
#include "core/lineage.h"
#include "core/levy.h"
#include "core/network.h"
#include "core/text.h"

#define LABEL_WIDTH 18

/* --- headlines --- */

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
    const struct act_member *m = &a->u.member;
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
        if (m->purse)
            return x_asprintf(_("new purse %s"), m->member);
        return x_asprintf(_("new member %s"), m->member);
    case ACT_MEMBER_UPDATE:
        return x_asprintf(_("change of the name of %s"), m->member);
    case ACT_MEMBER_FREEZE:
        return x_asprintf(_("freeze of %s"), m->member);
    case ACT_MEMBER_UNFREEZE:
        return x_asprintf(_("unfreeze of %s"), m->member);
    case ACT_MEMBER_CLOSE:
        return x_asprintf(_("closing of %s, for ever"), m->member);
    case ACT_RECORD_ALLOW:
        if (m->allowed)
            return x_asprintf(_("permission for registrars to record payments of %s"), m->member);
        return x_asprintf(_("end of the permission for registrars to record payments of %s"),
                          m->member);
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

/* --- details --- */

static void line(struct buf *b, const char *label, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void line(struct buf *b, const char *label, const char *fmt, ...)
{
    size_t width = text_width(label);
    char *value;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    value = x_malloc((size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(value, (size_t)n + 1, fmt, ap);
    va_end(ap);
    buf_printf(b, "  %s%*s %s\n", label, width < LABEL_WIDTH ? (int)(LABEL_WIDTH - width) : 0, "",
               value);
    free(value);
}

static void kid_line(struct buf *b, const struct client *c, const char *label,
                     const struct kid *kid)
{
    for (size_t i = 0; i < c->n_keys; i++) {
        if (str_eq(c->keys[i]->kid.s, kid->s)) {
            line(b, label, _("%s (your key %s)"), kid->s, c->keys[i]->name);
            return;
        }
    }
    line(b, label, "%s", kid->s);
}

static void key_line(struct buf *b, const struct client *c, const char *label,
                     const struct key *key)
{
    struct kid kid;

    key_kid(&kid, key);
    kid_line(b, c, label, &kid);
}

static void keys_lines(struct buf *b, const struct client *c, const char *label,
                       const struct act_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        key_line(b, c, i == 0 ? label : "", &keys->keys[i]);
}

/* "treasurers: 2 of 3 must sign" */
static void threshold_line(struct buf *b, const char *label, int64_t threshold, size_t n)
{
    if (n == 1)
        line(b, label, _("one key"));
    else
        line(b, label, _("%lld of these %zu keys must sign"), (long long)threshold, n);
}

const struct submitted_text *render_text(const struct submission *s, const char *field,
                                         const struct act_hash *signed_hash)
{
    for (size_t i = 0; s != NULL && signed_hash->there && i < s->n_texts; i++) {
        const struct submitted_text *t = &s->texts[i];
        struct hash h;

        if (!str_eq(t->field, field))
            continue;
        text_hash(&h, t->salt, t->text, t->len);
        if (hash_eq(&h, &signed_hash->hash))
            return t;
    }
    return NULL;
}

/* A text of which only the hash is signed. */
static void text_line(struct buf *b, const char *label, const char *field,
                      const struct act_hash *signed_hash, const struct submission *s)
{
    const struct submitted_text *t = render_text(s, field, signed_hash);
    char *q;

    if (t != NULL) {
        q = render_quoted(t->text);
        line(b, label, "%s", q);
        free(q);
    } else if (signed_hash->there) {
        line(b, label, _("there is one, but the ledger doesn't show it to you"));
    }
}

static void seconds_line(struct buf *b, const char *label, int64_t seconds)
{
    char utc[TIME_LEN + 1], *local;

    time_text(utc, seconds * 1000);
    local = say_time(utc);
    line(b, label, "%s", local);
    free(local);
}

static void details_open(struct buf *b, const struct client *c, const struct act_ledger_open *o)
{
    char *zone = say_safe(o->zone);

    line(b, _("time zone"), "%s", zone);
    threshold_line(b, _("stewards"), o->threshold, o->stewards.n);
    keys_lines(b, c, "", &o->stewards);
    key_line(b, c, _("ledger's log key"), &o->log_key);
    key_line(b, c, _("ledger's clerk"), &o->clerk_key);
    line(b, _("rules"), _("version %lld"), (long long)o->rules);
    free(zone);
}

static void details_unit(struct buf *b, const struct act_unit_create *u)
{
    char one[AMOUNT_TEXT_MAX], least[AMOUNT_TEXT_MAX];

    amount_text(one, u->scale, u->kind, u->scale);
    amount_text(least, 1, u->kind, u->scale);
    line(b, _("counts"), "%s", render_unit_kind(u->kind));
    line(b, _("scale"), _("one is written %s and has %lld minor units; the least is %s"), one,
         (long long)u->scale, least);
}

static void details_coop(struct buf *b, const struct client *c, const struct act_coop_create *k)
{
    threshold_line(b, _("treasurers"), k->threshold, k->treasurers.n);
    keys_lines(b, c, "", &k->treasurers);
    if (k->registrars.n == 0)
        line(b, _("registrars"), _("none"));
    keys_lines(b, c, _("registrars"), &k->registrars);
}

static void bounds_line(struct buf *b, const struct client *c, const char *label,
                        const struct act_bounds *bounds, const char *unit)
{
    char *words = render_bounds(c, bounds, unit);

    line(b, label, "%s", words);
    free(words);
}

static const char *clearing_words(enum clearing_choice choice)
{
    switch (choice) {
    case CLEARING_ASK:
        return _("when the co-op consents to the round");
    case CLEARING_AUTO:
        return _("always");
    case CLEARING_NEVER:
        return _("never");
    }
    return "";
}

static void details_levy(struct buf *b, const struct client *c, const struct act_coop_policy *p)
{
    const struct act_levies *levy = &p->levy;

    if (levy->has_per_mille)
        line(b, _("levy on payments"), _("%lld per mille, paid by the payer on top, into %s"),
             (long long)levy->per_mille, levy->purse);
    if (levy->has_monthly) {
        char *amount = render_amount(c, levy->monthly, p->unit);

        line(b, _("monthly levy"), _("%s from each member, into %s"), amount, levy->purse);
        free(amount);
    }
}

static void details_policy(struct buf *b, const struct client *c, const struct act_coop_policy *p)
{
    bounds_line(b, c, _("a member"), &p->bounds, p->unit);
    bounds_line(b, c, _("set by registrars"), &p->registrar, p->unit);
    if (p->reversal_days == 0)
        line(b, _("force a reversal"), "%s", _("treasurers may not"));
    else
        line(b, _("force a reversal"),
             ngettext("treasurers may, for %lld day", "treasurers may, for %lld days",
                      (unsigned long)p->reversal_days),
             (long long)p->reversal_days);
    if (p->has_clearing)
        line(b, _("takes part in clearing"), "%s", clearing_words(p->clearing));
    details_levy(b, c, p);
}

static void details_member(struct buf *b, const struct client *c, const struct act *a,
                           const struct submission *s)
{
    const struct act_member *m = &a->u.member;

    text_line(b, _("name"), "name", &m->name, s);
    text_line(b, _("reason"), "reason", &m->reason, s);
    if (a->type != ACT_MEMBER_CREATE)
        return;
    if (m->purse) {
        line(b, _("governed by"), _("the treasurers of %s"), name_coop_start(m->member));
        return;
    }
    if (m->keys.n == 0) {
        line(b, _("keys"), _("none: the registrars of %s record for it"),
             name_coop_start(m->member));
        return;
    }
    threshold_line(b, _("keys"), m->threshold, m->keys.n);
    keys_lines(b, c, "", &m->keys);
}

static void details_recover(struct buf *b, const struct client *c, const struct act *a,
                            const struct submission *s)
{
    const struct act_recover *v = &a->u.recover;

    if (a->type == ACT_KEY_RECOVER) {
        threshold_line(b, _("new keys"), v->threshold, v->keys.n);
        keys_lines(b, c, "", &v->keys);
    } else {
        line(b, _("began with"), _("record %lld"), (long long)v->record);
    }
    text_line(b, _("reason"), "reason", &v->reason, s);
}

static void details_limits(struct buf *b, const struct client *c,
                           const struct act_account_limits *l, const struct submission *s)
{
    bounds_line(b, c, l->member, &l->bounds, l->unit);
    text_line(b, _("reason"), "reason", &l->reason, s);
}

static void details_line(struct buf *b, const struct client *c, const struct act_line_set *l)
{
    char *limit = render_amount(c, l->limit, l->unit);

    if (l->limit == 0)
        line(b, _("limit"), _("nothing: %s may owe %s no more than it does"), l->partner, l->coop);
    else
        line(b, _("limit"), _("%s may owe %s up to %s"), l->partner, l->coop, limit);
    line(b, _("transit"), "%s",
         l->transit ? _("payments between others may pass over it")
                    : _("only payments between the members of the two"));
    free(limit);
}

static void details_clearing(struct buf *b, const struct act *a, const struct submission *s)
{
    const struct act_clearing *r = &a->u.clearing;
    char hash[HASH_B64U_LEN + 1], until[TIME_LEN + 1], *local;

    if (r->has_round)
        line(b, _("round"), "%lld", (long long)r->round);
    if (a->type == ACT_CLEARING_PROPOSE) {
        time_text(until, r->deadline * 1000);
        local = say_time(until);
        line(b, _("answers until"), "%s", local);
        free(local);
    }
    if (a->type == ACT_CLEARING_CONSENT || a->type == ACT_CLEARING_POST) {
        hash_text(hash, &r->hash);
        line(b, _("hash of its legs"), "%s", hash);
    }
    text_line(b, _("reason"), "reason", &r->reason, s);
}

static void details_transfer(struct buf *b, const struct client *c, const struct act *a,
                             const struct submission *s)
{
    const struct act_transfer *t = &a->u.transfer;
    char date[DATE_LEN + 1];

    text_line(b, _("memo"), "memo", &t->memo, s);
    if (t->has_value_date) {
        date_text(date, t->value_date);
        line(b, _("value date"), "%s", date);
    }
    if (t->category[0] != '\0')
        line(b, _("category"), "%s", t->category);
    if (a->type == ACT_REQUEST) {
        date_text(date, t->expires);
        line(b, _("may be paid until"), "%s", date);
    }
    if (a->type == ACT_TRANSFER && t->levy_max > 0) {
        char *levy = render_amount(c, t->levy_max, t->unit);

        line(b, _("levy on top"), _("%s at most"), levy);
        free(levy);
    }
    if (a->type == ACT_TRANSFER && t->max_hops < WAY_HOPS_MAX)
        line(b, _("way"),
             ngettext("over %lld edge between co-ops at most",
                      "over %lld edges between co-ops at most", (unsigned long)t->max_hops),
             (long long)t->max_hops);
    if (t->has_request)
        line(b, _("answers request"), "%lld", (long long)t->request);
    if (!str_eq(a->by, a->type == ACT_REQUEST ? t->to : t->from))
        line(b, _("recorded by"), _("the office of %s"), a->by);
}

static void details_reversal(struct buf *b, const struct client *c, const struct act *a,
                             const struct submission *s, const struct render_named *named)
{
    const struct act_reversal *r = &a->u.reversal;
    const struct act_transfer *t;
    char *part, *all;

    text_line(b, _("reason"), "reason", &r->reason, s);
    if (named == NULL || named->act->type != ACT_TRANSFER)
        return;
    t = &named->act->u.transfer;
    part = render_amount(c, r->amount, t->unit);
    all = render_amount(c, t->amount, t->unit);
    line(b, _("gives back"), _("%s, out of %s"), part, all);
    line(b, _("from"), "%s", t->to);
    line(b, _("to"), "%s", t->from);
    if (!str_eq(a->by, t->to))
        line(b, _("decided by"), _("the office of %s, without a signature of %s"), a->by, t->to);
    free(part);
    free(all);
}

/* How much is lost, as far as what was kept tells. */
static void details_continue(struct buf *b, const struct act *a)
{
    const struct act_ledger_continue *k = &a->u.ledger_continue;
    char *before = say_safe(a->aud);
    struct checkpoint kept;

    line(b, _("so far"), "%s", before);
    free(before);
    line(b, _("from now on"), "%s", k->origin);
    line(b, _("found"), _("%lld records"), (long long)k->found);
    if (continue_kept(a, &kept) != 0) {
        line(b, _("signed before"), _("can't be read"));
        return;
    }
    line(b, _("signed before"), _("%llu records"), (unsigned long long)kept.size);
    if (kept.size > (uint64_t)k->found)
        line(b, _("lost"), _("at least %llu records, from number %lld on"),
             (unsigned long long)kept.size - (unsigned long long)k->found, (long long)k->found);
    else
        line(b, _("lost"), _("records that were signed are others than those that were found"));
}

static void details_of(struct buf *b, const struct client *c, const struct act *a,
                       const struct submission *s, const struct render_named *named)
{
    char date[DATE_LEN + 1];

    switch (a->type) {
    case ACT_LEDGER_OPEN:
        details_open(b, c, &a->u.ledger_open);
        return;
    case ACT_UNIT_CREATE:
        details_unit(b, &a->u.unit_create);
        return;
    case ACT_COOP_CREATE:
        details_coop(b, c, &a->u.coop_create);
        return;
    case ACT_COOP_POLICY:
        details_policy(b, c, &a->u.coop_policy);
        return;
    case ACT_MEMBER_CREATE:
    case ACT_MEMBER_UPDATE:
    case ACT_MEMBER_FREEZE:
    case ACT_MEMBER_UNFREEZE:
    case ACT_MEMBER_CLOSE:
    case ACT_RECORD_ALLOW:
        details_member(b, c, a, s);
        return;
    case ACT_ACCOUNT_LIMITS:
        details_limits(b, c, &a->u.account_limits, s);
        return;
    case ACT_KEY_RECOVER:
    case ACT_KEY_RECOVER_FINISH:
    case ACT_KEY_OBJECT:
        details_recover(b, c, a, s);
        return;
    case ACT_KEY_ADD:
        key_line(b, c, _("key"), &a->u.key.key);
        return;
    case ACT_KEY_REVOKE:
        kid_line(b, c, _("key"), &a->u.key.kid);
        return;
    case ACT_THRESHOLD_SET:
        if (a->u.key.threshold == 1)
            line(b, _("from then on"), _("any one of them is enough"));
        else
            line(b, _("from then on"), _("%lld of them must sign together"),
                 (long long)a->u.key.threshold);
        return;
    case ACT_TRANSFER:
    case ACT_REQUEST:
        details_transfer(b, c, a, s);
        return;
    case ACT_REVERSAL:
        details_reversal(b, c, a, s, named);
        return;
    case ACT_DECLINE:
        text_line(b, _("reason"), "reason", &a->u.decline.reason, s);
        return;
    case ACT_CLEARING_PROPOSE:
    case ACT_CLEARING_CONSENT:
    case ACT_CLEARING_DECLINE:
    case ACT_CLEARING_POST:
        details_clearing(b, a, s);
        return;
    case ACT_LINE_SET:
        details_line(b, c, &a->u.line_set);
        return;
    case ACT_SETTLEMENT:
        date_text(date, a->u.settlement.date);
        line(b, _("given in"), "%s", render_means(a->u.settlement.means));
        line(b, _("given on"), "%s", date);
        text_line(b, _("reference"), "reference", &a->u.settlement.reference, s);
        return;
    case ACT_ESTATE:
        text_line(b, _("reason"), "reason", &a->u.estate.reason, s);
        line(b, _("moves"), "%s",
             _("what it holds into the purse, or what it owes to be made good from it"));
        return;
    case ACT_COOP_CLOSE:
        text_line(b, _("reason"), "reason", &a->u.coop_close.reason, s);
        line(b, _("afterwards"), "%s",
             _("its members neither pay nor are paid, and it does nothing more"));
        return;
    case ACT_LEVY:
    case ACT_SNAPSHOT:
        return;
    case ACT_LEDGER_CONTINUE:
        details_continue(b, a);
        return;
    }
}

/* --- what an act names --- */

bool render_names(const struct act *a)
{
    return a->type == ACT_REVERSAL || a->type == ACT_DECLINE ||
           (a->type == ACT_TRANSFER && a->u.transfer.has_request);
}

static void put_named(struct buf *b, const struct client *c, const struct render_named *named,
                      const struct render_named *in_turn)
{
    char *headline = render_headline(c, named->act, in_turn), *time;

    if (named->index < 0) {
        buf_puts(b, _("It isn't posted yet and says:\n"));
    } else {
        time = say_time(named->time);
        buf_printf(b, _("Record %lld, booked %s, says:\n"), (long long)named->index, time);
        free(time);
    }
    buf_printf(b, "  %s\n", headline);
    free(headline);
    details_of(b, c, named->act, named->s, in_turn);
    line(b, _("made by"), "%s", named->act->by);
    if (in_turn != NULL)
        put_named(b, c, in_turn, NULL);
}

char *render_named(const struct client *c, const struct render_named *named,
                   const struct render_named *in_turn)
{
    struct buf b = BUF_INIT;

    put_named(&b, c, named, in_turn);
    return buf_take(&b);
}

/* One who signs has to know of what. */
static void put_missing(struct buf *b, const struct act *a)
{
    char hash[HASH_B64U_LEN + 1];

    if (a->type == ACT_DECLINE) {
        hash_text(hash, &a->u.decline.act);
        buf_printf(b,
                   _("What it ends can't be shown to you: the hash of that act is %s. Ask %s about "
                     "it before you sign.\n"),
                   hash, a->by);
    } else {
        buf_printf(
            b,
            _("What record %lld says can't be shown to you. Ask %s about it before you "
              "sign.\n"),
            (long long)(a->type == ACT_REVERSAL ? a->u.reversal.record : a->u.transfer.request),
            a->by);
    }
}

char *render_act(const struct client *c, const struct act *a, const struct submission *s,
                 const struct render_named *named)
{
    struct buf b = BUF_INIT;
    char *headline = render_headline(c, a, named);

    buf_printf(&b, "%s\n", headline);
    free(headline);
    details_of(&b, c, a, s, named);
    line(&b, _("made by"), "%s", a->by);
    seconds_line(&b, _("made"), a->iat);
    seconds_line(&b, _("to be signed by"), a->exp);
    line(&b, _("id"), "%s", a->jti);
    if (named != NULL)
        put_named(&b, c, named, NULL);
    else if (render_names(a))
        put_missing(&b, a);
    return buf_take(&b);
}
