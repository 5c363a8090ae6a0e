/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_READS_H
#define PUMASI_READS_H

#include <libpq-fe.h>

#include "core/base.h"
#include "ledgerd/db_read.h"

struct ledgerd;
struct nodes;

/*
 * The pool of read connections, driven by the event loop; only the loop's thread calls any of this.
 * Requests wait in a bounded queue for a connection. A statement that outlives its deadline costs
 * its connection; one whose connection is lost is tried once more on another.
 */
struct reads;

struct reads *reads_start(struct ledgerd *d);
/* Answers what still waits with READ_BUSY, closes all. */
void reads_stop(struct reads *r);
/* How many connections can be used now. */
size_t reads_up(const struct reads *r);
/* How many requests wait for a connection. */
size_t reads_waiting(const struct reads *r);
struct nodes *reads_nodes(struct reads *r);

enum read_end {
    READ_OK,     /* res holds rows */
    READ_BUSY,   /* no database, no connection in time, or its deadline passed: try again later */
    READ_BROKEN, /* the database refused the statement */
};
/* res is NULL unless READ_OK, and cleared after the call. */
typedef void read_done(void *arg, enum read_end end, const PGresult *res);

/* Takes over the query's values. done is called exactly once, perhaps before this returns. */
void reads_ask(struct reads *r, struct read_query q, read_done *done, void *arg);

#endif
