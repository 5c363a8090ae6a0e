/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/thing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Puts a copy of s at *tail and moves the tail on. */
static const char *tail_string(char **tail, const char *s)
{
    size_t n = strlen(s) + 1;
    char *at = *tail;

    memcpy(at, s, n);
    *tail += n;
    return at;
}

/* A zeroed block of `size` bytes with the name behind it. */
static struct thing *thing_new(size_t size, const char *name)
{
    size_t n = strlen(name) + 1;
    char *block = x_malloc(size + n);

    memset(block, 0, size);
    memcpy(block + size, name, n);
    ((struct thing *)(void *)block)->name = block + size;
    return (struct thing *)(void *)block;
}

static size_t recovery_size(size_t n_keys)
{
    return sizeof(struct recovery) + n_keys * sizeof(struct holder_key);
}

/* Holder and keys, then the recovery, then strings. */
static struct holder *holder_block(const char *name, const char *title, const char *zone,
                                   size_t n_keys, const struct recovery *recovery)
{
    const size_t align = _Alignof(struct recovery);
    size_t size = sizeof(struct holder) + n_keys * sizeof(struct holder_key), at;
    struct holder *h;
    char *tail;

    size = at = (size + align - 1) / align * align;
    if (recovery)
        size += recovery_size(recovery->n_keys);
    h = x_malloc(size + strlen(name) + strlen(title) + strlen(zone) + 3);
    memset(h, 0, size);
    tail = (char *)h + size;
    h->thing.name = tail_string(&tail, name);
    h->title = tail_string(&tail, title);
    h->zone = tail_string(&tail, zone);
    h->n_keys = n_keys;
    if (recovery)
        h->recovery = memcpy((char *)h + at, recovery, recovery_size(recovery->n_keys));
    return h;
}

struct holder *holder_new(const char *name, const char *title, const char *zone, size_t n_keys)
{
    return holder_block(name, title, zone, n_keys, NULL);
}

struct holder *holder_recovering(const struct holder *h, size_t n_keys,
                                 const struct recovery *recovery)
{
    struct holder *copy = holder_block(h->thing.name, h->title, h->zone, n_keys, recovery);

    copy->kind = h->kind;
    copy->state = h->state;
    copy->subject = h->subject;
    copy->frozen_by_office = h->frozen_by_office;
    copy->frozen_ms = h->frozen_ms;
    copy->allowed = h->allowed;
    copy->name = h->name;
    copy->rules = h->rules;
    copy->threshold = h->threshold;
    memcpy(copy->keys, h->keys, (n_keys < h->n_keys ? n_keys : h->n_keys) * sizeof(*h->keys));
    return copy;
}

struct holder *holder_copy(const struct holder *h, size_t n_keys)
{
    return holder_recovering(h, n_keys, h->recovery);
}

struct recovery *recovery_new(size_t n_keys)
{
    struct recovery *recovery = x_calloc(1, recovery_size(n_keys));

    recovery->n_keys = n_keys;
    return recovery;
}

static int compare_keys(const void *a, const void *b)
{
    const struct holder_key *x = a, *y = b;
    struct kid p, q;

    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    key_kid(&p, &x->key);
    key_kid(&q, &y->key);
    return strcmp(p.s, q.s);
}

void holder_sort_keys(struct holder *h)
{
    if (h->n_keys > 1)
        qsort(h->keys, h->n_keys, sizeof(*h->keys), compare_keys);
}

void recovery_sort_keys(struct recovery *recovery)
{
    qsort(recovery->keys, recovery->n_keys, sizeof(*recovery->keys), compare_keys);
}

size_t holder_count(const struct holder *h, enum role role)
{
    size_t n = 0;

    for (size_t i = 0; i < h->n_keys; i++)
        n += h->keys[i].role == role;
    return n;
}

bool holder_has_key(const struct holder *h, enum role role, const struct key *key)
{
    for (size_t i = 0; i < h->n_keys; i++)
        if (h->keys[i].role == role && memcmp(h->keys[i].key.x, key->x, KEY_LEN) == 0)
            return true;
    return false;
}

bool holder_is_member(const struct holder *h)
{
    return h->kind == HOLDER_PERSON || h->kind == HOLDER_PURSE;
}

bool holder_governing_role(enum holder_kind kind, enum role *role)
{
    switch (kind) {
    case HOLDER_PERSON:
        *role = ROLE_MEMBER;
        return true;
    case HOLDER_COOP:
        *role = ROLE_TREASURER;
        return true;
    case HOLDER_STEWARDS:
        *role = ROLE_STEWARD;
        return true;
    case HOLDER_PURSE:
    case HOLDER_LEDGER:
    case HOLDER_AUDITORS:
        return false;
    }
    return false;
}

struct unit *unit_new(const char *name, const char *title)
{
    struct unit *u = x_malloc(sizeof(*u) + strlen(name) + strlen(title) + 2);
    char *tail = (char *)(u + 1);

    memset(u, 0, sizeof(*u));
    u->thing.name = tail_string(&tail, name);
    u->title = tail_string(&tail, title);
    return u;
}

struct policy *policy_new(const char *coop, const char *unit)
{
    char name[ACCOUNT_MAX + 1];

    name_account(name, coop, unit);
    return (struct policy *)thing_new(sizeof(struct policy), name);
}

void line_name(char out[LINE_NAME_MAX + 1], const char *coop, const char *partner, const char *unit)
{
    (void)snprintf(out, LINE_NAME_MAX + 1, "%s/%s/%s", coop, partner, unit);
}

/* Takes what stands before the next '/' and goes behind it. */
static const char *split_off(char *out, size_t size, const char *s)
{
    size_t len = strcspn(s, "/");

    str_copy(out, len + 1 < size ? len + 1 : size, s);
    return s[len] ? s + len + 1 : s + len;
}

void line_name_split(struct line_name *out, const char *name)
{
    name = split_off(out->coop, sizeof(out->coop), name);
    name = split_off(out->partner, sizeof(out->partner), name);
    (void)split_off(out->unit, sizeof(out->unit), name);
}

struct credit_line *line_new(const char *coop, const char *partner, const char *unit)
{
    char name[LINE_NAME_MAX + 1];

    line_name(name, coop, partner, unit);
    return (struct credit_line *)thing_new(sizeof(struct credit_line), name);
}

struct account *account_new(const char *name)
{
    struct account *a = (struct account *)thing_new(sizeof(*a), name);

    a->record = -1;
    a->limits_subject.record = -1;
    return a;
}

struct account *account_copy(const struct account *a)
{
    struct account *copy = account_new(a->thing.name);
    struct thing thing = copy->thing;

    *copy = *a;
    copy->thing = thing;
    return copy;
}

struct key_row *key_row_new(const struct kid *kid, const char *holder)
{
    struct key_row *k = x_malloc(sizeof(*k) + KID_LEN + strlen(holder) + 2);
    char *tail = (char *)(k + 1);

    memset(k, 0, sizeof(*k));
    k->thing.name = tail_string(&tail, kid->s);
    k->holder = tail_string(&tail, holder);
    return k;
}

struct snapshot *snapshot_new(void)
{
    return (struct snapshot *)thing_new(sizeof(struct snapshot), "ledger");
}

struct book *book_new(const char *coop)
{
    return (struct book *)thing_new(sizeof(struct book), coop);
}

struct book *book_copy(const struct book *b)
{
    struct book *copy = book_new(b->thing.name);

    copy->entries = b->entries;
    return copy;
}

struct posted_id *posted_id_new(const char *by, const char *jti)
{
    char name[HOLDER_MAX + 1 + JTI_MAX + 1];
    size_t n = strlen(by);

    memcpy(name, by, n);
    name[n] = ' ';
    str_copy(name + n + 1, JTI_MAX + 1, jti);
    return (struct posted_id *)thing_new(sizeof(struct posted_id), name);
}

void voided_name(char out[VOIDED_NAME_MAX + 1], const struct hash *payload_hash, const char *holder,
                 enum role role)
{
    char hash[HASH_B64U_LEN + 1];

    hash_text(hash, payload_hash);
    (void)snprintf(out, VOIDED_NAME_MAX + 1, "%s %s %s", hash, holder, role_name(role));
}

struct voided *voided_new(const struct hash *payload_hash, const char *holder, enum role role)
{
    char name[VOIDED_NAME_MAX + 1];
    struct voided *v;
    char *tail;

    voided_name(name, payload_hash, holder, role);
    v = x_malloc(sizeof(*v) + strlen(name) + strlen(holder) + 2);
    memset(v, 0, sizeof(*v));
    tail = (char *)(v + 1);
    v->thing.name = tail_string(&tail, name);
    v->holder = tail_string(&tail, holder);
    v->payload_hash = *payload_hash;
    v->role = role;
    return v;
}

void deal_name(char out[DEAL_NAME_MAX + 1], int64_t record)
{
    (void)snprintf(out, DEAL_NAME_MAX + 1, "%lld", (long long)record);
}

struct deal *deal_new(const struct act *a, int64_t record, int64_t ms)
{
    const struct act_transfer *t = &a->u.transfer;
    char name[DEAL_NAME_MAX + 1];
    struct deal *d;

    deal_name(name, record);
    d = (struct deal *)thing_new(sizeof(*d), name);
    d->record = record;
    d->ms = ms;
    d->is_request = a->type == ACT_REQUEST;
    d->by_office = strchr(a->by, '@') == NULL;
    str_copy(d->from, sizeof(d->from), t->from);
    str_copy(d->to, sizeof(d->to), t->to);
    str_copy(d->unit, sizeof(d->unit), t->unit);
    d->amount = t->amount;
    d->expires = t->expires;
    d->answer = -1;
    d->payload_hash = a->payload_hash;
    return d;
}

bool deal_concerns(const struct deal *d, const char *holder)
{
    return str_eq(holder, d->from) || str_eq(holder, d->to) ||
           str_eq(holder, name_coop_start(d->from)) || str_eq(holder, name_coop_start(d->to));
}

void deal_add_via(struct deal *d, const char *coop)
{
    if (d->n_via < DEAL_VIA_MAX)
        str_copy(d->via[d->n_via++], COOP_MAX + 1, coop);
}

struct deal *deal_copy(const struct deal *d)
{
    struct deal *copy = (struct deal *)thing_new(sizeof(*d), d->thing.name);
    struct thing thing = copy->thing;

    *copy = *d;
    copy->thing = thing;
    return copy;
}

struct ask *ask_new(const struct hash *payload_hash, int64_t record)
{
    char hash[HASH_B64U_LEN + 1];
    struct ask *ask;

    hash_text(hash, payload_hash);
    ask = (struct ask *)thing_new(sizeof(*ask), hash);
    ask->record = record;
    return ask;
}

static const char *const choices[] = {
    [CLEARING_ASK] = "ask", [CLEARING_AUTO] = "auto", [CLEARING_NEVER] = "never"};

const char *clearing_choice_name(enum clearing_choice choice)
{
    return choices[choice];
}

int clearing_choice_parse(const char *s, enum clearing_choice *out)
{
    for (size_t i = 0; i < ARRAY_LEN(choices); i++)
        if (str_eq(s, choices[i])) {
            *out = (enum clearing_choice)i;
            return 0;
        }
    return -1;
}

const char *holder_kind_name(enum holder_kind kind)
{
    static const char *const names[] = {"ledger", "stewards", "coop",
                                        "person", "purse",    "auditors"};

    return names[kind];
}

const char *holder_state_name(enum holder_state state)
{
    static const char *const names[] = {"active", "frozen", "closed"};

    return names[state];
}
