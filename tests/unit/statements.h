/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TESTS_STATEMENTS_H
#define PUMASI_TESTS_STATEMENTS_H

#include "core/statement_read.h"
#include "core/statement_verify.h"
#include "fixture.h"

/*
 * A ledger as its operator has it: the records of a fixture, which may be altered at will, and
 * statements made of them that are signed all the same.
 */
struct forger {
    size_t n;
    struct fix_record *log; /* copies */
};
void forger_init(struct forger *of, const struct fix *f);
void forger_free(struct forger *of);
/* The ledger's id: its origin, and the hash of the first header. */
void forger_id(char *out, size_t size, const struct forger *of);
/* Replaces the first `from` in a part of a record, which must be there, and writes the header anew.
 */
void forger_alter(struct forger *of, size_t record, size_t part, const char *from, const char *to);
/* Appends a record of the parts, with that time. */
void forger_append(struct forger *of, int64_t ms, const char *const *parts, size_t n);
/* The act part of an envelope over `payload`, signed by the names in `signers`. The caller frees.
 */
char *forger_act(const char *payload, const char *signers);
/* A record that no rule would have made: an act, and its posting to one account. */
struct planting {
    const char *type, *signers, *by, *members;
    const char *account;
    int64_t amount, balance, seq;
};
/* Appends it, with f's time. */
void forger_plant(struct forger *of, struct fix *f, const struct planting *p);
/* Takes the records from n on off the log. */
void forger_cut(struct forger *of, size_t n);

/* Records it by the clerk, of all records so far. */
void fix_snapshot(struct fix *f);

/* What the statement is to be of, and what it leaves out. */
struct forging {
    const char *account;
    int64_t first, last; /* seqs of the entries; last < first: none */
    int32_t from, to;    /* days */
    size_t size;         /* of the checkpoint; 0: all records */
    int64_t snapshot;    /* record of the snapshot, -1: none */
    int64_t skip_entry;  /* this seq isn't among the entries; 0: none */
    int64_t skip_key;    /* this record isn't among the keys; -1: none */
    int64_t withhold;    /* the entry of this seq is shown without its act; 0: none */
    int64_t also_named;  /* this record too, which nothing takes back; 0: none */
    bool skip_before, skip_after, skip_account_leaf, skip_named;
    const char *skip_leaf; /* no leaf of this subject; NULL: all */
    const char *holders;   /* whose changes, a blank between; "ledger" comes by itself */
    size_t since;          /* consistency with that size; 0: none */
};
/* The statement: its texts are the forger's, the rest freed by forged_free. */
struct forged {
    struct statement st;
    char *leaf_texts[64];
    char *note;
    struct tree tree, leaves;
};
void forged_make(struct forged *out, const struct forger *of, const struct forging *want);
void forged_free(struct forged *f);
/* The signed file. */
void forged_file(struct buf *b, const struct forged *f);

/* Reads and judges a file by the fixture's ledger id and log key. False when it can't be read. */
struct judged {
    struct statement st;
    struct statement_check_run *run;
    struct statement_verdict verdict;
    char ledger_id[256];
    struct fix_key log;
};
bool judged_read(struct judged *out, const char *ledger_id, const char *file, size_t len,
                 const struct statement *earlier);
void judged_free(struct judged *j);
/* "check:reason" of the first finding that failed; "" when none did. In a static buffer. */
const char *judged_failure(const struct judged *j);
/* Has the verdict that finding? */
bool judged_has(const struct judged *j, enum statement_check check, enum statement_reason reason);

#endif
