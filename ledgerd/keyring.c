/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/keyring.h"

#include <pthread.h>
#include <stdlib.h>

#include "ledgerd/strmap.h"

struct keyring {
    pthread_rwlock_t lock;
    struct strmap *places; /* kid to its place in keys */
    struct key *keys;
    size_t n, cap;
};

struct keyring *keyring_new(void)
{
    struct keyring *k = x_calloc(1, sizeof(*k));

    pthread_rwlock_init(&k->lock, NULL);
    k->places = strmap_new();
    return k;
}

void keyring_free(struct keyring *k)
{
    if (k == NULL) {
        return;
    }
    pthread_rwlock_destroy(&k->lock);
    strmap_free(k->places);
    free(k->keys);
    free(k);
}

void keyring_add(struct keyring *k, const struct key *key)
{
    struct kid kid;

    key_kid(&kid, key);
    pthread_rwlock_wrlock(&k->lock);
    if (strmap_get(k->places, kid.s) == NULL) {
        if (k->n == k->cap) {
            k->cap = k->cap == 0 ? 64 : k->cap * 2;
            k->keys = x_realloc(k->keys, k->cap * sizeof(*k->keys));
        }
        k->keys[k->n] = *key;
        *strmap_put(k->places, kid.s) = (int64_t)k->n++;
    }
    pthread_rwlock_unlock(&k->lock);
}

bool keyring_get(void *keyring, const struct kid *kid, struct key *out)
{
    struct keyring *k = keyring;

    pthread_rwlock_rdlock(&k->lock);
    const int64_t *place = strmap_get(k->places, kid->s);
    if (place != NULL) {
        *out = k->keys[*place];
    }
    pthread_rwlock_unlock(&k->lock);
    return place != NULL;
}

size_t keyring_count(struct keyring *k)
{
    pthread_rwlock_rdlock(&k->lock);
    size_t n = k->n;
    pthread_rwlock_unlock(&k->lock);
    return n;
}
