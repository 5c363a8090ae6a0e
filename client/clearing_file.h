/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLEARING_FILE_H
#define PUMASI_CLEARING_FILE_H

#include "client/names.h"
#include "core/buf.h"
#include "core/clearing.h"

/*
 * Tables of debts and of legs (docs/clearing.md), as CSV:
 *   debtor,creditor,amount
 *   debtor,creditor,amount,cleared,remaining
 */
#define CLEARING_FILE_MAX ((size_t)1 << 30)

/* One pair of debtor and creditor. */
struct clearing_row {
    uint32_t debtor, creditor;          /* places in the names */
    int64_t amount, cleared, remaining; /* of debts, cleared and remaining are 0 */
    int64_t line;                       /* in the file, from 1 */
};

struct clearing_table {
    size_t n, cap;
    struct clearing_row *rows;
};

/*
 * Reads a whole file; its parties are added to `names`. Its rows are in the file's order, and are
 * good each by itself: two names, amounts from 1 on (of legs cleared and remaining may be any whole
 * number). A sentence on stderr for each of the first faulty rows. An enum pumasi_exit; the table
 * is to be freed in any case.
 */
int clearing_read(struct clearing_table *t, struct names *names, const char *path,
                  bool legs) MUST_CHECK;
void clearing_table_free(struct clearing_table *t);

/*
 * Numbers the parties of all tables anew, so that their numbers are in the order of their names'
 * bytes, and sorts the rows by debtor and creditor; those of one pair stay in the file's order.
 */
void clearing_sort(struct names *names, struct clearing_table *const *tables, size_t n);
/* Adds up the debts of each pair in a sorted table. An enum pumasi_exit, after a sentence, when all
 * of them are more than can be counted. */
int clearing_merge(struct clearing_table *t) MUST_CHECK;

/* The table of legs as a file. */
void clearing_put_legs(struct buf *b, const struct clearing_table *t, const struct names *names);

#endif
