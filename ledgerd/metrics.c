/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page of /metrics: Prometheus' text format, version 0.0.4. */
#include "ledgerd/metrics.h"

#include <inttypes.h>

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
}

void metrics_put(struct buf *b, struct metrics *m, size_t queue_length)
{
    uint64_t us = atomic_load(&m->commit_us);

    put_acts(b, m);
    counter(b, "batches_total", "Transactions that posted something.", &m->batches);
    counter(b, "batch_acts_total", "Acts in those transactions.", &m->batch_acts);
    head(b, "commit_seconds_total", "counter", "Time spent storing and committing.");
    buf_printf(b, "pumasi_commit_seconds_total %" PRIu64 ".%06" PRIu64 "\n", us / 1000000,
               us % 1000000);
    counter(b, "signatures_total", "Signatures taken up for verification.", &m->signatures);
    counter(b, "bad_tokens_total", "Query tokens refused.", &m->bad_tokens);
    put_http(b, m);
    counter(b, "database_errors_total", "Statements and connections that failed.",
            &m->database_errors);
    counter(b, "database_restarts_total", "Times the embedded PostgreSQL was started again.",
            &m->database_restarts);
    gauge(b, "records", "Size of the log.", atomic_load(&m->records));
    gauge(b, "queue_length", "Acts that wait.", (int64_t)queue_length);
    gauge(b, "posting", "1 while this ledgerd posts.", atomic_load(&m->posting));
    gauge(b, "clock_stopped", "1 while posting waits for the operator to confirm the clock.",
          atomic_load(&m->clock_stopped));
    gauge(b, "disk_full", "1 when the last store failed for want of space.",
          atomic_load(&m->disk_full));
    gauge(b, "fork_seen", "1 when the database disagrees with the checkpoint kept outside of it.",
          atomic_load(&m->fork_seen));
}
