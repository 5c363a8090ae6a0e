/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/names.h"

#include <stdlib.h>
#include <string.h>

static uint64_t name_hash(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return h ^ h >> 32;
}

/* The slot where s is, or would be. */
static size_t slot_of(const struct names *n, const char *s)
{
    size_t at = name_hash(s) & (n->n_slots - 1);

    while (n->slots[at] != 0 && !str_eq(n->list[n->slots[at] - 1], s))
        at = (at + 1) & (n->n_slots - 1);
    return at;
}

static void grow(struct names *n)
{
    n->n_slots = n->n_slots == 0 ? 64 : n->n_slots * 2;
    free(n->slots);
    n->slots = x_calloc(n->n_slots, sizeof(*n->slots));
    for (size_t i = 0; i < n->n; i++)
        n->slots[slot_of(n, n->list[i])] = (uint32_t)i + 1;
}

uint32_t names_put(struct names *n, const char *s)
{
    size_t at;

    if (n->n * 2 >= n->n_slots)
        grow(n);
    at = slot_of(n, s);
    if (n->slots[at] == 0) {
        if (n->n == n->cap) {
            n->cap = n->cap == 0 ? 64 : n->cap * 2;
            n->list = x_realloc(n->list, n->cap * sizeof(*n->list));
        }
        n->list[n->n++] = x_strdup(s);
        n->slots[at] = (uint32_t)n->n;
    }
    return n->slots[at] - 1;
}

bool names_find(const struct names *n, const char *s, uint32_t *out)
{
    size_t at;

    if (n->n == 0)
        return false;
    at = slot_of(n, s);
    if (n->slots[at] == 0)
        return false;
    *out = n->slots[at] - 1;
    return true;
}

void names_free(struct names *n)
{
    for (size_t i = 0; i < n->n; i++)
        free(n->list[i]);
    free(n->list);
    free(n->slots);
    memset(n, 0, sizeof(*n));
}
