/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PGLEFTOVERS_H
#define PUMASI_PGLEFTOVERS_H

/*
 * What an earlier PostgreSQL left in a cluster: processes, and lock files that would keep the next
 * one from starting. For pgserver.h alone, by its thread; nothing here waits. waited_ms is since
 * when the caller has been at it.
 */

#include <sys/types.h>

#include "core/base.h"

/*
 * One look at what an earlier server left running in the folder pg_dir: it is ended gently while
 * there is a postmaster that can stop the others, harsher with time. *signalled is 0 at first, then
 * the harshest signal sent. True when nothing is left.
 */
bool pgleftovers_clear(const char *pg_dir, int64_t waited_ms, int *signalled) MUST_CHECK;

/*
 * PostgreSQL won't start where a lock file names a living process of this user, and that may be
 * anybody after a restart of the machine or in a container, or what is left of a killed server
 * until it is waited for. Removes such files; called when no server of the cluster lives. True when
 * it is done; it waits a second first.
 */
bool pgleftovers_unlock(const char *pg_dir, const char *socket_dir, int64_t waited_ms) MUST_CHECK;

/*
 * Reads postmaster.pid of the cluster, left or of the server that runs: whose it is, and whether it
 * says that the server is ready. 0, or -1 when there is none.
 */
int pgleftovers_pid_file(const char *pg_dir, pid_t *pid, bool *ready) MUST_CHECK;

#endif
