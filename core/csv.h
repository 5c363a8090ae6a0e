/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CSV_H
#define PUMASI_CSV_H

#include "core/base.h"

/*
 * Comma-separated values as RFC 4180 has them, read as they come in pieces of any size: quoted
 * fields with "" inside and line ends in them, CRLF or LF, UTF-8 with or without a byte order mark.
 * Strict: what isn't written so makes its row a faulty one, and reading goes on after the next line
 * end. Empty lines are skipped.
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
void csv_free(struct csv *c);
/* Reads on. 0, or what `take` stopped it with; then there is no going on. */
int csv_feed(struct csv *c, const char *bytes, size_t len) MUST_CHECK;
/* The end of the file: the last row needs no line end. As csv_feed. */
int csv_end(struct csv *c) MUST_CHECK;

#endif
