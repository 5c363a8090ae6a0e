/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TILESET_H
#define PUMASI_TILESET_H

#include "core/base.h"
#include "core/hash.h"
#include "core/tree.h"

/*
 * C2SP tlog-tiles v1.0.0 from the reader's side: the tiles of a log of one size, as far as they
 * were got from whoever shows them, as a source of nodes for the proof makers of tree.h. What a
 * tile says is believed by nobody: a proof made of them counts once it leads to a signed root.
 *
 *     while ((n = tree_consistency(tileset_get, &set, old, size, hashes)) < 0)
 *         get the tile set.missing, and tileset_add it
 *
 * A proof needs two tiles of each level at most.
 */
#define TILE_WIDTH  256
#define TILE_HEIGHT 8
#define TILE_LEVELS 8 /* of a tree of less than 2^63 leaves */

struct tile_ref {
    unsigned level;
    uint64_t n;     /* its number within the level */
    unsigned width; /* hashes of it that there are at that size, 1 to TILE_WIDTH */
};
/* "/tile/0/x001/234.p/12", as tlog-tiles writes it. The caller frees it. */
char *tile_path(const struct tile_ref *t);

struct tileset {
    uint64_t size; /* of the log, in leaves */
    size_t n, cap;
    struct tileset_tile {
        struct tile_ref ref;
        struct hash *hashes; /* ref.width of them */
    } * tiles;
    struct tile_ref missing; /* what tileset_get had no answer for */
};
void tileset_init(struct tileset *s, uint64_t size);
void tileset_free(struct tileset *s);
/*
 * Adds the tile `missing` by the bytes that somebody answered: those of this width, or, as logs may
 * have given up a partial tile once it got full, of the whole tile. -1 when they are neither.
 */
int tileset_add(struct tileset *s, const void *bytes, size_t len) MUST_CHECK;
/* A tree_node; the set is its argument. */
bool tileset_get(void *set, unsigned height, uint64_t i, struct hash *out);

#endif
