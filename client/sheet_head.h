/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SHEET_HEAD_H
#define PUMASI_SHEET_HEAD_H

#include "client/sheet.h"
#include "core/buf.h"
#include "core/csv.h"

/* Where the columns of one file are. */
struct sheet_head {
    char separator;
    int64_t row;    /* of the headers, 0 when there are none */
    size_t at, len; /* that row as it stands in the file */
    size_t n;       /* columns */
    bool there[SHEET_COLUMNS];
    size_t place[SHEET_COLUMNS];
};

/*
 * Finds the separator and the row of headers: the first row of the file's first twenty that has
 * every needed column, with whichever separator shows one. bytes are UTF-8. An enum pumasi_exit,
 * after a sentence that says what is missing and which headers there are.
 */
int sheet_head_find(struct sheet_head *h, const struct sheet *s, const char *bytes,
                    size_t len) MUST_CHECK;

/* The cell of a column, in b: no white space around it, one space for line ends and tabs within;
 * "" where the file or the row has none. */
const char *sheet_cell(const struct sheet_head *h, const struct csv_row *row,
                       enum sheet_column column, struct buf *b);
/* Only empty cells? */
bool sheet_row_blank(const struct csv_row *row);
/* Does it look like a total: "Total" or 합계 in it, and not both a payer and a payee? */
bool sheet_row_total(const struct sheet_head *h, const struct csv_row *row);

#endif
