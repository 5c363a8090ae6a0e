/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Witnesses' cosignatures of checkpoints, and quorums of them. */
#include "core/cosign.h"

#include <inttypes.h>
#include <string.h>

#include "core/num.h"

void cosigner_text(char out[VKEY_MAX], const struct cosigner *c)
{
    vkey_text_of(out, NOTE_COSIGNATURE, c->name, &c->key);
}

bool cosigner_name_ok(const char *name)
{
    return name_is_origin(name);
}

int cosigner_parse(struct cosigner *out, const char *vkey)
{
    return vkey_parse_of(vkey, NOTE_COSIGNATURE, out->name, sizeof(out->name), &out->key);
}

static void put_message(struct buf *b, const char *text, size_t len, uint64_t time)
{
    buf_printf(b, "cosignature/v1\ntime %" PRIu64 "\n", time);
    buf_put(b, text, len);
}

void cosign_put(struct buf *b, const struct cosigner *c, const uint8_t secret[KEY_SECRET_LEN],
                const char *text, size_t len, int64_t time)
{
    uint8_t bytes[COSIGN_LEN];
    struct buf message = BUF_INIT;

    put_message(&message, text, len, (uint64_t)time);
    note_key_id(bytes, NOTE_COSIGNATURE, c->name, &c->key);
    for (int i = 0; i < 8; i++) {
        bytes[NOTE_ID_LEN + i] = (uint8_t)((uint64_t)time >> (56 - 8 * i));
    }
    key_sign(secret, message.data, message.len, bytes + NOTE_ID_LEN + 8);
    note_put_sig(b, c->name, bytes, sizeof(bytes));
    buf_free(&message);
}

/* False when it isn't right. The time is at most 2^63 - 1 (tlog-cosignature, "Format"). */
static bool verify(const struct note_sig *sig, const struct note_parts *note, const struct key *key,
                   int64_t *time)
{
    struct buf message = BUF_INIT;
    uint64_t t = 0;

    if (sig->len != COSIGN_LEN) {
        return false;
    }
    for (int i = 0; i < 8; i++) {
        t = t << 8 | sig->bytes[NOTE_ID_LEN + i];
    }
    if (t > INT64_MAX) {
        return false;
    }
    put_message(&message, note->text, note->text_len, t);
    bool right = key_verify(key, message.data, message.len, sig->bytes + NOTE_ID_LEN + 8);
    buf_free(&message);
    *time = (int64_t)t;
    return right;
}

int cosign_find(const char *note, size_t len, const struct cosigner *c, const char **line,
                size_t *line_len, int64_t *time, const char **why)
{
    uint8_t id[NOTE_ID_LEN];
    struct note_parts parts;
    struct note_sig sig;
    int64_t latest = -1, t;
    int more, lines = 0;

    if (note_split(&parts, note, len, why) != 0) {
        return -1;
    }
    note_key_id(id, NOTE_COSIGNATURE, c->name, &c->key);
    while ((more = note_next_sig(&parts.sigs, &parts.sigs_len, &sig, why)) > 0) {
        if (!note_sig_is(&sig, c->name, id)) {
            continue;
        }
        if (++lines > COSIGN_LINES_MAX) {
            *why = N_("it has too many cosignatures of one witness");
            return -1;
        }
        if (!verify(&sig, &parts, &c->key, &t)) {
            *why = N_("a witness's cosignature of the note is wrong");
            return -1;
        }
        if (t <= latest) {
            continue;
        }
        latest = t;
        if (line != NULL) {
            *line = sig.line;
            *line_len = sig.line_len;
        }
    }
    if (more < 0) {
        return -1;
    }
    if (time != NULL && latest >= 0) {
        *time = latest;
    }
    return latest >= 0 ? 1 : 0;
}

bool quorum_name_ok(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    return n > 0 && n <= QUORUM_NAME_MAX && name[n] == '\0' && name[0] != '.' && name[0] != '-';
}

/* One name of len bytes, blanks around it taken off, behind those there are. */
static int quorum_add(struct quorum *q, const char *s, size_t len, const char **why)
{
    while (len > 0 && *s == ' ') {
        s++;
        len--;
    }
    while (len > 0 && s[len - 1] == ' ') {
        len--;
    }
    if (q->n == QUORUM_MAX || len > QUORUM_NAME_MAX) {
        *why = N_("it names too many witnesses, or one by too long a name");
        return -1;
    }
    memcpy(q->names[q->n], s, len);
    q->names[q->n][len] = '\0';
    if (!quorum_name_ok(q->names[q->n])) {
        *why = N_("a witness's name has letters, digits, '.', '_' and '-' only");
        return -1;
    }
    for (size_t i = 0; i < q->n; i++) {
        if (str_eq(q->names[i], q->names[q->n])) {
            *why = N_("it names a witness twice");
            return -1;
        }
    }
    q->n++;
    return 0;
}

int quorum_parse(struct quorum *out, const char *s, const char **why)
{
    const char *of = strstr(s, " of ");
    int64_t need;

    memset(out, 0, sizeof(*out));
    if (of == NULL || num_parse(s, (size_t)(of - s), 1, QUORUM_MAX, &need) != 0) {
        *why = N_("a quorum is written like \"2 of chunchon,seoul,busan\"");
        return -1;
    }
    for (const char *p = of + 4;;) {
        size_t len = strcspn(p, ",");

        if (quorum_add(out, p, len, why) != 0) {
            return -1;
        }
        if (p[len] == '\0') {
            break;
        }
        p += len + 1;
    }
    out->need = (size_t)need;
    if (out->need > out->n) {
        *why = N_("it wants more witnesses than it names");
        return -1;
    }
    return 0;
}

int cosign_count(const char *note, size_t len, const struct cosigner *witnesses, size_t n,
                 bool *found, int64_t *times, const char **why)
{
    int count = 0;

    for (size_t i = 0; i < n; i++) {
        bool again = false;

        found[i] = false;
        times[i] = 0;
        int rc = cosign_find(note, len, &witnesses[i], NULL, NULL, &times[i], why);
        if (rc < 0) {
            return -1;
        }
        for (size_t k = 0; k < i; k++) {
            again = again || memcmp(witnesses[k].key.x, witnesses[i].key.x, KEY_LEN) == 0;
        }
        found[i] = rc > 0;
        count += rc > 0 && !again;
    }
    return count;
}
