/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Strict JSON: what is taken, rendered again, is taken again and means the same; and it is what
 * jansson alone would have read. */
#include "fuzz.h"

#include "core/num.h"
#include "core/strict.h"

/* Depth and integers' range, seen from the value. */
static void judge(const json_t *value, int depth)
{
    const char *key;
    json_t *item;
    size_t i;

    MUST(!json_is_real(value));
    if (json_is_integer(value))
        MUST(json_integer_value(value) >= NUM_MIN && json_integer_value(value) <= NUM_MAX);
    if (json_is_string(value))
        MUST(strlen(json_string_value(value)) == json_string_length(value));
    if (json_is_object(value) || json_is_array(value))
        MUST(depth <= 16);
    json_object_foreach ((json_t *)(uintptr_t)value, key, item)
        judge(item, depth + 1);
    json_array_foreach (value, i, item)
        judge(item, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    json_t *json = strict_parse((const char *)data, size, &why), *again;
    char *text;

    if (!json) {
        MUST(why != NULL);
        return 0;
    }
    MUST(why == NULL);
    MUST(json_is_object(json));
    MUST(memchr(data, '\0', size) == NULL);
    judge(json, 1);
    text = json_dumps(json, JSON_COMPACT);
    again = strict_parse(text, strlen(text), &why);
    MUST(again != NULL && json_equal(json, again));
    json_decref(again);
    free(text);
    text = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    again = strict_parse(text, strlen(text), &why);
    MUST(again != NULL && json_equal(json, again));
    json_decref(again);
    free(text);
    again = json_loadb((const char *)data, size, 0, NULL);
    MUST(again != NULL && json_equal(json, again));
    json_decref(again);
    json_decref(json);
    return 0;
}
