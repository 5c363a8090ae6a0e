/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/base.h"

void child_begin(const char *name, pid_t parent)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) /* it died before the line above */
        _exit(1);
    setsid();
    prctl(PR_SET_NAME, name, 0, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        sigaction(ignored[i], &ignore, NULL);
}

int child_keep_only(int fd)
{
    if ((fd != CHILD_LINE && dup2(fd, CHILD_LINE) < 0) || close_range(CHILD_LINE + 1, ~0U, 0) != 0)
        _exit(1);
    return CHILD_LINE;
}
