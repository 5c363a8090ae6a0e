/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SNAPSHOT_TREE_H
#define PUMASI_SNAPSHOT_TREE_H

#include "core/tree.h"
#include "ledgerd/db_snapshot.h"

/*
 * Trees of snapshots: a path from any leaf to the root, of any past snapshot. Of each tree every
 * fourth row of nodes is stored (db_snapshot.h), a fifteenth of what all leaves would take, and the
 * leaves of the few groups that a path needs are made again from the other tables.
 */

/*
 * Makes n snapshots' trees, the newest first, from the tables as they stand, in one pass, and
 * stores their nodes, in a transaction of its own. -1 and a sentence; *wrong true when the tables
 * don't make a root that is recorded.
 */
#define SNAPSHOT_TREES_MAX 32
int snapshot_tree_store(PGconn *conn, const struct snapshot_row *rows, size_t n,
                        const atomic_bool *stop, bool *wrong, char *err,
                        size_t err_size) MUST_CHECK;

/* A leaf and its way to the root. */
struct snapshot_path {
    bool there; /* false: the snapshot has no such leaf */
    struct leaf leaf;
    uint64_t position;
    size_t n_proof;
    struct hash proof[TREE_PROOF_MAX]; /* RFC 6962 section 2.1.1, leaf's side first */
};
/*
 * Paths of n leaves; each was compared with the root. -1 and a sentence; *stored false when the
 * nodes of this snapshot aren't there yet.
 */
int snapshot_paths(PGconn *conn, const struct snapshot_row *row, const struct snapshot_want *wants,
                   size_t n, struct snapshot_path *out, bool *stored, char *err,
                   size_t err_size) MUST_CHECK;

#endif
