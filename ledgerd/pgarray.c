/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pgarray.h"

#include <string.h>

/* int32 each: dimensions, has nulls, type of the elements; of the one dimension length and first
 * index. */
#define HEADER_LEN 20
#define EMPTY_LEN  12 /* no dimension */

static void put_be(struct buf *b, uint64_t value, size_t bytes)
{
    uint8_t be[8];

    for (size_t i = 0; i < bytes; i++) {
        be[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
    buf_put(b, be, bytes);
}

static void set_be32(char *at, uint32_t value)
{
    uint8_t be[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                     (uint8_t)value};

    memcpy(at, be, sizeof(be));
}

void pgarray_init(struct pgarray *a, enum pgarray_type type)
{
    memset(a, 0, sizeof(*a));
    a->type = type;
    pgarray_clear(a);
}

void pgarray_free(struct pgarray *a)
{
    buf_free(&a->bytes);
    a->n = 0;
}

void pgarray_clear(struct pgarray *a)
{
    static const char zeros[HEADER_LEN];

    a->n = 0;
    a->has_null = false;
    buf_clear(&a->bytes);
    buf_put(&a->bytes, zeros, sizeof(zeros));
}

void pgarray_int(struct pgarray *a, int64_t value)
{
    size_t width = a->type == PGARRAY_INT2 ? 2 : 8;

    put_be(&a->bytes, width, 4);
    put_be(&a->bytes, (uint64_t)value, width);
    a->n++;
}

void pgarray_bool(struct pgarray *a, bool value)
{
    put_be(&a->bytes, 1, 4);
    buf_putc(&a->bytes, value ? 1 : 0);
    a->n++;
}

void pgarray_bytes(struct pgarray *a, const void *bytes, size_t len)
{
    put_be(&a->bytes, len, 4);
    buf_put(&a->bytes, bytes, len);
    a->n++;
}

void pgarray_text(struct pgarray *a, const char *s)
{
    pgarray_bytes(a, s, strlen(s));
}

void pgarray_null(struct pgarray *a)
{
    put_be(&a->bytes, UINT32_MAX, 4);
    a->has_null = true;
    a->n++;
}

const char *pgarray_finish(struct pgarray *a, size_t *len)
{
    char *head = a->bytes.data;

    set_be32(head, a->n == 0 ? 0 : 1);
    set_be32(head + 4, a->has_null ? 1 : 0);
    set_be32(head + 8, (uint32_t)a->type);
    set_be32(head + 12, a->n);
    set_be32(head + 16, 1);
    *len = a->n == 0 ? EMPTY_LEN : a->bytes.len;
    return head;
}
