/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/clearing_flow.h"

#include <stdlib.h>

#define NONE      UINT32_MAX
#define UNREACHED (UINT32_MAX / 2)

/* One node in a list of those at a distance; it may be in several. */
struct entry {
    uint32_t node, next;
    int32_t far;
};

struct flow {
    const struct clearing_graph *g;
    int64_t *excess;
    int32_t *potential;
    uint32_t from, end; /* the part in hand: its nodes */
    uint32_t *hops;  /* to a node with too little over halves of no cost: at least; or UNREACHED */
    uint32_t *at;    /* the half to try next */
    uint32_t *queue; /* a ring as long as the part is */
    uint32_t head, n_queue;
    uint64_t work;  /* halves looked at in raising nodes */
    bool *marked;   /* in the queue, or reached */
    int32_t *far;   /* distance to a node with too little; 0 where that is not known */
    uint32_t *list; /* for each distance its first entry, or NONE */
    size_t n_lists;
    struct entry *entries;
    size_t n_entries, room;
};

static int32_t reduced(const struct flow *f, uint32_t v, const struct clearing_half *h)
{
    return h->cost + f->potential[v] - f->potential[h->to];
}

/* --- carrying what gets through at no cost (push-relabel, first in first out) ------------------
 */

static void put_queue(struct flow *f, uint32_t v)
{
    uint32_t tail = f->head + f->n_queue, size = f->end - f->from;

    f->queue[f->from + (tail >= size ? tail - size : tail)] = v;
    f->n_queue++;
    f->marked[v] = true;
}

static uint32_t take_queue(struct flow *f)
{
    uint32_t v = f->queue[f->from + f->head];

    f->head = f->head + 1 == f->end - f->from ? 0 : f->head + 1;
    f->n_queue--;
    f->marked[v] = false;
    return v;
}

/* Breadth-first back from all nodes with too little; then those with too much are queued from which
 * one of these is reached. */
static void count_hops(struct flow *f)
{
    const struct clearing_graph *g = f->g;
    uint32_t *reached = f->queue + f->from, n = 0;

    for (uint32_t v = f->from; v < f->end; v++) {
        f->hops[v] = f->excess[v] < 0 ? 0 : UNREACHED;
        f->at[v] = g->first[v];
        f->marked[v] = false;
        if (f->excess[v] < 0)
            reached[n++] = v;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v = reached[i];

        for (uint32_t k = g->first[v]; k < g->first[v + 1]; k++) {
            const struct clearing_half *h = &g->halves[k];

            if (f->hops[h->to] == UNREACHED && reduced(f, v, h) == 0 &&
                g->halves[h->mate].room > 0) {
                f->hops[h->to] = f->hops[v] + 1;
                reached[n++] = h->to;
            }
        }
    }
    f->head = f->n_queue = 0;
    f->work = 0;
    for (uint32_t v = f->from; v < f->end; v++) {
        if (f->excess[v] > 0 && f->hops[v] != UNREACHED)
            put_queue(f, v);
    }
}

/* Puts v one hop past the nearest node that can take something from it. */
static void raise(struct flow *f, uint32_t v)
{
    const struct clearing_graph *g = f->g;
    uint32_t best = UNREACHED;

    for (uint32_t k = g->first[v]; k < g->first[v + 1]; k++) {
        const struct clearing_half *h = &g->halves[k];

        if (h->room > 0 && f->hops[h->to] < best && reduced(f, v, h) == 0) {
            best = f->hops[h->to];
            f->at[v] = k;
        }
    }
    f->hops[v] = best == UNREACHED ? UNREACHED : best + 1;
    f->work += g->first[v + 1] - g->first[v];
}

/* Rids v of what is too much, if it can. */
static int64_t discharge(struct flow *f, uint32_t v)
{
    const struct clearing_graph *g = f->g;
    int64_t units, arrived = 0;

    while (f->excess[v] > 0 && f->hops[v] != UNREACHED) {
        struct clearing_half *h;

        if (f->at[v] == g->first[v + 1]) {
            raise(f, v);
            continue;
        }
        h = &g->halves[f->at[v]];
        if (h->room == 0 || f->hops[h->to] + 1 != f->hops[v] || reduced(f, v, h) != 0) {
            f->at[v]++;
            continue;
        }
        units = f->excess[v] < h->room ? f->excess[v] : h->room;
        h->room -= units;
        g->halves[h->mate].room += units;
        f->excess[v] -= units;
        if (f->excess[h->to] < 0)
            arrived += units < -f->excess[h->to] ? units : -f->excess[h->to];
        f->excess[h->to] += units;
        if (f->excess[h->to] > 0 && !f->marked[h->to])
            put_queue(f, h->to);
    }
    return arrived;
}

/* Until nothing more gets through. The nodes that are left over can't reach each other then. */
static bool carry(struct flow *f, clearing_carried *carried, void *arg)
{
    uint64_t much = f->g->first[f->end] - f->g->first[f->from];
    int64_t units;

    do {
        units = 0;
        count_hops(f);
        while (f->n_queue > 0 && f->work < much)
            units += discharge(f, take_queue(f));
        if (units > 0 && !carried(arg, units))
            return false;
    } while (f->n_queue > 0);
    return true;
}

/* --- the next distances --------------------------------------------------------------------- */

static void put_far(struct flow *f, uint32_t v, int32_t far)
{
    size_t d = (size_t)far;

    if (d >= f->n_lists) {
        f->list = x_realloc(f->list, (d + 1) * 2 * sizeof(*f->list));
        for (size_t i = f->n_lists; i < (d + 1) * 2; i++)
            f->list[i] = NONE;
        f->n_lists = (d + 1) * 2;
    }
    if (f->n_entries == f->room) {
        f->room = f->room * 2 + 1024;
        f->entries = x_realloc(f->entries, f->room * sizeof(*f->entries));
    }
    f->far[v] = far;
    f->entries[f->n_entries] = (struct entry){v, f->list[d], far};
    f->list[d] = (uint32_t)f->n_entries++;
}

/* Looks back from v, which is `far` from a node with too little. */
static void look_back(struct flow *f, uint32_t v, int32_t far)
{
    const struct clearing_graph *g = f->g;

    for (uint32_t k = g->first[v]; k < g->first[v + 1]; k++) {
        const struct clearing_half *h = &g->halves[k];
        int32_t there;

        if (f->marked[h->to])
            continue;
        there = far - reduced(f, v, h);
        if ((f->far[h->to] != 0 && f->far[h->to] <= there) || g->halves[h->mate].room == 0)
            continue;
        if (there > far) {
            put_far(f, h->to, there);
        } else {
            f->far[h->to] = far;
            put_queue(f, h->to);
        }
    }
}

/* Queues the nodes with too little, and counts those with too much. */
static uint32_t begin_distances(struct flow *f)
{
    uint32_t n = 0;

    f->n_entries = 0;
    f->head = f->n_queue = 0;
    for (uint32_t v = f->from; v < f->end; v++) {
        f->marked[v] = false;
        n += f->excess[v] > 0;
    }
    for (uint32_t v = f->from; v < f->end; v++) {
        if (f->excess[v] < 0)
            put_queue(f, v);
    }
    return n;
}

/*
 * Distances from all nodes with too much to the nearest one with too little (Dial's buckets, going
 * back), and the potentials by which each gets there at no cost. False when nothing is too much.
 */
static bool find_distances(struct flow *f)
{
    uint32_t left = begin_distances(f), i = 0;
    int32_t most = 0;

    for (size_t d = 0; left > 0; d++) {
        if (d > 0 && d >= f->n_lists)
            abort(); /* what is too much can't be carried: the graph isn't one that was split */
        while (d < f->n_lists && f->list[d] != NONE) {
            const struct entry *e = &f->entries[f->list[d]];

            f->list[d] = e->next;
            if (!f->marked[e->node])
                put_queue(f, e->node);
        }
        most = (int32_t)d;
        for (; i < f->n_queue && left > 0; i++) {
            left -= f->excess[f->queue[f->from + i]] > 0;
            look_back(f, f->queue[f->from + i], most);
        }
    }
    if (most == 0)
        return false;
    for (uint32_t v = f->from; v < f->end; v++) {
        /* Those that were not reached are as far or farther. */
        f->potential[v] -= f->marked[v] ? f->far[v] : most;
        f->far[v] = 0;
    }
    for (size_t k = 0; k < f->n_entries; k++)
        f->list[f->entries[k].far] = NONE;
    return true;
}

bool clearing_flow(struct clearing_graph *g, int64_t *excess, int32_t *potential,
                   clearing_carried *carried, void *arg)
{
    size_t n = g->n_nodes;
    uint32_t *room = x_malloc((3 * n + 1) * sizeof(*room));
    struct flow f = {.g = g,
                     .excess = excess,
                     .potential = potential,
                     .hops = room,
                     .at = room + n,
                     .queue = room + 2 * n,
                     .marked = x_calloc(n + 1, sizeof(*f.marked)),
                     .far = x_calloc(n + 1, sizeof(*f.far))};
    bool go_on = true;

    for (uint32_t p = 0; p < g->n_parts && go_on; p++) {
        f.from = p == 0 ? 0 : g->part_end[p - 1];
        f.end = g->part_end[p];
        do {
            go_on = carry(&f, carried, arg);
        } while (go_on && find_distances(&f));
    }
    free(f.far);
    free(f.marked);
    free(f.list);
    free(f.entries);
    free(room);
    return go_on;
}
