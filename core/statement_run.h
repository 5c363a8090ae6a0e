/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_RUN_H
#define PUMASI_STATEMENT_RUN_H

#include "core/lineage.h"
#include "core/statement_verify.h"
#include "core/subject_read.h"

/* A verification under way, for the files that make it up and nobody else. */

enum run_section {
    RUN_KEY, /* record 0 first */
    RUN_NAMED,
    RUN_BEFORE,
    RUN_ENTRY,
    RUN_AFTER,
    RUN_UNIT,
    RUN_SNAPSHOT,
};

/* A record as far as it could be read. Only parts that its header names are believed. */
struct run_record {
    const struct statement_record *shown;
    enum run_section section;
    uint8_t why[CHECKS]; /* enum statement_reason of what is wrong, or not shown */
    bool readable;       /* the header is one */
    int64_t index, ms;
    struct hash entry; /* SHA-256(header) */
    struct act *act;   /* NULL: none, or it can't be read */
    struct envelope env;
    size_t n_sigs; /* signatures looked at */
    bool has_posting;
    int64_t amount, balance, floor, seq;
    uint8_t salt[RECORD_SALT_LEN];
    size_t n_changes;
    bool fits_act;       /* of a snapshot: its last change says what its act does */
    int64_t change_seq;  /* of its last change */
    int64_t back_before; /* of a reversal: how much those that are shown took back before it */
    enum role signed_as; /* once authority was judged */
    bool judged;
    bool failed; /* something about it did */
    bool open;   /* of an entry: who signed it, or its amount, isn't shown */
};

/* A change of a holder, in the order of their records. */
struct run_change {
    size_t record; /* place in `records` */
    int64_t index, seq;
    uint8_t salt[RECORD_SALT_LEN];
    struct holder *holder; /* NULL: its state can't be read */
    char name[ACCOUNT_MAX + 16];
};

struct run_key {
    struct kid kid;
    struct key key;
};

struct statement_check_run {
    const struct statement *st;
    struct statement_trust trust;
    char origin[ORIGIN_MAX + 1]; /* of the checkpoint */
    struct lineage ids;          /* of record 0, and as the ledger went on, by `keys` */
    enum statement_reason signature_why;
    bool has_checkpoint;
    struct checkpoint checkpoint;
    size_t n; /* records, by section and then as they stand in the file */
    struct run_record *records;
    size_t first_entry; /* place of the first entry in `records` */
    size_t n_acts;      /* records that show an act, by index: once each was checked */
    struct run_record **acts;
    size_t n_changes; /* by subject, then by place */
    struct run_change *changes;
    size_t n_keys; /* every key of those changes, by kid */
    struct run_key *keys;

    size_t n_findings, cap_findings;
    struct statement_finding *findings;
    int64_t count[CHECKS], failed[CHECKS];
};

/* Notes that something isn't proved. name may be NULL. */
void run_find(struct statement_check_run *run, enum statement_check check,
              enum statement_reason reason, int64_t index, int64_t number, const char *name);
/* What a reason means: REASON_NONE is proved. */
enum statement_mark reason_mark(enum statement_reason reason);

struct run_record *run_entry(const struct statement_check_run *run, size_t i);
/* The record of a section that has but one; NULL when it isn't there. */
struct run_record *run_one(const struct statement_check_run *run, enum run_section section);
/* What shows an act, by index: for run_act_at, once each record was checked. */
void run_sort_acts(struct statement_check_run *run);
/* The record of that index that shows an act; NULL when none does. */
struct run_record *run_act_at(const struct statement_check_run *run, int64_t index);
/* The changes in `keys`, and every key that one of them knows. */
void run_gather_changes(struct statement_check_run *run);
/* Is it a key that they know? `arg` is the run: a lookup for envelope_verify. */
bool run_key_of(void *arg, const struct kid *kid, struct key *out);
/*
 * From record 0's id on, each by its ledger.continue. What doesn't follow is left out, and then the
 * last isn't the statement's. Who signed them is judged with all other acts.
 */
void run_gather_ids(struct statement_check_run *run);
/* The transfer of that index among what is shown; NULL when it isn't. */
const struct run_record *run_transfer(const struct statement_check_run *run, int64_t index);

/* Is the account what a co-op is owed by another or owes it? What members pay over it is theirs to
 * show, so that their acts aren't in its statement; in any other each entry has its act. */
bool run_is_position(const struct statement_check_run *run);
/* Does an act of that type ever move anything? */
bool run_posts(enum act_type type);

/* The parts of the judgement: statement_keys.c, statement_account.c, statement_snapshot.c. */
/* The first change of a holder; NULL when there is none. */
const struct run_change *run_change_of(const struct statement_check_run *run, const char *name);
bool run_shows_act(const struct run_record *r); /* is it one whose act should be shown? */
/* `hashes` has all that the proofs need, once, and no other. */
void judge_hashes(struct statement_check_run *run);
void judge_keys(struct statement_check_run *run);
void judge_authority(struct statement_check_run *run);
void judge_account(struct statement_check_run *run);
void judge_snapshot(struct statement_check_run *run);
void judge_earlier(struct statement_check_run *run);

#endif
