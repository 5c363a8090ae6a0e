/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/say.h"

#define PASSPHRASE_MAX 1024

bool passphrase_from_file(void)
{
    return getenv("PUMASI_PASSPHRASE_FILE") != NULL;
}

/* Reads up to the end of the line; NULL at end of input, on an error, or when it is too long. */
static char *read_line(int fd)
{
    char *line = sodium_malloc(PASSPHRASE_MAX + 1);
    size_t n = 0;

    if (line == NULL)
        return NULL;
    for (;;) {
        char ch;
        ssize_t got = read(fd, &ch, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || (got == 0 && n == 0) || n == PASSPHRASE_MAX)
            break;
        if (got == 0 || ch == '\n') {
            if (n > 0 && line[n - 1] == '\r')
                n--;
            line[n] = '\0';
            return line;
        }
        line[n++] = ch;
    }
    sodium_free(line);
    return NULL;
}

static char *from_file(void)
{
    const char *path = getenv("PUMASI_PASSPHRASE_FILE");
    char *line;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        (void)fail(PUMASI_FAILED, _("PUMASI_PASSPHRASE_FILE names %s, which can't be read: %s."),
                   path, strerror(errno));
        return NULL;
    }
    line = read_line(fd);
    close(fd);
    if (line == NULL || line[0] == '\0') {
        (void)fail(PUMASI_FAILED, _("There is no passphrase in the first line of %s."), path);
        sodium_free(line);
        return NULL;
    }
    return line;
}

static void put(int fd, const char *s)
{
    size_t len = strlen(s);

    while (len > 0) {
        ssize_t n = write(fd, s, len);

        if (n < 0 && errno != EINTR)
            return;
        if (n > 0) {
            s += n;
            len -= (size_t)n;
        }
    }
}

/* Asks on the terminal with echo off. Signals wait until the terminal is as it was. */
static char *ask(int tty, const char *prompt)
{
    struct termios was, silent;
    sigset_t block, before;
    char *line;

    put(tty, prompt);
    put(tty, ": ");
    if (tcgetattr(tty, &was) != 0)
        return NULL;
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGTERM);
    sigaddset(&block, SIGTSTP);
    sigprocmask(SIG_BLOCK, &block, &before);
    silent = was;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    silent.c_lflag |= ECHONL;
    tcsetattr(tty, TCSAFLUSH, &silent);
    line = read_line(tty);
    tcsetattr(tty, TCSAFLUSH, &was);
    sigprocmask(SIG_SETMASK, &before, NULL);
    /* With ISIG off, ^C comes as a character and means what it always does. */
    if (line != NULL && strchr(line, '\003') != NULL) {
        sodium_free(line);
        line = NULL;
        raise(SIGINT);
    }
    return line;
}

char *passphrase_get(const char *prompt, bool confirm)
{
    char *first, *second;
    int tty;

    if (passphrase_from_file())
        return from_file();
    tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) {
        (void)fail(PUMASI_FAILED,
                   _("There is no terminal to ask for a passphrase. Put it into a file "
                     "and name that in PUMASI_PASSPHRASE_FILE."));
        return NULL;
    }
    for (;;) {
        first = ask(tty, prompt);
        if (first == NULL || !confirm)
            break;
        if (strlen(first) < 8) {
            put(tty, _("That is too short: take at least 8 characters, better a few words.\n"));
            sodium_free(first);
            continue;
        }
        second = ask(tty, _("The same again"));
        if (second == NULL) {
            sodium_free(first);
            first = NULL;
            break;
        }
        bool same = str_eq(first, second);
        sodium_free(second);
        if (same)
            break;
        put(tty, _("Those two differ. Once more.\n"));
        sodium_free(first);
    }
    close(tty);
    if (first == NULL)
        (void)fail(PUMASI_FAILED, _("No passphrase was given."));
    return first;
}
