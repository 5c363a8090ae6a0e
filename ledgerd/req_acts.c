/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POST /v1/acts: one submission, or a line each; GET /v1/acts/{by}/{jti}: what became of one. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ledgerd/acts_bulk.h"
#include "ledgerd/clerk.h"
#include "ledgerd/pending_view.h"
#include "ledgerd/receipts.h"
#include "ledgerd/record_view.h"
#include "ledgerd/req.h"
#include "ledgerd/scope.h"
#include "ledgerd/verify.h"

#define QUEUE_FULL WIRE_("too many acts are waiting; send the same again")

static void single_on_receipt(void *arg, enum read_end end, struct buf *receipts)
{
    struct request *r = arg;

    if (end == READ_BUSY) {
        /* On a standby a record can be here a moment before the checkpoint that covers it. */
        request_busy(r, "the receipt can't be made just now; ask again in a moment");
    } else if (end != READ_OK) {
        request_read_failed(r, end);
    } else if (receipts[0].len == 0) {
        request_busy(r, "the record can't be read here yet; send the same again");
    } else {
        request_json(r, 200, &receipts[0]);
    }
}

static void single_on_done(struct job *job)
{
    struct request *r = job->owner;

    if (job_is_vain(job)) {
        limits_refused(r->d->limits, &job->from, job_key(job), true, job_cost(job), limits_now());
    }
    switch (job->status) {
    case JOB_POSTED:
        clerk_posted(r->d->clerk, &job->act);
        request_json(r, 201, &job->answer);
        break;
    case JOB_PENDING:
        request_json(r, 202, &job->answer);
        break;
    case JOB_REPEATED:
        receipts_read(r->d, &job->record, 1, job->want_proof, single_on_receipt, r);
        break;
    case JOB_LIMITED:
        request_limited(r, job->limited, job->retry_after);
        break;
    case JOB_REFUSED:
        request_refuse(r, &job->refusal);
        break;
    case JOB_UNKNOWN:
    case JOB_WAITING:
        if (job->refusal.code != REFUSED_BUSY) {
            (void)refuse(&job->refusal, REFUSED_BUSY,
                         "whether this was posted isn't known; send the same again");
        }
        request_refuse(r, &job->refusal);
        break;
    }
    job_free(job);
}

static void post_single(struct request *r, char *body, size_t len, bool want_proof)
{
    struct refusal refusal;
    struct job *job;

    if (len > ENVELOPE_MAX) {
        free(body);
        limits_refused(r->d->limits, &r->remote, NULL, false, 1, limits_now());
        (void)refuse(&refusal, REFUSED_TOO_LARGE, "a submission has at most %d bytes",
                     ENVELOPE_MAX);
        request_refuse(r, &refusal);
        return;
    }
    job = job_new(body, len);
    job->want_proof = want_proof;
    job->done = single_on_done;
    job->owner = r;
    job->from = r->remote;
    if (!queue_push(r->d->queue, job, 1)) {
        job_free(job);
        request_busy(r, QUEUE_FULL);
        return;
    }
    verifier_wake(r->d->verifier);
}

/* "Application/JSON ; charset=utf-8" is application/json. */
static bool media_is(const char *header, const char *type)
{
    size_t len;

    if (header == NULL) {
        return false;
    }
    header += strspn(header, " \t");
    len = strcspn(header, " \t;");
    return len == strlen(type) && strncasecmp(header, type, len) == 0;
}

void req_acts_post(struct request *r)
{
    const char *type = http_head_field(http_conn_head(r->conn), "Content-Type");
    char *proof = request_param(r, "proof");
    bool want_proof = proof == NULL || !str_eq(proof, "0");
    bool bulk = media_is(type, "application/x-ndjson");

    free(proof);
    if (!bulk && !media_is(type, "application/json")) {
        request_problem(r, PROBLEM_MEDIA_TYPE,
                        "acts are sent as application/json or application/x-ndjson");
        return;
    }
    size_t len;
    char *body = http_conn_take_body(r->conn, &len);
    if (bulk) {
        acts_bulk(r, body, len, want_proof);
    } else {
        post_single(r, body, len, want_proof);
    }
}

static void act_on_pending(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;

    if (PQntuples(res) != 1 ||
        !scope_sees_pending(&r->caller, r->arg[0], col_text(res, 0, PENDING_SIGNED),
                            col_text(res, 0, PENDING_ASKS))) {
        request_not_found(r);
        return;
    }
    if (pending_view_put(&b, res, 0) != 0) {
        buf_free(&b);
        request_read_failed(r, READ_BROKEN);
        return;
    }
    request_json(r, 202, &b);
}

static void act_on_record(struct request *r, const PGresult *res)
{
    int64_t index;
    bool visible;

    if (PQntuples(res) != 1) {
        request_read(r, read_pending_act(r->arg[0], r->arg[1], request_now()), act_on_pending);
        return;
    }
    struct record_view *v = record_view_new(
        col_text(res, 0, RECORD_HEADER), col_text(res, 0, RECORD_PARTS),
        col_text(res, 0, RECORD_BY), col_text_or_null(res, 0, RECORD_PARTIES), &r->caller);
    if (v == NULL) {
        request_read_failed(r, READ_BROKEN);
        return;
    }
    visible = v->n_visible > 0;
    index = v->header.index;
    record_view_free(v);
    if (!visible) {
        request_not_found(r);
        return;
    }
    receipts_read(r->d, &index, 1, true, single_on_receipt, r);
}

void req_act(struct request *r)
{
    if (!name_is_holder(r->arg[0]) || !name_is_jti(r->arg[1])) {
        request_not_found(r);
        return;
    }
    request_read(r, read_act(r->arg[0], r->arg[1]), act_on_record);
}
