/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A hash table of strings: open addressing, linear probing, at most half full. */
#include "core/strmap.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    uint64_t hash;
    char *key; /* NULL: free */
    int64_t value;
};

struct strmap {
    struct slot *slots;
    size_t cap; /* a power of two */
    size_t n;
    /* Keys come from outside: an unguessable hash keeps them from being made to collide. */
    uint8_t seed[crypto_shorthash_KEYBYTES];
};

#define CAP_MIN 64

struct strmap *strmap_new(void)
{
    struct strmap *m = x_calloc(1, sizeof(*m));

    m->cap = CAP_MIN;
    m->slots = x_calloc(m->cap, sizeof(*m->slots));
    randombytes_buf(m->seed, sizeof(m->seed));
    return m;
}

void strmap_free(struct strmap *m)
{
    if (m == NULL) {
        return;
    }
    strmap_clear(m);
    free(m->slots);
    free(m);
}

static uint64_t hash_of(const struct strmap *m, const char *key)
{
    uint64_t h;

    crypto_shorthash((uint8_t *)&h, (const uint8_t *)key, strlen(key), m->seed);
    return h;
}

/* The slot that has the key, or the free one where it would go. */
static struct slot *find(const struct strmap *m, uint64_t hash, const char *key)
{
    size_t at = hash & (m->cap - 1);

    while (m->slots[at].key != NULL &&
           (m->slots[at].hash != hash || !str_eq(m->slots[at].key, key))) {
        at = (at + 1) & (m->cap - 1);
    }
    return &m->slots[at];
}

int64_t *strmap_get(const struct strmap *m, const char *key)
{
    struct slot *slot = find(m, hash_of(m, key), key);

    return slot->key == NULL ? NULL : &slot->value;
}

static void grow(struct strmap *m)
{
    struct slot *old = m->slots;
    size_t old_cap = m->cap;

    m->cap *= 2;
    m->slots = x_calloc(m->cap, sizeof(*m->slots));
    for (size_t i = 0; i < old_cap; i++) {
        if (old[i].key != NULL) {
            *find(m, old[i].hash, old[i].key) = old[i];
        }
    }
    free(old);
}

int64_t *strmap_put(struct strmap *m, const char *key)
{
    uint64_t hash = hash_of(m, key);
    struct slot *slot = find(m, hash, key);

    if (slot->key != NULL) {
        return &slot->value;
    }
    if ((m->n + 1) * 2 > m->cap) {
        grow(m);
        slot = find(m, hash, key);
    }
    slot->hash = hash;
    slot->key = x_strdup(key);
    slot->value = 0;
    m->n++;
    return &slot->value;
}

void strmap_drop(struct strmap *m, const char *key)
{
    size_t mask = m->cap - 1;
    size_t hole = (size_t)(find(m, hash_of(m, key), key) - m->slots);

    if (m->slots[hole].key == NULL) {
        return;
    }
    free(m->slots[hole].key);
    m->n--;
    /* Those behind move up, unless the hole lies before where they want to be. */
    for (size_t at = (hole + 1) & mask; m->slots[at].key != NULL; at = (at + 1) & mask) {
        size_t home = m->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            m->slots[hole] = m->slots[at];
            hole = at;
        }
    }
    m->slots[hole].key = NULL;
}

size_t strmap_count(const struct strmap *m)
{
    return m->n;
}

int64_t strmap_sum(const struct strmap *m)
{
    int64_t sum = 0;

    for (size_t i = 0; i < m->cap; i++) {
        sum += m->slots[i].key != NULL ? m->slots[i].value : 0;
    }
    return sum;
}

void strmap_clear(struct strmap *m)
{
    if (m->n == 0) {
        return;
    }
    for (size_t i = 0; i < m->cap; i++) {
        free(m->slots[i].key);
    }
    memset(m->slots, 0, m->cap * sizeof(*m->slots));
    m->n = 0;
}
