/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PUBLISHED_H
#define PUMASI_PUBLISHED_H

#include "core/base.h"
#include "core/buf.h"
#include "core/note.h"
#include "ledgerd/ownkeys.h"
#include "ledgerd/scribe.h"

/*
 * The latest checkpoint, signed after the commit that it covers, kept in memory for readers and
 * fsynced in DATA/checkpoint, outside of the database: a restored backup must not fork history in
 * silence. Any thread.
 */
struct published;

/*
 * Reads DATA/checkpoint when it is there, verifying its signature: by one of the log keys that this
 * ledgerd holds (1 to LOG_SIGNERS_MAX, the oldest first; they must outlive it), or by one of the n
 * that the ledger had before, as after a change of keys. It may be of an origin that this one
 * follows, or that follows this one (name_origin_follows): published_get then says so until
 * something of this one is signed.
 * It signs with all that it holds until published_use says more. NULL with err set when the file is
 * unreadable or not ours.
 */
struct published *published_open(const char *data_dir, const char *origin,
                                 const struct log_signer *signers, size_t n_signers,
                                 const struct key *earlier, size_t n, char *err, size_t err_size);
/* From now on the scribe, which must outlive p, does what needs the data folder's rights: all but
 * writing over the file's bytes where that can be done. NULL: this process itself. */
void published_by_scribe(struct published *p, struct scribe *scribe);
void published_free(struct published *p);

/*
 * From now on only those of the log keys that are among these n sign: all that are in force. What a
 * key signed last is kept when it goes (published_kept), so that whoever pinned it can still be
 * shown what follows it.
 */
void published_use(struct published *p, const struct key *in_force, size_t n);
/*
 * From now on what is signed is of this origin, however small, where it isn't already: the ledger
 * goes on under it. Whoever calls has seen the ledger.continue. What was signed last of the one
 * before is kept as DATA/checkpoint.lost. The poster's alone.
 */
void published_continue(struct published *p, const char *origin);
/* Those that sign now, the oldest first; how many. */
size_t published_keys(struct published *p, struct key out[LOG_SIGNERS_MAX]);
/*
 * Could people who pinned our key of that kid be led to another one, were it revoked now? Not
 * unless it and another of ours in force have signed the latest note: else nothing signed by it has
 * the record in which the other one was added. True of a key that isn't ours.
 */
bool published_leads_on(struct published *p, const struct kid *kid);
/* The newest of them, which signs what is to be verified for years; NULL when none is in force. */
const struct log_signer *published_newest(struct published *p);

/* A checkpoint that is signed and not yet written. */
struct draft {
    struct checkpoint checkpoint;
    struct buf note;
    unsigned signed_by; /* bit i: by signer i */
    bool is_old;        /* it is the published one already */
};
/* Signs it. -1, and nothing to be freed, with errno EINVAL when it is of another history than the
 * published one, EKEYREVOKED when none of our log keys is in force. */
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
/* Has the key of that kid signed the latest? */
bool published_signed(struct published *p, const struct kid *kid);
/* What the key of that kid signed last, once it signs no more, as far as that was here. As
 * published_get. */
bool published_kept(struct published *p, const struct kid *kid, struct checkpoint *c, char **note,
                    size_t *len);
/* How often the latest was signed by other keys, or is of another origin, than the one before: as
 * long as it is the same number, what was shown before can be verified as the latest can. */
uint64_t published_turns(struct published *p);
/* When the latest was signed, in seconds since 1970; 0 when there is none yet. */
int64_t published_time(struct published *p);

#endif
