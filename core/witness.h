/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_WITNESS_H
#define PUMASI_WITNESS_H

#include "core/base.h"
#include "core/buf.h"
#include "core/name.h"
#include "core/note.h"
#include "core/tree.h"

/*
 * C2SP tlog-witness v1.0.0: what a witness decides about a checkpoint, as a pure function of what
 * it remembers. Whoever calls it stores what is to be remembered before anything is answered or
 * cosigned, and decides about one request of a log at a time.
 */
#define WITNESS_KEYS_MAX   4
#define WITNESS_HASHES_MAX 63 /* lines of proof that a request may have */
/* The longest request: its first line, the hashes, a note. */
#define WITNESS_REQUEST_MAX (32 + WITNESS_HASHES_MAX * 45 + 1 + NOTE_MAX)

/* A log that the witness follows, and its latest checkpoint that it cosigned. */
struct witness_log {
    char origin[ORIGIN_MAX + 1];
    size_t n_keys; /* more than one while a log key is being changed */
    struct key keys[WITNESS_KEYS_MAX];
    bool seen; /* latest is set */
    struct checkpoint latest;
};

/* The body of POST /add-checkpoint. */
struct witness_request {
    uint64_t old;
    size_t n;
    struct hash hashes[WITNESS_HASHES_MAX];
    const char *note; /* borrowed from the text */
    size_t note_len;
};
void witness_request_put(struct buf *b, uint64_t old, const struct hash *hashes, size_t n,
                         const char *note, size_t note_len);
/* 0, or -1 with *why a constant sentence. */
int witness_request_parse(struct witness_request *out, const char *s, size_t len,
                          const char **why) MUST_CHECK;

enum witness_verdict {
    WITNESS_COSIGN,    /* 200: remember the checkpoint, then cosign it */
    WITNESS_MALFORMED, /* 400 */
    WITNESS_UNKNOWN,   /* 404: a log that it doesn't follow */
    WITNESS_UNSIGNED,  /* 403: no signature of a key that it trusts for the log */
    WITNESS_STALE,     /* 409: `old` isn't what it remembers; it answers with the size that is */
    WITNESS_OTHER,     /* 409: of the size that it remembers, and another root */
    WITNESS_UNPROVED,  /* 422: the proof doesn't hold */
};
/* Its HTTP status. */
int witness_status(enum witness_verdict verdict);

struct witness_decision {
    enum witness_verdict verdict;
    size_t log;                   /* which of the logs; WITNESS_MALFORMED and _UNKNOWN: none */
    struct checkpoint checkpoint; /* as signed; not for the first three refusals */
    /*
     * The log's key has signed this checkpoint and the remembered one, and they are of two
     * histories: to be kept as evidence. Never so because of what a stranger made up: see
     * tree_shows_fork.
     */
    bool fork;
    const char *why; /* a constant sentence, for all but WITNESS_COSIGN */
};
void witness_decide(struct witness_decision *out, const struct witness_log *logs, size_t n,
                    const struct witness_request *request);

/*
 * Is the note a checkpoint of a later origin of that log (docs/protocol.md section 4.18), signed by
 * one of its keys under that origin? *out is what it says then. To a witness it is another log,
 * which its operator names: the records that were cosigned and lost can't be shown to be of the
 * same history, so the log key alone must not lead a witness there.
 */
bool witness_goes_on(const struct witness_log *log, const char *note, size_t len,
                     struct checkpoint *out) MUST_CHECK;

/*
 * The name of the file in which a witness keeps what it knows of a log: the origin, '/' as '_' and
 * sixteen hex digits of the origin's SHA-256, then `suffix`. The caller frees it.
 */
char *witness_file_name(const char *origin, const char *suffix);

/*
 * Appends a fork as evidence: a JSON object with the origin, when it was seen (seconds since 1970),
 * both signed notes verbatim, the checkpoint that was remembered first, and the proof that was
 * offered from the one to the other.
 */
void witness_evidence_put(struct buf *b, const char *origin, int64_t seen, const char *remembered,
                          size_t remembered_len, const struct witness_request *shown);

#endif
