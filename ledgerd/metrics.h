/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_METRICS_H
#define PUMASI_METRICS_H

#include <stdatomic.h>

#include "core/base.h"
#include "core/buf.h"
#include "core/refusal.h"

/* Counters and gauges that /metrics shows (Prometheus text format). Any thread may add. */
struct metrics {
    atomic_uint_fast64_t posted, repeated, pending, unknown;
    atomic_uint_fast64_t refused[REFUSED_COUNT];
    atomic_uint_fast64_t batches, batch_acts, commit_us; /* sums */
    atomic_uint_fast64_t signatures, bad_tokens;
    atomic_uint_fast64_t http_requests[6]; /* by hundred of the status */
    atomic_uint_fast64_t database_errors, database_restarts;
    atomic_int_fast64_t records; /* the log's size */
    atomic_int posting;          /* 1: this ledgerd posts, 0: it stands by or waits */
    atomic_int clock_stopped;    /* 1: posting waits for the operator to confirm the clock */
    atomic_int disk_full;        /* 1: the last store failed for want of space */
    atomic_int fork_seen;        /* 1: the database disagrees with the checkpoint kept outside */
};

/* Appends the whole page. queue_length: acts waiting now. */
void metrics_put(struct buf *b, struct metrics *m, size_t queue_length);

#endif
