/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an act says, a line for each thing. */
#include "client/render_details.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/render_words.h"
#include "client/words.h"
#include "core/date.h"
#include "core/lineage.h"
#include "core/network.h"
#include "core/text.h"
#include "core/thing.h"

#define LABEL_WIDTH 18

void render_line(struct buf *b, const char *label, const char *fmt, ...)
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
            render_line(b, label, _("%s (your key %s)"), kid->s, c->keys[i]->name);
            return;
        }
    }
    render_line(b, label, "%s", kid->s);
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
        render_line(b, label, _("one key"));
    else
        render_line(b, label, _("%lld of these %zu keys must sign"), (long long)threshold, n);
}

static void details_threshold(struct buf *b, int64_t threshold)
{
    if (threshold == 1)
        render_line(b, _("from then on"), _("any one of them is enough"));
    else
        render_line(b, _("from then on"), _("%lld of them must sign together"),
                    (long long)threshold);
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
        render_line(b, label, "%s", q);
        free(q);
    } else if (signed_hash->there) {
        render_line(b, label, _("there is one, but the ledger doesn't show it to you"));
    }
}

static void details_open(struct buf *b, const struct client *c, const struct act_ledger_open *o)
{
    char *zone = say_safe(o->zone);

    render_line(b, _("time zone"), "%s", zone);
    threshold_line(b, _("stewards"), o->threshold, o->stewards.n);
    keys_lines(b, c, "", &o->stewards);
    key_line(b, c, _("ledger's log key"), &o->log_key);
    key_line(b, c, _("ledger's clerk"), &o->clerk_key);
    render_line(b, _("rules"), _("version %lld"), (long long)o->rules);
    free(zone);
}

static void details_unit(struct buf *b, const struct act_unit_create *u)
{
    char one[AMOUNT_TEXT_MAX], least[AMOUNT_TEXT_MAX];

    amount_text(one, u->scale, u->kind, u->scale);
    amount_text(least, 1, u->kind, u->scale);
    render_line(b, _("counts"), "%s", render_unit_kind(u->kind));
    render_line(b, _("scale"), _("one is written %s and has %lld minor units; the least is %s"),
                one, (long long)u->scale, least);
}

static void details_coop(struct buf *b, const struct client *c, const struct act_coop_create *k)
{
    threshold_line(b, _("treasurers"), k->threshold, k->treasurers.n);
    keys_lines(b, c, "", &k->treasurers);
    if (k->registrars.n == 0)
        render_line(b, _("registrars"), _("none"));
    keys_lines(b, c, _("registrars"), &k->registrars);
}

static void bounds_line(struct buf *b, const struct client *c, const char *label,
                        const struct act_bounds *bounds, const char *unit)
{
    char *words = render_bounds(c, bounds, unit);

    render_line(b, label, "%s", words);
    free(words);
}

static void details_levy(struct buf *b, const struct client *c, const struct act_coop_policy *p)
{
    const struct act_levies *levy = &p->levy;

    if (levy->has_per_mille)
        render_line(b, _("levy on payments"),
                    _("%lld per mille, paid by the payer on top, into %s"),
                    (long long)levy->per_mille, levy->purse);
    if (levy->has_monthly) {
        char *amount = render_amount(c, levy->monthly, p->unit);

        render_line(b, _("monthly levy"), _("%s from each member, into %s"), amount, levy->purse);
        free(amount);
    }
}

static void details_policy(struct buf *b, const struct client *c, const struct act_coop_policy *p)
{
    bounds_line(b, c, _("a member"), &p->bounds, p->unit);
    bounds_line(b, c, _("set by registrars"), &p->registrar, p->unit);
    if (p->reversal_days == 0)
        render_line(b, _("force a reversal"), "%s", _("treasurers may not"));
    else
        render_line(b, _("force a reversal"),
                    ngettext("treasurers may, for %lld day", "treasurers may, for %lld days",
                             (unsigned long)p->reversal_days),
                    (long long)p->reversal_days);
    if (p->has_clearing)
        render_line(b, _("takes part in clearing"), "%s",
                    word_clearing(clearing_choice_name(p->clearing)));
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
        render_line(b, _("governed by"), _("the treasurers of %s"), name_coop_start(m->member));
        return;
    }
    if (m->keys.n == 0) {
        render_line(b, _("keys"), _("none: the registrars of %s record for it"),
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
        render_line(b, _("began with"), _("record %lld"), (long long)v->record);
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
        render_line(b, _("limit"), _("nothing: %s may owe %s no more than it does"), l->partner,
                    l->coop);
    else
        render_line(b, _("limit"), _("%s may owe %s up to %s"), l->partner, l->coop, limit);
    render_line(b, _("transit"), "%s",
                l->transit ? _("payments between others may pass over it")
                           : _("only payments between the members of the two"));
    free(limit);
}

static void details_clearing(struct buf *b, const struct act *a, const struct submission *s)
{
    const struct act_clearing *r = &a->u.clearing;
    char hash[HASH_B64U_LEN + 1], until[TIME_LEN + 1], *local;

    if (r->has_round)
        render_line(b, _("round"), "%lld", (long long)r->round);
    if (a->type == ACT_CLEARING_PROPOSE) {
        time_text(until, r->deadline * 1000);
        local = say_time(until);
        render_line(b, _("answers until"), "%s", local);
        free(local);
    }
    if (a->type == ACT_CLEARING_CONSENT || a->type == ACT_CLEARING_POST) {
        hash_text(hash, &r->hash);
        render_line(b, _("hash of its legs"), "%s", hash);
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
        render_line(b, _("value date"), "%s", date);
    }
    if (t->category[0] != '\0')
        render_line(b, _("category"), "%s", t->category);
    if (a->type == ACT_REQUEST) {
        date_text(date, t->expires);
        render_line(b, _("may be paid until"), "%s", date);
    }
    if (a->type == ACT_TRANSFER && t->levy_max > 0) {
        char *levy = render_amount(c, t->levy_max, t->unit);

        render_line(b, _("levy on top"), _("%s at most"), levy);
        free(levy);
    }
    if (a->type == ACT_TRANSFER && t->max_hops < WAY_HOPS_MAX)
        render_line(b, _("way"),
                    ngettext("over %lld edge between co-ops at most",
                             "over %lld edges between co-ops at most", (unsigned long)t->max_hops),
                    (long long)t->max_hops);
    if (t->has_request)
        render_line(b, _("answers request"), "%lld", (long long)t->request);
    if (!str_eq(a->by, a->type == ACT_REQUEST ? t->to : t->from))
        render_line(b, _("recorded by"), _("the office of %s"), a->by);
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
    render_line(b, _("gives back"), _("%s, out of %s"), part, all);
    render_line(b, _("from"), "%s", t->to);
    render_line(b, _("to"), "%s", t->from);
    if (!str_eq(a->by, t->to))
        render_line(b, _("decided by"), _("the office of %s, without a signature of %s"), a->by,
                    t->to);
    free(part);
    free(all);
}

static void details_settlement(struct buf *b, const struct act_settlement *t,
                               const struct submission *s)
{
    char date[DATE_LEN + 1];

    date_text(date, t->date);
    render_line(b, _("given in"), "%s", render_means(t->means));
    render_line(b, _("given on"), "%s", date);
    text_line(b, _("reference"), "reference", &t->reference, s);
}

/* How much is lost, as far as what was kept tells. */
static void details_continue(struct buf *b, const struct act *a)
{
    const struct act_ledger_continue *k = &a->u.ledger_continue;
    char *before = say_safe(a->aud);
    struct checkpoint kept;

    render_line(b, _("so far"), "%s", before);
    free(before);
    render_line(b, _("from now on"), "%s", k->origin);
    render_line(b, _("found"), _("%lld records"), (long long)k->found);
    if (continue_kept(a, &kept) != 0) {
        render_line(b, _("signed before"), _("can't be read"));
        return;
    }
    render_line(b, _("signed before"), _("%llu records"), (unsigned long long)kept.size);
    if (kept.size > (uint64_t)k->found)
        render_line(b, _("lost"), _("at least %llu records, from number %lld on"),
                    (unsigned long long)kept.size - (unsigned long long)k->found,
                    (long long)k->found);
    else
        render_line(b, _("lost"),
                    _("records that were signed are others than those that were found"));
}

void render_details(struct buf *b, const struct client *c, const struct act *a,
                    const struct submission *s, const struct render_named *named)
{
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
        details_threshold(b, a->u.key.threshold);
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
        details_settlement(b, &a->u.settlement, s);
        return;
    case ACT_ESTATE:
        text_line(b, _("reason"), "reason", &a->u.estate.reason, s);
        render_line(b, _("moves"), "%s",
                    _("what it holds into the purse, or what it owes to be made good from it"));
        return;
    case ACT_COOP_CLOSE:
        text_line(b, _("reason"), "reason", &a->u.coop_close.reason, s);
        render_line(b, _("afterwards"), "%s",
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
