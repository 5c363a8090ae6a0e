/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TILES_H
#define PUMASI_TILES_H

#include "core/base.h"
#include "core/hash.h"
#include "core/tileset.h"
#include "core/tree.h"

/*
 * C2SP tlog-tiles: the tree's hashes in tiles of 256, a level every eight heights. Here the hashes
 * of the tile that is growing on each level are kept, so that one that gets full can be stored
 * whole.
 */
struct tile_level {
    uint64_t first; /* number of the tile that hashes[0] begins */
    size_t marked;  /* how many hashes there were at the mark: less than a tile */
    size_t n, cap;
    struct hash *hashes;
};

struct tiles {
    struct tile_level level[TILE_LEVELS];
};

void tiles_init(struct tiles *t);
void tiles_free(struct tiles *t);
/* Where the growing tile of a level stands in a tree of that size: its number, and how many hashes
 * it has. */
void tiles_growing(uint64_t size, unsigned level, uint64_t *tile, size_t *n);
/*
 * Sets the growing tile of a level, marked: n hashes (less than TILE_WIDTH), the tile's number
 * `first`.
 */
void tiles_set(struct tiles *t, unsigned level, uint64_t first, const struct hash *hashes,
               size_t n);
/*
 * To be called after each tree_append to the same tree, with its leaf. Tree and tiles are marked
 * and rewound together.
 */
void tiles_append(struct tiles *t, const struct tree *tree, const struct hash *leaf);
/* Calls fn for each tile that got full since the mark, with its hashes and its root. */
void tiles_full(const struct tiles *t, const struct tree *tree,
                void (*fn)(void *arg, unsigned level, uint64_t tile, const struct hash *hashes,
                           const struct hash *root),
                void *arg);
void tiles_mark(struct tiles *t);
void tiles_rewind(struct tiles *t);

/* The root of 2^k hashes of one height, which they are overwritten by. n is a power of two. */
void tiles_subroot(struct hash *hashes, size_t n, struct hash *out);

#endif
