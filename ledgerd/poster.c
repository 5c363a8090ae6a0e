/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The poster's thread: who posts, when, and what becomes of a batch when things fail. */
#include "ledgerd/poster.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledgerd/batch.h"
#include "ledgerd/db_load.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/zone.h"

/* How long an act waits for a database that is away before it is answered busy. */
#define PATIENCE_MS 30000
/* Between two tries to reach the database, and to take over, or to store after the disk was full.
 */
#define RECONNECT_MS 200
#define RETRY_MS     1000
#define EXPIRE_MS    60000
/* A clock that leaps as far, or is as far behind the log, stops posting. */
#define CLOCK_MS 60000

#define NO_SPACE "The disk is full or fails: send the same again later."

struct poster {
    struct ledgerd *d;
    pthread_t thread;
    atomic_int mode;
    atomic_bool confirmed; /* the operator says the clock is right */
    struct db_post *db;    /* NULL: not connected */
    bool leading;          /* ours is the epoch, and `ledger` is what the database holds */
    bool unpublished;      /* the latest checkpoint isn't on disk yet */
    bool clock_stopped;
    bool forked;
    struct ledger ledger;
    struct batch *batch;
    struct job **jobs, **refused; /* both of max places */
    size_t max;
    int64_t away_since; /* since when there is no database; monotonic ms like all below */
    int64_t last_talk, next_try, next_expire;
    int64_t last_complaint;
    /* The clocks when last looked at. */
    int64_t wall, boot;
    int64_t accepted_ms; /* head's time that the operator accepted to lie in the future */
};

static int64_t clock_ms(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

static void pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

/* ---- Modes ---- */

const char *poster_mode_name(enum poster_mode mode)
{
    switch (mode) {
    case POSTER_CONNECTING:
        return "connecting";
    case POSTER_STANDBY:
        return "standby";
    case POSTER_POSTING:
        return "posting";
    case POSTER_STOPPED_CLOCK:
        return "stopped: clock";
    case POSTER_STOPPED_FORK:
        return "stopped: fork";
    }
    return "unknown";
}

enum poster_mode poster_mode(const struct poster *p)
{
    return (enum poster_mode)atomic_load(&p->mode);
}

static void set_mode(struct poster *p, enum poster_mode mode)
{
    struct metrics *m = p->d->metrics;

    if (poster_mode(p) != mode) {
        log_event(LOG_LEVEL_INFO, "poster", LOG_STR("mode", poster_mode_name(mode)));
    }
    atomic_store(&p->mode, (int)mode);
    atomic_store(&m->posting, mode == POSTER_POSTING);
    atomic_store(&m->clock_stopped, mode == POSTER_STOPPED_CLOCK);
    atomic_store(&m->fork_seen, mode == POSTER_STOPPED_FORK);
}

static const char *why_busy(const struct poster *p)
{
    switch (poster_mode(p)) {
    case POSTER_CONNECTING:
        return "The database can't be reached just now: send the same again.";
    case POSTER_STANDBY:
        return "Another ledgerd posts, or its session has not ended yet: send the same again.";
    case POSTER_POSTING:
        return "The outcome is not known: send the same again.";
    case POSTER_STOPPED_CLOCK:
        return "Posting waits until the operator confirms the clock.";
    case POSTER_STOPPED_FORK:
        return "Posting is stopped: the database isn't the one of the last checkpoint.";
    }
    return "Busy.";
}

/* ---- Answers ---- */

/* What the worker found wrong for good needs no database. */
static bool is_refused(const struct job *job)
{
    return job->refusal.code != REFUSED_NOT && !job->unknown_key;
}

static void count_job(struct metrics *m, const struct job *job)
{
    switch (job->status) {
    case JOB_POSTED:
        atomic_fetch_add(&m->posted, 1);
        break;
    case JOB_REPEATED:
        atomic_fetch_add(&m->repeated, 1);
        break;
    case JOB_PENDING:
        atomic_fetch_add(&m->pending, 1);
        break;
    case JOB_REFUSED:
        atomic_fetch_add(&m->refused[job->refusal.code], 1);
        break;
    case JOB_WAITING:
    case JOB_UNKNOWN:
        atomic_fetch_add(&m->unknown, 1);
        break;
    }
}

static void answer(struct poster *p, struct job **jobs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        count_job(p->d->metrics, jobs[i]);
    }
    queue_answer(p->d->queue, jobs, n);
}

static void answer_busy(struct poster *p, struct job **jobs, size_t n, const char *why)
{
    for (size_t i = 0; i < n; i++) {
        if (is_refused(jobs[i])) {
            jobs[i]->status = JOB_REFUSED;
        } else {
            jobs[i]->status = JOB_UNKNOWN;
            (void)refuse(&jobs[i]->refusal, REFUSED_BUSY, "%s", why);
        }
    }
    answer(p, jobs, n);
}

/* Answers whatever comes within wait_ms. */
static void turn_away(struct poster *p, int wait_ms, const char *why)
{
    size_t n = queue_ready(p->d->queue, p->jobs, p->max, wait_ms);

    answer_busy(p, p->jobs, n, why);
}

/* Answers those refused already and moves the others to the front; how many these are. */
static size_t sift(struct poster *p, struct job **jobs, size_t n)
{
    size_t kept = 0, refused = 0;

    for (size_t i = 0; i < n; i++) {
        if (is_refused(jobs[i])) {
            jobs[i]->status = JOB_REFUSED;
            p->refused[refused++] = jobs[i];
        } else {
            jobs[kept++] = jobs[i];
        }
    }
    answer(p, p->refused, refused);
    return kept;
}

/* ---- The clock ---- */

/* Records would say when they were made, and be wrong: a leap is for the operator to judge. */
static void watch_clock(struct poster *p)
{
    int64_t wall = clock_ms(CLOCK_REALTIME), boot = clock_ms(CLOCK_BOOTTIME);
    int64_t leap = (wall - p->wall) - (boot - p->boot);
    int64_t head = p->ledger.head.time_ms;

    p->wall = wall;
    p->boot = boot;
    if (atomic_exchange(&p->confirmed, false) && p->clock_stopped) {
        log_event(LOG_LEVEL_WARN, "the operator confirmed the clock", LOG_INT("wall_ms", wall));
        p->clock_stopped = false;
        p->accepted_ms = head;
        set_mode(p, POSTER_POSTING);
        return;
    }
    bool leapt = leap <= -CLOCK_MS || leap >= CLOCK_MS;
    bool behind = wall < head - CLOCK_MS && head != p->accepted_ms;
    if (!p->clock_stopped && (leapt || behind)) {
        log_event(LOG_LEVEL_ERROR,
                  leapt ? "the clock leapt: posting waits for SIGUSR1"
                        : "the clock is behind the log: posting waits for SIGUSR1",
                  LOG_INT("wall_ms", wall), LOG_INT("leap_ms", leap), LOG_INT("head_ms", head));
        p->clock_stopped = true;
        set_mode(p, POSTER_STOPPED_CLOCK);
    }
}

/* ---- Connecting, taking over ---- */

static void let_go(struct poster *p)
{
    if (p->db != NULL) {
        db_post_close(p->db);
        p->db = NULL;
        p->away_since = now_ms();
    }
    if (p->leading) {
        ledger_free(&p->ledger);
        p->leading = false;
    }
}

static void drop(struct poster *p)
{
    let_go(p);
    if (!p->forked) {
        set_mode(p, POSTER_CONNECTING);
    }
}

/* The same trouble is told once in a while. */
static void complain(struct poster *p, const char *what, const char *why)
{
    atomic_fetch_add(&p->d->metrics->database_errors, 1);
    if (p->last_complaint == 0 || now_ms() - p->last_complaint > 5000) {
        p->last_complaint = now_ms();
        log_event(LOG_LEVEL_WARN, what, LOG_STR("why", why));
    }
}

static void see_fork(struct poster *p, uint64_t size, const struct checkpoint *c)
{
    log_event(LOG_LEVEL_ERROR,
              size < c->size
                  ? "the database is behind the last checkpoint: nothing is posted. Was an "
                    "old backup restored?"
                  : "the database disagrees with the last checkpoint: nothing is posted",
              LOG_INT("database_size", size), LOG_INT("checkpoint_size", c->size));
    p->forked = true;
    set_mode(p, POSTER_STOPPED_FORK);
    drop(p);
}

/*
 * Compares the log in the database, of that size and root, with the checkpoint kept outside, and
 * signs one that covers it all. -1 when that can't be done now, or never (then p->forked).
 */
static int check_published(struct poster *p, uint64_t size, const struct hash *root)
{
    struct checkpoint c;
    char err[DB_ERR_MAX];

    if (published_get(p->d->published, &c, NULL, NULL)) {
        struct hash then = *root;
        if (size > c.size && db_load_root_at(p->db, c.size, &then, err, sizeof(err)) != 0) {
            complain(p, "the log can't be compared with the last checkpoint", err);
            return -1;
        }
        if (size < c.size || !hash_eq(&then, &c.root)) {
            see_fork(p, size, &c);
            return -1;
        }
    }
    atomic_store(&p->d->metrics->records, (int64_t)size);
    if (size > 0 && published_sign(p->d->published, size, root) != 0) {
        complain(p, "the checkpoint can't be written", strerror(errno));
        return -1;
    }
    return 0;
}

static int load(struct poster *p, char *err, size_t err_size)
{
    ledger_init(&p->ledger, p->d->origin);
    p->leading = true; /* there is a ledger to be freed by drop() */
    if (db_load_ledger(p->db, &p->ledger, p->d->keyring, err, err_size) != 0) {
        return -1;
    }
    const struct holder *ledger = state_holder(p->ledger.state, "ledger");
    if (ledger != NULL && zone_set(ledger->zone) != 0) {
        str_copy(err, err_size, "this machine doesn't know the ledger's time zone: install tzdata");
        return -1;
    }
    return 0;
}

/* Tries to become the one that posts. */
static void try_lead(struct poster *p)
{
    char err[DB_ERR_MAX];
    struct hash root;
    int64_t epoch;

    switch (db_post_lock(p->db)) {
    case DB_DONE:
        break;
    case DB_OTHERS:
        set_mode(p, POSTER_STANDBY);
        return;
    default: /* whatever else it may say, there is no connection to go on with */
        complain(p, "the connection was lost", db_post_fault(p->db));
        drop(p);
        return;
    }
    if (db_post_take_over(p->db, &epoch) != DB_DONE) {
        complain(p, "posting can't be taken over", db_post_fault(p->db));
        drop(p);
        return;
    }
    if (load(p, err, sizeof(err)) != 0) {
        complain(p, "the state can't be loaded", err);
        drop(p);
        return;
    }
    tree_root(&p->ledger.tree, &root);
    if (p->ledger.head.epoch != epoch || check_published(p, p->ledger.head.size, &root) != 0) {
        drop(p);
        return;
    }
    log_event(LOG_LEVEL_INFO, "this ledgerd posts", LOG_INT("epoch", epoch),
              LOG_INT("records", p->ledger.head.size));
    p->unpublished = false;
    p->last_talk = now_ms();
    p->next_expire = now_ms() + RETRY_MS;
    set_mode(p, p->clock_stopped ? POSTER_STOPPED_CLOCK : POSTER_POSTING);
    watch_clock(p);
}

/* One try; p->db tells whether it came to something. */
static void connect_once(struct poster *p)
{
    char err[DB_ERR_MAX];

    p->db = db_post_open(p->d->conninfo, p->d->conf, err, sizeof(err));
    if (p->db == NULL) {
        complain(p, "no connection to the database", err);
        return;
    }
    try_lead(p);
}

/* While there is no database: acts wait for some time, then are turned away. */
static void stay_away(struct poster *p)
{
    if (queue_is_shut(p->d->queue) || now_ms() - p->away_since > PATIENCE_MS) {
        turn_away(p, RECONNECT_MS, why_busy(p));
    } else {
        pause_ms(RECONNECT_MS);
    }
}

/* ---- Standing by ---- */

static void follow(struct poster *p)
{
    char err[DB_ERR_MAX];
    struct hash root;
    uint64_t size;

    if (db_load_head(p->db, &size, &root, err, sizeof(err)) != 0) {
        complain(p, "the head can't be followed", err);
        drop(p);
        return;
    }
    if (check_published(p, size, &root) != 0) {
        drop(p);
    }
}

static void stand_by(struct poster *p)
{
    turn_away(p, RETRY_MS, why_busy(p));
    if (now_ms() < p->next_try) {
        return;
    }
    p->next_try = now_ms() + RETRY_MS;
    try_lead(p);
    if (p->db != NULL && !p->leading) {
        follow(p);
    }
}

/* ---- Posting ---- */

/* Gets the database back, if need be until the deadline. True when we post. */
static bool reach(struct poster *p, int64_t deadline)
{
    for (;;) {
        if (p->leading || p->forked) {
            return p->leading && !p->clock_stopped;
        }
        if (p->db != NULL) { /* another one posts */
            return false;
        }
        if (now_ms() >= deadline) {
            return false;
        }
        connect_once(p);
        if (p->db == NULL) {
            if (queue_is_shut(p->d->queue)) {
                return false;
            }
            pause_ms(RECONNECT_MS);
        }
    }
}

static void run_batch(struct poster *p, struct job **jobs, size_t n, int64_t deadline);

/* One of them, or all, can't be stored: each for itself then, so that one doesn't stop the others.
 */
static void run_apart(struct poster *p, struct job **jobs, size_t n, int64_t deadline)
{
    if (n == 1) {
        log_event(LOG_LEVEL_ERROR, "an act can't be stored", LOG_STR("by", jobs[0]->act.by),
                  LOG_STR("jti", jobs[0]->act.jti));
        answer_busy(p, jobs, 1, "This act can't be stored: the operator's log says why.");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        run_batch(p, &jobs[i], 1, deadline);
    }
}

/* What became of it when it isn't done. True when it is to be run again. */
static bool mend(struct poster *p, enum db_end end)
{
    switch (end) {
    case DB_LOST:
    case DB_UNKNOWN:
        complain(p,
                 end == DB_LOST ? "the database was lost within a batch"
                                : "the outcome of a commit is unknown",
                 db_post_fault(p->db));
        if (db_post_is_full(p->db)) {
            atomic_store(&p->d->metrics->disk_full, 1);
        }
        drop(p);
        return true;
    case DB_OTHERS:
        log_warn("another ledgerd has taken over");
        drop(p);
        return true;
    case DB_AGAIN:
        atomic_fetch_add(&p->d->metrics->database_errors, 1);
        pause_ms(20);
        return true;
    case DB_FULL:
        atomic_store(&p->d->metrics->disk_full, 1);
        complain(p, "the database's disk is full", "nothing can be posted until there is space");
        p->next_try = now_ms() + RETRY_MS;
        return false;
    case DB_REFUSED:
        atomic_fetch_add(&p->d->metrics->database_errors, 1);
        return false;
    case DB_DONE:
        break;
    }
    return false;
}

static void run_batch(struct poster *p, struct job **jobs, size_t n, int64_t deadline)
{
    for (;;) {
        bool published;

        if (!reach(p, deadline)) {
            answer_busy(p, jobs, n, why_busy(p));
            return;
        }
        int64_t wall = clock_ms(CLOCK_REALTIME);
        enum db_end end = batch_run(p->batch, p->db, &p->ledger, wall, jobs, n, &published);
        p->last_talk = now_ms();
        if (end == DB_DONE) {
            p->unpublished = !published;
            answer(p, jobs, n);
            return;
        }
        bool again = mend(p, end);
        if (end == DB_REFUSED) {
            run_apart(p, jobs, n, deadline);
            return;
        }
        if (!again || now_ms() >= deadline) {
            answer_busy(p, jobs, n,
                        end == DB_FULL ? NO_SPACE
                                       : "The outcome is not known: send the same again.");
            return;
        }
    }
}

/* The checkpoint of what was committed comes before anything new. */
static bool publish_owed(struct poster *p)
{
    struct hash root;

    if (p->unpublished) {
        tree_root(&p->ledger.tree, &root);
        p->unpublished = published_sign(p->d->published, p->ledger.head.size, &root) != 0;
        atomic_store(&p->d->metrics->disk_full, p->unpublished && errno == ENOSPC);
        if (p->unpublished) {
            complain(p, "the checkpoint can't be written", strerror(errno));
        }
    }
    return !p->unpublished;
}

/* A quiet session is ended by the server, and another ledgerd takes over; so it is kept from being
 * quiet. */
static void keep_session(struct poster *p)
{
    int64_t every = p->d->conf->takeover_ms / 3;

    if (now_ms() - p->last_talk >= every) {
        p->last_talk = now_ms();
        if (db_post_ping(p->db) != DB_DONE) {
            (void)mend(p, DB_LOST);
        }
    }
}

static void expire(struct poster *p)
{
    if (now_ms() < p->next_expire || p->ledger.head.size == 0) {
        return;
    }
    p->next_expire = now_ms() + EXPIRE_MS;
    p->last_talk = now_ms();
    enum db_end end = db_post_expire(p->db, &p->ledger, clock_ms(CLOCK_REALTIME) / 1000);
    if (end != DB_DONE) {
        (void)mend(p, end);
    }
}

static void post(struct poster *p)
{
    struct queue *q = p->d->queue;
    int64_t every = p->d->conf->takeover_ms / 6;
    int wait = every > RETRY_MS ? RETRY_MS : (int)every + 1;

    watch_clock(p);
    if (p->clock_stopped) {
        turn_away(p, 100, why_busy(p));
        keep_session(p);
        return;
    }
    if (now_ms() < p->next_try || !publish_owed(p)) {
        turn_away(p, 100, NO_SPACE);
        keep_session(p);
        return;
    }
    size_t n = queue_ready(q, p->jobs, p->max, wait);
    n = sift(p, p->jobs, n);
    if (n > 0) {
        watch_clock(p);
        run_batch(p, p->jobs, n, now_ms() + PATIENCE_MS);
        return;
    }
    keep_session(p);
    if (p->leading) {
        expire(p);
    }
}

static void *run(void *arg)
{
    struct poster *p = arg;
    struct queue *q = p->d->queue;

    while (!queue_is_shut(q) || queue_length(q) > 0) {
        if (p->forked) {
            turn_away(p, RETRY_MS, why_busy(p));
        } else if (p->db == NULL) {
            connect_once(p);
            if (p->db == NULL) {
                stay_away(p);
            }
        } else if (!p->leading) {
            stand_by(p);
        } else {
            post(p);
        }
    }
    let_go(p);
    return NULL;
}

struct poster *poster_start(struct ledgerd *d)
{
    struct poster *p = x_calloc(1, sizeof(*p));
    sigset_t all, before;

    p->d = d;
    p->max = (size_t)d->conf->batch_max;
    p->jobs = x_calloc(p->max, sizeof(struct job *));
    p->refused = x_calloc(p->max, sizeof(struct job *));
    p->batch = batch_new(d);
    p->away_since = now_ms();
    p->wall = clock_ms(CLOCK_REALTIME);
    p->boot = clock_ms(CLOCK_BOOTTIME);
    atomic_store(&p->mode, POSTER_CONNECTING);
    /* Signals are the loop's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&p->thread, NULL, run, p) != 0) {
        fatal("no thread could be made to post");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
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
    batch_free(p->batch);
    free(p->jobs);
    free(p->refused);
    free(p);
}
