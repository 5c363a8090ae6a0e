/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LOG_PROOFS_H
#define PUMASI_LOG_PROOFS_H

#include <libpq-fe.h>

#include "core/tree.h"

/*
 * Many proofs in the log's tree at once, for a thread that may wait: as nodes.h, which is the
 * loop's. Each hash that the proofs need is there once, and a proof says by their places which.
 */
struct log_proofs;

/* In the tree of `size` records, which the database holds. */
struct log_proofs *log_proofs_new(PGconn *conn, uint64_t size);
void log_proofs_free(struct log_proofs *p);
/* Notes which tiles the inclusion proof of a record wants. -1 and a sentence. */
int log_proofs_want(struct log_proofs *p, int64_t index, char *err, size_t err_size) MUST_CHECK;
/* Reads what was noted, and what a consistency proof from the tree of `old` (0: none) wants. -1 and
 * a sentence. */
int log_proofs_load(struct log_proofs *p, uint64_t old, char *err, size_t err_size) MUST_CHECK;
/* The audit path of record `index`, or the proof from `old`, once loaded: places of hashes.
 * Their number, or -1. */
int log_proofs_inclusion(struct log_proofs *p, int64_t index,
                         uint32_t out[TREE_PROOF_MAX]) MUST_CHECK;
int log_proofs_consistency(struct log_proofs *p, uint64_t old,
                           uint32_t out[TREE_PROOF_MAX]) MUST_CHECK;
/* The place of a hash of another tree. */
uint32_t log_proofs_place(struct log_proofs *p, const struct hash *hash);
/* All hashes so far; the caller frees them. */
struct hash *log_proofs_take(struct log_proofs *p, size_t *n);

#endif
