/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REPLAY_H
#define PUMASI_REPLAY_H

#include "core/record.h"
#include "ledgerd/db_post.h"
#include "ledgerd/ledger.h"
#include "ledgerd/pendings.h"
#include "ledgerd/store.h"

/*
 * Records that were posted once, verified again one by one by core's rules, and gathered to be
 * stored: by `ledgerd init --from` into an empty database, by `ledgerd recover` behind those that
 * are there.
 */
struct replay {
    struct ledger *ledger;
    struct db_post *post;
    bool load_accounts; /* not all are in the state: those that an act touches are loaded first */
    int64_t time_ms;    /* of the latest record */
    size_t n;           /* records that wait to be stored */
    struct store store;
    struct pendings pendings; /* what the caller has of them; replay_store writes it */
    struct want wanted;       /* what replay_store looks up first */
    struct want named;        /* what a record names */
};

void replay_init(struct replay *r, struct ledger *ledger, struct db_post *post);
void replay_free(struct replay *r);

/* Adds the texts of that record, which is of that act, to a submission that has nothing else. -1
 * and a sentence. */
typedef int replay_texts(void *arg, int64_t index, const struct act *act, struct submission *out,
                         char *why, size_t size);

/*
 * Verifies the next record, whose index is the tree's size, and takes it into state, tree and
 * store. -1 and why; the state may then hold a part of it.
 */
int replay_record(struct replay *r, const char *header, size_t header_len, const char *const *parts,
                  const size_t *part_lens, size_t n_parts, replay_texts *texts, void *arg,
                  char *why, size_t why_size) MUST_CHECK;
/* Stores all that waits, in one transaction. -1 and a sentence. */
int replay_store(struct replay *r, char *err, size_t err_size) MUST_CHECK;

/* Has replay_record load a transfer or request that an act names; for acts that aren't posted. */
int replay_load_deal(struct replay *r, int64_t record) MUST_CHECK;

#endif
