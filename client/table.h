/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TABLE_H
#define PUMASI_TABLE_H

#include <stdio.h>

#include "core/base.h"

/*
 * Rows for people and for scripts. On a terminal: a header and columns that are aligned by what the
 * characters take (Hangul two columns), in colour unless NO_COLOR is set; a column in which no row
 * has anything is left out, as terminals are narrow. Otherwise: no header, cells parted by one tab,
 * all of them, one row a line.
 */
enum table_align {
    TABLE_LEFT,
    TABLE_RIGHT
};
enum table_style {
    TABLE_PLAIN,
    TABLE_TERMINAL,
    TABLE_COLOUR
};

struct table_column {
    const char *title; /* N_() */
    enum table_align align;
};

/* columns: borrowed. */
struct table *table_new(const struct table_column *columns, size_t n);
void table_free(struct table *t);
/* Adds one cell, copied and made safe; rows fill from left to right. */
void table_add(struct table *t, const char *text);
void table_print(const struct table *t, FILE *f, enum table_style style);
/* What fits a stream: a terminal with or without colour, or not. */
enum table_style table_style_of(FILE *f);

#endif
