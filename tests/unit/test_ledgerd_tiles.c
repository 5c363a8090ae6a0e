/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tiles as they get full, against roots of the same leaves made without them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/tiles.h"

struct log {
    struct tree tree;
    struct tiles tiles;
    size_t full[TILE_LEVELS];
    uint64_t next[TILE_LEVELS]; /* number of the tile that must get full next */
};

static struct hash leaf(uint64_t i)
{
    struct hash h;

    tree_leaf_hash(&h, &i, sizeof(i));
    return h;
}

static void append(struct log *l)
{
    struct hash h = leaf(l->tree.size);

    tree_append(&l->tree, &h);
    tiles_append(&l->tiles, &l->tree, &h);
}

/* Root of the leaves that a tile covers. */
static struct hash root_of(unsigned level, uint64_t tile)
{
    uint64_t n = UINT64_C(1) << (TILE_HEIGHT * (level + 1));
    struct hash *hashes = x_malloc(n * sizeof(*hashes)), root;

    for (uint64_t i = 0; i < n; i++) {
        hashes[i] = leaf(tile * n + i);
    }
    tiles_subroot(hashes, n, &root);
    free(hashes);
    return root;
}

static void check_tile(void *arg, unsigned level, uint64_t tile, const struct hash *hashes,
                       const struct hash *root)
{
    struct log *l = arg;
    struct hash copy[TILE_WIDTH], again, want = root_of(level, tile);

    assert_true(level < TILE_LEVELS);
    assert_int_equal(tile, l->next[level]);
    l->next[level]++;
    l->full[level]++;
    memcpy(copy, hashes, sizeof(copy));
    tiles_subroot(copy, TILE_WIDTH, &again);
    assert_memory_equal(&again, root, sizeof(again));
    assert_memory_equal(&want, root, sizeof(want));
}

static void commit(struct log *l)
{
    tiles_full(&l->tiles, &l->tree, check_tile, l);
    tree_mark(&l->tree);
    tiles_mark(&l->tiles);
}

static void free_log(struct log *l)
{
    tree_free(&l->tree);
    tiles_free(&l->tiles);
}

static void batches_of_every_size(void **state)
{
    struct log l = {.full = {0}};

    (void)state;
    tree_init(&l.tree);
    tiles_init(&l.tiles);
    for (size_t batch = 1; l.tree.size < 66000; batch = batch * 7 % 1013 + 1) {
        for (size_t i = 0; i < batch; i++) {
            append(&l);
        }
        commit(&l);
        for (unsigned level = 0; level < 3; level++) {
            uint64_t tile;
            size_t n;
            tiles_growing(l.tree.size, level, &tile, &n);
            assert_int_equal(l.full[level], tile);
            assert_int_equal(l.tiles.level[level].first, tile);
            assert_int_equal(l.tiles.level[level].n, n);
        }
    }
    assert_int_equal(l.full[0], l.tree.size / 256);
    assert_int_equal(l.full[1], 1);
    free_log(&l);
}

static void rewound_and_done_again(void **state)
{
    struct log l = {.full = {0}};

    (void)state;
    tree_init(&l.tree);
    tiles_init(&l.tiles);
    for (int i = 0; i < 250; i++) {
        append(&l);
    }
    commit(&l);
    for (int i = 0; i < 600; i++) {
        append(&l);
    }
    tree_rewind(&l.tree);
    tiles_rewind(&l.tiles);
    assert_int_equal(l.tree.size, 250);
    commit(&l); /* nothing got full */
    assert_int_equal(l.full[0], 0);
    for (int i = 0; i < 6; i++) {
        append(&l);
    }
    commit(&l);
    assert_int_equal(l.full[0], 1);
    free_log(&l);
}

static void goes_on_from_where_it_was_loaded(void **state)
{
    struct log l = {.full = {0}}, again = {.full = {0}};
    struct hash edge[TREE_HEIGHT_MAX + 1], growing[TILE_WIDTH];
    uint64_t tile;
    size_t n;

    (void)state;
    tree_init(&l.tree);
    tiles_init(&l.tiles);
    for (int i = 0; i < 700; i++) {
        append(&l);
    }
    commit(&l);
    n = tree_edge(&l.tree, edge);
    assert_int_equal(tree_load(&again.tree, 700, edge, n), 0);
    tiles_init(&again.tiles);
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        tiles_growing(700, level, &tile, &n);
        for (size_t i = 0; i < n; i++) {
            growing[i] = level == 0 ? leaf(tile * TILE_WIDTH + i) : root_of(level - 1, i);
        }
        tiles_set(&again.tiles, level, tile, growing, n);
        again.next[level] = tile;
    }
    for (int i = 0; i < 700; i++) {
        append(&again);
    }
    commit(&again);
    assert_int_equal(again.full[0], 1400 / 256 - 700 / 256);
    free_log(&l);
    free_log(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_of_every_size),
        cmocka_unit_test(rewound_and_done_again),
        cmocka_unit_test(goes_on_from_where_it_was_loaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
