/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/clearing_graph.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

void clearing_graph_free(struct clearing_graph *g)
{
    free(g->edges);
    free(g->first);
    free(g->halves);
    free(g->part_end);
    *g = (struct clearing_graph){.n_nodes = 0};
}

void clearing_graph_lay(struct clearing_graph *g)
{
    uint32_t *at = x_calloc((size_t)g->n_nodes + 1, sizeof(*at));

    free(g->first);
    free(g->halves);
    g->first = x_malloc(((size_t)g->n_nodes + 1) * sizeof(*g->first));
    g->halves = x_malloc(((size_t)g->n_edges * 2 + 1) * sizeof(*g->halves));
    for (uint32_t e = 0; e < g->n_edges; e++) {
        at[g->edges[e].from]++;
        at[g->edges[e].to]++;
    }
    g->first[0] = 0;
    for (uint32_t v = 0; v < g->n_nodes; v++) {
        g->first[v + 1] = g->first[v] + at[v];
        at[v] = g->first[v];
    }
    for (uint32_t e = 0; e < g->n_edges; e++) {
        struct clearing_edge *edge = &g->edges[e];
        uint32_t there = at[edge->from]++, back = at[edge->to]++;

        edge->half = there;
        g->halves[there] = (struct clearing_half){.to = edge->to,
                                                  .mate = back,
                                                  .cost = edge->costs ? 1 : 0,
                                                  .room = edge->capacity - edge->flow};
        g->halves[back] = (struct clearing_half){
            .to = edge->from, .mate = there, .cost = edge->costs ? -1 : 0, .room = edge->flow};
    }
    free(at);
}

void clearing_graph_settle(struct clearing_graph *g)
{
    for (uint32_t e = 0; e < g->n_edges; e++)
        g->edges[e].flow = g->halves[g->halves[g->edges[e].half].mate].room;
}

/*
 * Depth-first search with low links (Tarjan), in its own stack. At first it finds the strong
 * components of the halves with room; then, of each of those, the blocks: the sets of edges of
 * which any two lie on a common cycle, room or not, so that two blocks share one node at most. A
 * strong component is one with each bridge going both ways, so its blocks are strong too, and each
 * edge of a block of two and more lies on a cycle with room (Boesch and Tindell 1980). No cycle
 * goes through two blocks: each is a problem of its own.
 */
struct walk {
    const struct clearing_graph *g;
    uint32_t *strong;     /* strong component of each node, NONE while it is open */
    uint32_t n_strong;    /* how many there are */
    uint32_t *seen, *low; /* the time at which a node was met, from 1; the least one reached */
    uint32_t *next;       /* the half to look at */
    uint32_t *entry;      /* the half that led here */
    uint32_t *trail, *open;
    uint32_t n_trail, n_open, time;
    /* Blocks: */
    uint32_t *home;   /* of each node the block in which it isn't the top; or NONE */
    uint32_t *top;    /* of each block the node by which it was entered */
    uint32_t *block;  /* of each half, NONE while there is none or it is a bridge */
    uint32_t *passed; /* halves of blocks that are open */
    uint32_t n_blocks, n_passed;
};

static void enter(struct walk *w, uint32_t v, uint32_t by)
{
    w->seen[v] = w->low[v] = ++w->time;
    w->next[v] = w->g->first[v];
    w->entry[v] = by;
    w->trail[w->n_trail++] = v;
    w->open[w->n_open++] = v;
}

/* Goes back from v. The node from which it was entered, or NONE. */
static uint32_t back_from(struct walk *w, uint32_t v)
{
    uint32_t u;

    w->n_trail--;
    if (w->n_trail == 0)
        return NONE;
    u = w->trail[w->n_trail - 1];
    if (w->low[v] < w->low[u])
        w->low[u] = w->low[v];
    return u;
}

static void leave_strong(struct walk *w, uint32_t v)
{
    uint32_t u;

    if (w->low[v] == w->seen[v]) {
        do {
            u = w->open[--w->n_open];
            w->strong[u] = w->n_strong;
        } while (u != v);
        w->n_strong++;
    }
    (void)back_from(w, v);
}

static void walk_strong(struct walk *w, uint32_t root)
{
    enter(w, root, NONE);
    while (w->n_trail > 0) {
        uint32_t v = w->trail[w->n_trail - 1], i = w->next[v]++, to;

        if (i == w->g->first[v + 1]) {
            leave_strong(w, v);
        } else if (w->g->halves[i].room > 0) {
            to = w->g->halves[i].to;
            if (w->seen[to] == 0)
                enter(w, to, i);
            else if (w->strong[to] == NONE && w->seen[to] < w->low[v])
                w->low[v] = w->seen[to];
        }
    }
}

/* When nothing behind v leads past u, from which v was entered, what was passed since is a block.
 */
static void leave_block(struct walk *w, uint32_t v)
{
    uint32_t u = back_from(w, v), block, i, x;
    bool bridge;

    if (u == NONE) {
        w->n_open--; /* the root itself */
        return;
    }
    if (w->low[v] < w->seen[u])
        return;
    bridge = w->passed[w->n_passed - 1] == w->entry[v];
    block = bridge ? NONE : w->n_blocks++;
    if (!bridge)
        w->top[block] = u;
    do {
        i = w->passed[--w->n_passed];
        w->block[i] = w->block[w->g->halves[i].mate] = block;
    } while (i != w->entry[v]);
    do {
        x = w->open[--w->n_open];
        w->home[x] = block;
    } while (x != v);
}

static void walk_blocks(struct walk *w, uint32_t root)
{
    enter(w, root, NONE);
    while (w->n_trail > 0) {
        uint32_t v = w->trail[w->n_trail - 1], i = w->next[v]++, to;

        if (i == w->g->first[v + 1]) {
            leave_block(w, v);
            continue;
        }
        to = w->g->halves[i].to;
        if (w->strong[to] != w->strong[v] ||
            (w->entry[v] != NONE && w->g->halves[i].mate == w->entry[v]))
            continue;
        if (w->seen[to] == 0) {
            w->passed[w->n_passed++] = i;
            enter(w, to, i);
        } else if (w->seen[to] < w->seen[v]) { /* else it was passed from there */
            w->passed[w->n_passed++] = i;
            if (w->seen[to] < w->low[v])
                w->low[v] = w->seen[to];
        }
    }
}

static void walk_all(struct walk *w, void (*from)(struct walk *w, uint32_t root))
{
    uint32_t n = w->g->n_nodes;

    for (uint32_t v = 0; v < n; v++)
        w->seen[v] = 0;
    w->time = w->n_trail = w->n_open = 0;
    for (uint32_t v = 0; v < n; v++) {
        if (w->seen[v] == 0)
            from(w, v);
    }
}

/* Numbers nodes anew, by block: a node that several share stands in each, and what has no block is
 * dropped. */
static void renumber(struct clearing_graph *g, const struct walk *w)
{
    uint32_t *at = x_calloc((size_t)w->n_blocks + 1, sizeof(*at));
    uint32_t *number = x_malloc(((size_t)g->n_nodes + 1) * sizeof(*number));
    uint32_t n = 0, kept = 0;

    for (uint32_t v = 0; v < g->n_nodes; v++) {
        if (w->home[v] != NONE)
            at[w->home[v]]++;
    }
    free(g->part_end);
    g->part_end = x_malloc(((size_t)w->n_blocks + 1) * sizeof(*g->part_end));
    for (uint32_t b = 0; b < w->n_blocks; b++) {
        uint32_t of = at[b] + 1; /* with its top, which gets the first number */

        at[b] = n + 1;
        g->part_end[b] = n += of;
    }
    for (uint32_t v = 0; v < g->n_nodes; v++) {
        if (w->home[v] != NONE)
            number[v] = at[w->home[v]]++;
    }
    for (uint32_t e = 0; e < g->n_edges; e++) {
        struct clearing_edge *edge = &g->edges[e];
        uint32_t b = w->block[edge->half], top;

        if (b == NONE)
            continue;
        top = b == 0 ? 0 : g->part_end[b - 1];
        edge->from = edge->from == w->top[b] ? top : number[edge->from];
        edge->to = edge->to == w->top[b] ? top : number[edge->to];
        g->edges[kept++] = *edge;
    }
    g->n_edges = kept;
    g->n_nodes = n;
    g->n_parts = w->n_blocks;
    free(number);
    free(at);
}

void clearing_graph_split(struct clearing_graph *g)
{
    size_t n = g->n_nodes;
    uint32_t *room;
    struct walk w = {.g = g};

    clearing_graph_lay(g);
    room = x_malloc((9 * n + 3 * (size_t)g->n_edges + 1) * sizeof(*room));
    w.seen = room;
    w.low = room + n;
    w.next = room + 2 * n;
    w.entry = room + 3 * n;
    w.trail = room + 4 * n;
    w.open = room + 5 * n;
    w.strong = room + 6 * n;
    w.home = room + 7 * n;
    w.top = room + 8 * n; /* fewer than nodes: each block is some node's home */
    w.passed = room + 9 * n;
    w.block = w.passed + g->n_edges;
    memset(w.strong, 0xff, 2 * n * sizeof(*room));
    memset(w.block, 0xff, 2 * (size_t)g->n_edges * sizeof(*room));
    walk_all(&w, walk_strong);
    walk_all(&w, walk_blocks);
    renumber(g, &w);
    free(room);
}
