/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_READ_H
#define PUMASI_DB_READ_H

/* All SQL of reads: one named statement each, prepared at each connect, and its answer's columns.
 */

#include <libpq-fe.h>

#include "core/base.h"
#include "core/hash.h"

enum read_name {
    READ_KEY,
    READ_LEDGER,
    READ_UNITS,
    READ_ACT,
    READ_RECORD,
    READ_RECEIPTS,
    READ_PENDING_ACT,
    READ_PENDING,
    READ_MEMBER,
    READ_ACCOUNT,
    READ_POSTINGS,
    READ_REQUESTS,
    READ_COOP_REQUESTS,
    READ_ALL_REQUESTS,
    READ_COOPS,
    READ_COOP,
    READ_COOP_MEMBERS,
    READ_NET,
    READ_BOOK,
    READ_COOP_ACCOUNTS,
    READ_COOP_LINES,
    READ_CONTRA,
    READ_COOP_POSTINGS,
    READ_TILES,
    READ_ENTRIES,
    READ_LEDGER_CHANGE,
    READ_CONTINUED,
    READ_SNAPSHOTS,
    READ_LOG,
    READ_BOOK_LOG,
    READ_POSITIONS,
};
#define READ_COUNT (READ_POSITIONS + 1)

struct read_statement {
    const char *name;
    const char *sql;
    bool binary; /* its answer's columns come in binary format */
};
extern const struct read_statement read_statements[READ_COUNT];

/* One statement with its values; whoever gets one by value owns them. */
#define READ_VALUES_MAX 6
struct read_query {
    enum read_name name;
    size_t n;
    char *values[READ_VALUES_MAX];
};
void read_query_free(struct read_query *q);

/* Makers, one a statement (db_read_query.c); the columns that it answers are the enum below each.
 */

/*
 * The key of a kid: the registered one, else one that a pending act would register for `by`; and
 * the ledger's id.
 */
struct read_query read_key(const char *kid, const char *by);
enum {
    KEY_X,
    KEY_HOLDER,
    KEY_ROLE /* empty: not registered */,
    KEY_REVOKED,
    KEY_LEDGER_ID,
    KEY_RECOVERY /* of its holder: five columns, recovery_view.h */
};

struct read_query read_ledger(void);
enum {
    LEDGER_ID,
    LEDGER_SIZE,
    LEDGER_TITLE,
    LEDGER_ZONE,
    LEDGER_RULES,
    LEDGER_WAITING, /* the submission of the ledger.open or ledger.continue that waits, or null */
    LEDGER_NEEDS,
    LEDGER_ORIGIN,
    LEDGER_CONTINUING,
    LEDGER_CONTINUED, /* the latest record by which it went on, null when there is none */
    LEDGER_BEFORE,    /* the id until then */
    LEDGER_KEPT
};

struct read_query read_units(void);
enum {
    UNITS_UNIT,
    UNITS_TITLE,
    UNITS_SCALE,
    UNITS_KIND
};

/* One record whole, with the texts that are left of it; no row when there is none. */
struct read_query read_act(const char *by, const char *jti);
struct read_query read_record(int64_t index);
enum {
    RECORD_IDX,
    RECORD_BY,
    RECORD_JTI,
    RECORD_HEADER,
    RECORD_PARTS,
    RECORD_MEMO_SALT,
    RECORD_MEMO,
    RECORD_NAME_SALT,
    RECORD_NAME,
    RECORD_REASON_SALT,
    RECORD_REASON,
    RECORD_REFERENCE_SALT,
    RECORD_REFERENCE,
    RECORD_PARTIES /* "payer payee" of the request that it answers; null when it answers none */
};

/* Every record below that index that changed the ledger or its stewards, in order, at most one more
 * than fit into an answer; none where the ledger has gone on under no other id. */
struct read_query read_continued(int64_t below);

/* The latest record below that index which changed the holder "ledger"; RECORD_… columns. */
struct read_query read_ledger_change(int64_t below);

/* What receipts are made of, by index, those that are there, in order. */
struct read_query read_receipts(const int64_t *indexes, size_t n);
enum {
    RECEIPTS_IDX,
    RECEIPTS_BY,
    RECEIPTS_JTI,
    RECEIPTS_HEADER
};

struct read_query read_pending_act(const char *by, const char *jti, int64_t now);
/*
 * What waits for the holder in that role or for that key, or was signed by it; latest exp first.
 * From before (exp, by, jti), or from the start where by is NULL.
 */
struct read_query read_pending(const char *holder, const char *role, const char *kid, int64_t now,
                               const char *exp, const char *by, const char *jti, int64_t limit);
enum {
    PENDING_BY,
    PENDING_JTI,
    PENDING_TYPE,
    PENDING_EXP,
    PENDING_SIGNED, /* kids, a space after each but the last */
    PENDING_ASKS,   /* a line each */
    PENDING_NEEDS,  /* JSON */
    PENDING_SUBMISSION
};

struct read_query read_member(const char *member);
enum {
    MEMBER_KIND,
    MEMBER_STATE,
    MEMBER_NAME, /* null when it has none or it was erased */
    MEMBER_ALLOWED,
    MEMBER_THRESHOLD,
    MEMBER_KEYS,   /* "role kid", a line each */
    MEMBER_LIMITS, /* "unit floor ceiling own", ceiling '-' for none, own 't' or 'f', a line each */
    MEMBER_READERS, /* "holder role kid", a line each */
    MEMBER_RECOVERY /* five columns, recovery_view.h */
};

/* No row when the member or the unit isn't there, or the co-op neither has a policy for it nor it
 * an account. */
struct read_query read_account(const char *member, const char *unit);
enum {
    ACCOUNT_BALANCE,
    ACCOUNT_SEQ,
    ACCOUNT_FLOOR,
    ACCOUNT_CEILING
};

/* Of a list of postings, from some column on: see record_view.h. */
enum transfer_column {
    TRANSFER_PURSE,    /* an office acted, and the payer is a purse */
    TRANSFER_REVERSES, /* a reversal's transfer; null else */
    TRANSFER_FORCED,
    TRANSFER_ORIGINAL, /* the act part of that transfer */
    TRANSFER_REVERSED  /* how much of it was reversed; null when nothing was */
};
#define TRANSFER_COLUMNS_N (TRANSFER_REVERSED + 1)

/* Newest first, seq below `before`. The account's own row is always there: see READ_ACCOUNT. */
struct read_query read_postings(const char *account, int64_t before, int64_t limit);
enum {
    POSTINGS_SEQ,
    POSTINGS_IDX,
    POSTINGS_AMOUNT,
    POSTINGS_BALANCE,
    POSTINGS_HEADER,
    POSTINGS_ACT,  /* the act part */
    POSTINGS_MEMO, /* null when there is none or it was erased */
    POSTINGS_TRANSFER
};

/*
 * Newest first, index below `before`, in that state or in any where it is NULL. READ_REQUESTS: of
 * the member `name`; READ_COOP_REQUESTS: of the co-op's members; READ_ALL_REQUESTS, `name` NULL.
 */
struct read_query read_requests(enum read_name whose, const char *name, const char *state,
                                int64_t before, int64_t limit);
enum {
    REQUESTS_IDX,
    REQUESTS_HEADER,
    REQUESTS_ACT,  /* the act part */
    REQUESTS_MEMO, /* null when there is none or it was erased */
    REQUESTS_STATE,
    REQUESTS_ANSWER, /* null while there is none */
    REQUESTS_PAYLOAD_HASH
};

struct read_query read_coops(const char *after, int64_t limit);
enum {
    COOPS_COOP,
    COOPS_TITLE,
    COOPS_STATE
};

struct read_query read_coop(const char *coop);
enum {
    COOP_TITLE,
    COOP_STATE,
    COOP_THRESHOLD,
    COOP_KEYS,     /* "role kid", a line each */
    COOP_POLICIES, /* "unit floor ceiling registrar_floor registrar_ceiling reversal_days clearing"
                      and levy words, a line each */
    COOP_RECOVERY, /* five columns, recovery_view.h */
    COOP_RECOVERIES = COOP_RECOVERY + 5 /* its members', 1,000 at most: "member record due
                                           objected", a line each */
};

/* What each co-op owes on the whole in a unit (negative: is owed), where that isn't zero. */
struct read_query read_net(const char *unit);
enum {
    NET_COOP,
    NET_OWES
};

struct read_query read_coop_members(const char *coop, const char *after, int64_t limit);
enum {
    COOP_MEMBERS_MEMBER,
    COOP_MEMBERS_KIND,
    COOP_MEMBERS_NAME,
    COOP_MEMBERS_STATE,
    COOP_MEMBERS_RECORDED
};

/*
 * One point of the log to look at a co-op's book from: the first `size` records, at most all, of
 * them those of before the day to_day. from_day, the first day looked at, makes `first`. Days begin
 * in the ledger's zone; NULL for none. No row when there is no such co-op.
 */
struct read_query read_book(const char *coop, const char *from_day, const char *to_day,
                            int64_t size);
enum {
    BOOK_HEAD,      /* how many records the database has */
    BOOK_FIRST,     /* index of the first record looked at, perhaps beyond the end */
    BOOK_SIZE,      /* how many records are counted */
    BOOK_TIME,      /* of the last of them; null when there is none */
    BOOK_FIRST_SEQ, /* entries of the book before BOOK_FIRST */
    BOOK_SIZE_SEQ   /* entries of the book in the first BOOK_SIZE records */
};

/* The accounts as they stood after the first `size` records; limits are those in force now. */
struct read_query read_coop_accounts(const char *coop, const char *after, int64_t limit,
                                     int64_t size);
enum {
    COOP_ACCOUNTS_ACCOUNT,
    COOP_ACCOUNTS_BALANCE,
    COOP_ACCOUNTS_SEQ,
    COOP_ACCOUNTS_FLOOR,
    COOP_ACCOUNTS_CEILING,
    COOP_ACCOUNTS_IDX, /* of the latest posting; null without one */
    COOP_ACCOUNTS_TIME,
    COOP_ACCOUNTS_DAY
};
/* The lines that a co-op gives and takes, by their names: enum coop_lines_column. */
enum coop_lines_column {
    COOP_LINES_LINE,
    COOP_LINES_COOP,
    COOP_LINES_PARTNER,
    COOP_LINES_UNIT,
    COOP_LINES_LIMIT,
    COOP_LINES_TRANSIT,
    COOP_LINES_RECORD,
};
struct read_query read_coop_lines(const char *coop, const char *after, int64_t limit);

/* Records of the book, newest first, its seq below `before` and above `after`. */
struct read_query read_coop_postings(const char *coop, int64_t before, int64_t after,
                                     int64_t limit);
enum {
    COOP_POSTINGS_SEQ,
    COOP_POSTINGS_IDX,
    COOP_POSTINGS_HEADER,
    COOP_POSTINGS_PARTS,
    COOP_POSTINGS_MEMO,
    COOP_POSTINGS_DAY, /* of its time, in the ledger's zone */
    COOP_POSTINGS_TRANSFER
};

/*
 * The first count[i] hashes of tile n[i] of a level, one row each, in the same order; null or short
 * when they aren't all there. Binary.
 */
struct read_query read_tiles(const int64_t *level, const int64_t *n, const int64_t *count,
                             size_t tiles);
enum {
    TILES_HASHES
};

/*
 * The entries of `count` records from `first` on as tlog-tiles bundles them: two bytes of length,
 * then the 32 of SHA-256(header). One row, one column, short when they aren't all there. Binary.
 */
#define ENTRY_LEN 34
struct read_query read_entries(int64_t first, int64_t count);
enum {
    ENTRIES_BUNDLE
};

enum snapshots_column {
    SNAPSHOTS_SEQ,
    SNAPSHOTS_RECORD,
    SNAPSHOTS_SIZE,
    SNAPSHOTS_COUNT,
    SNAPSHOTS_ROOT,
};
/* The latest `limit` with a seq below `before`. */
struct read_query read_snapshots(int64_t before, int64_t limit);

/*
 * Records from an index on, in order: all, or those of a co-op's book and those that stewards and
 * the ledger itself made. A row with LOG_SIZE alone where there are none.
 */
struct read_query read_log(int64_t from, int64_t limit);
struct read_query read_book_log(const char *coop, int64_t from, int64_t limit);
enum {
    LOG_SIZE, /* how many records the database has */
    LOG_IDX,  /* null in a row with the size alone */
    LOG_BY,
    LOG_HEADER,
    LOG_PARTS,
    LOG_PARTIES /* as RECORD_PARTIES */
};

/*
 * A co-op's positions and lines, by unit and partner, at one size of the log. A row with the first
 * two columns alone where there are none.
 */
struct read_query read_positions(const char *coop);
enum {
    POSITIONS_SIZE, /* how many records the database has */
    POSITIONS_TIME, /* of the last of them */
    POSITIONS_UNIT, /* null in a row with those two alone */
    POSITIONS_PARTNER,
    POSITIONS_BALANCE, /* of the co-op's account of the partner */
    POSITIONS_GIVEN,   /* the line's limit; null without one */
    POSITIONS_GIVEN_TRANSIT,
    POSITIONS_TAKEN,
    POSITIONS_TAKEN_TRANSIT,
    POSITIONS_IDX, /* of the last movement; null without one */
    POSITIONS_MOVED,
    POSITIONS_DAY,
    POSITIONS_OLDEST /* day of the oldest debt that still stands; null where none does */
};

/* Columns of an answer in text format. */
int64_t col_int(const PGresult *res, int row, int col); /* 0 for null */
bool col_bool(const PGresult *res, int row, int col);
bool col_null(const PGresult *res, int row, int col);
const char *col_text(const PGresult *res, int row, int col); /* "" for null; as long as res */
const char *col_text_or_null(const PGresult *res, int row, int col);
size_t col_len(const PGresult *res, int row, int col);
/* A bytea of exactly n bytes; false when it is another length. */
bool col_bytes(const PGresult *res, int row, int col, void *out, size_t n) MUST_CHECK;

#endif
