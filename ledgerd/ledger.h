/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LEDGER_H
#define PUMASI_LEDGER_H

#include "core/base.h"
#include "core/hash.h"
#include "core/name.h"
#include "core/state.h"
#include "core/tree.h"
#include "ledgerd/published.h"
#include "ledgerd/recent.h"
#include "ledgerd/rest.h"
#include "core/strmap.h"
#include "ledgerd/tiles.h"

/* The row of table head, but for the edge, which is the tree. */
struct head {
    char origin[ORIGIN_MAX + 1];
    struct hash opening;    /* payload hash of the only ledger.open that is taken */
    bool is_continuing;     /* stewards are to sign a ledger.continue, and nothing else is taken */
    struct hash continuing; /* its payload hash */
    uint64_t size;
    int64_t time_ms;
    int64_t epoch;
};

/*
 * What the one that posts keeps in memory: the state, the log's right edge, and how many acts wait
 * for each maker. It equals the database as of the last commit, and is rebuilt from it when in
 * doubt.
 */
struct ledger {
    struct head head;
    struct state *state;
    struct rest *rest; /* what of it isn't in hand; NULL where the state keeps all */
    struct tree tree;
    struct tiles tiles;
    int64_t numbered;      /* the last number that an account was given; it is never given again */
    struct strmap *makers; /* kid to its pending acts */
    struct recent *recent; /* payloads of the latest records */
};

/* An empty one for a log of that name. With a keyring, which outlives it and gets every key, most
 * of the state rests there; with NULL it is all in hand. */
void ledger_init(struct ledger *l, const char *origin, struct keyring *keyring);
void ledger_free(struct ledger *l);
/* Appends a record's leaf to tree and tiles; its hash is the result. */
struct hash ledger_append(struct ledger *l, const struct hash *entry);
/* Makes all changes lasting, or takes them back. */
void ledger_commit(struct ledger *l, int64_t time_ms);
void ledger_rollback(struct ledger *l);

/* Has what is published signed by the log keys that are in force in the state. */
void ledger_use_log_keys(const struct ledger *l, struct published *p);

#endif
