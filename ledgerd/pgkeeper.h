/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PGKEEPER_H
#define PUMASI_PGKEEPER_H

/*
 * The process that keeps the embedded PostgreSQL: a child of ledgerd's own, which starts the
 * server, looks after it and stops it (pgserver.h). It is there so that ledgerd itself, which reads
 * what strangers send, can give up starting programs, signalling processes and looking into /proc
 * once it serves (sandbox.h), while a PostgreSQL that dies is still started again. The keeper reads
 * nothing but the end of its line to ledgerd, and never has the ledger's keys. When ledgerd dies,
 * PostgreSQL is stopped: by the keeper, as its line has ended, or for the kernel has ended the
 * keeper (not where Landlock keeps ledgerd's signals in, even that of its death).
 */

#include "core/base.h"
#include "ledgerd/pgserver.h"

struct pgkeeper;

/*
 * Forks the keeper, which runs `server` (stays the caller's, who starts nothing with it), and waits
 * until PostgreSQL takes connections. make: the cluster is made where there is none. close_fd: a
 * descriptor that the keeper must not hold (the lock of the data folder), or -1. Called by the
 * thread that lives as long as the process, before there are others. NULL and a sentence; nothing
 * is left running then.
 */
struct pgkeeper *pgkeeper_start(struct pgserver *server, bool make, int close_fd, char *err,
                                size_t err_size) MUST_CHECK;

/* Readable when pgkeeper_look has something to see. */
int pgkeeper_fd(const struct pgkeeper *k);

/*
 * Sees without blocking what the keeper said; adds to *restarts how often PostgreSQL has come up
 * again. False: the keeper has ended, which nobody asked for, and PostgreSQL stops.
 */
bool pgkeeper_look(struct pgkeeper *k, uint64_t *restarts) MUST_CHECK;

/* Has PostgreSQL stopped cleanly, waits for that, and frees k. NULL is let be. */
void pgkeeper_stop(struct pgkeeper *k);

#endif
