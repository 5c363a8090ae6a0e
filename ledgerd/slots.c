/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/slots.h"

#include <stdlib.h>
#include <string.h>

struct slot *slots_new(size_t n)
{
    struct slot *slots = x_malloc(n * sizeof(*slots));

    memset(slots, 0xff, n * sizeof(*slots));
    return slots;
}

void slots_grow(struct slot **slots, size_t *n)
{
    size_t bigger = *n * 2;
    struct slot *grown = slots_new(bigger);

    for (size_t from = 0; from < *n; from++) {
        size_t to = (*slots)[from].hash & (bigger - 1);
        if ((*slots)[from].number == SLOT_FREE) {
            continue;
        }
        while (grown[to].number != SLOT_FREE) {
            to = (to + 1) & (bigger - 1);
        }
        grown[to] = (*slots)[from];
    }
    free(*slots);
    *slots = grown;
    *n = bigger;
}
