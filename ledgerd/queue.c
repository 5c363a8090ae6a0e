/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "ledgerd/log.h"
#include "ledgerd/thread.h"

/* Jobs in the order of arrival. Workers have taken all before `untaken`. */
struct line {
    struct job *head, *tail;
    struct job *untaken;
};

/* The order in which lines are served. */
enum {
    SINGLE,
    BULK,
    LINES
};

/*
 * All submissions together: a few times as much is in memory for them. Acts are about 1 KiB, so
 * that this bound is felt only by those who send the largest they can while the database is away.
 */
#define BYTES_MAX ((size_t)64 << 20)

/* Single acts may have an eighth more of everything, so that bodies of many can't shut them out. */
static size_t room_of(size_t max, bool bulk)
{
    return bulk ? max : max + max / 8;
}

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t work;  /* something to verify, or shut */
    pthread_cond_t ready; /* something to post, or shut */
    struct line line[LINES];
    size_t max_jobs;
    size_t in_lines;
    size_t untaken; /* of these, by workers */
    size_t in_hand; /* with the poster, not answered yet */
    size_t bytes;   /* of the submissions of all these */
    bool shut;
    struct job *answered, *answered_tail;
    int fd;
};

struct queue *queue_new(size_t max_jobs)
{
    struct queue *q = x_calloc(1, sizeof(*q));

    q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->fd < 0) {
        fatal("no eventfd could be made");
    }
    pthread_mutex_init(&q->lock, NULL);
    thread_cond_init(&q->work);
    thread_cond_init(&q->ready);
    q->max_jobs = max_jobs;
    return q;
}

static void free_list(struct job *job)
{
    while (job != NULL) {
        struct job *next = job->next;
        job_free(job);
        job = next;
    }
}

void queue_free(struct queue *q)
{
    if (q == NULL) {
        return;
    }
    free_list(q->line[SINGLE].head);
    free_list(q->line[BULK].head);
    free_list(q->answered);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->work);
    pthread_cond_destroy(&q->ready);
    close(q->fd);
    free(q);
}

bool queue_push(struct queue *q, struct job *first, size_t n)
{
    size_t bytes = 0;

    if (n == 0) {
        return true;
    }
    for (const struct job *job = first; job != NULL; job = job->next) {
        bytes += job->len;
    }
    pthread_mutex_lock(&q->lock);
    size_t length = q->in_lines + q->in_hand;
    bool fits = !q->shut && length + n <= room_of(q->max_jobs, first->bulk) &&
                q->bytes + bytes <= room_of(BYTES_MAX, first->bulk);
    if (fits) {
        q->bytes += bytes;
        struct job *next;
        for (struct job *job = first; job != NULL; job = next) {
            struct line *line = &q->line[job->bulk ? BULK : SINGLE];
            next = job->next;
            job->next = NULL;
            if (line->tail == NULL) {
                line->head = job;
            } else {
                line->tail->next = job;
            }
            line->tail = job;
            if (line->untaken == NULL) {
                line->untaken = job;
            }
        }
        q->in_lines += n;
        q->untaken += n;
    }
    pthread_mutex_unlock(&q->lock);
    return fits;
}

void queue_wake(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    if (q->untaken == 1) {
        pthread_cond_signal(&q->work);
    } else if (q->untaken > 1) {
        pthread_cond_broadcast(&q->work);
    }
    pthread_mutex_unlock(&q->lock);
}

size_t queue_length(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    size_t n = q->in_lines + q->in_hand;
    pthread_mutex_unlock(&q->lock);
    return n;
}

size_t queue_room(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    size_t length = q->in_lines + q->in_hand;
    size_t room = q->shut || length >= q->max_jobs ? 0 : q->max_jobs - length;
    pthread_mutex_unlock(&q->lock);
    return room;
}

size_t queue_take(struct queue *q, struct job **out, size_t max)
{
    size_t n = 0;

    pthread_mutex_lock(&q->lock);
    while (q->line[SINGLE].untaken == NULL && q->line[BULK].untaken == NULL && !q->shut) {
        pthread_cond_wait(&q->work, &q->lock);
    }
    for (size_t i = 0; i < LINES; i++) {
        struct line *line = &q->line[i];
        while (n < max && line->untaken != NULL) {
            line->untaken->taken = true;
            out[n++] = line->untaken;
            line->untaken = line->untaken->next;
        }
    }
    q->untaken -= n;
    pthread_mutex_unlock(&q->lock);
    return n;
}

static bool can_post(const struct queue *q)
{
    return (q->line[SINGLE].head != NULL && q->line[SINGLE].head->verified) ||
           (q->line[BULK].head != NULL && q->line[BULK].head->verified);
}

void queue_verified(struct queue *q, struct job **jobs, size_t n)
{
    pthread_mutex_lock(&q->lock);
    for (size_t i = 0; i < n; i++) {
        jobs[i]->verified = true;
    }
    if (can_post(q)) {
        pthread_cond_signal(&q->ready);
    }
    pthread_mutex_unlock(&q->lock);
}

static void deadline_in(struct timespec *t, int ms)
{
    clock_gettime(CLOCK_MONOTONIC, t);
    t->tv_sec += ms / 1000;
    t->tv_nsec += (long)(ms % 1000) * 1000000;
    if (t->tv_nsec >= 1000000000) {
        t->tv_sec++;
        t->tv_nsec -= 1000000000;
    }
}

size_t queue_ready(struct queue *q, struct job **out, size_t max, int wait_ms)
{
    struct timespec deadline;
    size_t n = 0;

    deadline_in(&deadline, wait_ms);
    pthread_mutex_lock(&q->lock);
    while (!can_post(q) && !(q->shut && q->in_lines == 0)) {
        if (pthread_cond_timedwait(&q->ready, &q->lock, &deadline) == ETIMEDOUT) {
            break;
        }
    }
    for (size_t i = 0; i < LINES; i++) {
        struct line *line = &q->line[i];
        while (n < max && line->head != NULL && line->head->verified) {
            struct job *job = line->head;
            line->head = job->next;
            if (line->head == NULL) {
                line->tail = NULL;
            }
            job->next = NULL;
            out[n++] = job;
        }
    }
    q->in_lines -= n;
    q->in_hand += n;
    pthread_mutex_unlock(&q->lock);
    return n;
}

void queue_answer(struct queue *q, struct job **jobs, size_t n)
{
    if (n == 0) {
        return;
    }
    pthread_mutex_lock(&q->lock);
    for (size_t i = 0; i < n; i++) {
        q->bytes -= jobs[i]->len;
        jobs[i]->next = NULL;
        if (q->answered_tail == NULL) {
            q->answered = jobs[i];
        } else {
            q->answered_tail->next = jobs[i];
        }
        q->answered_tail = jobs[i];
    }
    q->in_hand -= n;
    pthread_mutex_unlock(&q->lock);
    (void)eventfd_write(q->fd, 1); /* it can only fail when the count is full: readable anyway */
}

int queue_fd(struct queue *q)
{
    return q->fd;
}

void queue_collect(struct queue *q)
{
    eventfd_t count;

    /* First the count, then the list: what comes between makes the descriptor readable again. */
    (void)eventfd_read(q->fd, &count);
    pthread_mutex_lock(&q->lock);
    struct job *job = q->answered;
    q->answered = q->answered_tail = NULL;
    pthread_mutex_unlock(&q->lock);
    while (job != NULL) {
        struct job *next = job->next;
        job->next = NULL;
        job->done(job);
        job = next;
    }
}

void queue_shut(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->shut = true;
    pthread_cond_broadcast(&q->work);
    pthread_cond_broadcast(&q->ready);
    pthread_mutex_unlock(&q->lock);
}

bool queue_is_shut(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool shut = q->shut;
    pthread_mutex_unlock(&q->lock);
    return shut;
}
