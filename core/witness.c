/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a witness takes, decides, and keeps as evidence. */
#include "core/witness.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/name.h"
#include "core/num.h"

void witness_request_put(struct buf *b, uint64_t old, const struct hash *hashes, size_t n,
                         const char *note, size_t note_len)
{
    buf_printf(b, "old %" PRIu64 "\n", old);
    for (size_t i = 0; i < n; i++) {
        buf_put_b64(b, hashes[i].b, HASH_LEN);
        buf_putc(b, '\n');
    }
    buf_putc(b, '\n');
    buf_put(b, note, note_len);
}

/* Takes the next line off *s, NULL when there is no newline left. */
static const char *take_line(const char **s, size_t *left, size_t *len)
{
    const char *line = *s, *end = *left == 0 ? NULL : memchr(*s, '\n', *left);

    if (end == NULL) {
        return NULL;
    }
    *len = (size_t)(end - line);
    *s = end + 1;
    *left -= *len + 1;
    return line;
}

int witness_request_parse(struct witness_request *out, const char *s, size_t len, const char **why)
{
    size_t line_len, n;
    const char *line = take_line(&s, &len, &line_len);
    int64_t old;

    if (line == NULL || line_len < 4 || memcmp(line, "old ", 4) != 0 ||
        num_parse(line + 4, line_len - 4, 0, NUM_MAX, &old) != 0) {
        *why = WIRE_("it does not begin with a line of the old size");
        return -1;
    }
    out->old = (uint64_t)old;
    for (out->n = 0; (line = take_line(&s, &len, &line_len)) != NULL && line_len > 0; out->n++) {
        if (out->n == WITNESS_HASHES_MAX) {
            *why = WIRE_("it has more hashes than a proof can have");
            return -1;
        }
        if (b64_decode(line, line_len, out->hashes[out->n].b, HASH_LEN, &n) != 0 || n != HASH_LEN) {
            *why = WIRE_("a line of its proof is no hash");
            return -1;
        }
    }
    if (line == NULL || len == 0) {
        *why = WIRE_("it has no checkpoint");
        return -1;
    }
    out->note = s;
    out->note_len = len;
    return 0;
}

int witness_status(enum witness_verdict verdict)
{
    switch (verdict) {
    case WITNESS_COSIGN:
        return 200;
    case WITNESS_MALFORMED:
        return 400;
    case WITNESS_UNKNOWN:
        return 404;
    case WITNESS_UNSIGNED:
        return 403;
    case WITNESS_STALE:
    case WITNESS_OTHER:
        return 409;
    case WITNESS_UNPROVED:
        return 422;
    }
    return 400;
}

static void decide(struct witness_decision *out, enum witness_verdict verdict, bool fork,
                   const char *why)
{
    out->verdict = verdict;
    out->fork = fork;
    out->why = why;
}

/* The signature is good. In the order of tlog-witness, section "add-checkpoint". */
static void compare(struct witness_decision *out, const struct witness_log *log,
                    const struct witness_request *rq)
{
    const struct checkpoint *c = &out->checkpoint;
    uint64_t known = log->seen ? log->latest.size : 0;
    /* Two roots of one size are a fork, whatever the request says of `old`. */
    bool other = log->seen && c->size == known && !hash_eq(&c->root, &log->latest.root);
    struct hash empty;

    hash_bytes(&empty, "", 0);
    if (rq->old > c->size) {
        decide(out, WITNESS_MALFORMED, other,
               WIRE_("the old size is larger than the checkpoint's"));
    } else if (rq->old != known) {
        decide(out, WITNESS_STALE, other,
               WIRE_("the old size isn't that of the checkpoint cosigned last"));
    } else if (other) {
        decide(out, WITNESS_OTHER, true, WIRE_("another checkpoint of this size was cosigned"));
    } else if (!tree_check_consistency(known, c->size, log->seen ? &log->latest.root : &empty,
                                       &c->root, rq->hashes, rq->n)) {
        decide(out, WITNESS_UNPROVED,
               log->seen &&
                   tree_shows_fork(known, c->size, &log->latest.root, &c->root, rq->hashes, rq->n),
               WIRE_("the proof does not lead from the checkpoint cosigned last to this one"));
    } else {
        decide(out, WITNESS_COSIGN, false, NULL);
    }
}

void witness_decide(struct witness_decision *out, const struct witness_log *logs, size_t n,
                    const struct witness_request *request)
{
    char origin[ORIGIN_MAX + 1];
    size_t i;

    memset(out, 0, sizeof(*out));
    if (checkpoint_origin(origin, request->note, request->note_len) != 0) {
        decide(out, WITNESS_MALFORMED, false, WIRE_("the checkpoint has no origin"));
        return;
    }
    for (i = 0; i < n && !str_eq(logs[i].origin, origin); i++) {
    }
    if (i == n) {
        decide(out, WITNESS_UNKNOWN, false, WIRE_("this log isn't one that is witnessed here"));
        return;
    }
    out->log = i;
    if (checkpoint_open_any(&out->checkpoint, request->note, request->note_len, origin,
                            logs[i].keys, logs[i].n_keys, &out->why) != 0) {
        decide(out, WITNESS_UNSIGNED, false,
               WIRE_("the checkpoint isn't signed by a key that is trusted for this log"));
        return;
    }
    compare(out, &logs[i], request);
}

bool witness_goes_on(const struct witness_log *log, const char *note, size_t len,
                     struct checkpoint *out)
{
    char origin[129];
    const char *why;

    return checkpoint_origin(origin, note, len) == 0 && name_is_origin(origin) &&
           name_origin_follows(origin, log->origin) &&
           checkpoint_open_any(out, note, len, origin, log->keys, log->n_keys, &why) == 0;
}

char *witness_file_name(const char *origin, const char *suffix)
{
    char *name = x_strdup(origin), *path;
    struct hash h;

    hash_bytes(&h, origin, strlen(origin));
    for (char *p = name; *p != '\0'; p++) {
        if (*p == '/') {
            *p = '_';
        }
    }
    path = x_asprintf("%s-%02x%02x%02x%02x%02x%02x%02x%02x%s", name, h.b[0], h.b[1], h.b[2], h.b[3],
                      h.b[4], h.b[5], h.b[6], h.b[7], suffix);
    free(name);
    return path;
}

void witness_evidence_put(struct buf *b, const char *origin, int64_t seen, const char *remembered,
                          size_t remembered_len, const struct witness_request *shown)
{
    buf_puts(b, "{\"evidence\":\"fork\",\"origin\":");
    buf_puts_json(b, origin);
    buf_printf(b, ",\"seen\":%" PRId64 ",\"remembered\":", seen);
    buf_put_json(b, remembered, remembered_len);
    buf_puts(b, ",\"shown\":");
    buf_put_json(b, shown->note, shown->note_len);
    buf_puts(b, ",\"proof\":[");
    for (size_t i = 0; i < shown->n; i++) {
        buf_puts(b, i == 0 ? "\"" : ",\"");
        buf_put_b64(b, shown->hashes[i].b, HASH_LEN);
        buf_putc(b, '"');
    }
    buf_puts(b, "]}\n");
}
