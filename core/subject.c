/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/subject.h"

#include <stdlib.h>

#include "core/date.h"
#include "core/round.h"

void subject_put_name(struct buf *b, const struct change *c)
{
    switch (c->kind) {
    case THING_HOLDER:
        break;
    case THING_SNAPSHOT:
        buf_puts(b, "snapshot:");
        break;
    case THING_UNIT:
        buf_puts(b, "unit:");
        break;
    case THING_POLICY:
        buf_puts(b, "policy:");
        break;
    case THING_ROUND:
        buf_puts(b, "round:");
        break;
    case THING_LINE:
        buf_puts(b, "line:");
        break;
    case THING_ACCOUNT:
        buf_puts(b, "limits:");
        break;
    case THING_KEY:
    case THING_BOOK:
    case THING_VOID:
    case THING_ID:
    case THING_DEAL:
    case THING_ASK:
        abort(); /* never a change */
    }
    buf_puts(b, c->after->name);
}

static void put_list(struct buf *b, const char *member, const struct holder_key *keys, size_t n,
                     enum role role)
{
    const char *comma = "";

    buf_puts(b, ",\"");
    buf_puts(b, member);
    buf_puts(b, "\":[");
    for (size_t i = 0; i < n; i++) {
        if (keys[i].role != role)
            continue;
        buf_puts(b, comma);
        buf_putc(b, '"');
        buf_put_b64u(b, keys[i].key.x, KEY_LEN);
        buf_putc(b, '"');
        comma = ",";
    }
    buf_putc(b, ']');
}

static void put_keys(struct buf *b, const char *member, const struct holder *h, enum role role)
{
    put_list(b, member, h->keys, h->n_keys, role);
}

static void put_int(struct buf *b, const char *member, int64_t n)
{
    buf_puts(b, member);
    buf_put_i64(b, n);
}

static void put_text(struct buf *b, const char *member, const char *s)
{
    buf_puts(b, member);
    buf_puts_json(b, s);
}

/* Only while one is open, so that states without one are as they always were. */
static void put_recovery(struct buf *b, const struct recovery *r)
{
    char due[TIME_LEN + 1];

    if (!r)
        return;
    time_text(due, r->due_ms);
    put_int(b, ",\"recovery\":{\"record\":", r->record);
    put_text(b, ",\"due\":", due);
    buf_puts(b, r->objected ? ",\"objected\":true" : ",\"objected\":false");
    put_int(b, ",\"threshold\":", r->threshold);
    put_list(b, "keys", r->keys, r->n_keys, r->keys[0].role);
    buf_putc(b, '}');
}

static void put_member(struct buf *b, const struct holder *h)
{
    put_text(b, ",\"state\":", holder_state_name(h->state));
    if (h->state == HOLDER_FROZEN)
        put_text(b, ",\"frozen_by\":", h->frozen_by_office ? "office" : "member");
    if (h->name.there) {
        buf_puts(b, ",\"name_hash\":\"");
        buf_put_b64u(b, h->name.hash.b, HASH_LEN);
        buf_putc(b, '"');
    }
    if (h->kind == HOLDER_PURSE)
        return;
    buf_puts(b, h->allowed ? ",\"allowed\":true" : ",\"allowed\":false");
    put_int(b, ",\"threshold\":", h->threshold);
    put_keys(b, "keys", h, ROLE_MEMBER);
    put_recovery(b, h->recovery);
}

static void put_holder(struct buf *b, const struct holder *h)
{
    put_text(b, "{\"kind\":", holder_kind_name(h->kind));
    switch (h->kind) {
    case HOLDER_LEDGER:
        put_text(b, ",\"name\":", h->title);
        put_text(b, ",\"zone\":", h->zone);
        put_int(b, ",\"rules\":", h->rules);
        put_keys(b, "log", h, ROLE_LOG);
        put_keys(b, "clerk", h, ROLE_CLERK);
        break;
    case HOLDER_STEWARDS:
        put_int(b, ",\"threshold\":", h->threshold);
        put_keys(b, "stewards", h, ROLE_STEWARD);
        break;
    case HOLDER_COOP:
        put_text(b, ",\"name\":", h->title);
        put_text(b, ",\"state\":", holder_state_name(h->state));
        put_int(b, ",\"threshold\":", h->threshold);
        put_keys(b, "treasurers", h, ROLE_TREASURER);
        put_keys(b, "registrars", h, ROLE_REGISTRAR);
        put_keys(b, "auditors", h, ROLE_AUDITOR);
        put_recovery(b, h->recovery);
        break;
    case HOLDER_PERSON:
    case HOLDER_PURSE:
        put_member(b, h);
        break;
    case HOLDER_AUDITORS:
        put_keys(b, "auditors", h, ROLE_AUDITOR);
        break;
    }
    buf_putc(b, '}');
}

static void put_bounds(struct buf *b, const char *floor, const char *ceiling,
                       const struct act_bounds *bounds)
{
    put_int(b, floor, bounds->floor);
    buf_puts(b, ceiling);
    if (bounds->no_ceiling)
        buf_puts(b, "null");
    else
        buf_put_i64(b, bounds->ceiling);
}

/* Without what isn't said, so that policies of before are as they always were. */
static void put_policy(struct buf *b, const struct policy *p)
{
    put_bounds(b, "{\"floor\":", ",\"ceiling\":", &p->bounds);
    put_bounds(b, ",\"registrar_floor\":", ",\"registrar_ceiling\":", &p->registrar);
    put_int(b, ",\"reversal_days\":", p->reversal_days);
    if (p->has_clearing)
        put_text(b, ",\"clearing\":", clearing_choice_name(p->clearing));
    if (p->levy.has_per_mille)
        put_int(b, ",\"levy_per_mille\":", p->levy.per_mille);
    if (p->levy.has_monthly)
        put_int(b, ",\"levy_monthly\":", p->levy.monthly);
    if (p->levy.purse[0] != '\0')
        put_text(b, ",\"levy_purse\":", p->levy.purse);
    buf_putc(b, '}');
}

static void put_round(struct buf *b, const struct round *r)
{
    struct round_counts n;

    round_count(r, &n);
    put_text(b, "{\"state\":", round_state_name(r->state));
    put_int(b, ",\"record\":", r->record);
    put_int(b, ",\"deadline\":", r->deadline);
    put_int(b, ",\"legs\":", (int64_t)r->n_legs);
    put_int(b, ",\"cleared\":", r->cleared);
    buf_puts(b, ",\"hash\":\"");
    buf_put_b64u(b, r->hash.b, HASH_LEN);
    buf_putc(b, '"');
    put_int(b, ",\"asked\":", (int64_t)n.asked);
    put_int(b, ",\"consents\":", (int64_t)n.consents);
    put_int(b, ",\"declined\":", (int64_t)n.declined);
    put_int(b, ",\"silent\":", (int64_t)n.silent);
    buf_putc(b, '}');
}

void subject_put_state(struct buf *b, const struct change *c)
{
    const struct unit *u = (const struct unit *)c->after;
    const struct snapshot *snapshot = (const struct snapshot *)c->after;
    const struct credit_line *line = (const struct credit_line *)c->after;

    switch (c->kind) {
    case THING_HOLDER:
        put_holder(b, (const struct holder *)c->after);
        break;
    case THING_UNIT:
        put_text(b, "{\"name\":", u->title);
        put_int(b, ",\"scale\":", u->scale);
        put_text(b, ",\"kind\":", unit_kind_name(u->kind));
        buf_putc(b, '}');
        break;
    case THING_POLICY:
        put_policy(b, (const struct policy *)c->after);
        break;
    case THING_ACCOUNT:
        put_bounds(b, "{\"floor\":", ",\"ceiling\":", &((const struct account *)c->after)->limits);
        buf_putc(b, '}');
        break;
    case THING_SNAPSHOT:
        put_int(b, "{\"size\":", snapshot->size);
        put_int(b, ",\"count\":", snapshot->count);
        buf_puts(b, ",\"root\":\"");
        buf_put_b64u(b, snapshot->root.b, HASH_LEN);
        buf_puts(b, "\"}");
        break;
    case THING_ROUND:
        put_round(b, (const struct round *)c->after);
        break;
    case THING_LINE:
        put_int(b, "{\"limit\":", line->limit);
        buf_puts(b, line->transit ? ",\"transit\":true}" : ",\"transit\":false}");
        break;
    case THING_KEY:
    case THING_BOOK:
    case THING_VOID:
    case THING_ID:
    case THING_DEAL:
    case THING_ASK:
        abort(); /* never a change */
    }
}

struct subject *subject_of(const struct change *c)
{
    switch (c->kind) {
    case THING_HOLDER:
        return &((struct holder *)c->after)->subject;
    case THING_UNIT:
        return &((struct unit *)c->after)->subject;
    case THING_POLICY:
        return &((struct policy *)c->after)->subject;
    case THING_ACCOUNT:
        return &((struct account *)c->after)->limits_subject;
    case THING_SNAPSHOT:
        return &((struct snapshot *)c->after)->subject;
    case THING_ROUND:
        return &((struct round *)c->after)->subject;
    case THING_LINE:
        return &((struct credit_line *)c->after)->subject;
    case THING_KEY:
    case THING_BOOK:
    case THING_VOID:
    case THING_ID:
    case THING_DEAL:
    case THING_ASK:
        break;
    }
    abort(); /* never a change */
}
