/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_EXPORT_H
#define PUMASI_EXPORT_H

#include "client/client.h"
#include "client/csv_table.h"
#include "core/buf.h"
#include "core/name.h"

/*
 * What `pumasi export` writes: accounts with their postings at one point of the log. It is gathered
 * by export_read, and written by one function for each format; all amounts are minor units.
 */
struct export_account {
    char member[ACCOUNT_MAX + 1]; /* the address, "alice@hansalim" or "!outside@hansalim" */
    const struct profile_unit *unit;
    int64_t opening; /* before the first day of the period */
    int64_t closing; /* past its last day */
    /* What the ledger said of it at one moment; export_settle compares it with the postings. */
    int64_t said_balance, said_seq;
    bool whole; /* all postings from the first on were read */
};

struct export_posting {
    size_t account; /* among the accounts */
    size_t order;   /* as it came, to keep the legs of one record in their order */
    int64_t index, ms;
    int32_t day; /* booked: of ms, in the ledger's zone */
    bool has_value_date;
    int32_t value_date;
    int64_t amount, balance, seq;
    char counterparty[ADDRESS_MAX + 1]; /* a member or a co-op, "" when there is none */
    char category[CATEGORY_MAX + 1];
    char *memo;                /* "" without one */
    char *signed_by;           /* "member", "registrar", "treasurers", "ledger" */
    int64_t reverses, request; /* records: what this gives back, what it answers; -1 */
    bool forced;
};

struct export
{
    const char *ledger_id, *book; /* borrowed; book NULL: of a member's accounts */
    const struct profile_unit *units;
    size_t n_units;
    int64_t size; /* records 0 to size − 1 are in it */
    bool has_from, has_to;
    int32_t from, to; /* days, both within the period */
    size_t n_accounts, accounts_cap;
    struct export_account *accounts; /* sorted by member and unit when settled */
    json_t *index;                   /* "alice@hansalim/hour" → its place there, until settled */
    size_t n, cap;
    struct export_posting *postings; /* newest first as they come; when settled, oldest first */
    json_t *names; /* address → name; NULL when accounts aren't to be named so */
};

void export_free(struct export *x);
/* Finds an account or adds it; *out is its place. -1 when member is no address or contra account's.
 */
int export_account(struct export *x, const char *member, const struct profile_unit *unit,
                   size_t *out) MUST_CHECK;
/* One more posting, of zeros but for its order, for the caller to fill in at once. */
struct export_posting *export_posting(struct export *x);

/*
 * Puts everything in order and sees that it adds up, up to record size − 1 and to the last day:
 * each account's entries are numbered without a gap, each balance is the one before it and the
 * amount, what the ledger said of the account agrees, and a book's legs, opening and closing
 * balances sum to zero. NULL, or what is wrong: a sentence that the caller frees.
 */
char *export_settle(struct export *x) MUST_CHECK;

/* The name of a member, NULL when accounts aren't named or it has none. */
const char *export_name_of(const struct export *x, const char *member);

/* The first day that the export speaks of; 1970-01-01 when it speaks of none. */
int32_t export_first_day(const struct export *x);
/* Lines of comment for a journal: what it is of and how far it reaches. */
void export_heading(struct buf *b, const struct export *x);

/* The formats; docs/export.md describes them. The same accounts make the same bytes. */
void export_csv(struct buf *b, const struct export *x, const struct csv_style *style);
void export_hledger(struct buf *b, const struct export *x);
void export_beancount(struct buf *b, const struct export *x);

#endif
