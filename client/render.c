/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/render.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/text.h"

#define LABEL_WIDTH 18

/* --- words --- */

/* "1:30 hour"; the plain number where the profile doesn't know the unit. Unlike client_amount_text
 * it never asks the ledger: what one signs must be readable without trusting an answer. */
static char *amount_words(const struct client *c, int64_t amount, const char *unit)
{
    const struct profile_unit *u = profile_unit(&c->profile, unit);
    char number[AMOUNT_TEXT_MAX];

    if (u == NULL)
        return x_asprintf(_("%lld minor units of %s"), (long long)amount, unit);
    amount_text(number, amount, u->kind, u->scale);
    return x_asprintf("%s %s", number, unit);
}

/* For what comes from outside and has no grammar of its own. */
static char *quoted(const char *s)
{
    char *safe = say_safe(s), *out = x_asprintf("“%s”", safe);

    free(safe);
    return out;
}

char *render_key_of(enum role role, const char *holder)
{
    switch (role) {
    case ROLE_MEMBER:
        return x_asprintf(_("key of %s"), holder);
    case ROLE_TREASURER:
        return x_asprintf(_("treasurer key of %s"), holder);
    case ROLE_REGISTRAR:
        return x_asprintf(_("registrar key of %s"), holder);
    case ROLE_STEWARD:
        return x_strdup(_("steward key"));
    case ROLE_AUDITOR:
        if (str_eq(holder, "*"))
            return x_strdup(_("auditor key for everything"));
        return x_asprintf(_("auditor key of %s"), holder);
    case ROLE_LOG:
        return x_strdup(_("log key of the ledger"));
    case ROLE_CLERK:
        return x_strdup(_("clerk key of the ledger"));
    }
    return x_strdup(holder);
}

char *render_signers(enum role role, const char *holder)
{
    if (role == ROLE_STEWARD)
        return x_strdup(_("stewards"));
    if (role == ROLE_MEMBER)
        return x_asprintf(_("keys of %s"), holder);
    if (role == ROLE_TREASURER)
        return x_asprintf(_("treasurers of %s"), holder);
    if (role == ROLE_REGISTRAR)
        return x_asprintf(_("registrars of %s"), holder);
    return x_asprintf(_("auditors of %s"), holder);
}

static const char *unit_kind_words(enum unit_kind kind)
{
    switch (kind) {
    case UNIT_TIME:
        return _("time");
    case UNIT_CREDIT:
        return _("credit");
    case UNIT_GOODS:
        return _("goods");
    }
    return "?";
}

/* One bound in words: what is below zero is owed, what is above is held. */
static char *floor_words(const struct client *c, int64_t floor, const char *unit)
{
    char *amount = amount_words(c, floor < 0 ? -floor : floor, unit), *out;

    if (floor < 0)
        out = x_asprintf(_("may owe up to %s"), amount);
    else if (floor == 0)
        out = x_strdup(_("may not owe anything"));
    else
        out = x_asprintf(_("must keep at least %s"), amount);
    free(amount);
    return out;
}

static char *ceiling_words(const struct client *c, const struct act_bounds *b, const char *unit)
{
    char *amount, *out;

    if (b->no_ceiling)
        return x_strdup(_("may hold any amount"));
    amount = amount_words(c, b->ceiling < 0 ? -b->ceiling : b->ceiling, unit);
    if (b->ceiling > 0)
        out = x_asprintf(_("may hold up to %s"), amount);
    else if (b->ceiling == 0)
        out = x_strdup(_("may not hold anything"));
    else
        out = x_asprintf(_("must owe at least %s"), amount);
    free(amount);
    return out;
}

char *render_bounds(const struct client *c, const struct act_bounds *b, const char *unit)
{
    char *low = floor_words(c, b->floor, unit), *high = ceiling_words(c, b, unit);
    char *out = x_asprintf("%s, %s", low, high);

    free(low);
    free(high);
    return out;
}

/* --- headlines --- */

static char *titled(const char *what, const char *handle, const char *title)
{
    char *q = quoted(title), *out = x_asprintf("%s %s (%s)", what, handle, q);

    free(q);
    return out;
}

static char *headline_open(const struct act *a)
{
    char *name = quoted(a->u.ledger_open.name), *origin = say_safe(a->aud);
    char *out = x_asprintf(_("opening of the ledger %s (%s)"), name, origin);

    free(name);
    free(origin);
    return out;
}

static char *headline_transfer(const struct client *c, const struct act_transfer *t)
{
    char *amount = amount_words(c, t->amount, t->unit);
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

char *render_headline(const struct client *c, const struct act *a)
{
    const struct act_member *m = &a->u.member;

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
    case ACT_TRANSFER:
        return headline_transfer(c, &a->u.transfer);
    case ACT_REQUEST:
        return x_asprintf(_("request of %s to %s"), a->u.transfer.to, a->u.transfer.from);
    case ACT_REVERSAL:
        return x_asprintf(_("reversal of transfer %lld"), (long long)a->u.reversal.record);
    case ACT_DECLINE:
        return x_strdup(_("an act declined"));
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

/* A text of which only the hash is signed. */
static void text_line(struct buf *b, const char *label, const char *field,
                      const struct act_hash *signed_hash, const struct submission *s)
{
    if (!signed_hash->there)
        return;
    for (size_t i = 0; s != NULL && i < s->n_texts; i++) {
        const struct submitted_text *t = &s->texts[i];
        struct hash h;
        char *q;

        if (!str_eq(t->field, field))
            continue;
        text_hash(&h, t->salt, t->text, t->len);
        if (!hash_eq(&h, &signed_hash->hash))
            continue;
        q = quoted(t->text);
        line(b, label, "%s", q);
        free(q);
        return;
    }
    line(b, label, _("there is one, but the ledger doesn't show it to you"));
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
    line(b, _("counts"), "%s", unit_kind_words(u->kind));
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

static void details_policy(struct buf *b, const struct client *c, const struct act_coop_policy *p)
{
    bounds_line(b, c, _("a member"), &p->bounds, p->unit);
    bounds_line(b, c, _("set by registrars"), &p->registrar, p->unit);
    line(b, _("forced reversals"), _("by treasurers within %lld days"),
         (long long)p->reversal_days);
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

static void details_limits(struct buf *b, const struct client *c,
                           const struct act_account_limits *l, const struct submission *s)
{
    bounds_line(b, c, l->member, &l->bounds, l->unit);
    text_line(b, _("reason"), "reason", &l->reason, s);
}

static void details_transfer(struct buf *b, const struct act *a, const struct submission *s)
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
    if (t->has_request)
        line(b, _("answers request"), "%lld", (long long)t->request);
    if (!str_eq(a->by, t->from))
        line(b, _("recorded by"), _("the office of %s"), a->by);
}

static void details_of(struct buf *b, const struct client *c, const struct act *a,
                       const struct submission *s)
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
        details_transfer(b, a, s);
        return;
    case ACT_REVERSAL:
        text_line(b, _("reason"), "reason", &a->u.reversal.reason, s);
        return;
    case ACT_DECLINE:
        text_line(b, _("reason"), "reason", &a->u.decline.reason, s);
        return;
    }
}

char *render_act(const struct client *c, const struct act *a, const struct submission *s)
{
    struct buf b = BUF_INIT;
    char *headline = render_headline(c, a);

    buf_printf(&b, "%s\n", headline);
    free(headline);
    details_of(&b, c, a, s);
    line(&b, _("asked for by"), "%s", a->by);
    seconds_line(&b, _("made"), a->iat);
    seconds_line(&b, _("to be signed by"), a->exp);
    line(&b, _("id"), "%s", a->jti);
    return buf_take(&b);
}
