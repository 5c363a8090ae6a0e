/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_NOTE_H
#define PUMASI_NOTE_H

#include "core/base.h"
#include "core/buf.h"
#include "core/hash.h"
#include "core/key.h"
#include "core/tree.h"

/*
 * C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0 and tlog-proof v1: the texts by which a ledger
 * speaks of its log. A key id is the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public
 * key).
 */
#define VKEY_MAX 256
#define NOTE_MAX 16384

/* "<name>+<8 hex digits>+<base64(0x01 ‖ key)>" */
void vkey_text(char out[VKEY_MAX], const char *name, const struct key *key);
/* name: ORIGIN_MAX + 1 bytes. 0, or -1 when it is no Ed25519 vkey with the right key id. */
int vkey_parse(const char *vkey, char *name, size_t name_size, struct key *key) MUST_CHECK;

/* Signed-note's types of signature. */
enum note_alg {
    NOTE_ED25519 = 0x01,
    NOTE_COSIGNATURE = 0x04, /* tlog-cosignature: see cosign.h */
};
/* The two above for keys of any type. */
void vkey_text_of(char out[VKEY_MAX], enum note_alg alg, const char *name, const struct key *key);
int vkey_parse_of(const char *vkey, enum note_alg alg, char *name, size_t name_size,
                  struct key *key) MUST_CHECK;

#define NOTE_ID_LEN 4
void note_key_id(uint8_t id[NOTE_ID_LEN], enum note_alg alg, const char *name,
                 const struct key *key);
/* Appends "— <name> <base64(bytes)>\n"; bytes begin with the key id. */
void note_put_sig(struct buf *b, const char *name, const uint8_t *bytes, size_t len);

/* A note taken apart; borrowed from it. */
struct note_parts {
    const char *text; /* what is signed, with its last newline */
    size_t text_len;
    const char *sigs; /* the signature lines, each with its newline */
    size_t sigs_len;
};
/* 0, or -1 when it isn't text, is too long, or has no blank line before its signatures. */
int note_split(struct note_parts *out, const char *note, size_t len, const char **why) MUST_CHECK;

/* One signature line. */
struct note_sig {
    const char *line; /* with its newline, borrowed */
    size_t line_len;
    const char *name; /* borrowed, not terminated */
    size_t name_len;
    uint8_t bytes[NOTE_MAX]; /* the key id, and at least one byte more */
    size_t len;
};
/*
 * Takes the next line off *sigs: 1, 0 when there is none left, -1 when it is malformed and *why a
 * constant sentence.
 */
int note_next_sig(const char **sigs, size_t *len, struct note_sig *out,
                  const char **why) MUST_CHECK;
/* True when the line is under that name and key id. */
bool note_sig_is(const struct note_sig *sig, const char *name, const uint8_t id[NOTE_ID_LEN]);

struct checkpoint {
    char origin[129];
    uint64_t size;
    struct hash root;
};

/*
 * Appends the signed note: "<origin>\n<size>\n<base64 root>\n\n— <origin> <base64(key id ‖
 * signature)>\n".
 */
void checkpoint_sign(struct buf *b, const struct checkpoint *c,
                     const uint8_t log_secret[KEY_SECRET_LEN]);
/*
 * Appends one more line to a note that checkpoint_sign wrote at b->data + start: another log key
 * signs the same text. While a ledger changes its log key, both sign.
 */
void checkpoint_sign_also(struct buf *b, size_t start, const char *origin,
                          const uint8_t log_secret[KEY_SECRET_LEN]);
/*
 * True when a line of the note is, by its name and key id, that of another log key than `key`:
 * whether it is one, and verifies, isn't looked at.
 */
bool checkpoint_has_other_key(const char *note, size_t len, const char *origin,
                              const struct key *key);
/*
 * Parses a signed note whose text is a checkpoint and verifies the signature of `key` under the
 * name `origin`; lines of other keys are passed over. 0, or -1 with *why a constant sentence.
 */
int checkpoint_open(struct checkpoint *out, const char *note, size_t len, const char *origin,
                    const struct key *key, const char **why) MUST_CHECK;
/* The same without verifying anything, of a note that one wrote oneself. */
int checkpoint_read(struct checkpoint *out, const char *note, size_t len,
                    const char *origin) MUST_CHECK;

/*
 * The same for a log that has several keys, as while an old one and a new one overlap: the
 * signature of one of the n must be there, and any of them be right.
 */
int checkpoint_open_any(struct checkpoint *out, const char *note, size_t len, const char *origin,
                        const struct key *keys, size_t n, const char **why) MUST_CHECK;
/* The first line of a note, before any signature is looked at; -1 when it doesn't fit. */
int checkpoint_origin(char out[129], const char *note, size_t len) MUST_CHECK;

/* Appends a tlog-proof: header line, index, hashes, blank line, the signed checkpoint verbatim. */
void proof_put(struct buf *b, uint64_t index, const struct hash *hashes, size_t n, const char *note,
               size_t note_len);

struct proof {
    uint64_t index;
    size_t n;
    struct hash hashes[TREE_PROOF_MAX];
    const char *note; /* borrowed from the text */
    size_t note_len;
};
int proof_parse(struct proof *out, const char *s, size_t len, const char **why) MUST_CHECK;

#endif
