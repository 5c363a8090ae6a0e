/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/rest.h"

#include <stdlib.h>
#include <string.h>

#include "ledgerd/log.h"
#include "ledgerd/packed.h"

/* Whose a key is. */
struct key_info {
    uint32_t holder; /* its number among the holders and 1; 0: no such key */
    uint8_t role;
    bool revoked;
};

struct rest {
    struct keyring *keyring;
    struct packed *holders, *accounts;
    struct packed *contras; /* accounts of the co-ops' own, which begin with '!': never forgotten */
    struct key_info *keys;  /* by their numbers in the keyring */
    size_t cap_keys, n_keys;
    struct buf packing;
};

struct rest *rest_new(struct keyring *keyring)
{
    struct rest *r = x_calloc(1, sizeof(*r));

    r->keyring = keyring;
    r->holders = packed_new();
    r->accounts = packed_new();
    r->contras = packed_new();
    return r;
}

void rest_free(struct rest *r)
{
    if (r == NULL) {
        return;
    }
    packed_free(r->holders);
    packed_free(r->accounts);
    packed_free(r->contras);
    free(r->keys);
    buf_free(&r->packing);
    free(r);
}

/* ---- Packing: numbers in as few bytes of seven bits as they need, the sign in the first ---- */

static void put_num(struct buf *b, int64_t n)
{
    uint64_t left = n < 0 ? ~((uint64_t)n << 1) : (uint64_t)n << 1;

    for (; left >= 0x80; left >>= 7) {
        buf_putc(b, (char)(left | 0x80));
    }
    buf_putc(b, (char)left);
}

static int64_t take_num(const uint8_t **from)
{
    uint64_t n = 0;

    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *(*from)++;
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    return (n & 1) != 0 ? (int64_t) ~(n >> 1) : (int64_t)(n >> 1);
}

static const char *take_text(const uint8_t **from)
{
    const char *s = (const char *)*from;

    *from += strlen(s) + 1;
    return s;
}

static void put_subject(struct buf *b, const struct subject *s)
{
    put_num(b, s->seq);
    put_num(b, s->record);
}

static struct subject take_subject(const uint8_t **from)
{
    int64_t seq = take_num(from);

    return (struct subject){seq, take_num(from)};
}

/* ---- Holders ---- */

enum {
    KIND_BITS = 0x07,
    STATE_SHIFT = 3,
    STATE_BITS = 0x03,
    FROZEN_BY_OFFICE = 0x20,
    ALLOWED = 0x40,
    HAS_NAME = 0x80,
};

/* The last, and only while one is open. Its keys aren't in the keyring: nobody's yet. */
static void put_recovery(struct buf *b, const struct recovery *v)
{
    if (v == NULL) {
        return;
    }
    buf_putc(b, v->objected ? 1 : 0);
    put_num(b, v->record);
    put_num(b, v->due_ms);
    put_num(b, v->threshold);
    put_num(b, (int64_t)v->n_keys);
    for (size_t i = 0; i < v->n_keys; i++) {
        put_num(b, (int64_t)v->keys[i].role);
        buf_put(b, v->keys[i].key.x, KEY_LEN);
    }
}

/* The holder with the recovery that begins there. */
static struct holder *take_recovery(struct holder *h, const uint8_t *from)
{
    struct recovery fixed = {.objected = *from++ != 0};

    fixed.record = take_num(&from);
    fixed.due_ms = take_num(&from);
    fixed.threshold = take_num(&from);
    struct recovery *v = recovery_new((size_t)take_num(&from));
    v->objected = fixed.objected;
    v->record = fixed.record;
    v->due_ms = fixed.due_ms;
    v->threshold = fixed.threshold;
    for (size_t i = 0; i < v->n_keys; i++) {
        v->keys[i].role = (enum role)take_num(&from);
        memcpy(v->keys[i].key.x, from, KEY_LEN);
        from += KEY_LEN;
    }
    struct holder *with = holder_recovering(h, h->n_keys, v);
    free(v);
    free(h);
    return with;
}

static void keep_holder(struct rest *r, const struct holder *h)
{
    struct buf *b = &r->packing;

    buf_clear(b);
    buf_putc(b, (char)((int)h->kind | (int)h->state << STATE_SHIFT |
                       (h->frozen_by_office ? FROZEN_BY_OFFICE : 0) | (h->allowed ? ALLOWED : 0) |
                       (h->name.there ? HAS_NAME : 0)));
    put_num(b, (int64_t)h->n_keys);
    put_num(b, h->threshold);
    put_subject(b, &h->subject);
    if (h->name.there) {
        buf_put(b, h->name.hash.b, HASH_LEN);
    }
    if (h->state == HOLDER_FROZEN) {
        put_num(b, h->frozen_ms);
    }
    if (!holder_is_member(h)) {
        buf_put(b, h->title, strlen(h->title) + 1);
        buf_put(b, h->zone, strlen(h->zone) + 1);
        put_num(b, h->rules);
    }
    for (size_t i = 0; i < h->n_keys; i++) {
        put_num(b, (int64_t)h->keys[i].role);
        put_num(b, keyring_add(r->keyring, &h->keys[i].key));
    }
    put_recovery(b, h->recovery);
    packed_put(r->holders, h->thing.name, b->data, b->len);
}

static struct thing *fetch_holder(const struct rest *r, const char *name)
{
    size_t len;
    const uint8_t *from = packed_get(r->holders, name, &len), *start = from;
    const char *title = "", *zone = "";
    struct holder fixed = {0};

    if (from == NULL) {
        return NULL;
    }
    uint8_t bits = *from++;
    size_t n_keys = (size_t)take_num(&from);
    fixed.kind = (enum holder_kind)(bits & KIND_BITS);
    fixed.state = (enum holder_state)(bits >> STATE_SHIFT & STATE_BITS);
    fixed.threshold = take_num(&from);
    fixed.subject = take_subject(&from);
    if ((bits & HAS_NAME) != 0) {
        fixed.name.there = true;
        memcpy(fixed.name.hash.b, from, HASH_LEN);
        from += HASH_LEN;
    }
    if (fixed.state == HOLDER_FROZEN) {
        fixed.frozen_ms = take_num(&from);
    }
    if (!holder_is_member(&fixed)) {
        title = take_text(&from);
        zone = take_text(&from);
        fixed.rules = take_num(&from);
    }
    struct holder *h = holder_new(name, title, zone, n_keys);
    h->kind = fixed.kind;
    h->state = fixed.state;
    h->frozen_by_office = (bits & FROZEN_BY_OFFICE) != 0;
    h->frozen_ms = fixed.frozen_ms;
    h->allowed = (bits & ALLOWED) != 0;
    h->threshold = fixed.threshold;
    h->subject = fixed.subject;
    h->name = fixed.name;
    h->rules = fixed.rules;
    for (size_t i = 0; i < n_keys; i++) {
        h->keys[i].role = (enum role)take_num(&from);
        h->keys[i].key = keyring_at(r->keyring, (uint32_t)take_num(&from));
    }
    if (from < start + len) {
        h = take_recovery(h, from);
    }
    return &h->thing;
}

/* ---- Keys ---- */

static void keep_key(struct rest *r, const struct key_row *k)
{
    uint32_t number = keyring_add(r->keyring, &k->key);

    if (number >= r->cap_keys) {
        size_t cap = r->cap_keys == 0 ? 64 : r->cap_keys * 2;
        while (cap <= number) {
            cap *= 2;
        }
        r->keys = x_realloc(r->keys, cap * sizeof(*r->keys));
        memset(r->keys + r->cap_keys, 0, (cap - r->cap_keys) * sizeof(*r->keys));
        r->cap_keys = cap;
    }
    r->n_keys += r->keys[number].holder == 0;
    r->keys[number] = (struct key_info){
        .holder = packed_number(r->holders, k->holder) + 1,
        .role = (uint8_t)k->role,
        .revoked = k->revoked,
    };
}

static struct thing *fetch_key(const struct rest *r, const char *name)
{
    uint32_t number;
    struct key key;
    struct kid kid;

    str_copy(kid.s, sizeof(kid.s), name);
    if (!keyring_find(r->keyring, &kid, &key, &number) || number >= r->cap_keys ||
        r->keys[number].holder == 0) {
        return NULL;
    }
    const struct key_info *info = &r->keys[number];
    struct key_row *k = key_row_new(&kid, packed_name(r->holders, info->holder - 1));
    k->key = key;
    k->role = (enum role)info->role;
    k->revoked = info->revoked;
    return &k->thing;
}

/* ---- Accounts ---- */

enum {
    HAS_LIMITS = 1,
    NO_CEILING = 2,
    /* Bytes are filled up to a multiple of this, so that most changes find room where they are. */
    ACCOUNT_STEP = 4,
};

static struct packed *accounts_of(const struct rest *r, const char *name)
{
    return name[0] == '!' ? r->contras : r->accounts;
}

static void keep_account(struct rest *r, const struct account *a)
{
    struct buf *b = &r->packing;

    buf_clear(b);
    buf_putc(b, (char)((a->has_limits ? HAS_LIMITS : 0) |
                       (a->has_limits && a->limits.no_ceiling ? NO_CEILING : 0)));
    put_num(b, a->number);
    put_num(b, a->balance);
    put_num(b, a->seq);
    put_num(b, a->record);
    put_subject(b, &a->limits_subject);
    if (a->has_limits) {
        put_num(b, a->limits.floor);
        put_num(b, a->limits.ceiling);
    }
    while (b->len % ACCOUNT_STEP != 0) {
        buf_putc(b, 0);
    }
    packed_put(accounts_of(r, a->thing.name), a->thing.name, b->data, b->len);
}

static struct thing *fetch_account(const struct rest *r, const char *name)
{
    size_t len;
    const uint8_t *from = packed_get(accounts_of(r, name), name, &len);

    if (from == NULL) {
        return NULL;
    }
    struct account *a = account_new(name);
    uint8_t bits = *from++;
    a->number = take_num(&from);
    a->balance = take_num(&from);
    a->seq = take_num(&from);
    a->record = take_num(&from);
    a->limits_subject = take_subject(&from);
    a->has_limits = (bits & HAS_LIMITS) != 0;
    if (a->has_limits) {
        a->limits.floor = take_num(&from);
        a->limits.ceiling = take_num(&from);
        a->limits.no_ceiling = (bits & NO_CEILING) != 0;
    }
    return &a->thing;
}

/* ---- As the state asks ---- */

static struct thing *fetch(void *arg, enum thing_kind kind, const char *name)
{
    switch (kind) {
    case THING_HOLDER:
        return fetch_holder(arg, name);
    case THING_KEY:
        return fetch_key(arg, name);
    case THING_ACCOUNT:
        return fetch_account(arg, name);
    case THING_UNIT:
    case THING_POLICY:
    case THING_BOOK:
    case THING_VOID:
    case THING_SNAPSHOT:
    case THING_LINE:
    case THING_ROUND:
    case THING_ID:
    case THING_DEAL:
    case THING_ASK:
        break;
    }
    return NULL;
}

static void keep(void *arg, enum thing_kind kind, const struct thing *thing)
{
    switch (kind) {
    case THING_HOLDER:
        keep_holder(arg, (const struct holder *)thing);
        break;
    case THING_KEY:
        keep_key(arg, (const struct key_row *)thing);
        break;
    case THING_ACCOUNT:
        keep_account(arg, (const struct account *)thing);
        break;
    case THING_UNIT:
    case THING_POLICY:
    case THING_BOOK:
    case THING_VOID:
    case THING_SNAPSHOT:
    case THING_LINE:
    case THING_ROUND:
    case THING_ID:
    case THING_DEAL:
    case THING_ASK:
        break;
    }
}

struct state_rest rest_of_state(struct rest *r)
{
    return (struct state_rest){.fetch = fetch, .keep = keep, .arg = r};
}

void rest_keep(struct rest *r, enum thing_kind kind, const struct thing *thing)
{
    keep(r, kind, thing);
}

void rest_trim(struct rest *r)
{
    if (packed_size(r->accounts) > REST_ACCOUNTS_MAX) {
        packed_free(r->accounts);
        r->accounts = packed_new();
    }
}

size_t rest_count(const struct rest *r, enum thing_kind kind)
{
    return kind == THING_HOLDER    ? packed_count(r->holders)
           : kind == THING_KEY     ? r->n_keys
           : kind == THING_ACCOUNT ? packed_count(r->accounts) + packed_count(r->contras)
                                   : 0;
}
