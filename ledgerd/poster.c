/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The poster's thread: batch after batch, and what becomes of one when things fail. */
#include "ledgerd/poster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/poster_int.h"
#include "ledgerd/thread.h"

#define EXPIRE_MS 60000
/* How long acts taken before are still posted when ledgerd ends. */
#define STOP_MS 15000

#define NO_SPACE WIRE_("The disk is full or fails: send the same again later.")
#define LATE     WIRE_("The outcome is not known: send the same again.")

int64_t poster_clock_ms(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t poster_now_ms(void)
{
    return poster_clock_ms(CLOCK_MONOTONIC);
}

void poster_pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

/* ---- Posting ---- */

/* True past the deadline, or when ledgerd ends and has given this enough time. */
static bool is_over(struct poster *p, int64_t deadline)
{
    int64_t now = poster_now_ms();

    if (p->stop_by == 0 && queue_is_shut(p->d->queue)) {
        p->stop_by = now + STOP_MS;
    }
    return now >= deadline || (p->stop_by != 0 && now >= p->stop_by);
}

/* Gets the database back, if need be until the deadline. True when we post, by the clock's time. */
static bool reach(struct poster *p, int64_t deadline)
{
    for (;;) {
        if (p->leading) {
            poster_watch_clock(p);
            return !p->clock.stopped;
        }
        if (p->forked || p->db != NULL) { /* or another one posts */
            return false;
        }
        if (is_over(p, deadline)) {
            return false;
        }
        poster_connect(p);
        if (p->db == NULL) {
            if (queue_is_shut(p->d->queue)) {
                return false;
            }
            poster_pause_ms(POSTER_RECONNECT_MS);
        }
    }
}

static void run_batch(struct poster *p, struct job **jobs, size_t n, int64_t deadline);

/* One of them, or all, can't be stored: each for itself then, lest one stops the others. */
static void run_apart(struct poster *p, struct job **jobs, size_t n, int64_t deadline)
{
    if (n == 1) {
        log_event(LOG_LEVEL_ERROR, "an act can't be stored", LOG_STR("by", jobs[0]->act.by),
                  LOG_STR("jti", jobs[0]->act.jti));
        poster_answer_busy(p, jobs, 1, "This act can't be stored: the operator's log says why.");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (is_over(p, deadline)) {
            poster_answer_busy(p, jobs + i, n - i, LATE);
            return;
        }
        run_batch(p, &jobs[i], 1, deadline);
    }
}

/* What became of it when it isn't done. True when it is to be run again. */
static bool mend(struct poster *p, enum db_end end)
{
    switch (end) {
    case DB_LOST:
    case DB_UNKNOWN:
        poster_complain(p,
                        end == DB_LOST ? _("the database was lost within a batch")
                                       : _("the outcome of a commit is unknown"),
                        db_post_fault(p->db));
        if (db_post_is_full(p->db)) {
            atomic_store(&p->d->metrics->disk_full, 1);
        }
        poster_drop(p);
        return true;
    case DB_UNCONFIRMED:
        /* Taking over commits as well: once that is confirmed, so is all that was before. */
        poster_complain(p, _("replication of a commit was not confirmed"),
                        _("see what PostgreSQL warns"));
        poster_drop(p);
        return false;
    case DB_OTHERS:
        log_warn("another ledgerd has taken over");
        poster_drop(p);
        return true;
    case DB_AGAIN:
        atomic_fetch_add(&p->d->metrics->database_errors, 1);
        poster_pause_ms(20);
        return true;
    case DB_FULL:
        atomic_store(&p->d->metrics->disk_full, 1);
        poster_complain(p, _("the database's disk is full"),
                        _("nothing can be posted until there is space"));
        p->next_try = poster_now_ms() + POSTER_RETRY_MS;
        return false;
    case DB_REFUSED:
        atomic_fetch_add(&p->d->metrics->database_errors, 1);
        return false;
    case DB_HASTY: /* batch_run's own */
    case DB_DONE:
        break;
    }
    return false;
}

/* What was decided is answered when all that was committed before it is published. */
static void finish(struct poster *p, struct job **jobs, size_t n, bool posted)
{
    if (!posted && publisher_wait(p->publisher) == 0) {
        poster_answer(p->d, jobs, n);
        return;
    }
    publisher_give(p->publisher, &p->ledger, jobs, n);
}

static void run_batch(struct poster *p, struct job **jobs, size_t n, int64_t deadline)
{
    bool posted;
    size_t done;

    while (n > 0) {
        if (!reach(p, deadline)) {
            poster_answer_busy(p, jobs, n, poster_why_busy(p));
            return;
        }
        enum db_end end =
            batch_run(p->batch, p->db, &p->ledger, p->clock.wall, jobs, n, &done, &posted);
        p->last_talk = poster_now_ms();
        if (end == DB_DONE) {
            poster_set_mode(p, poster_leading_mode(p));
            finish(p, jobs, done, posted);
            jobs += done;
            n -= done;
            continue;
        }
        bool again = mend(p, end);
        if (end == DB_REFUSED) {
            run_apart(p, jobs, n, deadline);
            return;
        }
        if (!again || is_over(p, deadline)) {
            poster_answer_busy(p, jobs, n, end == DB_FULL ? NO_SPACE : LATE);
            return;
        }
    }
}

/* The checkpoint of what was committed comes before anything new. */
static bool publish_owed(struct poster *p)
{
    struct hash root;

    if (!publisher_owes(p->publisher)) {
        return true;
    }
    tree_root(&p->ledger.tree, &root);
    if (publisher_sign(p->publisher, p->ledger.head.size, &root) != 0) {
        poster_complain(p, _("the checkpoint can't be written"), strerror(errno));
        return false;
    }
    atomic_store(&p->d->metrics->disk_full, 0);
    return true;
}

/* A quiet session is ended by the server, and another ledgerd takes over: a word now and then. */
static void keep_session(struct poster *p)
{
    int64_t every = p->d->conf->takeover_ms / 3;

    if (poster_now_ms() - p->last_talk >= every) {
        p->last_talk = poster_now_ms();
        if (db_post_ping(p->db) != DB_DONE) {
            (void)mend(p, DB_LOST);
        }
    }
}

/* A slice of what is out of time; while there is more, one after each batch. */
static void expire(struct poster *p)
{
    bool more;

    if (poster_now_ms() < p->next_expire) {
        return;
    }
    p->next_expire = poster_now_ms() + EXPIRE_MS;
    if (p->ledger.head.size == 0 ||
        p->ledger.head.is_continuing) { /* what waits then is all there is to go on by */
        return;
    }
    poster_watch_clock(p);
    if (p->clock.stopped) {
        return;
    }
    p->last_talk = poster_now_ms();
    enum db_end end = db_post_expire(p->db, &p->ledger, p->clock.wall / 1000, &more);
    if (end != DB_DONE) {
        (void)mend(p, end);
        return;
    }
    atomic_store(&p->d->metrics->pending_acts, strmap_sum(p->ledger.makers));
    if (more) {
        p->next_expire = 0;
    }
}

static void post(struct poster *p)
{
    struct queue *q = p->d->queue;
    int64_t every = p->d->conf->takeover_ms / 6;
    int wait = every > POSTER_RETRY_MS ? POSTER_RETRY_MS : (int)every + 1;

    poster_watch_clock(p);
    if (p->clock.stopped) {
        poster_turn_away(p, 100, poster_why_busy(p));
        keep_session(p);
        return;
    }
    if (poster_now_ms() < p->next_try || !publish_owed(p)) {
        poster_turn_away(p, 100, NO_SPACE);
        keep_session(p);
        return;
    }
    size_t n = queue_ready(q, p->jobs, p->max, p->next_expire == 0 ? 0 : wait);
    n = poster_sift(p, p->jobs, n);
    if (n > 0) {
        run_batch(p, p->jobs, n, poster_now_ms() + POSTER_PATIENCE_MS);
    } else {
        if (queue_is_shut(q)) { /* it says at once that nothing comes, while jobs are in hand */
            (void)publisher_wait(p->publisher);
        }
        keep_session(p);
    }
    if (p->leading) {
        expire(p);
    }
}

static void *run(void *arg)
{
    struct poster *p = arg;
    struct queue *q = p->d->queue;

    while (!queue_is_shut(q) || queue_length(q) > 0) {
        if (p->forked || is_over(p, INT64_MAX)) {
            (void)publisher_wait(p->publisher); /* nothing else waits here when ledgerd ends */
            poster_turn_away(p, POSTER_RETRY_MS, poster_why_busy(p));
        } else if (p->db == NULL) {
            poster_connect(p);
            if (p->db == NULL) {
                poster_stay_away(p);
            }
        } else if (!p->leading) {
            poster_stand_by(p);
        } else {
            post(p);
        }
    }
    poster_let_go(p);
    return NULL;
}

struct poster *poster_start(struct ledgerd *d)
{
    struct poster *p = x_calloc(1, sizeof(*p));

    p->d = d;
    p->max = (size_t)d->conf->batch_max;
    p->jobs = x_calloc(p->max, sizeof(struct job *));
    p->refused = x_calloc(p->max, sizeof(struct job *));
    p->batch = batch_new(d);
    p->publisher = publisher_start(d, p->max);
    p->away_since = poster_now_ms();
    clockwatch_start(&p->clock, poster_clock_ms(CLOCK_REALTIME), poster_clock_ms(CLOCK_BOOTTIME));
    atomic_store(&p->mode, POSTER_CONNECTING);
    if (thread_start(&p->thread, run, p) != 0) {
        fatal("no thread could be made to post");
    }
    return p;
}

void poster_confirm_clock(struct poster *p)
{
    atomic_store(&p->confirmed, true);
}

void poster_stop(struct poster *p)
{
    if (p == NULL) {
        return;
    }
    pthread_join(p->thread, NULL);
    publisher_stop(p->publisher);
    batch_free(p->batch);
    free(p->jobs);
    free(p->refused);
    free(p);
}
