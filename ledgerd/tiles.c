/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/tiles.h"

#include <stdlib.h>
#include <string.h>

#include "ledgerd/log.h"

void tiles_init(struct tiles *t)
{
    memset(t, 0, sizeof(*t));
}

void tiles_free(struct tiles *t)
{
    for (unsigned l = 0; l < TILE_LEVELS; l++) {
        free(t->level[l].hashes);
    }
    tiles_init(t);
}

void tiles_growing(uint64_t size, unsigned level, uint64_t *tile, size_t *n)
{
    uint64_t count = size >> (TILE_HEIGHT * level);

    *tile = count / TILE_WIDTH;
    *n = (size_t)(count % TILE_WIDTH);
}

static void push(struct tile_level *level, const struct hash *hash)
{
    if (level->n == level->cap) {
        level->cap = level->cap == 0 ? TILE_WIDTH : level->cap * 2;
        level->hashes = x_realloc(level->hashes, level->cap * sizeof(*level->hashes));
    }
    level->hashes[level->n++] = *hash;
}

void tiles_set(struct tiles *t, unsigned level, uint64_t first, const struct hash *hashes, size_t n)
{
    struct tile_level *l = &t->level[level];

    l->first = first;
    l->n = 0;
    for (size_t i = 0; i < n; i++) {
        push(l, &hashes[i]);
    }
    l->marked = l->n;
}

void tiles_append(struct tiles *t, const struct tree *tree, const struct hash *leaf)
{
    struct hash node = *leaf;

    push(&t->level[0], &node);
    for (unsigned l = 0; l + 1 < TILE_LEVELS; l++) {
        unsigned above = TILE_HEIGHT * (l + 1);

        if ((tree->size & ((UINT64_C(1) << above) - 1)) != 0) {
            return;
        }
        /* The tile's last leaf was just appended, so the tree made its root just now. */
        if (!tree_get((void *)(uintptr_t)tree, above, (tree->size >> above) - 1, &node)) {
            fatal("the tree has lost the root of a tile");
        }
        push(&t->level[l + 1], &node);
    }
}

void tiles_full(const struct tiles *t, const struct tree *tree,
                void (*fn)(void *arg, unsigned level, uint64_t tile, const struct hash *hashes,
                           const struct hash *root),
                void *arg)
{
    for (unsigned l = 0; l + 1 < TILE_LEVELS; l++) {
        const struct tile_level *level = &t->level[l];

        for (size_t i = 0; (i + 1) * TILE_WIDTH <= level->n; i++) {
            struct hash root;
            if (!tree_get((void *)(uintptr_t)tree, TILE_HEIGHT * (l + 1), level->first + i,
                          &root)) {
                fatal("the tree has lost the root of a tile");
            }
            fn(arg, l, level->first + i, &level->hashes[i * TILE_WIDTH], &root);
        }
    }
}

void tiles_mark(struct tiles *t)
{
    for (unsigned l = 0; l < TILE_LEVELS; l++) {
        struct tile_level *level = &t->level[l];
        size_t full = level->n / TILE_WIDTH;

        if (full > 0) {
            level->first += full;
            level->n -= full * TILE_WIDTH;
            memmove(level->hashes, level->hashes + full * TILE_WIDTH,
                    level->n * sizeof(*level->hashes));
        }
        level->marked = level->n;
    }
}

void tiles_rewind(struct tiles *t)
{
    for (unsigned l = 0; l < TILE_LEVELS; l++) {
        t->level[l].n = t->level[l].marked;
    }
}

void tiles_subroot(struct hash *hashes, size_t n, struct hash *out)
{
    for (; n > 1; n /= 2) {
        for (size_t i = 0; i < n / 2; i++) {
            tree_node_hash(&hashes[i], &hashes[2 * i], &hashes[2 * i + 1]);
        }
    }
    *out = hashes[0];
}
