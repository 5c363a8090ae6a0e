/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pool of read connections: asynchronous libpq on the event loop. */
#include "ledgerd/reads.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "lang/lang.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/nodes.h"

#define WAITING_MAX       4096 /* requests that wait for a connection */
#define WAIT_MS           3000 /* for a connection */
#define SWEEP_MS          100  /* how often those who waited too long are looked for */
#define CONNECT_MS        10000
#define DEADLINE_GRACE_MS 1000 /* past the server's own statement_timeout */
#define BACKOFF_FIRST_MS  50
#define BACKOFF_MAX_MS    1000
#define TRIES             2

struct waiting {
    TAILQ_ENTRY(waiting) entry;
    struct read_query q;
    read_done *done;
    void *arg;
    int64_t since; /* ms */
    int tries;
};
TAILQ_HEAD(waiting_list, waiting);

enum conn_state {
    CONN_DOWN,       /* waits for its next try */
    CONN_CONNECTING, /* PQconnectPoll goes on */
    CONN_PREPARING,  /* statement number `prepared` is on its way */
    CONN_IDLE,
    CONN_ASKED, /* `asked` is on its way */
};

struct conn {
    struct reads *reads;
    enum conn_state state;
    PGconn *pg;
    struct event *io; /* of the socket as it is now */
    int fd;           /* what `io` watches, and for what */
    short watched;
    struct event *timer; /* the next try, or the deadline */
    int64_t backoff_ms;
    size_t prepared;
    struct waiting *asked;
    PGresult *res; /* the answer so far */
};

struct reads {
    struct ledgerd *d;
    struct db_params *params;
    struct conn *conns;
    size_t n_conns;
    struct waiting_list waiting;
    size_t n_waiting;
    struct event *sweep;
    struct nodes *nodes;
    bool complained; /* that there is no database: once, until there is one */
    bool stopping;
};

static void conn_on_io(evutil_socket_t fd, short what, void *arg);
static void conn_on_timer(evutil_socket_t fd, short what, void *arg);

static int64_t now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void timer_set(struct event *timer, int64_t ms)
{
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};

    (void)event_add(timer, &tv);
}

static void waiting_end(struct waiting *w, enum read_end end, const PGresult *res)
{
    w->done(w->arg, end, end == READ_OK ? res : NULL);
    read_query_free(&w->q);
    free(w);
}

static void waiting_take(struct reads *r, struct waiting *w)
{
    TAILQ_REMOVE(&r->waiting, w, entry);
    r->n_waiting--;
}

static void conn_unwatch(struct conn *c)
{
    if (c->io != NULL) {
        event_free(c->io);
        c->io = NULL;
    }
}

static void conn_watch(struct conn *c, short what)
{
    if (c->io != NULL && c->fd == PQsocket(c->pg) && c->watched == what) {
        return;
    }
    conn_unwatch(c);
    c->fd = PQsocket(c->pg);
    c->watched = what;
    c->io = event_new(c->reads->d->base, c->fd, (short)(what | EV_PERSIST), conn_on_io, c);
    if (c->io == NULL || event_add(c->io, NULL) != 0) {
        log_error("reads: a socket can't be watched");
    }
}

/* Closes it; the statement on its way goes to another one, or is given up. */
static void conn_down(struct conn *c, bool retry)
{
    struct reads *r = c->reads;
    struct waiting *w = c->asked;

    c->asked = NULL;
    c->state = CONN_DOWN;
    conn_unwatch(c);
    PQclear(c->res);
    c->res = NULL;
    PQfinish(c->pg);
    c->pg = NULL;
    (void)event_del(c->timer);
    if (!r->stopping) {
        timer_set(c->timer, c->backoff_ms);
        c->backoff_ms = c->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : c->backoff_ms * 2;
    }
    if (w == NULL) {
        return;
    }
    if (retry && w->tries < TRIES && !r->stopping) {
        TAILQ_INSERT_HEAD(&r->waiting, w, entry);
        r->n_waiting++;
    } else {
        waiting_end(w, READ_BUSY, NULL);
    }
}

static void conn_lost(struct conn *c, const char *what)
{
    struct reads *r = c->reads;
    char text[DB_ERR_MAX] = "";

    if (c->pg != NULL) {
        db_error_text(c->pg, NULL, text, sizeof(text));
    }
    atomic_fetch_add(&r->d->metrics->database_errors, 1);
    if (!r->complained) {
        r->complained = true;
        log_event(LOG_LEVEL_WARN, "reads: the database is away", LOG_STR("doing", what),
                  LOG_STR("error", text));
    }
    conn_down(c, true);
}

/* libpq would write them to stderr: what the server says as it goes down, say. */
static void conn_on_notice(void *arg, const char *message)
{
    (void)arg;
    log_event(LOG_LEVEL_DEBUG, "reads: a notice", LOG_STR("notice", message));
}

static void conn_connect(struct conn *c)
{
    struct reads *r = c->reads;

    c->pg = PQconnectStartParams(r->params->keys, r->params->values, 1);
    if (c->pg == NULL || PQstatus(c->pg) == CONNECTION_BAD || PQsocket(c->pg) < 0) {
        conn_lost(c, "connecting");
        return;
    }
    (void)PQsetNoticeProcessor(c->pg, conn_on_notice, NULL);
    c->state = CONN_CONNECTING;
    timer_set(c->timer, CONNECT_MS);
    conn_watch(c, EV_WRITE);
}

static void conn_flush(struct conn *c)
{
    int rc = PQflush(c->pg);

    if (rc < 0) {
        conn_lost(c, "sending");
        return;
    }
    conn_watch(c, rc > 0 ? EV_READ | EV_WRITE : EV_READ);
}

static void conn_prepare(struct conn *c)
{
    const struct read_statement *st = &read_statements[c->prepared];

    c->state = CONN_PREPARING;
    if (!PQsendPrepare(c->pg, st->name, st->sql, 0, NULL)) {
        conn_lost(c, "preparing");
        return;
    }
    conn_flush(c);
}

static void conn_ask(struct conn *c, struct waiting *w)
{
    const struct read_statement *st = &read_statements[w->q.name];

    c->state = CONN_ASKED;
    c->asked = w;
    w->tries++;
    timer_set(c->timer, c->reads->d->conf->statement_timeout_ms + DEADLINE_GRACE_MS);
    if (!PQsendQueryPrepared(c->pg, st->name, (int)w->q.n, (const char *const *)w->q.values, NULL,
                             NULL, st->binary ? 1 : 0)) {
        conn_lost(c, "asking");
        return;
    }
    conn_flush(c);
}

/* Gives waiting requests to idle connections. */
static void reads_feed(struct reads *r)
{
    for (size_t i = 0; i < r->n_conns; i++) {
        struct conn *c = &r->conns[i];
        struct waiting *w = TAILQ_FIRST(&r->waiting);

        if (w == NULL) {
            return;
        }
        if (c->state == CONN_IDLE) {
            waiting_take(r, w);
            conn_ask(c, w);
        }
    }
    if (!TAILQ_EMPTY(&r->waiting) && !event_pending(r->sweep, EV_TIMEOUT, NULL)) {
        timer_set(r->sweep, SWEEP_MS);
    }
}

static void conn_idle(struct conn *c)
{
    c->state = CONN_IDLE;
    (void)event_del(c->timer);
    reads_feed(c->reads);
}

static void conn_ready(struct conn *c)
{
    struct reads *r = c->reads;

    c->backoff_ms = BACKOFF_FIRST_MS;
    if (r->complained) {
        r->complained = false;
        log_info("reads: the database is there again");
    }
    conn_idle(c);
}

/* Errors that pass by themselves: lack of resources, operator intervention, and the like. */
static bool passes(const char *sqlstate)
{
    static const char *const classes[] = {"08", "40", "53", "55", "57", "58"};

    for (size_t i = 0; sqlstate != NULL && i < ARRAY_LEN(classes); i++) {
        if (strncmp(sqlstate, classes[i], 2) == 0) {
            return true;
        }
    }
    return false;
}

/* The answer to `asked` is complete. */
static void conn_answered(struct conn *c)
{
    struct waiting *w = c->asked;
    PGresult *res = c->res;
    enum read_end end = READ_OK;

    if (PQresultStatus(res) != PGRES_TUPLES_OK) {
        const char *state = res != NULL ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
        char text[DB_ERR_MAX];

        db_error_text(c->pg, res, text, sizeof(text));
        log_event(LOG_LEVEL_ERROR, "reads: a statement failed",
                  LOG_STR("statement", read_statements[w->q.name].name), LOG_STR("error", text));
        atomic_fetch_add(&c->reads->d->metrics->database_errors, 1);
        end = passes(state) ? READ_BUSY : READ_BROKEN;
    }
    c->asked = NULL;
    c->res = NULL;
    if (end != READ_OK) {
        conn_down(c, false); /* its statements may no longer be what they were */
    } else {
        conn_idle(c);
    }
    waiting_end(w, end, res);
    PQclear(res);
}

static void conn_prepared(struct conn *c)
{
    bool ok = PQresultStatus(c->res) == PGRES_COMMAND_OK;

    PQclear(c->res);
    c->res = NULL;
    if (!ok) {
        conn_lost(c, "preparing"); /* the schema isn't there yet, say */
    } else if (++c->prepared < READ_COUNT) {
        conn_prepare(c);
    } else {
        conn_ready(c);
    }
}

static void conn_read(struct conn *c)
{
    if (!PQconsumeInput(c->pg)) {
        conn_lost(c, c->state == CONN_IDLE ? "waiting" : "reading");
        return;
    }
    while (!PQisBusy(c->pg)) {
        PGresult *res = PQgetResult(c->pg);

        if (res != NULL) {
            /* The first answer counts, or the error after it. */
            PQclear(c->res);
            c->res = res;
            continue;
        }
        if (PQstatus(c->pg) == CONNECTION_BAD) {
            conn_lost(c, "reading");
        } else if (c->state == CONN_PREPARING) {
            conn_prepared(c);
        } else if (c->state == CONN_ASKED) {
            conn_answered(c);
        }
        return;
    }
}

static void conn_poll(struct conn *c)
{
    char err[DB_ERR_MAX];

    /* libpq may go on to the next host, with a new socket that often has the old one's number: the
     * kernel has forgotten the old one, and a watch kept would never fire. */
    conn_unwatch(c);
    switch (PQconnectPoll(c->pg)) {
    case PGRES_POLLING_READING:
        conn_watch(c, EV_READ);
        return;
    case PGRES_POLLING_WRITING:
        conn_watch(c, EV_WRITE);
        return;
    case PGRES_POLLING_OK:
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        conn_lost(c, "connecting");
        return;
    }
    if (PQsetnonblocking(c->pg, 1) != 0) {
        conn_lost(c, "connecting");
        return;
    }
    if (db_check_server(c->pg, err, sizeof(err)) != 0) {
        log_event(LOG_LEVEL_ERROR, "reads: this database won't do", LOG_STR("error", err));
        c->reads->complained = true;
        conn_down(c, true);
        return;
    }
    c->prepared = 0;
    conn_prepare(c);
}

static void conn_on_io(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;

    (void)fd;
    if (c->state == CONN_CONNECTING) {
        conn_poll(c);
        return;
    }
    if (what & EV_WRITE) {
        int rc = PQflush(c->pg);
        if (rc < 0) {
            conn_lost(c, "sending");
            return;
        }
        if (rc == 0) {
            conn_watch(c, EV_READ);
        }
    }
    if (what & EV_READ) {
        conn_read(c);
    }
}

static void conn_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;

    (void)fd;
    (void)what;
    switch (c->state) {
    case CONN_DOWN:
        conn_connect(c);
        return;
    case CONN_CONNECTING:
    case CONN_PREPARING:
        conn_lost(c, _("connecting in time"));
        return;
    case CONN_ASKED:
        log_event(LOG_LEVEL_WARN, "reads: a statement took too long",
                  LOG_STR("statement", read_statements[c->asked->q.name].name));
        atomic_fetch_add(&c->reads->d->metrics->database_errors, 1);
        conn_down(c, false);
        return;
    case CONN_IDLE:
        return;
    }
}

static void reads_on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct reads *r = arg;
    int64_t oldest = now_ms() - WAIT_MS;
    struct waiting *w;

    (void)fd;
    (void)what;
    while ((w = TAILQ_FIRST(&r->waiting)) != NULL && w->since < oldest) {
        waiting_take(r, w);
        waiting_end(w, READ_BUSY, NULL);
    }
    reads_feed(r);
}

struct reads *reads_start(struct ledgerd *d)
{
    const struct db_settings settings = {
        .app_name = "ledgerd reads",
        .connect_timeout_ms = CONNECT_MS,
        .statement_timeout_ms = d->conf->statement_timeout_ms,
        .idle_session_ms = 0,
        .read_only = true,
    };
    struct reads *r = x_calloc(1, sizeof(*r));
    char err[DB_ERR_MAX];

    r->d = d;
    TAILQ_INIT(&r->waiting);
    r->params = db_params_new(d->conninfo, &settings, err, sizeof(err));
    if (r->params == NULL) {
        log_error("reads: %s", err);
        free(r);
        return NULL;
    }
    r->nodes = nodes_new(d, r);
    r->sweep = event_new(d->base, -1, 0, reads_on_sweep, r);
    r->n_conns = d->conf->read_connections > 0 ? (size_t)d->conf->read_connections : 1;
    r->conns = x_calloc(r->n_conns, sizeof(*r->conns));
    for (size_t i = 0; i < r->n_conns; i++) {
        struct conn *c = &r->conns[i];

        c->reads = r;
        c->backoff_ms = BACKOFF_FIRST_MS;
        c->timer = event_new(d->base, -1, 0, conn_on_timer, c);
        if (c->timer == NULL || r->sweep == NULL) {
            fatal("reads: no timers");
        }
        conn_connect(c);
    }
    return r;
}

void reads_stop(struct reads *r)
{
    struct waiting *w;

    if (r == NULL) {
        return;
    }
    r->stopping = true;
    for (size_t i = 0; i < r->n_conns; i++) {
        conn_down(&r->conns[i], false);
        event_free(r->conns[i].timer);
    }
    while ((w = TAILQ_FIRST(&r->waiting)) != NULL) {
        waiting_take(r, w);
        waiting_end(w, READ_BUSY, NULL);
    }
    event_free(r->sweep);
    nodes_free(r->nodes);
    db_params_free(r->params);
    free(r->conns);
    free(r);
}

size_t reads_up(const struct reads *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_conns; i++) {
        n += r->conns[i].state == CONN_IDLE || r->conns[i].state == CONN_ASKED;
    }
    return n;
}

size_t reads_waiting(const struct reads *r)
{
    return r->n_waiting;
}

struct nodes *reads_nodes(struct reads *r)
{
    return r->nodes;
}

void reads_ask(struct reads *r, struct read_query q, read_done *done, void *arg)
{
    struct waiting *w;

    if (r->stopping || r->n_waiting >= WAITING_MAX) {
        read_query_free(&q);
        done(arg, READ_BUSY, NULL);
        return;
    }
    w = x_calloc(1, sizeof(*w));
    w->q = q;
    w->done = done;
    w->arg = arg;
    w->since = now_ms();
    TAILQ_INSERT_TAIL(&r->waiting, w, entry);
    r->n_waiting++;
    reads_feed(r);
}
