/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The thread that writes checkpoints and gives the answers that wait for them, so that the poster
 * is at the next batch while the disk works. It has one batch in hand at most.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/poster_int.h"

struct publisher {
    struct ledgerd *d;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t given, done;
    bool busy, ending; /* with the lock */
    int fault;         /* with the lock: errno of the latest write; 0: it is written */
    /* The thread's while it is busy, else the poster's. */
    struct draft draft;
    struct job **jobs;
    size_t n;
};

/* Nothing that hangs on the new records may be promised without the checkpoint. */
static void leave_open(struct job **jobs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (jobs[i]->status == JOB_POSTED || jobs[i]->status == JOB_REPEATED) {
            jobs[i]->status = JOB_UNKNOWN;
            (void)refuse(&jobs[i]->refusal, REFUSED_BUSY,
                         "The checkpoint could not be written: send the same again.");
        }
    }
}

static int write_draft(struct publisher *pub)
{
    int64_t start = metrics_now_us();

    if (published_write(pub->d->published, &pub->draft) == 0) {
        metrics_count_publish(pub->d->metrics, (uint64_t)(metrics_now_us() - start));
        return 0;
    }
    int fault = errno;
    log_error("the checkpoint can't be written: %s", strerror(fault));
    return fault;
}

static void *run(void *arg)
{
    struct publisher *pub = arg;

    pthread_mutex_lock(&pub->lock);
    for (;;) {
        while (!pub->busy && !pub->ending) {
            pthread_cond_wait(&pub->given, &pub->lock);
        }
        if (!pub->busy) {
            break;
        }
        pthread_mutex_unlock(&pub->lock);
        int fault = write_draft(pub);
        if (fault != 0) {
            atomic_store(&pub->d->metrics->disk_full, fault == ENOSPC);
            leave_open(pub->jobs, pub->n);
        }
        poster_answer(pub->d, pub->jobs, pub->n);
        pthread_mutex_lock(&pub->lock);
        pub->fault = fault;
        pub->busy = false;
        pthread_cond_signal(&pub->done);
    }
    pthread_mutex_unlock(&pub->lock);
    return NULL;
}

struct publisher *publisher_start(struct ledgerd *d, size_t max)
{
    struct publisher *pub = x_calloc(1, sizeof(*pub));
    sigset_t all, before;

    pub->d = d;
    pub->jobs = x_calloc(max, sizeof(struct job *));
    pthread_mutex_init(&pub->lock, NULL);
    pthread_cond_init(&pub->given, NULL);
    pthread_cond_init(&pub->done, NULL);
    /* Signals are the loop's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&pub->thread, NULL, run, pub) != 0) {
        fatal("no thread could be made to publish");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pub;
}

void publisher_stop(struct publisher *pub)
{
    pthread_mutex_lock(&pub->lock);
    pub->ending = true;
    pthread_cond_signal(&pub->given);
    pthread_mutex_unlock(&pub->lock);
    pthread_join(pub->thread, NULL);
    pthread_cond_destroy(&pub->given);
    pthread_cond_destroy(&pub->done);
    pthread_mutex_destroy(&pub->lock);
    free(pub->jobs);
    free(pub);
}

int publisher_wait(struct publisher *pub)
{
    pthread_mutex_lock(&pub->lock);
    while (pub->busy) {
        pthread_cond_wait(&pub->done, &pub->lock);
    }
    errno = pub->fault;
    pthread_mutex_unlock(&pub->lock);
    return errno == 0 ? 0 : -1;
}

bool publisher_owes(struct publisher *pub)
{
    pthread_mutex_lock(&pub->lock);
    while (pub->busy && pub->fault != 0) {
        pthread_cond_wait(&pub->done, &pub->lock);
    }
    bool owes = pub->fault != 0;
    pthread_mutex_unlock(&pub->lock);
    return owes;
}

void publisher_give(struct publisher *pub, struct draft *draft, struct job **jobs, size_t n)
{
    (void)publisher_wait(pub);
    pub->draft = *draft;
    if (n > 0) {
        memcpy(pub->jobs, jobs, n * sizeof(struct job *));
    }
    pub->n = n;
    pthread_mutex_lock(&pub->lock);
    pub->busy = true;
    pthread_cond_signal(&pub->given);
    pthread_mutex_unlock(&pub->lock);
}

int publisher_sign(struct publisher *pub, uint64_t size, const struct hash *root)
{
    struct draft draft;

    (void)publisher_wait(pub);
    if (published_draft(pub->d->published, size, root, &draft) != 0) {
        return -1;
    }
    publisher_give(pub, &draft, NULL, 0);
    return publisher_wait(pub);
}
