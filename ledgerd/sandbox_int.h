/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SANDBOX_INT_H
#define PUMASI_SANDBOX_INT_H

/* The two halves of sandbox.c. Both need no_new_privs. */

#include "core/base.h"

/*
 * Landlock: from now on this thread, and those it makes, read only below the n paths in `read`, and
 * in `data` (NULL: nowhere) change files too. network: TCP connections may be made. Returns the
 * version of the kernel's interface, or 0 and in *why what prevents it.
 */
int sandbox_landlock(const char *data, char *const *read, size_t n, bool network,
                     const char **why) MUST_CHECK;

/* The filter of system calls, for all threads. network: as above. 0, or -1 and *why. */
int sandbox_seccomp(bool network, const char **why) MUST_CHECK;

#endif
