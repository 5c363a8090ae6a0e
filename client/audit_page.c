/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "client/audit_pull.h"
#include "core/record.h"

#define PAGE_MAX 1000

/* A line of the copy: not empty, without a newline or a NUL within. */
static const char *line_of(const json_t *s)
{
    const char *text = json_string_value(s);

    if (!text || text[0] == '\0' || strlen(text) != json_string_length(s) ||
        json_string_length(s) > DUMP_LINE_MAX || strchr(text, '\n'))
        return NULL;
    return text;
}

static int read_got(struct audit_got *out, const json_t *item)
{
    const json_t *index = json_object_get(item, "index"), *parts = json_object_get(item, "parts");

    out->header = line_of(json_object_get(item, "header"));
    out->n_parts = json_array_size(parts);
    if (!json_is_integer(index) || !out->header || out->n_parts == 0 ||
        out->n_parts > RECORD_PARTS_MAX)
        return -1;
    out->parts = x_calloc(out->n_parts, sizeof(*out->parts));
    out->index = json_integer_value(index);
    for (size_t i = 0; i < out->n_parts; i++)
        if (!(out->parts[i] = line_of(json_array_get(parts, i))))
            return -1;
    return 0;
}

int audit_page_read(struct audit_page *out, const json_t *answer, int64_t from)
{
    const json_t *items = json_object_get(answer, "items"), *next = json_object_get(answer, "next");

    memset(out, 0, sizeof(*out));
    if (!json_is_array(items) || json_array_size(items) > PAGE_MAX ||
        !(json_is_null(next) || json_is_integer(next)))
        return -1;
    out->records = x_calloc(json_array_size(items) + 1, sizeof(*out->records));
    while (out->n < json_array_size(items)) {
        struct audit_got *got = &out->records[out->n];

        if (read_got(got, json_array_get(items, out->n++)) != 0 || got->index < from)
            return -1;
        from = got->index + 1;
    }
    out->next = json_is_integer(next) ? json_integer_value(next) : -1;
    /* A ledger that leads in a circle isn't followed. */
    return out->next == -1 || (out->next >= from && out->n > 0) ? 0 : -1;
}

void audit_page_free(struct audit_page *page)
{
    for (size_t i = 0; i < page->n; i++)
        free(page->records[i].parts);
    free(page->records);
    page->records = NULL;
}

bool audit_parts_match(const char *header, const char *const *parts, size_t n, bool some)
{
    struct record_header head;
    const char *why;
    size_t at = 0;
    bool match;

    if (record_header_parse(&head, header, strlen(header), &why) != 0)
        return false;
    match = some || n == head.n_parts;
    for (size_t i = 0; match && i < n; i++, at++) {
        struct hash hash;

        hash_bytes(&hash, parts[i], strlen(parts[i]));
        while (some && at < head.n_parts && !hash_eq(&hash, &head.parts[at]))
            at++;
        match = at < head.n_parts && hash_eq(&hash, &head.parts[at]);
    }
    record_header_free(&head);
    return match;
}
