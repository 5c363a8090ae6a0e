/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLEARING_GRAPH_H
#define PUMASI_CLEARING_GRAPH_H

#include "core/base.h"

/*
 * Debts as a network: what the two halves of core/clearing.c work on. Each edge, a debt, carries a
 * flow of 0 to its capacity, and stands in the list of each of its ends as a half: at the debtor's
 * with the room for more flow, at the creditor's with the flow that can be taken back.
 */
struct clearing_edge {
    uint32_t from, to; /* nodes */
    uint32_t debt;     /* the caller's number of it */
    uint32_t half;     /* the debtor's one, once there are halves */
    uint64_t digest;   /* 64 bits of its hash, those that the stages in hand look at */
    int64_t flow, capacity;
    bool costs; /* a unit of flow costs 1 on it, else 0 */
};

struct clearing_half {
    uint32_t to;
    uint32_t mate : 30; /* the other half of the edge */
    int32_t cost : 2;   /* of a unit that goes this way: 1, 0, -1 */
    int64_t room;       /* how much more may go this way */
};

struct clearing_graph {
    uint32_t n_nodes, n_edges;
    struct clearing_edge *edges;
    uint32_t *first; /* of node v the halves first[v] to first[v + 1] - 1 */
    struct clearing_half *halves;
    uint32_t n_parts;
    uint32_t *part_end; /* once split: nodes part_end[p - 1] (0 for p = 0) to part_end[p] - 1 */
};

/* At most so many edges. */
#define CLEARING_EDGES_MAX (UINT32_C(1) << 28)

/* Lays the edges' halves out by node. The graph's edges and their number are the caller's to set
 * before, and clearing_graph_free frees them. */
void clearing_graph_lay(struct clearing_graph *g);
/* Takes the flow of each edge over from its halves. */
void clearing_graph_settle(struct clearing_graph *g);
void clearing_graph_free(struct clearing_graph *g);

/*
 * Leaves the edges on which some other flow is possible with every node's balance as it is, which
 * are those on a cycle of halves with room that doesn't go to and fro on one edge; all others are
 * dropped. Nodes are numbered anew, by part: no cycle goes through two parts. A node that several
 * parts share has a number in each, for each is a problem of its own; so there may be more nodes
 * than before, but never more than edges. Nodes without an edge are dropped.
 */
void clearing_graph_split(struct clearing_graph *g);

#endif
