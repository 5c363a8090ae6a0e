/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CLIENT_AUDIT_H
#define PUMASI_CLIENT_AUDIT_H

#include "client/bar.h"
#include "client/client.h"
#include "core/audit.h"
#include "core/date.h"
#include "core/lineage.h"
#include "core/note.h"

/*
 * What one run of `pumasi audit` did and found. Findings beyond AUDIT_FINDINGS_MAX are counted and
 * not kept.
 */
#define AUDIT_FINDINGS_MAX 10000

struct audit_stakes {
    char unit[UNIT_MAX + 1];
    int64_t amount; /* minor units */
};
/* A ledger.continue: what was lost before that record. */
struct audit_continued {
    int64_t record;
    struct checkpoint kept;
    char before[LEDGER_ID_MAX + 1], id[LEDGER_ID_MAX + 1];
};
/* A receipt of a record that is lost. */
struct audit_lost {
    int64_t record;
    char *what;
};

struct audit_report {
    struct client *c;
    char *subject;   /* "*", a co-op, or the folder of an export */
    bool whole;      /* all records */
    bool answers;    /* what the ledger answers was compared */
    bool incomplete; /* the log isn't all here, or not as it is in its tree: nothing can be compared
                        with it */
    bool own_word;   /* nothing but the export itself says whose it is */
    char ledger_id[256], vkey[VKEY_MAX];
    char name[TEXT_NAME_MAX + 1]; /* of the ledger */
    int64_t made;                 /* seconds since 1970 */
    struct checkpoint checkpoint; /* of what was audited */
    char time[TIME_LEN + 1];      /* of its last record */
    struct audit_counts counts;
    int64_t verified_before; /* records whose signatures an earlier run verified */
    int64_t got;             /* records that this run got from the ledger */
    int64_t checkpoints, receipts, receipts_open; /* compared; open: not below the checkpoint yet */
    int64_t answer_accounts, answer_sampled, answer_postings, answer_members;
    int64_t texts;    /* held against what was signed */
    size_t n_revoked; /* log keys, and from which record on they are in force no more */
    struct audit_revoked {
        struct key key;
        int64_t record;
    } * revoked;
    size_t n, found; /* kept; all */
    struct audit_finding *findings;
    size_t n_stakes;
    struct audit_stakes stakes[8]; /* sums of what the findings put at stake */
    size_t n_continued;
    struct audit_continued *continued;
    size_t n_lost;
    struct audit_lost *lost;  /* receipts kept here */
    int64_t checkpoints_lost; /* seen before, and beyond what the ledger went on from */
    char *old_copy;           /* the copy of the ledger before; NULL without one */
    int64_t old_copy_size;
    char *copy;     /* the folder, NULL without one */
    char *evidence; /* NULL without any */
};

/* For audit_conf.found, with the report as its argument: keeps a finding. */
void audit_report_found(void *report, const struct audit_finding *f);
/* A finding of the report's own. */
void audit_report_add(struct audit_report *r, enum audit_word word, int64_t record,
                      const char *about, const char *unit, int64_t stake, const char *fmt, ...)
    PRINTF_LIKE(7, 8);
void audit_report_free(struct audit_report *r);
/* "posting-missing" in words for people, in their language. */
const char *audit_word_text(const char *word);

/* As text on stdout, as JSON, as one self-contained page. */
void audit_show_text(const struct audit_report *r);
json_t *audit_show_json(const struct audit_report *r);
void audit_show_html(struct buf *b, const struct audit_report *r);

#endif
