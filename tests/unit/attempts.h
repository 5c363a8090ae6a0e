/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ATTEMPTS_H
#define PUMASI_ATTEMPTS_H

/*
 * What is tried in a sandbox. Nobody gets out of one, so each attempt is made by a child of its
 * own, which enters as ledgerd does and answers with errno, 0 for success, or dies.
 */
#include "ledgerd/sandbox.h"

#define CANT_BE_HAD 200 /* a child's answer: the kernel, or what runs us, has no sandbox for us */

struct attempt {
    const char *what;
    int (*try)(void);
    int local, network; /* errno with the private cluster, and with a database elsewhere */
};

/* What an attempt answers for a call's result: 0, or errno where it is negative. */
int answer(long result);

/* A child makes the sandbox, enters and tries; how it ended, as waitpid says. */
int attempt_outcome(int (*attempt)(void), struct sandbox *(*rules)(void));
/* Fails the test when the outcome isn't that of `local`, or of `network`. */
void attempt_check(const struct attempt *a, bool network, struct sandbox *(*rules)(void));
/* Skips the test where such a sandbox can't be had, and under valgrind. */
void attempt_skip_without_sandbox(struct sandbox *(*rules)(void));

#endif
