/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/graphviz.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/clock.h"
#include "client/output.h"
#include "client/say.h"

#define PATIENCE  120 /* seconds */
#define SVG_MAX   ((size_t)64 * 1024 * 1024)
#define PIECE     65536
#define NOT_FOUND 127 /* what a shell and posix_spawn's child say */

/* The program at work: what goes in, what comes out. -1 where closed. */
struct run {
    pid_t pid;
    int in, out;
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* 0, or an errno. */
static int start(struct run *r)
{
    char program[] = "dot", as_svg[] = "-Tsvg", *const argv[] = {program, as_svg, NULL};
    posix_spawn_file_actions_t files;
    int in[2], out[2], rc;

    if (pipe2(in, O_CLOEXEC) != 0)
        return errno;
    if (pipe2(out, O_CLOEXEC) != 0) {
        rc = errno;
        close_end(&in[0]);
        close_end(&in[1]);
        return rc;
    }
    rc = fcntl(in[1], F_SETFL, O_NONBLOCK) != 0 ? errno : posix_spawn_file_actions_init(&files);
    if (rc == 0) {
        rc = posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
        if (rc == 0)
            rc = posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
        if (rc == 0)
            rc = posix_spawnp(&r->pid, program, &files, NULL, argv, environ);
        (void)posix_spawn_file_actions_destroy(&files);
    }
    close_end(&in[0]);
    close_end(&out[1]);
    r->in = in[1];
    r->out = out[0];
    if (rc != 0) {
        close_end(&r->in);
        close_end(&r->out);
    }
    return rc;
}

/* The rest of the text into the program, as much as it takes now. */
static void feed(struct run *r, const struct buf *text, size_t *fed)
{
    ssize_t n = write(r->in, text->data + *fed, text->len - *fed);

    if (n > 0)
        *fed += (size_t)n;
    /* One that wants no more says why on stderr, and by its exit status. */
    if (*fed == text->len || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_end(&r->in);
}

/* False at the end of what it says. */
static bool take(struct run *r, struct buf *svg)
{
    ssize_t n;

    buf_reserve(svg, PIECE);
    n = read(r->out, svg->data + svg->len, PIECE);
    if (n > 0) {
        svg->len += (size_t)n;
        svg->data[svg->len] = '\0';
    }
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Both ways until it has said all; false when it took too long or said too much. */
static bool talk(struct run *r, const struct buf *text, struct buf *svg)
{
    int64_t until = clock_steady_ms() + (int64_t)PATIENCE * 1000;
    size_t fed = 0;

    for (;;) {
        struct pollfd fds[] = {{.fd = r->out, .events = POLLIN}, {.fd = r->in, .events = POLLOUT}};
        int64_t left = until - clock_steady_ms();

        if (left <= 0 || svg->len > SVG_MAX)
            return false;
        if (poll(fds, ARRAY_LEN(fds), (int)left) < 0 && errno != EINTR)
            return false;
        if (r->in >= 0 && fds[1].revents != 0)
            feed(r, text, &fed);
        if (fds[0].revents != 0 && !take(r, svg))
            return true;
    }
}

/* How it ended: its exit status, or -1. */
static int end(const struct run *r)
{
    int status;

    while (waitpid(r->pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int no_program(void)
{
    return fail(PUMASI_FAILED, _("Pictures are laid out by Graphviz, whose program dot isn't here: "
                                 "install it (Debian: apt install graphviz)."));
}

int graphviz_draw(const struct picture *p, const char *path)
{
    struct buf text = BUF_INIT, svg = BUF_INIT;
    struct run r = {.in = -1, .out = -1};
    bool whole = false;
    int rc, status;

    picture_put(&text, p);
    rc = start(&r);
    if (rc == 0) {
        whole = talk(&r, &text, &svg);
        if (!whole)
            (void)kill(r.pid, SIGKILL);
        status = end(&r);
        if (status == NOT_FOUND)
            rc = no_program();
        else if (!whole || status != 0 || svg.len == 0)
            rc = fail(PUMASI_FAILED, _("Graphviz's program dot couldn't draw the picture."));
        else
            rc = output_file(path, svg.data, svg.len);
    } else if (rc == ENOENT) {
        rc = no_program();
    } else {
        rc = fail(PUMASI_FAILED, _("Graphviz's program dot can't be run: %s."), strerror(rc));
    }
    close_end(&r.in);
    close_end(&r.out);
    buf_free(&text);
    buf_free(&svg);
    return rc;
}
