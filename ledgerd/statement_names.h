/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_NAMES_H
#define PUMASI_STATEMENT_NAMES_H

#include "core/base.h"
#include "ledgerd/pgarray.h"

/* Names, gathered and then each once. Zeroed is empty. */
struct names {
    size_t n, cap;
    char **at; /* owned */
};

/* Adds a copy of the name. */
void names_add(struct names *names, const char *name);
/* Puts them in the order of their bytes, each once. */
void names_unite(struct names *names);
/* Is it among them? Only after names_unite, or where there is but one. */
bool names_have(const struct names *names, const char *name);
void names_free(struct names *names);
/* Makes *out a text[] of them; the caller frees it. */
void names_array(const struct names *names, struct pgarray *out);

#endif
