/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TALLY_H
#define PUMASI_TALLY_H

#include "client/book.h"

/*
 * What a report counts, from the very postings that make the book. Amounts are minor units; all
 * arithmetic is checked, and what can't be added up is an error, never a wrong sum.
 *
 * A transfer between two persons is an exchange, also where one is another co-op's; one that a
 * purse pays or is paid is counted by itself, and so is an exchange's levy. What moves nobody's
 * account but the co-op's own with other co-ops is counted by itself, too: settlements, clearing,
 * payments that only pass. A reversal is counted in the month in which it was booked, under its
 * transfer's category, and taken off what was exchanged; the transfer stays one. A member is active
 * who paid or was paid in a transfer, whether reversed later or not.
 */
struct tally_sum {
    int64_t transfers, amount;             /* exchanges */
    int64_t reversals, reversed;           /* of exchanges */
    int64_t other_transfers, other_amount; /* with purses; levies are in the amount alone */
    int64_t other_reversals, other_reversed;
    int64_t coops_records, coops_amount; /* between co-ops */
};
int64_t tally_net(const struct tally_sum *s);       /* amount − reversed */
int64_t tally_other_net(const struct tally_sum *s); /* the same of the others */

enum tally_by {
    TALLY_TOTAL,
    TALLY_MONTH,
    TALLY_CATEGORY
};
#define TALLY_KINDS (TALLY_CATEGORY + 1)

struct tally_row {
    enum tally_by by;
    char *unit;
    char *key; /* "" of the total, "2026-11", a category or "" without one */
    struct tally_sum sum;
    json_t *active; /* the active members, as an object's names */
};

/* One account: opening + received − paid = closing. */
struct tally_account {
    char *account;
    int64_t received, paid, postings;
    int64_t opening, closing; /* once it is settled */
};

struct tally {
    const json_t *members; /* borrowed: see book_members */
    size_t n_rows, rows_cap;
    struct tally_row *rows; /* once settled: by unit, kind and key */
    size_t n_accounts, accounts_cap;
    struct tally_account *accounts;
    json_t *places; /* account → its place in accounts */
    json_t *legs;   /* of the record that is being read */
};

void tally_init(struct tally *t, const json_t *members);
void tally_free(struct tally *t);

/* One posting of GET /v1/coops/{coop}/postings; those of one record follow each other. PUMASI_OK,
 * or PUMASI_UNPROVED after a sentence. */
int tally_add(struct tally *t, json_t *item) MUST_CHECK;
/*
 * The end of the postings. For every account of either book: opening + postings = closing, in
 * amount and in number; each unit of either book sums to zero. Then rows and accounts are in order,
 * every account of the closing book is there. As tally_add.
 */
int tally_settle(struct tally *t, const struct book *opening,
                 const struct book *closing) MUST_CHECK;

/* NULL when nothing of it was posted. */
const struct tally_row *tally_find(const struct tally *t, enum tally_by by, const char *unit,
                                   const char *key);

/* What stands on the accounts of a unit: the sum of those in credit, and of those in debt (negative
 * or 0). `closing`, else opening. -1 when it is beyond all numbers. */
int tally_standing(const struct tally *t, const char *unit, bool closing, int64_t *credit,
                   int64_t *debt) MUST_CHECK;

#endif
