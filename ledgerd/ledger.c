/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/ledger.h"

#include <stdio.h>
#include <string.h>

/* So many of a kind are in hand, about 200 bytes each; then all of them go to rest. */
#define IN_HAND_MAX 12000

void ledger_init(struct ledger *l, const char *origin, struct keyring *keyring)
{
    memset(l, 0, sizeof(*l));
    str_copy(l->head.origin, sizeof(l->head.origin), origin);
    l->state = state_new(origin);
    if (keyring != NULL) {
        l->rest = rest_new(keyring);
        const struct state_rest rest = rest_of_state(l->rest);
        state_set_rest(l->state, &rest);
    }
    tree_init(&l->tree);
    tiles_init(&l->tiles);
    l->makers = strmap_new();
    l->recent = recent_new();
}

void ledger_free(struct ledger *l)
{
    state_free(l->state);
    rest_free(l->rest);
    tree_free(&l->tree);
    tiles_free(&l->tiles);
    strmap_free(l->makers);
    recent_free(l->recent);
    memset(l, 0, sizeof(*l));
}

struct hash ledger_append(struct ledger *l, const struct hash *entry)
{
    struct hash leaf;

    tree_leaf_hash(&leaf, entry->b, HASH_LEN);
    tree_append(&l->tree, &leaf);
    tiles_append(&l->tiles, &l->tree, &leaf);
    return leaf;
}

/* What is loaded for one batch. */
static void forget(struct state *s)
{
    state_forget(s, THING_ID);
    state_forget(s, THING_DEAL);
    state_forget(s, THING_ASK);
}

static void put_to_rest(struct ledger *l)
{
    static const enum thing_kind kinds[] = {THING_HOLDER, THING_KEY, THING_ACCOUNT};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (state_count(l->state, kinds[i]) > IN_HAND_MAX) {
            state_forget(l->state, kinds[i]);
        }
    }
    rest_trim(l->rest);
}

void ledger_commit(struct ledger *l, int64_t time_ms)
{
    state_commit(l->state);
    tree_mark(&l->tree);
    tiles_mark(&l->tiles);
    l->head.is_continuing = l->head.is_continuing && l->head.size == l->tree.size;
    l->head.size = l->tree.size;
    str_copy(l->head.origin, sizeof(l->head.origin), state_origin(l->state));
    l->head.time_ms = time_ms;
    forget(l->state);
    if (l->rest != NULL) {
        put_to_rest(l);
    }
}

void ledger_rollback(struct ledger *l)
{
    state_rollback(l->state);
    tree_rewind(&l->tree);
    tiles_rewind(&l->tiles);
    forget(l->state);
    if (l->rest != NULL) {
        put_to_rest(l); /* many batches may come to nothing in a row */
    }
}

void ledger_use_log_keys(const struct ledger *l, struct published *p)
{
    const struct holder *ledger = state_holder(l->state, "ledger");
    struct key keys[ACT_KEYS_MAX];
    size_t n = 0;

    for (size_t i = 0; ledger != NULL && i < ledger->n_keys && n < ARRAY_LEN(keys); i++) {
        if (ledger->keys[i].role == ROLE_LOG) {
            keys[n++] = ledger->keys[i].key;
        }
    }
    if (ledger != NULL) { /* before record 0 nothing is signed */
        published_use(p, keys, n);
    }
}
