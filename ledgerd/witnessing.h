/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_WITNESSING_H
#define PUMASI_WITNESSING_H

/*
 * This ledgerd as a witness of other ledgers (`witness_for`): its key DATA/witness.key, and in
 * DATA/witness/ what it has cosigned last of each log, and evidence of forks. It belongs to one
 * machine: a standby with a data folder of its own is another witness, with another key. A thread
 * decides, so that the loop never waits for the disk: what is cosigned is flushed there first.
 */

#include <event2/event.h>

#include "core/buf.h"
#include "core/cosign.h"
#include "core/witness.h"
#include "ledgerd/peers.h"

struct metrics;
struct witnessing;

/* A checkpoint on its way; one thread owns it at a time. */
struct witness_job {
    struct witness_job *next;
    char *body; /* of POST /add-checkpoint, owned */
    size_t len;
    void (*done)(struct witness_job *job); /* on the loop's thread; takes the job back */
    void *owner;
    /* What came of it */
    struct witness_decision decision;
    uint64_t known;   /* the size that is remembered of the log */
    bool unstored;    /* it can't be remembered just now, so it isn't cosigned: 503 */
    struct buf lines; /* WITNESS_COSIGN: the cosignature, a signature line */
};
void witness_job_free(struct witness_job *job);

/*
 * Reads the key, or makes it with the folder where neither is there, and the memory. `name` is what
 * the witness is called. NULL and a sentence when any of it can't be used: a witness that forgot
 * must not cosign.
 */
struct witnessing *witnessing_open(const char *data_dir, const char *name, const struct peers *logs,
                                   struct metrics *m, char *err, size_t err_size) MUST_CHECK;
/* Starts its thread, within the sandbox. */
int witnessing_start(struct witnessing *w, struct event_base *base) MUST_CHECK;
/* Ends the thread, and calls done for what was under way. NULL is let be. */
void witnessing_stop(struct witnessing *w);
/* After witnessing_stop. NULL is let be. */
void witnessing_free(struct witnessing *w);

const struct cosigner *witnessing_who(const struct witnessing *w);
/* False, and the job stays the caller's, when too many wait. */
bool witnessing_push(struct witnessing *w, struct witness_job *job) MUST_CHECK;

/* The n-th log, as it was configured and is remembered; false beyond the last. */
bool witnessing_log(struct witnessing *w, size_t n, struct witness_log *out);
/* Appends the evidence of all forks that were seen, JSON objects with commas between them. */
void witnessing_put_forks(struct witnessing *w, struct buf *b);

#endif
