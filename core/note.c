/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* C2SP signed notes that hold checkpoints, and tlog-proofs. */
#include "core/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "core/b64.h"
#include "core/num.h"

#define ALG_ED25519  0x01
#define ID_LEN       4
#define SIG_START    "\xe2\x80\x94 " /* U+2014 em dash, space */
#define PROOF_HEADER "c2sp.org/tlog-proof@v1"

/* A stretch of borrowed bytes. */
struct span {
    const char *s;
    size_t len;
};

static void key_id(uint8_t id[ID_LEN], const char *name, const struct key *key)
{
    uint8_t tail[2 + KEY_LEN] = {'\n', ALG_ED25519};
    struct hash h;

    memcpy(tail + 2, key->x, KEY_LEN);
    hash_two(&h, name, strlen(name), tail, sizeof(tail));
    memcpy(id, h.b, ID_LEN);
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

void vkey_text(char out[VKEY_MAX], const char *name, const struct key *key)
{
    uint8_t id[ID_LEN];
    uint8_t typed[1 + KEY_LEN] = {ALG_ED25519};
    char b64[B64_LEN(1 + KEY_LEN) + 1];

    key_id(id, name, key);
    memcpy(typed + 1, key->x, KEY_LEN);
    b64_encode(b64, typed, sizeof(typed));
    (void)snprintf(out, VKEY_MAX, "%s+%02x%02x%02x%02x+%s", name, id[0], id[1], id[2], id[3], b64);
}

int vkey_parse(const char *vkey, char *name, size_t name_size, struct key *key)
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
        n != sizeof(typed) || typed[0] != ALG_ED25519) {
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
    vkey_text(again, name, key);
    return str_eq(again, vkey) ? 0 : -1;
}

/* The line of a log key's signature of the text that stands at b->data + start. */
static void put_signature(struct buf *b, size_t start, size_t text_len, const char *origin,
                          const uint8_t log_secret[KEY_SECRET_LEN])
{
    uint8_t line[ID_LEN + KEY_SIG_LEN];
    struct key key;

    key_of_secret(&key, log_secret);
    key_id(line, origin, &key);
    key_sign(log_secret, b->data + start, text_len, line + ID_LEN);
    buf_puts(b, SIG_START);
    buf_puts(b, origin);
    buf_putc(b, ' ');
    buf_put_b64(b, line, sizeof(line));
    buf_putc(b, '\n');
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

/* Splits a note at its last blank line; text keeps its newline. */
static bool note_split(struct span note, struct span *text, struct span *sigs)
{
    if (note.len < 2 || note.s[note.len - 1] != '\n') {
        return false;
    }
    for (size_t i = note.len - 1; i > 0; i--) {
        if (note.s[i] == '\n' && note.s[i - 1] == '\n') {
            text->s = note.s;
            text->len = i;
            sigs->s = note.s + i + 1;
            sigs->len = note.len - i - 1;
            return true;
        }
    }
    return false;
}

/* One signature line: name and what follows the key id, which is at least one byte. */
static int sig_line_parse(struct span line, struct span *name, uint8_t *bytes, size_t cap,
                          size_t *len)
{
    if (!skip(&line, SIG_START)) {
        return -1;
    }
    const char *space = line.len == 0 ? NULL : memchr(line.s, ' ', line.len);
    if (space == NULL || space == line.s) {
        return -1;
    }
    name->s = line.s;
    name->len = (size_t)(space - line.s);
    if (memchr(name->s, '+', name->len) != NULL) {
        return -1;
    }
    if (b64_decode(space + 1, line.len - name->len - 1, bytes, cap, len) != 0) {
        return -1;
    }
    return *len > ID_LEN ? 0 : -1;
}

/* Reads all signature lines. One of `key` under `origin` must be there, and any of it be right. */
static int sigs_check(struct span text, struct span sigs, const char *origin, const struct key *key,
                      const char **why)
{
    uint8_t id[ID_LEN];
    uint8_t bytes[NOTE_MAX];
    struct span line, name;
    size_t len;
    bool verified = false;

    key_id(id, origin, key);
    while (sigs.len > 0) {
        if (!next_line(&sigs, &line) || sig_line_parse(line, &name, bytes, sizeof(bytes), &len)) {
            *why = N_("a signature line of the note is malformed");
            return -1;
        }
        if (!span_is(name, origin) || memcmp(bytes, id, ID_LEN) != 0) {
            continue;
        }
        if (len != ID_LEN + KEY_SIG_LEN || !key_verify(key, text.s, text.len, bytes + ID_LEN)) {
            *why = N_("the log key's signature of the note is wrong");
            return -1;
        }
        verified = true;
    }
    if (!verified) {
        *why = N_("the note is not signed by the log key");
        return -1;
    }
    return 0;
}

bool checkpoint_has_other_key(const char *note, size_t len, const char *origin,
                              const struct key *key)
{
    struct span text, sigs, line, name;
    uint8_t id[ID_LEN], bytes[ID_LEN + KEY_SIG_LEN];
    size_t n;

    if (!note_split((struct span){note, len}, &text, &sigs)) {
        return false;
    }
    key_id(id, origin, key);
    while (next_line(&sigs, &line)) {
        /* A longer line is of another kind of key. */
        if (sig_line_parse(line, &name, bytes, sizeof(bytes), &n) == 0 && span_is(name, origin) &&
            n == sizeof(bytes) && memcmp(bytes, id, ID_LEN) != 0) {
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

int checkpoint_open(struct checkpoint *out, const char *note, size_t len, const char *origin,
                    const struct key *key, const char **why)
{
    struct span text, sigs;

    if (len > NOTE_MAX) {
        *why = N_("the note is too long");
        return -1;
    }
    if (!note_is_text((struct span){note, len}) ||
        !note_split((struct span){note, len}, &text, &sigs)) {
        *why = N_("this is no signed note");
        return -1;
    }
    /* The signature first: nothing of a text is believed before. */
    if (sigs_check(text, sigs, origin, key, why) != 0) {
        return -1;
    }
    return checkpoint_parse(out, text, origin, why);
}

int checkpoint_read(struct checkpoint *out, const char *note, size_t len, const char *origin)
{
    struct span text, sigs;
    const char *why;

    if (len > NOTE_MAX || !note_is_text((struct span){note, len}) ||
        !note_split((struct span){note, len}, &text, &sigs)) {
        return -1;
    }
    return checkpoint_parse(out, text, origin, &why);
}

void proof_put(struct buf *b, uint64_t index, const struct hash *hashes, size_t n, const char *note,
               size_t note_len)
{
    buf_printf(b, PROOF_HEADER "\nindex %" PRIu64 "\n", index);
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
