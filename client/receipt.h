/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECEIPT_H
#define PUMASI_RECEIPT_H

#include <jansson.h>

#include "client/outbox.h"
#include "client/profile.h"
#include "core/base.h"
#include "core/date.h"
#include "core/note.h"

struct receipt {
    int64_t index;
    char time[TIME_LEN + 1];
    struct hash entry; /* SHA-256(header): for record 0 the second half of the ledger id */
    struct checkpoint checkpoint;
};

/*
 * Verifies {"index","time","by","jti","header","proof"}: by and jti are those asked for (either may
 * be NULL), the header is a record's and says the same, the proof leads from it to the checkpoint,
 * and the checkpoint is signed by the log key under the origin. 0, or -1 with *why a constant
 * sentence.
 */
int receipt_verify(struct receipt *out, const json_t *receipt, const char *by, const char *jti,
                   const char *origin, const struct key *log_key, const char **why) MUST_CHECK;

/* The same of a receipt that is kept here: by the pinned log key, or by one that was pinned before
 * the stewards changed it. */
int receipt_verify_kept(struct receipt *out, const json_t *receipt, const struct profile *p,
                        const char **why) MUST_CHECK;

/* Is the checkpoint in it signed by another log key beside the pinned one? */
bool receipt_has_other_key(const json_t *receipt, const struct profile *p);

/*
 * As receipt_verify, with the checkpoint opened by `open`: for many receipts under one, whose
 * signature needn't be verified each time. It fills *out from the note of a proof; 0, or -1 with
 * *why.
 */
typedef int receipt_open(void *arg, const struct proof *proof, struct checkpoint *out,
                         const char **why);
int receipt_verify_by(struct receipt *out, const json_t *receipt, const char *by, const char *jti,
                      receipt_open *open, void *arg, const char **why) MUST_CHECK;

/*
 * Keeps a verified receipt with the act it is for: receipts/<index>-<jti>.json, fsynced. Also
 * remembers the newest checkpoint; PUMASI_UNPROVED when the ledger showed another tree of the same
 * size before.
 */
int receipt_keep(const struct profile *p, const struct receipt *r, const json_t *receipt,
                 const struct outbox_entry *e) MUST_CHECK;
/* Keeps an answer that doesn't verify in evidence/, and returns PUMASI_UNPROVED after saying so
 * loudly. */
int receipt_accuse(const struct profile *p, const char *jti, const char *answer,
                   const char *why) MUST_CHECK;

#endif
