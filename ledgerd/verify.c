/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The threads that parse and verify: the dearest work of all, and it shares nothing but the
 * keyring. */
#include "ledgerd/verify.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"

/* So few at a time that two threads share a small body evenly, so many that the lock isn't felt. */
#define TAKE_MAX 8

struct verifier {
    struct ledgerd *d;
    size_t n;
    pthread_t threads[];
};

void verify_job(struct job *job, struct keyring *keyring)
{
    struct refusal *r = &job->refusal;

    if (submission_parse(&job->sub, job->bytes, job->len, r) != 0) {
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
    }
}

static void *work(void *arg)
{
    struct verifier *v = arg;
    struct job *jobs[TAKE_MAX];
    size_t n;

    while ((n = queue_take(v->d->queue, jobs, TAKE_MAX)) > 0) {
        size_t signatures = 0;

        for (size_t i = 0; i < n; i++) {
            verify_job(jobs[i], v->d->keyring);
            signatures += jobs[i]->parsed ? jobs[i]->sub.env.n_sigs : 0;
        }
        atomic_fetch_add(&v->d->metrics->signatures, signatures);
        queue_verified(v->d->queue, jobs, n);
    }
    return NULL;
}

struct verifier *verifier_start(struct ledgerd *d, int threads)
{
    sigset_t all, before;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (threads <= 0) {
        threads = cores < 1 ? 1 : (int)cores;
    }
    struct verifier *v = x_calloc(1, sizeof(*v) + (size_t)threads * sizeof(v->threads[0]));
    v->d = d;
    v->n = (size_t)threads;
    /* Signals are the loop's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < v->n; i++) {
        if (pthread_create(&v->threads[i], NULL, work, v) != 0) {
            fatal("no thread could be made to verify signatures");
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
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
    free(v);
}
