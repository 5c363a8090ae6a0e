/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/clearing_graph.h"

#include <stdlib.h>

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
 * Depth-first search with low links (Tarjan), in its own stack. With `inside` NULL it finds the
 * strong components of the halves with room; else, of each of those, the parts that hold together
 * without any one edge (2-edge-connected), room or not. A strong component is one with each bridge
 * going both ways, so its parts are strong too, and each edge of a part lies on a cycle with room
 * (Boesch and Tindell 1980).
 */
struct walk {
    const struct clearing_graph *g;
    const uint32_t *inside; /* part of each node by an earlier walk */
    uint32_t *part;         /* of each node, NONE while it is open */
    uint32_t n_parts;
    uint32_t *seen, *low; /* the time at which a node was met, from 1; the least one reached */
    uint32_t *next;       /* the half to look at */
    uint32_t *entry;      /* the half that led here */
    uint32_t *trail, *open;
    uint32_t n_trail, n_open, time;
};

static void enter(struct walk *w, uint32_t v, uint32_t by)
{
    w->seen[v] = w->low[v] = ++w->time;
    w->next[v] = w->g->first[v];
    w->entry[v] = by;
    w->trail[w->n_trail++] = v;
    w->open[w->n_open++] = v;
}

static void leave(struct walk *w, uint32_t v)
{
    uint32_t u;

    w->n_trail--;
    if (w->low[v] == w->seen[v]) {
        do {
            u = w->open[--w->n_open];
            w->part[u] = w->n_parts;
        } while (u != v);
        w->n_parts++;
    }
    if (w->n_trail > 0) {
        u = w->trail[w->n_trail - 1];
        if (w->low[v] < w->low[u])
            w->low[u] = w->low[v];
    }
}

static bool passable(const struct walk *w, uint32_t v, uint32_t i)
{
    const struct clearing_half *h = &w->g->halves[i];

    if (w->inside == NULL)
        return h->room > 0;
    return w->inside[h->to] == w->inside[v] && (w->entry[v] == NONE || h->mate != w->entry[v]);
}

static void walk_from(struct walk *w, uint32_t root)
{
    enter(w, root, NONE);
    while (w->n_trail > 0) {
        uint32_t v = w->trail[w->n_trail - 1], i = w->next[v]++, to;

        if (i == w->g->first[v + 1]) {
            leave(w, v);
        } else if (passable(w, v, i)) {
            to = w->g->halves[i].to;
            if (w->seen[to] == 0)
                enter(w, to, i);
            else if (w->part[to] == NONE && w->seen[to] < w->low[v])
                w->low[v] = w->seen[to];
        }
    }
}

/* The part of each node; the caller frees it. */
static uint32_t *find_parts(const struct clearing_graph *g, const uint32_t *inside,
                            uint32_t *n_parts)
{
    size_t n = g->n_nodes;
    uint32_t *room = x_malloc((6 * n + 1) * sizeof(*room));
    struct walk w = {.g = g,
                     .inside = inside,
                     .part = x_malloc((n + 1) * sizeof(*w.part)),
                     .seen = room,
                     .low = room + n,
                     .next = room + 2 * n,
                     .entry = room + 3 * n,
                     .trail = room + 4 * n,
                     .open = room + 5 * n};

    for (uint32_t v = 0; v < n; v++) {
        w.part[v] = NONE;
        w.seen[v] = 0;
    }
    for (uint32_t v = 0; v < n; v++) {
        if (w.seen[v] == 0)
            walk_from(&w, v);
    }
    free(room);
    *n_parts = w.n_parts;
    return w.part;
}

/* Drops edges between parts. */
static void drop_edges(struct clearing_graph *g, const uint32_t *part)
{
    uint32_t kept = 0;

    for (uint32_t e = 0; e < g->n_edges; e++) {
        if (part[g->edges[e].from] == part[g->edges[e].to])
            g->edges[kept++] = g->edges[e];
    }
    g->n_edges = kept;
}

/* Numbers nodes anew, by part; a part of one node has no edge. */
static void renumber(struct clearing_graph *g, const uint32_t *part, uint32_t n_parts)
{
    uint32_t *size = x_calloc((size_t)n_parts + 1, sizeof(*size));
    uint32_t *number = x_malloc(((size_t)g->n_nodes + 1) * sizeof(*number));
    uint32_t n = 0, kept = 0;

    for (uint32_t v = 0; v < g->n_nodes; v++)
        size[part[v]]++;
    free(g->part_end);
    g->part_end = x_malloc(((size_t)n_parts + 1) * sizeof(*g->part_end));
    for (uint32_t p = 0; p < n_parts; p++) {
        uint32_t of = size[p];

        size[p] = of > 1 ? n : NONE;
        if (of > 1)
            g->part_end[kept++] = n += of;
    }
    for (uint32_t v = 0; v < g->n_nodes; v++) {
        if (size[part[v]] != NONE)
            number[v] = size[part[v]]++;
    }
    for (uint32_t e = 0; e < g->n_edges; e++) {
        g->edges[e].from = number[g->edges[e].from];
        g->edges[e].to = number[g->edges[e].to];
    }
    g->n_nodes = n;
    g->n_parts = kept;
    free(number);
    free(size);
}

void clearing_graph_split(struct clearing_graph *g)
{
    uint32_t n_strong, n_parts, *strong, *part;

    clearing_graph_lay(g);
    strong = find_parts(g, NULL, &n_strong);
    part = find_parts(g, strong, &n_parts);
    drop_edges(g, part);
    renumber(g, part, n_parts);
    free(strong);
    free(part);
}
