/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_VALUE_H
#define PUMASI_VALUE_H

#include "core/base.h"

#define VALUE_DEPTH_MAX 16 /* the object itself is the first */

/*
 * What a JSON text says, read once from left to right into one piece of memory. Reading acts with
 * jansson's tree took six times as long as with this.
 */
enum value_kind {
    VALUE_OBJECT,
    VALUE_ARRAY,
    VALUE_STRING,
    VALUE_INT,
    VALUE_TRUE,
    VALUE_FALSE,
    VALUE_NULL
};

struct value {
    enum value_kind kind;
    const char *name;         /* of a member; NULL otherwise */
    const struct value *next; /* the member or item after this one; NULL: it is the last */
    union {
        struct { /* object, array */
            const struct value *first;
            size_t n;
        };
        const char *text; /* string: UTF-8, holds no NUL */
        int64_t number;   /* int: within NUM_MIN..NUM_MAX */
    };
};

/*
 * Reads a text as section 2 of the protocol admits it (strict.h says how). NULL when it isn't such
 * a text, and no word on why. The caller frees the object, and with it all that hangs on it.
 */
struct value *value_parse(const char *s, size_t len) MUST_CHECK;
void value_free(struct value *object);

/* The member of an object; NULL when there is none, or no object (NULL too). */
const struct value *value_member(const struct value *object, const char *name);
/* The text of a string; NULL of anything else (NULL too). */
const char *value_text(const struct value *value);

#endif
