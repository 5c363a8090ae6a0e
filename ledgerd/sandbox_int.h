/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SANDBOX_INT_H
#define PUMASI_SANDBOX_INT_H

/* The two halves of sandbox.c. Both need no_new_privs. */

#include "core/base.h"

/* Files, and folders with all in them. */
struct paths {
    char **all;
    size_t n;
};

/*
 * Landlock: from now on this thread, and those it makes, read only what is in `read` and `change`,
 * and change only what is in `change`. network: TCP connections may be made. Returns the version of
 * the kernel's interface, or 0 and in *why what prevents it.
 */
int sandbox_landlock(const struct paths *change, const struct paths *read, bool network,
                     const char **why) MUST_CHECK;

/* The filter of system calls, for all threads. network: as above. 0, or -1 and *why. */
int sandbox_seccomp(bool network, const char **why) MUST_CHECK;

#endif
