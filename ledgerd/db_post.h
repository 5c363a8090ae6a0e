/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_POST_H
#define PUMASI_DB_POST_H

#include "ledgerd/conf.h"
#include "ledgerd/db_pipe.h"
#include "ledgerd/ledger.h"
#include "ledgerd/pendings.h"
#include "ledgerd/store.h"

/* The SQL of posting: one round trip a batch, or two. It knows tables and no rules. */
struct db_post {
    struct db_pipe *pipe;
    bool begun;                    /* a transaction is open, which has the head's lock */
    int commit;                    /* number of the COMMIT that db_post_store sent */
    int64_t patience_ms;           /* for each round trip */
    int64_t takeover_ms;           /* how long a poster may keep its session waiting */
    uint64_t stored[STORE_TABLES]; /* rows that this session has sent to each table */
    bool replan;                   /* plans are to be made anew */
};

/* Connects and prepares all statements. NULL and a sentence in err. */
struct db_post *db_post_open(const char *conninfo, const struct conf *conf, char *err,
                             size_t err_size) MUST_CHECK;
void db_post_close(struct db_post *db);

enum db_end {
    DB_DONE,
    DB_LOST,        /* the connection is lost (or no longer to be trusted); nothing was committed */
    DB_UNKNOWN,     /* the same, but the COMMIT had been sent */
    DB_UNCONFIRMED, /* committed here, with a warning: synchronous replication was not confirmed, so
                       that a failover may lose it */
    DB_AGAIN,       /* a conflict or a time-out: rolled back, worth another try */
    DB_FULL,        /* no space left on the server's disk: rolled back */
    DB_REFUSED,     /* a statement failed otherwise: rolled back */
    DB_OTHERS,      /* another ledgerd posts: the epoch has moved on */
    DB_HASTY,       /* what was done in haste doesn't hold: rolled back, to be run with care */
};
/* What went wrong, for the log. */
const char *db_post_fault(const struct db_post *db);
/* True when the last thing that went wrong was for want of space. */
bool db_post_is_full(const struct db_post *db);

/*
 * Asks for the right to post, which this session then keeps. A session that has it and has kept the
 * server waiting for too long is ended, so that asking again succeeds. DB_DONE, DB_OTHERS, DB_LOST.
 */
enum db_end db_post_lock(struct db_post *db) MUST_CHECK;
/* Raises head.epoch, which ends everybody else's. DB_DONE or DB_LOST. */
enum db_end db_post_take_over(struct db_post *db, int64_t *epoch) MUST_CHECK;
/* A sign of life, so that the server keeps the session. DB_DONE or DB_LOST. */
enum db_end db_post_ping(struct db_post *db) MUST_CHECK;

/* What a batch asks for. */
struct want {
    struct pgarray accounts;
    struct pgarray by, jti; /* ids, of posted and pending acts */
    struct pgarray deals;   /* records that acts name */
    struct pgarray asked;   /* payload hashes that acts name */
    /* The ids aren't asked for but taken for new ones, of no pending act: where one isn't, or the
     * epoch is another's, storing fails. */
    bool hasty;
};
void want_init(struct want *w);
void want_free(struct want *w);
void want_clear(struct want *w);

/*
 * First round trip: begins the transaction, locks the head, puts accounts and, unless in haste, ids
 * posted before into the ledger's state and pending acts into `pend`. In haste it is left out when
 * nothing is to be loaded. On anything but DB_DONE there is no transaction left.
 */
enum db_end db_post_begin(struct db_post *db, struct ledger *l, struct want *w,
                          struct pendings *pend) MUST_CHECK;
/*
 * Loads more of accounts, deals and asked, between the two round trips or outside of any
 * transaction. On anything but DB_DONE there is no transaction left.
 */
enum db_end db_post_load(struct db_post *db, struct ledger *l, struct want *w) MUST_CHECK;
/*
 * Sends the last round trip, which moves the head, failing where it isn't as the ledger has it,
 * writes everything and commits. The head becomes what the ledger's tree and state are now, at
 * time_ms. What became of it db_post_stored says, and nothing else is asked before.
 */
void db_post_store(struct db_post *db, const struct ledger *l, int64_t time_ms, struct store *st,
                   struct pendings *pend, struct want *w);
/*
 * Waits for its end. On anything but DB_DONE there is no transaction left. DB_HASTY only where `w`
 * is hasty.
 */
enum db_end db_post_stored(struct db_post *db, const struct want *w) MUST_CHECK;
/* Ends the transaction, if there is one, with nothing stored. DB_DONE or DB_LOST. */
enum db_end db_post_rollback(struct db_post *db) MUST_CHECK;
/*
 * Deletes some of the pending acts whose exp (seconds) is before `now`, in a transaction of its
 * own, so few that nothing waits for it; `more`: there may be others. Ends as db_post_store does.
 */
enum db_end db_post_expire(struct db_post *db, struct ledger *l, int64_t now,
                           bool *more) MUST_CHECK;
/* The account of a row of ask_accounts' columns. The caller owns it. */
struct account *db_post_take_account(const PGresult *res, int row) MUST_CHECK;

#endif
