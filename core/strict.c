/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/strict.h"

#include <jansson.h>
#include <string.h>

#include "core/num.h"

/* ---- What is wrong with a text ---- */

/*
 * What jansson's value doesn't show: depth (so that neither jansson nor judge() recurses further
 * than the limit) and "-0", which would read as 0 and so be a second text of it. It assumes valid
 * JSON; what isn't, jansson refuses. NULL or what is wrong.
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
            if (++depth > VALUE_DEPTH_MAX)
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

const char *strict_fault(const char *s, size_t len)
{
    const char *why = scan(s, len);
    json_error_t err;
    json_t *value;

    if (why != NULL)
        return why;
    value = json_loadb(s, len, JSON_REJECT_DUPLICATES, &err);
    if (value == NULL) {
        switch (json_error_code(&err)) {
        case json_error_duplicate_key:
            return N_("has a member twice");
        case json_error_invalid_utf8:
            return N_("isn't valid UTF-8");
        case json_error_null_character:
        case json_error_null_byte_in_key:
            return N_("has a U+0000");
        case json_error_numeric_overflow:
            return N_("has a number out of range");
        default: /* jansson's list of codes grows; all others are the same to us */
            return N_("isn't one JSON object");
        }
    }
    why = json_is_object(value) ? judge(value) : N_("isn't one JSON object");
    json_decref(value);
    return why;
}

/* ---- Reading ---- */

struct value *strict_parse(const char *s, size_t len, const char **why)
{
    struct value *value = value_parse(s, len);

    *why = NULL;
    if (value == NULL) {
        *why = strict_fault(s, len);
        if (*why == NULL) /* never: the two take the same texts, as fuzzing shows */
            *why = N_("isn't one JSON object");
    }
    return value;
}

void strict_begin(struct strict *in, const struct value *object)
{
    *in = (struct strict){.object = object};
    if (object == NULL || object->kind != VALUE_OBJECT)
        strict_fail(in, "value", N_("isn't an object"));
}

/* The member, counted as taken; NULL when it is absent or something was wrong before. */
static const struct value *take(struct strict *in, const char *name, enum strict_need need)
{
    const struct value *value;

    if (in->fault != NULL)
        return NULL;
    value = value_member(in->object, name);
    if (value != NULL)
        in->taken++;
    else if (need == STRICT_REQUIRED)
        strict_fail(in, name, N_("is missing"));
    return value;
}

const char *strict_string(struct strict *in, const char *name, enum strict_need need)
{
    const struct value *value = take(in, name, need);

    if (value != NULL && value->kind != VALUE_STRING)
        strict_fail(in, name, "isn't a string");
    return value_text(value);
}

static bool integer_of(struct strict *in, const char *name, const struct value *value, int64_t min,
                       int64_t max, int64_t *out)
{
    if (value->kind != VALUE_INT) {
        strict_fail(in, name, N_("isn't an integer"));
        return false;
    }
    if (value->number < min || value->number > max) {
        strict_fail(in, name, N_("is out of range"));
        return false;
    }
    *out = value->number;
    return true;
}

bool strict_int(struct strict *in, const char *name, enum strict_need need, int64_t min,
                int64_t max, int64_t *out)
{
    const struct value *value = take(in, name, need);

    return value != NULL && integer_of(in, name, value, min, max, out);
}

bool strict_bool(struct strict *in, const char *name, enum strict_need need, bool *out)
{
    const struct value *value = take(in, name, need);

    if (value == NULL)
        return false;
    if (value->kind != VALUE_TRUE && value->kind != VALUE_FALSE) {
        strict_fail(in, name, N_("isn't true or false"));
        return false;
    }
    *out = value->kind == VALUE_TRUE;
    return true;
}

bool strict_int_or_null(struct strict *in, const char *name, int64_t min, int64_t max, int64_t *out,
                        bool *null)
{
    const struct value *value = take(in, name, STRICT_REQUIRED);

    if (value == NULL)
        return false;
    *null = value->kind == VALUE_NULL;
    return *null || integer_of(in, name, value, min, max, out);
}

const struct value *strict_object(struct strict *in, const char *name, enum strict_need need)
{
    const struct value *value = take(in, name, need);

    if (value != NULL && value->kind != VALUE_OBJECT) {
        strict_fail(in, name, N_("isn't an object"));
        return NULL;
    }
    return value;
}

const struct value *strict_array(struct strict *in, const char *name, enum strict_need need)
{
    const struct value *value = take(in, name, need);

    if (value != NULL && value->kind != VALUE_ARRAY) {
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
    if (in->fault == NULL && in->taken != in->object->n)
        strict_fail(in, "object", N_("has a member that isn't known here"));
    return in->fault == NULL ? 0 : -1;
}
