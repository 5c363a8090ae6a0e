/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/statement_names.h"

#include <stdlib.h>
#include <string.h>

void names_add(struct names *names, const char *name)
{
    if (names->n > 0 && str_eq(names->at[names->n - 1], name)) {
        return; /* as often one after the other */
    }
    if (names->n == names->cap) {
        names->cap = names->cap ? 2 * names->cap : 64;
        names->at = x_realloc(names->at, names->cap * sizeof(*names->at));
    }
    names->at[names->n++] = x_strdup(name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_unite(struct names *names)
{
    size_t n = 0;

    if (names->n > 1) {
        qsort(names->at, names->n, sizeof(*names->at), compare_names);
    }
    for (size_t i = 0; i < names->n; i++) {
        if (n > 0 && str_eq(names->at[n - 1], names->at[i])) {
            free(names->at[i]);
        } else {
            names->at[n++] = names->at[i];
        }
    }
    names->n = n;
}

bool names_have(const struct names *names, const char *name)
{
    return names->n > 0 &&
           bsearch(&name, names->at, names->n, sizeof(*names->at), compare_names) != NULL;
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        free(names->at[i]);
    }
    free(names->at);
}

void names_array(const struct names *names, struct pgarray *out)
{
    pgarray_init(out, PGARRAY_TEXT);
    for (size_t i = 0; i < names->n; i++) {
        pgarray_text(out, names->at[i]);
    }
}
