/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pgserver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/db_roles.h"
#include "ledgerd/files.h"
#include "ledgerd/log.h"
#include "ledgerd/pginit.h"
#include "ledgerd/pgleftovers.h"
#include "ledgerd/pgproc.h"
#include "ledgerd/pgroles.h"

/* How long the gentle ways are given, in ms. */
#define FAST_STOP_MS   60000 /* SIGINT: sessions end, a checkpoint is written */
#define POLL_MS        20    /* between two looks while something is going on */
#define PAUSE_FIRST_MS 200   /* before a second start; doubled up to PAUSE_MAX_MS */
#define PAUSE_MAX_MS   10000
#define STEADY_MS      60000 /* up so long, an end counts as a first one again */
#define LOG_READ_MAX   (1024 * 1024)
#define START_TRIES    6 /* before pgserver_start gives up */

struct pgserver {
    char *data_dir;
    char *pg_dir; /* resolved: what /proc shows */
    char *configured_bin;
    char *bin; /* NULL: not looked for yet */
    char *socket_dir;
    char *conninfo;
    char *start_log;
    int64_t log_before; /* bytes of the collector's log when the server was started */

    enum pgserver_state state;
    pid_t pid;        /* the postmaster while it is our child, else 0 */
    int64_t since;    /* when the state began */
    int64_t retry_at; /* PGSERVER_WAITING */
    int64_t pause_ms;
    int signalled; /* the harshest signal sent in this state */
    int failures;  /* starts that failed in a row */
    int64_t ups;
    bool stop_wanted;
    char why[512]; /* the last end, as a sentence */
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void enter(struct pgserver *p, enum pgserver_state state)
{
    p->state = state;
    p->since = now_ms();
    p->signalled = 0;
}

struct pgserver *pgserver_new(const char *data_dir, const char *pg_bin, char *err, size_t err_size)
{
    struct pgserver *p;
    char *resolved = realpath(data_dir, NULL);

    if (resolved == NULL) {
        snprintf(err, err_size, _("the data folder %s: %s"), data_dir, strerror(errno));
        return NULL;
    }
    p = x_calloc(1, sizeof(*p));
    p->data_dir = resolved;
    p->pg_dir = x_asprintf("%s/pg", resolved);
    p->configured_bin = x_strdup(pg_bin);
    p->socket_dir = pginit_socket_dir(resolved);
    p->conninfo = pginit_conninfo(p->socket_dir, PG_DATABASE);
    p->start_log = x_asprintf("%s/pg-log/start.log", resolved);
    p->pause_ms = PAUSE_FIRST_MS;
    enter(p, PGSERVER_STOPPED);
    return p;
}

void pgserver_free(struct pgserver *p)
{
    if (p == NULL)
        return;
    free(p->data_dir);
    free(p->pg_dir);
    free(p->configured_bin);
    free(p->bin);
    free(p->socket_dir);
    free(p->conninfo);
    free(p->start_log);
    free(p);
}

const char *pgserver_dir(const struct pgserver *p)
{
    return p->pg_dir;
}

bool pgserver_exists(const struct pgserver *p)
{
    char *path = x_asprintf("%s/PG_VERSION", p->pg_dir);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

enum pgserver_state pgserver_state(const struct pgserver *p)
{
    return p->state;
}

int64_t pgserver_ups(const struct pgserver *p)
{
    return p->ups;
}

const char *pgserver_conninfo(const struct pgserver *p)
{
    return p->conninfo;
}

/* Finds the programs that suit the cluster that is there. */
static int find_programs(struct pgserver *p, char *err, size_t err_size)
{
    int version = pginit_cluster_version(p->pg_dir, err, err_size);

    if (version < 0)
        return -1;
    free(p->bin);
    p->bin = pginit_find_programs(p->configured_bin, version, err, err_size);
    return p->bin != NULL ? 0 : -1;
}

int pgserver_init(struct pgserver *p, char *err, size_t err_size)
{
    if (find_programs(p, err, err_size) != 0)
        return -1;
    if (pgserver_exists(p))
        return 0;
    return pginit_create(p->bin, p->pg_dir, err, err_size);
}

/* The file that the server's own log collector writes today; the caller frees it. */
static char *collector_log(const struct pgserver *p)
{
    time_t now = time(NULL);
    struct tm tm;
    char day[8];

    gmtime_r(&now, &tm);
    strftime(day, sizeof(day), "%a", &tm);
    return x_asprintf("%s/pg-log/postgresql-%s.log", p->data_dir, day);
}

static int spawn_server(struct pgserver *p, char *err, size_t err_size)
{
    char *postgres = NULL, *sockets = NULL, *log_dir = NULL, *own_log = NULL;
    int fd = -1, rc = -1;

    if (find_programs(p, err, err_size) != 0)
        return -1;
    postgres = x_asprintf("%s/postgres", p->bin);
    sockets = x_asprintf("unix_socket_directories=\"%s\"", p->socket_dir);
    log_dir = x_asprintf("%s/pg-log", p->data_dir);
    /* What must hold whatever the operator's own settings say. */
    const char *argv[] = {postgres,
                          "-D",
                          p->pg_dir,
                          "-c",
                          "listen_addresses=",
                          "-c",
                          "port=5432",
                          "-c",
                          sockets,
                          "-c",
                          "unix_socket_permissions=0700",
                          "-c",
                          "hba_file=ledgerd-hba.conf",
                          "-c",
                          "ident_file=ledgerd-ident.conf",
                          "-c",
                          "fsync=on",
                          "-c",
                          "full_page_writes=on",
                          NULL};

    if (pginit_ready_dir(log_dir, err, err_size) != 0 ||
        pginit_ready_dir(p->socket_dir, err, err_size) != 0 ||
        pginit_write_settings(p->pg_dir, err, err_size) != 0)
        goto out;
    own_log = collector_log(p);
    p->log_before = file_size(own_log);
    fd = open(p->start_log, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(err, err_size, "%s: %s", p->start_log, strerror(errno));
        goto out;
    }
    p->pid = pgproc_spawn(argv, p->pg_dir, fd, SIGINT);
    if (p->pid < 0) {
        snprintf(err, err_size, _("PostgreSQL can't be started: %s"), strerror(errno));
        p->pid = 0;
        goto out;
    }
    rc = 0;
out:
    if (fd >= 0)
        close(fd);
    free(own_log);
    free(log_dir);
    free(sockets);
    free(postgres);
    return rc;
}

/* Plans the next start after an end that nobody asked for. */
static void plan_retry(struct pgserver *p)
{
    enter(p, PGSERVER_WAITING);
    p->retry_at = p->since + (p->failures == 0 ? 0 : p->pause_ms);
    if (p->failures > 0)
        p->pause_ms = p->pause_ms * 2 < PAUSE_MAX_MS ? p->pause_ms * 2 : PAUSE_MAX_MS;
    p->failures++;
}

/*
 * What the server last said: in the file that it began with, or, when it took to its own log,
 * there, behind what stood in it before. The caller frees it.
 */
static char *last_words(const struct pgserver *p)
{
    char *own = collector_log(p);
    char *begun = file_read(p->start_log, LOG_READ_MAX, NULL);
    char *later = file_read_from(own, p->log_before, LOG_READ_MAX, NULL);
    char *both = x_asprintf("%s%s", begun != NULL ? begun : "", later != NULL ? later : "");
    char *words = pgproc_last_words(both);

    free(both);
    free(later);
    free(begun);
    free(own);
    return words;
}

/* The child ended: says why, and goes on to the next state. */
static void on_end(struct pgserver *p, int status)
{
    char *words;
    char how[64];

    p->pid = 0;
    if (p->stop_wanted) {
        enter(p, PGSERVER_STOPPED);
        return;
    }
    if (WIFSIGNALED(status))
        snprintf(how, sizeof(how), _("killed by signal %d"), WTERMSIG(status));
    else
        snprintf(how, sizeof(how), _("ended with status %d"),
                 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    if (p->state == PGSERVER_STARTING) {
        words = last_words(p);
        snprintf(p->why, sizeof(p->why), _("PostgreSQL did not start (%s): %s"), how,
                 *words != '\0' ? words : _("see pg-log in the data folder"));
        free(words);
        log_warn("%s", p->why);
    } else {
        snprintf(p->why, sizeof(p->why), _("PostgreSQL was %s"), how);
        log_error("%s; starting it again", p->why);
        if (now_ms() - p->since >= STEADY_MS) {
            p->failures = 0;
            p->pause_ms = PAUSE_FIRST_MS;
        }
    }
    plan_retry(p);
}

/* Looks whether the child has ended; true when it has. */
static bool reap(struct pgserver *p)
{
    int status = 0;
    pid_t pid;

    if (p->pid == 0)
        return false;
    do {
        pid = waitpid(p->pid, &status, WNOHANG);
    } while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return false;
    /* ECHILD: somebody else took it; it is gone all the same. */
    on_end(p, pid < 0 ? 0 : status);
    return true;
}

static void tick_clearing(struct pgserver *p)
{
    if (!pgleftovers_clear(p->pg_dir, now_ms() - p->since, &p->signalled))
        return;
    if (p->stop_wanted) {
        enter(p, PGSERVER_STOPPED);
        return;
    }
    if (!pgleftovers_unlock(p->pg_dir, p->socket_dir, now_ms() - p->since))
        return;
    if (spawn_server(p, p->why, sizeof(p->why)) != 0) {
        log_error("%s", p->why);
        plan_retry(p);
        return;
    }
    enter(p, PGSERVER_STARTING);
}

static void tick_starting(struct pgserver *p)
{
    pid_t pid;
    bool ready;

    if (pgleftovers_pid_file(p->pg_dir, &pid, &ready) != 0 || pid != p->pid || !ready)
        return;
    p->ups++;
    log_info("PostgreSQL is up (process %d, after %lld ms)", (int)pid,
             (long long)(now_ms() - p->since));
    enter(p, PGSERVER_UP);
}

static void tick_stopping(struct pgserver *p)
{
    int64_t waited = now_ms() - p->since;
    pid_t pids[PGPROC_MANY];
    size_t n;

    if (waited >= FAST_STOP_MS + PGPROC_QUIT_MS && p->signalled == SIGQUIT) {
        log_warn("PostgreSQL does not stop: killing it");
        n = pgproc_find(p->pg_dir, pids, PGPROC_MANY);
        pgproc_signal(pids, n < PGPROC_MANY ? n : PGPROC_MANY, SIGKILL);
        kill(p->pid, SIGKILL);
        p->signalled = SIGKILL;
    } else if (waited >= FAST_STOP_MS && p->signalled == SIGINT) {
        log_warn("PostgreSQL does not stop within %d s: telling it to end at once",
                 FAST_STOP_MS / 1000);
        kill(p->pid, SIGQUIT);
        p->signalled = SIGQUIT;
    }
}

enum pgserver_state pgserver_tick(struct pgserver *p)
{
    if (reap(p))
        return p->state;
    switch (p->state) {
    case PGSERVER_STOPPED:
    case PGSERVER_UP:
        break;
    case PGSERVER_CLEARING:
        tick_clearing(p);
        break;
    case PGSERVER_STARTING:
        tick_starting(p);
        break;
    case PGSERVER_WAITING:
        if (now_ms() >= p->retry_at)
            enter(p, PGSERVER_CLEARING);
        break;
    case PGSERVER_STOPPING:
        tick_stopping(p);
        break;
    }
    return p->state;
}

int64_t pgserver_due_ms(const struct pgserver *p)
{
    int64_t left;

    switch (p->state) {
    case PGSERVER_STOPPED:
    case PGSERVER_UP:
        return 1000;
    case PGSERVER_WAITING:
        left = p->retry_at - now_ms();
        return left < 0 ? 0 : left;
    case PGSERVER_CLEARING:
    case PGSERVER_STARTING:
    case PGSERVER_STOPPING:
        break;
    }
    return POLL_MS;
}

/* Sleeps until the next look, or less when a signal comes. */
static void pause_tick(const struct pgserver *p)
{
    poll(NULL, 0, (int)pgserver_due_ms(p));
}

/* Starts it and waits until it takes connections; `began` is when the patience began. */
static int bring_up(struct pgserver *p, int64_t began, int64_t patience_ms, char *err,
                    size_t err_size)
{
    int64_t told = now_ms();

    p->stop_wanted = false;
    p->failures = 0;
    p->pause_ms = PAUSE_FIRST_MS;
    enter(p, PGSERVER_CLEARING);
    while (pgserver_tick(p) != PGSERVER_UP) {
        if (p->state == PGSERVER_WAITING && p->failures >= START_TRIES) {
            str_copy(err, err_size, p->why);
            return -1;
        }
        if (now_ms() - began >= patience_ms) {
            snprintf(err, err_size, _("PostgreSQL was not ready after %lld s%s%s"),
                     (long long)(patience_ms / 1000), *p->why != '\0' ? ": " : "", p->why);
            return -1;
        }
        if (now_ms() - told >= 10000) {
            told = now_ms();
            log_info("waiting for PostgreSQL, which recovers or stops (%lld s so far)",
                     (long long)((told - began) / 1000));
        }
        pause_tick(p);
    }
    p->failures = 0;
    p->pause_ms = PAUSE_FIRST_MS;
    return 0;
}

static enum db_roles look_at_roles(const struct pgserver *p, char *err, size_t err_size)
{
    char *conninfo = pginit_conninfo(p->socket_dir, "postgres");
    enum db_roles found = db_roles_look(conninfo, err, err_size);

    free(conninfo);
    return found;
}

/*
 * A cluster of an earlier ledgerd, which was its superuser: is stopped, gets its roles, and is
 * started again. What it was before is seen by asking, not noted anywhere: ended half-way, or put
 * back from an old copy, it is done at the next start.
 */
static int ensure_roles(struct pgserver *p, int64_t began, int64_t patience_ms, char *err,
                        size_t err_size)
{
    enum db_roles found = look_at_roles(p, err, err_size);

    if (found == DB_ROLES_OTHER) {
        log_info("ledgerd's role in the private database gives up a superuser's rights");
        pgserver_stop(p);
        if (pgroles_make(p->bin, p->pg_dir, err, err_size) != 0 ||
            bring_up(p, began, patience_ms, err, err_size) != 0)
            return -1;
        found = look_at_roles(p, err, err_size);
        if (found == DB_ROLES_OTHER)
            snprintf(err, err_size, _("the database's roles can't be made in %s: %s"), p->pg_dir,
                     _("PostgreSQL failed without a word"));
    }
    return found == DB_ROLES_SUIT ? 0 : -1;
}

int pgserver_start(struct pgserver *p, int64_t patience_ms, char *err, size_t err_size)
{
    int64_t began = now_ms();

    if (!pgserver_exists(p)) {
        snprintf(err, err_size, _("there is no database in %s: make one with `ledgerd init`"),
                 p->pg_dir);
        return -1;
    }
    if (find_programs(p, err, err_size) != 0)
        return -1;
    if (bring_up(p, began, patience_ms, err, err_size) != 0 ||
        ensure_roles(p, began, patience_ms, err, err_size) != 0) {
        pgserver_stop(p);
        return -1;
    }
    return 0;
}

void pgserver_stop(struct pgserver *p)
{
    p->stop_wanted = true;
    if (p->pid != 0) {
        enter(p, PGSERVER_STOPPING);
        kill(p->pid, SIGINT);
        p->signalled = SIGINT;
    } else if (p->state != PGSERVER_CLEARING) {
        enter(p, PGSERVER_STOPPED);
    }
    while (pgserver_tick(p) != PGSERVER_STOPPED)
        pause_tick(p);
}
