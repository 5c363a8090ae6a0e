/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/table.h"

#include <stdlib.h>
#include <unistd.h>

#include "client/say.h"
#include "core/text.h"

#define BOLD  "\x1b[1m"
#define RED   "\x1b[31m"
#define RESET "\x1b[0m"
#define GAP   2

struct table {
    const struct table_column *columns;
    size_t n_columns;
    size_t n_cells, cap;
    char **cells;
};

struct table *table_new(const struct table_column *columns, size_t n)
{
    struct table *t = x_calloc(1, sizeof(*t));

    t->columns = columns;
    t->n_columns = n;
    return t;
}

void table_free(struct table *t)
{
    for (size_t i = 0; i < t->n_cells; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t);
}

void table_add(struct table *t, const char *text)
{
    if (t->n_cells == t->cap) {
        t->cap = t->cap == 0 ? 64 : t->cap * 2;
        t->cells = x_realloc(t->cells, t->cap * sizeof(*t->cells));
    }
    t->cells[t->n_cells++] = say_safe(text);
}

static void print_plain(const struct table *t, FILE *f)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        fputs(t->cells[i], f);
        fputc((i + 1) % t->n_columns == 0 || i + 1 == t->n_cells ? '\n' : '\t', f);
    }
}

/* One cell of a row. The last column that is shown is not filled up on its right. */
static void print_cell(const struct table *t, FILE *f, size_t column, size_t width, bool last,
                       const char *text, const char *colour)
{
    int fill = (int)(width - text_width(text));

    if (t->columns[column].align == TABLE_RIGHT)
        fprintf(f, "%*s", fill, "");
    fprintf(f, "%s%s%s", colour, text, colour[0] == '\0' ? "" : RESET);
    if (t->columns[column].align == TABLE_LEFT && !last)
        fprintf(f, "%*s", fill, "");
    if (last)
        fputc('\n', f);
    else
        fprintf(f, "%*s", GAP, "");
}

/* How wide each column is: 0 of one that no row has anything in, which isn't shown. The caller
 * frees it. *last: the last one that is shown. */
static size_t *column_widths(const struct table *t, size_t *last)
{
    size_t *width = x_calloc(t->n_columns, sizeof(*width));

    for (size_t i = 0; i < t->n_cells; i++) {
        size_t w = text_width(t->cells[i]);

        if (w > width[i % t->n_columns])
            width[i % t->n_columns] = w;
    }
    *last = 0;
    for (size_t i = 0; i < t->n_columns; i++) {
        size_t title = text_width(_(t->columns[i].title));

        if (width[i] == 0 && t->n_cells > 0)
            continue;
        if (title > width[i])
            width[i] = title;
        *last = i;
    }
    return width;
}

void table_print(const struct table *t, FILE *f, enum table_style style)
{
    size_t *width, last;

    if (style == TABLE_PLAIN) {
        print_plain(t, f);
        return;
    }
    width = column_widths(t, &last);
    for (size_t i = 0; i < t->n_columns; i++) {
        if (width[i] > 0)
            print_cell(t, f, i, width[i], i == last, _(t->columns[i].title),
                       style == TABLE_COLOUR ? BOLD : "");
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t column = i % t->n_columns;
        const char *cell = t->cells[i];
        /* Debts stand out: a number to the right that is negative. */
        bool red = style == TABLE_COLOUR && t->columns[column].align == TABLE_RIGHT &&
                   cell[0] == '-' && cell[1] >= '0' && cell[1] <= '9';

        if (width[column] > 0)
            print_cell(t, f, column, width[column], column == last, cell, red ? RED : "");
    }
    free(width);
}

enum table_style table_style_of(FILE *f)
{
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

    if (isatty(fileno(f)) != 1)
        return TABLE_PLAIN;
    if ((no_colour != NULL && no_colour[0] != '\0') || term == NULL || str_eq(term, "dumb"))
        return TABLE_TERMINAL;
    return TABLE_COLOUR;
}
