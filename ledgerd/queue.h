/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_QUEUE_H
#define PUMASI_QUEUE_H

#include "core/base.h"
#include "ledgerd/job.h"

/*
 * The one way from the loop to the poster and back. Two lines, single acts and bulk lines, each
 * first in first out; workers verify out of order, the poster takes jobs in the order of arrival,
 * verified ones only, single acts before bulk lines.
 */
struct queue;

struct queue *queue_new(size_t max_jobs);
void queue_free(struct queue *q);
/* Loop: puts n jobs, linked by next, at the end of their line. False, and nothing taken, when it
 * would be over max_jobs, or more bytes than memory is given for. To be followed by queue_wake,
 * one for several of them. */
bool queue_push(struct queue *q, struct job *first, size_t n) MUST_CHECK;
/* Lets workers begin with what was pushed. */
void queue_wake(struct queue *q);
/* How many could be pushed now, and how many are in it. */
size_t queue_room(struct queue *q);
size_t queue_length(struct queue *q);
/* Workers: waits for up to max jobs to verify; 0 when the queue is shut. */
size_t queue_take(struct queue *q, struct job **out, size_t max);
void queue_verified(struct queue *q, struct job **jobs, size_t n);
/* Poster: up to max verified jobs in order, waiting at most wait_ms for the first; 0 on timeout or
 * when shut. */
size_t queue_ready(struct queue *q, struct job **out, size_t max, int wait_ms);
/* Poster: gives answered jobs back; wakes the loop through the eventfd. */
void queue_answer(struct queue *q, struct job **jobs, size_t n);
/* Loop: readable when answers wait; queue_collect calls each job's done(). */
int queue_fd(struct queue *q);
void queue_collect(struct queue *q);
/* No further pushes; the workers and the poster finish what is in it, then their takes answer 0 at
 * once. */
void queue_shut(struct queue *q);
bool queue_is_shut(struct queue *q);

#endif
