/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_NAMES_H
#define PUMASI_NAMES_H

#include "core/base.h"

/* Strings, each once, in the order in which they came; found by a hash. */
struct names {
    size_t n, cap;
    char **list;
    uint32_t *slots; /* 1 + a place in list, 0 for none */
    size_t n_slots;
};

/* The place of a name, added where it isn't there yet. */
uint32_t names_put(struct names *n, const char *s);
/* The place of a name; false when it isn't there. */
bool names_find(const struct names *n, const char *s, uint32_t *out);
void names_free(struct names *n);

#endif
