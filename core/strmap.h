/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STRMAP_H
#define PUMASI_STRMAP_H

#include "core/base.h"

/* Strings to integers, keys copied. One thread at a time. */
struct strmap;

struct strmap *strmap_new(void);
void strmap_free(struct strmap *m);
/* The value of a key; NULL when it isn't there. Valid until the next put or drop. */
int64_t *strmap_get(const struct strmap *m, const char *key);
/* The same, but a key that isn't there is put in with the value 0. */
int64_t *strmap_put(struct strmap *m, const char *key);
/* Takes a key out, if it is there. */
void strmap_drop(struct strmap *m, const char *key);
size_t strmap_count(const struct strmap *m);
/* All values added up. Looks at every slot. */
int64_t strmap_sum(const struct strmap *m);
/* Forgets all keys, keeps the memory of the table. */
void strmap_clear(struct strmap *m);

#endif
