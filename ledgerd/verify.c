/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The threads that parse and verify: the dearest work of all, and it shares nothing but the
 * keyring. */
#include "ledgerd/verify.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/thread.h"

/* So few at a time that two threads share a small body evenly, so many that the lock isn't felt. */
#define TAKE_MAX 8

struct verifier {
    struct ledgerd *d;
    struct event *wake; /* the loop's, active once something was pushed in its present turn */
    size_t n;
    pthread_t threads[];
};

static void find_key(struct job *job, struct keyring *keyring)
{
    const struct envelope *env = &job->sub.env;
    struct key key;

    for (size_t i = 0; i < env->n_sigs; i++) {
        if (keyring_get(keyring, &env->sigs[i].kid, &key)) {
            job->key = env->sigs[i].kid;
            return;
        }
    }
}

static bool limit(struct job *job, int seconds)
{
    if (seconds == 0) {
        return false;
    }
    job->status = JOB_LIMITED;
    job->limited = limits_why_refusals;
    job->retry_after = seconds;
    if (job->rest != NULL) {
        atomic_store(job->rest, seconds);
    }
    return true;
}

/* Parsing shows by which key it comes, and costs little; what follows costs a lot. */
static void look_at(struct job *job, struct keyring *keyring, struct limits *limits)
{
    struct refusal *r = &job->refusal;

    if (job->rest != NULL && limit(job, atomic_load(job->rest))) {
        return;
    }
    if (submission_parse(&job->sub, job->bytes, job->len, r) != 0) {
        (void)limit(job, limits_wait_act(limits, &job->from, NULL, limits_now()));
        return;
    }
    find_key(job, keyring);
    if (limit(job, limits_wait_act(limits, &job->from, job_key(job), limits_now()))) {
        submission_free(&job->sub);
        return;
    }
    if (act_parse(&job->act, &job->sub.env, r) != 0) {
        submission_free(&job->sub);
        return;
    }
    job->parsed = true;
    if (act_check_texts(&job->act, &job->sub, r) != 0) {
        return;
    }
    if (envelope_verify(&job->sub.env, keyring_get, keyring, r) != 0) {
        job->unknown_key = r->code == REFUSED_UNKNOWN_KEY;
        return;
    }
    job->proven = true;
}

/* One job, on the caller's thread: fills sub, act, refusal, unknown_key, proven and key, or leaves
 * it at that: JOB_LIMITED. What is wrong here is counted here, but where this ledgerd doesn't post,
 * and may not have read the keys yet, an unknown key isn't. */
static void verify_job(struct job *job, struct keyring *keyring, bool posting,
                       struct limits *limits)
{
    look_at(job, keyring, limits);
    if (job->status != JOB_LIMITED && !job->proven && (posting || !job->unknown_key)) {
        limits_refused(limits, &job->from, job_key(job), false, job_cost(job), limits_now());
    }
}

static void *work(void *arg)
{
    struct verifier *v = arg;
    struct job *jobs[TAKE_MAX];
    size_t n;

    while ((n = queue_take(v->d->queue, jobs, TAKE_MAX)) > 0) {
        bool posting = atomic_load(&v->d->metrics->posting) != 0;
        size_t signatures = 0;

        for (size_t i = 0; i < n; i++) {
            verify_job(jobs[i], v->d->keyring, posting, v->d->limits);
            signatures += jobs[i]->parsed ? jobs[i]->sub.env.n_sigs : 0;
        }
        atomic_fetch_add(&v->d->metrics->signatures, signatures);
        queue_verified(v->d->queue, jobs, n);
    }
    return NULL;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct verifier *v = arg;

    (void)fd;
    (void)what;
    queue_wake(v->d->queue);
}

void verifier_wake(struct verifier *v)
{
    event_active(v->wake, EV_TIMEOUT, 0);
}

struct verifier *verifier_start(struct ledgerd *d, int threads)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (threads <= 0) {
        threads = cores < 1 ? 1 : (int)cores;
    }
    struct verifier *v = x_calloc(1, sizeof(*v) + (size_t)threads * sizeof(v->threads[0]));
    v->d = d;
    v->n = (size_t)threads;
    v->wake = event_new(d->base, -1, 0, on_wake, v);
    if (v->wake == NULL) {
        fatal("no event could be made");
    }
    for (size_t i = 0; i < v->n; i++) {
        if (thread_start(&v->threads[i], work, v) != 0) {
            fatal("no thread could be made to verify signatures");
        }
    }
    return v;
}

void verifier_stop(struct verifier *v)
{
    if (v == NULL) {
        return;
    }
    for (size_t i = 0; i < v->n; i++) {
        pthread_join(v->threads[i], NULL);
    }
    event_free(v->wake);
    free(v);
}
