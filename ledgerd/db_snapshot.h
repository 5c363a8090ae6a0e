/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_SNAPSHOT_H
#define PUMASI_DB_SNAPSHOT_H

#include <libpq-fe.h>
#include <stdatomic.h>

#include "core/base.h"
#include "core/snapshot.h"

/*
 * The leaves and nodes of snapshots (core/snapshot.h) as the database has them. Blocking; for
 * threads with a connection of their own, within a transaction that sees one size of the log.
 */

/* Nodes are stored of 16 of the level below; level 1 is of leaves. */
#define SNAPSHOT_WIDTH  16
#define SNAPSHOT_HEIGHT 4 /* of the tree, for each level */
#define SNAPSHOT_LEVELS 16

/*
 * Every leaf of the snapshots of n sizes, the largest first, now or long ago, in one pass: fn is
 * called with the size's place, and of each size in the snapshot's order. -1 and a sentence; *stop
 * set from outside ends it early.
 */
int db_snapshot_leaves(PGconn *conn, const int64_t *sizes, size_t n,
                       void (*fn)(void *arg, size_t k, const struct leaf *l), void *arg,
                       const atomic_bool *stop, char *err, size_t err_size) MUST_CHECK;

/* A recorded snapshot. */
struct snapshot_row {
    int64_t seq, record, size, count;
    struct hash root;
};

/*
 * Nodes are kept of the snapshots of the last `days` days up to the newest one, and of older ones
 * of the last of each month. Of all others one speaks as if they weren't there.
 */

/* Those whose nodes are to be kept and aren't stored, the newest first, at most max. */
int db_snapshot_bare(PGconn *conn, int64_t days, struct snapshot_row *out, size_t max, size_t *n,
                     char *err, size_t err_size) MUST_CHECK;
/* Deletes the nodes of the oldest one of which they aren't to be kept; *any: there was one. */
int db_snapshot_prune(PGconn *conn, int64_t days, bool *any, char *err, size_t err_size) MUST_CHECK;
/*
 * The snapshot that a statement shows: the first that is of at least `covers` records, else the
 * latest, among those recorded below record `below`. size 0: there is none.
 */
int db_snapshot_for(PGconn *conn, int64_t days, int64_t covers, int64_t below,
                    struct snapshot_row *out, char *err, size_t err_size) MUST_CHECK;
/* The one of exactly that size, recorded below `below`; size 0: there is none. */
int db_snapshot_of(PGconn *conn, int64_t days, int64_t size, int64_t below,
                   struct snapshot_row *out, char *err, size_t err_size) MUST_CHECK;

/* A node to be stored, or stored; kind and name for level 1. */
struct snapshot_node {
    unsigned level;
    uint64_t n;
    bool whole; /* it has a hash */
    struct hash hash;
    enum leaf_kind kind;
    char name[LEAF_NAME_MAX + 1];
};
int db_snapshot_put(PGconn *conn, int64_t size, const struct snapshot_node *nodes, size_t n,
                    char *err, size_t err_size) MUST_CHECK;
/* For each of n wanted (level and n set): its hash. -1 and a sentence when one isn't there. */
int db_snapshot_get(PGconn *conn, int64_t size, struct snapshot_node *nodes, size_t n, char *err,
                    size_t err_size) MUST_CHECK;

/* A stretch of up to 16 leaves, from its first on. */
struct snapshot_group {
    bool there;
    uint64_t n;          /* the node of level 1 */
    enum leaf_kind kind; /* of its first leaf */
    char name[LEAF_NAME_MAX + 1];
    bool last;                /* nothing follows */
    enum leaf_kind next_kind; /* the first leaf of the next group */
    char next_name[LEAF_NAME_MAX + 1];
    size_t n_leaves;
    struct leaf leaves[SNAPSHOT_WIDTH];
};
/*
 * For each of n leaves wanted, the group in which one of that kind and name would be: groups[i],
 * its `there` false where the snapshot's nodes aren't stored, or it would come before all leaves.
 */
struct snapshot_want {
    enum leaf_kind kind;
    const char *name;
};
int db_snapshot_find(PGconn *conn, int64_t size, const struct snapshot_want *wants, size_t n,
                     struct snapshot_group *groups, char *err, size_t err_size) MUST_CHECK;
/* Fills the leaves of n groups. */
int db_snapshot_fill(PGconn *conn, int64_t size, struct snapshot_group *groups, size_t n, char *err,
                     size_t err_size) MUST_CHECK;

#endif
