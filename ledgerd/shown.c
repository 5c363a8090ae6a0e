/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/shown.h"

#include <stdlib.h>
#include <string.h>

#include "ledgerd/peers.h"

struct shown {
    struct published *published;
    int64_t period; /* seconds */
    int64_t slot;   /* the period in which the note was taken; they are counted from 1970 */
    uint64_t turns; /* published_turns then */
    struct checkpoint checkpoint;
    bool there;
    struct buf note;        /* as it is shown */
    size_t own;             /* bytes of it that aren't cosignatures */
    char *lines[PEERS_MAX]; /* cosignatures, NULL where there is none */
};

struct shown *shown_new(struct published *p, int64_t minutes, int64_t cosign_seconds)
{
    struct shown *s = x_calloc(1, sizeof(*s));

    s->published = p;
    s->period = minutes * 60 > cosign_seconds ? minutes * 60 : cosign_seconds;
    return s;
}

static void forget_lines(struct shown *s)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        free(s->lines[i]);
        s->lines[i] = NULL;
    }
}

void shown_free(struct shown *s)
{
    if (s == NULL) {
        return;
    }
    forget_lines(s);
    buf_free(&s->note);
    free(s);
}

static bool same(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->size == b->size && hash_eq(&a->root, &b->root);
}

/* The latest one; what was cosigned of the same stays below it, under whatever key it is signed. */
static void take_latest(struct shown *s)
{
    struct checkpoint latest;
    char *text;
    size_t len;

    if (!published_get(s->published, &latest, &text, &len)) {
        return;
    }
    if (!s->there || !same(&latest, &s->checkpoint) || len != s->own ||
        memcmp(text, s->note.data, len) != 0) {
        if (!s->there || !same(&latest, &s->checkpoint)) {
            forget_lines(s);
        }
        buf_clear(&s->note);
        buf_put(&s->note, text, len);
        s->own = len;
        s->checkpoint = latest;
        s->there = true;
        for (size_t i = 0; i < PEERS_MAX; i++) {
            if (s->lines[i] != NULL) {
                buf_puts(&s->note, s->lines[i]);
            }
        }
    }
    free(text);
}

bool shown_get(struct shown *s, int64_t now, struct checkpoint *c, const char **note, size_t *len)
{
    int64_t slot = s->period > 0 ? now / s->period : 0;
    /* Asked before it is taken: what comes in between is seen the next time. */
    uint64_t turns = published_turns(s->published);

    /* A clock that was set back must not hold it up for longer than a period. */
    if (!s->there || s->period == 0 || slot != s->slot || turns != s->turns) {
        take_latest(s);
        s->slot = slot;
        s->turns = turns;
    }
    if (!s->there) {
        return false;
    }
    *c = s->checkpoint;
    if (note != NULL) {
        *note = s->note.data;
        *len = s->note.len;
    }
    return true;
}

void shown_cosign(struct shown *s, size_t i, const struct checkpoint *c, const char *line,
                  size_t len)
{
    if (!s->there || !same(c, &s->checkpoint) || i >= PEERS_MAX) {
        return;
    }
    free(s->lines[i]);
    s->lines[i] = x_strndup(line, len);
    s->note.len = s->own; /* the lines behind are written anew */
    for (size_t k = 0; k < PEERS_MAX; k++) {
        if (s->lines[k] != NULL) {
            buf_puts(&s->note, s->lines[k]);
        }
    }
}

int64_t shown_taken(const struct shown *s)
{
    return s->slot * s->period;
}

size_t shown_cosigned(const struct shown *s)
{
    size_t n = 0;

    for (size_t i = 0; i < PEERS_MAX; i++) {
        n += s->lines[i] != NULL;
    }
    return n;
}

int64_t shown_stands(const struct shown *s, int64_t now)
{
    return s->period > 0 && s->there ? s->period - now % s->period : 0;
}
