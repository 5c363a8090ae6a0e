/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/clerk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/tree.h"
#include "lang/lang.h"
#include "ledgerd/db_clerk.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/jti.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/poster.h"
#include "ledgerd/zone.h"

#define LOOK_S     60  /* how often it looks whether there is something to do */
#define IDLE_S     1   /* the same while this ledgerd doesn't post */
#define LIFETIME_S 600 /* of its acts */

struct clerk {
    struct ledgerd *d;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool stop;
};

/* A snapshot in the making. */
struct making {
    struct tree tree;
    int64_t size; /* of the log */
};

static void on_leaf(void *arg, const struct leaf *l)
{
    struct making *m = arg;
    struct hash hash;

    leaf_hash(&hash, l, m->size);
    tree_append(&m->tree, &hash);
    if (m->tree.size % 4096 == 0)
        tree_mark(&m->tree); /* only the edge is needed */
}

/* ---- Submitting ---- */

static void on_done(struct job *job)
{
    if (job->status == JOB_POSTED || job->status == JOB_REPEATED) {
        log_info(N_("the day's snapshot is recorded"));
    } else {
        log_event(LOG_LEVEL_WARN, N_("the day's snapshot isn't recorded yet"),
                  LOG_STR("why", job->refusal.detail));
    }
    job_free(job);
}

static void submit(struct ledgerd *d, const char *ledger_id, const struct making *m)
{
    struct buf payload = BUF_INIT, text = BUF_INIT;
    int64_t now = (int64_t)time(NULL);
    struct envelope env;
    struct hash root;
    struct job *job;

    tree_root(&m->tree, &root);
    buf_puts(&payload, "{\"type\":\"snapshot\",\"aud\":");
    buf_puts_json(&payload, ledger_id);
    buf_puts(&payload, ",\"by\":\"ledger\",\"jti\":\"");
    jti_put(&payload, now * 1000);
    buf_printf(&payload, "\",\"iat\":%lld,\"exp\":%lld,\"size\":%lld,\"count\":%lld,\"root\":\"",
               (long long)now, (long long)(now + LIFETIME_S), (long long)m->size,
               (long long)m->tree.size);
    buf_put_b64u(&payload, root.b, HASH_LEN);
    buf_puts(&payload, "\"}");
    envelope_new(&env, payload.data, payload.len);
    envelope_sign(&env, d->clerk_secret);
    buf_puts(&text, "{\"act\":");
    envelope_put(&text, &env);
    buf_putc(&text, '}');
    job = job_new(x_strndup(text.data, text.len), text.len);
    job->done = on_done;
    if (!queue_push(d->queue, job, 1))
        job_free(job); /* too much is waiting: the next look is in a minute */
    envelope_free(&env);
    buf_free(&payload);
    buf_free(&text);
}

/* ---- The snapshot ---- */

/*
 * A day's snapshot is made when the day is over: as soon as there are records of an earlier day
 * that none covers, and none was recorded today.
 */
static bool is_due(const struct clerk_head *head)
{
    int32_t today = zone_day((int64_t)time(NULL) * 1000);

    return head->ledger_id[0] != '\0' && head->first_ms >= 0 && zone_day(head->first_ms) < today &&
           (!head->had_one || head->last_day < today);
}

static int make(struct clerk *c, PGconn *conn, char *err, size_t err_size)
{
    struct making m = {0};
    struct clerk_head head;
    int ret = 0;

    if (db_clerk_begin(conn, &head, err, err_size) != 0)
        return -1;
    if (!is_due(&head))
        return db_clerk_end(conn, err, err_size);
    m.size = head.size;
    tree_init(&m.tree);
    ret = db_clerk_leaves(conn, on_leaf, &m, &c->stop, err, err_size);
    if (ret == 0)
        ret = db_clerk_end(conn, err, err_size);
    if (ret == 0)
        submit(c->d, head.ledger_id, &m);
    tree_free(&m.tree);
    return ret;
}

/* False while another one posts, or none does. */
static bool look(struct clerk *c)
{
    const struct db_settings settings = {
        .app_name = "ledgerd clerk",
        .connect_timeout_ms = 5000,
        .statement_timeout_ms = 10 * c->d->conf->statement_timeout_ms, /* one sort of everything */
    };
    char err[DB_ERR_MAX];
    PGconn *conn;

    if (poster_mode(c->d->poster) != POSTER_POSTING)
        return false;
    conn = db_connect(c->d->conninfo, &settings, err, sizeof(err));
    if ((!conn || make(c, conn, err, sizeof(err)) != 0) && !c->stop)
        log_event(LOG_LEVEL_WARN, N_("the day's snapshot can't be made now"), LOG_STR("why", err));
    PQfinish(conn);
    return true;
}

static void *run(void *arg)
{
    struct clerk *c = arg;
    struct timespec until;
    bool posts = false;

    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += posts ? LOOK_S : IDLE_S;
        while (!c->stop && pthread_cond_timedwait(&c->wake, &c->lock, &until) != ETIMEDOUT)
            ;
        if (c->stop)
            break;
        pthread_mutex_unlock(&c->lock);
        posts = look(c);
        pthread_mutex_lock(&c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct clerk *clerk_start(struct ledgerd *d)
{
    struct clerk *c = x_calloc(1, sizeof(*c));
    pthread_condattr_t attr;
    sigset_t all, before;
    int failed;

    c->d = d;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &attr);
    pthread_condattr_destroy(&attr);
    /* Signals are the loop's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&c->thread, NULL, run, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        free(c);
        return NULL;
    }
    return c;
}

void clerk_stop(struct clerk *c)
{
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
