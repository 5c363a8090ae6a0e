/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PRIVS_H
#define PUMASI_PRIVS_H

/* Whom the daemon runs as, and its data folder. */

#include "core/base.h"

/* A leak checker must be able to trace the process that it checks, and to look into /proc. */
#if defined(__SANITIZE_ADDRESS__)
#define PRIVS_TRACEABLE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PRIVS_TRACEABLE 1
#endif
#endif
#ifndef PRIVS_TRACEABLE
#define PRIVS_TRACEABLE 0
#endif

/*
 * Readies the data folder and, when started as root, becomes `user` for good; call it before
 * threads, sockets and files. A folder that is missing is made where `make_data` says so (and those
 * above it), a new or empty one is given to the user; one of somebody else, or that others can
 * write, is refused. In every case: umask 077, no core dumps (keys are in memory), no new
 * privileges, as many open files as allowed. data_dir NULL: no folder. -1 and a sentence in err.
 */
int privs_become(const char *user, const char *data_dir, bool make_data, char *err,
                 size_t err_size) MUST_CHECK;

/*
 * Gives up every capability, for good. Apart from privs_become, as a daemon that isn't root's may
 * have been given one to listen on a port below 1024.
 */
void privs_drop_capabilities(void);

/*
 * Takes the data folder for this process, so that two never run one cluster or overwrite one
 * another's files. The file descriptor (close-on-exec), to be kept open as long as it is needed; -1
 * and a sentence in err where another process has it. Posting is guarded by the database's epoch,
 * not by this.
 */
int privs_lock_data(const char *data_dir, char *err, size_t err_size) MUST_CHECK;

#endif
