/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "altered.h"

#include "core/b64.h"

void altered_copy(struct fix_record *to, const struct fix_record *from)
{
    *to = *from;
    to->header = (struct buf)BUF_INIT;
    buf_put(&to->header, from->header.data, from->header.len);
    for (size_t i = 0; i < from->n; i++) {
        to->parts[i] = (struct buf)BUF_INIT;
        buf_put(&to->parts[i], from->parts[i].data, from->parts[i].len);
    }
}

void altered_free(struct fix_record *rec)
{
    buf_free(&rec->header);
    for (size_t i = 0; i < rec->n; i++)
        buf_free(&rec->parts[i]);
}

void altered_replace(struct buf *b, const char *from, const char *to)
{
    char *all = x_strdup(b->data), *at = strstr(all, from);

    assert_non_null(at);
    buf_clear(b);
    buf_put(b, all, (size_t)(at - all));
    buf_puts(b, to);
    buf_puts(b, at + strlen(from));
    free(all);
}

void altered_header(struct fix_record *rec)
{
    char *all = x_strdup(rec->header.data), *at = strstr(all, "\"parts\":[");

    assert_non_null(at);
    buf_clear(&rec->header);
    buf_put(&rec->header, all, (size_t)(at - all));
    buf_puts(&rec->header, "\"parts\":[");
    for (size_t i = 0; i < rec->n; i++) {
        struct hash h;

        hash_bytes(&h, rec->parts[i].data, rec->parts[i].len);
        buf_puts(&rec->header, i ? ",\"" : "\"");
        buf_put_b64u(&rec->header, h.b, HASH_LEN);
        buf_putc(&rec->header, '"');
    }
    buf_puts(&rec->header, "]}");
    free(all);
}
