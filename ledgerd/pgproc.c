/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pgproc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/num.h"
#include "ledgerd/files.h"

#define SAID_MAX (64 * 1024)

/*
 * Nothing of the operator's PG* variables or language reaches the programs. The C library keeps
 * what a statement took for the next one: given back, its pages are made and cleared anew each
 * time, which was one page fault and a half for each act in bulk.
 */
static const char *const clean_env[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                        "LC_ALL=C.UTF-8",
                                        "TZ=UTC",
                                        "HOME=/nonexistent",
                                        "MALLOC_TRIM_THRESHOLD_=67108864",
                                        "MALLOC_MMAP_THRESHOLD_=33554432",
                                        NULL};

/* In the child of a process with threads: only async-signal-safe calls from here to exec. */
static void child_exec(const char *const argv[], const char *cwd, int in_fd, int out_fd,
                       int death_signal, pid_t parent)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;

    setsid();
    if (death_signal != 0) {
        prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0);
        if (getppid() != parent) /* it died before the line above */
            _exit(126);
    }
    for (int sig = 1; sig < NSIG; sig++)
        sigaction(sig, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(077);
    if (chdir(cwd) != 0 || dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(out_fd, 2) < 0)
        _exit(126);
    if (close_range(3, ~0U, 0) != 0)
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
    execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)clean_env);
    _exit(127);
}

static pid_t spawn(const char *const argv[], const char *cwd, int in_fd, int out_fd,
                   int death_signal)
{
    pid_t parent = getpid();
    sigset_t all, before;
    pid_t pid;
    int saved;

    /* No handler of ours may run in the child before its handlers are reset. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0)
        child_exec(argv, cwd, in_fd, out_fd, death_signal, parent);
    saved = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return pid;
}

pid_t pgproc_spawn(const char *const argv[], const char *cwd, int out_fd, int death_signal)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    pid_t pid;
    int saved;

    if (null_fd < 0)
        return -1;
    pid = spawn(argv, cwd, null_fd, out_fd, death_signal);
    saved = errno;
    close(null_fd);
    errno = saved;
    return pid;
}

/* A descriptor that reads `input`, or -1 with errno: a pipe holds that much. */
static int input_fd(const char *input)
{
    size_t len = strlen(input);
    int ends[2], rc = -1, saved;

    if (len > PGPROC_INPUT_MAX) {
        errno = EFBIG;
        return -1;
    }
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    if (len == 0 || write(ends[1], input, len) == (ssize_t)len)
        rc = ends[0];
    saved = errno;
    close(ends[1]);
    if (rc < 0)
        close(ends[0]);
    errno = saved;
    return rc;
}

/* Reads fd to its end; what is over SAID_MAX is read and dropped, so that the writer never waits.
 */
static char *read_said(int fd)
{
    char *said = x_malloc(SAID_MAX + 1);
    char drop[4096];
    size_t len = 0;

    for (;;) {
        ssize_t n =
            len < SAID_MAX ? read(fd, said + len, SAID_MAX - len) : read(fd, drop, sizeof(drop));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        if (len < SAID_MAX)
            len += (size_t)n;
    }
    said[len] = '\0';
    return said;
}

int pgproc_run(const char *const argv[], const char *cwd, char **said)
{
    return pgproc_run_with(argv, cwd, "", said);
}

int pgproc_run_with(const char *const argv[], const char *cwd, const char *input, char **said)
{
    int ends[2], in_fd, status = -1;
    pid_t pid;

    if (access(argv[0], X_OK) != 0) {
        *said = x_asprintf("%s: %s", argv[0], strerror(errno));
        return -1;
    }
    in_fd = input_fd(input);
    if (in_fd < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        *said = x_asprintf("pipe: %s", strerror(errno));
        if (in_fd >= 0)
            close(in_fd);
        return -1;
    }
    pid = spawn(argv, cwd, in_fd, ends[1], SIGKILL);
    close(in_fd);
    close(ends[1]);
    if (pid < 0) {
        *said = x_asprintf("fork: %s", strerror(errno));
        close(ends[0]);
        return -1;
    }
    *said = read_said(ends[0]);
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            free(*said);
            *said = x_asprintf("wait: %s", strerror(errno));
            return -1;
        }
    }
    return status;
}

/* True for lines that don't say what is wrong. */
static bool is_noise(const char *line, size_t len)
{
    static const char *const noise[] = {"HINT:",
                                        "DETAIL:",
                                        "removing ",
                                        "child process exited",
                                        "database system ",
                                        "skipping missing",
                                        "redirecting log",
                                        "starting PostgreSQL",
                                        "listening on",
                                        "startup process (PID",
                                        "terminating any other",
                                        "shutting down due to"};

    for (size_t i = 0; i < ARRAY_LEN(noise); i++)
        if (memmem(line, len, noise[i], strlen(noise[i])) != NULL)
            return true;
    return len == 0;
}

/* The line behind its mark "FATAL:" and the like; the caller frees it. */
static char *line_words(const char *line, size_t len)
{
    static const char *const marks[] = {"FATAL:", "PANIC:", "error:", "ERROR:", "LOG:"};
    const char *end = line + len;

    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        const char *mark = memmem(line, len, marks[i], strlen(marks[i]));

        if (mark != NULL) {
            line = mark + strlen(marks[i]);
            break;
        }
    }
    while (line < end && *line == ' ')
        line++;
    len = (size_t)(end - line);
    return x_strndup(line, len < 200 ? len : 200);
}

char *pgproc_last_words(const char *said)
{
    char *last = x_strdup(""), *before = x_strdup(""), *both;

    for (const char *p = said; *p != '\0';) {
        size_t len = strcspn(p, "\r\n");

        if (!is_noise(p, len)) {
            free(before);
            before = last;
            last = line_words(p, len);
        }
        p += len;
        p += strspn(p, "\r\n");
    }
    both = x_asprintf("%s%s%s", before, *before != '\0' ? "; " : "", last);
    free(before);
    free(last);
    return both;
}

/* True when process pid is a PostgreSQL server whose working folder is pg_dir. */
static bool is_server_of(const char *pid, const char *pg_dir)
{
    char path[64], target[PATH_MAX];
    const char *base;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%s/cwd", pid);
    n = readlink(path, target, sizeof(target) - 1);
    if (n < 0)
        return false;
    target[n] = '\0';
    if (!str_eq(target, pg_dir))
        return false;
    snprintf(path, sizeof(path), "/proc/%s/exe", pid);
    n = readlink(path, target, sizeof(target) - 1);
    if (n < 0)
        return false;
    target[n] = '\0';
    base = strrchr(target, '/');
    /* After an upgrade of the package it reads "postgres (deleted)". */
    return base != NULL && strncmp(base, "/postgres", 9) == 0 &&
           (base[9] == '\0' || base[9] == ' ');
}

size_t pgproc_find(const char *pg_dir, pid_t *pids, size_t max)
{
    DIR *proc = opendir("/proc");
    struct dirent *e;
    size_t n = 0;

    if (proc == NULL)
        return 0;
    while ((e = readdir(proc)) != NULL) {
        int64_t pid;

        if (num_parse(e->d_name, strlen(e->d_name), 1, INT32_MAX, &pid) != 0 ||
            !is_server_of(e->d_name, pg_dir))
            continue;
        if (n < max)
            pids[n] = (pid_t)pid;
        n++;
    }
    closedir(proc);
    return n;
}

void pgproc_signal(const pid_t *pids, size_t n, int sig)
{
    for (size_t i = 0; i < n; i++)
        kill(pids[i], sig);
}

bool pgproc_is_zombie(pid_t pid)
{
    char *path = x_asprintf("/proc/%d/stat", (int)pid);
    char *text = file_read(path, 4096, NULL);
    const char *end =
        text != NULL ? strrchr(text, ')') : NULL; /* of the name, which may be anything */
    bool zombie = end != NULL && end[1] == ' ' && (end[2] == 'Z' || end[2] == 'X');

    free(text);
    free(path);
    return zombie;
}
