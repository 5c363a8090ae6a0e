/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The way from the loop through the workers to the poster and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledgerd/queue.h"

static size_t done_count;
static size_t done_lines[1000];

static void note_done(struct job *job)
{
    done_lines[done_count++ % ARRAY_LEN(done_lines)] = job->line;
    job_free(job);
}

static struct job *make(size_t line, bool bulk)
{
    struct job *job = job_new(x_strdup("{}"), 2);

    job->line = line;
    job->bulk = bulk;
    job->done = note_done;
    return job;
}

static void push(struct queue *q, size_t line, bool bulk)
{
    assert_true(queue_push(q, make(line, bulk), 1));
    queue_wake(q);
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

static int set_up(void **state)
{
    done_count = 0;
    *state = queue_new(10);
    return 0;
}

static int tear_down(void **state)
{
    queue_free(*state);
    return 0;
}

static void there_and_back(void **state)
{
    struct queue *q = *state;
    struct job *jobs[10];

    push(q, 7, false);
    assert_int_equal(queue_ready(q, jobs, 10, 0), 0); /* not verified */
    assert_int_equal(queue_take(q, jobs, 10), 1);
    assert_true(jobs[0]->taken);
    assert_int_equal(queue_ready(q, jobs + 1, 9, 0), 0);
    queue_verified(q, jobs, 1);
    assert_int_equal(queue_ready(q, jobs, 10, 0), 1);
    assert_int_equal(queue_length(q), 1); /* until it is answered */
    assert_false(readable(queue_fd(q)));
    queue_answer(q, jobs, 1);
    assert_int_equal(queue_length(q), 0);
    assert_true(readable(queue_fd(q)));
    queue_collect(q);
    assert_false(readable(queue_fd(q)));
    assert_int_equal(done_count, 1);
    assert_int_equal(done_lines[0], 7);
}

static void order_of_arrival_though_verified_otherwise(void **state)
{
    struct queue *q = *state;
    struct job *jobs[10], *ready[10];

    for (size_t i = 1; i <= 4; i++) {
        push(q, i, false);
    }
    assert_int_equal(queue_take(q, jobs, 10), 4);
    queue_verified(q, &jobs[2], 2); /* 3 and 4 */
    assert_int_equal(queue_ready(q, ready, 10, 0), 0);
    queue_verified(q, &jobs[0], 1);
    assert_int_equal(queue_ready(q, ready, 10, 0), 1);
    assert_int_equal(ready[0]->line, 1);
    queue_answer(q, ready, 1);
    queue_verified(q, &jobs[1], 1);
    assert_int_equal(queue_ready(q, ready, 2, 0), 2); /* no more than asked for */
    assert_int_equal(ready[0]->line, 2);
    assert_int_equal(ready[1]->line, 3);
    queue_answer(q, ready, 2);
    assert_int_equal(queue_ready(q, ready, 10, 0), 1);
    assert_int_equal(ready[0]->line, 4);
    queue_answer(q, ready, 1);
    queue_collect(q);
    assert_int_equal(done_count, 4);
}

static void single_acts_go_before_bulk_lines(void **state)
{
    struct queue *q = *state;
    struct job *jobs[10];

    push(q, 1, true);
    push(q, 2, true);
    push(q, 3, false);
    assert_int_equal(queue_take(q, jobs, 1), 1);
    assert_int_equal(jobs[0]->line, 3);
    assert_int_equal(queue_take(q, jobs + 1, 9), 2);
    queue_verified(q, jobs, 3);
    assert_int_equal(queue_ready(q, jobs, 10, 0), 3);
    assert_int_equal(jobs[0]->line, 3);
    assert_int_equal(jobs[1]->line, 1);
    assert_int_equal(jobs[2]->line, 2);
    queue_answer(q, jobs, 3);
}

static void full_is_full(void **state)
{
    struct queue *q = *state;
    struct job *jobs[11], *over = make(1, true), *more = make(4, false);
    struct job *first = make(2, false), *second = make(3, false);

    first->bulk = second->bulk = true;
    for (size_t i = 0; i < 9; i++) {
        push(q, i, true);
    }
    assert_int_equal(queue_room(q), 1);
    first->next = second;
    assert_false(queue_push(q, first, 2)); /* all or none */
    assert_int_equal(queue_length(q), 9);
    assert_true(queue_push(q, over, 1));
    assert_int_equal(queue_room(q), 0);
    second->bulk = false;
    first->next = NULL;
    assert_false(queue_push(q, first, 1));
    assert_true(queue_push(q, second, 1)); /* a single act finds room beside bodies of many */
    assert_false(queue_push(q, more, 1));
    assert_int_equal(queue_take(q, jobs, 11), 11);
    queue_verified(q, jobs, 11);
    assert_int_equal(queue_ready(q, jobs, 11, 0), 11);
    assert_int_equal(queue_room(q), 0); /* what the poster has in hand counts */
    queue_answer(q, jobs, 11);
    assert_int_equal(queue_room(q), 10);
    job_free(first);
    job_free(more);
}

static void shut_lets_what_is_in_it_finish(void **state)
{
    struct queue *q = *state;
    struct job *jobs[10], *late = make(9, false);

    push(q, 1, false);
    queue_shut(q);
    assert_true(queue_is_shut(q));
    assert_false(queue_push(q, late, 1));
    assert_int_equal(queue_room(q), 0);
    job_free(late);
    assert_int_equal(queue_take(q, jobs, 10), 1);
    assert_int_equal(queue_take(q, jobs + 1, 9), 0); /* at once */
    queue_verified(q, jobs, 1);
    assert_int_equal(queue_ready(q, jobs, 10, 60000), 1);
    assert_int_equal(queue_ready(q, jobs + 1, 9, 60000), 0); /* at once */
    queue_answer(q, jobs, 1);
    queue_collect(q);
    assert_int_equal(done_count, 1);
}

static void waits_no_longer_than_asked(void **state)
{
    struct timespec before, after;
    struct job *jobs[1];

    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(queue_ready(*state, jobs, 1, 30), 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    int64_t ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    assert_in_range(ms, 29, 60000); /* and not for ever */
}

#define MANY 20000

static void *work(void *arg)
{
    struct job *jobs[7];
    size_t n;

    while ((n = queue_take(arg, jobs, 7)) > 0) {
        queue_verified(arg, jobs, n);
    }
    return NULL;
}

/* Counts the jobs and whether the lines of each kind came in order. */
struct posted {
    struct queue *q;
    size_t n, disorder;
};

static void *post(void *arg)
{
    struct posted *p = arg;
    struct job *jobs[100];
    size_t last[2] = {0, 0};

    while (!queue_is_shut(p->q) || queue_length(p->q) > 0) {
        size_t n = queue_ready(p->q, jobs, 100, 1000);
        for (size_t i = 0; i < n; i++) {
            p->disorder += jobs[i]->line <= last[jobs[i]->bulk];
            last[jobs[i]->bulk] = jobs[i]->line;
        }
        p->n += n;
        queue_answer(p->q, jobs, n);
    }
    return NULL;
}

static void many_threads_lose_nothing(void **state)
{
    struct queue *q = queue_new(500);
    struct posted posted = {q, 0, 0};
    pthread_t workers[3], poster;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
        assert_int_equal(pthread_create(&workers[i], NULL, work, q), 0);
    }
    assert_int_equal(pthread_create(&poster, NULL, post, &posted), 0);
    for (size_t i = 1; i <= MANY;) {
        if (queue_room(q) > 0) {
            push(q, i, i % 3 == 0);
            i++;
        } else {
            struct pollfd p = {.fd = queue_fd(q), .events = POLLIN};
            (void)poll(&p, 1, 1000);
        }
        queue_collect(q);
    }
    queue_shut(q);
    for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
        pthread_join(workers[i], NULL);
    }
    pthread_join(poster, NULL);
    queue_collect(q);
    assert_int_equal(done_count, MANY);
    assert_int_equal(posted.n, MANY);
    assert_int_equal(posted.disorder, 0);
    queue_free(q);
}

static void big_acts_fill_it_sooner(void **state)
{
    struct queue *q = queue_new(1000000);
    struct job *job = NULL, *out[1];
    size_t n = 0;

    (void)state;
    for (;; n++) { /* only their lengths count here */
        job = make(n, false);
        job->len = 65536;
        if (!queue_push(q, job, 1)) {
            break;
        }
    }
    assert_in_range(n, 500, 2000);
    /* One answered makes room for one. */
    assert_int_equal(queue_take(q, out, 1), 1);
    queue_verified(q, out, 1);
    assert_int_equal(queue_ready(q, out, 1, 1000), 1);
    assert_false(queue_push(q, job, 1));
    queue_answer(q, out, 1);
    queue_collect(q);
    assert_true(queue_push(q, job, 1));
    queue_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(order_of_arrival_though_verified_otherwise, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(single_acts_go_before_bulk_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full_is_full, set_up, tear_down),
        cmocka_unit_test(big_acts_fill_it_sooner),
        cmocka_unit_test_setup_teardown(shut_lets_what_is_in_it_finish, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_no_longer_than_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_threads_lose_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
