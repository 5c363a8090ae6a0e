/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PICTURE_H
#define PUMASI_PICTURE_H

#include "core/base.h"
#include "core/buf.h"

/*
 * A picture of amounts between parties, written in the DOT language of Graphviz, which lays it out:
 * rows of panels that stand side by side, in each the same parties, and an arrow for each amount,
 * as thick as it is large beside the row's largest. Texts are UTF-8 and may be anybody's: nothing
 * in them ends a string of DOT, or is an escape or an entity there.
 */
struct picture_arrow {
    const char *from, *to;
    int64_t amount;    /* 0 or less: no arrow, but its parties stand as if there were one */
    const char *label; /* what is written beside it */
};

struct picture_panel {
    const char *title;
    size_t n;
    const struct picture_arrow *arrows;
};

struct picture_row {
    size_t n; /* panels */
    const struct picture_panel *panels;
};

struct picture {
    const char *title;
    const char *own; /* the party whose view it is, which stands out; or NULL */
    size_t n;
    const struct picture_row *rows;
};

/* Appends the whole graph to b. */
void picture_put(struct buf *b, const struct picture *p);

#endif
