/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempts.h"
#include "ledgerd/log.h"

int answer(long result)
{
    return result < 0 ? errno : 0;
}

int attempt_outcome(int (*attempt)(void), struct sandbox *(*rules)(void))
{
    char err[256];
    pid_t pid = fork();
    int status = -1;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct sandbox *s = rules();

        log_open(STDERR_FILENO, LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            sandbox_enter(s, SANDBOX_REQUIRE, err, sizeof(err)) != 0) {
            fprintf(stderr, "%s\n", err);
            _exit(CANT_BE_HAD);
        }
        _exit(attempt());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

void attempt_check(const struct attempt *a, bool network, struct sandbox *(*rules)(void))
{
    int status = attempt_outcome(a->try, rules), wanted = network ? a->network : a->local;

    if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted)
        fail_msg("%s, network %d: %s instead of %s", a->what, network,
                 WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : "killed", strerror(wanted));
}

static int nothing(void)
{
    return 0;
}

void attempt_skip_without_sandbox(struct sandbox *(*rules)(void))
{
    if (getenv("UNDER_VALGRIND") != NULL) {
        fprintf(stderr, "valgrind makes system calls of its own: not tried under it\n");
        skip();
    }
    if (WEXITSTATUS(attempt_outcome(nothing, rules)) == CANT_BE_HAD)
        skip();
}
