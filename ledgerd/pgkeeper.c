/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pgkeeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/child.h"
#include "ledgerd/log.h"
#include "ledgerd/notify.h"
#include "ledgerd/pgwriteback.h"

/* Recovery after a crash replays at most a few gigabytes of WAL. */
#define START_PATIENCE_MS (10 * 60 * 1000)
#define EXTEND_EVERY_MS   5000 /* the service manager hears that starting or stopping goes on */
#define EXTEND_MS         30000
/* How long what PostgreSQL writes may gather, while it writes. */
#define WRITEBACK_MS 250

/* What the keeper says, each in a message of its own. */
enum word_kind {
    WORD_READY,  /* PostgreSQL takes connections */
    WORD_FAILED, /* it couldn't be started; text says why; the keeper ends */
    WORD_AGAIN,  /* it died and is up again */
};
struct word {
    enum word_kind kind;
    char text[512];
};

struct pgkeeper {
    pid_t pid;
    int fd;
};

/* ---- The keeper ---- */

static void say(int fd, enum word_kind kind, const char *text)
{
    struct word word = {.kind = kind};

    str_copy(word.text, sizeof(word.text), text);
    while (send(fd, &word, sizeof(word), MSG_NOSIGNAL) < 0 && errno == EINTR)
        continue;
}

static void on_child(int sig)
{
    (void)sig; /* only ends the wait in keep_going */
}

/* The end of a process of PostgreSQL's ends the wait in keep_going. */
static void ready_signals(sigset_t *before)
{
    struct sigaction wake = {.sa_handler = on_child};
    sigset_t child;

    /* Blocked but in ppoll: no end of PostgreSQL falls between a look and the wait. */
    sigaction(SIGCHLD, &wake, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, before);
}

/* Looks after a server that is up, until ledgerd ends the line. */
static void keep_going(struct pgserver *server, int fd, const sigset_t *unblocked)
{
    struct pollfd line = {.fd = fd, .events = POLLIN};
    struct pgwriteback writeback = {0};
    int64_t ups = pgserver_ups(server);

    while (line.revents == 0) {
        bool writes = pgwriteback_pass(&writeback, pgserver_dir(server));
        int64_t due = pgserver_due_ms(server);
        due = writes && due > WRITEBACK_MS ? WRITEBACK_MS : due;
        struct timespec wait = {due / 1000, due % 1000 * 1000000};

        if (ppoll(&line, 1, &wait, unblocked) < 0)
            line.revents = 0;
        (void)pgserver_tick(server);
        for (; ups < pgserver_ups(server); ups++)
            say(fd, WORD_AGAIN, "");
    }
}

static _Noreturn void keeper_main(struct pgserver *server, bool make, int fd, pid_t parent)
{
    char err[512];
    sigset_t before;

    child_begin("ledgerd-keeper", parent);
    ready_signals(&before);
    if ((make && pgserver_init(server, err, sizeof(err)) != 0) ||
        pgserver_start(server, START_PATIENCE_MS, err, sizeof(err)) != 0) {
        say(fd, WORD_FAILED, err);
        _exit(1);
    }
    say(fd, WORD_READY, "");
    keep_going(server, fd, &before);
    pgserver_stop(server);
    _exit(0);
}

/* ---- ledgerd's side ---- */

/* Waits for the next word while the service manager is told that it goes on. False: none comes. */
static bool next_word(const struct pgkeeper *k, struct word *word)
{
    struct pollfd line = {.fd = k->fd, .events = POLLIN};
    ssize_t n;

    for (;;) {
        int ready = poll(&line, 1, EXTEND_EVERY_MS);

        if (ready == 0)
            notify_extend(EXTEND_MS);
        if (ready <= 0)
            continue;
        n = recv(k->fd, word, sizeof(*word), 0);
        if (n < 0 && errno == EINTR)
            continue;
        return n == (ssize_t)sizeof(*word);
    }
}

static void wait_for_end(struct pgkeeper *k)
{
    while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(k->fd);
    free(k);
}

struct pgkeeper *pgkeeper_start(struct pgserver *server, bool make, int close_fd, char *err,
                                size_t err_size)
{
    struct pgkeeper *k;
    struct word word;
    pid_t parent = getpid(), pid;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        snprintf(err, err_size, _("PostgreSQL can't be started: %s"), strerror(errno));
        return NULL;
    }
    pid = fork();
    if (pid < 0) {
        snprintf(err, err_size, _("PostgreSQL can't be started: %s"), strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return NULL;
    }
    if (pid == 0) {
        close(ends[0]);
        if (close_fd >= 0)
            close(close_fd);
        keeper_main(server, make, ends[1], parent);
    }
    close(ends[1]);
    k = x_malloc(sizeof(*k));
    *k = (struct pgkeeper){pid, ends[0]};
    if (!next_word(k, &word))
        str_copy(err, err_size, _("the process that keeps PostgreSQL has died"));
    else if (word.kind == WORD_READY)
        return k;
    else
        str_copy(err, err_size, word.text);
    wait_for_end(k);
    return NULL;
}

int pgkeeper_fd(const struct pgkeeper *k)
{
    return k->fd;
}

bool pgkeeper_look(struct pgkeeper *k, uint64_t *restarts)
{
    struct word word;
    ssize_t n;

    while ((n = recv(k->fd, &word, sizeof(word), MSG_DONTWAIT)) > 0)
        *restarts += 1;
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

void pgkeeper_stop(struct pgkeeper *k)
{
    struct word word;

    if (k == NULL)
        return;
    shutdown(k->fd, SHUT_WR);
    while (next_word(k, &word))
        continue;
    wait_for_end(k);
}
