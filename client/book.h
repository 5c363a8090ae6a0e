/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_BOOK_H
#define PUMASI_BOOK_H

#include "client/csv_table.h"
#include "client/query.h"
#include "core/date.h"

/*
 * A co-op's book as its office and auditors may see it: every account in every unit, at one point
 * of the log. Amounts are minor units.
 */
struct book_account {
    char *account;      /* "alice@hansalim/hour" or "!outside@hansalim/hour" */
    char *member;       /* the same without the unit */
    const char *handle; /* member without its co-op: its first handle_len bytes */
    size_t handle_len;
    const char *unit; /* in account */
    int64_t balance, seq;
    bool limited; /* the three below are known */
    int64_t floor, available;
    bool has_ceiling;
    int64_t ceiling;
    char day[DATE_LEN + 1]; /* of the latest posting, in the ledger's zone; "" without one */
    json_t *item;           /* as the ledger said it */
};
struct book {
    char coop[COOP_MAX + 1];
    struct query_view view;
    size_t n, cap;
    struct book_account *accounts; /* by unit, contra accounts last, then by name */
};

/*
 * Fetches it: `query` is "as_of=DATE", "size=N" or "" for now. An enum pumasi_exit, after a
 * sentence; the book must be freed either way.
 */
int book_fetch(struct book *b, struct client *c, const struct keyfile *key, const char *coop,
               const char *query) MUST_CHECK;
void book_free(struct book *b);
/* For book_fetch and tests: adds one account of an answer; book_sort once they all are there. */
int book_take(struct book *b, json_t *item) MUST_CHECK;
/*
 * Can this be a posting of a book, an item of GET /v1/coops/{coop}/postings? PUMASI_UNPROVED after
 * a sentence when its account, index, day or amount can't be one; its texts are not looked at.
 */
int book_check_posting(const json_t *item) MUST_CHECK;
/* "hour" of "alice@hansalim/hour", within it; "" where it names none. */
const char *book_unit_of(const char *account);
void book_sort(struct book *b);

/* The end of the accounts of the same unit that begin at `from`. */
size_t book_unit_end(const struct book *b, size_t from);
/* What the balances of accounts from..end sum to; -1 when that is beyond all numbers. */
int book_sum(const struct book *b, size_t from, size_t end, int64_t *out) MUST_CHECK;
/*
 * PUMASI_OK when each unit sums to zero, else PUMASI_UNPROVED after a sentence for each that
 * doesn't. `only` (may be NULL): that unit alone.
 */
int book_check(struct client *c, const struct book *b, const char *only) MUST_CHECK;
/* NULL when it isn't there. */
const struct book_account *book_find(const struct book *b, const char *account);

/* A co-op's members: a new object of address → item of GET /v1/coops/{coop}/members. An enum
 * pumasi_exit, after a sentence; *out is NULL then. */
int book_members(struct client *c, const struct keyfile *key, const char *coop,
                 json_t **out) MUST_CHECK;
/* What the members' list says of an address: "" where it isn't there. */
const char *book_name(const json_t *members, const char *address);
const char *book_kind(const json_t *members, const char *address); /* "person", "purse" */

/*
 * Which co-op's book: `coop`, or the only one whose office is among the keys; and the key to read
 * it with. *name is borrowed from the key or the argument.
 */
int book_reader(struct client *c, const char *coop, struct keyfile **key,
                const char **name) MUST_CHECK;

#endif
