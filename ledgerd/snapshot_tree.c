/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/snapshot_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/db_conn.h"

#define FLUSH 1000 /* nodes at once */

/* The root of n hashes of one height that make a complete node or, of leaves, the last few. */
static void root_of(const struct hash *hashes, size_t n, struct hash *out)
{
    struct hash left, right;
    size_t k = 1;

    if (n == 1) {
        *out = hashes[0];
        return;
    }
    while (2 * k < n)
        k *= 2;
    root_of(hashes, k, &left);
    root_of(hashes + k, n - k, &right);
    tree_node_hash(out, &left, &right);
}

/* ---- Storing ---- */

struct storing {
    PGconn *conn;
    const struct snapshot_row *row;
    struct tree tree; /* of all leaves, for the root */
    struct level {
        size_t n;
        uint64_t done;
        struct hash below[SNAPSHOT_WIDTH];
    } levels[SNAPSHOT_LEVELS];
    enum leaf_kind kind; /* of the group's first leaf */
    char name[LEAF_NAME_MAX + 1];
    struct snapshot_node *nodes;
    size_t n_nodes;
    bool failed;
    char *err;
    size_t err_size;
};

static void flush(struct storing *s)
{
    if (s->n_nodes > 0 && !s->failed)
        s->failed =
            db_snapshot_put(s->conn, s->row->size, s->nodes, s->n_nodes, s->err, s->err_size) != 0;
    s->n_nodes = 0;
}

static void put_node(struct storing *s, unsigned level, const struct hash *hash)
{
    struct snapshot_node *node;

    if (s->n_nodes == FLUSH)
        flush(s);
    node = &s->nodes[s->n_nodes++];
    memset(node, 0, sizeof(*node));
    node->level = level;
    node->n = s->levels[level].done++;
    node->whole = hash != NULL;
    if (hash)
        node->hash = *hash;
    node->kind = s->kind;
    str_copy(node->name, sizeof(node->name), s->name);
}

/* One more hash below `level`; a full node goes up. */
static void add(struct storing *s, unsigned level, const struct hash *hash)
{
    struct level *l = &s->levels[level];
    struct hash root;

    l->below[l->n++] = *hash;
    if (l->n < SNAPSHOT_WIDTH)
        return;
    root_of(l->below, l->n, &root);
    l->n = 0;
    put_node(s, level, &root);
    if (level + 1 < SNAPSHOT_LEVELS)
        add(s, level + 1, &root);
}

static void on_leaf(void *arg, size_t k, const struct leaf *l)
{
    struct storing *s = &((struct storing *)arg)[k];
    struct hash hash;

    leaf_hash(&hash, l, s->row->size);
    tree_append(&s->tree, &hash);
    if (s->tree.size % 4096 == 0)
        tree_mark(&s->tree); /* only the edge is needed */
    if (s->levels[1].n == 0) {
        s->kind = l->kind;
        str_copy(s->name, sizeof(s->name), l->name);
    }
    add(s, 1, &hash);
}

/* The last nodes, and the root. */
static int finish(struct storing *s, bool *wrong)
{
    struct hash root;

    if (s->levels[1].n > 0)
        put_node(s, 1, NULL); /* where the last few leaves begin */
    flush(s);
    if (s->failed)
        return -1;
    tree_root(&s->tree, &root);
    *wrong = (int64_t)s->tree.size != s->row->count || !hash_eq(&root, &s->row->root);
    if (*wrong) {
        snprintf(s->err, s->err_size,
                 _("The tables don't make the root of the snapshot of %lld records."),
                 (long long)s->row->size);
        return -1;
    }
    return 0;
}

static int store(struct storing *all, size_t n, const atomic_bool *stop, bool *wrong)
{
    int64_t sizes[SNAPSHOT_TREES_MAX];

    for (size_t k = 0; k < n; k++)
        sizes[k] = all[k].row->size;
    if (db_snapshot_leaves(all->conn, sizes, n, on_leaf, all, stop, all->err, all->err_size) != 0)
        return -1;
    for (size_t k = 0; k < n; k++)
        if (finish(&all[k], wrong) != 0)
            return -1;
    return db_exec_simple(all->conn, "COMMIT", all->err, all->err_size);
}

int snapshot_tree_store(PGconn *conn, const struct snapshot_row *rows, size_t n,
                        const atomic_bool *stop, bool *wrong, char *err, size_t err_size)
{
    struct storing *all = x_calloc(n, sizeof(*all));
    char ignored[DB_ERR_MAX];
    int rc;

    *wrong = false;
    for (size_t k = 0; k < n; k++) {
        all[k] = (struct storing){.conn = conn, .row = &rows[k], .err = err, .err_size = err_size};
        tree_init(&all[k].tree);
        all[k].nodes = x_calloc(FLUSH, sizeof(*all[k].nodes));
    }
    rc = db_exec_simple(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ", err, err_size);
    if (rc == 0 && (rc = store(all, n, stop, wrong)) != 0)
        (void)!db_exec_simple(conn, "ROLLBACK", ignored, sizeof(ignored));
    for (size_t k = 0; k < n; k++) {
        tree_free(&all[k].tree);
        free(all[k].nodes);
    }
    free(all);
    return rc;
}

/* ---- Paths ---- */

struct pathing {
    PGconn *conn;
    const struct snapshot_row *row;
    size_t n_groups;
    struct snapshot_group *groups;         /* by number, each once */
    struct hash (*hashes)[SNAPSHOT_WIDTH]; /* of their leaves */
    size_t n_nodes, cap_nodes;
    struct snapshot_node *nodes; /* stored ones that were asked for; sorted once they are read */
    bool read;
};

static int compare_groups(const void *a, const void *b)
{
    const struct snapshot_group *x = a, *y = b;

    return x->n < y->n ? -1 : x->n > y->n;
}

static int compare_nodes(const void *a, const void *b)
{
    const struct snapshot_node *x = a, *y = b;

    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return x->n < y->n ? -1 : x->n > y->n;
}

static const struct snapshot_node *find_node(const struct pathing *p, unsigned level, uint64_t n)
{
    const struct snapshot_node wanted = {.level = level, .n = n};

    return p->n_nodes ? bsearch(&wanted, p->nodes, p->n_nodes, sizeof(wanted), compare_nodes)
                      : NULL;
}

static void ask_node(struct pathing *p, unsigned level, uint64_t n)
{
    if (p->n_nodes == p->cap_nodes) {
        p->cap_nodes = p->cap_nodes ? 2 * p->cap_nodes : 256;
        p->nodes = x_realloc(p->nodes, p->cap_nodes * sizeof(*p->nodes));
    }
    memset(&p->nodes[p->n_nodes], 0, sizeof(*p->nodes));
    p->nodes[p->n_nodes].level = level;
    p->nodes[p->n_nodes].n = n;
    p->n_nodes++;
}

/* A node made of stored ones; the first time round they are only asked for. */
static bool stored_node(struct pathing *p, unsigned height, uint64_t i, struct hash *out)
{
    unsigned level = height / SNAPSHOT_HEIGHT, h = height % SNAPSHOT_HEIGHT;
    struct hash parts[SNAPSHOT_WIDTH];

    for (uint64_t k = 0; k < UINT64_C(1) << h; k++) {
        uint64_t n = (i << h) + k;

        if (!p->read) {
            ask_node(p, level, n);
            memset(&parts[k], 0, sizeof(parts[k]));
            continue;
        }
        const struct snapshot_node *node = find_node(p, level, n);
        if (!node)
            return false;
        parts[k] = node->hash;
    }
    root_of(parts, (size_t)1 << h, out);
    return true;
}

/* A tree_node over groups and stored nodes. */
static bool path_node(void *arg, unsigned height, uint64_t i, struct hash *out)
{
    struct pathing *p = arg;
    struct snapshot_group wanted = {0};
    const struct snapshot_group *g;
    size_t first, n = (size_t)1 << height;

    if (height >= SNAPSHOT_HEIGHT)
        return stored_node(p, height, i, out);
    wanted.n = (i << height) / SNAPSHOT_WIDTH;
    first = (size_t)((i << height) % SNAPSHOT_WIDTH);
    g = bsearch(&wanted, p->groups, p->n_groups, sizeof(wanted), compare_groups);
    if (!g || first + n > g->n_leaves)
        return false;
    root_of(&p->hashes[g - p->groups][first], n, out);
    return true;
}

/* The leaf among those of its group; NULL when the snapshot has none of that name. */
static const struct leaf *find_leaf(const struct snapshot_group *g, const struct snapshot_want *w,
                                    uint64_t *position)
{
    for (size_t i = 0; i < g->n_leaves; i++)
        if (g->leaves[i].kind == w->kind && str_eq(g->leaves[i].name, w->name)) {
            *position = g->n * SNAPSHOT_WIDTH + i;
            return &g->leaves[i];
        }
    return NULL;
}

/* The last leaves of the tree: every path passes them where their number isn't a multiple of 16. */
static int add_last_group(struct pathing *p, char *err, size_t err_size)
{
    const struct snapshot_want last = {LEAF_SUBJECT, "\x7f"};

    return db_snapshot_find(p->conn, p->row->size, &last, 1, &p->groups[p->n_groups++], err,
                            err_size);
}

/* Sorts the groups and leaves each once. */
static void unite_groups(struct pathing *p)
{
    size_t n = 0;

    qsort(p->groups, p->n_groups, sizeof(*p->groups), compare_groups);
    for (size_t i = 0; i < p->n_groups; i++) {
        if (!p->groups[i].there || (n > 0 && p->groups[n - 1].n == p->groups[i].n))
            continue;
        p->groups[n++] = p->groups[i];
    }
    p->n_groups = n;
}

static void hash_leaves(struct pathing *p)
{
    p->hashes = x_calloc(p->n_groups + 1, sizeof(*p->hashes));
    for (size_t i = 0; i < p->n_groups; i++)
        for (size_t k = 0; k < p->groups[i].n_leaves; k++)
            leaf_hash(&p->hashes[i][k], &p->groups[i].leaves[k], p->row->size);
}

/* Sorts what was asked for, each once, and reads it. */
static int read_nodes(struct pathing *p, char *err, size_t err_size)
{
    size_t n = 0;

    if (p->n_nodes)
        qsort(p->nodes, p->n_nodes, sizeof(*p->nodes), compare_nodes);
    for (size_t i = 0; i < p->n_nodes; i++)
        if (n == 0 || compare_nodes(&p->nodes[n - 1], &p->nodes[i]) != 0)
            p->nodes[n++] = p->nodes[i];
    p->n_nodes = n;
    p->read = true;
    return n ? db_snapshot_get(p->conn, p->row->size, p->nodes, n, err, err_size) : 0;
}

/* The groups' leaves, and what each wanted leaf is. */
static int find_leaves(struct pathing *p, const struct snapshot_want *wants, size_t n,
                       struct snapshot_path *out, bool *stored, char *err, size_t err_size)
{
    uint64_t *numbers = x_calloc(n + 1, sizeof(*numbers));
    bool *there = x_calloc(n + 1, sizeof(*there));
    int rc = -1;

    if (db_snapshot_find(p->conn, p->row->size, wants, n, p->groups, err, err_size) != 0)
        goto out;
    p->n_groups = n;
    for (size_t i = 0; i < n; i++) {
        numbers[i] = p->groups[i].n;
        there[i] = p->groups[i].there;
    }
    if (add_last_group(p, err, err_size) != 0)
        goto out;
    *stored = p->groups[n].there;
    unite_groups(p);
    if (db_snapshot_fill(p->conn, p->row->size, p->groups, p->n_groups, err, err_size) != 0)
        goto out;
    hash_leaves(p);
    for (size_t i = 0; i < n; i++) {
        const struct snapshot_group wanted = {.n = numbers[i]}, *g;
        const struct leaf *l;

        g = there[i] ? bsearch(&wanted, p->groups, p->n_groups, sizeof(wanted), compare_groups)
                     : NULL;
        l = g ? find_leaf(g, &wants[i], &out[i].position) : NULL;
        out[i].there = l != NULL;
        if (l)
            out[i].leaf = *l;
    }
    rc = 0;
out:
    free(numbers);
    free(there);
    return rc;
}

/* All proofs; the first time they only ask for nodes. */
static int make_proofs(struct pathing *p, struct snapshot_path *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int len;

        if (!out[i].there)
            continue;
        len = tree_inclusion(path_node, p, out[i].position, (uint64_t)p->row->count, out[i].proof);
        if (len < 0)
            return -1;
        out[i].n_proof = (size_t)len;
    }
    return 0;
}

static bool proofs_hold(const struct pathing *p, const struct snapshot_path *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct hash leaf;

        if (!out[i].there)
            continue;
        leaf_hash(&leaf, &out[i].leaf, p->row->size);
        if (!tree_check_inclusion(&leaf, out[i].position, (uint64_t)p->row->count, out[i].proof,
                                  out[i].n_proof, &p->row->root))
            return false;
    }
    return true;
}

int snapshot_paths(PGconn *conn, const struct snapshot_row *row, const struct snapshot_want *wants,
                   size_t n, struct snapshot_path *out, bool *stored, char *err, size_t err_size)
{
    struct pathing p = {.conn = conn, .row = row};
    int rc = -1;

    *stored = false;
    memset(out, 0, n * sizeof(*out));
    p.groups = x_calloc(n + 1, sizeof(*p.groups));
    if (find_leaves(&p, wants, n, out, stored, err, err_size) != 0)
        goto out;
    rc = 0;
    if (!*stored)
        goto out;
    if (make_proofs(&p, out, n) != 0 || read_nodes(&p, err, err_size) != 0 ||
        make_proofs(&p, out, n) != 0 || !proofs_hold(&p, out, n)) {
        snprintf(err, err_size,
                 _("The tables don't make the root of the snapshot of %lld records."),
                 (long long)row->size);
        rc = -1;
    }
out:
    free(p.groups);
    free(p.hashes);
    free(p.nodes);
    return rc;
}
