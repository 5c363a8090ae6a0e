/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECORD_H
#define PUMASI_RECORD_H

#include "core/base.h"
#include "core/buf.h"
#include "core/envelope.h"
#include "core/hash.h"
#include "core/rules.h"

/*
 * Records, byte for byte (protocol section 3). record.c is the only writer of them, record_read.c
 * the only reader; record_replay.c judges them.
 */
#define RECORD_SALT_LEN 16
/* No record has more: a clearing of a thousand co-ops has a fifth of a million. */
#define RECORD_PARTS_MAX ((size_t)1 << 18)

/* The texts of a record's parts, which are somebody else's. All zero: none yet. */
struct part_list {
    size_t n, cap;
    const char **text;
    size_t *len;
};
void part_list_add(struct part_list *p, const char *text, size_t len);
void part_list_free(struct part_list *p);

struct record {
    struct buf header; /* JSON text */
    size_t n_parts, cap_parts;
    struct buf *parts; /* JSON texts: act, postings, changes, books */
    struct hash entry; /* SHA-256(header): the leaf's entry */
};

/* How many parts an outcome makes, so how many salts record_build wants. */
size_t record_count_parts(const struct outcome *out);
/* Writes header and parts. salts: RECORD_SALT_LEN bytes a part. The record is emptied first, its
 * memory reused. */
void record_build(struct record *rec, int64_t index, int64_t ms, int64_t rules,
                  const struct envelope *env, const struct outcome *out, const uint8_t *salts);
/* The next part's text, empty: for who puts a record together that was written before. */
struct buf *record_add_part(struct record *rec);
void record_free(struct record *rec);

/* What a header says. */
struct record_header {
    int64_t index;
    int64_t ms;
    int64_t rules;
    size_t n_parts;
    struct hash *parts; /* owned */
};
/* Strict: exactly the bytes that record_build writes for these values. 0, or -1 with *why a
 * constant sentence; nothing needs freeing then. */
int record_header_parse(struct record_header *out, const char *s, size_t len,
                        const char **why) MUST_CHECK;
void record_header_free(struct record_header *h);
/* The same for who wants no hashes: `parts` is NULL, and nothing needs freeing. */
int record_header_peek(struct record_header *out, const char *s, size_t len,
                       const char **why) MUST_CHECK;

/*
 * Of how many edges the way was of a transfer between two co-ops, as its record's number of parts
 * tells whoever has no more than the header: 1 to WAY_HOPS_MAX; 0 when it can't be such a transfer.
 */
int record_way_edges(size_t n_parts) MUST_CHECK;

/* What one part says; strings are copied. */
enum part_kind {
    PART_ACT,
    PART_POSTING,
    PART_CHANGE,
    PART_BOOK
};
struct part {
    enum part_kind kind;
    uint8_t salt[RECORD_SALT_LEN];
    struct envelope act;            /* PART_ACT */
    char name[ACCOUNT_MAX + 16];    /* account, subject or book */
    int64_t amount, balance, floor; /* PART_POSTING */
    int64_t seq;                    /* all but PART_ACT */
};
int part_parse(struct part *out, const char *s, size_t len, const char **why) MUST_CHECK;
void part_free(struct part *p);

/*
 * The deal that a record is, from the texts of its header and of its parts: a transfer, with the
 * way that its postings show, or a request, before anything named it. NULL when it is neither. The
 * caller owns it.
 */
struct deal *record_deal(const char *header, size_t header_len, const char *const *parts,
                         const size_t *part_lens, size_t n_parts) MUST_CHECK;

/*
 * What a record says by itself, with nothing known of the records before it. Parsing needs no
 * state, so threads may do it ahead of whoever judges.
 */
struct record_read {
    struct record_header head;
    struct hash entry; /* SHA-256(header) */
    struct envelope env;
    struct act act;
    uint8_t *salts; /* RECORD_SALT_LEN bytes a part */
};

/* What is wrong with a record. */
enum record_wrong {
    WRONG_NOT,
    WRONG_HEADER,    /* it has no header, or one of rules that aren't known */
    WRONG_PARTS,     /* its parts aren't as many as the header says, or none of theirs */
    WRONG_HASH,      /* a part isn't the one whose hash the header has */
    WRONG_TIME,      /* it is older than the record before it */
    WRONG_REFUSED,   /* the act, a signature or the rules: `refusal` says which */
    WRONG_UNSIGNED,  /* the rules would have it wait: signatures are missing */
    WRONG_ID,        /* the act's id was used before */
    WRONG_DIFFERENT, /* the rules make other parts of this act: `part` is the first that differs */
    WRONG_LOOKUP,    /* what it names couldn't be looked up, which is nobody's fault */
};
struct record_fault {
    enum record_wrong wrong;
    enum refusal_code refusal; /* WRONG_REFUSED */
    size_t part;               /* WRONG_HASH, WRONG_DIFFERENT */
    char why[500];             /* one sentence */
};

/* Shape, hashes, the act: all that shows without a state. 0, or -1 with *fault; then nothing needs
 * freeing. */
int record_read(struct record_read *out, const char *header, size_t header_len,
                const char *const *parts, const size_t *part_lens, size_t n_parts,
                struct record_fault *fault) MUST_CHECK;
void record_read_free(struct record_read *r);

/*
 * Judges what was read against a state that stands just before it: time, signatures (those that
 * aren't marked as verified), rules, and that the very same bytes come out. The outcome isn't
 * applied yet: the caller does that (rules_apply) once it has stored what it wants. -1 with *fault;
 * the outcome is empty then, but for WRONG_DIFFERENT, where it is what the rules make, for the
 * caller to free. `today` is the day of the header's time in the ledger's zone. `from`
 * brings earlier deals that the state has no longer; NULL when it never forgot any.
 */
struct replay_source {
    void *arg;
    /* Puts the deal that is that record, or the request of that payload, into the state, where the
     * log has it before the record at hand. 0, or -1 when it couldn't be looked up. */
    int (*deal)(void *arg, struct state *s, int64_t record);
    int (*asked)(void *arg, struct state *s, const struct hash *payload_hash);
};
int record_judge(struct record_read *r, struct state *s, const struct replay_source *from,
                 const char *const *parts, const size_t *part_lens, int64_t last_ms, int32_t today,
                 struct outcome *out, struct record_fault *fault) MUST_CHECK;

/* Both at once, for a stored record. On -1 *why says in one sentence what is wrong; else *act is
 * the caller's to free as well. */
int record_replay(struct state *s, const struct replay_source *from, const char *header,
                  size_t header_len, const char *const *parts, const size_t *part_lens,
                  size_t n_parts, int64_t last_ms, int32_t today, struct outcome *out,
                  struct act *act, char *why, size_t why_size) MUST_CHECK;

#endif
