/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/strict.h"

#include <string.h>

#include "core/num.h"

#define STRICT_DEPTH_MAX 16

/*
 * One pass over the text before the parser sees it, for what the parsed value no longer shows:
 * depth (so that neither the parser nor judge() recurses further than the limit) and "-0", which
 * would read as 0 and so be a second text of it. It assumes valid JSON; what isn't, the parser
 * refuses. NULL or what is wrong.
 */
static const char *scan(const char *s, size_t len)
{
    const char *end = s + len;
    int depth = 0;

    for (; s < end; s++) {
        switch (*s) {
        case '\0':
            return N_("has a NUL byte");
        case '"':
            for (s++; s < end && *s != '"'; s++)
                if (*s == '\\')
                    s++;
            break;
        case '{':
        case '[':
            if (++depth > STRICT_DEPTH_MAX)
                return N_("is nested too deeply");
            break;
        case '}':
        case ']':
            depth--;
            break;
        case '-':
            if (end - s > 1 && s[1] == '0')
                return N_("has a number that isn't an integer in canonical form");
            break;
        default:
            break;
        }
    }
    return NULL;
}

/* Numbers, all the way down; scan() has bounded the depth. */
static const char *judge(json_t *value)
{
    const char *key, *why = NULL;
    json_t *item;
    size_t i;
    json_int_t n;

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        json_object_foreach (value, key, item) {
            why = judge(item);
            if (why != NULL)
                return why;
        }
        return NULL;
    case JSON_ARRAY:
        json_array_foreach (value, i, item) {
            why = judge(item);
            if (why != NULL)
                return why;
        }
        return NULL;
    case JSON_INTEGER:
        n = json_integer_value(value);
        return n < NUM_MIN || n > NUM_MAX ? N_("has an integer beyond 2^53-1") : NULL;
    case JSON_REAL:
        return N_("has a number that isn't an integer");
    case JSON_STRING:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        return NULL;
    }
    return N_("has a value of unknown type");
}

json_t *strict_parse(const char *s, size_t len, const char **why)
{
    json_error_t err;
    json_t *value;

    *why = scan(s, len);
    if (*why != NULL)
        return NULL;
    value = json_loadb(s, len, JSON_REJECT_DUPLICATES, &err);
    if (value == NULL) {
        switch (json_error_code(&err)) {
        case json_error_duplicate_key:
            *why = N_("has a member twice");
            break;
        case json_error_invalid_utf8:
            *why = N_("isn't valid UTF-8");
            break;
        case json_error_null_character:
        case json_error_null_byte_in_key:
            *why = N_("has a U+0000");
            break;
        case json_error_numeric_overflow:
            *why = N_("has a number out of range");
            break;
        default: /* jansson's list of codes grows; all others are the same to us */
            *why = N_("isn't one JSON object");
            break;
        }
        return NULL;
    }
    *why = json_is_object(value) ? judge(value) : N_("isn't one JSON object");
    if (*why != NULL) {
        json_decref(value);
        return NULL;
    }
    return value;
}

void strict_begin(struct strict *in, const json_t *object)
{
    *in = (struct strict){.object = object};
    if (!json_is_object(object))
        strict_fail(in, "value", N_("isn't an object"));
}

/* The member, counted as taken; NULL when it is absent or something was wrong before. */
static const json_t *take(struct strict *in, const char *name, enum strict_need need)
{
    const json_t *value;

    if (in->fault != NULL)
        return NULL;
    value = json_object_get(in->object, name);
    if (value != NULL)
        in->taken++;
    else if (need == STRICT_REQUIRED)
        strict_fail(in, name, N_("is missing"));
    return value;
}

const char *strict_string(struct strict *in, const char *name, enum strict_need need)
{
    const json_t *value = take(in, name, need);

    if (value != NULL && !json_is_string(value)) {
        strict_fail(in, name, "isn't a string");
        return NULL;
    }
    return json_string_value(value);
}

static bool integer_of(struct strict *in, const char *name, const json_t *value, int64_t min,
                       int64_t max, int64_t *out)
{
    json_int_t n;

    if (!json_is_integer(value)) {
        strict_fail(in, name, N_("isn't an integer"));
        return false;
    }
    n = json_integer_value(value);
    if (n < min || n > max) {
        strict_fail(in, name, N_("is out of range"));
        return false;
    }
    *out = n;
    return true;
}

bool strict_int(struct strict *in, const char *name, enum strict_need need, int64_t min,
                int64_t max, int64_t *out)
{
    const json_t *value = take(in, name, need);

    return value != NULL && integer_of(in, name, value, min, max, out);
}

bool strict_bool(struct strict *in, const char *name, enum strict_need need, bool *out)
{
    const json_t *value = take(in, name, need);

    if (value == NULL)
        return false;
    if (!json_is_boolean(value)) {
        strict_fail(in, name, N_("isn't true or false"));
        return false;
    }
    *out = json_is_true(value);
    return true;
}

bool strict_int_or_null(struct strict *in, const char *name, int64_t min, int64_t max, int64_t *out,
                        bool *null)
{
    const json_t *value = take(in, name, STRICT_REQUIRED);

    if (value == NULL)
        return false;
    *null = json_is_null(value);
    return *null || integer_of(in, name, value, min, max, out);
}

const json_t *strict_object(struct strict *in, const char *name, enum strict_need need)
{
    const json_t *value = take(in, name, need);

    if (value != NULL && !json_is_object(value)) {
        strict_fail(in, name, N_("isn't an object"));
        return NULL;
    }
    return value;
}

const json_t *strict_array(struct strict *in, const char *name, enum strict_need need)
{
    const json_t *value = take(in, name, need);

    if (value != NULL && !json_is_array(value)) {
        strict_fail(in, name, N_("isn't an array"));
        return NULL;
    }
    return value;
}

void strict_fail(struct strict *in, const char *where, const char *fault)
{
    if (in->fault != NULL)
        return;
    in->where = where;
    in->fault = fault;
}

int strict_end(struct strict *in)
{
    /*
     * Duplicates were refused, so as many taken as there are means that none is left. Its name
     * isn't told: it is foreign.
     */
    if (in->fault == NULL && in->taken != json_object_size(in->object))
        strict_fail(in, "object", N_("has a member that isn't known here"));
    return in->fault == NULL ? 0 : -1;
}
