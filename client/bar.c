/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/bar.h"

#include <string.h>
#include <unistd.h>

#include "client/clock.h"
#include "client/say.h"

#define STEP_MS 100

void bar_draw(char out[BAR_WIDTH + 1], int64_t done, int64_t of)
{
    size_t full = (size_t)(done >= of ? BAR_WIDTH : BAR_WIDTH * done / of);

    memset(out, '.', BAR_WIDTH);
    memset(out, '#', full);
    out[BAR_WIDTH] = '\0';
}

void bar_begin(struct bar *bar, const char *what, int64_t of)
{
    *bar = (struct bar){what, of, 0, of > 0 && isatty(STDERR_FILENO) == 1};
}

void bar_step(struct bar *bar, int64_t done)
{
    char picture[BAR_WIDTH + 1];
    int64_t now = bar->on ? clock_steady_ms() : 0;

    if (!bar->on || (now - bar->shown < STEP_MS && done < bar->of))
        return;
    bar->shown = now;
    bar_draw(picture, done, bar->of);
    say_progress("%s [%s] %3d %%", bar->what, picture,
                 (int)(done >= bar->of ? 100 : 100 * done / bar->of));
}

void bar_end(struct bar *bar)
{
    if (bar->on)
        say_progress_end();
    bar->on = false;
}
