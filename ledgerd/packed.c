/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Entries one after the other in `bytes`: the name with its NUL, two bytes that say how many
 * follow, those. One that outgrows its place goes to the end, and what it leaves is won back once
 * it is half of all. `slots` is a hash table with linear probing of their numbers.
 */
#include "ledgerd/packed.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/slots.h"

#define BYTES_MIN 65536
#define SLOTS_MIN 64

struct packed {
    uint8_t *bytes;
    size_t len, cap, waste;
    uint64_t *at; /* where the entry of each number begins */
    uint32_t n, n_cap;
    struct slot *slots;
    size_t n_slots; /* a power of two */
    /* Names come from outside: an unguessable hash keeps them from being made to collide. */
    uint8_t seed[crypto_shorthash_KEYBYTES];
};

struct packed *packed_new(void)
{
    struct packed *p = x_calloc(1, sizeof(*p));

    p->n_slots = SLOTS_MIN;
    p->slots = slots_new(p->n_slots);
    randombytes_buf(p->seed, sizeof(p->seed));
    return p;
}

void packed_free(struct packed *p)
{
    if (p == NULL) {
        return;
    }
    free(p->bytes);
    free(p->at);
    free(p->slots);
    free(p);
}

static uint32_t hash_of(const struct packed *p, const char *name)
{
    uint64_t h;

    crypto_shorthash((uint8_t *)&h, (const uint8_t *)name, strlen(name), p->seed);
    return (uint32_t)h;
}

/* The place of the name's slot: its own, or the free one where it would go. */
static size_t place_of(const struct packed *p, const char *name, uint32_t hash)
{
    size_t i = hash & (p->n_slots - 1);

    while (p->slots[i].number != SLOT_FREE &&
           (p->slots[i].hash != hash || !str_eq(packed_name(p, p->slots[i].number), name))) {
        i = (i + 1) & (p->n_slots - 1);
    }
    return i;
}

static size_t entry_size(const uint8_t *entry)
{
    size_t name = strlen((const char *)entry) + 1;

    return name + 2 + (size_t)(entry[name] | entry[name + 1] << 8);
}

/* Leaves out what was outgrown. */
static void win_back(struct packed *p)
{
    uint8_t *bytes = x_malloc(p->cap);
    size_t len = 0;

    for (uint32_t i = 0; i < p->n; i++) {
        size_t size = entry_size(p->bytes + p->at[i]);
        memcpy(bytes + len, p->bytes + p->at[i], size);
        p->at[i] = len;
        len += size;
    }
    free(p->bytes);
    p->bytes = bytes;
    p->len = len;
    p->waste = 0;
}

static uint64_t append(struct packed *p, const char *name, const void *bytes, size_t len)
{
    size_t name_size = strlen(name) + 1, at = p->len;

    if (len > UINT16_MAX) {
        abort(); /* no thing has so many */
    }
    while (p->cap - p->len < name_size + 2 + len) {
        p->cap = p->cap == 0 ? BYTES_MIN : p->cap * 2;
        p->bytes = x_realloc(p->bytes, p->cap);
    }
    memcpy(p->bytes + at, name, name_size);
    p->bytes[at + name_size] = (uint8_t)len;
    p->bytes[at + name_size + 1] = (uint8_t)(len >> 8);
    if (len > 0) {
        memcpy(p->bytes + at + name_size + 2, bytes, len);
    }
    p->len += name_size + 2 + len;
    return at;
}

static uint32_t add(struct packed *p, size_t place, uint32_t hash, const char *name,
                    const void *bytes, size_t len)
{
    if ((p->n + 1) * UINT64_C(4) > p->n_slots * 3) {
        slots_grow(&p->slots, &p->n_slots);
        place = place_of(p, name, hash);
    }
    if (p->n == p->n_cap) {
        p->n_cap = p->n_cap == 0 ? SLOTS_MIN : p->n_cap * 2;
        p->at = x_realloc(p->at, p->n_cap * sizeof(*p->at));
    }
    p->at[p->n] = append(p, name, bytes, len);
    p->slots[place] = (struct slot){hash, p->n};
    return p->n++;
}

const uint8_t *packed_get(const struct packed *p, const char *name, size_t *len)
{
    uint32_t number = p->slots[place_of(p, name, hash_of(p, name))].number;

    if (number == SLOT_FREE) {
        return NULL;
    }
    const uint8_t *after = p->bytes + p->at[number] + strlen(name) + 1;
    *len = (size_t)(after[0] | after[1] << 8);
    return *len > 0 ? after + 2 : NULL;
}

void packed_put(struct packed *p, const char *name, const void *bytes, size_t len)
{
    uint32_t hash = hash_of(p, name);
    size_t place = place_of(p, name, hash);
    uint32_t number = p->slots[place].number;

    if (number == SLOT_FREE) {
        (void)add(p, place, hash, name, bytes, len);
        return;
    }
    uint8_t *after = p->bytes + p->at[number] + strlen(name) + 1;
    size_t before = (size_t)(after[0] | after[1] << 8);
    if (len <= before) {
        after[0] = (uint8_t)len;
        after[1] = (uint8_t)(len >> 8);
        if (len > 0) {
            memcpy(after + 2, bytes, len);
        }
        p->waste += before - len;
    } else {
        p->waste += entry_size(p->bytes + p->at[number]);
        p->at[number] = append(p, name, bytes, len);
    }
    if (p->waste > p->len / 2 && p->len > BYTES_MIN) {
        win_back(p);
    }
}

uint32_t packed_number(struct packed *p, const char *name)
{
    uint32_t hash = hash_of(p, name);
    size_t place = place_of(p, name, hash);
    uint32_t number = p->slots[place].number;

    return number != SLOT_FREE ? number : add(p, place, hash, name, "", 0);
}

const char *packed_name(const struct packed *p, uint32_t number)
{
    return (const char *)p->bytes + p->at[number];
}

size_t packed_count(const struct packed *p)
{
    return p->n;
}

size_t packed_size(const struct packed *p)
{
    return p->len + p->n * sizeof(*p->at) + p->n_slots * sizeof(*p->slots);
}
