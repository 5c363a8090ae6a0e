/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PUBLISHED_H
#define PUMASI_PUBLISHED_H

#include "core/base.h"
#include "core/buf.h"
#include "core/note.h"

/*
 * The latest checkpoint, signed after the commit that it covers, kept in memory for readers and
 * fsynced in DATA/checkpoint, outside of the database: a restored backup must not fork history in
 * silence. Any thread.
 */
struct published;

/*
 * Reads DATA/checkpoint when it is there, verifying its signature: by our log key, or by one of the
 * n that the ledger had before, as after a change of keys. NULL with err set when the file is
 * unreadable or not ours.
 */
struct published *published_open(const char *data_dir, const char *origin,
                                 const uint8_t log_secret[KEY_SECRET_LEN],
                                 const struct key *earlier, size_t n, char *err, size_t err_size);
void published_free(struct published *p);

/* A checkpoint that is signed and not yet written. */
struct draft {
    struct checkpoint checkpoint;
    struct buf note;
    bool is_old; /* it is the published one already */
};
/* Signs it. -1 with errno EINVAL, and nothing to be freed, when it is of another history than the
 * published one. */
int published_draft(struct published *p, uint64_t size, const struct hash *root,
                    struct draft *out) MUST_CHECK;
/*
 * Writes it to the file and flushes that, then shows it to readers; frees the note in any case. One
 * at a time. -1 with errno when the disk fails: the file then still holds the one before.
 */
int published_write(struct published *p, struct draft *d) MUST_CHECK;
/* Both. */
int published_sign(struct published *p, uint64_t size, const struct hash *root) MUST_CHECK;
/* A copy of the latest signed note (caller frees) and what it says; false when there is none yet.
 */
bool published_get(struct published *p, struct checkpoint *c, char **note, size_t *len);
/* When the latest was signed, in seconds since 1970; 0 when there is none yet. */
int64_t published_time(struct published *p);

#endif
