/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rows of things as they stand in the state: one function for each kind. */
#include <string.h>

#include "core/amount.h"
#include "ledgerd/store_int.h"

/* A bound without a ceiling is a null. */
static void put_ceiling(struct pgarray *column, const struct act_bounds *bounds)
{
    if (bounds->no_ceiling) {
        pgarray_null(column);
    } else {
        pgarray_int(column, bounds->ceiling);
    }
}

static void put_account(struct store *st, const struct account *a)
{
    static const struct act_bounds none = {.floor = 0, .no_ceiling = true};
    const struct act_bounds *limits = a->has_limits ? &a->limits : &none;
    struct pgarray *c = store_row(st, STORE_ACCOUNTS);
    char coop[COOP_MAX + 1];

    name_coop_of(a->thing.name, coop);
    pgarray_text(&c[0], a->thing.name);
    pgarray_text(&c[1], coop);
    pgarray_bool(&c[2], a->has_limits);
    pgarray_int(&c[3], limits->floor);
    put_ceiling(&c[4], limits);
    pgarray_int(&c[5], a->limits_subject.seq);
    pgarray_int(&c[6], a->limits_subject.record);
    pgarray_int(&c[7], a->number);
}

/* Five columns, null while none is open. */
static void put_recovery(struct pgarray *c, const struct recovery *v)
{
    struct buf keys = BUF_INIT;

    for (size_t i = 0; i < 5 && v == NULL; i++) {
        pgarray_null(&c[i]);
    }
    if (v == NULL) {
        return;
    }
    for (size_t i = 0; i < v->n_keys; i++) {
        buf_put(&keys, v->keys[i].key.x, KEY_LEN);
    }
    pgarray_int(&c[0], v->record);
    pgarray_int(&c[1], v->due_ms);
    pgarray_bool(&c[2], v->objected);
    pgarray_int(&c[3], v->threshold);
    pgarray_bytes(&c[4], keys.data, keys.len);
    buf_free(&keys);
}

static void put_holder(struct store *st, const struct holder *h, int64_t name_record)
{
    struct pgarray *c = store_row(st, STORE_HOLDERS);
    char coop[COOP_MAX + 1] = "";

    if (h->kind == HOLDER_COOP || holder_is_member(h)) {
        name_coop_of(h->thing.name, coop);
    }
    pgarray_text(&c[0], h->thing.name);
    pgarray_text(&c[1], holder_kind_name(h->kind));
    pgarray_text(&c[2], coop);
    pgarray_text(&c[3], holder_state_name(h->state));
    pgarray_bool(&c[4], h->frozen_by_office);
    pgarray_bool(&c[5], h->allowed);
    if (h->name.there) {
        pgarray_bytes(&c[6], h->name.hash.b, HASH_LEN);
    } else {
        pgarray_null(&c[6]);
    }
    if (name_record >= 0 && h->name.there) { /* a name may have gone again within the batch */
        pgarray_int(&c[7], name_record);
    } else {
        pgarray_null(&c[7]);
    }
    pgarray_text(&c[8], h->title);
    pgarray_text(&c[9], h->zone);
    pgarray_int(&c[10], h->rules);
    pgarray_int(&c[11], h->threshold);
    pgarray_int(&c[12], h->subject.seq);
    pgarray_int(&c[13], h->subject.record);
    put_recovery(&c[14], h->recovery);
    pgarray_int(&c[19], h->frozen_ms);
}

static void put_key(struct store *st, const struct key_row *k)
{
    struct pgarray *c = store_row(st, STORE_KEYS);

    pgarray_text(&c[0], k->thing.name);
    pgarray_bytes(&c[1], k->key.x, KEY_LEN);
    pgarray_text(&c[2], k->holder);
    pgarray_text(&c[3], role_name(k->role));
    pgarray_bool(&c[4], k->revoked);
}

static void put_unit(struct store *st, const struct unit *u)
{
    struct pgarray *c = store_row(st, STORE_UNITS);

    pgarray_text(&c[0], u->thing.name);
    pgarray_text(&c[1], u->title);
    pgarray_int(&c[2], u->scale);
    pgarray_text(&c[3], unit_kind_name(u->kind));
    pgarray_int(&c[4], u->subject.seq);
    pgarray_int(&c[5], u->subject.record);
}

static void put_text_if(struct pgarray *column, bool there, const char *s)
{
    if (there) {
        pgarray_text(column, s);
    } else {
        pgarray_null(column);
    }
}

static void put_int_if(struct pgarray *column, bool there, int64_t n)
{
    if (there) {
        pgarray_int(column, n);
    } else {
        pgarray_null(column);
    }
}

static void put_policy(struct store *st, const struct policy *p)
{
    struct pgarray *c = store_row(st, STORE_POLICIES);

    pgarray_text(&c[0], p->thing.name);
    pgarray_int(&c[1], p->bounds.floor);
    put_ceiling(&c[2], &p->bounds);
    pgarray_int(&c[3], p->registrar.floor);
    put_ceiling(&c[4], &p->registrar);
    pgarray_int(&c[5], p->reversal_days);
    pgarray_int(&c[6], p->subject.seq);
    pgarray_int(&c[7], p->subject.record);
    put_text_if(&c[8], p->has_clearing, clearing_choice_name(p->clearing));
    put_int_if(&c[9], p->levy.has_per_mille, p->levy.per_mille);
    put_int_if(&c[10], p->levy.has_monthly, p->levy.monthly);
    put_text_if(&c[11], p->levy.purse[0] != '\0', p->levy.purse);
}

/* Legs change with each proposal, and with nothing else. */
static void put_round(struct store *st, const struct round *r, bool with_legs)
{
    struct pgarray *c = store_row(st, STORE_ROUNDS);
    struct buf text = BUF_INIT;
    struct round_counts n;

    round_count(r, &n);
    round_put_parties(&text, r);
    pgarray_text(&c[0], r->thing.name);
    pgarray_text(&c[1], round_state_name(r->state));
    pgarray_int(&c[2], r->record);
    pgarray_int(&c[3], r->deadline);
    pgarray_bytes(&c[4], r->hash.b, HASH_LEN);
    pgarray_int(&c[5], (int64_t)n.asked);
    pgarray_int(&c[6], (int64_t)n.consents);
    pgarray_int(&c[7], (int64_t)n.against);
    pgarray_text(&c[8], text.data != NULL ? text.data : "");
    pgarray_int(&c[9], r->subject.seq);
    pgarray_int(&c[10], r->subject.record);
    if (with_legs) {
        buf_clear(&text);
        round_put_legs(&text, r);
        c = store_row(st, STORE_ROUND_LEGS);
        pgarray_text(&c[0], r->thing.name);
        pgarray_text(&c[1], text.data != NULL ? text.data : "");
    }
    buf_free(&text);
}

static void put_line(struct store *st, const struct credit_line *l)
{
    struct pgarray *c = store_row(st, STORE_LINES);
    struct line_name of;

    line_name_split(&of, l->thing.name);
    pgarray_text(&c[0], l->thing.name);
    pgarray_text(&c[1], of.coop);
    pgarray_text(&c[2], of.partner);
    pgarray_text(&c[3], of.unit);
    pgarray_int(&c[4], l->limit);
    pgarray_bool(&c[5], l->transit);
    pgarray_int(&c[6], l->subject.seq);
    pgarray_int(&c[7], l->subject.record);
}

static void put_request(struct store *st, const struct deal *d)
{
    struct pgarray *c = store_row(st, STORE_REQUESTS);

    pgarray_int(&c[0], d->record);
    pgarray_bytes(&c[1], d->payload_hash.b, HASH_LEN);
    pgarray_text(&c[2], d->from);
    pgarray_text(&c[3], d->to);
    pgarray_text(&c[4], name_coop_start(d->from));
    pgarray_text(&c[5], name_coop_start(d->to));
    pgarray_int(&c[6], d->expires);
    if (d->answer >= 0) {
        pgarray_int(&c[7], d->answer);
    } else {
        pgarray_null(&c[7]);
    }
    pgarray_bool(&c[8], d->paid);
}

void store_thing(struct store *st, const struct state *s, enum thing_kind kind,
                 const struct store_touch *touch)
{
    const char *name = touch->name;
    char coop[COOP_MAX + 1];

    switch (kind) {
    case THING_HOLDER:
        put_holder(st, state_holder(s, name), touch->name_record);
        break;
    case THING_UNIT:
        put_unit(st, state_unit(s, name));
        break;
    case THING_POLICY:
        name_coop_of(name, coop);
        put_policy(st, state_policy(s, coop, name + strlen(coop) + 1));
        break;
    case THING_ROUND:
        put_round(st, state_round(s, name), touch->name_record >= 0);
        break;
    case THING_LINE:
        put_line(st, state_line_named(s, name));
        break;
    case THING_ACCOUNT:
        put_account(st, state_account(s, name));
        break;
    case THING_KEY:
        put_key(st, state_key(s, name));
        break;
    case THING_DEAL:
        put_request(st, state_deal_named(s, name));
        break;
    case THING_BOOK:
    case THING_VOID:
    case THING_SNAPSHOT:
    case THING_ID:
    case THING_ASK:
        break;
    }
}
