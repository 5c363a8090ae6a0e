/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/csv_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/export_name.h"

void csv_table_begin(struct csv_table *s, const char *const *columns, size_t n, bool mark)
{
    memset(s, 0, sizeof(*s));
    s->out.to = &s->text;
    s->out.separator = ',';
    if (mark)
        buf_puts(&s->text, "\xef\xbb\xbf");
    for (size_t i = 0; i < n; i++)
        csv_put_plain(&s->out, columns[i]);
    csv_end_row(&s->out);
}

void csv_table_text(struct csv_table *s, const char *text)
{
    csv_put_text(&s->out, text);
}

void csv_table_int(struct csv_table *s, int64_t n)
{
    char *text = x_asprintf("%" PRId64, n);

    csv_put_plain(&s->out, text);
    free(text);
}

void csv_table_amount(struct csv_table *s, int64_t amount, const struct profile_unit *u)
{
    struct buf b = BUF_INIT;

    if (u == NULL) {
        csv_table_int(s, amount);
        return;
    }
    export_decimal(&b, amount, u, '.');
    csv_put_plain(&s->out, b.data);
    buf_free(&b);
}

void csv_table_end_row(struct csv_table *s)
{
    csv_end_row(&s->out);
}

void csv_table_print(struct csv_table *s, FILE *f)
{
    (void)fwrite(s->text.data, 1, s->text.len, f);
    buf_free(&s->text);
}
