/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLERK_H
#define PUMASI_CLERK_H

#include "core/act.h"

struct ledgerd;

/*
 * The clerk: a thread that records what the ledger itself has to. Once a day, where this ledgerd
 * posts, it makes the snapshot (core/snapshot.h) of all that is counted, off the loop and the
 * poster, signs it with the clerk key and queues it like any act. Nothing depends on it: a snapshot
 * that fails is tried again in a minute, then ever less often, at last once an hour. It brings
 * rounds of clearing to their end (rounds.h).
 */
struct clerk;

struct clerk *clerk_start(struct ledgerd *d);
/* That act was posted: if there may be something to do now, it looks at once. For the loop's
 * thread; c may be NULL. */
void clerk_posted(struct clerk *c, const struct act *act);
/* Ends the thread; before the queue is shut. */
void clerk_stop(struct clerk *c);

#endif
