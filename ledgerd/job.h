/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_JOB_H
#define PUMASI_JOB_H

#include <stdatomic.h>

#include "core/act.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/envelope.h"
#include "core/refusal.h"
#include "ledgerd/forwarded.h"

/*
 * One submission on its way: made by the event loop, verified by a worker, decided and stored by
 * the poster, answered by the loop again. One thread owns it at a time; queue.h hands it over.
 */
enum job_status {
    JOB_WAITING,
    JOB_POSTED,   /* 201, `answer` is the receipt */
    JOB_REPEATED, /* 200, `record` is the index of the record posted before; the loop reads its
                     receipt */
    JOB_PENDING,  /* 202, `answer` is the pending act's description */
    JOB_REFUSED,  /* `refusal` says why */
    JOB_LIMITED,  /* 429: not looked at; `limited` and `retry_after` say why and how long */
    JOB_UNKNOWN,  /* 503: the outcome of the COMMIT is unknown, or nobody posts here: send the same
                     again; `refusal` is busy */
};

struct job {
    struct job *next;
    /* The loop's */
    char *bytes; /* the submission's JSON text, owned */
    size_t len;
    bool bulk;       /* a line of an ndjson body: single acts go first */
    bool want_proof; /* put the proof into the receipt */
    void (*done)(
        struct job *job); /* called on the loop's thread when answered; takes the job back */
    void *owner;
    size_t line; /* from 1, for ndjson */
    struct remote from;
    atomic_int *rest; /* of its body, NULL for a single act: once a line is limited, so are those
                         not looked at yet, for so many seconds */
    /* The worker's */
    bool taken, verified; /* the queue's own marks */
    bool parsed;          /* sub and act hold something */
    bool unknown_key; /* the signatures want a key that wasn't registered when the worker looked:
                         the poster tries again */
    struct submission sub;
    struct act act;
    bool proven;    /* all signatures are good */
    struct kid key; /* the first of its signers, by kid, that is registered; else empty */
    const char *limited;
    int retry_after; /* seconds */
    /* The poster's */
    enum job_status status;
    struct refusal refusal;
    bool again; /* JOB_PENDING: it waits already, and nothing of this one was new */
    int64_t record;
    struct buf answer; /* JSON text */
};

/* Takes over `bytes` (malloc'd). */
struct job *job_new(char *bytes, size_t len);
void job_free(struct job *job);
/* job->key, NULL when it is empty. */
const char *job_key(const struct job *job);
/* What was signed well and came to nothing: refused, limited after all, or waiting already. */
bool job_is_vain(const struct job *job);
/* For how many refusals that counts: one for each signature, as verifying is what it costs. */
size_t job_cost(const struct job *job);

#endif
