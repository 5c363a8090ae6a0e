/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STATEMENT_H
#define PUMASI_STATEMENT_H

#include "core/act.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/hash.h"
#include "core/key.h"
#include "core/name.h"
#include "core/note.h"
#include "core/record.h"
#include "core/snapshot.h"
#include "core/tree.h"

/*
 * Statements of an account that prove themselves (docs/protocol.md section 11): the one writer and
 * reader of the format (statement.c, statement_read.c), and the judge of what one proves
 * (statement_verify.c and the files beside it; statement_verify.h).
 *
 * A statement is a JWS whose payload holds records as far as the account's holder may see them,
 * each with its place in the log's tree.
 */
#define STATEMENT_TYP         "pumasi-statement+json"
#define STATEMENT_MAX         ((size_t)256 << 20) /* bytes of a file */
#define STATEMENT_ENTRIES_MAX 20000               /* and as many named transfers */
#define STATEMENT_KEYS_MAX    60000               /* and as many leaves */
#define STATEMENT_AUD_MAX     (ORIGIN_MAX + 1 + HASH_B64U_LEN)

/* A stretch of text that belongs to the statement. */
struct statement_text {
    const char *s;
    size_t len;
};

/* A text that travels beside an act: whether it fits the act's hash is a check of its own. */
struct statement_note {
    char field[12]; /* memo, name, reason or reference */
    uint8_t salt[TEXT_SALT_LEN];
    struct statement_text text;
};

/* So many parts of one record are shown at most: act and posting, or changes. */
#define STATEMENT_PARTS_MAX 33

/* A record as far as it is shown: some of its parts, and the way to the checkpoint's root. */
struct statement_record {
    struct statement_text header;
    size_t n_parts;
    struct statement_text parts[STATEMENT_PARTS_MAX]; /* in the record's order */
    size_t n_proof;
    uint32_t proof[TREE_PROOF_MAX]; /* the audit path, leaf's side first: places in `hashes` */
    size_t n_texts;
    struct statement_note texts[TEXTS_MAX];
};

/* Where an account stood: after `seq` postings, of which record `index` has the last. */
struct statement_point {
    int64_t balance; /* minor units */
    int64_t seq;     /* 0: before its first posting */
    int64_t index;   /* -1 where seq is 0 */
};

/* A leaf of the snapshot: its text, and its way to the snapshot's root. */
struct statement_leaf {
    struct statement_text text;
    int64_t position; /* among the leaves, from 0 */
    size_t n_proof;
    uint32_t proof[TREE_PROOF_MAX]; /* places in `hashes` */
};

struct statement {
    const char *at; /* where it can't be read: the member of the payload, a constant, or NULL */
    char aud[STATEMENT_AUD_MAX + 1]; /* the ledger id */
    char account[ACCOUNT_MAX + 1];
    int32_t from, to; /* the first and the last day, days since 1970 in the ledger's zone */
    int64_t made;     /* milliseconds since 1970 */
    struct statement_point opening, closing;
    int64_t in, out; /* sums of what came and went, minor units, neither negative */

    size_t n_entries; /* the postings of these days, oldest first */
    struct statement_record *entries;
    /* The posting before the first entry and the one after the last, each alone with its header:
     * they show on which day the list begins and ends. Absent (n_parts 0) where there is none. */
    struct statement_record before, after;
    size_t n_named; /* transfers of other days that reversals among the entries take back */
    struct statement_record *named;
    struct statement_record unit; /* the change that made the account's unit: name and scale */
    size_t n_keys;                /* changes of the holders who signed; record 0 is the first */
    struct statement_record *keys;

    bool has_snapshot;
    struct statement_record snapshot; /* its record: act and change */
    size_t n_leaves;
    struct statement_leaf *leaves;

    size_t n_hashes;
    struct hash *hashes;
    struct statement_text checkpoint; /* a signed note */
    bool has_consistency;
    int64_t consistency_size; /* of an earlier checkpoint */
    size_t n_consistency;
    uint32_t consistency[TREE_PROOF_MAX]; /* places in `hashes` */

    /* The envelope, where the statement was read: what was signed, and how. */
    struct statement_text signed_text; /* "<protected>.<payload>" */
    struct kid kid;
    uint8_t sig[KEY_SIG_LEN];

    char *owned;          /* what signed_text lies in */
    struct value *values; /* what the other texts lie in */
};

/* Appends the payload. Everything that *st points to is only read. */
void statement_put(struct buf *b, const struct statement *st);
/* Appends the file, one line: {"payload":…,"signatures":[{"protected":…,"signature":…}]}. */
void statement_sign(struct buf *b, const char *payload, size_t len,
                    const uint8_t log_secret[KEY_SECRET_LEN]);

/* Of a statement that was read: all that it points to. */
void statement_free(struct statement *st);

#endif
