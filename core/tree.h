/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TREE_H
#define PUMASI_TREE_H

#include "core/base.h"
#include "core/hash.h"

/*
 * The Merkle tree of RFC 6962 section 2.1, kept as its right edge: the roots of the maximal
 * complete subtrees, largest first. Between tree_mark() and the next one it also keeps every
 * complete node made since, so that inclusion proofs of the newest leaves need nothing else.
 */
#define TREE_HEIGHT_MAX 63
#define TREE_PROOF_MAX  64

struct tree_level {
    uint64_t first; /* number, within its height, of nodes[0] */
    size_t n, cap;
    struct hash *nodes;
};
struct tree {
    uint64_t size;
    uint64_t marked; /* size at the last mark */
    /* Complete nodes: those of the edge at the mark, and all since. */
    struct tree_level level[TREE_HEIGHT_MAX + 1];
};

void tree_init(struct tree *t);
void tree_free(struct tree *t);
/* Leaf hash of an entry, SHA-256(0x00 ‖ entry); node hash, SHA-256(0x01 ‖ left ‖ right). */
void tree_leaf_hash(struct hash *out, const void *entry, size_t len);
void tree_node_hash(struct hash *out, const struct hash *left, const struct hash *right);
/* Appends a leaf's hash. */
void tree_append(struct tree *t, const struct hash *leaf);
/* The root; of the empty tree SHA-256(""). */
void tree_root(const struct tree *t, struct hash *out);
/* Forgets all nodes but the edge's. */
void tree_mark(struct tree *t);
/* Takes back every leaf since the mark. */
void tree_rewind(struct tree *t);

/* The edge as bytes: popcount(size) hashes, largest subtree first; n is their number. */
size_t tree_edge(const struct tree *t, struct hash out[TREE_HEIGHT_MAX + 1]);
/*
 * A tree of that size and edge, marked, over whatever *t was (tree_free a used one before). -1 when
 * n isn't popcount(size); *t is the empty tree then.
 */
int tree_load(struct tree *t, uint64_t size, const struct hash *edge, size_t n) MUST_CHECK;

/*
 * A complete node: height h, number i within the height (it covers leaves i·2^h to (i+1)·2^h −
 * 1). True and *out set when it is to be had. The proof makers below ask for nodes through such a
 * function; tree_get is one over a struct tree.
 */
typedef bool tree_node(void *arg, unsigned height, uint64_t i, struct hash *out);
bool tree_get(void *tree, unsigned height, uint64_t i, struct hash *out);

/*
 * RFC 6962 section 2.1.1: audit path of leaf `index` in the tree of `size`. Number of hashes, or
 * -1 when a node is missing.
 */
int tree_inclusion(tree_node *get, void *arg, uint64_t index, uint64_t size,
                   struct hash out[TREE_PROOF_MAX]) MUST_CHECK;
/* RFC 6962 section 2.1.2: proof that the tree of `old` leaves is a prefix of that of `size`. */
int tree_consistency(tree_node *get, void *arg, uint64_t old, uint64_t size,
                     struct hash out[TREE_PROOF_MAX]) MUST_CHECK;
/*
 * The same, 0 < old < size, for one who has old_root signed, and would know whether this tree is
 * another: where `old` is a power of two the proof begins with the root of the first `old` leaves
 * itself and leaves it out, so that it can't show another one. It is put before the others here
 * when it isn't old_root.
 */
int tree_prefix(tree_node *get, void *arg, uint64_t old, uint64_t size, const struct hash *old_root,
                struct hash out[TREE_PROOF_MAX]) MUST_CHECK;
/* Root of the first `size` leaves. -1 when a node is missing. */
int tree_root_at(tree_node *get, void *arg, uint64_t size, struct hash *out) MUST_CHECK;

/* RFC 9162 sections 2.1.3.2 and 2.1.4.2. True when the proof holds. */
bool tree_check_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
                          const struct hash *proof, size_t n, const struct hash *root);
bool tree_check_consistency(uint64_t old, uint64_t size, const struct hash *old_root,
                            const struct hash *root, const struct hash *proof, size_t n);
/*
 * What is signed, `root` over `size` leaves and old_root over `old`, are two histories: true when
 * the hashes lead to `root`, so that they are nodes of that tree, and to another root of its first
 * `old` leaves than old_root. They are those of tree_prefix. Whatever somebody makes up, it is
 * never true of an honest log, unless he can break SHA-256.
 */
bool tree_shows_fork(uint64_t old, uint64_t size, const struct hash *old_root,
                     const struct hash *root, const struct hash *proof, size_t n);

#endif
