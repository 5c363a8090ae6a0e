/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLERK_H
#define PUMASI_CLERK_H

struct ledgerd;

/*
 * The clerk: a thread that records what the ledger itself has to. Once a day, where this ledgerd
 * posts, it makes the snapshot (core/snapshot.h) of all that is counted, off the loop and the
 * poster, signs it with the clerk key and queues it like any act. Nothing depends on it: a snapshot
 * that fails is tried again in a minute, then ever less often, at last once an hour.
 */
struct clerk;

struct clerk *clerk_start(struct ledgerd *d);
/* Ends the thread; before the queue is shut. */
void clerk_stop(struct clerk *c);

#endif
