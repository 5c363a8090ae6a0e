/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tileset.h"

#define LEAVES 70000 /* three levels of tiles */

/* All nodes of the tree, as somebody who shows a log would have them. */
static struct tree tree;

static int setup(void **state)
{
    (void)state;
    tree_init(&tree);
    for (uint32_t i = 0; i < LEAVES; i++) {
        struct hash leaf;

        tree_leaf_hash(&leaf, &i, sizeof(i));
        tree_append(&tree, &leaf);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tree_free(&tree);
    return 0;
}

/* The bytes of a tile, as wide as it is asked for or, `whole`, all of it. */
static size_t tile_of(const struct tile_ref *ref, bool whole, struct hash out[TILE_WIDTH])
{
    size_t width = whole ? TILE_WIDTH : ref->width;

    for (size_t i = 0; i < width; i++) {
        assert_true(tree_get(&tree, ref->level * TILE_HEIGHT, ref->n * TILE_WIDTH + i, &out[i]));
    }
    return width * HASH_LEN;
}

/* Adds what is missing; false when too much is. */
static int fetched;
static void fetch(struct tileset *set, bool whole)
{
    struct hash tile[TILE_WIDTH];

    fetched++;
    assert_true(set->missing.width >= 1 && set->missing.width <= TILE_WIDTH);
    assert_int_equal(tileset_add(set, tile, tile_of(&set->missing, whole, tile)), 0);
}

static void prove(uint64_t old, uint64_t size, bool whole)
{
    struct hash proof[TREE_PROOF_MAX], was, now;
    struct tileset set;
    int n;

    assert_int_equal(tree_root_at(tree_get, &tree, old, &was), 0);
    assert_int_equal(tree_root_at(tree_get, &tree, size, &now), 0);
    tileset_init(&set, size);
    fetched = 0;
    while ((n = tree_prefix(tileset_get, &set, old, size, &was, proof)) < 0) {
        fetch(&set, whole);
    }
    assert_true(tree_check_consistency(old, size, &was, &now, proof, (size_t)n));
    assert_true(fetched <= 6); /* two of each level */
    tileset_free(&set);
}

static void test_consistency(void **state)
{
    static const uint64_t sizes[] = {1,   2,    3,    255,   256,   257,   511,   512,   513,
                                     700, 4096, 5000, 65535, 65536, 65537, 66000, 69999, LEAVES};

    (void)state;
    for (size_t a = 0; a < ARRAY_LEN(sizes); a++) {
        for (size_t b = a + 1; b < ARRAY_LEN(sizes); b++) {
            prove(sizes[a], sizes[b], false);
        }
    }
    /* A log that has given up its partial tiles. */
    prove(256, 300, true);
    prove(300, 65000, true);
}

static void test_inclusion(void **state)
{
    struct hash proof[TREE_PROOF_MAX], root, leaf;
    const uint64_t size = 66001;
    struct tileset set;

    (void)state;
    tileset_init(&set, size);
    assert_int_equal(tree_root_at(tree_get, &tree, size, &root), 0);
    fetched = 0;
    for (uint64_t i = 0; i < size; i += 997) {
        int n;

        while ((n = tree_inclusion(tileset_get, &set, i, size, proof)) < 0) {
            fetch(&set, false);
        }
        assert_true(tree_get(&tree, 0, i, &leaf));
        assert_true(tree_check_inclusion(&leaf, i, size, proof, (size_t)n, &root));
    }
    assert_true(fetched < 140); /* one leaf tile for each, and few others */
    tileset_free(&set);
}

static void test_what_is_no_node(void **state)
{
    struct tileset set;
    struct hash h;

    (void)state;
    tileset_init(&set, 300);
    assert_false(tileset_get(&set, 0, 300, &h));
    assert_int_equal(set.missing.width, 0);
    assert_int_equal(tileset_add(&set, &h, HASH_LEN), -1);
    assert_false(tileset_get(&set, 3, 37, &h)); /* leaves 296 to 303 */
    assert_int_equal(set.missing.width, 0);
    assert_false(tileset_get(&set, 64, 0, &h));
    assert_int_equal(set.missing.width, 0);
    assert_false(tileset_get(&set, 63, UINT64_MAX, &h));
    assert_int_equal(set.missing.width, 0);
    assert_false(tileset_get(&set, 8, 0, &h)); /* the first tile's root stands on level 1 */
    assert_int_equal(set.missing.level, 1);
    assert_int_equal(set.missing.width, 1);
    assert_false(tileset_get(&set, 1, 128, &h));
    assert_int_equal(set.missing.level, 0);
    assert_int_equal(set.missing.n, 1);
    assert_int_equal(set.missing.width, 44);
    assert_int_equal(tileset_add(&set, &h, 1), -1);
    assert_int_equal(tileset_add(&set, &h, (size_t)45 * HASH_LEN), -1);
    tileset_free(&set);
}

static void is_path(uint64_t n, unsigned width, const char *want)
{
    char *path = tile_path(&(struct tile_ref){1, n, width});

    assert_string_equal(path, want);
    free(path);
}

static void test_path(void **state)
{
    (void)state;
    is_path(0, TILE_WIDTH, "/tile/1/000");
    is_path(7, 12, "/tile/1/007.p/12");
    is_path(999, TILE_WIDTH, "/tile/1/999");
    is_path(1000, TILE_WIDTH, "/tile/1/x001/000");
    is_path(1234067, 255, "/tile/1/x001/x234/067.p/255"); /* the example of tlog-tiles */
    is_path(UINT64_MAX, TILE_WIDTH, "/tile/1/x018/x446/x744/x073/x709/x551/615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consistency),
        cmocka_unit_test(test_inclusion),
        cmocka_unit_test(test_what_is_no_node),
        cmocka_unit_test(test_path),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
