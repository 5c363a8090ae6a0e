/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DESK_H
#define PUMASI_DESK_H

#include <libpq-fe.h>
#include <stdatomic.h>

#include "core/base.h"
#include "core/buf.h"
#include "core/key.h"

struct ledgerd;

/*
 * Answers that take too long for the event loop, statements and paths in snapshots: a thread of its
 * own with a read-only connection makes them one after the other, so that there is never more than
 * one in memory in the making. Works on a ledgerd that stands by as well.
 */
struct desk;

enum desk_end {
    DESK_DONE,      /* `body` is the answer */
    DESK_NOT_FOUND, /* 404 */
    DESK_TOO_LARGE, /* 413, `why` says it */
    DESK_BUSY,      /* 503, `why` says it */
    DESK_BROKEN,    /* 500; logged */
};

struct desk_job {
    struct desk_job *next;
    struct kid kid; /* of the key that asks */
    /* Makes the answer, on the desk's thread. conn is in a transaction that sees one size of the
     * log. DESK_BUSY with `why` NULL: the database failed, and err has a sentence. */
    enum desk_end (*run)(struct desk_job *job, struct ledgerd *d, PGconn *conn);
    /* On the loop's thread, exactly once; takes the job back. */
    void (*done)(struct desk_job *job);
    enum desk_end end;
    const char *why; /* a constant sentence for the client, or NULL */
    char err[512];
    struct buf body;
    const atomic_bool *stop; /* set while the job runs */
};

struct desk *desk_start(struct ledgerd *d);
/* Ends the thread; what waits is answered DESK_BUSY. The loop's thread. */
void desk_stop(struct desk *desk);
/* The loop's thread. False, and nothing taken, when too many wait, in all or of this key. */
bool desk_ask(struct desk *desk, struct desk_job *job) MUST_CHECK;

#endif
