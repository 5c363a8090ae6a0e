/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/picture.h"

#include <stdlib.h>
#include <string.h>

/* A quoted string of DOT, of which Graphviz reads labels' escapes and entities once more; `end` is
 * such an escape of ours. */
static void put_text(struct buf *b, const char *s, const char *end)
{
    buf_putc(b, '"');
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\') {
            buf_putc(b, '\\');
            buf_putc(b, *s);
        } else if (c == '&') {
            buf_puts(b, "&amp;");
        } else {
            buf_putc(b, c < 0x20 || c == 0x7f ? ' ' : *s);
        }
    }
    buf_puts(b, end);
    buf_putc(b, '"');
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The parties of a row, each once, sorted; their number to *n. The caller frees the array. */
static const char **parties_of(const struct picture_row *row, size_t *n)
{
    const char **names;
    size_t all = 0, kept = 0;

    for (size_t i = 0; i < row->n; i++)
        all += 2 * row->panels[i].n;
    names = x_malloc((all + 1) * sizeof(*names));
    all = 0;
    for (size_t i = 0; i < row->n; i++) {
        for (size_t j = 0; j < row->panels[i].n; j++) {
            names[all++] = row->panels[i].arrows[j].from;
            names[all++] = row->panels[i].arrows[j].to;
        }
    }
    qsort(names, all, sizeof(*names), compare);
    for (size_t i = 0; i < all; i++) {
        if (kept == 0 || !str_eq(names[kept - 1], names[i]))
            names[kept++] = names[i];
    }
    *n = kept;
    return names;
}

static size_t place_of(const char **names, size_t n, const char *name)
{
    return (size_t)((const char **)bsearch(&name, names, n, sizeof(*names), compare) - names);
}

static int64_t largest_of(const struct picture_row *row)
{
    int64_t largest = 1;

    for (size_t i = 0; i < row->n; i++) {
        for (size_t j = 0; j < row->panels[i].n; j++) {
            if (row->panels[i].arrows[j].amount > largest)
                largest = row->panels[i].arrows[j].amount;
        }
    }
    return largest;
}

/* 1 to 8 points wide; red is what the own party owes, green what it is owed. An empty line lifts
 * the label above the arrow. */
static void put_arrow(struct buf *b, const struct picture *p, const struct picture_arrow *a,
                      int64_t largest)
{
    int tenths = 10 + (int)((__int128)a->amount * 70 / largest);
    const char *colour = "#44658a";

    if (p->own != NULL && str_eq(a->from, p->own))
        colour = "#b3492f";
    else if (p->own != NULL && str_eq(a->to, p->own))
        colour = "#2f7d4f";
    buf_printf(b, " [color=\"%s\", penwidth=%d.%d, label=", colour, tenths / 10, tenths % 10);
    put_text(b, a->label, "\\n ");
    buf_puts(b, "];\n");
}

static void put_panel(struct buf *b, const struct picture *p, const struct picture_panel *panel,
                      const char *prefix, const char **names, size_t n, int64_t largest)
{
    buf_printf(b, "  subgraph \"cluster_%s\" {\n    label=", prefix);
    put_text(b, panel->title, "");
    buf_puts(b, ";\n");
    for (size_t i = 0; i < n; i++) {
        buf_printf(b, "    \"%s_%zu\" [label=", prefix, i);
        put_text(b, names[i], "");
        if (p->own != NULL && str_eq(names[i], p->own))
            buf_puts(b, ", fillcolor=\"#ffe9b8\", penwidth=2");
        buf_puts(b, "];\n");
    }
    for (size_t i = 0; i < panel->n; i++) {
        const struct picture_arrow *a = &panel->arrows[i];

        buf_printf(b, "    \"%s_%zu\" -> \"%s_%zu\"", prefix, place_of(names, n, a->from), prefix,
                   place_of(names, n, a->to));
        if (a->amount < 1)
            buf_puts(b, " [style=invis];\n"); /* which keeps its parties where they are */
        else
            put_arrow(b, p, a, largest);
    }
    buf_puts(b, "  }\n");
}

/* Nothing is seen of these: they hold the panel right of the one before it. */
static void put_order(struct buf *b, size_t row, size_t panel, size_t n)
{
    buf_printf(b,
               "  \"then_%zu_%zu\" [shape=point, style=invis, width=0, height=0];\n"
               "  edge [style=invis];\n",
               row, panel);
    for (size_t i = 0; i < n; i++)
        buf_printf(b,
                   "  \"p%zu_%zu_%zu\" -> \"then_%zu_%zu\";\n"
                   "  \"then_%zu_%zu\" -> \"p%zu_%zu_%zu\";\n",
                   row, panel - 1, i, row, panel, row, panel, row, panel, i);
    buf_puts(b, "  edge [style=solid];\n");
}

static void put_row(struct buf *b, const struct picture *p, size_t row)
{
    const struct picture_row *r = &p->rows[row];
    int64_t largest = largest_of(r);
    char prefix[64];
    const char **names;
    size_t n;

    names = parties_of(r, &n);
    for (size_t i = 0; i < r->n; i++) {
        struct buf name = BUF_INIT;

        buf_printf(&name, "p%zu_%zu", row, i);
        str_copy(prefix, sizeof(prefix), name.data);
        buf_free(&name);
        put_panel(b, p, &r->panels[i], prefix, names, n, largest);
        if (i > 0)
            put_order(b, row, i, n);
    }
    free(names);
}

void picture_put(struct buf *b, const struct picture *p)
{
    buf_puts(b, "digraph pumasi {\n"
                "  graph [rankdir=LR, labelloc=t, fontname=\"sans-serif\", fontsize=16, "
                "nodesep=0.25, ranksep=1.1, bgcolor=white, color=\"#c8c8c8\", style=rounded];\n"
                "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f2f2f2\", "
                "fontname=\"sans-serif\", fontsize=12, margin=\"0.15,0.06\"];\n"
                "  edge [fontname=\"sans-serif\", fontsize=10, arrowsize=0.4];\n"
                "  label=");
    put_text(b, p->title, "");
    buf_puts(b, ";\n");
    for (size_t row = 0; row < p->n; row++)
        put_row(b, p, row);
    buf_puts(b, "}\n");
}
