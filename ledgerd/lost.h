/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_LOST_H
#define PUMASI_LOST_H

#include "core/note.h"
#include "core/record.h"
#include "core/envelope.h"

/*
 * Records that a database lacks, put together again from copies that others have: exports
 * (dump.h), and files of receipts and of records' parts, as `pumasi` keeps them or GET
 * /v1/records/{index} answers them. Nothing in them is believed: a checkpoint counts when one of
 * the ledger's log keys signed it, a part when its hash stands in its record's header, and the
 * headers when they lead to the checkpoints.
 */
struct lost_record {
    char *header; /* NULL: not known */
    bool proven;  /* a receipt proves the header under a checkpoint */
    size_t n;     /* parts that the header has */
    char **parts; /* n of them; NULL: not known */
    size_t n_texts;
    struct submitted_text texts[TEXTS_MAX];
    char *by, *jti; /* as a receipt says; NULL when none does */
};

/* A checkpoint, and the note that says so. */
struct lost_checkpoint {
    struct checkpoint of;
    char *note;
};

struct lost {
    const char *origin;
    const struct key *keys; /* log keys that the ledger has or had, or that are held here */
    size_t n_keys;
    uint64_t first; /* the database's size */
    size_t n_checkpoints;
    struct lost_checkpoint *checkpoints; /* all that are signed */
    struct checkpoint target;            /* the newest of them; size 0: there is none */
    size_t n;                            /* records from `first` to the target's size */
    struct lost_record *records;
};

void lost_init(struct lost *l, const char *origin, const struct key *keys, size_t n_keys,
               uint64_t first);
void lost_free(struct lost *l);

/* A checkpoint that is known to be the ledger's, and its note. */
void lost_checkpoint(struct lost *l, const struct checkpoint *c, const char *note, size_t len);
/*
 * Reads a source: an export's folder, a folder of .json files, or a file with one JSON object or
 * one a line. First `look` is to be called for each source, which takes the checkpoints, then
 * `take`, for the records. -1 and a sentence when it can't be read or is no source.
 */
int lost_look(struct lost *l, const char *source, char *err, size_t err_size) MUST_CHECK;
int lost_take(struct lost *l, const char *source, char *err, size_t err_size) MUST_CHECK;
/* True when the record is there with all parts. */
bool lost_is_whole(const struct lost_record *r);

#endif
