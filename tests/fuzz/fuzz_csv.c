/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A CSV file: rows are the same however the bytes are cut, and what they say holds. */
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/csv.h"

struct seen {
    struct buf b;
    const char *bytes;
    size_t len, past; /* where the last row ended */
    int64_t line, row;
};

static int see(void *arg, const struct csv_row *row)
{
    struct seen *s = arg;

    if (row->line <= s->line || row->row <= s->row || row->at < s->past ||
        row->raw_len > CSV_ROW_MAX || row->at + row->raw_len > s->len ||
        memcmp(s->bytes + row->at, row->raw, row->raw_len) != 0)
        abort();
    s->line = row->line;
    s->row = row->row;
    s->past = row->at + row->raw_len;
    if ((row->fault != NULL) != (row->n == 0) || row->n > CSV_FIELDS_MAX)
        abort();
    buf_put_i64(&s->b, row->line);
    buf_puts(&s->b, row->fault != NULL ? row->fault : "");
    for (size_t i = 0; i < row->n; i++) {
        if (strlen(row->fields[i].s) != row->fields[i].len || row->fields[i].len > CSV_FIELD_MAX)
            abort();
        buf_putc(&s->b, '\0');
        buf_put(&s->b, row->fields[i].s, row->fields[i].len);
    }
    return 0;
}

static void read_by(struct seen *s, char separator, const char *bytes, size_t len, size_t step)
{
    struct csv *c = separator == 0 ? csv_new(see, s) : csv_new_sheet(separator, see, s);

    s->bytes = bytes;
    s->len = len;
    for (size_t at = 0; at < len; at += step) {
        if (csv_feed(c, bytes + at, len - at < step ? len - at : step) != 0)
            abort();
    }
    if (csv_end(c) != 0)
        abort();
    csv_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = {0, ',', ';', '\t'};

    for (size_t i = 0; i < sizeof(separators); i++) {
        struct seen whole = {.b = BUF_INIT}, cut = {.b = BUF_INIT};

        read_by(&whole, separators[i], (const char *)data, size, size == 0 ? 1 : size);
        read_by(&cut, separators[i], (const char *)data, size, 1 + size % 5);
        if (whole.b.len != cut.b.len ||
            (whole.b.len > 0 && memcmp(whole.b.data, cut.b.data, whole.b.len) != 0))
            abort();
        buf_free(&whole.b);
        buf_free(&cut.b);
    }
    return 0;
}
