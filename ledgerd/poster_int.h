/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_POSTER_INT_H
#define PUMASI_POSTER_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "ledgerd/batch.h"
#include "ledgerd/clockwatch.h"
#include "ledgerd/db_post.h"
#include "ledgerd/poster.h"

/* What the files of the poster share; nobody else includes this. All of it is the poster thread's,
 * but for poster_answer. */

/* How long an act waits for a database that is away before it is answered busy. */
#define POSTER_PATIENCE_MS 30000
/* Between two tries to reach the database, and to take over, or to store after the disk was full.
 */
#define POSTER_RECONNECT_MS 200
#define POSTER_RETRY_MS     1000

struct poster {
    struct ledgerd *d;
    pthread_t thread;
    atomic_int mode;
    atomic_bool confirmed; /* the operator says the clock is right */
    struct db_post *db;    /* NULL: not connected */
    bool leading;          /* ours is the epoch, and `ledger` is what the database holds */
    bool forked;
    struct clockwatch clock;
    struct ledger ledger;
    struct batch *batch;
    struct publisher *publisher;
    struct job **jobs, **refused; /* both of max places */
    size_t max;
    int64_t away_since; /* since when nobody is known to post; monotonic ms like all below */
    int64_t stop_by;    /* by when the thread gives up what it still has; 0: not ending */
    uint64_t seen;      /* standing by: the log's size at the last look; 0: not looked yet */
    int64_t last_talk, next_try, next_expire;
    int64_t last_complaint;
};

/* Milliseconds of a clock; of the monotonic one. */
int64_t poster_clock_ms(clockid_t id);
int64_t poster_now_ms(void);
void poster_pause_ms(int64_t ms);

/* poster_answer.c */
void poster_set_mode(struct poster *p, enum poster_mode mode);
/* Counts the jobs by their status and hands them back to the loop. Any thread. */
void poster_answer(struct ledgerd *d, struct job **jobs, size_t n);
/* The same with the outcome unknown, whatever a transaction that came to nothing had decided. */
void poster_answer_busy(struct poster *p, struct job **jobs, size_t n, const char *why);
/* Answers so whatever comes within wait_ms, but for what was refused without any database. */
void poster_turn_away(struct poster *p, int wait_ms, const char *why);
/* Answers those refused already and moves the others to the front; how many these are. */
size_t poster_sift(struct poster *p, struct job **jobs, size_t n);
/* Counts a database error and logs it; the same trouble is told once in a while. */
void poster_complain(struct poster *p, const char *what, const char *why);

/* poster_publish.c */
struct publisher;
struct publisher *publisher_start(struct ledgerd *d, size_t max);
void publisher_stop(struct publisher *pub);
/* Until nothing is in hand. -1 with errno when the latest checkpoint couldn't be written. */
int publisher_wait(struct publisher *pub);
/* True when the latest one that it tried couldn't be written, so that this is to be done first.
 * While the one before the one in hand was written, it doesn't wait. */
bool publisher_owes(struct publisher *pub);
/*
 * After the one before, and all that is committed is in the ledger's head: signs its checkpoint,
 * writes it, then answers at most `max` jobs, whose receipts end with its note; they are left open
 * when it can't be written. Nothing of the ledger is kept.
 */
void publisher_give(struct publisher *pub, const struct ledger *l, struct job **jobs, size_t n);
/* Signs and writes one that nobody waits for. -1 with errno. */
int publisher_sign(struct publisher *pub, uint64_t size, const struct hash *root) MUST_CHECK;

/* poster_lead.c */
/* Ends the session and forgets the ledger; poster_drop says so by the mode. */
void poster_let_go(struct poster *p);
void poster_drop(struct poster *p);
/* One try to connect and to become the one that posts: see p->db and p->leading. */
void poster_connect(struct poster *p);
/* While there is no database: acts wait for some time, then are turned away. */
void poster_stay_away(struct poster *p);
/* A turn of standing by: turns acts away, follows the head, tries to take over. */
void poster_stand_by(struct poster *p);
/* What it is when this ledgerd posts. */
enum poster_mode poster_leading_mode(const struct poster *p);
/* Judges the clock; sets the mode. */
void poster_watch_clock(struct poster *p);

#endif
