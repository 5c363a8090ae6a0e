/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CHILD_H
#define PUMASI_CHILD_H

/* What every process does first that ledgerd forks for a part of its work and that runs no other
 * program: the keeper, the scribe, the minder and its courier. */

#include <sys/types.h>

/*
 * In the child of the process `parent`: it dies with its parent (ends here if that is dead
 * already), is in a session of its own, is called `name` (15 bytes) in lists of processes, and
 * ignores the signals that ledgerd acts upon.
 */
void child_begin(const char *name, pid_t parent);

/* Closes whatever ledgerd had open but fd and the three of each process. fd's new number, always
 * CHILD_LINE. A failure ends the process. */
int child_keep_only(int fd);
#define CHILD_LINE 3

#endif
