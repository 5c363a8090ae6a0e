/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/clerk.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/levy.h"
#include "core/tree.h"
#include "lang/lang.h"
#include "lang/zone.h"
#include "ledgerd/db_clerk.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/db_snapshot.h"
#include "ledgerd/jti.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/own_act.h"
#include "ledgerd/newkey.h"
#include "ledgerd/poster.h"
#include "ledgerd/rounds.h"
#include "ledgerd/snapshot_tree.h"
#include "ledgerd/thread.h"

#define LOOK_S     60   /* how often it looks whether there is something to do */
#define IDLE_S     1    /* the same while this ledgerd doesn't post */
#define PAUSE_S    3600 /* at most, between two tries: each reads everything */
#define LIFETIME_S 600  /* of its acts */
#define SIGNED_S   5    /* how long it waits for what it sees to be signed */

#define LEVIES_MAX     2000 /* acts that one look queues */
#define LEVIES_PAUSE_S 600  /* until the next look, when there was nobody to take a levy from */

struct clerk {
    struct ledgerd *d;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool stop;
    char ledger_id[256];   /* the thread's; empty before record 0 */
    int socket;            /* with the lock: of its connection; -1: none */
    time_t pause, next;    /* the thread's: seconds between two tries, and when there may be one */
    bool asked;            /* the thread's: the stewards were asked for the next log key */
    bool soon;             /* there is more to do: look again at once */
    bool nudged;           /* with the lock: look at once */
    struct rounds *rounds; /* the thread's */
    int within;            /* the thread's: seconds until it looks again */
    bool store_wrong;      /* the tables don't make a recorded root: said once */
    bool one_by_one;       /* of several it didn't: which one is it? */
    bool stored;           /* something was, since nodes were last looked at for those to delete */
    time_t next_levies;    /* the thread's: not before */
};

/* A snapshot in the making. */
struct making {
    struct tree tree;
    int64_t size; /* of the log */
};

static void on_leaf(void *arg, size_t k, const struct leaf *l)
{
    struct making *m = arg;
    struct hash hash;

    (void)k;
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
    struct buf payload = BUF_INIT;
    int64_t now = (int64_t)time(NULL);
    struct hash root;

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
    own_act_submit(d, &payload, d->clerk_secret, on_done);
    buf_free(&payload);
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

/* True when a try may be made now: one that fails, or is refused, is followed by ever fewer. */
static bool may_try(struct clerk *c, bool due)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!due) {
        c->pause = LOOK_S;
        c->next = 0;
        return false;
    }
    if (now.tv_sec < c->next)
        return false;
    c->next = now.tv_sec + c->pause - 1; /* looks are a little more than LOOK_S apart */
    c->pause = c->pause * 2 < PAUSE_S ? c->pause * 2 : PAUSE_S;
    return true;
}

/*
 * What isn't signed yet may be lost in a failover, and the ledger would then have committed to
 * records that never were.
 */
static bool is_signed(const struct clerk *c, int64_t size)
{
    const struct timespec moment = {.tv_nsec = 20 * 1000000};
    struct checkpoint latest;

    for (int i = 0; i < SIGNED_S * 50 && !c->stop; i++) {
        if (published_get(c->d->published, &latest, NULL, NULL) && latest.size >= (uint64_t)size)
            return true;
        (void)nanosleep(&moment, NULL);
    }
    return false;
}

static int make(struct clerk *c, PGconn *conn, char *err, size_t err_size)
{
    struct making m = {0};
    struct clerk_head head;
    int ret = 0;

    if (db_clerk_begin(conn, &head, err, err_size) != 0)
        return -1;
    str_copy(c->ledger_id, sizeof(c->ledger_id), head.ledger_id);
    if (!c->asked) { /* once: what they decline isn't put before them again */
        if (newkey_ask(c->d, conn, head.ledger_id, err, err_size) != 0)
            return -1;
        c->asked = head.ledger_id[0] != '\0';
    }
    if (!may_try(c, is_due(&head)) || !is_signed(c, head.size))
        return db_clerk_end(conn, err, err_size);
    m.size = head.size;
    tree_init(&m.tree);
    ret = db_snapshot_leaves(conn, &m.size, 1, on_leaf, &m, &c->stop, err, err_size);
    if (ret == 0)
        ret = db_clerk_end(conn, err, err_size);
    if (ret == 0) {
        submit(c->d, head.ledger_id, &m);
        c->soon = true; /* once it is recorded, its nodes are stored */
    }
    tree_free(&m.tree);
    return ret;
}

/*
 * Stores the nodes of recorded snapshots that have none yet: today's, those of a ledger that was
 * rebuilt or is older than this table. Many in one pass, the newest first. Then deletes those that
 * are too old, a snapshot a look.
 */
static int store(struct clerk *c, PGconn *conn, char *err, size_t err_size)
{
    struct snapshot_row rows[SNAPSHOT_TREES_MAX];
    size_t n;
    int rc;

    if (c->store_wrong)
        return 0;
    if (db_snapshot_bare(conn, c->d->conf->snapshot_days, rows, c->one_by_one ? 1 : ARRAY_LEN(rows),
                         &n, err, err_size) != 0)
        return -1;
    if (n == 0 && c->stored) {
        rc = db_snapshot_prune(conn, c->d->conf->snapshot_days, &c->stored, err, err_size);
        c->soon = c->soon || c->stored;
        return rc;
    }
    if (n == 0)
        return 0;
    c->soon = true; /* there may be others */
    c->stored = true;
    rc = snapshot_tree_store(conn, rows, n, &c->stop, &c->store_wrong, err, err_size);
    if (c->store_wrong && n > 1) {
        c->store_wrong = false; /* the others may be right */
        c->one_by_one = true;
        rc = 0;
    }
    return rc;
}

/* ---- Levies ---- */

static void on_levy(struct job *job)
{
    if (job->status != JOB_POSTED && job->status != JOB_REPEATED) {
        log_event(LOG_LEVEL_WARN, N_("a member's levy isn't taken yet"),
                  LOG_STR("why", job->refusal.detail));
    }
    job_free(job);
}

struct levying {
    struct ledgerd *d;
    char month[LEVY_MONTH_LEN + 1];
};

static void take_levy(void *arg, const char *ledger_id, const char *member, const char *unit)
{
    const struct levying *l = arg;
    struct buf payload = BUF_INIT;
    char jti[HASH_B64U_LEN + 1];
    int64_t now = (int64_t)time(NULL);

    levy_jti(jti, member, unit, l->month);
    buf_puts(&payload, "{\"type\":\"levy\",\"aud\":");
    buf_puts_json(&payload, ledger_id);
    buf_printf(&payload,
               ",\"by\":\"ledger\",\"jti\":\"%s\",\"iat\":%lld,\"exp\":%lld,"
               "\"member\":\"%s\",\"unit\":\"%s\",\"month\":\"%s\"}",
               jti, (long long)now, (long long)(now + LIFETIME_S), member, unit, l->month);
    own_act_submit(l->d, &payload, l->d->clerk_secret, on_levy);
    buf_free(&payload);
}

/*
 * Takes this month's levies from those who can pay them. Who can't is looked for again when the
 * last look found nobody, some time later; those of a month that is over aren't asked for any more.
 */
static int levies(struct clerk *c, PGconn *conn, char *err, size_t err_size)
{
    struct levying l = {.d = c->d};
    struct timespec now;
    int found;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec < c->next_levies)
        return 0;
    levy_month_text(l.month, levy_month_of(zone_day((int64_t)time(NULL) * 1000)));
    found = db_clerk_levies(conn, l.month, LEVIES_MAX, take_levy, &l, err, err_size);
    if (found == 0)
        c->next_levies = now.tv_sec + LEVIES_PAUSE_S;
    return found < 0 ? -1 : 0;
}

/* Says by which socket the thread can be torn from a statement that lasts: see clerk_stop. */
static void set_socket(struct clerk *c, int socket)
{
    pthread_mutex_lock(&c->lock);
    c->socket = socket;
    if (c->stop && socket >= 0)
        (void)shutdown(socket, SHUT_RDWR);
    pthread_mutex_unlock(&c->lock);
}

/* A statement that fails leaves the connection for the next errand, a server that ends doesn't. */
static bool goes_on(const struct clerk *c, const PGconn *conn)
{
    return !c->stop && PQstatus(conn) == CONNECTION_OK && c->ledger_id[0] != '\0';
}

/* Each by itself: one that fails, perhaps at every look, doesn't keep the others waiting. */
static void errands(struct clerk *c, PGconn *conn)
{
    char err[DB_ERR_MAX], ignored[DB_ERR_MAX];

    if (make(c, conn, err, sizeof(err)) != 0) {
        if (!c->stop)
            log_event(LOG_LEVEL_WARN, N_("the day's snapshot can't be made now"),
                      LOG_STR("why", err));
        (void)!db_clerk_end(conn, ignored, sizeof(ignored)); /* it was in a transaction */
    }
    if (goes_on(c, conn) && store(c, conn, err, sizeof(err)) != 0 && !c->stop)
        log_event(c->store_wrong ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
                  N_("a snapshot's paths can't be stored"), LOG_STR("why", err));
    if (goes_on(c, conn) && levies(c, conn, err, sizeof(err)) != 0 && !c->stop)
        log_event(LOG_LEVEL_WARN, N_("the month's levies can't be taken now"), LOG_STR("why", err));
    if (goes_on(c, conn) &&
        rounds_look(c->rounds, conn, c->ledger_id, &c->within, err, sizeof(err)) != 0 && !c->stop)
        log_event(LOG_LEVEL_WARN, N_("rounds of clearing can't be looked at now"),
                  LOG_STR("why", err));
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
    set_socket(c, conn ? PQsocket(conn) : -1);
    if (conn)
        errands(c, conn);
    else if (!c->stop)
        log_event(LOG_LEVEL_WARN, N_("the day's snapshot can't be made now"), LOG_STR("why", err));
    set_socket(c, -1);
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
        until.tv_sec += posts && !c->soon ? c->within : IDLE_S;
        c->soon = false;
        c->within = LOOK_S;
        while (!c->stop && !c->nudged &&
               pthread_cond_timedwait(&c->wake, &c->lock, &until) != ETIMEDOUT)
            ;
        c->nudged = false;
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

    c->d = d;
    c->socket = -1;
    c->pause = LOOK_S;
    c->stored = true;
    c->within = LOOK_S;
    c->rounds = rounds_new(d);
    pthread_mutex_init(&c->lock, NULL);
    thread_cond_init(&c->wake);
    if (thread_start(&c->thread, run, c) != 0) {
        rounds_free(c->rounds);
        free(c);
        return NULL;
    }
    return c;
}

void clerk_posted(struct clerk *c, const struct act *act)
{
    if (c == NULL || act->type < ACT_CLEARING_PROPOSE || act->type > ACT_CLEARING_POST)
        return;
    pthread_mutex_lock(&c->lock);
    c->nudged = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
}

void clerk_stop(struct clerk *c)
{
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    if (c->socket >= 0) /* a sort of everything may last, and a database may hang */
        (void)shutdown(c->socket, SHUT_RDWR);
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    rounds_free(c->rounds);
    free(c);
}
