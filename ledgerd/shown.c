/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/shown.h"

#include <stdlib.h>

struct shown {
    struct published *published;
    int64_t period; /* seconds */
    int64_t slot;   /* the period in which the note was taken; they are counted from 1970 */
    struct checkpoint checkpoint;
    char *note; /* NULL: none yet */
    size_t len;
};

struct shown *shown_new(struct published *p, int64_t minutes)
{
    struct shown *s = x_calloc(1, sizeof(*s));

    s->published = p;
    s->period = minutes * 60;
    return s;
}

void shown_free(struct shown *s)
{
    if (s == NULL) {
        return;
    }
    free(s->note);
    free(s);
}

bool shown_get(struct shown *s, int64_t now, struct checkpoint *c, const char **note, size_t *len)
{
    int64_t slot = s->period > 0 ? now / s->period : 0;
    struct checkpoint latest;
    char *text;
    size_t text_len;

    /* A clock that was set back must not hold it up for longer than a period. */
    if ((s->note == NULL || s->period == 0 || slot != s->slot) &&
        published_get(s->published, &latest, &text, &text_len)) {
        free(s->note);
        s->note = text;
        s->len = text_len;
        s->checkpoint = latest;
        s->slot = slot;
    }
    if (s->note == NULL) {
        return false;
    }
    *c = s->checkpoint;
    if (note != NULL) {
        *note = s->note;
        *len = s->len;
    }
    return true;
}

int64_t shown_stands(const struct shown *s, int64_t now)
{
    return s->period > 0 && s->note != NULL ? s->period - now % s->period : 0;
}
