/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STORE_H
#define PUMASI_STORE_H

#include "core/record.h"
#include "core/rules.h"
#include "ledgerd/ledger.h"
#include "ledgerd/pgarray.h"

/*
 * What a batch (or a replay) adds to the tables, as columns: gathered record by record, then
 * written by db_post.h. No SQL here, no rules.
 */
enum store_table {
    STORE_RECORDS,
    STORE_POSTINGS,
    STORE_POSITION_SUMS, /* of postings above */
    STORE_ACCOUNTS,      /* new ones, and those with new limits */
    STORE_BOOK_PAGES,
    STORE_CHANGES,
    STORE_HOLDERS,
    STORE_KEYS,
    STORE_UNITS,
    STORE_POLICIES,
    STORE_LINES,
    STORE_ROUNDS,
    STORE_ROUND_LEGS,
    STORE_REQUESTS,
    STORE_REVERSALS,
    STORE_VOIDS,
    STORE_SNAPSHOTS,
    STORE_TEXTS,
    STORE_TILES,
    STORE_CONTINUATIONS,
};
#define STORE_TABLES      (STORE_CONTINUATIONS + 1)
#define STORE_COLUMNS_MAX 20

#define BOOK_PAGE 32 /* records of a book in a row of book_pages, as in db_sql.h */

struct store_rows {
    size_t n, n_columns;
    struct pgarray column[STORE_COLUMNS_MAX];
};

/* Names of things touched, as they stand in the state: valid until it is committed or rolled back.
 */
struct store_touched {
    struct store_touch {
        const char *name;
        int64_t name_record; /* of a holder: the record whose texts have its name; of a round: the
                                one that gave it these legs; -1 else */
    } * at;
    size_t n, cap;
};

/* Postings, until they are rows. */
struct store_legs {
    struct store_leg {
        const char *account; /* as in store_touch */
        int64_t number;      /* the account's */
        int64_t seq, index, amount, balance, floor;
        bool marked;
    } * at;
    size_t n, cap;
};

/* Records of books, until they are rows. */
struct store_entries {
    struct store_entry {
        const char *book; /* as in store_touch */
        int64_t seq, index;
    } * at;
    size_t n, cap;
};

struct store {
    struct store_rows rows[STORE_TABLES];
    struct store_touched touched[THING_KINDS];
    struct store_legs legs;
    struct store_entries entries;
};

void store_init(struct store *st);
void store_free(struct store *st);
void store_clear(struct store *st);

/* A posted act: record, postings, books. To be called before rules_apply empties the outcome, whose
 * accounts get a number when they are new. */
void store_record(struct store *st, struct ledger *l, int64_t index, const struct act *a,
                  const struct record *rec, const struct hash *leaf, const struct outcome *out);
/* The texts that travel beside a posted act. */
void store_texts(struct store *st, int64_t index, const struct submission *sub);
/* After the last one: a row for each thing touched, as it is now, and the tiles that got full. */
void store_finish(struct store *st, const struct ledger *l);

#endif
