/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GET /checkpoint, /tile/… and /v1/consistency: the log as anybody may follow it, C2SP tlog-tiles.
 * What is in it are hashes of salted parts, which tell nothing but how many records there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "ledgerd/collector.h"
#include "ledgerd/nodes.h"
#include "ledgerd/out.h"
#include "ledgerd/req.h"
#include "ledgerd/shown.h"
#include "ledgerd/tiles.h"

/* A tile never changes, and neither does the beginning of one. */
#define FOR_EVER "public, max-age=31536000, immutable"

#define COSIGNED_S 10 /* how long caches may keep a checkpoint that more will cosign */

void req_checkpoint(struct request *r)
{
    int64_t now = request_now(), stands;
    struct checkpoint checkpoint;
    struct buf b = BUF_INIT;
    char cache[64];
    const char *note;
    size_t len;

    if (!shown_get(r->d->shown, now, &checkpoint, &note, &len)) {
        request_not_found(r);
        return;
    }
    buf_put(&b, note, len);
    stands = shown_stands(r->d->shown, now);
    if (stands > COSIGNED_S && shown_cosigned(r->d->shown) < collector_witnesses(r->d->collector)) {
        stands = COSIGNED_S; /* cosignatures are still to come */
    }
    (void)snprintf(cache, sizeof(cache), "public, max-age=%lld", (long long)stands);
    request_reply_kept(r, "text/plain; charset=utf-8", cache, &b);
}

/* ---- tiles ---- */

/* Three digits, alone or behind an x. */
static int group_parse(const char *s, bool more, uint64_t *n)
{
    int64_t digits;

    if (more && *s++ != 'x') {
        return -1;
    }
    if (strlen(s) != 3 || strspn(s, "0123456789") != 3) {
        return -1;
    }
    s += strspn(s, "0");
    if (*s != '\0' && num_parse(s, strlen(s), 0, 999, &digits) != 0) {
        return -1;
    }
    *n = *n * 1000 + (*s != '\0' ? (uint64_t)digits : 0);
    return 0;
}

/*
 * Level (or -1: entries), number and width of the tile that the path's segments name: level, number
 * in groups of three digits, all but the last with an x in front, the last with ".p" behind when
 * the width follows.
 */
static int tile_parse(const struct path *p, int64_t *level, uint64_t *n, int64_t *width)
{
    size_t last = p->n - 1, dot;
    char group[8];

    *level = -1;
    *n = 0;
    *width = TILE_WIDTH;
    if (p->n < 3 || (!str_eq(p->segment[1], "entries") &&
                     num_parse(p->segment[1], strlen(p->segment[1]), 0, 63, level) != 0)) {
        return -1;
    }
    dot = strlen(p->segment[last - 1]);
    if (last > 2 && dot > 2 && str_eq(p->segment[last - 1] + dot - 2, ".p")) {
        if (num_parse(p->segment[last], strlen(p->segment[last]), 1, TILE_WIDTH - 1, width) != 0) {
            return -1;
        }
        last--;
    }
    if (last > 2 && str_eq(p->segment[2], "x000")) {
        return -1; /* no zeros in front */
    }
    for (size_t i = 2; i <= last; i++) {
        size_t len = strlen(p->segment[i]);

        if (i == last && *width < TILE_WIDTH) {
            len -= 2;
        }
        if (len >= sizeof(group)) {
            return -1;
        }
        memcpy(group, p->segment[i], len);
        group[len] = '\0';
        if (group_parse(group, i < last, n) != 0) {
            return -1;
        }
    }
    return 0;
}

static void answer_tile(struct request *r, const void *bytes, size_t len)
{
    struct buf b = BUF_INIT;

    buf_put(&b, bytes, len);
    request_reply_kept(r, "application/octet-stream", FOR_EVER, &b);
}

static void on_tile(void *arg, enum read_end end, const struct hash *hashes)
{
    struct request *r = arg;

    if (end != READ_OK) {
        request_read_failed(r, end);
        return;
    }
    answer_tile(r, hashes, (size_t)r->limit * HASH_LEN);
}

static void on_entries(struct request *r, const PGresult *res)
{
    size_t want = (size_t)r->limit * ENTRY_LEN;

    if (PQntuples(res) != 1 || col_len(res, 0, ENTRIES_BUNDLE) != want) {
        request_read_failed(r, READ_BROKEN);
        return;
    }
    answer_tile(r, col_text(res, 0, ENTRIES_BUNDLE), want);
}

void req_tile(struct request *r)
{
    struct checkpoint c;
    int64_t level, width;
    uint64_t n, there = 0;

    if (tile_parse(&r->path, &level, &n, &width) != 0) {
        request_not_found(r);
        return;
    }
    if (level < TILE_LEVELS && shown_get(r->d->shown, request_now(), &c, NULL, NULL)) {
        there = c.size >> (level > 0 ? TILE_HEIGHT * level : 0);
    }
    if (n > there / TILE_WIDTH || n * TILE_WIDTH + (uint64_t)width > there) {
        request_not_found(r);
        return;
    }
    r->limit = width;
    if (level < 0) {
        request_read(r, read_entries((int64_t)(n * TILE_WIDTH), width), on_entries);
        return;
    }
    nodes_tile(reads_nodes(r->d->reads), (unsigned)level, n, (size_t)width, on_tile, r);
}

/* ---- consistency ---- */

struct sizes {
    int64_t old, size;
};

static void on_consistency(void *arg, enum read_end end, const struct node_proof *proof)
{
    struct request *r = arg;
    const struct sizes *s = r->state;
    struct buf b = BUF_INIT;

    if (end != READ_OK) {
        request_read_failed(r, end);
        return;
    }
    out_open(&b, NULL, '{');
    out_int(&b, "old", s->old);
    out_int(&b, "size", s->size);
    out_open(&b, "hashes", '[');
    for (int i = 0; i < proof->n; i++) {
        out_b64(&b, NULL, proof->hashes[i].b, HASH_LEN);
    }
    out_close(&b, ']');
    out_close(&b, '}');
    request_json(r, 200, &b);
}

/* A size from min to max; *out stays as it is without the parameter. */
static bool size_param(struct request *r, const char *name, int64_t min, int64_t max, int64_t *out)
{
    char *s = request_param(r, name);
    bool good = s == NULL || num_parse(s, strlen(s), min, max, out) == 0;

    free(s);
    return good;
}

void req_consistency(struct request *r)
{
    struct sizes *s = x_calloc(1, sizeof(*s));
    struct checkpoint c;

    r->state = s;
    r->state_free = free;
    if (!shown_get(r->d->shown, request_now(), &c, NULL, NULL)) {
        request_busy(r, "no checkpoint is published yet");
        return;
    }
    s->size = (int64_t)c.size;
    if (!size_param(r, "size", 1, (int64_t)c.size, &s->size) ||
        !size_param(r, "old", 1, s->size, &s->old) || s->old == 0) {
        request_malformed(r, "old and size must be numbers from 1 to the published size, old not"
                             " the larger");
        return;
    }
    nodes_consistency(reads_nodes(r->d->reads), (uint64_t)s->old, (uint64_t)s->size, on_consistency,
                      r);
}
