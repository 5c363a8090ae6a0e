/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_AUDIT_H
#define PUMASI_AUDIT_H

#include "core/record.h"
#include "core/tree.h"

/*
 * Checks a log from record 0 on by the rules, or of one co-op's book what its office and auditors
 * may see (docs/audit.md). Nothing is read or written here; whoever calls brings the records in
 * order. A record that should never have been is named, and what it claims is taken as it stands,
 * so that one fraud doesn't hide the next, nor makes a hundred of one.
 */

/* What can be found, by the words of reports; where the rules refuse an act it is the refusal's
 * word instead (refusal_name). For ever: programs look for them. */
enum audit_word {
    /* one record */
    AUDIT_HEADER,           /* no header, or of rules that aren't known */
    AUDIT_OUT_OF_PLACE,     /* its index isn't its place in the log */
    AUDIT_PARTS,            /* not as many parts as its header says, or none of theirs */
    AUDIT_ALTERED,          /* a part isn't the one that the header names */
    AUDIT_TIME,             /* older than the record before */
    AUDIT_UNSIGNED,         /* the act lacks signatures that it needs */
    AUDIT_REVOKED_KEY,      /* signed by a key that was revoked before */
    AUDIT_ID,               /* an act of that by and jti is in the log already */
    AUDIT_POSTING_MISSING,  /* the act moves an account, and no posting says so */
    AUDIT_POSTING_EXTRA,    /* a posting that the act doesn't make */
    AUDIT_AMOUNT,           /* a posting's amount isn't the act's */
    AUDIT_BALANCE,          /* a posting's balance doesn't follow from the one before */
    AUDIT_FLOOR,            /* a posting's floor isn't the one in force */
    AUDIT_SEQ,              /* a number isn't the next one: left out, or doubled */
    AUDIT_CHANGE_MISSING,   /* the act changes a subject, and no part says so */
    AUDIT_CHANGE_EXTRA,     /* a change that the act doesn't make */
    AUDIT_STATE,            /* a subject isn't left as the act leaves it */
    AUDIT_HIDDEN_FROM_BOOK, /* the record touches a book that doesn't count it */
    AUDIT_BOOK_EXTRA,       /* a book counts a record that doesn't touch it */
    AUDIT_BYTES,            /* right in what it says, but not in its bytes or order */
    /* all of them */
    AUDIT_SUM,      /* a book doesn't sum to zero in a unit */
    AUDIT_MIRROR,   /* what one co-op owes another isn't what that one is owed */
    AUDIT_SNAPSHOT, /* a snapshot isn't of what there was */
    /* of a book that is seen in part */
    AUDIT_NOT_SHOWN, /* records of the book are missing between those that are here */
    /* the log and its tree */
    AUDIT_ROOT,         /* the records don't make the tree that is signed */
    AUDIT_CHECKPOINT,   /* the checkpoint isn't signed by a log key in force */
    AUDIT_FORK,         /* not the log that was shown before */
    AUDIT_SHORTER,      /* shorter than the log that was shown before */
    AUDIT_RECEIPT_GONE, /* a receipt's record isn't in the log */
    AUDIT_RECEIPT,      /* a receipt isn't signed by the log key */
    AUDIT_LEDGER_ID,    /* another ledger than the one that is pinned */
    AUDIT_TEXT,         /* a text beside the log isn't the one that was signed */
    /* what the ledger answers beside its records */
    AUDIT_ANSWER_BALANCE,         /* an account's balance isn't that of the log */
    AUDIT_ANSWER_SEQ,             /* its number of postings isn't */
    AUDIT_ANSWER_ACCOUNT_MISSING, /* an account of the log isn't shown */
    AUDIT_ANSWER_ACCOUNT_EXTRA,   /* one is shown that isn't in the log */
    AUDIT_ANSWER_POSTING_MISSING, /* a posting of the log isn't shown */
    AUDIT_ANSWER_POSTING,         /* a posting is shown that isn't in the log, or not so */
    AUDIT_ANSWER_STATE,           /* a co-op, member, unit, request or snapshot isn't shown as the
                                     log leaves it */
    AUDIT_ANSWER_LIMITS,          /* limits aren't */
    AUDIT_ANSWER_TEXT,            /* a memo or reason is shown that isn't the one that was signed */
};
#define AUDIT_WORDS (AUDIT_ANSWER_TEXT + 1)
const char *audit_word_name(enum audit_word word); /* "posting-missing" */

struct audit_finding {
    const char *word;             /* a constant */
    int64_t record;               /* -1: of none */
    char about[ACCOUNT_MAX + 17]; /* account, book, subject; "" for none */
    char unit[UNIT_MAX + 1];      /* of the amount; "" without one */
    int64_t stake;                /* minor units that are at stake, 0 or more */
    char why[500];                /* a sentence in English; parts of it may come from the log */
};

/* How much was looked at. */
struct audit_counts {
    int64_t records, in_part; /* in_part: of them some parts weren't shown */
    int64_t acts[ACT_TYPE_COUNT];
    int64_t signatures, unjudged; /* verified; by keys that aren't known here (a book's) */
    int64_t postings, changes, books, snapshots;
    int64_t accounts, sums; /* at the end: how many there are; book and unit pairs */
};

struct audit;
struct audit_conf {
    const char *origin; /* that of its latest record */
    const char *coop;   /* NULL: the whole log; else what is seen of that co-op's book */
    /* Sizes of all snapshots to come, ascending: their roots are made when the log is so long. */
    const int64_t *snapshots;
    size_t n_snapshots;
    void *arg;
    void (*found)(void *arg, const struct audit_finding *f);
    /* Record 0 was read: the days below are of that zone. */
    void (*zone)(void *arg, const char *zone);
    int32_t (*day)(void *arg, int64_t ms);
    /* A ledger.continue: from the record behind this one on the ledger has that id. NULL: nobody
     * wants to know. */
    void (*continued)(void *arg, const struct act *act, int64_t record, const char *id);
    /* That earlier record as a deal (record_deal), the caller's own; NULL where it is none. */
    struct deal *(*deal)(void *arg, int64_t record);
    /* Each key once it is registered, and each posting, in order; either may be NULL. */
    void (*key)(void *arg, const struct kid *kid, const struct key *key);
    void (*posting)(void *arg, int64_t record, const char *account, int64_t amount, int64_t balance,
                    int64_t seq);
};
/* The strings and lists of conf must outlive it. */
struct audit *audit_new(const struct audit_conf *conf);
void audit_free(struct audit *a);

/* A record to be judged. The texts are borrowed. */
struct audit_item {
    const char *header;
    size_t header_len;
    struct part_list parts;
    /* Set by audit_item_read: */
    struct hash leaf;
    int64_t index; /* that of the header, -1 when it is none */
    bool read, in_part;
    struct record_fault fault; /* where it couldn't be read */
    struct record_read record;
};
/*
 * Reads an item, and verifies its signatures where `lookup` knows all keys; needs nothing of an
 * audit, so threads may do it ahead. `some`: parts may be missing (a book's).
 */
void audit_item_read(struct audit_item *item, bool some, envelope_lookup *lookup, void *arg);
void audit_item_clear(struct audit_item *item);
/* And the memory of its list of parts. */
void audit_item_free(struct audit_item *item);

/* Judges the next record, and goes on behind it. */
void audit_record(struct audit *a, struct audit_item *item);
/* After the last: sums. */
void audit_end(struct audit *a);

const struct audit_counts *audit_counts(const struct audit *a);
const struct state *audit_state(const struct audit *a);
/* How much of the transfer in that record the reversals since took back, minor units, also those
 * that the rules don't allow; 0 of any other record. */
int64_t audit_reversed(const struct audit *a, int64_t record);
/* The request of that record with what answered it, of those that could be read; NULL of any other
 * record. The audit's own. And all of them. */
const struct deal *audit_request(const struct audit *a, int64_t record);
void audit_each_request(const struct audit *a, void (*fn)(void *arg, const struct deal *d),
                        void *arg);
/* The id as of the latest record; "" before record 0. */
const char *audit_ledger_id(const struct audit *a);
/* The leaves so far; of a whole log only. */
const struct tree *audit_tree(const struct audit *a);

/* For those who find more than records show: fills one and hands it to conf.found. */
void audit_found(const struct audit_conf *conf, enum audit_word word, int64_t record,
                 const char *about, const char *unit, int64_t stake, const char *fmt, ...)
    PRINTF_LIKE(7, 8);

#endif
