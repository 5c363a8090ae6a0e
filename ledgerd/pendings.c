/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pendings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/receipt.h"

#define ID_SIZE (HOLDER_MAX + 1 + JTI_MAX + 1)

static void keys_init(struct pending_keys *k)
{
    k->n = 0;
    pgarray_init(&k->kid, PGARRAY_TEXT);
    pgarray_init(&k->by, PGARRAY_TEXT);
    pgarray_init(&k->jti, PGARRAY_TEXT);
    pgarray_init(&k->x, PGARRAY_BYTEA);
    pgarray_init(&k->holder, PGARRAY_TEXT);
}

static void keys_free(struct pending_keys *k)
{
    pgarray_free(&k->kid);
    pgarray_free(&k->by);
    pgarray_free(&k->jti);
    pgarray_free(&k->x);
    pgarray_free(&k->holder);
}

void pendings_init(struct pendings *p)
{
    memset(p, 0, sizeof(*p));
    p->places = strmap_new();
    keys_init(&p->new_keys);
    keys_init(&p->gone_keys);
}

static void free_acts(struct pendings *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct pending_act *pa = p->at[i];
        free(pa->submission);
        buf_free(&pa->needs);
        pgarray_free(&pa->signers);
        pgarray_free(&pa->asks);
        free(pa);
    }
    p->n = 0;
}

void pendings_free(struct pendings *p)
{
    free_acts(p);
    free(p->at);
    strmap_free(p->places);
    keys_free(&p->new_keys);
    keys_free(&p->gone_keys);
}

void pendings_clear(struct pendings *p)
{
    if (p->n == 0) {
        return;
    }
    free_acts(p);
    strmap_clear(p->places);
    keys_free(&p->new_keys);
    keys_free(&p->gone_keys);
    keys_init(&p->new_keys);
    keys_init(&p->gone_keys);
}

static const char *id_of(char id[ID_SIZE], const char *by, const char *jti)
{
    (void)snprintf(id, ID_SIZE, "%s %s", by, jti);
    return id;
}

struct pending_act *pendings_find(const struct pendings *p, const char *by, const char *jti)
{
    char id[ID_SIZE];

    if (p->n == 0) {
        return NULL;
    }
    const int64_t *place = strmap_get(p->places, id_of(id, by, jti));
    if (place == NULL || p->at[*place - 1]->gone) {
        return NULL;
    }
    return p->at[*place - 1];
}

struct pending_act *pendings_find_payload(const struct pendings *p, const struct hash *hash)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!p->at[i]->gone && hash_eq(&p->at[i]->payload_hash, hash)) {
            return p->at[i];
        }
    }
    return NULL;
}

struct pending_act *pendings_add(struct pendings *p, const char *by, const char *jti)
{
    struct pending_act *pa = x_calloc(1, sizeof(*pa));
    char id[ID_SIZE];

    str_copy(pa->by, sizeof(pa->by), by);
    str_copy(pa->jti, sizeof(pa->jti), jti);
    pgarray_init(&pa->signers, PGARRAY_TEXT);
    pgarray_init(&pa->asks, PGARRAY_TEXT);
    if (p->n == p->cap) {
        p->cap = p->cap == 0 ? 16 : p->cap * 2;
        p->at = x_realloc(p->at, p->cap * sizeof(struct pending_act *));
    }
    p->at[p->n++] = pa;
    *strmap_put(p->places, id_of(id, by, jti)) = (int64_t)p->n;
    return pa;
}

/* The keys in an act's payload that it would register, each with its holder. */
static void each_key(const struct act *a,
                     void (*fn)(void *arg, const struct key *key, const char *holder), void *arg)
{
    const struct act_keys *lists[2] = {NULL, NULL};
    const char *holder = NULL;

    switch (a->type) {
    case ACT_LEDGER_OPEN:
        fn(arg, &a->u.ledger_open.log_key, "ledger");
        fn(arg, &a->u.ledger_open.clerk_key, "ledger");
        lists[0] = &a->u.ledger_open.stewards;
        holder = "stewards";
        break;
    case ACT_COOP_CREATE:
        lists[0] = &a->u.coop_create.treasurers;
        lists[1] = &a->u.coop_create.registrars;
        holder = a->u.coop_create.coop;
        break;
    case ACT_MEMBER_CREATE:
        lists[0] = &a->u.member.keys;
        holder = a->u.member.member;
        break;
    case ACT_KEY_ADD:
        fn(arg, &a->u.key.key, a->u.key.holder);
        break;
    case ACT_KEY_RECOVER:
        lists[0] = &a->u.recover.keys;
        holder = a->u.recover.holder;
        break;
    case ACT_KEY_RECOVER_FINISH:
    case ACT_KEY_OBJECT:
    case ACT_REQUEST:
    case ACT_REVERSAL:
    case ACT_DECLINE:
    case ACT_SNAPSHOT:
    case ACT_LEDGER_CONTINUE:
    case ACT_UNIT_CREATE:
    case ACT_COOP_POLICY:
    case ACT_MEMBER_UPDATE:
    case ACT_MEMBER_FREEZE:
    case ACT_MEMBER_UNFREEZE:
    case ACT_MEMBER_CLOSE:
    case ACT_RECORD_ALLOW:
    case ACT_ACCOUNT_LIMITS:
    case ACT_KEY_REVOKE:
    case ACT_THRESHOLD_SET:
    case ACT_TRANSFER:
    case ACT_LINE_SET:
    case ACT_CLEARING_PROPOSE:
    case ACT_CLEARING_CONSENT:
    case ACT_CLEARING_DECLINE:
    case ACT_CLEARING_POST:
    case ACT_LEVY:
    case ACT_ESTATE:
    case ACT_COOP_CLOSE:
    case ACT_SETTLEMENT:
        break;
    }
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        for (size_t i = 0; lists[l] != NULL && i < lists[l]->n; i++) {
            fn(arg, &lists[l]->keys[i], holder);
        }
    }
}

/* Arguments of the two below: where a key goes. */
struct key_sink {
    struct pending_keys *keys;
    struct pending_act *pa;
};

static void sink_key(void *arg, const struct key *key, const char *holder)
{
    const struct key_sink *sink = arg;
    struct pending_keys *k = sink->keys;
    struct kid kid;

    key_kid(&kid, key);
    k->n++;
    pgarray_text(&k->kid, kid.s);
    pgarray_text(&k->by, sink->pa->by);
    pgarray_text(&k->jti, sink->pa->jti);
    pgarray_bytes(&k->x, key->x, KEY_LEN);
    pgarray_text(&k->holder, holder);
}

static void ask_key(void *arg, const struct key *key, const char *holder)
{
    struct kid kid;

    (void)holder;
    key_kid(&kid, key);
    pgarray_text(arg, kid.s);
}

bool pendings_wait(struct pendings *p, struct pending_act *pa, const struct act *a,
                   const struct submission *sub, const struct need *needs, size_t n_needs)
{
    struct buf text = BUF_INIT, needed = BUF_INIT;

    submission_put(&text, sub);
    needs_put(&needed, needs, n_needs);
    if (pa->submission != NULL && str_eq(pa->submission, text.data) &&
        pa->needs.len == needed.len && memcmp(pa->needs.data, needed.data, needed.len) == 0) {
        buf_free(&text);
        buf_free(&needed);
        return false;
    }
    if (!pa->stored && !pa->changed) {
        each_key(a, sink_key, &(struct key_sink){&p->new_keys, pa});
    }
    pa->changed = true;
    pa->payload_hash = a->payload_hash;
    pa->type = act_type_name(a->type);
    pa->exp = a->exp;
    free(pa->submission);
    pa->submission = buf_take(&text);
    buf_free(&pa->needs);
    pa->needs = needed;
    pgarray_clear(&pa->signers);
    for (size_t i = 0; i < sub->env.n_sigs; i++) {
        pgarray_text(&pa->signers, sub->env.sigs[i].kid.s);
    }
    pgarray_clear(&pa->asks);
    for (size_t i = 0; i < n_needs; i++) {
        char ask[HOLDER_MAX + 16];
        (void)snprintf(ask, sizeof(ask), "%s %s", role_name(needs[i].role), needs[i].holder);
        pgarray_text(&pa->asks, ask);
    }
    each_key(a, ask_key, &pa->asks);
    return true;
}

void pendings_drop(struct pendings *p, struct pending_act *pa, const struct act *a)
{
    pa->gone = true;
    each_key(a, sink_key, &(struct key_sink){&p->gone_keys, pa});
}

const char *pendings_maker(const struct state *s, const struct envelope *env, bool *known)
{
    for (size_t i = 0; i < env->n_sigs; i++) {
        if (state_key(s, env->sigs[i].kid.s) != NULL) {
            *known = true;
            return env->sigs[i].kid.s;
        }
    }
    *known = false;
    return env->sigs[0].kid.s;
}

int64_t pendings_change(const struct pendings *p, const char *maker)
{
    int64_t change = 0;

    for (size_t i = 0; i < p->n; i++) {
        const struct pending_act *pa = p->at[i];
        if (str_eq(pa->maker, maker)) {
            change += (pa->changed && !pa->gone && !pa->stored) - (pa->stored && pa->gone);
        }
    }
    return change;
}

bool pendings_is_changed(const struct pendings *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->at[i]->changed || p->at[i]->gone) {
            return true;
        }
    }
    return false;
}

void pendings_count(const struct pendings *p, struct strmap *makers)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct pending_act *pa = p->at[i];
        if (pa->changed && !pa->gone && !pa->stored) {
            ++*strmap_put(makers, pa->maker);
        } else if (pa->stored && pa->gone && --*strmap_put(makers, pa->maker) <= 0) {
            strmap_drop(makers, pa->maker);
        }
    }
}
