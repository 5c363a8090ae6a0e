/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BAR_H
#define PUMASI_BAR_H

#include <stdbool.h>
#include <stdint.h>

/* How far something long is: a bar on a terminal's stderr, nothing anywhere else. */
struct bar {
    const char *what; /* borrowed */
    int64_t of;
    int64_t shown; /* when, by clock_steady_ms */
    bool on;
};

void bar_begin(struct bar *bar, const char *what, int64_t of);
void bar_step(struct bar *bar, int64_t done);
void bar_end(struct bar *bar);

#define BAR_WIDTH 30

/* Its picture: BAR_WIDTH characters and a NUL. */
void bar_draw(char out[BAR_WIDTH + 1], int64_t done, int64_t of);

#endif
