/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/num.h"

bool notify_send(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len;
    ssize_t sent;
    int fd;

    /* A path, or '@' and a name in Linux's abstract space, whose first byte is NUL. */
    if (path == NULL || (path[0] != '/' && path[0] != '@'))
        return false;
    len = strlen(path);
    if (len < 2 || len >= sizeof(addr.sun_path))
        return false;
    memcpy(addr.sun_path, path, len);
    if (path[0] == '@')
        addr.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    do {
        sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&addr,
                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    } while (sent < 0 && errno == EINTR);
    close(fd);
    return sent >= 0;
}

/* A status of several lines would be read as several assignments: it is cut at its first line end.
 */
static void send_with_status(const char *before, const char *status)
{
    char *state = x_asprintf("%sSTATUS=%.*s", before, (int)strcspn(status, "\r\n"), status);

    notify_send(state);
    free(state);
}

void notify_ready(const char *status)
{
    send_with_status("READY=1\n", status);
}

void notify_status(const char *status)
{
    send_with_status("", status);
}

void notify_extend(int64_t ms)
{
    char *state = x_asprintf("EXTEND_TIMEOUT_USEC=%lld", (long long)ms * 1000);

    notify_send(state);
    free(state);
}

void notify_stopping(void)
{
    notify_send("STOPPING=1");
}

void notify_watchdog(void)
{
    notify_send("WATCHDOG=1");
}

int64_t notify_watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    int64_t n;

    if (usec == NULL || num_parse(usec, strlen(usec), 1, NUM_MAX, &n) != 0)
        return 0;
    if (pid != NULL) {
        int64_t for_pid;

        if (num_parse(pid, strlen(pid), 1, INT32_MAX, &for_pid) != 0 || for_pid != getpid())
            return 0;
    }
    return n / 1000;
}
