/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/bulk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/clock.h"
#include "client/http.h"
#include "client/problem.h"
#include "client/query.h"

#define BODIES      4   /* being made, on their way, being checked */
#define TIMEOUT     60  /* seconds for one body */
#define BACKOFF_MIN 200 /* milliseconds between tries */
#define BACKOFF_MAX 3000
#define LATER_MAX   3600 /* seconds for which it lets itself be sent away */

struct body {
    size_t first, n; /* its acts */
    struct buf text;
    struct http_answer answer;
    const char *starts[BULK_LINES];
    long statuses[BULK_LINES];
};

/* Bodies go round: prepared, then answered, then checked. The counts only grow; what lies between
 * two of them belongs to the thread that will raise the lower one. */
struct run {
    struct client *c;
    const struct bulk *b;
    size_t first, end;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t prepared, answered, checked;
    bool all_prepared, all_answered;
    int rc; /* of whichever thread stopped it first */
    struct body *bodies;
};

static struct body *body_at(struct run *r, size_t i)
{
    return &r->bodies[i % BODIES];
}

static void stop(struct run *r, int rc)
{
    pthread_mutex_lock(&r->mutex);
    if (r->rc == PUMASI_OK)
        r->rc = rc;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mutex);
}

static void step(struct run *r, size_t *count)
{
    pthread_mutex_lock(&r->mutex);
    (*count)++;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mutex);
}

static void end_of(struct run *r, bool *flag)
{
    pthread_mutex_lock(&r->mutex);
    *flag = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mutex);
}

/* --- making --- */

static void prepare_body(struct run *r, struct body *body, size_t first)
{
    buf_clear(&body->text);
    body->first = first;
    body->n = 0;
    while (first + body->n < r->end && body->n < BULK_LINES && body->text.len < BULK_BYTES)
        r->b->put(r->b->arg, first + body->n++, &body->text);
}

static void *prepare(void *arg)
{
    struct run *r = arg;
    size_t next = r->first;

    while (next < r->end) {
        struct body *body;

        pthread_mutex_lock(&r->mutex);
        while (r->rc == PUMASI_OK && r->prepared - r->checked == BODIES)
            pthread_cond_wait(&r->changed, &r->mutex);
        if (r->rc != PUMASI_OK) {
            pthread_mutex_unlock(&r->mutex);
            return NULL;
        }
        body = body_at(r, r->prepared);
        pthread_mutex_unlock(&r->mutex);
        prepare_body(r, body, next);
        next += body->n;
        step(r, &r->prepared);
    }
    end_of(r, &r->all_prepared);
    return NULL;
}

/* --- checking --- */

static int check_line(struct run *r, const struct body *body, size_t i)
{
    struct bulk_result result = {.i = body->first + i,
                                 .status = body->statuses[i],
                                 .line = body->starts[i],
                                 .len = strlen(body->starts[i])};
    json_t *json = json_loadb(result.line, result.len, 0, NULL);
    int rc;

    if (result.status == 200 || result.status == 201)
        result.receipt = json_object_get(json, "receipt");
    else
        result.problem = json_object_get(json, "problem");
    rc = r->b->take(r->b->arg, &result);
    json_decref(json);
    return rc;
}

static void *check(void *arg)
{
    struct run *r = arg;

    for (;;) {
        struct body *body;
        bool more;
        int rc = PUMASI_OK;

        /* What is answered is checked even after the sender gave up. */
        pthread_mutex_lock(&r->mutex);
        while (!r->all_answered && r->checked == r->answered)
            pthread_cond_wait(&r->changed, &r->mutex);
        more = r->checked < r->answered;
        body = body_at(r, r->checked);
        pthread_mutex_unlock(&r->mutex);
        if (!more)
            return NULL;
        for (size_t i = 0; rc == PUMASI_OK && i < body->n; i++)
            rc = check_line(r, body, i);
        if (rc == PUMASI_OK)
            rc = r->b->flush(r->b->arg, body->first + body->n);
        http_answer_free(&body->answer);
        if (rc != PUMASI_OK) {
            stop(r, rc);
            return NULL;
        }
        step(r, &r->checked);
    }
}

/* --- sending --- */

static void wait_ms(int64_t ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&ts, NULL);
}

enum sent {
    SENT,       /* every act has its outcome */
    SEND_AGAIN, /* not all have: *why says what was the matter */
    SEND_LATER, /* the same, and the ledger says when: 429 */
    SEND_NEVER, /* a sentence was printed */
};

/* The ledger has looked at some, or none, and says when it will look at the others. */
static bool is_later(const struct http_answer *a)
{
    return a->retry_after > 0 && a->retry_after <= LATER_MAX;
}

static enum sent send_later(struct run *r, struct http_answer *a, long *retry_after, char **why)
{
    *retry_after = a->retry_after;
    *why = x_asprintf(_("Too much was refused: the ledger at %s takes the next ones in %ld s. This "
                        "goes on then."),
                      r->c->profile.url, a->retry_after);
    http_answer_free(a);
    return SEND_LATER;
}

static enum sent send_once(struct run *r, const char *url, struct body *body, long *retry_after,
                           char **why)
{
    struct http_request rq = {.method = "POST",
                              .url = url,
                              .content_type = "application/x-ndjson",
                              .body = body->text.data,
                              .body_len = body->text.len,
                              .timeout = TIMEOUT};
    struct http_answer *a = &body->answer;
    json_t *problem;
    char *sentence;

    *retry_after = 0;
    if (http_do(r->c->http, &rq, a, why) != HTTP_ANSWERED)
        return SEND_AGAIN;
    if (a->status == 200) {
        if (bulk_split(a->body, a->len, body->n, body->starts, body->statuses))
            return SENT;
        if (is_later(a))
            return send_later(r, a, retry_after, why);
        *why = x_asprintf(_("The ledger at %s doesn't say of every act whether it is posted."),
                          r->c->profile.url);
    } else if (a->status == 429 && is_later(a)) {
        return send_later(r, a, retry_after, why);
    } else if (problem_is_open(a->status)) {
        *why = x_asprintf(_("The ledger at %s can't answer now (status %ld)."), r->c->profile.url,
                          a->status);
    } else {
        problem = json_loadb(a->body, a->len, 0, NULL);
        sentence = problem_sentence(r->c, a->status, problem, NULL, NULL);
        (void)fail(PUMASI_FAILED, "%s", sentence);
        free(sentence);
        json_decref(problem);
        http_answer_free(a);
        return SEND_NEVER;
    }
    *retry_after = a->retry_after;
    http_answer_free(a);
    return SEND_AGAIN;
}

/* Sends a body until all its acts have an outcome, or patience is at its end. */
static int send_body(struct run *r, const char *url, struct body *body)
{
    int64_t since = clock_steady_ms(), pause = BACKOFF_MIN, left;
    bool told = false;
    long retry_after;
    char *why;
    int rc;

    for (;;) {
        switch (send_once(r, url, body, &retry_after, &why)) {
        case SENT:
            if (told)
                r->b->tell(r->b->arg, BULK_AGAIN, body->first, NULL);
            return PUMASI_OK;
        case SEND_NEVER:
            return PUMASI_FAILED;
        case SEND_LATER:
            r->b->tell(r->b->arg, BULK_LATER, body->first, why);
            free(why);
            wait_ms((int64_t)retry_after * 1000);
            since = clock_steady_ms(); /* it is there */
            continue;
        case SEND_AGAIN:
            break;
        }
        left = since + r->b->patience * 1000 - clock_steady_ms();
        if (left <= 0) {
            rc = fail(PUMASI_UNKNOWN, "%s", why);
            free(why);
            return rc;
        }
        if (!told)
            r->b->tell(r->b->arg, BULK_WAITING, body->first, why);
        told = true;
        free(why);
        if (retry_after > 0 && pause < retry_after * 1000)
            pause = retry_after * 1000;
        wait_ms(pause < left ? pause : left);
        pause = pause * 2 > BACKOFF_MAX ? BACKOFF_MAX : pause * 2;
    }
}

static void send_all(struct run *r)
{
    char *url = x_asprintf("%s/v1/acts", r->c->profile.url);

    for (;;) {
        struct body *body;
        bool go;
        int rc;

        pthread_mutex_lock(&r->mutex);
        while (r->rc == PUMASI_OK && r->answered == r->prepared && !r->all_prepared)
            pthread_cond_wait(&r->changed, &r->mutex);
        go = r->rc == PUMASI_OK && r->answered < r->prepared;
        body = body_at(r, r->answered);
        pthread_mutex_unlock(&r->mutex);
        if (!go)
            break;
        rc = send_body(r, url, body);
        if (rc != PUMASI_OK) {
            stop(r, rc);
            break;
        }
        r->b->tell(r->b->arg, BULK_SENT, body->first + body->n, NULL);
        step(r, &r->answered);
    }
    end_of(r, &r->all_answered);
    free(url);
}

int bulk_run(struct client *c, const struct bulk *b, size_t first, size_t end)
{
    struct run r = {.c = c, .b = b, .first = first, .end = end};
    pthread_t preparer, checker;

    if (first >= end)
        return PUMASI_OK;
    r.bodies = x_calloc(BODIES, sizeof(*r.bodies));
    pthread_mutex_init(&r.mutex, NULL);
    pthread_cond_init(&r.changed, NULL);
    if (pthread_create(&preparer, NULL, prepare, &r) != 0)
        abort(); /* no process that got this far lacks room for two threads */
    if (pthread_create(&checker, NULL, check, &r) != 0)
        abort();
    send_all(&r);
    pthread_join(preparer, NULL);
    pthread_join(checker, NULL);
    pthread_cond_destroy(&r.changed);
    pthread_mutex_destroy(&r.mutex);
    for (size_t i = 0; i < BODIES; i++) {
        buf_free(&r.bodies[i].text);
        http_answer_free(&r.bodies[i].answer);
    }
    free(r.bodies);
    return r.rc;
}
