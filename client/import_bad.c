/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Import: rows that are not booked. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/import_run.h"
#include "core/csv.h"

#define SHOWN_MAX 10 /* bad rows that are listed without a file */

static int by_row(const void *a, const void *b)
{
    const struct import_bad *x = a, *y = b;

    return (x->row > y->row) - (x->row < y->row);
}

/* A field in quotes, with `mark` in front of its text. */
static void put_quoted(struct buf *b, const char *mark, const char *s, size_t len)
{
    buf_putc(b, '"');
    buf_puts(b, mark);
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '"')
            buf_putc(b, '"');
        buf_putc(b, s[i]);
    }
    buf_putc(b, '"');
}

/* Its number and what is wrong, before the row or behind it. */
static void put_reason(struct buf *b, const struct import_bad *bad, char part, bool before)
{
    if (!before)
        buf_putc(b, part);
    buf_put_i64(b, bad->row);
    buf_putc(b, part);
    put_quoted(b, csv_would_run(bad->reason) ? "'" : "", bad->reason, strlen(bad->reason));
    if (before)
        buf_putc(b, part);
}

void import_put_bad(struct buf *b, struct import_file *f)
{
    char part = f->head.separator;

    if (f->n_bad > 1)
        qsort(f->bad, f->n_bad, sizeof(*f->bad), by_row);
    if (f->marked)
        buf_puts(b, "\xef\xbb\xbf");
    if (f->head.row > 0) {
        buf_printf(b, "row%creason%c", part, part);
        buf_put(b, f->bytes + f->head.at, f->head.len);
        buf_putc(b, '\n');
    }
    for (size_t i = 0; i < f->n_bad; i++) {
        const struct import_bad *bad = &f->bad[i];

        if (f->head.row > 0)
            put_reason(b, bad, part, true);
        if (bad->broken)
            put_quoted(b, "", f->bytes + bad->at, bad->len);
        else
            buf_put(b, f->bytes + bad->at, bad->len);
        /* Columns that are known by their letter only stay where they are. */
        if (f->head.row == 0)
            put_reason(b, bad, part, false);
        buf_putc(b, '\n');
    }
}

char *import_bad_path(const struct import_options *o)
{
    size_t len = strlen(o->path);

    if (o->bad_path != NULL)
        return x_strdup(o->bad_path);
    if (len > 4 && strcasecmp(o->path + len - 4, ".csv") == 0)
        len -= 4;
    return x_asprintf("%.*s.bad.csv", (int)len, o->path);
}

int import_write_bad(struct import *m, const char *path)
{
    struct buf b = BUF_INIT;
    int rc = PUMASI_OK;

    import_put_bad(&b, &m->file);
    if (files_write(path, b.data, b.len) != 0) {
        char *safe = say_safe(path);

        rc = fail(PUMASI_FAILED,
                  _("The bad rows can't be written to %s: %s. Name another file "
                    "with --bad and run this again."),
                  safe, strerror(errno));
        free(safe);
    }
    buf_free(&b);
    return rc;
}

void import_list_bad(const struct import *m)
{
    const struct import_file *f = &m->file;

    if (f->n_bad == 0)
        return;
    note(ngettext("%zu row of the file can't be booked:", "%zu rows of the file can't be booked:",
                  f->n_bad),
         f->n_bad);
    for (size_t i = 0; i < f->n_bad && i < SHOWN_MAX; i++)
        note(_("  row %" PRId64 ": %s"), f->bad[i].row, f->bad[i].reason);
    if (f->n_bad > SHOWN_MAX)
        note(_("  and %zu more"), f->n_bad - SHOWN_MAX);
}
