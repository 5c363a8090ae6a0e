/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PGPROC_H
#define PUMASI_PGPROC_H

/* Processes of PostgreSQL: running its programs, and finding those that belong to a cluster.
 * Linux's /proc. */

#include <sys/types.h>

#include "core/base.h"

/*
 * Starts argv[0] (a path; argv ends with NULL) as a child in a session of its own, with standard
 * input from /dev/null, output and errors to out_fd, in folder cwd, with a clean environment, and
 * nothing else of ours open. When this thread ends, the child is sent death_signal. Safe beside
 * other threads. The child's pid, or -1 with errno.
 */
pid_t pgproc_spawn(const char *const argv[], const char *cwd, int out_fd,
                   int death_signal) MUST_CHECK;

/*
 * Runs a program to its end and gathers what it says (at most 64 KiB, caller frees) in *said. Its
 * wait status, or -1 when it could not be run; *said then says why.
 */
int pgproc_run(const char *const argv[], const char *cwd, char **said) MUST_CHECK;

/* The same with `input`, at most PGPROC_INPUT_MAX bytes, on its standard input. */
#define PGPROC_INPUT_MAX 16384
int pgproc_run_with(const char *const argv[], const char *cwd, const char *input,
                    char **said) MUST_CHECK;

/* The last two lines of said that say something, without "LOG:" and the like; the caller frees it.
 */
char *pgproc_last_words(const char *said);

/*
 * Finds the processes of this user that are PostgreSQL's servers at work in the folder pg_dir (a
 * resolved path). Writes at most max of them; returns how many there are.
 */
size_t pgproc_find(const char *pg_dir, pid_t *pids, size_t max);
#define PGPROC_MANY 256 /* as many as are dealt with at once */

/* Sends n processes a signal, whether they are still there or not. */
void pgproc_signal(const pid_t *pids, size_t n, int sig);
#define PGPROC_QUIT_MS 10000 /* what SIGQUIT is given, to end at once, before SIGKILL follows */

/* True when the process has ended and only waits to be waited for: it holds nothing any more. */
bool pgproc_is_zombie(pid_t pid);

#endif
