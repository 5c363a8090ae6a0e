/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_VERIFY_H
#define PUMASI_STATEMENT_VERIFY_H

#include "core/statement.h"

/*
 * What a statement proves to somebody who knows the ledger id and the log key and nothing else. No
 * input but these, no threads: a caller spreads statement_check_record over as many as it likes.
 */

/* What is checked, in the order in which it is said. statement_check_name gives the words. */
enum statement_check {
    CHECK_SIGNATURE,   /* "signature": the statement is signed by the log key */
    CHECK_LEDGER,      /* "ledger": record 0 and the audience are those of the pinned id */
    CHECK_CHECKPOINT,  /* "checkpoint": signed by the log key under the ledger's origin */
    CHECK_RECORDS,     /* "records": every header lies in the checkpoint's tree */
    CHECK_PARTS,       /* "parts": every part is one that its header names */
    CHECK_TEXTS,       /* "texts": memos and reasons are those that were signed */
    CHECK_KEYS,        /* "keys": each signer's changes, from the first, without a gap */
    CHECK_SIGNATURES,  /* "signatures": every signature of every act */
    CHECK_AUTHORITY,   /* "authority": by keys in force, as many as had to sign */
    CHECK_SEQUENCE,    /* "sequence": postings count on from opening to closing */
    CHECK_BALANCES,    /* "balances": each is the one before it and the amount */
    CHECK_AMOUNTS,     /* "amounts": what is posted is what the act says */
    CHECK_TOTALS,      /* "totals": sums, opening and closing */
    CHECK_DAYS,        /* "days": all entries are of these days, and none of them is left out */
    CHECK_SNAPSHOT,    /* "snapshot": the clerk's, in the tree, with its leaves */
    CHECK_COMPLETE,    /* "complete": no posting was left out */
    CHECK_REVOCATIONS, /* "revocations": no change of a signer's keys was left out */
    CHECK_EARLIER,     /* "earlier": the log of an earlier statement is the beginning of this one */
    CHECK_WITNESSES,   /* "witnesses": others have seen the same log */
};
#define CHECKS (CHECK_WITNESSES + 1)

const char *statement_check_name(enum statement_check check);

enum statement_mark {
    MARK_PROVED,
    MARK_NOT_SHOWN, /* this file can't tell; nothing speaks against it */
    MARK_FAILED,
};
const char *statement_mark_name(enum statement_mark mark); /* "proved", "not-shown", "failed" */

/* Why something isn't shown, or failed; statement_reason_name gives the words. */
enum statement_reason {
    REASON_NONE,
    /* Not shown by this file: */
    REASON_NO_SNAPSHOT,    /* there is none yet that covers these days */
    REASON_AFTER_SNAPSHOT, /* records from `index` on aren't covered by a snapshot */
    REASON_NO_LEAF_YET,    /* the snapshot is from before the account's first posting */
    REASON_OTHER_ACT,      /* an act of a kind whose postings this program doesn't judge */
    REASON_NO_TEXT,        /* a text was erased or not asked for */
    REASON_NO_WITNESS,     /* nobody else has signed the checkpoint: a split view isn't ruled out */
    REASON_UNKNOWN_WITNESS, /* others have, whose keys aren't known here */
    REASON_ZONE_UNKNOWN,    /* this machine doesn't know the ledger's time zone */
    REASON_NOTHING_EARLIER, /* no earlier statement was given to compare with */
    REASON_NO_CONSISTENCY,  /* the file doesn't connect its log with the earlier one */
    REASON_ACT_WITHHELD,    /* a co-op's position shows no act of what members pay over it */
    /* How much is posted isn't in the act, and what says it isn't in the file: */
    REASON_LEVY_ELSEWHERE,   /* the policy that says how much a monthly levy is */
    REASON_ESTATE_ELSEWHERE, /* the account that the member left */
    REASON_ROUND_ELSEWHERE,  /* the round of clearing */
    REASON_POLICY_ELSEWHERE, /* the policy that says for how long treasurers may reverse */
    /* Failed: */
    REASON_BAD_SIGNATURE,
    REASON_OTHER_KEY,      /* signed by a key that isn't the pinned log key */
    REASON_OTHER_LEDGER,   /* another ledger id or origin */
    REASON_BAD_CHECKPOINT, /* no note of this origin signed by the log key */
    REASON_MALFORMED,      /* a header, part or leaf isn't one */
    REASON_NOT_IN_TREE,    /* the path doesn't lead to the root */
    REASON_PART_NOT_NAMED, /* the header has no such part */
    REASON_TEXT_MISMATCH,
    REASON_GAP,          /* a number is missing: an entry or a change was left out */
    REASON_DOUBLE,       /* a number is there twice, or in the wrong order */
    REASON_UNKNOWN_KEY,  /* a signature by a key that no change in this file names */
    REASON_NOT_IN_FORCE, /* by a key that was revoked, not there yet, or of another role */
    REASON_TOO_FEW,      /* fewer signatures than the threshold */
    REASON_OUT_OF_TIME,  /* posted before or after the time for which it was signed */
    REASON_WRONG_BALANCE,
    REASON_WRONG_AMOUNT,
    REASON_WRONG_ACCOUNT,
    REASON_WRONG_TOTAL,
    REASON_WRONG_POINT,    /* opening or closing isn't what the records say */
    REASON_OUTSIDE_DAYS,   /* an entry of another day */
    REASON_INSIDE_DAYS,    /* before or after lies within these days: an entry was left out */
    REASON_WRONG_ROOT,     /* the snapshot's leaf doesn't lead to its root */
    REASON_NO_LEAF,        /* the snapshot's leaf of somebody who should have one is missing */
    REASON_LEAF_MISMATCH,  /* the leaf counts another number of entries, or another last one */
    REASON_NO_ACT,         /* an act is missing that its party may see */
    REASON_NO_TRANSFER,    /* what is reversed is missing */
    REASON_NEVER_POSTS,    /* an act of a kind that moves nothing */
    REASON_AGAINST_RULES,  /* of whom nothing may be taken: frozen, closed, not frozen for long */
    REASON_NO_PROOF,       /* a hash that is in no proof: what it proved was taken out */
    REASON_NOT_CONSISTENT, /* the earlier log isn't the beginning of this one */
    REASON_LEFT_OUT,       /* an entry of the earlier statement has gone or is another */
};
#define REASONS (REASON_LEFT_OUT + 1)
const char *statement_reason_name(enum statement_reason reason); /* "no-snapshot" */

/* One thing that isn't proved. */
struct statement_finding {
    enum statement_check check;
    enum statement_mark mark; /* NOT_SHOWN or FAILED */
    enum statement_reason reason;
    int64_t index;                /* of the record; -1: of none */
    int64_t number;               /* a seq or an amount where one helps, else 0 */
    char name[LEAF_NAME_MAX + 1]; /* whom it is about; "" */
};

struct statement_verdict {
    struct {
        enum statement_mark mark; /* the worst of its findings */
        int64_t count;            /* how many things were looked at */
        int64_t failed;           /* how many of them failed */
    } checks[CHECKS];
    /* Failures first, each mark in the order of checks; of one check and reason at most
     * FINDINGS_MAX are kept. */
    size_t n_findings;
    struct statement_finding *findings;
    int64_t covered;    /* all records below this index are covered by the snapshot; 0: none */
    size_t n_witnesses; /* signature lines of others below the checkpoint */
};
#define FINDINGS_MAX 200
/* FAILED when any check failed; else PROVED, whatever isn't shown. */
enum statement_mark statement_verdict_mark(const struct statement_verdict *v);
void statement_verdict_free(struct statement_verdict *v);

/* What the verifier holds to be true. */
struct statement_trust {
    const char *ledger_id; /* origin#hash */
    const struct key *log_key;
    /* Whoever calls verifies the statement's signature by log_key, where it says that it is by that
     * one, and tells by statement_check_signed. */
    bool signature_ahead;
    /* The day in the ledger's zone (statement_zone) at ms milliseconds since 1970, as days since
     * 1970; NULL: this machine doesn't know the zone. */
    int32_t (*day)(void *arg, int64_t ms);
    void *arg;
    const struct statement *earlier; /* a statement of this account, to be the beginning of this
                                      * one; NULL: none */
    const struct key *earlier_key;   /* that signed it; NULL: log_key did */
};

/* "Asia/Seoul", from record 0 as far as it can be read; "" when it can't. The caller frees it. */
char *statement_zone(const struct statement *st);

/* The account's unit, from its change; nothing of it is verified here: its record is one of those
 * that are. */
struct statement_unit {
    char name[UNIT_MAX + 1];
    char title[TEXT_NAME_MAX + 1];
    int64_t scale; /* minor units in one */
    enum unit_kind kind;
};
/* 0, or -1 when it can't be read: then *out has the name, and scale 1. */
int statement_unit(const struct statement *st, struct statement_unit *out) MUST_CHECK;

/* A verification under way. The statement and what trust points to must outlive it. */
struct statement_check_run;
struct statement_check_run *statement_check_begin(const struct statement *st,
                                                  const struct statement_trust *trust);
/* How many records there are to be checked, and checks number i of them: its hash, path, parts,
 * texts and signatures, which is nearly all the work. Any thread, each number once. */
size_t statement_check_count(const struct statement_check_run *run);
void statement_check_record(struct statement_check_run *run, size_t i);
/* Where trust.signature_ahead: is the signature by the log key good? */
void statement_check_signed(struct statement_check_run *run, bool good);
/* All else, once each record was checked. */
void statement_check_end(struct statement_check_run *run, struct statement_verdict *out);
void statement_check_free(struct statement_check_run *run);

/* An entry as people read it, from what was checked. Strings are the run's. */
struct statement_line {
    int64_t index, ms;
    int64_t amount, balance, seq;
    enum act_type type; /* with has_act */
    bool has_act;
    char by[HOLDER_MAX + 1];           /* who acted; "" without the act */
    char counterparty[HOLDER_MAX + 1]; /* "" when the file doesn't tell */
    bool has_value_date;
    int32_t value_date;              /* days since 1970 */
    char category[CATEGORY_MAX + 1]; /* ""; a reversal's is the transfer's */
    struct statement_text text;      /* memo or reason that fits its hash; s NULL: none */
    bool text_erased;                /* the act has a hash of one, and the text isn't here */
    size_t n_sigs;
    const struct kid *signers[8]; /* the first ones */
    const char *signed_by; /* "member", "registrar", "treasurers"; NULL: not known; as /postings */
    bool forced;
    int64_t reverses; /* the transfer's record; -1: it is no reversal */
    int64_t request;  /* the request's record; -1: it answers none */
    bool proved;      /* nothing about this record failed */
    bool open;        /* who signed it, or whether its amount is right, isn't shown */
};
/* Entry i of the statement, after statement_check_end; false when it can't be read at all. */
bool statement_line_of(const struct statement_check_run *run, size_t i, struct statement_line *out);

#endif
