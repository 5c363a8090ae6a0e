/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_INT_H
#define PUMASI_STATEMENT_INT_H

/* What the files that make a statement (statement_make.h) share; for nobody else. */
#include "ledgerd/db_read.h"
#include "ledgerd/db_statement.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log_proofs.h"
#include "ledgerd/statement_make.h"
#include "ledgerd/statement_names.h"

/* A transfer among what is shown: whom it is between. */
struct dealt {
    int64_t index;
    char from[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1];
};

struct making {
    const struct statement_ask *ask;
    struct ledgerd *d;
    PGconn *conn;
    char *err;
    size_t err_size;
    const char *why; /* for the client */
    struct statement st;
    struct checkpoint checkpoint;
    char *note;
    struct statement_span span;
    PGresult *postings, *named, *keys, *unit, *snapshot; /* what the texts lie in */
    struct names holders, kids;
    struct pgarray reversed; /* records that reversals name */
    size_t n_reversed;
    size_t n_dealt;
    struct dealt *dealt;
    struct log_proofs *proofs;
    char **leaf_texts;
};

/* The database holds what can't be: the sentence goes to the log. */
enum desk_end making_broken(struct making *m, const char *sentence);
/* The next of a record's parts, which stand one a line; false behind the last. */
bool next_part(const char **at, struct statement_text *part);

/* The ledger's snapshot that covers the days, with the leaves of the account and of all whose keys
 * count; nothing where there is none yet. */
enum desk_end take_snapshot(struct making *m);
/* The way of each record to the checkpoint's root, and from the log at `since` to it. */
enum desk_end take_proofs(struct making *m);

#endif
