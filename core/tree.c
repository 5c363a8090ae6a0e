/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The Merkle tree of RFC 6962: appending, proofs, and their verification. */
#include "core/tree.h"

#include <stdlib.h>
#include <string.h>

/*
 * Invariant: at height h, nodes[] holds the complete nodes number first to (size >> h) - 1. After a
 * mark that is the edge's node where the size has bit h, and nothing where it hasn't.
 */

void tree_init(struct tree *t)
{
    memset(t, 0, sizeof(*t));
}

void tree_free(struct tree *t)
{
    for (unsigned h = 0; h <= TREE_HEIGHT_MAX; h++) {
        free(t->level[h].nodes);
    }
    tree_init(t);
}

void tree_leaf_hash(struct hash *out, const void *entry, size_t len)
{
    hash_two(out, "\x00", 1, entry, len);
}

void tree_node_hash(struct hash *out, const struct hash *left, const struct hash *right)
{
    uint8_t in[1 + 2 * HASH_LEN];

    in[0] = 0x01;
    memcpy(in + 1, left->b, HASH_LEN);
    memcpy(in + 1 + HASH_LEN, right->b, HASH_LEN);
    hash_bytes(out, in, sizeof(in));
}

static void level_push(struct tree_level *level, const struct hash *node)
{
    if (level->n == level->cap) {
        level->cap = level->cap ? level->cap * 2 : 8;
        level->nodes = x_realloc(level->nodes, level->cap * sizeof(*level->nodes));
    }
    level->nodes[level->n++] = *node;
}

void tree_append(struct tree *t, const struct hash *leaf)
{
    struct hash node = *leaf;
    unsigned h = 0;

    level_push(&t->level[0], &node);
    t->size++;
    /* An even number of nodes at a height: the last two have just got their parent. */
    while (h < TREE_HEIGHT_MAX && ((t->size >> h) & 1) == 0) {
        const struct tree_level *level = &t->level[h];
        tree_node_hash(&node, &level->nodes[level->n - 2], &level->nodes[level->n - 1]);
        level_push(&t->level[++h], &node);
    }
}

void tree_root(const struct tree *t, struct hash *out)
{
    bool any = false;

    for (unsigned h = 0; h <= TREE_HEIGHT_MAX; h++) {
        if (((t->size >> h) & 1) == 0) {
            continue;
        }
        const struct hash *node = &t->level[h].nodes[t->level[h].n - 1];
        if (any) {
            tree_node_hash(out, node, out);
        } else {
            *out = *node;
            any = true;
        }
    }
    if (!any) {
        hash_bytes(out, "", 0);
    }
}

void tree_mark(struct tree *t)
{
    for (unsigned h = 0; h <= TREE_HEIGHT_MAX; h++) {
        struct tree_level *level = &t->level[h];
        uint64_t count = t->size >> h;

        if (count & 1) {
            level->nodes[0] = level->nodes[level->n - 1];
            level->n = 1;
        } else {
            level->n = 0;
        }
        level->first = count - level->n;
    }
    t->marked = t->size;
}

void tree_rewind(struct tree *t)
{
    for (unsigned h = 0; h <= TREE_HEIGHT_MAX; h++) {
        t->level[h].n = (t->marked >> h) & 1;
    }
    t->size = t->marked;
}

size_t tree_edge(const struct tree *t, struct hash out[TREE_HEIGHT_MAX + 1])
{
    size_t n = 0;

    for (unsigned h = TREE_HEIGHT_MAX + 1; h-- > 0;) {
        if ((t->size >> h) & 1) {
            out[n++] = t->level[h].nodes[t->level[h].n - 1];
        }
    }
    return n;
}

int tree_load(struct tree *t, uint64_t size, const struct hash *edge, size_t n)
{
    tree_init(t);
    if (n != (size_t)__builtin_popcountll(size)) {
        return -1;
    }
    for (unsigned h = TREE_HEIGHT_MAX + 1; h-- > 0;) {
        uint64_t count = size >> h;
        if (count & 1) {
            level_push(&t->level[h], edge++);
        }
        t->level[h].first = count - (count & 1);
    }
    t->size = t->marked = size;
    return 0;
}

bool tree_get(void *tree, unsigned height, uint64_t i, struct hash *out)
{
    const struct tree *t = tree;

    if (height > TREE_HEIGHT_MAX) {
        return false;
    }
    const struct tree_level *level = &t->level[height];
    if (i < level->first || i - level->first >= level->n) {
        return false;
    }
    *out = level->nodes[i - level->first];
    return true;
}

/*
 * MTH of the n leaves before leaf `end`, n > 0, where end - n is a multiple of a power of two not
 * below n: then the set bits of n name the complete subtrees it is made of, smallest last.
 */
static int range_root(tree_node *get, void *arg, uint64_t n, uint64_t end, struct hash *out)
{
    bool any = false;

    for (unsigned h = 0; h <= TREE_HEIGHT_MAX && (n >> h) != 0; h++) {
        struct hash node;

        if (((n >> h) & 1) == 0) {
            continue;
        }
        if (!get(arg, h, (end >> h) - 1, &node)) {
            return -1;
        }
        if (any) {
            tree_node_hash(out, &node, out);
        } else {
            *out = node;
            any = true;
        }
    }
    return any ? 0 : -1;
}

int tree_root_at(tree_node *get, void *arg, uint64_t size, struct hash *out)
{
    if (size == 0) {
        hash_bytes(out, "", 0);
        return 0;
    }
    return range_root(get, arg, size, size, out);
}

int tree_inclusion(tree_node *get, void *arg, uint64_t index, uint64_t size,
                   struct hash out[TREE_PROOF_MAX])
{
    int n = 0;

    if (index >= size) {
        return -1;
    }
    uint64_t node = index;    /* the path's node at height h */
    uint64_t last = size - 1; /* the last one at that height, perhaps incomplete */
    for (unsigned h = 0; last > 0; h++, node >>= 1, last >>= 1) {
        if (node & 1) {
            if (!get(arg, h, node - 1, &out[n++])) {
                return -1;
            }
        } else if (node < last) {
            uint64_t start = (node + 1) << h;
            uint64_t count = size - start;
            if (count > UINT64_C(1) << h) {
                count = UINT64_C(1) << h;
            }
            if (range_root(get, arg, count, start + count, &out[n++]) != 0) {
                return -1;
            }
        }
    }
    return n;
}

int tree_consistency(tree_node *get, void *arg, uint64_t old, uint64_t size,
                     struct hash out[TREE_PROOF_MAX])
{
    uint64_t start = 0, count = size; /* SUBPROOF's D: `count` leaves from `start` */
    uint64_t m = old;
    uint64_t sib_count[TREE_PROOF_MAX], sib_end[TREE_PROOF_MAX];
    int n = 0, depth = 0;

    if (old > size) {
        return -1;
    }
    if (old == 0) {
        return 0; /* the empty tree is a prefix of every one */
    }
    /* Down the recursion of RFC 6962 2.1.2; what it appends on the way back up is written down. */
    while (m != count) {
        uint64_t k =
            UINT64_C(1) << (63 - __builtin_clzll(count - 1)); /* largest power of two < count */
        if (m <= k) {
            sib_count[depth] = count - k;
            sib_end[depth] = start + count;
            count = k;
        } else {
            sib_count[depth] = k;
            sib_end[depth] = start + k;
            start += k;
            m -= k;
            count -= k;
        }
        depth++;
    }
    /* b of SUBPROOF: the old tree's own root isn't sent, as the verifier has it. */
    if (start != 0 && range_root(get, arg, count, start + count, &out[n++]) != 0) {
        return -1;
    }
    while (depth-- > 0) {
        if (range_root(get, arg, sib_count[depth], sib_end[depth], &out[n++]) != 0) {
            return -1;
        }
    }
    return n;
}

static bool is_power_of_two(uint64_t n)
{
    return (n & (n - 1)) == 0;
}

int tree_prefix(tree_node *get, void *arg, uint64_t old, uint64_t size, const struct hash *old_root,
                struct hash out[TREE_PROOF_MAX])
{
    struct hash proof[TREE_PROOF_MAX];
    int n = tree_consistency(get, arg, old, size, proof), first = 0;

    if (n < 0 || old == 0 || old >= size) {
        return -1;
    }
    if (is_power_of_two(old)) {
        if (!get(arg, (unsigned)__builtin_ctzll(old), 0, &out[0])) {
            return -1;
        }
        first = !hash_eq(&out[0], old_root);
    }
    memcpy(&out[first], proof, (size_t)n * sizeof(proof[0]));
    return n + first;
}

bool tree_check_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
                          const struct hash *proof, size_t n, const struct hash *root)
{
    if (index >= size) {
        return false;
    }
    uint64_t fn = index, sn = size - 1;
    struct hash r = *leaf;
    for (size_t i = 0; i < n; i++) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) || fn == sn) {
            tree_node_hash(&r, &proof[i], &r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            tree_node_hash(&r, &r, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(&r, root);
}

/*
 * RFC 9162 section 2.1.4.2 for 0 < old < size: the two roots that the hashes lead to, *fr of the
 * first `old` leaves and *sr of all. False when there are too many of them, or too few.
 */
static bool consistency_roots(uint64_t old, uint64_t size, const struct hash *old_root,
                              const struct hash *proof, size_t n, struct hash *fr, struct hash *sr)
{
    size_t i = 0;

    *fr = *old_root;
    if (!is_power_of_two(old)) { /* else the old root itself is the first node */
        if (n == 0) {
            return false;
        }
        *fr = proof[i++];
    }
    *sr = *fr;
    uint64_t fn = old - 1, sn = size - 1;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    for (; i < n; i++) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) || fn == sn) {
            tree_node_hash(fr, &proof[i], fr);
            tree_node_hash(sr, &proof[i], sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            tree_node_hash(sr, sr, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

bool tree_check_consistency(uint64_t old, uint64_t size, const struct hash *old_root,
                            const struct hash *root, const struct hash *proof, size_t n)
{
    struct hash fr, sr;

    if (old == 0) {
        struct hash empty;
        hash_bytes(&empty, "", 0);
        return n == 0 && hash_eq(old_root, &empty) && (size > 0 || hash_eq(root, &empty));
    }
    if (old >= size) {
        return old == size && n == 0 && hash_eq(old_root, root);
    }
    return consistency_roots(old, size, old_root, proof, n, &fr, &sr) && hash_eq(&fr, old_root) &&
           hash_eq(&sr, root);
}

bool tree_shows_fork(uint64_t old, uint64_t size, const struct hash *old_root,
                     const struct hash *root, const struct hash *proof, size_t n)
{
    const struct hash *first = old_root;
    struct hash fr, sr;

    if (old >= size) {
        return old == size && !hash_eq(old_root, root);
    }
    if (old == 0 || n == 0) {
        return false;
    }
    if (is_power_of_two(old)) {
        first = proof++;
        n--;
    }
    return consistency_roots(old, size, first, proof, n, &fr, &sr) && !hash_eq(&fr, old_root) &&
           hash_eq(&sr, root);
}
