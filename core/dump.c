/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/dump.h"

#include <string.h>

#include "core/b64.h"
#include "core/strict.h"

void dump_info_put(struct buf *b, const struct dump_info *info)
{
    buf_puts(b, "{\"format\":\"" DUMP_FORMAT "\",\"id\":");
    buf_puts_json(b, info->id);
    buf_puts(b, ",\"origin\":");
    buf_puts_json(b, info->origin);
    buf_puts(b, ",\"vkey\":");
    buf_puts_json(b, info->vkey);
    buf_puts(b, ",\"size\":");
    buf_put_i64(b, info->size);
    buf_puts(b, "}\n");
}

int dump_info_parse(struct dump_info *out, const char *text, size_t len)
{
    const char *why, *format, *id, *origin, *vkey;
    struct value *json = strict_parse(text, len, &why);
    struct strict in;
    int ret = -1;

    if (!json)
        return -1;
    strict_begin(&in, json);
    format = strict_string(&in, "format", STRICT_REQUIRED);
    id = strict_string(&in, "id", STRICT_REQUIRED);
    origin = strict_string(&in, "origin", STRICT_REQUIRED);
    vkey = strict_string(&in, "vkey", STRICT_REQUIRED);
    strict_int(&in, "size", STRICT_REQUIRED, 0, INT64_MAX / 2, &out->size);
    if (strict_end(&in) == 0 && str_eq(format, DUMP_FORMAT) && strlen(id) < sizeof(out->id) &&
        strlen(origin) < sizeof(out->origin) && strlen(vkey) < sizeof(out->vkey)) {
        str_copy(out->id, sizeof(out->id), id);
        str_copy(out->origin, sizeof(out->origin), origin);
        str_copy(out->vkey, sizeof(out->vkey), vkey);
        ret = 0;
    }
    value_free(json);
    return ret;
}

int64_t dump_split(const char *s, size_t len, const char **header, size_t *header_len,
                   struct part_list *parts)
{
    const char *at = s, *end = s + len;

    parts->n = 0;
    for (bool first = true;; first = false) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((newline ? newline : end) - at);

        if (n > DUMP_LINE_MAX)
            return -1;
        if (!newline)
            return 0;
        if (n == 0)
            return parts->n == 0 ? -1 : newline + 1 - s;
        if (first) {
            *header = at;
            *header_len = n;
        } else if (parts->n == RECORD_PARTS_MAX) {
            return -1;
        } else {
            part_list_add(parts, at, n);
        }
        at = newline + 1;
    }
}

int dump_text_parse(const char *line, size_t len, int64_t *index, struct submitted_text *out)
{
    const char *why, *field, *salt, *text;
    struct value *json = strict_parse(line, len, &why);
    struct strict in;
    int ret = -1;

    if (!json)
        return -1;
    memset(out, 0, sizeof(*out));
    strict_begin(&in, json);
    strict_int(&in, "index", STRICT_REQUIRED, 0, INT64_MAX / 2, index);
    field = strict_string(&in, "field", STRICT_REQUIRED);
    salt = strict_string(&in, "salt", STRICT_REQUIRED);
    text = strict_string(&in, "text", STRICT_REQUIRED);
    if (strict_end(&in) == 0 && strlen(field) < sizeof(out->field) &&
        b64u_decode_exact(salt, strlen(salt), out->salt, sizeof(out->salt)) == 0) {
        str_copy(out->field, sizeof(out->field), field);
        out->text = x_strdup(text);
        out->len = strlen(text);
        ret = 0;
    }
    value_free(json);
    return ret;
}
