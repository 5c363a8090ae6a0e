/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The cache of tiles, and proofs made from it. */
#include "ledgerd/nodes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"

#define TILES_MAX   2048 /* of 16 KiB */
#define BUCKETS     4096
#define MISSING_MAX 64 /* tiles asked for at once */
#define ROUNDS_MAX  1000

struct tile {
    TAILQ_ENTRY(tile) used;
    LIST_ENTRY(tile) same;
    unsigned level;
    uint64_t n;
    size_t count; /* hashes that are there, from the left */
    struct hash nodes[NODES_OF_TILE];
};
TAILQ_HEAD(tile_used, tile);
LIST_HEAD(tile_bucket, tile);

struct nodes {
    struct ledgerd *d;
    struct reads *reads;
    struct tile_used used; /* latest used first */
    size_t n_tiles;
    struct tile_bucket buckets[BUCKETS];
};

/* One call of nodes_prove or nodes_consistency on its way. */
struct proving {
    struct nodes *nodes;
    uint64_t size;
    uint64_t old;       /* a consistency proof from here; 0: inclusion proofs */
    size_t count, made; /* proofs wanted and done */
    int64_t *indexes;
    struct node_proof *proofs;
    size_t n_missing;
    int64_t level[MISSING_MAX], n[MISSING_MAX], hashes[MISSING_MAX];
    int rounds;
    nodes_done *done;
    void *arg;
};

static void proving_go(struct proving *p);

size_t nodes_place(unsigned h)
{
    /* 256 of height 0, 128 of height 1, … */
    return 2 * NODES_TILE - (2 * NODES_TILE >> h);
}

void nodes_fill(struct hash nodes[NODES_OF_TILE], size_t count)
{
    for (unsigned h = 1; h < 8; h++) {
        const struct hash *below = &nodes[nodes_place(h - 1)];
        struct hash *here = &nodes[nodes_place(h)];

        for (size_t k = 0; k < count >> h; k++) {
            tree_node_hash(&here[k], &below[2 * k], &below[2 * k + 1]);
        }
    }
}

static struct tile_bucket *bucket_of(struct nodes *nodes, unsigned level, uint64_t n)
{
    return &nodes->buckets[(n * 8 + level) % BUCKETS];
}

static struct tile *tile_find(struct nodes *nodes, unsigned level, uint64_t n)
{
    struct tile *t;

    LIST_FOREACH (t, bucket_of(nodes, level, n), same) {
        if (t->level == level && t->n == n) {
            TAILQ_REMOVE(&nodes->used, t, used);
            TAILQ_INSERT_HEAD(&nodes->used, t, used);
            return t;
        }
    }
    return NULL;
}

static void tile_drop(struct nodes *nodes, struct tile *t)
{
    TAILQ_REMOVE(&nodes->used, t, used);
    LIST_REMOVE(t, same);
    nodes->n_tiles--;
    free(t);
}

static void tile_keep(struct nodes *nodes, unsigned level, uint64_t n, const void *hashes,
                      size_t count)
{
    struct tile *t = tile_find(nodes, level, n);

    if (t == NULL) {
        if (nodes->n_tiles >= TILES_MAX) {
            tile_drop(nodes, TAILQ_LAST(&nodes->used, tile_used));
        }
        t = x_calloc(1, sizeof(*t));
        t->level = level;
        t->n = n;
        TAILQ_INSERT_HEAD(&nodes->used, t, used);
        LIST_INSERT_HEAD(bucket_of(nodes, level, n), t, same);
        nodes->n_tiles++;
    } else if (t->count >= count) {
        return;
    }
    memcpy(t->nodes, hashes, count * HASH_LEN);
    t->count = count;
    nodes_fill(t->nodes, count);
}

/* A tree_node over the cache: what isn't in it is written down, and the answer is anything. */
static bool proving_node(void *arg, unsigned height, uint64_t i, struct hash *out)
{
    struct proving *p = arg;
    unsigned level = height / 8, h = height % 8;
    uint64_t first = i << h;         /* the node's first hash among those of the level */
    uint64_t n = first / NODES_TILE; /* a node of height below 8 lies within one tile */
    size_t last = (size_t)(first % NODES_TILE) + ((size_t)1 << h);
    const struct tile *t = tile_find(p->nodes, level, n);

    memset(out, 0, sizeof(*out));
    if (t != NULL && t->count >= last) {
        *out = t->nodes[nodes_place(h) + (size_t)(i % (NODES_TILE >> h))];
        return true;
    }
    uint64_t there = (p->size >> (8 * level)) - n * NODES_TILE;
    for (size_t k = 0; k < p->n_missing; k++) {
        if (p->level[k] == (int64_t)level && p->n[k] == (int64_t)n) {
            return true;
        }
    }
    if (p->n_missing < MISSING_MAX) {
        p->level[p->n_missing] = level;
        p->n[p->n_missing] = (int64_t)n;
        p->hashes[p->n_missing] = there > NODES_TILE ? NODES_TILE : (int64_t)there;
        p->n_missing++;
    }
    return true;
}

static void proving_end(struct proving *p, enum read_end end)
{
    p->done(p->arg, end, end == READ_OK ? p->proofs : NULL);
    free(p->indexes);
    free(p->proofs);
    free(p);
}

static void proving_on_tiles(void *arg, enum read_end end, const PGresult *res)
{
    struct proving *p = arg;

    if (end != READ_OK) {
        proving_end(p, end);
        return;
    }
    for (size_t k = 0; k < p->n_missing; k++) {
        size_t want = (size_t)p->hashes[k] * HASH_LEN;

        if ((size_t)PQntuples(res) != p->n_missing || col_len(res, (int)k, TILES_HASHES) != want) {
            log_event(LOG_LEVEL_ERROR, "the tree's tiles are not whole",
                      LOG_INT("level", p->level[k]), LOG_INT("tile", p->n[k]));
            proving_end(p, READ_BROKEN);
            return;
        }
        tile_keep(p->nodes, (unsigned)p->level[k], (uint64_t)p->n[k],
                  col_text(res, (int)k, TILES_HASHES), (size_t)p->hashes[k]);
    }
    proving_go(p);
}

static int proving_make(struct proving *p, size_t i)
{
    struct node_proof *proof = &p->proofs[i];

    if (p->old > 0) {
        proof->n = tree_consistency(proving_node, p, p->old, p->size, proof->hashes);
    } else {
        proof->n = tree_inclusion(proving_node, p, (uint64_t)p->indexes[i], p->size, proof->hashes);
    }
    return proof->n;
}

static void proving_go(struct proving *p)
{
    p->n_missing = 0;
    for (size_t i = p->made; i < p->count; i++) {
        size_t before = p->n_missing;

        if (proving_make(p, i) < 0) {
            proving_end(p, READ_BROKEN);
            return;
        }
        if (p->n_missing == MISSING_MAX) {
            break;
        }
        if (p->n_missing == before && before == 0) {
            p->made = i + 1;
        }
    }
    if (p->n_missing == 0) {
        proving_end(p, READ_OK);
        return;
    }
    /* Each round makes at least one proof, unless others push its tiles out all the time. */
    if (p->rounds++ > ROUNDS_MAX) {
        proving_end(p, READ_BUSY);
        return;
    }
    reads_ask(p->nodes->reads, read_tiles(p->level, p->n, p->hashes, p->n_missing),
              proving_on_tiles, p);
}

static struct proving *proving_new(struct nodes *nodes, uint64_t size, size_t count,
                                   nodes_done *done, void *arg)
{
    struct proving *p = x_calloc(1, sizeof(*p));

    p->nodes = nodes;
    p->size = size;
    p->count = count;
    p->indexes = x_calloc(count + 1, sizeof(*p->indexes));
    p->proofs = x_calloc(count + 1, sizeof(*p->proofs));
    p->done = done;
    p->arg = arg;
    return p;
}

void nodes_prove(struct nodes *nodes, uint64_t size, const int64_t *indexes, size_t count,
                 nodes_done *done, void *arg)
{
    struct proving *p = proving_new(nodes, size, count, done, arg);

    memcpy(p->indexes, indexes, count * sizeof(*indexes));
    proving_go(p);
}

void nodes_consistency(struct nodes *nodes, uint64_t old, uint64_t size, nodes_done *done,
                       void *arg)
{
    struct proving *p = proving_new(nodes, size, 1, done, arg);

    p->old = old;
    proving_go(p);
}

/* One call of nodes_tile on its way. */
struct fetching {
    struct nodes *nodes;
    unsigned level;
    uint64_t n;
    size_t count;
    nodes_tile_done *done;
    void *arg;
};

static void fetching_on_tile(void *arg, enum read_end end, const PGresult *res)
{
    struct fetching *f = arg;
    const struct tile *t = NULL;

    if (end == READ_OK) {
        if (PQntuples(res) == 1 && col_len(res, 0, TILES_HASHES) == f->count * HASH_LEN) {
            tile_keep(f->nodes, f->level, f->n, col_text(res, 0, TILES_HASHES), f->count);
            t = tile_find(f->nodes, f->level, f->n);
        } else {
            log_event(LOG_LEVEL_ERROR, "the tree's tiles are not whole", LOG_INT("level", f->level),
                      LOG_INT("tile", (int64_t)f->n));
            end = READ_BROKEN;
        }
    }
    f->done(f->arg, end, t != NULL ? t->nodes : NULL);
    free(f);
}

void nodes_tile(struct nodes *nodes, unsigned level, uint64_t n, size_t count,
                nodes_tile_done *done, void *arg)
{
    const struct tile *t = tile_find(nodes, level, n);
    const int64_t of_level = level, number = (int64_t)n, hashes = (int64_t)count;
    struct fetching *f;

    if (t != NULL && t->count >= count) {
        done(arg, READ_OK, t->nodes);
        return;
    }
    f = x_calloc(1, sizeof(*f));
    f->nodes = nodes;
    f->level = level;
    f->n = n;
    f->count = count;
    f->done = done;
    f->arg = arg;
    reads_ask(nodes->reads, read_tiles(&of_level, &number, &hashes, 1), fetching_on_tile, f);
}

struct nodes *nodes_new(struct ledgerd *d, struct reads *r)
{
    struct nodes *nodes = x_calloc(1, sizeof(*nodes));

    nodes->d = d;
    nodes->reads = r;
    TAILQ_INIT(&nodes->used);
    for (size_t i = 0; i < BUCKETS; i++) {
        LIST_INIT(&nodes->buckets[i]);
    }
    return nodes;
}

void nodes_free(struct nodes *nodes)
{
    struct tile *t;

    if (nodes == NULL) {
        return;
    }
    while ((t = TAILQ_FIRST(&nodes->used)) != NULL) {
        tile_drop(nodes, t);
    }
    free(nodes);
}
