/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PGARRAY_H
#define PUMASI_PGARRAY_H

#include "core/base.h"
#include "core/buf.h"

/*
 * PostgreSQL's binary format of a one-dimensional array (array_recv): a column of rows goes to the
 * server as one parameter and is taken apart there by unnest.
 */
enum pgarray_type { /* the elements', by their OID in pg_type */
    PGARRAY_BOOL = 16,
    PGARRAY_BYTEA = 17,
    PGARRAY_INT8 = 20,
    PGARRAY_INT2 = 21,
    PGARRAY_TEXT = 25,
};

struct pgarray {
    enum pgarray_type type;
    uint32_t n;
    bool has_null;
    struct buf bytes;
};

void pgarray_init(struct pgarray *a, enum pgarray_type type);
void pgarray_free(struct pgarray *a);
/* Forgets the elements, keeps the memory. */
void pgarray_clear(struct pgarray *a);

/* Each appends one element; the function must suit the type. */
void pgarray_int(struct pgarray *a, int64_t value); /* int8 and int2 */
void pgarray_bool(struct pgarray *a, bool value);
void pgarray_bytes(struct pgarray *a, const void *bytes, size_t len); /* bytea and text */
void pgarray_text(struct pgarray *a, const char *s);
void pgarray_null(struct pgarray *a);

/* The whole array, valid until the next change; *len is its length. */
const char *pgarray_finish(struct pgarray *a, size_t *len);

#endif
