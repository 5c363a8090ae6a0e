/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/recent.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * RECENT_MIN)

/* Open addressing; 0 is an empty place. When it is half full it becomes the older one of two, and
 * what was the older one is forgotten. */
struct half {
    size_t n;
    uint64_t at[SLOTS];
};
struct recent {
    struct half *now, *before;
};

struct recent *recent_new(void)
{
    struct recent *r = x_calloc(1, sizeof(*r));

    r->now = x_calloc(1, sizeof(*r->now));
    r->before = x_calloc(1, sizeof(*r->before));
    return r;
}

void recent_free(struct recent *r)
{
    if (r == NULL) {
        return;
    }
    free(r->now);
    free(r->before);
    free(r);
}

void recent_clear(struct recent *r)
{
    memset(r->now, 0, sizeof(*r->now));
    memset(r->before, 0, sizeof(*r->before));
}

static uint64_t mark_of(const struct hash *h)
{
    uint64_t mark;

    memcpy(&mark, h->b, sizeof(mark));
    return mark != 0 ? mark : 1;
}

/* Where the mark is, or would be. */
static size_t place_of(const struct half *half, uint64_t mark)
{
    size_t i = mark % SLOTS;

    while (half->at[i] != 0 && half->at[i] != mark) {
        i = (i + 1) % SLOTS;
    }
    return i;
}

void recent_add(struct recent *r, const struct hash *payload_hash)
{
    uint64_t mark = mark_of(payload_hash);

    if (r->now->n == RECENT_MIN) {
        struct half *oldest = r->before;
        r->before = r->now;
        r->now = oldest;
        memset(r->now, 0, sizeof(*r->now));
    }
    size_t i = place_of(r->now, mark);
    r->now->n += r->now->at[i] == 0;
    r->now->at[i] = mark;
}

bool recent_has(const struct recent *r, const struct hash *payload_hash)
{
    uint64_t mark = mark_of(payload_hash);

    return r->now->at[place_of(r->now, mark)] != 0 || r->before->at[place_of(r->before, mark)] != 0;
}
