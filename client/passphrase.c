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

/* Takes the last character off: in UTF-8 its further bytes too. */
static size_t rub_out(const char *line, size_t n)
{
    while (n > 0 && ((unsigned char)line[n - 1] & 0xc0) == 0x80)
        n--;
    return n > 0 ? n - 1 : 0;
}

/* Reads keys up to Enter from a terminal that does nothing with them itself. */
static char *read_keys(int tty, bool *interrupted)
{
    char *line = sodium_malloc(PASSPHRASE_MAX + 1);
    size_t n = 0;

    *interrupted = false;
    while (line != NULL) {
        char ch;
        ssize_t got = read(tty, &ch, 1);

        if (got < 0 && errno == EINTR)
            continue;
        *interrupted = got == 1 && ch == 'C' - '@';
        if (got != 1 || *interrupted || (ch == 'D' - '@' && n == 0) || n == PASSPHRASE_MAX)
            break;
        if (ch == '\r' || ch == '\n') {
            line[n] = '\0';
            return line;
        }
        if (ch == 0x7f || ch == '\b')
            n = rub_out(line, n);
        else if (ch == 'U' - '@')
            n = 0;
        else if ((unsigned char)ch >= ' ')
            line[n++] = ch;
    }
    sodium_free(line);
    return NULL;
}

/* Asks on the terminal with echo off. Signals wait until the terminal is as it was. */
static char *ask(int tty, const char *prompt)
{
    struct termios was, silent;
    sigset_t block, before;
    bool interrupted;
    char *line;

    if (tcgetattr(tty, &was) != 0)
        return NULL;
    sigfillset(&block);
    sigprocmask(SIG_BLOCK, &block, &before);
    silent = was;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    tcsetattr(tty, TCSAFLUSH, &silent);
    put(tty, prompt);
    put(tty, ": ");
    line = read_keys(tty, &interrupted);
    put(tty, "\n");
    tcsetattr(tty, TCSAFLUSH, &was);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (interrupted)
        raise(SIGINT);
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
