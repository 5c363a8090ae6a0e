/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PGSERVER_H
#define PUMASI_PGSERVER_H

/*
 * The embedded PostgreSQL: a private cluster in DATA/pg, reached over a Unix socket only,
 * supervised as a direct child, by the keeper (pgkeeper.h). All of this is called by one thread,
 * the one that lives as long as the process (when it dies, the kernel tells PostgreSQL to stop).
 * Nobody else may wait for any child (waitpid(-1)) or ignore SIGCHLD. Somebody holds
 * privs_lock_data, or the caller only connects.
 */

#include "core/base.h"

struct pgserver;

enum pgserver_state {
    PGSERVER_STOPPED,  /* not started, or stopped as asked */
    PGSERVER_CLEARING, /* what an earlier server left running is being stopped */
    PGSERVER_STARTING,
    PGSERVER_UP,
    PGSERVER_WAITING, /* it ended by itself; started again after a while */
    PGSERVER_STOPPING,
};

/*
 * Knows the cluster in data_dir (absolute, there already); pg_bin as configured, maybe empty.
 * Starts nothing. NULL and a sentence in err; free with pgserver_free, which doesn't stop it.
 */
struct pgserver *pgserver_new(const char *data_dir, const char *pg_bin, char *err,
                              size_t err_size) MUST_CHECK;
void pgserver_free(struct pgserver *p);

/* The folder of the cluster; p's. */
const char *pgserver_dir(const struct pgserver *p);
/* Whether data_dir holds a cluster. */
bool pgserver_exists(const struct pgserver *p);

/* Makes the cluster where there is none (some seconds). -1 and a sentence. Run again after a crash.
 */
int pgserver_init(struct pgserver *p, char *err, size_t err_size) MUST_CHECK;

/*
 * Starts the cluster and waits until it takes connections, at most `patience_ms`, and makes the
 * database in it where that is missing. What an earlier ledgerd left running is stopped first. -1
 * and a sentence; nothing is left running then.
 */
int pgserver_start(struct pgserver *p, int64_t patience_ms, char *err, size_t err_size) MUST_CHECK;

/*
 * Looks after it without blocking: on SIGCHLD, and at the latest when pgserver_due_ms says. A
 * server that died is started again, at first at once, then after growing pauses. The state it is
 * in.
 */
enum pgserver_state pgserver_tick(struct pgserver *p);
/* In how many ms pgserver_tick is wanted. */
int64_t pgserver_due_ms(const struct pgserver *p);

enum pgserver_state pgserver_state(const struct pgserver *p);
/* How often it has come up: 1 after pgserver_start, more after restarts. */
int64_t pgserver_ups(const struct pgserver *p);

/* Stops it cleanly and waits: every session is ended, all is written down. Harsher after a minute.
 */
void pgserver_stop(struct pgserver *p);

/* libpq's connection string for the ledger's database; valid as long as p. */
const char *pgserver_conninfo(const struct pgserver *p);

#endif
