/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is written as CSV is read back cell by cell, but for the mark that keeps it from running. */
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/csv.h"
#include "core/text.h"

/* Of an input: cells part at 0x1e, rows at 0x1f; both may not stand in a text anyway. */
#define CELL_END 0x1e
#define ROW_END  0x1f

static int take(void *arg, const struct csv_row *row)
{
    struct buf *b = arg;

    if (row->fault != NULL)
        abort();
    for (size_t i = 0; i < row->n; i++) {
        const char *s = row->fields[i].s;
        bool runs = csv_would_run(s);

        if (runs && s[0] != '\'')
            abort(); /* a spreadsheet would run it */
        buf_puts(b, runs ? s + 1 : s);
        buf_putc(b, i + 1 < row->n ? CELL_END : ROW_END);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf in = BUF_INIT, written = BUF_INIT, back = BUF_INIT;
    struct csv_out o = {.to = &written, .separator = ','};
    struct csv *c = csv_new(take, &back);
    char *text = NULL;
    size_t cells = 1;

    if (size > CSV_FIELD_MAX / 4)
        goto out;
    for (size_t i = 0; i < size; i++) {
        cells = data[i] == ROW_END ? 1 : cells + (data[i] == CELL_END);
        if (data[i] == '\0' || cells > CSV_FIELDS_MAX)
            goto out;
        buf_putc(&in, (char)data[i]);
    }
    buf_putc(&in, ROW_END);
    text = text_nfc(in.data);
    if (text == NULL)
        goto out; /* not UTF-8 */
    for (char *cell = text; *cell != '\0';) {
        size_t len = strcspn(cell, "\x1e\x1f");
        char end = cell[len];

        cell[len] = '\0';
        csv_put_text(&o, cell);
        cell[len] = end;
        if (end == ROW_END)
            csv_end_row(&o);
        cell += len + 1;
    }
    if (csv_feed(c, written.data, written.len) != 0 || csv_end(c) != 0 || !str_eq(back.data, text))
        abort();
out:
    free(text);
    csv_free(c);
    buf_free(&in);
    buf_free(&written);
    buf_free(&back);
    return 0;
}
