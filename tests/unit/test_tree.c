/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "core/tree.h"

#define MODEL_MAX 130

static struct hash leaves[MODEL_MAX];
static struct hash roots[MODEL_MAX + 1]; /* by size */

/* RFC 6962 section 2.1, word for word: what the tree is compared with. */
static uint64_t split(uint64_t n)
{
    uint64_t k = 1;

    while (k * 2 < n) {
        k *= 2;
    }
    return k;
}

static struct hash model_root(const struct hash *d, uint64_t n)
{
    struct hash out;

    if (n == 0) {
        hash_bytes(&out, "", 0);
    } else if (n == 1) {
        out = d[0];
    } else {
        uint64_t k = split(n);
        struct hash left = model_root(d, k), right = model_root(d + k, n - k);
        tree_node_hash(&out, &left, &right);
    }
    return out;
}

static int model_path(uint64_t m, const struct hash *d, uint64_t n, struct hash *out)
{
    int len;

    if (n == 1) {
        return 0;
    }
    uint64_t k = split(n);
    if (m < k) {
        len = model_path(m, d, k, out);
        out[len] = model_root(d + k, n - k);
    } else {
        len = model_path(m - k, d + k, n - k, out);
        out[len] = model_root(d, k);
    }
    return len + 1;
}

static int model_subproof(uint64_t m, const struct hash *d, uint64_t n, bool b, struct hash *out)
{
    int len;

    if (m == n) {
        if (b) {
            return 0;
        }
        out[0] = model_root(d, n);
        return 1;
    }
    uint64_t k = split(n);
    if (m <= k) {
        len = model_subproof(m, d, k, b, out);
        out[len] = model_root(d + k, n - k);
    } else {
        len = model_subproof(m - k, d + k, n - k, false, out);
        out[len] = model_root(d, k);
    }
    return len + 1;
}

static void grow(struct tree *t, uint64_t size)
{
    while (t->size < size) {
        tree_append(t, &leaves[t->size]);
    }
}

static void assert_root(const struct tree *t)
{
    struct hash root, want = roots[t->size];

    tree_root(t, &root);
    assert_memory_equal(root.b, want.b, HASH_LEN);
}

static int setup(void **state)
{
    for (unsigned i = 0; i < MODEL_MAX; i++) {
        uint8_t entry = (uint8_t)i;
        tree_leaf_hash(&leaves[i], &entry, 1);
    }
    for (unsigned i = 0; i <= MODEL_MAX; i++) {
        roots[i] = model_root(leaves, i);
    }
    return 0;
}

/* The eight leaves of the Certificate Transparency test data, and the root after each. */
static void test_known_roots(void **state)
{
    static const struct {
        const char *leaf, *root;
    } known[] = {
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    struct tree t;
    struct hash h;
    char hex[2 * HASH_LEN + 1];

    tree_init(&t);
    tree_root(&t, &h);
    assert_string_equal(sodium_bin2hex(hex, sizeof(hex), h.b, HASH_LEN), empty);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        uint8_t entry[16];
        size_t len;
        assert_int_equal(sodium_hex2bin(entry, sizeof(entry), known[i].leaf, strlen(known[i].leaf),
                                        NULL, &len, NULL),
                         0);
        tree_leaf_hash(&h, entry, len);
        tree_append(&t, &h);
        tree_root(&t, &h);
        assert_string_equal(sodium_bin2hex(hex, sizeof(hex), h.b, HASH_LEN), known[i].root);
    }
    tree_free(&t);
}

static void test_roots(void **state)
{
    struct tree t;

    tree_init(&t);
    for (uint64_t size = 0; size < MODEL_MAX; size++) {
        struct hash at, want = roots[size];
        assert_root(&t);
        assert_int_equal(tree_root_at(tree_get, &t, size / 2, &at), 0);
        assert_int_equal(tree_root_at(tree_get, &t, size, &at), 0);
        assert_memory_equal(at.b, want.b, HASH_LEN);
        grow(&t, size + 1);
    }
    tree_free(&t);
}

/*
 * The ways in which transparency-dev/merkle's test data spoils proofs: sizes and places that are
 * another one's, hashes put before, behind, left out at either end, none at all, exchanged.
 */
static size_t spoilt_numbers(uint64_t of, uint64_t out[7])
{
    const uint64_t all[] = {of + 1, of - 1, of ^ 2, of * 2, of / 2, UINT64_MAX, of | 1ULL << 63};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (all[i] != of) {
            out[n++] = all[i];
        }
    }
    return n;
}

/* Calls `holds` with each way of spoiling the n hashes; none may hold. */
static void spoil_hashes(const struct hash *proof, size_t n, const struct hash *root,
                         bool (*holds)(void *arg, const struct hash *proof, size_t n), void *arg)
{
    struct hash bad[TREE_PROOF_MAX + 1];
    static const struct hash nothing;
    const struct hash *extra[] = {root, &nothing, n > 0 ? &proof[0] : root};

    for (size_t i = 0; i < ARRAY_LEN(extra); i++) {
        bad[0] = *extra[i];
        memcpy(bad + 1, proof, n * sizeof(*proof));
        assert_false(holds(arg, bad, n + 1));
        memcpy(bad, proof, n * sizeof(*proof));
        bad[n] = *extra[i];
        assert_false(holds(arg, bad, n + 1));
    }
    if (n > 0) {
        assert_false(holds(arg, proof + 1, n - 1));
        assert_false(holds(arg, proof, n - 1));
        assert_false(holds(arg, proof, 0));
    }
    for (size_t i = 0; i + 1 < n; i++) {
        memcpy(bad, proof, n * sizeof(*proof));
        bad[i] = proof[i + 1];
        bad[i + 1] = proof[i];
        assert_false(holds(arg, bad, n));
    }
}

struct claim {
    uint64_t index, old, size;
    struct hash leaf, old_root, root;
};

static bool included(void *arg, const struct hash *proof, size_t n)
{
    const struct claim *c = arg;

    return tree_check_inclusion(&c->leaf, c->index, c->size, proof, n, &c->root);
}

static bool consistent(void *arg, const struct hash *proof, size_t n)
{
    const struct claim *c = arg;

    return tree_check_consistency(c->old, c->size, &c->old_root, &c->root, proof, n);
}

static void spoil_inclusion(uint64_t index, uint64_t size, const struct hash *proof, size_t n)
{
    struct claim c = {.index = index, .size = size, .leaf = leaves[index], .root = roots[size]};
    uint64_t bad[7];

    assert_true(included(&c, proof, n));
    spoil_hashes(proof, n, &c.root, included, &c);
    for (size_t i = spoilt_numbers(index, bad); i-- > 0; c.index = index) {
        c.index = bad[i];
        assert_false(included(&c, proof, n));
    }
}

static void spoil_consistency(uint64_t old, uint64_t size, const struct hash *proof, size_t n)
{
    struct claim c = {.old = old, .size = size, .old_root = roots[old], .root = roots[size]};
    uint64_t bad[7];

    assert_true(consistent(&c, proof, n));
    if (old == 0 || old == size) {
        return; /* there is nothing in the proof to spoil */
    }
    spoil_hashes(proof, n, &c.root, consistent, &c);
    for (size_t i = spoilt_numbers(old, bad); i-- > 0; c.old = old) {
        c.old = bad[i];
        assert_false(consistent(&c, proof, n));
    }
    c.old_root = roots[size];
    c.root = roots[old];
    assert_false(consistent(&c, proof, n));
}

static void check_inclusion(struct tree *t, uint64_t index, uint64_t size)
{
    struct hash proof[TREE_PROOF_MAX + 1], want[TREE_PROOF_MAX];
    struct hash root = roots[size], wrong = root;
    int n = tree_inclusion(tree_get, t, index, size, proof);

    assert_int_equal(n, model_path(index, leaves, size, want));
    if (n > 0) {
        assert_memory_equal(proof, want, (size_t)n * sizeof(*proof));
    }
    size_t len = (size_t)n;
    const struct hash *leaf = &leaves[index];
    assert_true(tree_check_inclusion(leaf, index, size, proof, len, &root));
    spoil_inclusion(index, size, proof, len);

    /* Another leaf, place, root, length or any changed hash: none of it holds. */
    wrong.b[7] ^= 1;
    assert_false(tree_check_inclusion(leaf, index, size, proof, len, &wrong));
    assert_false(tree_check_inclusion(&wrong, index, size, proof, len, &root));
    assert_false(tree_check_inclusion(leaf, size, size, proof, len, &root));
    assert_false(tree_check_inclusion(leaf, size + index, size, proof, len, &root));
    if (index + 1 < size) {
        assert_false(tree_check_inclusion(leaf, index + 1, size, proof, len, &root));
    }
    if (index > 0) {
        assert_false(tree_check_inclusion(leaf, index - 1, size, proof, len, &root));
    }
    if (len > 0) {
        assert_false(tree_check_inclusion(leaf, index, size, proof, len - 1, &root));
    }
    proof[len] = root;
    assert_false(tree_check_inclusion(leaf, index, size, proof, len + 1, &root));
    for (size_t i = 0; i < len; i++) {
        proof[i].b[i % HASH_LEN] ^= 0x80;
        assert_false(tree_check_inclusion(leaf, index, size, proof, len, &root));
        proof[i].b[i % HASH_LEN] ^= 0x80;
    }
}

static void test_inclusion(void **state)
{
    struct tree t;
    struct hash proof[TREE_PROOF_MAX];

    tree_init(&t);
    grow(&t, MODEL_MAX);
    for (uint64_t size = 1; size <= MODEL_MAX; size++) {
        for (uint64_t index = 0; index < size; index++) {
            check_inclusion(&t, index, size);
        }
        assert_int_equal(tree_inclusion(tree_get, &t, size, size, proof), -1);
    }
    assert_int_equal(tree_inclusion(tree_get, &t, 0, 0, proof), -1);
    tree_free(&t);
}

static void check_consistency(struct tree *t, uint64_t old, uint64_t size)
{
    struct hash proof[TREE_PROOF_MAX + 1], want[TREE_PROOF_MAX];
    struct hash a = roots[old], b = roots[size], wrong = b;
    int n = tree_consistency(tree_get, t, old, size, proof);

    assert_int_equal(n, old == 0 ? 0 : model_subproof(old, leaves, size, true, want));
    if (n > 0) {
        assert_memory_equal(proof, want, (size_t)n * sizeof(*proof));
    }
    size_t len = (size_t)n;
    assert_true(tree_check_consistency(old, size, &a, &b, proof, len));
    spoil_consistency(old, size, proof, len);

    wrong.b[31] ^= 1;
    if (old > 0) {
        assert_false(tree_check_consistency(old, size, &a, &wrong, proof, len));
    }
    assert_false(tree_check_consistency(old, size, &wrong, &b, proof, len));
    proof[len] = a;
    assert_false(tree_check_consistency(old, size, &a, &b, proof, len + 1));
    if (len > 0) {
        assert_false(tree_check_consistency(old, size, &a, &b, proof, len - 1));
    }
    if (old != size) {
        assert_false(tree_check_consistency(size, old, &b, &a, proof, len));
    }
    for (size_t i = 0; i < len; i++) {
        proof[i].b[i % HASH_LEN] ^= 0x80;
        assert_false(tree_check_consistency(old, size, &a, &b, proof, len));
        proof[i].b[i % HASH_LEN] ^= 0x80;
    }
}

static void test_consistency(void **state)
{
    struct tree t;
    struct hash proof[TREE_PROOF_MAX];

    tree_init(&t);
    grow(&t, MODEL_MAX);
    for (uint64_t size = 0; size <= MODEL_MAX; size++) {
        for (uint64_t old = 0; old <= size; old++) {
            check_consistency(&t, old, size);
        }
        assert_int_equal(tree_consistency(tree_get, &t, size + 1, size, proof), -1);
    }
    tree_free(&t);
}

static void test_edge(void **state)
{
    struct tree t, loaded;
    struct hash edge[TREE_HEIGHT_MAX + 1];

    for (uint64_t size = 0; size < MODEL_MAX; size++) {
        tree_init(&t);
        grow(&t, size);
        size_t n = tree_edge(&t, edge);
        assert_int_equal(n, __builtin_popcountll(size));
        /* Largest first: the first one covers the leaves from 0. */
        if (n > 0) {
            struct hash first = model_root(leaves, split(size + 1));
            assert_memory_equal(edge[0].b, first.b, HASH_LEN);
        }
        assert_int_equal(tree_load(&loaded, size, edge, n), 0);
        assert_int_equal(loaded.size, size);
        assert_int_equal(loaded.marked, size);
        assert_root(&loaded);
        grow(&loaded, MODEL_MAX);
        assert_root(&loaded);
        tree_rewind(&loaded);
        assert_int_equal(loaded.size, size);
        assert_root(&loaded);
        tree_free(&loaded);
        tree_free(&t);
        assert_int_equal(tree_load(&loaded, size, edge, n + 1), -1);
        if (n > 0) {
            assert_int_equal(tree_load(&loaded, size, edge, n - 1), -1);
        }
    }
}

/* From every mark, by every length of batch: proofs of the new leaves need only what the tree
 * keeps. */
static void test_mark_and_rewind(void **state)
{
    struct tree t;
    struct hash proof[TREE_PROOF_MAX], node;

    tree_init(&t);
    for (uint64_t mark = 0; mark < MODEL_MAX; mark++) {
        tree_mark(&t);
        assert_int_equal(t.marked, mark);
        for (uint64_t size = mark; size <= MODEL_MAX; size += 1 + size / 16) {
            grow(&t, size);
            assert_root(&t);
            struct hash root = roots[size];
            for (uint64_t i = mark; i < size; i++) {
                int n = tree_inclusion(tree_get, &t, i, size, proof);
                assert_true(n >= 0);
                assert_true(tree_check_inclusion(&leaves[i], i, size, proof, (size_t)n, &root));
            }
        }
        tree_rewind(&t);
        assert_int_equal(t.size, mark);
        assert_root(&t);
        /* Another future after the rewind. */
        tree_append(&t, &leaves[MODEL_MAX - 1]);
        tree_rewind(&t);
        grow(&t, mark + 1);
        assert_root(&t);
    }
    tree_free(&t);

    /* What was forgotten isn't there, and what isn't there makes no proof. */
    tree_init(&t);
    grow(&t, 7);
    tree_mark(&t);
    assert_false(tree_get(&t, 0, 0, &node));
    assert_false(tree_get(&t, 1, 0, &node));
    assert_true(tree_get(&t, 2, 0, &node));
    assert_true(tree_get(&t, 1, 2, &node));
    assert_true(tree_get(&t, 0, 6, &node));
    assert_false(tree_get(&t, 0, 7, &node));
    assert_false(tree_get(&t, 64, 0, &node));
    assert_int_equal(tree_inclusion(tree_get, &t, 0, 7, proof), -1);
    assert_int_equal(tree_consistency(tree_get, &t, 3, 7, proof), -1);
    assert_int_equal(tree_root_at(tree_get, &t, 8, &node), -1);
    assert_int_equal(tree_root_at(tree_get, &t, 5, &node), -1);
    tree_free(&t);
}

/* Near the largest size that the protocol's integers admit nothing overflows. */
static void test_huge(void **state)
{
    const uint64_t size = (UINT64_C(1) << 53) - 1;
    struct hash edge[53], proof[TREE_PROOF_MAX], root;
    struct tree t;

    for (size_t i = 0; i < ARRAY_LEN(edge); i++) {
        edge[i] = leaves[i];
    }
    assert_int_equal(tree_load(&t, size, edge, ARRAY_LEN(edge)), 0);
    tree_append(&t, &leaves[100]);
    tree_append(&t, &leaves[101]);
    tree_root(&t, &root);
    int n = tree_inclusion(tree_get, &t, size, size + 2, proof);
    assert_int_equal(n, 54);
    assert_true(tree_check_inclusion(&leaves[100], size, size + 2, proof, (size_t)n, &root));
    n = tree_inclusion(tree_get, &t, size + 1, size + 2, proof);
    assert_int_equal(n, 1);
    assert_true(tree_check_inclusion(&leaves[101], size + 1, size + 2, proof, (size_t)n, &root));
    assert_false(tree_check_inclusion(&leaves[101], size, size + 2, proof, (size_t)n, &root));
    tree_rewind(&t);
    assert_int_equal(t.size, size);
    tree_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_roots), cmocka_unit_test(test_roots),
        cmocka_unit_test(test_inclusion),   cmocka_unit_test(test_consistency),
        cmocka_unit_test(test_edge),        cmocka_unit_test(test_mark_and_rewind),
        cmocka_unit_test(test_huge),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
