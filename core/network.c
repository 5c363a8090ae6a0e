/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/state.h"
#include "core/strmap.h"

/* One direction of two co-ops that have a line or a position, in one unit. */
struct edge {
    struct node *from, *to;
    struct edge *back; /* the other direction: there is always one */
    size_t place;      /* among from's links */
    int64_t limit;     /* of the line that from gives to, 0 without one */
    bool transit;
    int64_t position; /* balance of !pos.<to>@<from>: what from owes to */
};

/*
 * An edge among those of the node that it begins at. What a search asks of it is here, side by side
 * with the node's other edges, as it looks at many thousands.
 */
struct link {
    struct edge *edge;
    size_t to; /* number of the node that it goes to */
    /* How much of others' payments may go over it, and over its other direction. */
    int64_t out, in;
};

struct node {
    char coop[COOP_MAX + 1];
    size_t number; /* its place in the net's nodes */
    size_t n, cap;
    struct link *links; /* by the name of where they go to */
};

/* All of one unit. Nodes and edges stay once they are there. */
struct net {
    char unit[UNIT_MAX + 1];
    struct strmap *node_of; /* co-op → its place in nodes, from 1 */
    size_t n, cap;
    struct node **nodes;
};

struct network {
    size_t n;
    struct net **nets;
    uint64_t effort;
};

struct network *network_new(void)
{
    return x_calloc(1, sizeof(struct network));
}

static void net_free(struct net *net)
{
    for (size_t i = 0; i < net->n; i++) {
        for (size_t e = 0; e < net->nodes[i]->n; e++)
            free(net->nodes[i]->links[e].edge);
        free(net->nodes[i]->links);
        free(net->nodes[i]);
    }
    free(net->nodes);
    strmap_free(net->node_of);
    free(net);
}

void network_free(struct network *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->n; i++)
        net_free(n->nets[i]);
    free(n->nets);
    free(n);
}

/* ---- Finding and making ---- */

static struct net *find_net(const struct network *n, const char *unit)
{
    for (size_t i = 0; i < n->n; i++)
        if (str_eq(n->nets[i]->unit, unit))
            return n->nets[i];
    return NULL;
}

static struct node *find_node(const struct net *net, const char *coop)
{
    const int64_t *place = strmap_get(net->node_of, coop);

    return place ? net->nodes[*place - 1] : NULL;
}

/* Where the edge to that co-op stands among the node's, or would. */
static size_t edge_place(const struct node *node, const char *to)
{
    size_t low = 0, high = node->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(node->links[middle].edge->to->coop, to) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct edge *edge_at(const struct node *node, const char *to)
{
    size_t at = edge_place(node, to);

    return at < node->n && str_eq(node->links[at].edge->to->coop, to) ? node->links[at].edge : NULL;
}

static struct edge *find_edge(const struct network *n, const char *from, const char *to,
                              const char *unit)
{
    const struct net *net = find_net(n, unit);
    const struct node *node = net ? find_node(net, from) : NULL;

    return node ? edge_at(node, to) : NULL;
}

static struct net *make_net(struct network *n, const char *unit)
{
    struct net *net = find_net(n, unit);

    if (net)
        return net;
    net = x_calloc(1, sizeof(*net));
    str_copy(net->unit, sizeof(net->unit), unit);
    net->node_of = strmap_new();
    n->nets = x_realloc(n->nets, (n->n + 1) * sizeof(struct net *));
    n->nets[n->n++] = net;
    return net;
}

static struct node *make_node(struct net *net, const char *coop)
{
    int64_t *place = strmap_put(net->node_of, coop);
    struct node *node;

    if (*place != 0)
        return net->nodes[*place - 1];
    node = x_calloc(1, sizeof(*node));
    str_copy(node->coop, sizeof(node->coop), coop);
    node->number = net->n;
    if (net->n == net->cap) {
        net->cap = net->cap ? net->cap * 2 : 16;
        net->nodes = x_realloc(net->nodes, net->cap * sizeof(struct node *));
    }
    net->nodes[net->n++] = node;
    *place = (int64_t)net->n;
    return node;
}

static struct edge *add_edge(struct node *from, struct node *to)
{
    size_t at = edge_place(from, to->coop);
    struct edge *edge = x_calloc(1, sizeof(*edge));

    edge->from = from;
    edge->to = to;
    if (from->n == from->cap) {
        from->cap = from->cap ? from->cap * 2 : 8;
        from->links = x_realloc(from->links, from->cap * sizeof(*from->links));
    }
    memmove(from->links + at + 1, from->links + at, (from->n - at) * sizeof(*from->links));
    from->links[at] = (struct link){.edge = edge, .to = to->number};
    from->n++;
    for (size_t i = at; i < from->n; i++)
        from->links[i].edge->place = i;
    return edge;
}

static struct edge *make_edge(struct network *n, const char *coop, const char *partner,
                              const char *unit)
{
    struct net *net = make_net(n, unit);
    struct node *from = make_node(net, coop), *to = make_node(net, partner);
    struct edge *edge = edge_at(from, partner);

    if (edge)
        return edge;
    edge = add_edge(from, to);
    edge->back = add_edge(to, from);
    edge->back->back = edge;
    return edge;
}

/* How much may be paid over it. No term is over 2^53. */
static int64_t room(const struct edge *e)
{
    int64_t credit = e->back->position + e->back->limit, most = NUM_MAX - e->position;

    return credit < most ? credit : most;
}

/* The same of others' payments; less than any amount where they may not pass. */
static int64_t room_passing(const struct edge *e)
{
    return e->back->transit ? room(e) : INT64_MIN;
}

/* After a change of it or of its other direction. */
static void note_room(const struct edge *e)
{
    struct link *there = &e->from->links[e->place], *here = &e->to->links[e->back->place];

    there->out = here->in = room_passing(e);
    there->in = here->out = room_passing(e->back);
}

void network_set_line(struct network *n, const char *name, const struct credit_line *line)
{
    struct line_name of;
    struct edge *edge;

    line_name_split(&of, name);
    edge = make_edge(n, of.coop, of.partner, of.unit);
    edge->limit = line ? line->limit : 0;
    edge->transit = line && line->transit;
    note_room(edge);
}

void network_set_position(struct network *n, const char *account, int64_t balance)
{
    struct position of;
    struct edge *edge;

    if (!position_parse(&of, account))
        return;
    edge = make_edge(n, of.coop, of.partner, of.unit);
    edge->position = balance;
    note_room(edge);
}

/* ---- Positions ---- */

bool position_parse(struct position *out, const char *account)
{
    static const char prefix[] = "!pos.";
    const char *partner = account + sizeof(prefix) - 1, *at, *slash;

    if (strncmp(account, prefix, sizeof(prefix) - 1) != 0)
        return false;
    at = strchr(partner, '@');
    slash = at ? strchr(at, '/') : NULL;
    if (!slash || (size_t)(at - partner) > COOP_MAX || (size_t)(slash - at - 1) > COOP_MAX)
        return false;
    str_copy(out->partner, (size_t)(at - partner) + 1, partner);
    str_copy(out->coop, (size_t)(slash - at - 1) + 1, at + 1);
    str_copy(out->unit, sizeof(out->unit), slash + 1);
    return true;
}

void position_name(char out[ACCOUNT_MAX + 1], const char *coop, const char *partner,
                   const char *unit)
{
    (void)snprintf(out, ACCOUNT_MAX + 1, "!pos.%s@%s/%s", partner, coop, unit);
}

int64_t position_of(const struct state *s, const char *coop, const char *partner, const char *unit)
{
    const struct edge *edge = find_edge(state_network(s), coop, partner, unit);

    return edge ? edge->position : 0;
}

int64_t position_floor(const struct state *s, const char *coop, const char *partner,
                       const char *unit)
{
    const struct edge *edge = find_edge(state_network(s), coop, partner, unit);

    return edge ? -edge->limit : 0;
}

static int compare_nodes(const void *a, const void *b)
{
    const struct node *const *x = a, *const *y = b;

    return strcmp((*x)->coop, (*y)->coop);
}

void network_each(const struct state *s, const char *unit,
                  void (*fn)(void *arg, const char *debtor, const char *creditor, int64_t amount),
                  void *arg)
{
    const struct net *net = find_net(state_network(s), unit);
    struct node **sorted;

    if (!net)
        return;
    sorted = x_calloc(net->n, sizeof(struct node *));
    memcpy(sorted, net->nodes, net->n * sizeof(struct node *));
    qsort(sorted, net->n, sizeof(struct node *), compare_nodes);
    for (size_t i = 0; i < net->n; i++)
        for (size_t e = 0; e < sorted[i]->n; e++) {
            const struct edge *edge = sorted[i]->links[e].edge;

            if (edge->position > 0)
                fn(arg, edge->from->coop, edge->to->coop, edge->position);
        }
    free(sorted);
}

/* ---- The way of a payment ---- */

uint64_t network_effort(const struct state *s)
{
    return state_network(s)->effort;
}

/* A search: which nodes are how far from the payee's, as far as that is known. */
struct search {
    const struct state *s;
    struct network *network;
    const struct node *from, *to;
    int64_t amount;
    uint8_t *left; /* by the nodes' numbers: hops to the payee's, 0 unknown */
};

/* In between may be who is active, and neither of the two ends. */
static bool is_between(const struct search *f, const struct node *node)
{
    const struct holder *coop;

    if (node == f->from || node == f->to)
        return false;
    coop = state_holder(f->s, node->coop);
    return coop && coop->state == HOLDER_ACTIVE;
}

/* Marks those one hop before a node as `hops` from the payee's, unless they are known to be less.
 */
static void mark(struct search *f, const struct node *node, uint8_t hops)
{
    f->network->effort += node->n;
    for (size_t i = 0; i < node->n; i++) {
        const struct link *l = &node->links[i];

        if (l->in >= f->amount && f->left[l->to] == 0 && is_between(f, l->edge->to))
            f->left[l->to] = hops;
    }
}

/* The first edge of a node that leads to one that is `hops` from the payee's. */
static const struct edge *first_to(const struct search *f, const struct node *node, uint8_t hops)
{
    const struct edge *first = NULL;
    size_t i = 0;

    for (; i < node->n && !first; i++) {
        const struct link *l = &node->links[i];

        if (l->out >= f->amount && f->left[l->to] == hops)
            first = l->edge;
    }
    f->network->effort += i;
    return first;
}

static void way_put(struct network_way *out, const struct node *node)
{
    str_copy(out->coop[out->n++], COOP_MAX + 1, node->coop);
}

/* The way whose second co-op is that far from the payee's, and which begins with this one. */
static void way_from(const struct search *f, const struct node *first, uint8_t hops,
                     struct network_way *out)
{
    const struct node *node = first;

    way_put(out, f->from);
    way_put(out, node);
    for (; hops > 0; hops--) {
        node = first_to(f, node, hops)->to;
        way_put(out, node);
    }
    way_put(out, f->to);
}

/* All that are two hops from the payee's are marked: is there a way over one that is `hops` from
 * it, behind one of the payer's? */
static bool over_first(const struct search *f, uint8_t hops, struct network_way *out)
{
    for (size_t i = 0; i < f->from->n; i++) {
        const struct link *l = &f->from->links[i];
        const struct node *first = l->edge->to;

        f->network->effort++;
        if (l->out >= f->amount && is_between(f, first) && first_to(f, first, hops)) {
            way_from(f, first, hops, out);
            return true;
        }
    }
    return false;
}

/* Over two hops and more. As there is no shorter way when a longer one is looked for, no co-op can
 * be in it twice. */
static bool search(struct search *f, int64_t max_hops, struct network_way *out)
{
    const struct edge *e;

    mark(f, f->to, 1);
    e = first_to(f, f->from, 1);
    if (e) {
        way_from(f, e->to, 0, out);
        return true;
    }
    if (max_hops < 3)
        return false;
    if (over_first(f, 1, out))
        return true;
    if (max_hops < 4)
        return false;
    for (size_t i = 0; i < f->to->n; i++)
        if (f->left[f->to->links[i].to] == 1)
            mark(f, f->to->links[i].edge->to, 2);
    return over_first(f, 2, out);
}

bool network_path(const struct state *s, const char *from, const char *to, const char *unit,
                  int64_t amount, int64_t max_hops, struct network_way *out)
{
    struct network *n = state_network(s);
    const struct net *net = find_net(n, unit);
    struct search f = {.s = s, .network = n, .amount = amount};
    const struct edge *direct;
    bool found = false;

    out->n = 0;
    f.from = net ? find_node(net, from) : NULL;
    f.to = net ? find_node(net, to) : NULL;
    if (!f.from || !f.to)
        return false;
    direct = edge_at(f.from, to);
    n->effort++;
    if (direct && room(direct) >= amount) {
        way_put(out, f.from);
        way_put(out, f.to);
        return true;
    }
    if (max_hops >= 2) {
        f.left = x_calloc(net->n, 1);
        found = search(&f, max_hops, out);
        free(f.left);
    }
    return found;
}
