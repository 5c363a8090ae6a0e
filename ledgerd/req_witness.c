/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * POST /add-checkpoint (C2SP tlog-witness): this ledgerd is asked to cosign another ledger's
 * checkpoint. POST /v1/cosignatures: a witness brings its cosignature of ours. Both public: what
 * counts is who signed.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "ledgerd/collector.h"
#include "ledgerd/out.h"
#include "ledgerd/req.h"
#include "ledgerd/witnessing.h"

/* The body, unless too much was refused from there; NULL: the request is answered. */
static char *take_body(struct request *r, size_t max, size_t *len)
{
    int wait = limits_wait_act(r->d->limits, &r->remote, NULL, limits_now());
    char *body;

    if (wait > 0) {
        request_limited(r, limits_why_refusals, wait);
        return NULL;
    }
    body = http_conn_take_body(r->conn, len);
    if (*len <= max)
        return body;
    free(body);
    limits_refused(r->d->limits, &r->remote, NULL, false, 1, limits_now());
    request_problem(r, PROBLEM_TOO_LARGE, "a signed checkpoint isn't as large as that");
    return NULL;
}

static void refused(struct request *r, enum problem p, const char *why)
{
    limits_refused(r->d->limits, &r->remote, NULL, false, 1, limits_now());
    request_problem(r, p, why);
}

static void on_decided(struct witness_job *job)
{
    struct request *r = job->owner;
    struct buf b = BUF_INIT;

    switch (job->decision.verdict) {
    case WITNESS_COSIGN:
        if (job->unstored)
            request_busy(r, "the checkpoint can't be remembered just now; send the same again");
        else
            request_reply(r, 200, "text/plain; charset=utf-8", &job->lines);
        break;
    case WITNESS_MALFORMED:
        limits_refused(r->d->limits, &r->remote, NULL, false, 1, limits_now());
        request_malformed(r, job->decision.why);
        break;
    case WITNESS_UNKNOWN:
        refused(r, PROBLEM_NOT_FOUND, job->decision.why);
        break;
    case WITNESS_UNSIGNED:
        refused(r, PROBLEM_UNSIGNED, job->decision.why);
        break;
    case WITNESS_STALE:
    case WITNESS_OTHER:
        buf_printf(&b, "%" PRIu64 "\n", job->known);
        request_reply(r, 409, "text/x.tlog.size", &b);
        break;
    case WITNESS_UNPROVED:
        refused(r, PROBLEM_UNPROVED, job->decision.why);
        break;
    }
    witness_job_free(job);
}

void req_add_checkpoint(struct request *r)
{
    struct witness_job *job;
    size_t len;
    char *body;

    if (r->d->witnessing == NULL) {
        request_not_found(r);
        return;
    }
    body = take_body(r, WITNESS_REQUEST_MAX, &len);
    if (body == NULL)
        return;
    job = x_calloc(1, sizeof(*job));
    job->body = body;
    job->len = len;
    job->done = on_decided;
    job->owner = r;
    if (!witnessing_push(r->d->witnessing, job)) {
        witness_job_free(job);
        request_busy(r, "too many checkpoints wait to be looked at; send the same again");
    }
}

void req_cosignatures(struct request *r)
{
    struct buf b = BUF_INIT;
    const char *why;
    bool moved;
    size_t len;
    char *body = take_body(r, NOTE_MAX, &len);
    int taken;

    if (body == NULL)
        return;
    taken = collector_take(r->d->collector, body, len, &moved, &why);
    free(body);
    if (taken < 0) {
        limits_refused(r->d->limits, &r->remote, NULL, false, 1, limits_now());
        request_malformed(r, why);
    } else if (moved) {
        request_problem(r, PROBLEM_MOVED_ON, "another checkpoint is shown by now; cosign that one");
    } else if (taken == 0) {
        refused(r, PROBLEM_UNSIGNED,
                WIRE_("there is no cosignature of a witness of this ledger in it"));
    } else {
        out_open(&b, NULL, '{');
        out_int(&b, "taken", taken);
        out_close(&b, '}');
        request_json(r, 200, &b);
    }
}
