/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/bar.h"
#include "client/clock.h"
#include "client/say.h"

#define LINE_MS 5000 /* between lines where there is no bar */

void import_show_begin(struct import_show *s, const struct import_job *job)
{
    s->job = job;
    s->bar = isatty(STDERR_FILENO) == 1;
    s->from = job->done;
    s->begun = s->last = clock_steady_ms();
}

int64_t import_show_elapsed(const struct import_show *s)
{
    return clock_steady_ms() - s->begun;
}

/* "members 3000 of 8508" or "rows 4500 of 9999". The caller frees it. */
static char *how_far(const struct import_job *j, size_t sent)
{
    size_t first_row = import_job_first_row(j);

    if (sent < first_row)
        return x_asprintf(_("members %zu of %zu"), sent < j->n_make ? sent : j->n_make, j->n_make);
    return x_asprintf(_("rows %zu of %zu"), sent - first_row, j->n_rows);
}

void import_show_at(struct import_show *s, size_t sent)
{
    int64_t now = clock_steady_ms(), ms = now - s->begun;
    size_t all = import_job_acts(s->job), through = sent - s->from;
    int64_t rate = ms <= 0 ? 0 : (int64_t)through * 1000 / ms, left;
    char bar[BAR_WIDTH + 1], *far, *line;

    if (!s->bar && now - s->last < LINE_MS)
        return;
    s->last = now;
    left = rate == 0 ? 0 : ((int64_t)(all - sent) + rate - 1) / rate;
    far = how_far(s->job, sent);
    line = x_asprintf(_("%s, %lld a second, %lld:%02lld left"), far, (long long)rate,
                      (long long)(left / 60), (long long)(left % 60));
    if (s->bar) {
        bar_draw(bar, (int64_t)sent, (int64_t)all);
        say_progress("[%s] %s", bar, line);
    } else {
        note("%s", line);
    }
    free(line);
    free(far);
}
