/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The thread that signs and writes checkpoints and gives the answers that wait for them, so that
 * the poster is at the next batch while the disk works. It has one batch in hand at most.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/poster_int.h"
#include "ledgerd/published.h"
#include "ledgerd/receipt.h"
#include "ledgerd/thread.h"

struct publisher {
    struct ledgerd *d;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t given, done;
    bool busy, ending; /* with the lock */
    int fault;         /* with the lock: errno of the latest write; 0: it is written */
    /* The thread's while it is busy, else the poster's. */
    uint64_t size; /* of the tree to be signed */
    struct hash root;
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

/* The checkpoint's note is the end of each proof. */
static void end_receipts(struct job **jobs, size_t n, const struct buf *note)
{
    struct buf json = BUF_INIT;

    buf_put_json(&json, note->data, note->len);
    for (size_t i = 0; i < n; i++) {
        if (jobs[i]->status == JOB_POSTED) {
            receipt_end(&jobs[i]->answer, jobs[i]->want_proof ? &json : NULL);
        }
    }
    buf_free(&json);
}

/* 0, or an errno. */
static int publish(struct publisher *pub)
{
    struct draft draft;

    if (published_draft(pub->d->published, pub->size, &pub->root, &draft) != 0) {
        if (pub->n > 0) {
            fatal("the published checkpoint is of another history than what is posted");
        }
        return errno;
    }
    end_receipts(pub->jobs, pub->n, &draft.note);
    int64_t start = metrics_now_us();
    if (published_write(pub->d->published, &draft) == 0) {
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
        int fault = publish(pub);
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

    pub->d = d;
    pub->jobs = x_calloc(max, sizeof(struct job *));
    pthread_mutex_init(&pub->lock, NULL);
    pthread_cond_init(&pub->given, NULL);
    pthread_cond_init(&pub->done, NULL);
    if (thread_start(&pub->thread, run, pub) != 0) {
        fatal("no thread could be made to publish");
    }
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

/* With the thread at rest. */
static void give(struct publisher *pub, uint64_t size, const struct hash *root, struct job **jobs,
                 size_t n)
{
    pub->size = size;
    pub->root = *root;
    if (n > 0) {
        memcpy(pub->jobs, jobs, n * sizeof(struct job *));
    }
    pub->n = n;
    pthread_mutex_lock(&pub->lock);
    pub->busy = true;
    pthread_cond_signal(&pub->given);
    pthread_mutex_unlock(&pub->lock);
}

void publisher_give(struct publisher *pub, const struct ledger *l, struct job **jobs, size_t n)
{
    struct hash root;

    (void)publisher_wait(pub);
    /* The checkpoint before is signed: from here on by whom, and of what origin, these acts say. */
    published_continue(pub->d->published, state_origin(l->state));
    ledger_use_log_keys(l, pub->d->published);
    tree_root(&l->tree, &root);
    give(pub, l->head.size, &root, jobs, n);
}

int publisher_sign(struct publisher *pub, uint64_t size, const struct hash *root)
{
    (void)publisher_wait(pub);
    give(pub, size, root, NULL, 0);
    return publisher_wait(pub);
}
