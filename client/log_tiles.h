/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LOG_TILES_H
#define PUMASI_LOG_TILES_H

#include "client/client.h"
#include "core/tileset.h"

/*
 * A log as it shows itself to everybody, a checkpoint and tiles (C2SP tlog-tiles) under an address
 * without a trailing slash: this ledger's, or any other's. Nothing of it is believed here; what
 * counts is whether proofs that are made of it lead to what is signed.
 */

/* GET of a public path that isn't JSON. *body is the caller's to free, NULL on failure. */
int log_get(struct client *c, const char *url, const char *path, long *status, char **body,
            size_t *len) MUST_CHECK;
/* Leaf hashes `from` to `to` (not included) of the log of `size` records. */
int log_leaves(struct client *c, const char *url, size_t from, size_t to, size_t size,
               struct hash *out) MUST_CHECK;
/* tree_prefix of the log of `size` records, 0 < old < size: *n hashes. */
int log_prefix(struct client *c, const char *url, uint64_t old, uint64_t size,
               const struct hash *old_root, struct hash out[TREE_PROOF_MAX], size_t *n) MUST_CHECK;
/* tree_inclusion of a record, from tiles that are kept for the next one; index < set->size. */
int log_inclusion(struct client *c, const char *url, struct tileset *set, uint64_t index,
                  struct hash out[TREE_PROOF_MAX], size_t *n) MUST_CHECK;

#endif
