/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_VIEW_H
#define PUMASI_STATEMENT_VIEW_H

#include "client/csv_table.h"
#include "client/statement_words.h"

/*
 * What a page shows of a statement, whatever it is written for: a terminal, a spreadsheet, paper.
 * All that is for people is in their language already, and strings may hold anything that a file
 * can hold: who writes them makes them safe in its own way. Amounts are minor units of `unit`.
 */
enum view_result {
    VIEW_PROVED,   /* nothing failed */
    VIEW_UNPROVED, /* nothing failed, but no ledger is pinned, so nothing is proved either */
    VIEW_FAILED,
};

struct view_row {
    int64_t index, ms; /* the record, and when it was booked */
    bool has_day;      /* false where this machine doesn't know the ledger's zone */
    int32_t day;       /* booked, in the ledger's zone */
    bool has_value_date;
    int32_t value_date;
    bool has_posting; /* else the three below aren't known */
    int64_t amount, balance, seq;
    char *counterparty, *memo, *category; /* "" where there is none */
    bool memo_missing;                    /* there is one, and it isn't in the file */
    char *signer;                         /* "bob@hansalim", "the registrar of hansalim" */
    char *remarks;                        /* "answers request 7"; "" */
    char *kids;                           /* of the keys that signed, parted by blanks */
    const char *kind, *signed_by;         /* as in docs/statements.md; "" where not known */
    int64_t reverses, request;            /* records; -1 */
    bool forced;
    bool faulty; /* something about this entry failed */
    bool open;   /* who signed it, or whether its amount is right, isn't shown */
};

struct statement_view {
    enum view_result result;
    bool other_ledger;                       /* it is of another one than is trusted */
    char *ledger_id, *ledger_name, *account; /* the name may be "" */
    char *member, *unit_name; /* the account's two halves: "alice@hansalim", "hour" */
    struct statement_unit unit;
    bool unit_known; /* else amounts are shown in minor units */
    struct kid log_kid;
    char *pin; /* the line of text that an auditor pins */
    char *zone;
    int32_t from, to;
    int64_t made, checked; /* milliseconds since 1970 */
    char file_hash[2 * HASH_LEN + 1];
    struct statement_point opening, closing;
    int64_t in, out;
    size_t n_rows;
    struct view_row *rows;
    size_t n_findings;             /* failures first, then what isn't shown, then what was proved */
    struct view_finding *findings; /* statement_words */
};

void statement_view_free(struct statement_view *v);

/* With whom, as people read it: an entry of a position between co-ops without its act is a payment
 * of members, and a monthly levy goes to the co-op. */
const char *view_counterparty(const struct statement_view *v, const struct view_row *r);
/* An amount as people read it, "1,234:30" with a sign where `sign`; "?" of a row that has none. The
 * caller frees it. */
char *view_amount(const struct statement_view *v, int64_t amount, bool sign);
char *view_row_amount(const struct statement_view *v, const struct view_row *r, bool sign);
char *view_row_balance(const struct statement_view *v, const struct view_row *r);
/* The first finding of that mark, and the end of them: v->findings[from..end). */
void view_findings(const struct statement_view *v, enum statement_mark mark, size_t *from,
                   size_t *end);
/* For programs: "proved", "unproved", "failed". */
const char *view_result_name(enum view_result result);
/* The headings above them, and the sentence that sums it all up. Not to be freed. */
const char *view_heading(const struct statement_view *v, enum statement_mark mark);
const char *view_summary(const struct statement_view *v);
/* "hour", or "hour (Hour)" where its name says more. The caller frees it. */
char *view_unit(const struct statement_view *v);

/* The writers; each appends to `b`. Colour is for terminals. docs/statements.md tells the columns
 * of the table. */
void view_put_text(struct buf *b, const struct statement_view *v, bool colour);
void view_put_csv(struct buf *b, const struct statement_view *v, const struct csv_style *style);
void view_put_html(struct buf *b, const struct statement_view *v);
void view_put_json(struct buf *b, const struct statement_view *v);

#endif
