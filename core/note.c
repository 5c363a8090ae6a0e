/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* C2SP signed notes that hold checkpoints, and tlog-proofs. */
#include "core/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "core/b64.h"
#include "core/num.h"

#define SIG_START    "\xe2\x80\x94 " /* U+2014 em dash, space */
#define PROOF_HEADER "c2sp.org/tlog-proof@v1"

/* A stretch of borrowed bytes. */
struct span {
    const char *s;
    size_t len;
};

void note_key_id(uint8_t id[NOTE_ID_LEN], enum note_alg alg, const char *name,
                 const struct key *key)
{
    uint8_t tail[2 + KEY_LEN] = {'\n', (uint8_t)alg};
    struct hash h;

    memcpy(tail + 2, key->x, KEY_LEN);
    hash_two(&h, name, strlen(name), tail, sizeof(tail));
    memcpy(id, h.b, NOTE_ID_LEN);
}

static bool span_is(struct span a, const char *s)
{
    return a.len == strlen(s) && memcmp(a.s, s, a.len) == 0;
}

/* Takes the next line, without its newline, off *rest; false when there is no newline. */
static bool next_line(struct span *rest, struct span *line)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->s, '\n', rest->len);

    if (end == NULL) {
        return false;
    }
    line->s = rest->s;
    line->len = (size_t)(end - rest->s);
    rest->s += line->len + 1;
    rest->len -= line->len + 1;
    return true;
}

/* Takes s off the front of *rest when it is there. */
static bool skip(struct span *rest, const char *s)
{
    size_t n = strlen(s);

    if (rest->len < n || memcmp(rest->s, s, n) != 0) {
        return false;
    }
    rest->s += n;
    rest->len -= n;
    return true;
}

void vkey_text_of(char out[VKEY_MAX], enum note_alg alg, const char *name, const struct key *key)
{
    uint8_t id[NOTE_ID_LEN];
    uint8_t typed[1 + KEY_LEN] = {(uint8_t)alg};
    char b64[B64_LEN(1 + KEY_LEN) + 1];

    note_key_id(id, alg, name, key);
    memcpy(typed + 1, key->x, KEY_LEN);
    b64_encode(b64, typed, sizeof(typed));
    (void)snprintf(out, VKEY_MAX, "%s+%02x%02x%02x%02x+%s", name, id[0], id[1], id[2], id[3], b64);
}

int vkey_parse_of(const char *vkey, enum note_alg alg, char *name, size_t name_size,
                  struct key *key)
{
    uint8_t typed[1 + KEY_LEN];
    char again[VKEY_MAX];
    size_t n;
    const char *plus = strchr(vkey, '+');

    if (plus == NULL || plus == vkey || (size_t)(plus - vkey) >= name_size ||
        strlen(vkey) >= VKEY_MAX) {
        return -1;
    }
    const char *plus2 = strchr(plus + 1, '+');
    if (plus2 == NULL || b64_decode(plus2 + 1, strlen(plus2 + 1), typed, sizeof(typed), &n) != 0 ||
        n != sizeof(typed) || typed[0] != alg) {
        return -1;
    }
    /* A key name has no white space (nor '+', which ended it); origins are plain ASCII. */
    for (const char *p = vkey; p < plus; p++) {
        if (*p <= ' ' || *p > '~') {
            return -1;
        }
    }
    memcpy(name, vkey, (size_t)(plus - vkey));
    name[plus - vkey] = '\0';
    memcpy(key->x, typed + 1, KEY_LEN);
    if (!key_is_valid(key)) {
        return -1;
    }
    /* There is one way to write each key, so writing it again proves the key id. */
    vkey_text_of(again, alg, name, key);
    return str_eq(again, vkey) ? 0 : -1;
}

void vkey_text(char out[VKEY_MAX], const char *name, const struct key *key)
{
    vkey_text_of(out, NOTE_ED25519, name, key);
}

int vkey_parse(const char *vkey, char *name, size_t name_size, struct key *key)
{
    return vkey_parse_of(vkey, NOTE_ED25519, name, name_size, key);
}

void note_put_sig(struct buf *b, const char *name, const uint8_t *bytes, size_t len)
{
    buf_puts(b, SIG_START);
    buf_puts(b, name);
    buf_putc(b, ' ');
    buf_put_b64(b, bytes, len);
    buf_putc(b, '\n');
}

/* The line of a log key's signature of the text that stands at b->data + start. */
static void put_signature(struct buf *b, size_t start, size_t text_len, const char *origin,
                          const uint8_t log_secret[KEY_SECRET_LEN])
{
    uint8_t line[NOTE_ID_LEN + KEY_SIG_LEN];
    struct key key;

    key_of_secret(&key, log_secret);
    note_key_id(line, NOTE_ED25519, origin, &key);
    key_sign(log_secret, b->data + start, text_len, line + NOTE_ID_LEN);
    note_put_sig(b, origin, line, sizeof(line));
}

void checkpoint_sign(struct buf *b, const struct checkpoint *c,
                     const uint8_t log_secret[KEY_SECRET_LEN])
{
    size_t start = b->len, len;

    buf_puts(b, c->origin);
    buf_printf(b, "\n%" PRIu64 "\n", c->size);
    buf_put_b64(b, c->root.b, HASH_LEN);
    buf_putc(b, '\n');
    len = b->len - start;
    buf_putc(b, '\n');
    put_signature(b, start, len, c->origin, log_secret);
}

void checkpoint_sign_also(struct buf *b, size_t start, const char *origin,
                          const uint8_t log_secret[KEY_SECRET_LEN])
{
    const char *end = strstr(b->data + start, "\n\n");

    if (end != NULL) { /* there is one in every note */
        put_signature(b, start, (size_t)(end + 1 - (b->data + start)), origin, log_secret);
    }
}

/* Valid UTF-8 without control characters but the newline. */
static bool note_is_text(struct span note)
{
    size_t at = 0;

    while (at < note.len) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)note.s + at,
                                              (utf8proc_ssize_t)(note.len - at), &c);
        if (n <= 0 || (c < 0x20 && c != '\n')) {
            return false;
        }
        at += (size_t)n;
    }
    return true;
}

int note_split(struct note_parts *out, const char *note, size_t len, const char **why)
{
    if (len > NOTE_MAX) {
        *why = N_("the note is too long");
        return -1;
    }
    if (note_is_text((struct span){note, len}) && len >= 2 && note[len - 1] == '\n') {
        for (size_t i = len - 1; i > 0; i--) { /* the last blank line */
            if (note[i] == '\n' && note[i - 1] == '\n') {
                *out = (struct note_parts){note, i, note + i + 1, len - i - 1};
                return 0;
            }
        }
    }
    *why = N_("this is no signed note");
    return -1;
}

static int sig_line_parse(struct span line, struct note_sig *out)
{
    if (!skip(&line, SIG_START)) {
        return -1;
    }
    const char *space = line.len == 0 ? NULL : memchr(line.s, ' ', line.len);
    if (space == NULL || space == line.s) {
        return -1;
    }
    out->name = line.s;
    out->name_len = (size_t)(space - line.s);
    if (memchr(out->name, '+', out->name_len) != NULL ||
        b64_decode(space + 1, line.len - out->name_len - 1, out->bytes, sizeof(out->bytes),
                   &out->len) != 0) {
        return -1;
    }
    return out->len > NOTE_ID_LEN ? 0 : -1;
}

int note_next_sig(const char **sigs, size_t *len, struct note_sig *out, const char **why)
{
    struct span rest = {*sigs, *len}, line;

    if (rest.len == 0) {
        return 0;
    }
    if (!next_line(&rest, &line) || sig_line_parse(line, out) != 0) {
        *why = N_("a signature line of the note is malformed");
        return -1;
    }
    out->line = *sigs;
    out->line_len = *len - rest.len;
    *sigs = rest.s;
    *len = rest.len;
    return 1;
}

bool note_sig_is(const struct note_sig *sig, const char *name, const uint8_t id[NOTE_ID_LEN])
{
    return span_is((struct span){sig->name, sig->name_len}, name) &&
           memcmp(sig->bytes, id, NOTE_ID_LEN) == 0;
}

/* The line's signature of one of the keys under `origin`: 1 right, 0 it is of none, -1 wrong. */
static int sig_check(const struct note_sig *sig, const struct note_parts *note, const char *origin,
                     const struct key *keys, size_t n)
{
    uint8_t id[NOTE_ID_LEN];

    for (size_t i = 0; i < n; i++) {
        note_key_id(id, NOTE_ED25519, origin, &keys[i]);
        if (note_sig_is(sig, origin, id)) {
            return sig->len == NOTE_ID_LEN + KEY_SIG_LEN &&
                           key_verify(&keys[i], note->text, note->text_len,
                                      sig->bytes + NOTE_ID_LEN)
                       ? 1
                       : -1;
        }
    }
    return 0;
}

/* Reads all signature lines. One of the keys under `origin` must be there, and any of them right.
 */
static int sigs_check(const struct note_parts *note, const char *origin, const struct key *keys,
                      size_t n, const char **why)
{
    const char *rest = note->sigs;
    size_t len = note->sigs_len;
    struct note_sig sig;
    bool verified = false;
    int more;

    while ((more = note_next_sig(&rest, &len, &sig, why)) > 0) {
        int right = sig_check(&sig, note, origin, keys, n);

        if (right < 0) {
            *why = N_("the log key's signature of the note is wrong");
            return -1;
        }
        verified = verified || right > 0;
    }
    if (more == 0 && !verified) {
        *why = N_("the note is not signed by the log key");
    }
    return more == 0 && verified ? 0 : -1;
}

bool checkpoint_has_other_key(const char *note, size_t len, const char *origin,
                              const struct key *key)
{
    uint8_t id[NOTE_ID_LEN];
    struct note_parts parts;
    struct note_sig sig;
    const char *why;

    if (note_split(&parts, note, len, &why) != 0) {
        return false;
    }
    note_key_id(id, NOTE_ED25519, origin, key);
    while (note_next_sig(&parts.sigs, &parts.sigs_len, &sig, &why) > 0) {
        /* A longer line is of another kind of key. */
        if (span_is((struct span){sig.name, sig.name_len}, origin) &&
            sig.len == NOTE_ID_LEN + KEY_SIG_LEN && memcmp(sig.bytes, id, NOTE_ID_LEN) != 0) {
            return true;
        }
    }
    return false;
}

static int checkpoint_parse(struct checkpoint *out, struct span text, const char *origin,
                            const char **why)
{
    struct span line;
    int64_t size;
    size_t n;

    if (!next_line(&text, &line) || !span_is(line, origin) || line.len >= sizeof(out->origin)) {
        *why = N_("the checkpoint is of another origin");
        return -1;
    }
    str_copy(out->origin, sizeof(out->origin), origin);
    if (!next_line(&text, &line) || num_parse(line.s, line.len, 0, NUM_MAX, &size) != 0) {
        *why = N_("the checkpoint's size is malformed");
        return -1;
    }
    out->size = (uint64_t)size;
    if (!next_line(&text, &line) || b64_decode(line.s, line.len, out->root.b, HASH_LEN, &n) != 0 ||
        n != HASH_LEN) {
        *why = N_("the checkpoint's root is malformed");
        return -1;
    }
    /* Extension lines mean nothing to us; they are signed all the same. */
    while (text.len > 0) {
        if (!next_line(&text, &line) || line.len == 0) {
            *why = N_("an extension line of the checkpoint is malformed");
            return -1;
        }
    }
    return 0;
}

int checkpoint_open_any(struct checkpoint *out, const char *note, size_t len, const char *origin,
                        const struct key *keys, size_t n, const char **why)
{
    struct note_parts parts;

    /* The signature first: nothing of a text is believed before. */
    if (note_split(&parts, note, len, why) != 0 || sigs_check(&parts, origin, keys, n, why) != 0) {
        return -1;
    }
    return checkpoint_parse(out, (struct span){parts.text, parts.text_len}, origin, why);
}

int checkpoint_open(struct checkpoint *out, const char *note, size_t len, const char *origin,
                    const struct key *key, const char **why)
{
    return checkpoint_open_any(out, note, len, origin, key, 1, why);
}

int checkpoint_origin(char out[129], const char *note, size_t len)
{
    struct span rest = {note, len}, line;

    if (!next_line(&rest, &line) || line.len == 0 ||
        line.len >= sizeof(((struct checkpoint *)0)->origin) ||
        memchr(line.s, '\0', line.len) != NULL) {
        return -1;
    }
    memcpy(out, line.s, line.len);
    out[line.len] = '\0';
    return 0;
}

int checkpoint_read(struct checkpoint *out, const char *note, size_t len, const char *origin)
{
    struct note_parts parts;
    const char *why;

    if (note_split(&parts, note, len, &why) != 0) {
        return -1;
    }
    return checkpoint_parse(out, (struct span){parts.text, parts.text_len}, origin, &why);
}

void proof_put(struct buf *b, uint64_t index, const struct hash *hashes, size_t n, const char *note,
               size_t note_len)
{
    buf_reserve(b, sizeof(PROOF_HEADER) + 32 + n * (B64_LEN(HASH_LEN) + 1) + note_len);
    buf_puts(b, PROOF_HEADER "\nindex ");
    buf_put_i64(b, (int64_t)index);
    buf_putc(b, '\n');
    for (size_t i = 0; i < n; i++) {
        buf_put_b64(b, hashes[i].b, HASH_LEN);
        buf_putc(b, '\n');
    }
    buf_putc(b, '\n');
    buf_put(b, note, note_len);
}

/* "extra <base64>": its bytes are for others. */
static bool extra_is_valid(struct span line)
{
    uint8_t bytes[NOTE_MAX];
    size_t n;

    return b64_decode(line.s, line.len, bytes, sizeof(bytes), &n) == 0;
}

int proof_parse(struct proof *out, const char *s, size_t len, const char **why)
{
    struct span rest = {s, len}, line;
    int64_t index;
    size_t n;

    if (!next_line(&rest, &line) || !span_is(line, PROOF_HEADER)) {
        *why = N_("this is no tlog-proof of version 1");
        return -1;
    }
    if (!next_line(&rest, &line)) {
        *why = N_("the proof ends too early");
        return -1;
    }
    if (skip(&line, "extra ") && (!extra_is_valid(line) || !next_line(&rest, &line))) {
        *why = N_("the proof's extra line is malformed");
        return -1;
    }
    if (!skip(&line, "index ") || num_parse(line.s, line.len, 0, NUM_MAX, &index) != 0) {
        *why = N_("the proof's index is malformed");
        return -1;
    }
    out->index = (uint64_t)index;
    for (out->n = 0; next_line(&rest, &line) && line.len > 0; out->n++) {
        if (out->n == TREE_PROOF_MAX) {
            *why = N_("the proof has too many hashes");
            return -1;
        }
        if (b64_decode(line.s, line.len, out->hashes[out->n].b, HASH_LEN, &n) != 0 ||
            n != HASH_LEN) {
            *why = N_("a hash of the proof is malformed");
            return -1;
        }
    }
    if (line.len != 0 || rest.len == 0) {
        *why = N_("the proof has no checkpoint");
        return -1;
    }
    out->note = rest.s;
    out->note_len = rest.len;
    return 0;
}
