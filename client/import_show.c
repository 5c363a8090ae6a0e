/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client/say.h"

#define BAR_WIDTH 30
#define LINE_MS   5000 /* between lines where there is no bar */

static int64_t monotonic_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void import_show_begin(struct import_show *s, const struct import_job *job)
{
    s->job = job;
    s->bar = isatty(STDERR_FILENO) == 1;
    s->drawn = false;
    s->from = job->done;
    s->begun = s->last = monotonic_ms();
}

int64_t import_show_elapsed(const struct import_show *s)
{
    return monotonic_ms() - s->begun;
}

void import_show_clear(struct import_show *s)
{
    if (s->drawn)
        fputs("\r\033[K", stderr);
    s->drawn = false;
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
    int64_t now = monotonic_ms(), ms = now - s->begun;
    size_t all = import_job_acts(s->job), through = sent - s->from;
    int64_t rate = ms <= 0 ? 0 : (int64_t)through * 1000 / ms, left;
    int filled = all == 0 ? BAR_WIDTH : (int)(sent * BAR_WIDTH / all);
    char bar[BAR_WIDTH + 1], *far;

    if (!s->bar && now - s->last < LINE_MS)
        return;
    s->last = now;
    left = rate == 0 ? 0 : ((int64_t)(all - sent) + rate - 1) / rate;
    far = how_far(s->job, sent);
    if (s->bar) {
        for (int i = 0; i < BAR_WIDTH; i++)
            bar[i] = i < filled ? '#' : '.';
        bar[BAR_WIDTH] = '\0';
        fprintf(stderr, "\r\033[K[%s] ", bar);
        fprintf(stderr, _("%s, %lld a second, %lld:%02lld left"), far, (long long)rate,
                (long long)(left / 60), (long long)(left % 60));
        fflush(stderr);
        s->drawn = true;
    } else {
        note(_("%s, %lld a second, %lld:%02lld left"), far, (long long)rate, (long long)(left / 60),
             (long long)(left % 60));
    }
    free(far);
}
