/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_COPY_H
#define PUMASI_AUDIT_COPY_H

#include <jansson.h>

#include "client/audit.h"
#include "core/dump.h"
#include "core/record.h"
#include "core/tree.h"

/*
 * An auditor's copy of a log: a folder that only grows.
 *
 *   records, checkpoint, ledger.json   of the whole log: an export (core/dump.h)
 *   records, leaves, book.json, checkpoint   of a book: its records with the parts that may be
 *                                      seen, and the leaf hashes of the whole log, 32 bytes each
 *   checkpoints/<size>                 every signed checkpoint that was seen
 *   suspect                            what was got last time from the first record on that isn't
 *                                      what the tree says; replaced by each run
 *   evidence/                          what shows that the ledger told two stories
 *   audited.json                       how far signatures were verified
 *   lock
 *
 * `records` may go further than ledger.json says, by what a run got that was ended in the middle;
 * and it may end within a record, which is cut off.
 */
struct audit_copy {
    char *dir;
    char *coop; /* NULL: the whole log */
    bool own;   /* else an export of somebody's, which is only read */
    int lock, records, leaves_fd, suspect;
    /* Of each record where it begins, first those of `records`, then those of `suspect`. */
    size_t n, cap, n_good;
    int64_t *at, good_end, end;
    /* Leaf hashes: of the whole log one a record in `records`; of a book those of the log. */
    size_t n_leaves, cap_leaves;
    struct hash *leaves;
    int64_t last_index; /* of the last good record, -1 without one */
    size_t n_snapshots; /* which sizes snapshots are of, as their records claim */
    int64_t *snapshots;
    bool has_info; /* the three below */
    struct dump_info info;
    struct checkpoint checkpoint;
    char *note;
    bool unsigned_note; /* an export's: not signed by the log key that its ledger.json names */
};

/* Opens, or makes, one's own copy and locks it. PUMASI_OK, or not after a sentence. Close it in
 * every case. */
int audit_copy_open(struct audit_copy *c, const struct profile *p, const char *coop) MUST_CHECK;
/*
 * A copy of the ledger before, where this profile has followed it to another id since, is moved
 * beside: it may have records that are lost. *path is where it is, the caller's to free, and *size
 * how many records it has; NULL when there is none.
 */
int audit_copy_put_away(const struct profile *p, const char *coop, char **path,
                        int64_t *size) MUST_CHECK;
/* Somebody's export. */
int audit_copy_foreign(struct audit_copy *c, const char *dir) MUST_CHECK;
void audit_copy_close(struct audit_copy *c);

/* Adds leaves of the log, of a book's copy; fsynced. */
int audit_copy_leaves(struct audit_copy *c, const struct hash *leaves, size_t n) MUST_CHECK;
/* Adds a record; `good`: it is in the tree. From the first that isn't, all go to `suspect`. */
int audit_copy_add(struct audit_copy *c, const char *header, const char *const *parts, size_t n,
                   int64_t index, const struct hash *leaf, bool good) MUST_CHECK;
/* Makes what was added lasting. */
int audit_copy_sync(struct audit_copy *c) MUST_CHECK;
/* Forgets the records, and leaves, beyond so many of the log. */
int audit_copy_cut(struct audit_copy *c, int64_t size) MUST_CHECK;
/* Notes down what the copy now is: all records below the checkpoint's size. */
int audit_copy_finish(struct audit_copy *c, const struct dump_info *info, const char *note,
                      const struct checkpoint *checkpoint) MUST_CHECK;
/* How many records a whole copy has, or of a book's how far it was got. */
int64_t audit_copy_size(const struct audit_copy *c);
/* Reads the pieces of records `from` to `to` (not included) into b, which is emptied before. */
int audit_copy_read(const struct audit_copy *c, size_t from, size_t to, struct buf *b) MUST_CHECK;
/*
 * The record of that index, in b, which header and parts point into; they are emptied before. Of a
 * book's copy, which has gaps, it is searched. False when it isn't here.
 */
bool audit_copy_find(const struct audit_copy *c, int64_t record, struct buf *b, const char **header,
                     size_t *header_len, struct part_list *parts) MUST_CHECK;
/* The root of the first `size` leaves; -1 when there aren't as many. */
int audit_copy_root(const struct audit_copy *c, int64_t size, struct hash *out) MUST_CHECK;

/* Keeps a checkpoint that was seen. 0; 1 when another of that size was seen before, whose note is
 * then in *before, the caller's to free; -1 after a sentence. */
int audit_copy_seen(const struct audit_copy *c, const char *note,
                    const struct checkpoint *checkpoint, char **before) MUST_CHECK;
/* Keeps bytes in evidence/<name>. The path, the caller's to free; NULL when that failed. */
char *audit_copy_evidence(const struct audit_copy *c, const char *name, const char *bytes,
                          size_t len);
/* How many records had their signatures verified by an earlier run: 0 unless the leaves are still
 * those. */
int64_t audit_copy_verified(const struct audit_copy *c);
int audit_copy_set_verified(const struct audit_copy *c, int64_t size) MUST_CHECK;

#endif
