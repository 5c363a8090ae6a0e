/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_COSIGN_H
#define PUMASI_COSIGN_H

#include "core/base.h"
#include "core/buf.h"
#include "core/key.h"
#include "core/name.h"
#include "core/note.h"

/*
 * C2SP tlog-cosignature v1.0.1: a witness says that at some time the checkpoint was the largest one
 * that it had seen of that log, and that the log had only ever grown up to it. A signature line of
 * type 0x04: key id, seconds since 1970 as eight bytes, big end first, and the Ed25519 signature of
 * "cosignature/v1\ntime <seconds>\n" and the note's text.
 */
#define COSIGN_LEN (NOTE_ID_LEN + 8 + KEY_SIG_LEN)
/* Of one witness below a note: each costs a verification, and whoever brings a note pays nothing.
 */
#define COSIGN_LINES_MAX 4

/* Who cosigns, as others know it. */
struct cosigner {
    char name[ORIGIN_MAX + 1];
    struct key key;
};

/* The vkey of type 0x04. */
void cosigner_text(char out[VKEY_MAX], const struct cosigner *c);
/* 0, or -1 when it is no such vkey with the right key id. */
int cosigner_parse(struct cosigner *out, const char *vkey) MUST_CHECK;
/* What a witness may be called: as an origin is, so that no name needs escaping anywhere. */
bool cosigner_name_ok(const char *name);

/* Appends the signature line over a note's text. time: seconds since 1970, not negative. */
void cosign_put(struct buf *b, const struct cosigner *c, const uint8_t secret[KEY_SECRET_LEN],
                const char *text, size_t len, int64_t time);

/*
 * Looks for a cosignature of c. 1: there is one and it is right, *line (may be NULL) is its line
 * with the newline, borrowed, and *time (may be NULL) the latest it names. 0: there is none. -1:
 * the note is none, or one of c's is wrong, or they are more than COSIGN_LINES_MAX; *why a constant
 * sentence.
 */
int cosign_find(const char *note, size_t len, const struct cosigner *c, const char **line,
                size_t *line_len, int64_t *time, const char **why) MUST_CHECK;

/* "2 of chunchon,seoul,busan": how many of which witnesses must have cosigned. */
#define QUORUM_MAX      16
#define QUORUM_NAME_MAX 64
struct quorum {
    size_t need, n;
    char names[QUORUM_MAX][QUORUM_NAME_MAX + 1];
};
/* What may stand in one: letters, digits, '.', '_', '-'; and so no space, comma or "=". */
bool quorum_name_ok(const char *name);
/* 0, or -1 with *why: not of that form, a name twice, more needed than there are. */
int quorum_parse(struct quorum *out, const char *s, const char **why) MUST_CHECK;

/*
 * Which of the n witnesses have cosigned the note: found[i] (n of them) says so, times[i] when; a
 * key that stands there twice counts once. Returns how many, or -1 with *why as cosign_find.
 */
int cosign_count(const char *note, size_t len, const struct cosigner *witnesses, size_t n,
                 bool *found, int64_t *times, const char **why) MUST_CHECK;

#endif
