/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/clearing.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clearing_flow.h"
#include "core/hash.h"

/*
 * What remains of the debts is the cheapest flow of the net positions over them, where every unit
 * costs 1 on every debt. Many flows may be the cheapest; which one it is to be is then a second
 * question of the same kind, with other costs, asked of those debts alone on which they differ:
 * first with 1 on the debts whose hash has its first bit set, then the second bit, and so on, until
 * none is left. Each bit leaves far fewer debts than the one before.
 */

#define NONE      UINT32_MAX
#define HASH_BITS (HASH_LEN * 8)

struct solver {
    const struct clearing *in;
    struct clearing_graph g;
    int64_t *cleared;
    int64_t *excess;
    int32_t *potential;
    struct clearing_progress progress;
};

void clearing_hash(struct hash *out, const char *debtor, const char *creditor)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, "clearing\n");
    buf_puts(&b, debtor);
    buf_putc(&b, '\n');
    buf_puts(&b, creditor);
    hash_bytes(out, b.data, b.len);
    buf_free(&b);
}

/* Each debt by itself, and their sum. */
static enum clearing_end check_debts(const struct clearing *in, int64_t *total, size_t *at)
{
    if (in->n_debts > CLEARING_EDGES_MAX || in->n_parties > CLEARING_EDGES_MAX)
        return CLEARING_TOO_MANY;
    *total = 0;
    for (size_t i = 0; i < in->n_debts; i++) {
        const struct clearing_debt *d = &in->debts[i];

        *at = i;
        if (d->debtor == d->creditor || d->amount < 1)
            return CLEARING_BAD_DEBT;
        if (__builtin_add_overflow(*total, d->amount, total))
            return CLEARING_TOO_MUCH;
    }
    return CLEARING_DONE;
}

/* Debts are chained by debtor, and each creditor remembers whose it was met in last. */
static enum clearing_end check_pairs(const struct clearing *in, size_t *at)
{
    uint32_t *first = x_malloc(((size_t)in->n_parties + 1) * 2 * sizeof(*first));
    uint32_t *met_by = first + in->n_parties, *next;
    enum clearing_end end = CLEARING_DONE;

    next = x_malloc((in->n_debts + 1) * sizeof(*next));
    memset(first, 0xff, (size_t)in->n_parties * 2 * sizeof(*first));
    for (size_t i = in->n_debts; i-- > 0;) {
        next[i] = first[in->debts[i].debtor];
        first[in->debts[i].debtor] = (uint32_t)i;
    }
    for (uint32_t v = 0; v < in->n_parties && end == CLEARING_DONE; v++) {
        for (uint32_t i = first[v]; i != NONE && end == CLEARING_DONE; i = next[i]) {
            if (met_by[in->debts[i].creditor] == v) {
                *at = i;
                end = CLEARING_SAME_PAIR;
            }
            met_by[in->debts[i].creditor] = v;
        }
    }
    free(first);
    free(next);
    return end;
}

static int64_t net_internal(const struct clearing *in)
{
    int64_t *net = x_calloc((size_t)in->n_parties + 1, sizeof(*net)), sum = 0;

    for (size_t i = 0; i < in->n_debts; i++) {
        net[in->debts[i].debtor] -= in->debts[i].amount;
        net[in->debts[i].creditor] += in->debts[i].amount;
    }
    for (uint32_t v = 0; v < in->n_parties; v++)
        sum += net[v] > 0 ? net[v] : 0;
    free(net);
    return sum;
}

static bool on_carried(void *arg, int64_t units)
{
    struct solver *s = arg;

    s->progress.carried += units;
    return s->in->watch == NULL || s->in->watch(s->in->arg, &s->progress);
}

/* Solves for the edges' costs. False when the watch said so. */
static bool solve_stage(struct solver *s)
{
    struct clearing_graph *g = &s->g;
    bool go_on;

    /* A split may have made more of them. */
    s->excess = x_realloc(s->excess, ((size_t)g->n_nodes + 1) * sizeof(*s->excess));
    s->potential = x_realloc(s->potential, ((size_t)g->n_nodes + 1) * sizeof(*s->potential));
    memset(s->excess, 0, g->n_nodes * sizeof(*s->excess));
    memset(s->potential, 0, g->n_nodes * sizeof(*s->potential));
    s->progress.debts = g->n_edges;
    s->progress.to_carry = 0;
    s->progress.carried = 0;
    for (uint32_t e = 0; e < g->n_edges; e++) {
        struct clearing_edge *edge = &g->edges[e];

        if (edge->costs) {
            s->excess[edge->from] += edge->flow;
            s->excess[edge->to] -= edge->flow;
            edge->flow = 0;
        }
    }
    for (uint32_t v = 0; v < g->n_nodes; v++)
        s->progress.to_carry += s->excess[v] > 0 ? s->excess[v] : 0;
    clearing_graph_lay(g);
    go_on = on_carried(s, 0) && clearing_flow(g, s->excess, s->potential, on_carried, s);
    clearing_graph_settle(g);
    return go_on;
}

/*
 * Writes down what the stage found, and keeps the edges that another solution as cheap may use
 * otherwise: those of reduced cost 0 on a cycle with room.
 */
static void keep_open(struct solver *s)
{
    struct clearing_graph *g = &s->g;
    uint32_t kept = 0;

    for (uint32_t e = 0; e < g->n_edges; e++) {
        const struct clearing_edge *edge = &g->edges[e];

        s->cleared[edge->debt] = edge->capacity - edge->flow;
        if ((edge->costs ? 1 : 0) + s->potential[edge->from] == s->potential[edge->to])
            g->edges[kept++] = *edge;
    }
    g->n_edges = kept;
    clearing_graph_split(g);
}

static void read_hashes(struct solver *s, int word)
{
    for (uint32_t e = 0; e < s->g.n_edges; e++) {
        struct clearing_edge *edge = &s->g.edges[e];
        const struct clearing_debt *d = &s->in->debts[edge->debt];
        struct hash h;

        clearing_hash(&h, s->in->names[d->debtor], s->in->names[d->creditor]);
        edge->digest = 0;
        for (int i = 0; i < 8; i++)
            edge->digest = edge->digest << 8 | h.b[word * 8 + i];
    }
}

/* The edge that comes first by the names of debtor and creditor. */
static uint32_t first_by_name(const struct solver *s)
{
    const struct clearing *in = s->in;
    uint32_t first = 0;

    for (uint32_t e = 1; e < s->g.n_edges; e++) {
        const struct clearing_debt *a = &in->debts[s->g.edges[e].debt];
        const struct clearing_debt *b = &in->debts[s->g.edges[first].debt];
        int order = strcmp(in->names[a->debtor], in->names[b->debtor]);

        if (order == 0)
            order = strcmp(in->names[a->creditor], in->names[b->creditor]);
        if (order < 0)
            first = e;
    }
    return first;
}

/* Which edges cost something in a stage after the first one. */
static void set_costs(struct solver *s, int stage)
{
    int bit = stage - 1;
    uint32_t first = NONE;

    if (bit >= (s->in->bits > 0 ? s->in->bits : HASH_BITS))
        first = first_by_name(s);
    else if (bit % 64 == 0)
        read_hashes(s, bit / 64);
    for (uint32_t e = 0; e < s->g.n_edges; e++) {
        struct clearing_edge *edge = &s->g.edges[e];

        edge->costs = first == NONE ? (edge->digest >> (63 - bit % 64) & 1) != 0 : e == first;
    }
}

/* All debts as edges on which all flows yet, and nothing is settled. */
static void load(struct solver *s)
{
    struct clearing_graph *g = &s->g;

    g->n_nodes = s->in->n_parties;
    g->n_edges = (uint32_t)s->in->n_debts;
    g->edges = x_malloc((s->in->n_debts + 1) * sizeof(*g->edges));
    for (uint32_t e = 0; e < g->n_edges; e++) {
        const struct clearing_debt *d = &s->in->debts[e];

        s->cleared[e] = 0;
        g->edges[e] = (struct clearing_edge){
            .from = d->debtor, .to = d->creditor, .debt = e, .capacity = d->amount, .costs = true};
    }
    clearing_graph_split(g);
    for (uint32_t e = 0; e < g->n_edges; e++)
        g->edges[e].flow = g->edges[e].capacity;
}

enum clearing_end clearing_solve(const struct clearing *in, int64_t *cleared,
                                 struct clearing_sums *sums, size_t *at)
{
    struct solver s = {.in = in, .cleared = cleared};
    enum clearing_end end = check_debts(in, &sums->total, at);
    bool go_on = true;

    if (end == CLEARING_DONE)
        end = check_pairs(in, at);
    if (end != CLEARING_DONE)
        return end;
    load(&s);
    while (s.g.n_edges > 0 && go_on) {
        if (s.progress.stage > 0)
            set_costs(&s, s.progress.stage);
        go_on = solve_stage(&s);
        if (go_on)
            keep_open(&s);
        s.progress.stage++;
    }
    clearing_graph_free(&s.g);
    free(s.excess);
    free(s.potential);
    if (!go_on)
        return CLEARING_STOPPED;
    sums->net_internal = net_internal(in);
    sums->cleared = 0;
    for (size_t i = 0; i < in->n_debts; i++)
        sums->cleared += cleared[i];
    sums->remaining = sums->total - sums->cleared;
    return CLEARING_DONE;
}
