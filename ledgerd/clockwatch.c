/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/clockwatch.h"

void clockwatch_start(struct clockwatch *w, int64_t wall, int64_t boot)
{
    *w = (struct clockwatch){.wall = wall, .boot = boot};
}

enum clockwatch_view clockwatch_look(struct clockwatch *w, int64_t wall, int64_t boot,
                                     int64_t head_ms)
{
    enum clockwatch_view view = CLOCK_FINE;

    w->leap_ms = (wall - w->wall) - (boot - w->boot);
    w->wall = wall;
    w->boot = boot;
    if (w->leap_ms <= -CLOCKWATCH_MS || w->leap_ms >= CLOCKWATCH_MS) {
        view = CLOCK_LEAPT;
    } else if (wall < head_ms - CLOCKWATCH_MS && head_ms != w->accepted_ms) {
        view = CLOCK_BEHIND;
    }
    w->stopped |= view != CLOCK_FINE;
    return view;
}

void clockwatch_confirm(struct clockwatch *w, int64_t head_ms)
{
    w->stopped = false;
    w->accepted_ms = head_ms;
}
