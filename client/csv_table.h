/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CSV_TABLE_H
#define PUMASI_CSV_TABLE_H

#include "client/profile.h"
#include "core/csv.h"

/* How a spreadsheet wants its table. */
struct csv_style {
    char separator;
    bool decimal_comma;
    bool mark; /* begin with a byte order mark, by which Excel knows UTF-8 */
};

/* What --csv and --bom say of a command's one table. PUMASI_USAGE after a sentence when they, or
 * --json, don't go together. */
struct cli;
struct client;
int csv_style_of(const struct client *c, const struct cli *cli, struct csv_style *out) MUST_CHECK;

/* What --separator, --decimal and --bom say, which go with `csv` alone. PUMASI_USAGE after a
 * sentence. */
struct cli;
int csv_style_take(const struct cli *cli, bool csv, struct csv_style *out) MUST_CHECK;

/*
 * A table for spreadsheets: UTF-8, a first row of column names, texts that no spreadsheet runs as a
 * formula and that are harmless on a terminal (as say_safe has them), as tables are often looked at
 * there. Begin, cells and ends of rows; what is written is appended to `to`.
 */
struct csv_table {
    struct csv_out out;
    bool decimal_comma;
};
void csv_table_begin(struct csv_table *s, struct buf *to, const char *const *columns, size_t n,
                     const struct csv_style *style);
void csv_table_text(struct csv_table *s, const char *text);
void csv_table_int(struct csv_table *s, int64_t n);
/* Minor units as a decimal of the unit, rounded to six places where its scale is no power of ten;
 * as they are where u is NULL. */
void csv_table_amount(struct csv_table *s, int64_t amount, const struct profile_unit *u);
void csv_table_end_row(struct csv_table *s);

#endif
