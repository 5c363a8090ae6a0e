/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_NODES_H
#define PUMASI_NODES_H

#include "core/base.h"
#include "core/hash.h"
#include "core/tree.h"
#include "ledgerd/reads.h"

struct ledgerd;

/*
 * Nodes of the tree for proofs of old records and for who asks for tiles, read tile by tile (C2SP
 * tlog-tiles: 256 hashes of a height that is a multiple of 8) with the nodes inside computed once,
 * and kept, the latest used ones. A tile only ever grows, so nothing in here is ever wrong. The
 * loop's thread.
 */
struct nodes;

struct nodes *nodes_new(struct ledgerd *d, struct reads *r);
void nodes_free(struct nodes *n);

#define NODES_BATCH_MAX 256
struct node_proof {
    int n;
    struct hash hashes[TREE_PROOF_MAX];
};
/* proofs: as many as were asked for, in their order; NULL unless READ_OK. Valid during the call. */
typedef void nodes_done(void *arg, enum read_end end, const struct node_proof *proofs);

/*
 * Inclusion proofs of up to NODES_BATCH_MAX leaves, each below size, in the tree of `size`, which
 * the database holds. done is called exactly once, perhaps before this returns.
 */
void nodes_prove(struct nodes *n, uint64_t size, const int64_t *indexes, size_t count,
                 nodes_done *done, void *arg);

/* hashes: as many as were asked for; NULL unless READ_OK. Valid during the call. */
typedef void nodes_tile_done(void *arg, enum read_end end, const struct hash *hashes);

/*
 * The first `count` hashes (1 to NODES_TILE) of tile n of a level below 8, which the database
 * holds. done is called exactly once, perhaps before this returns.
 */
void nodes_tile(struct nodes *nodes, unsigned level, uint64_t n, size_t count,
                nodes_tile_done *done, void *arg);

/*
 * The proof that the tree of `old` leaves, at least one, is a prefix of that of `size`, which the
 * database holds (RFC 6962 section 2.1.2). done as above, with one proof.
 */
void nodes_consistency(struct nodes *n, uint64_t old, uint64_t size, nodes_done *done, void *arg);

#define NODES_TILE 256
/*
 * The nodes of a tile: `count` hashes, then those above them, level by level. Node k of height h (0
 * to 7) within the tile is at nodes_place(h) + k. Fills all above the count hashes that are there.
 */
#define NODES_OF_TILE (2 * NODES_TILE - 2)
size_t nodes_place(unsigned h);
void nodes_fill(struct hash nodes[NODES_OF_TILE], size_t count);

#endif
