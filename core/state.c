/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * One table a kind: open addressing with linear probing over pointers, the hash kept beside so that
 * a probe seldom touches a thing. Things are taken away only all at once (state_forget) or by a
 * rollback, which marks the place as deleted.
 */
struct slot {
    uint64_t hash;
    struct thing *thing; /* NULL: empty, or DELETED */
};
struct table {
    struct slot *slots;
    size_t cap;  /* a power of two, or 0 */
    size_t used; /* with the deleted ones */
    size_t count;
};

/* What a put replaced, newest last, so that it can be undone. */
struct undo {
    enum thing_kind kind;
    uint64_t hash;     /* of its name */
    struct thing *old; /* NULL when there was none */
    struct thing *now;
};

struct state {
    struct table *table; /* one a kind */
    struct network *network;
    struct state_rest rest;
    struct undo *undo;
    size_t n_undo, cap_undo;
    struct named_ledger {
        char origin[ORIGIN_MAX + 1];
        char id[LEDGER_ID_MAX + 1];
    } named, named_before; /* as of now, and of the last commit */
};

static const struct thing deleted_mark;
/* Only ever compared with. */
#define DELETED ((struct thing *)(uintptr_t)&deleted_mark)

/* Eight bytes at a time: an act's decision looks up some thirty names. They are short, and their
 * owners can't gain from collisions but in their own co-op's table. */
static uint64_t hash_name(const char *name)
{
    size_t left = strlen(name);
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ left, word;

    for (; left > 0; name += sizeof(word)) {
        size_t n = left < sizeof(word) ? left : sizeof(word);

        word = 0;
        memcpy(&word, name, n);
        h = (h ^ word) * UINT64_C(0xd6e8feb86659fd93);
        h ^= h >> 32;
        left -= n;
    }
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ (h >> 32);
}

static struct slot *table_find(const struct table *t, const char *name, uint64_t hash)
{
    if (t->cap == 0)
        return NULL;
    for (size_t i = hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1)) {
        struct slot *slot = &t->slots[i];

        if (!slot->thing)
            return NULL;
        if (slot->thing != DELETED && slot->hash == hash && strcmp(slot->thing->name, name) == 0)
            return slot;
    }
}

static void table_insert(struct table *t, struct thing *thing, uint64_t hash)
{
    size_t i = hash & (t->cap - 1);

    while (t->slots[i].thing)
        i = (i + 1) & (t->cap - 1);
    t->slots[i] = (struct slot){hash, thing};
    t->used++;
    t->count++;
}

static void table_grow(struct table *t)
{
    struct table bigger = {.cap = 64};

    if ((t->used + 1) * 4 <= t->cap * 3)
        return;
    while ((t->count + 1) * 2 > bigger.cap)
        bigger.cap *= 2;
    bigger.slots = x_calloc(bigger.cap, sizeof(*bigger.slots));
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i].thing && t->slots[i].thing != DELETED)
            table_insert(&bigger, t->slots[i].thing, t->slots[i].hash);
    free(t->slots);
    *t = bigger;
}

static bool can_rest(const struct state *s, enum thing_kind kind)
{
    return s->rest.fetch && (kind == THING_HOLDER || kind == THING_KEY || kind == THING_ACCOUNT);
}

/* What rests is brought into the table, where it stays until it is forgotten. */
static struct thing *table_get(const struct state *s, enum thing_kind kind, const char *name)
{
    struct table *t = &s->table[kind];
    uint64_t hash = hash_name(name);
    struct slot *slot = table_find(t, name, hash);
    struct thing *thing;

    if (slot)
        return slot->thing;
    thing = can_rest(s, kind) ? s->rest.fetch(s->rest.arg, kind, name) : NULL;
    if (thing) {
        table_grow(t);
        table_insert(t, thing, hash);
    }
    return thing;
}

static void table_drop(struct table *t)
{
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i].thing != DELETED)
            free(t->slots[i].thing);
    free(t->slots);
    *t = (struct table){0};
}

struct state *state_new(const char *origin)
{
    struct state *s = x_calloc(1, sizeof(*s));

    s->table = x_calloc(THING_KINDS, sizeof(*s->table));
    s->network = network_new();
    str_copy(s->named.origin, sizeof(s->named.origin), origin);
    s->named_before = s->named;
    return s;
}

void state_free(struct state *s)
{
    if (!s)
        return;
    state_rollback(s);
    for (int k = 0; k < THING_KINDS; k++)
        table_drop(&s->table[k]);
    free(s->table);
    network_free(s->network);
    free(s->undo);
    free(s);
}

const struct holder *state_holder(const struct state *s, const char *name)
{
    return (const struct holder *)table_get(s, THING_HOLDER, name);
}

const struct unit *state_unit(const struct state *s, const char *name)
{
    return (const struct unit *)table_get(s, THING_UNIT, name);
}

const struct policy *state_policy(const struct state *s, const char *coop, const char *unit)
{
    char name[ACCOUNT_MAX + 1];

    name_account(name, coop, unit);
    return (const struct policy *)table_get(s, THING_POLICY, name);
}

const struct credit_line *state_line(const struct state *s, const char *coop, const char *partner,
                                     const char *unit)
{
    char name[LINE_NAME_MAX + 1];

    line_name(name, coop, partner, unit);
    return state_line_named(s, name);
}

const struct credit_line *state_line_named(const struct state *s, const char *name)
{
    return (const struct credit_line *)table_get(s, THING_LINE, name);
}

const struct account *state_account(const struct state *s, const char *name)
{
    return (const struct account *)table_get(s, THING_ACCOUNT, name);
}

const struct key_row *state_key(const struct state *s, const char *kid)
{
    return (const struct key_row *)table_get(s, THING_KEY, kid);
}

const struct book *state_book(const struct state *s, const char *coop)
{
    return (const struct book *)table_get(s, THING_BOOK, coop);
}

const struct snapshot *state_snapshot(const struct state *s)
{
    return (const struct snapshot *)table_get(s, THING_SNAPSHOT, "ledger");
}

const struct round *state_round(const struct state *s, const char *unit)
{
    return (const struct round *)table_get(s, THING_ROUND, unit);
}

const struct deal *state_deal(const struct state *s, int64_t record)
{
    char name[DEAL_NAME_MAX + 1];

    deal_name(name, record);
    return state_deal_named(s, name);
}

const struct deal *state_deal_named(const struct state *s, const char *name)
{
    return (const struct deal *)table_get(s, THING_DEAL, name);
}

const struct deal *state_asked(const struct state *s, const struct hash *payload_hash)
{
    char name[HASH_B64U_LEN + 1];
    const struct ask *ask;

    hash_text(name, payload_hash);
    ask = (const struct ask *)table_get(s, THING_ASK, name);
    return ask ? state_deal(s, ask->record) : NULL;
}

const struct voided *state_voided(const struct state *s, const struct hash *payload_hash,
                                  const char *holder, enum role role)
{
    char name[VOIDED_NAME_MAX + 1];

    if (s->table[THING_VOID].count == 0)
        return NULL; /* as nearly always: an act then needn't be looked for */
    voided_name(name, payload_hash, holder, role);
    return (const struct voided *)table_get(s, THING_VOID, name);
}

static void id_name(char out[HOLDER_MAX + 1 + JTI_MAX + 1], const char *by, const char *jti)
{
    size_t n = strlen(by);

    memcpy(out, by, n);
    out[n] = ' ';
    str_copy(out + n + 1, JTI_MAX + 1, jti);
}

const struct posted_id *state_id(const struct state *s, const char *by, const char *jti)
{
    char name[HOLDER_MAX + 1 + JTI_MAX + 1];

    id_name(name, by, jti);
    return (const struct posted_id *)table_get(s, THING_ID, name);
}

/* Tells the network what a thing of that name is now; NULL: it is gone. */
static void index_thing(struct state *s, enum thing_kind kind, const char *name,
                        const struct thing *thing)
{
    if (kind == THING_LINE)
        network_set_line(s->network, name, (const struct credit_line *)thing);
    else if (kind == THING_ACCOUNT && name[0] == '!')
        network_set_position(s->network, name,
                             thing ? ((const struct account *)thing)->balance : 0);
}

void state_put(struct state *s, enum thing_kind kind, struct thing *thing)
{
    struct table *t = &s->table[kind];
    uint64_t hash = hash_name(thing->name);
    struct slot *slot = table_find(t, thing->name, hash);
    struct thing *old = slot ? slot->thing : NULL;

    if (slot) {
        slot->thing = thing;
    } else {
        table_grow(t);
        table_insert(t, thing, hash);
    }
    if (s->n_undo == s->cap_undo) {
        s->cap_undo = s->cap_undo ? s->cap_undo * 2 : 64;
        s->undo = x_realloc(s->undo, s->cap_undo * sizeof(*s->undo));
    }
    s->undo[s->n_undo++] = (struct undo){kind, hash, old, thing};
    index_thing(s, kind, thing->name, thing);
}

void state_set_rest(struct state *s, const struct state_rest *rest)
{
    s->rest = *rest;
}

/* As it is now: of one that was put twice this is the last. */
static void keep(struct state *s, const struct undo *u)
{
    const struct slot *slot;

    if (can_rest(s, u->kind)) {
        slot = table_find(&s->table[u->kind], u->now->name, u->hash);
        if (slot->thing == u->now)
            s->rest.keep(s->rest.arg, u->kind, u->now);
    }
}

void state_commit(struct state *s)
{
    for (size_t i = 0; i < s->n_undo; i++)
        keep(s, &s->undo[i]);
    for (size_t i = 0; i < s->n_undo; i++)
        free(s->undo[i].old);
    s->n_undo = 0;
    s->named_before = s->named;
}

void state_rollback(struct state *s)
{
    while (s->n_undo > 0) {
        const struct undo *u = &s->undo[--s->n_undo];
        struct table *t = &s->table[u->kind];
        struct slot *slot = table_find(t, u->now->name, u->hash);

        if (slot) {
            slot->thing = u->old ? u->old : DELETED;
            if (!u->old)
                t->count--;
            index_thing(s, u->kind, u->now->name, u->old);
        }
        free(u->now);
    }
    s->named = s->named_before;
}

void state_forget(struct state *s, enum thing_kind kind)
{
    table_drop(&s->table[kind]);
}

size_t state_count(const struct state *s, enum thing_kind kind)
{
    return s->table[kind].count;
}

void state_each(const struct state *s, enum thing_kind kind,
                void (*fn)(void *arg, const struct thing *thing), void *arg)
{
    const struct table *t = &s->table[kind];

    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i].thing && t->slots[i].thing != DELETED)
            fn(arg, t->slots[i].thing);
}

struct network *state_network(const struct state *s)
{
    return s->network;
}

const char *state_origin(const struct state *s)
{
    return s->named.origin;
}

const char *state_ledger_id(const struct state *s)
{
    return s->named.id;
}

void state_set_ledger_id(struct state *s, const char *origin, const char *id)
{
    str_copy(s->named.origin, sizeof(s->named.origin), origin);
    str_copy(s->named.id, sizeof(s->named.id), id);
}

void state_begin(struct state *s, const char *origin, const struct hash *entry)
{
    char id[LEDGER_ID_MAX + 1];

    ledger_id_text(id, origin, entry);
    state_set_ledger_id(s, origin, id);
}

void ledger_id_text(char out[LEDGER_ID_MAX + 1], const char *origin, const struct hash *entry)
{
    char text[HASH_B64U_LEN + 1];

    hash_text(text, entry);
    (void)snprintf(out, LEDGER_ID_MAX + 1, "%.*s#%s", ORIGIN_MAX, origin, text);
}
