/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/keyring.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/slots.h"

#define KEYS_MIN  64
#define SLOTS_MIN 128

/*
 * A hash table with linear probing, at most three quarters full. A kid isn't kept: it is the hash
 * of its key and made again to be compared, which takes less than a hundredth of what verifying
 * does.
 */
struct keyring {
    pthread_rwlock_t lock;
    struct key *keys;
    size_t n, cap;
    struct slot *slots;
    size_t n_slots; /* a power of two */
    /* Whoever makes a key can aim at its kid: an unguessable hash keeps kids from being made to
     * collide. */
    uint8_t seed[crypto_shorthash_KEYBYTES];
};

struct keyring *keyring_new(void)
{
    struct keyring *k = x_calloc(1, sizeof(*k));

    pthread_rwlock_init(&k->lock, NULL);
    k->n_slots = SLOTS_MIN;
    k->slots = slots_new(k->n_slots);
    randombytes_buf(k->seed, sizeof(k->seed));
    return k;
}

void keyring_free(struct keyring *k)
{
    if (k == NULL) {
        return;
    }
    pthread_rwlock_destroy(&k->lock);
    free(k->slots);
    free(k->keys);
    free(k);
}

static uint32_t hash_of(const struct keyring *k, const struct kid *kid)
{
    uint64_t h;

    crypto_shorthash((uint8_t *)&h, (const uint8_t *)kid->s, strlen(kid->s), k->seed);
    return (uint32_t)h;
}

/* The place of the kid's slot: its own, or the free one where it would go. */
static size_t place_of(const struct keyring *k, const struct kid *kid, uint32_t hash)
{
    size_t i = hash & (k->n_slots - 1);

    for (; k->slots[i].number != SLOT_FREE; i = (i + 1) & (k->n_slots - 1)) {
        struct kid theirs;

        if (k->slots[i].hash != hash) {
            continue;
        }
        key_kid(&theirs, &k->keys[k->slots[i].number]);
        if (str_eq(theirs.s, kid->s)) {
            break;
        }
    }
    return i;
}

static uint32_t append(struct keyring *k, const struct key *key, const struct kid *kid,
                       uint32_t hash)
{
    if ((k->n + 1) * 4 > k->n_slots * 3) {
        slots_grow(&k->slots, &k->n_slots);
    }
    if (k->n == k->cap) {
        k->cap = k->cap == 0 ? KEYS_MIN : k->cap * 2;
        k->keys = x_realloc(k->keys, k->cap * sizeof(*k->keys));
    }
    k->slots[place_of(k, kid, hash)] = (struct slot){hash, (uint32_t)k->n};
    k->keys[k->n] = *key;
    return (uint32_t)k->n++;
}

uint32_t keyring_add(struct keyring *k, const struct key *key)
{
    struct kid kid;

    key_kid(&kid, key);
    uint32_t hash = hash_of(k, &kid);
    pthread_rwlock_wrlock(&k->lock);
    uint32_t number = k->slots[place_of(k, &kid, hash)].number;
    if (number == SLOT_FREE) {
        number = append(k, key, &kid, hash);
    }
    pthread_rwlock_unlock(&k->lock);
    return number;
}

bool keyring_find(struct keyring *k, const struct kid *kid, struct key *out, uint32_t *number)
{
    uint32_t hash = hash_of(k, kid);

    pthread_rwlock_rdlock(&k->lock);
    *number = k->slots[place_of(k, kid, hash)].number;
    if (*number != SLOT_FREE) {
        *out = k->keys[*number];
    }
    pthread_rwlock_unlock(&k->lock);
    return *number != SLOT_FREE;
}

bool keyring_get(void *keyring, const struct kid *kid, struct key *out)
{
    uint32_t number;

    return keyring_find(keyring, kid, out, &number);
}

struct key keyring_at(struct keyring *k, uint32_t number)
{
    pthread_rwlock_rdlock(&k->lock);
    struct key key = k->keys[number];
    pthread_rwlock_unlock(&k->lock);
    return key;
}

size_t keyring_count(struct keyring *k)
{
    pthread_rwlock_rdlock(&k->lock);
    size_t n = k->n;
    pthread_rwlock_unlock(&k->lock);
    return n;
}
