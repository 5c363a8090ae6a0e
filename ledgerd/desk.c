/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/desk.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/thread.h"

#define WAITING_MAX  64
#define WAITING_EACH 16 /* of one key, so that there is room for others */
#define IDLE_S       30 /* a connection without work is closed */

struct line {
    struct desk_job *first, **last;
    size_t n;
};

struct desk {
    struct ledgerd *d;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool stop;
    int socket;                /* with the lock: of its connection; -1: none */
    struct line waiting, over; /* with the lock */
    int event_fd;
    struct event *event;
};

static void line_init(struct line *l)
{
    *l = (struct line){.last = &l->first};
}

static void line_put(struct line *l, struct desk_job *job)
{
    job->next = NULL;
    *l->last = job;
    l->last = &job->next;
    l->n++;
}

static struct desk_job *line_take(struct line *l)
{
    struct desk_job *job = l->first;

    if (job == NULL) {
        return NULL;
    }
    l->first = job->next;
    if (l->first == NULL) {
        l->last = &l->first;
    }
    l->n--;
    return job;
}

/* Calls done() of all that is over. */
static void collect(struct desk *desk)
{
    for (;;) {
        struct desk_job *job;

        pthread_mutex_lock(&desk->lock);
        job = line_take(&desk->over);
        pthread_mutex_unlock(&desk->lock);
        if (job == NULL) {
            return;
        }
        job->done(job);
    }
}

static void on_over(evutil_socket_t fd, short what, void *arg)
{
    uint64_t n;

    (void)what;
    (void)!read(fd, &n, sizeof(n));
    collect(arg);
}

static void give_back(struct desk *desk, struct desk_job *job)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&desk->lock);
    line_put(&desk->over, job);
    pthread_mutex_unlock(&desk->lock);
    (void)!write(desk->event_fd, &one, sizeof(one));
}

/* Says by which socket the thread can be torn from a statement that lasts. */
static void set_socket(struct desk *desk, int socket)
{
    pthread_mutex_lock(&desk->lock);
    desk->socket = socket;
    if (desk->stop && socket >= 0) {
        (void)shutdown(socket, SHUT_RDWR);
    }
    pthread_mutex_unlock(&desk->lock);
}

static PGconn *desk_connect(struct desk *desk, char *err, size_t err_size)
{
    const struct db_settings settings = {
        .app_name = "ledgerd desk",
        .connect_timeout_ms = 5000,
        .statement_timeout_ms = 4 * desk->d->conf->statement_timeout_ms,
        .read_only = true,
    };
    PGconn *conn = db_connect(desk->d->conninfo, &settings, err, err_size);

    set_socket(desk, conn != NULL ? PQsocket(conn) : -1);
    return conn;
}

static void desk_close(struct desk *desk, PGconn **conn)
{
    set_socket(desk, -1);
    PQfinish(*conn);
    *conn = NULL;
}

/* One job; a connection that failed is closed. */
static void serve(struct desk *desk, PGconn **conn, struct desk_job *job)
{
    char ignored[DB_ERR_MAX];

    job->end = DESK_BUSY;
    job->stop = &desk->stop;
    if (*conn != NULL && PQstatus(*conn) != CONNECTION_OK) {
        desk_close(desk, conn);
    }
    if (*conn == NULL) {
        *conn = desk_connect(desk, job->err, sizeof(job->err));
    }
    if (*conn != NULL && db_exec_simple(*conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                                        job->err, sizeof(job->err)) == 0) {
        job->end = job->run(job, desk->d, *conn);
        if (job->end == DESK_BUSY && job->why == NULL && !desk->stop &&
            PQtransactionStatus(*conn) != PQTRANS_UNKNOWN) {
            job->end =
                DESK_BROKEN; /* it is there: it refused a statement, or what it has is wrong */
        }
        if (db_exec_simple(*conn, "ROLLBACK", ignored, sizeof(ignored)) != 0) {
            desk_close(desk, conn);
        }
    } else if (*conn != NULL) {
        desk_close(desk, conn);
    }
    if ((job->end == DESK_BUSY && job->why == NULL && !desk->stop) || job->end == DESK_BROKEN) {
        log_event(job->end == DESK_BROKEN ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
                  "desk: an answer could not be made", LOG_STR("error", job->err));
    }
}

/* The next job, waiting for it; NULL when there was none for a while, or to stop. */
static struct desk_job *next_job(struct desk *desk)
{
    struct timespec until;
    struct desk_job *job = NULL;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_S;
    pthread_mutex_lock(&desk->lock);
    while (!desk->stop && (job = line_take(&desk->waiting)) == NULL) {
        if (pthread_cond_timedwait(&desk->wake, &desk->lock, &until) == ETIMEDOUT) {
            break;
        }
    }
    pthread_mutex_unlock(&desk->lock);
    return job;
}

static void *run(void *arg)
{
    struct desk *desk = arg;
    PGconn *conn = NULL;

    while (!desk->stop) {
        struct desk_job *job = next_job(desk);

        if (job == NULL) {
            desk_close(desk, &conn);
            continue;
        }
        serve(desk, &conn, job);
        give_back(desk, job);
    }
    desk_close(desk, &conn);
    return NULL;
}

struct desk *desk_start(struct ledgerd *d)
{
    struct desk *desk = x_calloc(1, sizeof(*desk));

    desk->d = d;
    desk->socket = -1;
    line_init(&desk->waiting);
    line_init(&desk->over);
    pthread_mutex_init(&desk->lock, NULL);
    thread_cond_init(&desk->wake);
    desk->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    desk->event = desk->event_fd < 0
                      ? NULL
                      : event_new(d->base, desk->event_fd, EV_READ | EV_PERSIST, on_over, desk);
    if (desk->event == NULL || event_add(desk->event, NULL) != 0) {
        goto fail;
    }
    if (thread_start(&desk->thread, run, desk) == 0) {
        return desk;
    }
fail:
    if (desk->event != NULL) {
        event_free(desk->event);
    }
    if (desk->event_fd >= 0) {
        (void)close(desk->event_fd);
    }
    free(desk);
    return NULL;
}

void desk_stop(struct desk *desk)
{
    struct desk_job *job;

    pthread_mutex_lock(&desk->lock);
    desk->stop = true;
    if (desk->socket >= 0) {
        (void)shutdown(desk->socket, SHUT_RDWR);
    }
    pthread_cond_signal(&desk->wake);
    pthread_mutex_unlock(&desk->lock);
    pthread_join(desk->thread, NULL);
    while ((job = line_take(&desk->waiting)) != NULL) {
        job->end = DESK_BUSY;
        line_put(&desk->over, job);
    }
    collect(desk);
    event_free(desk->event);
    (void)close(desk->event_fd);
    pthread_cond_destroy(&desk->wake);
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}

static size_t waiting_of(const struct desk *desk, const struct kid *kid)
{
    size_t n = 0;

    for (const struct desk_job *job = desk->waiting.first; job != NULL; job = job->next) {
        n += str_eq(job->kid.s, kid->s);
    }
    return n;
}

bool desk_ask(struct desk *desk, struct desk_job *job)
{
    bool taken;

    pthread_mutex_lock(&desk->lock);
    taken =
        !desk->stop && desk->waiting.n < WAITING_MAX && waiting_of(desk, &job->kid) < WAITING_EACH;
    if (taken) {
        line_put(&desk->waiting, job);
        pthread_cond_signal(&desk->wake);
    }
    pthread_mutex_unlock(&desk->lock);
    return taken;
}
