/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Strict JSON, held against jansson: both take the same texts, and read the same in them. What is
 * taken, rendered in another way, means the same.
 */
#include "fuzz.h"

#include <jansson.h>

#include "core/num.h"
#include "core/strict.h"

static void compare(const struct value *ours, json_t *theirs, int depth)
{
    const struct value *inner = NULL;
    const char *key;
    json_t *item;
    size_t i;

    switch (ours->kind) {
    case VALUE_OBJECT:
        MUST(depth <= 16 && json_is_object(theirs) && json_object_size(theirs) == ours->n);
        inner = ours->first;
        json_object_foreach (theirs, key, item) {
            MUST(inner != NULL && str_eq(inner->name, key));
            MUST(value_member(ours, key) == inner);
            compare(inner, item, depth + 1);
            inner = inner->next;
        }
        break;
    case VALUE_ARRAY:
        MUST(depth <= 16 && json_is_array(theirs) && json_array_size(theirs) == ours->n);
        inner = ours->first;
        json_array_foreach (theirs, i, item) {
            MUST(inner != NULL && inner->name == NULL);
            compare(inner, item, depth + 1);
            inner = inner->next;
        }
        break;
    case VALUE_STRING:
        MUST(json_is_string(theirs) && strlen(ours->text) == json_string_length(theirs));
        MUST(memcmp(ours->text, json_string_value(theirs), json_string_length(theirs)) == 0);
        break;
    case VALUE_INT:
        MUST(json_is_integer(theirs) && json_integer_value(theirs) == ours->number);
        MUST(ours->number >= NUM_MIN && ours->number <= NUM_MAX);
        break;
    case VALUE_TRUE:
        MUST(json_is_true(theirs));
        break;
    case VALUE_FALSE:
        MUST(json_is_false(theirs));
        break;
    case VALUE_NULL:
        MUST(json_is_null(theirs));
        break;
    }
    MUST(inner == NULL);
}

static void compare_again(json_t *json, size_t flags)
{
    char *text = json_dumps(json, flags);
    const char *why;
    struct value *again = strict_parse(text, strlen(text), &why);

    MUST(again != NULL);
    compare(again, json, 1);
    value_free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *s = (const char *)data, *why, *fault = strict_fault(s, size);
    struct value *value = strict_parse(s, size, &why);
    json_t *json;

    MUST((value == NULL) == (fault != NULL) && why == fault);
    if (value == NULL)
        return 0;
    MUST(memchr(data, '\0', size) == NULL);
    json = json_loadb(s, size, 0, NULL);
    MUST(json != NULL);
    compare(value, json, 1);
    compare_again(json, JSON_COMPACT);
    compare_again(json, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    json_decref(json);
    value_free(value);
    return 0;
}
