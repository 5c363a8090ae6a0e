/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/log_proofs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/db_ask.h"
#include "ledgerd/db_read.h"
#include "ledgerd/nodes.h"

#define TILES_AT_ONCE 256
#define TILES_MAX     8192 /* of 16 KiB: what proofs of the most entries want in the largest log */

struct tile {
    int64_t level, n;
    int64_t count;      /* hashes that the tree of `size` has of it */
    struct hash *nodes; /* NULL: asked for */
};

struct log_proofs {
    PGconn *conn;
    uint64_t size;
    size_t n_tiles, cap_tiles; /* a table by level and number: open, linear */
    struct tile *tiles;
    size_t n_missing; /* of them */
    bool overfull;
    size_t n_hashes, cap_hashes;
    struct hash *hashes;
    size_t cap_places; /* a table from a hash to its place + 1 */
    uint32_t *places;
};

/* ---- Places ---- */

static size_t slot_of(const struct log_proofs *p, const struct hash *h)
{
    uint64_t key;
    size_t i;

    memcpy(&key, h->b, sizeof(key)); /* a hash is as good as random */
    for (i = key % p->cap_places; p->places[i] != 0; i = (i + 1) % p->cap_places) {
        if (hash_eq(&p->hashes[p->places[i] - 1], h)) {
            break;
        }
    }
    return i;
}

static void places_grow(struct log_proofs *p)
{
    p->cap_places = p->cap_places ? 2 * p->cap_places : 1024;
    free(p->places);
    p->places = x_calloc(p->cap_places, sizeof(*p->places));
    for (size_t i = 0; i < p->n_hashes; i++) {
        p->places[slot_of(p, &p->hashes[i])] = (uint32_t)i + 1;
    }
}

uint32_t log_proofs_place(struct log_proofs *p, const struct hash *hash)
{
    size_t slot;

    if (2 * p->n_hashes >= p->cap_places) {
        places_grow(p);
    }
    slot = slot_of(p, hash);
    if (p->places[slot] == 0) {
        if (p->n_hashes == p->cap_hashes) {
            p->cap_hashes = p->cap_hashes ? 2 * p->cap_hashes : 512;
            p->hashes = x_realloc(p->hashes, p->cap_hashes * sizeof(*p->hashes));
        }
        p->hashes[p->n_hashes++] = *hash;
        p->places[slot] = (uint32_t)p->n_hashes;
    }
    return p->places[slot] - 1;
}

struct hash *log_proofs_take(struct log_proofs *p, size_t *n)
{
    struct hash *hashes = p->hashes;

    *n = p->n_hashes;
    p->hashes = NULL;
    p->n_hashes = p->cap_hashes = 0;
    return hashes;
}

/* ---- Tiles ---- */

static struct tile *tile_slot(const struct log_proofs *p, int64_t level, int64_t n)
{
    size_t i = (size_t)((uint64_t)n * 8 + (uint64_t)level) % p->cap_tiles;

    while (p->tiles[i].count != 0 && (p->tiles[i].level != level || p->tiles[i].n != n)) {
        i = (i + 1) % p->cap_tiles;
    }
    return &p->tiles[i];
}

static void tiles_grow(struct log_proofs *p)
{
    struct tile *old = p->tiles;
    size_t n = p->cap_tiles;

    p->cap_tiles = n ? 2 * n : 256;
    p->tiles = x_calloc(p->cap_tiles, sizeof(*p->tiles));
    for (size_t i = 0; i < n; i++) {
        if (old[i].count != 0) {
            *tile_slot(p, old[i].level, old[i].n) = old[i];
        }
    }
    free(old);
}

/* A tree_node; what isn't there is asked for, and the answer is anything. */
static bool node_of(void *arg, unsigned height, uint64_t i, struct hash *out)
{
    struct log_proofs *p = arg;
    unsigned level = height / 8, h = height % 8;
    uint64_t first = i << h, n = first / NODES_TILE;
    uint64_t there = (p->size >> (8 * level)) - n * NODES_TILE;
    struct tile *t;

    if (2 * p->n_tiles >= p->cap_tiles) {
        tiles_grow(p);
    }
    t = tile_slot(p, level, (int64_t)n);
    if (t->nodes != NULL) {
        *out = t->nodes[nodes_place(h) + (size_t)(i % (NODES_TILE >> h))];
        return true;
    }
    memset(out, 0, sizeof(*out));
    if (t->count == 0) {
        if (p->n_tiles >= TILES_MAX) {
            p->overfull = true;
            return false;
        }
        *t = (struct tile){(int64_t)level, (int64_t)n,
                           there > NODES_TILE ? NODES_TILE : (int64_t)there, NULL};
        p->n_tiles++;
        p->n_missing++;
    }
    return true;
}

/* Reads up to TILES_AT_ONCE of those asked for. */
static int read_some(struct log_proofs *p, char *err, size_t err_size)
{
    struct tile *asked[TILES_AT_ONCE];
    struct pgarray level, n, count;
    struct db_ask ask = {0};
    PGresult *res;
    size_t k = 0;
    int rc = 0;

    pgarray_init(&level, PGARRAY_INT2);
    pgarray_init(&n, PGARRAY_INT8);
    pgarray_init(&count, PGARRAY_INT8);
    for (size_t i = 0; i < p->cap_tiles && k < TILES_AT_ONCE; i++) {
        struct tile *t = &p->tiles[i];
        if (t->count == 0 || t->nodes != NULL) {
            continue;
        }
        pgarray_int(&level, t->level);
        pgarray_int(&n, t->n);
        pgarray_int(&count, t->count);
        asked[k++] = t;
    }
    db_ask_array(&ask, &level);
    db_ask_array(&ask, &n);
    db_ask_array(&ask, &count);
    res = db_ask_rows(p->conn, read_statements[READ_TILES].sql, &ask, true, err, err_size);
    pgarray_free(&level);
    pgarray_free(&n);
    pgarray_free(&count);
    if (res == NULL) {
        return -1;
    }
    for (size_t i = 0; i < k && rc == 0; i++) {
        size_t len = (size_t)asked[i]->count * HASH_LEN;
        if ((size_t)PQntuples(res) != k || col_len(res, (int)i, TILES_HASHES) != len) {
            (void)snprintf(err, err_size, "%s",
                           _("The tree's tiles in the database aren't whole."));
            rc = -1;
            break;
        }
        asked[i]->nodes = x_calloc(NODES_OF_TILE, sizeof(struct hash));
        memcpy(asked[i]->nodes, col_text(res, (int)i, TILES_HASHES), len);
        nodes_fill(asked[i]->nodes, (size_t)asked[i]->count);
        p->n_missing--;
    }
    PQclear(res);
    return rc;
}

static int not_whole(const struct log_proofs *p, char *err, size_t err_size)
{
    (void)snprintf(err, err_size, "%s",
                   p->overfull ? _("This needs too many tiles of the tree at once.")
                               : _("The tree's tiles in the database aren't whole."));
    return -1;
}

int log_proofs_want(struct log_proofs *p, int64_t index, char *err, size_t err_size)
{
    struct hash ignored[TREE_PROOF_MAX];

    if (tree_inclusion(node_of, p, (uint64_t)index, p->size, ignored) < 0) {
        return not_whole(p, err, err_size);
    }
    return 0;
}

int log_proofs_load(struct log_proofs *p, uint64_t old, char *err, size_t err_size)
{
    struct hash ignored[TREE_PROOF_MAX];

    if (old > 0 && tree_consistency(node_of, p, old, p->size, ignored) < 0) {
        return not_whole(p, err, err_size);
    }
    while (p->n_missing > 0) {
        if (read_some(p, err, err_size) != 0) {
            return -1;
        }
    }
    return 0;
}

static int take(struct log_proofs *p, const struct hash *hashes, int n,
                uint32_t out[TREE_PROOF_MAX])
{
    if (p->n_missing > 0) {
        return -1; /* it wasn't loaded */
    }
    for (int i = 0; i < n; i++) {
        out[i] = log_proofs_place(p, &hashes[i]);
    }
    return n;
}

int log_proofs_inclusion(struct log_proofs *p, int64_t index, uint32_t out[TREE_PROOF_MAX])
{
    struct hash hashes[TREE_PROOF_MAX];

    return take(p, hashes, tree_inclusion(node_of, p, (uint64_t)index, p->size, hashes), out);
}

int log_proofs_consistency(struct log_proofs *p, uint64_t old, uint32_t out[TREE_PROOF_MAX])
{
    struct hash hashes[TREE_PROOF_MAX];

    return take(p, hashes, tree_consistency(node_of, p, old, p->size, hashes), out);
}

struct log_proofs *log_proofs_new(PGconn *conn, uint64_t size)
{
    struct log_proofs *p = x_calloc(1, sizeof(*p));

    p->conn = conn;
    p->size = size;
    return p;
}

void log_proofs_free(struct log_proofs *p)
{
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < p->cap_tiles; i++) {
        free(p->tiles[i].nodes);
    }
    free(p->tiles);
    free(p->hashes);
    free(p->places);
    free(p);
}
