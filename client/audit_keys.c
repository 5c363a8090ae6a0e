/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_keys.h"

#include <stdlib.h>
#include <string.h>

void audit_keys_init(struct audit_keys *k)
{
    memset(k, 0, sizeof(*k));
    (void)pthread_rwlock_init(&k->lock, NULL);
}

void audit_keys_free(struct audit_keys *k)
{
    (void)pthread_rwlock_destroy(&k->lock);
    free(k->table);
}

/* Where a kid is, or would be. Kids are hashes: their first characters are as good as any. */
static size_t place(const struct audit_key *table, size_t cap, const struct kid *kid)
{
    uint64_t h;
    size_t i;

    memcpy(&h, kid->s, sizeof(h));
    h *= UINT64_C(0x9e3779b97f4a7c15);
    i = (size_t)(h >> 20) & (cap - 1);
    while (table[i].kid.s[0] != '\0' && !str_eq(table[i].kid.s, kid->s))
        i = (i + 1) & (cap - 1);
    return i;
}

static void grow(struct audit_keys *k)
{
    size_t cap = k->cap ? k->cap * 2 : 256;
    struct audit_key *table;

    if ((k->n + 1) * 2 <= k->cap)
        return;
    table = x_calloc(cap, sizeof(*table));
    for (size_t i = 0; i < k->cap; i++)
        if (k->table[i].kid.s[0] != '\0')
            table[place(table, cap, &k->table[i].kid)] = k->table[i];
    free(k->table);
    k->table = table;
    k->cap = cap;
}

void audit_keys_add(struct audit_keys *k, const struct kid *kid, const struct key *key)
{
    size_t i;

    (void)pthread_rwlock_wrlock(&k->lock);
    grow(k);
    i = place(k->table, k->cap, kid);
    if (k->table[i].kid.s[0] == '\0') {
        k->table[i].kid = *kid;
        k->table[i].key = *key;
        k->n++;
    }
    (void)pthread_rwlock_unlock(&k->lock);
}

bool audit_keys_lookup(void *keys, const struct kid *kid, struct key *out)
{
    struct audit_keys *k = keys;
    bool found = false;
    size_t i;

    (void)pthread_rwlock_rdlock(&k->lock);
    if (k->cap > 0) {
        i = place(k->table, k->cap, kid);
        found = k->table[i].kid.s[0] != '\0';
        *out = k->table[i].key;
    }
    (void)pthread_rwlock_unlock(&k->lock);
    return found;
}
