/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Tiles that somebody shows of an honest log, right or changed: whatever they are, no fork comes of
 * them, and no record gets into the log; right ones prove all. Of a log that did fork, right ones
 * show it.
 */
#include "fuzz.h"

#include "core/tileset.h"

#define LEAVES 70000 /* three levels */
#define PARTED 300   /* from this leaf on there are two histories */

static struct tree trees[2];

static void grow(void)
{
    if (trees[0].size > 0)
        return;
    for (int h = 0; h < 2; h++) {
        tree_init(&trees[h]);
        for (uint32_t i = 0; i < LEAVES; i++) {
            uint32_t entry = i < PARTED || h == 0 ? i : ~i;
            struct hash leaf;

            tree_leaf_hash(&leaf, &entry, sizeof(entry));
            tree_append(&trees[h], &leaf);
        }
    }
}

/* What is left of the input. */
struct input {
    const uint8_t *at;
    size_t left;
};

static uint8_t take(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static uint64_t take_size(struct input *in)
{
    uint64_t n = take(in);

    n |= (uint64_t)take(in) << 8;
    n |= (uint64_t)take(in) << 16;
    return 1 + n % LEAVES;
}

/* Answers what the set lacks, as the input says. False: it couldn't be added. */
static bool answer(struct tileset *set, struct tree *tree, struct input *in, bool *right)
{
    struct hash tile[TILE_WIDTH + 1];
    const struct tile_ref *want = &set->missing;
    size_t width = want->width, len;
    uint8_t how = take(in);

    MUST(want->width >= 1 && want->width <= TILE_WIDTH && want->level < TILE_LEVELS);
    memset(tile, 0, sizeof(tile));
    for (size_t i = 0; i < width; i++)
        MUST(tree_get(tree, want->level * TILE_HEIGHT, want->n * TILE_WIDTH + i, &tile[i]));
    len = width * HASH_LEN;
    if (how % 4 == 1)
        len = (size_t)TILE_WIDTH * HASH_LEN; /* all of it; what lies behind isn't looked at */
    if (how % 4 == 2) {
        *right = false;
        for (size_t i = 0; i < 4; i++)
            tile[take(in) % width].b[take(in) % HASH_LEN] ^= take(in);
    }
    if (how % 4 == 3) {
        *right = false;
        len = (size_t)take(in) * HASH_LEN + take(in) % 2;
    }
    return tileset_add(set, tile, len < sizeof(tile) ? len : sizeof(tile)) == 0;
}

static bool prefix(uint64_t old, uint64_t size, const struct hash *old_root, struct tree *tree,
                   struct input *in, struct hash proof[TREE_PROOF_MAX], int *n, bool *right)
{
    struct tileset set;
    int asked = 0;

    tileset_init(&set, size);
    while ((*n = tree_prefix(tileset_get, &set, old, size, old_root, proof)) < 0 &&
           answer(&set, tree, in, right))
        MUST(++asked <= 6);
    tileset_free(&set);
    return *n >= 0;
}

static void consistency(struct input *in)
{
    uint64_t old = take_size(in), size = take_size(in);
    int h = take(in) % 2, n;
    struct hash proof[TREE_PROOF_MAX], old_root, root;
    bool right = true;

    if (old >= size)
        return;
    MUST(tree_root_at(tree_get, &trees[0], old, &old_root) == 0);
    MUST(tree_root_at(tree_get, &trees[h], size, &root) == 0);
    if (!prefix(old, size, &old_root, &trees[h], in, proof, &n, &right)) {
        MUST(!right);
        return;
    }
    bool forked = h == 1 && old > PARTED;
    bool shown = tree_shows_fork(old, size, &old_root, &root, proof, (size_t)n);
    bool good = tree_check_consistency(old, size, &old_root, &root, proof, (size_t)n);

    MUST(!(shown && good));
    MUST(forked ? !good : !shown);
    if (right)
        MUST(forked ? shown : good);
}

static void inclusion(struct input *in)
{
    uint64_t size = take_size(in), index = take_size(in) - 1;
    struct hash proof[TREE_PROOF_MAX], root, leaf;
    struct tileset set;
    bool right = true;
    int n;

    if (index >= size)
        return;
    MUST(tree_root_at(tree_get, &trees[0], size, &root) == 0);
    MUST(tree_get(&trees[0], 0, index, &leaf));
    tileset_init(&set, size);
    while ((n = tree_inclusion(tileset_get, &set, index, size, proof)) < 0 &&
           answer(&set, &trees[0], in, &right))
        continue;
    if (n >= 0) {
        MUST(!right || tree_check_inclusion(&leaf, index, size, proof, (size_t)n, &root));
        leaf.b[0] ^= 1;
        MUST(!tree_check_inclusion(&leaf, index, size, proof, (size_t)n, &root));
    }
    tileset_free(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};

    grow();
    if (take(&in) % 2 == 0)
        consistency(&in);
    else
        inclusion(&in);
    return 0;
}
