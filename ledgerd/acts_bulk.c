/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POST /v1/acts of many submissions at once. */
#include "ledgerd/acts_bulk.h"

#include <stdlib.h>
#include <string.h>

#include "core/envelope.h"
#include "ledgerd/out.h"
#include "ledgerd/receipts.h"
#include "ledgerd/verify.h"

struct bulk_line {
    size_t line;
    int status;
    const char *name;  /* "receipt", "pending" or "problem" */
    struct buf answer; /* JSON */
    int64_t record;    /* of an act that was posted before */
    bool repeated;
};

struct bulk {
    struct request *r;
    bool want_proof;
    struct bulk_line *lines;
    size_t n, cap;
    size_t waiting;  /* jobs not answered yet */
    atomic_int rest; /* see job.h */
    int retry_after; /* seconds, where lines were limited */
    struct kid key;  /* the last one of which lines came to nothing, and what these cost */
    size_t refused;
};

static void bulk_free(void *state)
{
    struct bulk *k = state;

    for (size_t i = 0; i < k->n; i++) {
        buf_free(&k->lines[i].answer);
    }
    free(k->lines);
    free(k);
}

/* Takes the answer over. */
static void line_take(struct bulk_line *l, int status, const char *name, struct buf *answer)
{
    buf_free(&l->answer);
    l->status = status;
    l->name = name;
    l->answer = *answer;
    *answer = (struct buf)BUF_INIT;
}

static void line_refuse(struct bulk_line *l, const struct refusal *refusal)
{
    struct buf b = BUF_INIT;

    problem_put_refusal(&b, refusal);
    line_take(l, refusal_status(refusal->code), "problem", &b);
}

static void line_limit(struct bulk *k, struct bulk_line *l, const struct job *job)
{
    struct buf b = BUF_INIT;

    problem_put(&b, PROBLEM_RATE_LIMITED, job->limited);
    line_take(l, problem_status(PROBLEM_RATE_LIMITED), "problem", &b);
    if (job->retry_after > k->retry_after) {
        k->retry_after = job->retry_after;
    }
}

static void line_busy(struct bulk_line *l, const char *detail)
{
    struct refusal refusal;

    (void)refuse(&refusal, REFUSED_BUSY, "%s", detail);
    line_refuse(l, &refusal);
}

/*
 * What a key signed well and came to nothing is counted once the body is done: counted meanwhile,
 * it could turn away the rest of the same body, each time that it is sent again.
 */
static void count_vain(struct bulk *k, const struct job *job)
{
    struct ledgerd *d = k->r->d;

    if (k->refused > 0 && (job == NULL || !str_eq(job->key.s, k->key.s))) {
        limits_refused(d->limits, &k->r->remote, k->key.s[0] != '\0' ? k->key.s : NULL, true,
                       k->refused, limits_now());
        k->refused = 0;
    }
    if (job != NULL) {
        k->key = job->key;
        k->refused += job_cost(job);
    }
}

static void bulk_reply(struct bulk *k)
{
    struct buf b = BUF_INIT;

    count_vain(k, NULL);
    if (k->retry_after > 0) {
        request_retry_after(k->r, k->retry_after);
    }

    for (size_t i = 0; i < k->n; i++) {
        const struct bulk_line *l = &k->lines[i];

        out_open(&b, NULL, '{');
        out_int(&b, "line", (int64_t)l->line);
        out_int(&b, "status", l->status);
        out_raw(&b, l->name, l->answer.data, l->answer.len);
        out_close(&b, '}');
        buf_putc(&b, '\n');
    }
    request_reply(k->r, 200, "application/x-ndjson", &b);
}

/* The receipts of those posted before, in the order of their lines. */
static void bulk_on_receipts(void *arg, enum read_end end, struct buf *receipts)
{
    struct bulk *k = arg;
    size_t i_receipt = 0;

    for (size_t i = 0; i < k->n; i++) {
        struct bulk_line *l = &k->lines[i];

        if (!l->repeated) {
            continue;
        }
        struct buf *text = end == READ_OK ? &receipts[i_receipt++] : NULL;
        if (text != NULL && text->len > 0) {
            line_take(l, 200, "receipt", text);
        } else {
            line_busy(l, "posted before, but its receipt can't be read now; send the same again");
        }
    }
    bulk_reply(k);
}

/* All jobs are answered. */
static void bulk_finish(struct bulk *k)
{
    int64_t *records = x_calloc(k->n + 1, sizeof(*records));
    size_t n = 0;

    for (size_t i = 0; i < k->n; i++) {
        if (k->lines[i].repeated) {
            records[n++] = k->lines[i].record;
        }
    }
    if (n > 0) {
        receipts_read(k->r->d, records, n, k->want_proof, bulk_on_receipts, k);
    } else {
        bulk_reply(k);
    }
    free(records);
}

static void bulk_on_done(struct job *job)
{
    struct bulk *k = job->owner;
    struct bulk_line *l = &k->lines[job->line - 1];

    if (job_is_vain(job)) {
        count_vain(k, job);
    }
    switch (job->status) {
    case JOB_POSTED:
        line_take(l, 201, "receipt", &job->answer);
        break;
    case JOB_PENDING:
        line_take(l, 202, "pending", &job->answer);
        break;
    case JOB_REPEATED:
        l->repeated = true;
        l->record = job->record;
        break;
    case JOB_LIMITED:
        line_limit(k, l, job);
        break;
    case JOB_REFUSED:
        line_refuse(l, &job->refusal);
        break;
    case JOB_UNKNOWN:
    case JOB_WAITING:
        line_busy(l, job->refusal.detail[0] != '\0'
                         ? job->refusal.detail
                         : "whether this was posted isn't known; send the same again");
        break;
    }
    job_free(job);
    if (--k->waiting == 0) {
        bulk_finish(k);
    }
}

static struct bulk_line *bulk_add(struct bulk *k, size_t line)
{
    struct bulk_line *l;

    if (k->n == k->cap) {
        k->cap = k->cap > 0 ? k->cap * 2 : 64;
        k->lines = x_realloc(k->lines, k->cap * sizeof(*k->lines));
    }
    l = &k->lines[k->n++];
    memset(l, 0, sizeof(*l));
    l->line = line;
    return l;
}

static bool blank(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r') {
            return false;
        }
    }
    return true;
}

/* Makes a job of each line. False when there are too many of them. */
static bool bulk_split(struct bulk *k, const char *body, size_t len, struct job **first)
{
    struct job **last = first;
    const char *end = body + len;
    size_t number = 0;

    for (const char *p = body; p < end;) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((eol != NULL ? eol : end) - p);
        const char *line = p;

        p += n + (eol != NULL);
        number++;
        n -= n > 0 && line[n - 1] == '\r';
        if (blank(line, n)) {
            continue;
        }
        if (k->n == BULK_LINES_MAX) {
            return false;
        }
        struct bulk_line *l = bulk_add(k, number);
        if (n > ENVELOPE_MAX) {
            struct refusal refusal;
            (void)refuse(&refusal, REFUSED_TOO_LARGE, "a submission has at most %d bytes",
                         ENVELOPE_MAX);
            line_refuse(l, &refusal);
            limits_refused(k->r->d->limits, &k->r->remote, NULL, false, 1, limits_now());
            continue;
        }
        char *bytes = x_malloc(n + 1);
        memcpy(bytes, line, n);
        bytes[n] = '\0';
        struct job *job = job_new(bytes, n);
        job->bulk = true;
        job->want_proof = k->want_proof;
        job->done = bulk_on_done;
        job->owner = k;
        job->from = k->r->remote;
        job->rest = &k->rest;
        job->line = k->n; /* its place in k->lines, from 1 */
        *last = job;
        last = &job->next;
        k->waiting++;
    }
    return true;
}

static void jobs_free(struct job *job)
{
    while (job != NULL) {
        struct job *next = job->next;
        job_free(job);
        job = next;
    }
}

void acts_bulk(struct request *r, char *body, size_t len, bool want_proof)
{
    struct bulk *k = x_calloc(1, sizeof(*k));
    struct job *first = NULL;
    struct refusal refusal;
    bool fits;

    k->r = r;
    k->want_proof = want_proof;
    r->state = k;
    r->state_free = bulk_free;
    fits = bulk_split(k, body, len, &first);
    free(body);
    if (!fits) {
        jobs_free(first);
        limits_refused(r->d->limits, &r->remote, NULL, false, 1, limits_now());
        (void)refuse(&refusal, REFUSED_TOO_LARGE, "a body has at most %d submissions",
                     BULK_LINES_MAX);
        request_refuse(r, &refusal);
    } else if (first == NULL) {
        bulk_finish(k);
    } else if (!queue_push(r->d->queue, first, k->waiting)) {
        jobs_free(first);
        request_busy(r, "too many acts are waiting; send the same again");
    } else {
        verifier_wake(r->d->verifier);
    }
}
