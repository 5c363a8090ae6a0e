/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page of /metrics: Prometheus' text format, version 0.0.4. */
#include "ledgerd/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <time.h>

#include "ledgerd/collector.h"
#include "ledgerd/follower.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/outward.h"
#include "ledgerd/poster.h"
#include "ledgerd/reads.h"

/* Upper bounds of the classes but the last, and how they are written. */
struct classes {
    uint64_t most[METRICS_CLASSES - 1];
    const char *shown[METRICS_CLASSES];
};
static const struct classes acts_classes = {
    {1, 3, 10, 30, 100, 300, 1000, 3000, 10000},
    {"1", "3", "10", "30", "100", "300", "1000", "3000", "10000", "+Inf"},
};
static const struct classes us_classes = {
    {1000, 3000, 10000, 30000, 100000, 300000, 1000000, 3000000, 10000000},
    {"0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3", "10", "+Inf"},
};

/* ---- Counting ---- */

struct metrics *metrics_new(void)
{
    struct metrics *m = x_calloc(1, sizeof(*m));

    m->started = (int64_t)time(NULL);
    return m;
}

static void observe(struct histogram *h, const struct classes *classes, uint64_t value)
{
    size_t i = 0;

    while (i < METRICS_CLASSES - 1 && value > classes->most[i]) {
        i++;
    }
    atomic_fetch_add(&h->in[i], 1);
    atomic_fetch_add(&h->sum, value);
}

void metrics_count_commit(struct metrics *m, uint64_t us)
{
    observe(&m->commit_us, &us_classes, us);
}

void metrics_count_publish(struct metrics *m, uint64_t us)
{
    observe(&m->publish_us, &us_classes, us);
}

int64_t metrics_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void metrics_count_batch(struct metrics *m, uint64_t acts)
{
    observe(&m->batch_acts, &acts_classes, acts);
}

/* ---- The page ---- */

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP pumasi_%s %s\n# TYPE pumasi_%s %s\n", name, help, name, type);
}

static void counter(struct buf *b, const char *name, const char *help, atomic_uint_fast64_t *value)
{
    head(b, name, "counter", help);
    buf_printf(b, "pumasi_%s %" PRIu64 "\n", name, (uint64_t)atomic_load(value));
}

static void gauge(struct buf *b, const char *name, const char *help, int64_t value)
{
    head(b, name, "gauge", help);
    buf_printf(b, "pumasi_%s %" PRId64 "\n", name, value);
}

/* sum: the sum of all values, as it is to be written. */
static void histogram(struct buf *b, const char *name, const char *help, struct histogram *h,
                      const struct classes *classes, const char *sum)
{
    uint64_t n = 0;

    head(b, name, "histogram", help);
    for (size_t i = 0; i < METRICS_CLASSES; i++) {
        n += atomic_load(&h->in[i]);
        buf_printf(b, "pumasi_%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, classes->shown[i], n);
    }
    buf_printf(b, "pumasi_%s_sum %s\npumasi_%s_count %" PRIu64 "\n", name, sum, name, n);
}

static void seconds(struct buf *b, const char *name, const char *help, struct histogram *h)
{
    uint64_t us = atomic_load(&h->sum);
    char sum[48];

    (void)snprintf(sum, sizeof(sum), "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
    histogram(b, name, help, h, &us_classes, sum);
}

static void put_batches(struct buf *b, struct metrics *m)
{
    char sum[48];

    (void)snprintf(sum, sizeof(sum), "%" PRIu64, (uint64_t)atomic_load(&m->batch_acts.sum));
    histogram(b, "batch_acts", "Acts posted by one transaction.", &m->batch_acts, &acts_classes,
              sum);
    seconds(b, "commit_seconds", "Time to store and commit one transaction.", &m->commit_us);
    seconds(b, "checkpoint_seconds", "Time to write one checkpoint.", &m->publish_us);
}

static void act(struct buf *b, const char *outcome, atomic_uint_fast64_t *value)
{
    buf_printf(b, "pumasi_acts_total{outcome=\"%s\"} %" PRIu64 "\n", outcome,
               (uint64_t)atomic_load(value));
}

static void put_acts(struct buf *b, struct metrics *m)
{
    uint64_t refused = 0;

    for (int i = REFUSED_NOT + 1; i < REFUSED_COUNT; i++) {
        refused += atomic_load(&m->refused[i]);
    }
    head(b, "acts_total", "counter", "Acts answered, by outcome.");
    act(b, "posted", &m->posted);
    act(b, "repeated", &m->repeated);
    act(b, "pending", &m->pending);
    buf_printf(b, "pumasi_acts_total{outcome=\"refused\"} %" PRIu64 "\n", refused);
    act(b, "unknown", &m->unknown);
    head(b, "refusals_total", "counter", "Acts refused, by reason.");
    for (int i = REFUSED_NOT + 1; i < REFUSED_COUNT; i++) {
        buf_printf(b, "pumasi_refusals_total{reason=\"%s\"} %" PRIu64 "\n",
                   refusal_name((enum refusal_code)i), (uint64_t)atomic_load(&m->refused[i]));
    }
}

static void put_http(struct buf *b, struct metrics *m)
{
    head(b, "http_requests_total", "counter", "HTTP requests answered, by class of the status.");
    for (size_t i = 1; i < ARRAY_LEN(m->http_requests); i++) {
        buf_printf(b, "pumasi_http_requests_total{status=\"%zuxx\"} %" PRIu64 "\n", i,
                   (uint64_t)atomic_load(&m->http_requests[i]));
    }
    counter(b, "http_connections_refused_total",
            "Connections and requests turned away because their address had too many at once.",
            &m->http_turned_away);
}

static void put_tls(struct buf *b, struct metrics *m)
{
    if (atomic_load(&m->tls_expiry) == 0) {
        return;
    }
    gauge(b, "tls_certificate_expiry_seconds",
          "When the TLS certificate in use expires, in seconds since 1970.",
          atomic_load(&m->tls_expiry));
    gauge(b, "tls_reload_failed", "1 when the certificate read last can't be used.",
          atomic_load(&m->tls_reload_failed));
    counter(b, "tls_handshakes_failed_total", "TLS connections that never came about.",
            &m->tls_bad_handshakes);
}

static void put_mode(struct buf *b, const struct ledgerd *d)
{
    enum poster_mode now = poster_mode(d->poster);

    head(b, "mode", "gauge", "1 for what this ledgerd does now, 0 for the others.");
    for (int i = 0; i < POSTER_MODES; i++) {
        buf_printf(b, "pumasi_mode{mode=\"%s\"} %d\n", poster_mode_name((enum poster_mode)i),
                   (int)now == i);
    }
}

static void put_checkpoint(struct buf *b, const struct ledgerd *d)
{
    struct checkpoint c = {.size = 0};

    (void)published_get(d->published, &c, NULL, NULL);
    gauge(b, "checkpoint_records", "Size of the log as last signed.", (int64_t)c.size);
    gauge(b, "checkpoint_timestamp_seconds", "When it was last signed, in seconds since 1970.",
          published_time(d->published));
}

/* Left out where the system doesn't tell. */
static void put_disk(struct buf *b, const struct ledgerd *d)
{
    struct statvfs fs;

    if (statvfs(d->conf->data, &fs) == 0) {
        gauge(b, "data_free_bytes", "Free space of the data folder's file system.",
              (int64_t)((uint64_t)fs.f_bavail * fs.f_frsize));
        gauge(b, "data_size_bytes", "Size of the data folder's file system.",
              (int64_t)((uint64_t)fs.f_blocks * fs.f_frsize));
    }
}

static void put_witnesses(struct buf *b, const struct ledgerd *d)
{
    struct metrics *m = d->metrics;

    collector_put_metrics(d->collector, b);
    counter(b, "cosignatures_total", "Cosignatures taken of witnesses of this ledger.",
            &m->cosigners);
    if (d->witnessing != NULL) {
        counter(b, "cosigned_total", "Checkpoints of other ledgers cosigned here.", &m->cosigned);
        gauge(b, "sister_forks", "Ledgers witnessed here that were seen to have two histories.",
              atomic_load(&m->sister_forks));
        follower_put_metrics(d->follower, b);
    }
    if (d->outward != NULL) {
        gauge(b, "courier_up", "1 while the process that goes out to witnesses lives.",
              outward_up(d->outward));
    }
}

static void put_state(struct buf *b, const struct ledgerd *d)
{
    struct metrics *m = d->metrics;

    gauge(b, "records", "Size of the log.", atomic_load(&m->records));
    put_checkpoint(b, d);
    gauge(b, "pending_acts", "Acts that wait for signatures, as the ledgerd that posts knows.",
          atomic_load(&m->pending_acts));
    gauge(b, "queue_length", "Acts that wait to be posted.", (int64_t)queue_length(d->queue));
    gauge(b, "queue_max", "The most that may wait; others are told to come again.",
          d->conf->queue_max);
    gauge(b, "read_connections", "Connections to the database that answer queries.",
          (int64_t)reads_up(d->reads));
    gauge(b, "reads_waiting", "Queries that wait for one of them.",
          (int64_t)reads_waiting(d->reads));
    put_mode(b, d);
    gauge(b, "posting", "1 while this ledgerd posts.", atomic_load(&m->posting));
    gauge(b, "clock_stopped", "1 while posting waits for the operator to confirm the clock.",
          atomic_load(&m->clock_stopped));
    gauge(b, "disk_full", "1 when the last store failed for want of space.",
          atomic_load(&m->disk_full));
    gauge(b, "fork_seen", "1 when the database disagrees with the checkpoint kept outside of it.",
          atomic_load(&m->fork_seen));
    put_witnesses(b, d);
    put_disk(b, d);
}

void metrics_put(struct buf *b, const struct ledgerd *d)
{
    struct metrics *m = d->metrics;

    head(b, "build_info", "gauge", "1, with the version as a label.");
    buf_puts(b, "pumasi_build_info{version=\"" PUMASI_VERSION "\"} 1\n");
    gauge(b, "start_time_seconds", "When ledgerd was started, in seconds since 1970.", m->started);
    put_acts(b, m);
    put_batches(b, m);
    counter(b, "signatures_total", "Signatures taken up for verification.", &m->signatures);
    counter(b, "bad_tokens_total", "Query tokens refused.", &m->bad_tokens);
    counter(b, "rate_limited_total", "Acts and queries answered 429, to come again later.",
            &m->rate_limited);
    put_http(b, m);
    put_tls(b, m);
    counter(b, "database_errors_total", "Statements and connections that failed.",
            &m->database_errors);
    counter(b, "database_restarts_total", "Times the embedded PostgreSQL was started again.",
            &m->database_restarts);
    put_state(b, d);
}
