/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CSV_H
#define PUMASI_CSV_H

#include "core/base.h"
#include "core/buf.h"

/*
 * Comma-separated values as RFC 4180 has them, read as they come in pieces of any size: quoted
 * fields with "" inside and line ends in them, CRLF or LF, UTF-8 with or without a byte order
 * mark. Strict: what isn't written so makes its row a faulty one, and reading goes on after the
 * next line end. Empty lines are skipped, and counted as rows.
 */
#define CSV_ROW_MAX    65536 /* bytes of a row, as it stands in the file */
#define CSV_FIELD_MAX  8192  /* bytes of a field, without its quotes */
#define CSV_FIELDS_MAX 256

struct csv_field {
    const char *s; /* NUL-terminated; holds no NUL itself */
    size_t len;
};

/* Everything is valid only during the call. */
struct csv_row {
    int64_t line; /* of the row's first line, from 1 */
    int64_t row;  /* as a spreadsheet counts, from 1: line ends within quotes begin no row */
    size_t at;    /* where it begins, in bytes from the start of the file */
    const char *raw;
    size_t raw_len;    /* the row as it came, without the line end; cut at CSV_ROW_MAX */
    const char *fault; /* a constant sentence without a full stop, or NULL; n is 0 then */
    size_t n;
    const struct csv_field *fields;
};

/* Called for each row in order; anything but 0 stops the reading. */
typedef int csv_take(void *arg, const struct csv_row *row);

struct csv *csv_new(csv_take *take, void *arg);
/*
 * The same with fields parted by ',', ';' or a tab, and as spreadsheets save: a line may end in a
 * carriage return alone, and a quotation mark inside a bare field stands for itself.
 */
struct csv *csv_new_sheet(char separator, csv_take *take, void *arg);
void csv_free(struct csv *c);
/* Reads on. 0, or what `take` stopped it with; then there is no going on. */
int csv_feed(struct csv *c, const char *bytes, size_t len) MUST_CHECK;
/* The end of the file: the last row needs no line end. As csv_feed. */
int csv_end(struct csv *c) MUST_CHECK;

/*
 * Would a spreadsheet take such a cell for a formula? It would where the first character past white
 * space, quotation marks and invisible ones is = + - @, their full-width forms, a tab or a line
 * end.
 */
bool csv_would_run(const char *s) MUST_CHECK;

/*
 * Writing: RFC 4180 with any separator. Rows are appended to `to`, cell by cell, quoted where a
 * reader with another separator in mind could mistake them. The caller sets `to` and `separator`.
 */
struct csv_out {
    struct buf *to;
    char separator;
    bool in_row;
};

/*
 * A cell of text, UTF-8. One that csv_would_run gets an apostrophe in front, which spreadsheets
 * hide or show but never run. What is read back is s again, once one leading apostrophe is taken
 * off each cell that begins with one and csv_would_run.
 */
void csv_put_text(struct csv_out *o, const char *s);
/* A cell that is a number or a date of our own making, written as it is. */
void csv_put_plain(struct csv_out *o, const char *s);
/* Ends the row, with CRLF. */
void csv_end_row(struct csv_out *o);

#endif
