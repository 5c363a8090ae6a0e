/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLEARING_FLOW_H
#define PUMASI_CLEARING_FLOW_H

#include "core/clearing_graph.h"

/* Called now and then with what was carried since the last call; true goes on. */
typedef bool clearing_carried(void *arg, int64_t units);

/*
 * The cheapest flow that leaves every node's balance as it is: primal-dual, with a blocking flow
 * over shortest paths (Dinic) at each distance. The graph is laid and split, and edges that cost
 * something carry nothing: excess[v] is what v has too much of for that (negative: too little), and
 * each part's come to zero together and can be carried. All of it is carried, and excess is zero
 * in the end. potential[v], zero before, is such that a half with room from u to v has a reduced
 * cost, its cost + potential[u] - potential[v], of 0 or more. False when `carried` said no: the
 * halves are half-done then.
 */
bool clearing_flow(struct clearing_graph *g, int64_t *excess, int32_t *potential,
                   clearing_carried *carried, void *arg) MUST_CHECK;

#endif
