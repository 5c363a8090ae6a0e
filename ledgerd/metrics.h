/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_METRICS_H
#define PUMASI_METRICS_H

#include <stdatomic.h>

#include "core/base.h"
#include "core/buf.h"
#include "core/refusal.h"

struct ledgerd;

/* Observations sorted into ten classes by size; the last has no upper bound. */
#define METRICS_CLASSES 10
struct histogram {
    atomic_uint_fast64_t in[METRICS_CLASSES];
    atomic_uint_fast64_t sum;
};

/* Counters and gauges that /metrics shows (Prometheus text format). Any thread may add. */
struct metrics {
    int64_t started; /* when ledgerd was, in seconds since 1970 */
    atomic_uint_fast64_t posted, repeated, pending, unknown;
    atomic_uint_fast64_t refused[REFUSED_COUNT];
    struct histogram batch_acts; /* acts posted by one transaction */
    struct histogram commit_us;  /* what storing and committing one took */
    struct histogram publish_us; /* what writing a checkpoint took */
    atomic_uint_fast64_t signatures, bad_tokens;
    atomic_uint_fast64_t rate_limited;     /* acts and queries answered 429 */
    atomic_uint_fast64_t http_requests[6]; /* by hundred of the status */
    atomic_uint_fast64_t http_turned_away; /* connections and requests over an address's share */
    atomic_uint_fast64_t tls_bad_handshakes;
    atomic_int_fast64_t tls_expiry; /* of the certificate, since 1970; 0: there is none */
    atomic_int tls_reload_failed;   /* 1: the certificate read last can't be used */
    atomic_uint_fast64_t database_errors, database_restarts;
    atomic_int_fast64_t records;      /* the log's size */
    atomic_int_fast64_t pending_acts; /* that wait for signatures; known to the one that posts */
    atomic_int posting;               /* 1: this ledgerd posts, 0: it stands by or waits */
    atomic_int clock_stopped;         /* 1: posting waits for the operator to confirm the clock */
    atomic_int disk_full;             /* 1: the last store failed for want of space */
    atomic_int sister_forks;          /* ledgers that were seen to have two histories */
    atomic_uint_fast64_t cosigned;    /* checkpoints of other ledgers that this one cosigned */
    atomic_uint_fast64_t cosigners;   /* cosignatures that were taken for this ledger */
    atomic_int fork_seen; /* 1: the database disagrees with the checkpoint kept outside */
};

/* All at zero, started now. Freed with free(). */
struct metrics *metrics_new(void);
/* One transaction was committed; it took that many microseconds to store and commit. */
void metrics_count_commit(struct metrics *m, uint64_t us);
/* A checkpoint was written; it took that many microseconds. */
void metrics_count_publish(struct metrics *m, uint64_t us);
/* Of the monotonic clock, to tell what took how long. */
int64_t metrics_now_us(void);
/* One transaction posted that many acts. */
void metrics_count_batch(struct metrics *m, uint64_t acts);
/* Appends the whole page. The loop's thread only, as it asks the pool of read connections. */
void metrics_put(struct buf *b, const struct ledgerd *d);

#endif
