/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SNAPSHOT_H
#define PUMASI_SNAPSHOT_H

#include "core/base.h"
#include "core/buf.h"
#include "core/hash.h"
#include "core/name.h"
#include "core/record.h"

/*
 * A snapshot: the RFC 6962 tree over everything that is counted, as it was after the first `size`
 * records: accounts with postings, then books, then subjects, each kind by name in byte order. A
 * leaf says how many entries there are and which is the last, so whoever holds all entries up to it
 * knows that none was left out. For ever, like records.
 *
 * A leaf's text is one line without white space; `balance` is there for accounts only:
 *
 *   {"leaf":"account","name":"alice@hansalim/hour","size":9,
 *    "balance":-75,"seq":2,"index":7,"salt":"…"}
 *
 * `index` is the record of the last entry, `salt` that of its part there, which only those know who
 * may see the part: to all others the leaf's hash tells nothing. A leaf's hash is SHA-256(0x00 ‖
 * text).
 */
enum leaf_kind {
    LEAF_ACCOUNT,
    LEAF_BOOK,
    LEAF_SUBJECT
};
#define LEAF_KINDS (LEAF_SUBJECT + 1)

#define LEAF_NAME_MAX (ACCOUNT_MAX + 16)
struct leaf {
    enum leaf_kind kind;
    char name[LEAF_NAME_MAX + 1];
    int64_t balance; /* an account's, minor units */
    int64_t seq, index;
    uint8_t salt[RECORD_SALT_LEN];
};

void leaf_put(struct buf *b, const struct leaf *l, int64_t size);
void leaf_hash(struct hash *out, const struct leaf *l, int64_t size);
/* Strict: exactly the bytes that leaf_put writes. 0, or -1. */
int leaf_parse(struct leaf *out, int64_t *size, const char *s, size_t len) MUST_CHECK;
/* What a part of a record is about that a leaf of that kind counts: false when it is another's. */
bool leaf_part_name(char out[LEAF_NAME_MAX + 1], enum leaf_kind kind, const char *part,
                    size_t len) MUST_CHECK;
/* The salt of the leaf's last entry, from its record's parts, one a line: -1 when it isn't there.
 */
int leaf_take_salt(struct leaf *l, const char *parts, size_t len) MUST_CHECK;

#endif
