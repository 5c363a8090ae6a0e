/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CSV_TABLE_H
#define PUMASI_CSV_TABLE_H

#include <stdio.h>

#include "client/profile.h"
#include "core/csv.h"

/* A table for spreadsheets: comma-separated UTF-8, a first row of column names, texts that no
 * spreadsheet runs as a formula. Begin, cells and ends of rows, then print, which frees it. */
struct csv_table {
    struct buf text;
    struct csv_out out;
};
/* mark: with a byte order mark, by which Excel knows UTF-8. */
void csv_table_begin(struct csv_table *s, const char *const *columns, size_t n, bool mark);
void csv_table_text(struct csv_table *s, const char *text);
void csv_table_int(struct csv_table *s, int64_t n);
/* Minor units as a decimal of the unit, rounded to six places where its scale is no power of ten;
 * as they are where u is NULL. */
void csv_table_amount(struct csv_table *s, int64_t amount, const struct profile_unit *u);
void csv_table_end_row(struct csv_table *s);
void csv_table_print(struct csv_table *s, FILE *f);

#endif
