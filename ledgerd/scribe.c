/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/scribe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/child.h"
#include "ledgerd/files.h"

enum errand {
    WRITE,
    OVERWRITE,
    READ,
};

/* A question; `len` bytes stand behind it in the message. */
struct question {
    uint32_t what; /* enum errand */
    char name[96];
    int64_t size, at; /* OVERWRITE */
    size_t len;
};
struct question_message {
    struct question q;
    uint8_t bytes[SCRIBE_MAX];
};
struct answer_message {
    int error; /* errno, 0 for success */
    size_t len;
    uint8_t bytes[SCRIBE_MAX];
};

struct scribe {
    pthread_mutex_t lock; /* one question at a time */
    pid_t pid;
    int fd;
};

/* ---- The scribe ---- */

static bool is_name(const char *name)
{
    static const char first[] = "checkpoint";
    const char *rest = name + strlen(first);

    if (strncmp(name, first, strlen(first)) != 0)
        return false;
    if (*rest == '\0')
        return true;
    return *rest == '.' && rest[1] != '\0' &&
           rest[1 + strspn(rest + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_")] == '\0';
}

/* Does what is asked, of a question that may say anything. errno, 0 for success. */
static int obey(const char *data_dir, const struct question_message *m, size_t got,
                struct answer_message *a)
{
    char *path, *text = NULL;
    int rc = -1, saved;

    if (got < sizeof(m->q) || got - sizeof(m->q) != m->q.len ||
        memchr(m->q.name, '\0', sizeof(m->q.name)) == NULL || !is_name(m->q.name))
        return EINVAL;
    path = x_asprintf("%s/%s", data_dir, m->q.name);
    errno = EINVAL; /* of no errand that there is */
    if (m->q.what == WRITE) {
        rc = file_write(path, m->bytes, m->q.len, 0644);
    } else if (m->q.what == OVERWRITE && m->q.at >= 0 && m->q.at <= m->q.size) {
        rc = file_overwrite(path, m->q.size, m->q.at, m->bytes, m->q.len);
    } else if (m->q.what == READ) {
        text = file_read(path, SCRIBE_MAX, &a->len);
        rc = text != NULL ? 0 : -1;
        if (text != NULL)
            memcpy(a->bytes, text, a->len);
    }
    saved = errno;
    free(text);
    free(path);
    return rc == 0 ? 0 : saved;
}

static void answer(struct answer_message *a)
{
    while (send(CHILD_LINE, a, offsetof(struct answer_message, bytes) + a->len, MSG_NOSIGNAL) < 0 &&
           errno == EINTR)
        continue;
}

/*
 * Ends the scribe when its line does, whatever the other thread waits for: a disk that hangs. The
 * signal of the parent's death doesn't always come: it is that of ledgerd, whose sandbox lets it
 * signal nobody (Landlock's scope, from its sixth version on).
 */
static void *watch_line(void *none)
{
    struct pollfd line = {.fd = CHILD_LINE}; /* its end alone */

    while (poll(&line, 1, -1) <= 0 || (line.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0)
        continue;
    (void)none;
    _exit(0);
}

static _Noreturn void scribe_main(const char *data_dir, int fd, pid_t parent)
{
    struct question_message *m = x_malloc(sizeof(*m));
    struct answer_message *a = x_calloc(1, sizeof(*a));
    pthread_t watcher;
    ssize_t got;
    int folder;

    child_begin("ledgerd-scribe", parent);
    (void)child_keep_only(fd);
    if (pthread_create(&watcher, NULL, watch_line, NULL) != 0)
        _exit(1);
    folder = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (folder >= 0 && flock(folder, LOCK_EX) != 0 && errno == EINTR)
        continue;
    answer(a); /* ready */
    while ((got = recv(CHILD_LINE, m, sizeof(*m), 0)) > 0 || (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        a->len = 0;
        a->error = obey(data_dir, m, (size_t)got, a);
        answer(a);
    }
    free(a);
    free(m);
    _exit(0);
}

/* ---- ledgerd's side ---- */

/* Waits for the next answer. -1 with errno. */
static int hear(const struct scribe *s, struct answer_message *a)
{
    ssize_t got;

    do {
        got = recv(s->fd, a, sizeof(*a), 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return -1;
    if ((size_t)got < offsetof(struct answer_message, bytes) ||
        (size_t)got - offsetof(struct answer_message, bytes) != a->len) {
        errno = EPIPE;
        return -1;
    }
    errno = a->error;
    return a->error == 0 ? 0 : -1;
}

struct scribe *scribe_start(const char *data_dir, char *err, size_t err_size)
{
    struct scribe *s = x_calloc(1, sizeof(*s));
    struct answer_message *ready = x_malloc(sizeof(*ready));
    pid_t parent = getpid();
    int ends[2], rc = -1;

    s->pid = -1;
    s->fd = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
        s->fd = ends[0];
        s->pid = fork();
        if (s->pid == 0) {
            free(ready);
            free(s);
            scribe_main(data_dir, ends[1], parent);
        }
        close(ends[1]);
        rc = s->pid > 0 ? hear(s, ready) : -1;
    }
    if (rc != 0)
        snprintf(err, err_size, _("The process that writes checkpoints can't start: %s."),
                 strerror(errno));
    free(ready);
    pthread_mutex_init(&s->lock, NULL);
    if (rc == 0)
        return s;
    scribe_stop(s);
    return NULL;
}

void scribe_stop(struct scribe *s)
{
    if (s == NULL)
        return;
    if (s->fd >= 0)
        close(s->fd);
    while (s->pid > 0 && waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Asks, and takes the answer into *a. -1 with errno. */
static int ask(struct scribe *s, const struct question *q, const void *bytes,
               struct answer_message *a)
{
    struct question_message *m = x_calloc(1, sizeof(*m));
    ssize_t sent;
    int rc = -1, saved;

    m->q = *q;
    if (q->len > 0)
        memcpy(m->bytes, bytes, q->len);
    pthread_mutex_lock(&s->lock);
    do {
        sent = send(s->fd, m, sizeof(m->q) + q->len, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        rc = hear(s, a);
    saved = errno;
    pthread_mutex_unlock(&s->lock);
    free(m);
    errno = saved;
    return rc;
}

/* The same where the answer says no more than whether. */
static int ask_whether(struct scribe *s, enum errand what, const char *name, int64_t size,
                       int64_t at, const void *bytes, size_t len)
{
    struct question q = {.what = what, .size = size, .at = at, .len = len};
    struct answer_message *a;
    int rc, saved;

    if (len > SCRIBE_MAX || strlen(name) >= sizeof(q.name)) {
        errno = EFBIG;
        return -1;
    }
    str_copy(q.name, sizeof(q.name), name);
    a = x_malloc(sizeof(*a));
    rc = ask(s, &q, bytes, a);
    saved = errno;
    free(a);
    errno = saved;
    return rc;
}

int scribe_write(struct scribe *s, const char *name, const void *bytes, size_t len)
{
    return ask_whether(s, WRITE, name, 0, 0, bytes, len);
}

int scribe_overwrite(struct scribe *s, const char *name, int64_t size, int64_t at,
                     const void *bytes, size_t len)
{
    return ask_whether(s, OVERWRITE, name, size, at, bytes, len);
}

char *scribe_read(struct scribe *s, const char *name, size_t *len)
{
    struct question q = {.what = READ};
    struct answer_message *a;
    char *text = NULL;
    int saved;

    if (strlen(name) >= sizeof(q.name)) {
        errno = EFBIG;
        return NULL;
    }
    a = x_malloc(sizeof(*a));
    str_copy(q.name, sizeof(q.name), name);
    if (ask(s, &q, NULL, a) == 0) {
        text = x_strndup((const char *)a->bytes, a->len);
        *len = a->len;
    }
    saved = errno;
    free(a);
    errno = saved;
    return text;
}
