/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SLOTS_H
#define PUMASI_SLOTS_H

#include "core/base.h"

/*
 * The slots of a hash table with linear probing whose entries have numbers and stand elsewhere:
 * whoever looks one up compares names itself. n is a power of two.
 */
struct slot {
    uint32_t hash;   /* its low bits say where, and a probe seldom looks at an entry in vain */
    uint32_t number; /* SLOT_FREE: none */
};
#define SLOT_FREE UINT32_MAX

/* n free ones, to be freed with free(). */
struct slot *slots_new(size_t n);
/* Twice as many in their place, each entry where its hash now says. */
void slots_grow(struct slot **slots, size_t *n);

#endif
