/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/num.h"

#define CHUNK ((size_t)256 << 10)
/* A record longer than this is none. */
#define RECORD_MAX ((size_t)256 << 20)

void audit_scan_leaf(struct audit_copy *c, const struct hash *leaf)
{
    if (c->n_leaves == c->cap_leaves) {
        c->cap_leaves = c->cap_leaves ? c->cap_leaves * 2 : 1024;
        c->leaves = x_realloc(c->leaves, c->cap_leaves * sizeof(*c->leaves));
    }
    c->leaves[c->n_leaves++] = *leaf;
}

/* The size that a change of the snapshot says it is of; kept in ascending order, each once. */
static void note_snapshot(struct audit_copy *c, const char *part, size_t len)
{
    static const char before[] = "\"subject\":\"snapshot:ledger\"", member[] = "\"size\":";
    const char *at = memmem(part, len, before, sizeof(before) - 1), *end = part + len;
    int64_t size;
    size_t i = c->n_snapshots;

    at = at ? memmem(at, (size_t)(end - at), member, sizeof(member) - 1) : NULL;
    if (!at)
        return;
    at += sizeof(member) - 1;
    for (end = at; end < part + len && *end >= '0' && *end <= '9';)
        end++;
    if (num_parse(at, (size_t)(end - at), 1, NUM_MAX, &size) != 0)
        return;
    while (i > 0 && c->snapshots[i - 1] > size)
        i--;
    if (i > 0 && c->snapshots[i - 1] == size)
        return;
    c->snapshots = x_realloc(c->snapshots, (c->n_snapshots + 1) * sizeof(*c->snapshots));
    memmove(c->snapshots + i + 1, c->snapshots + i, (c->n_snapshots - i) * sizeof(*c->snapshots));
    c->snapshots[i] = size;
    c->n_snapshots++;
}

void audit_scan_record(struct audit_copy *c, const char *const *parts, const size_t *lens, size_t n,
                       int64_t len, bool good)
{
    static const char change[] = "{\"part\":\"change\"";

    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 1024;
        c->at = x_realloc(c->at, c->cap * sizeof(*c->at));
    }
    c->at[c->n++] = good ? c->good_end : c->end;
    if (good) {
        c->good_end += len;
        c->n_good = c->n;
    } else {
        c->end += len;
    }
    for (size_t i = 1; i < n; i++)
        if (lens[i] > sizeof(change) && memcmp(parts[i], change, sizeof(change) - 1) == 0)
            note_snapshot(c, parts[i], lens[i]);
}

static void scan_one(struct audit_copy *c, const char *header, size_t header_len,
                     const char *const *parts, const size_t *lens, size_t n, int64_t len)
{
    struct hash entry, leaf;

    audit_scan_record(c, parts, lens, n, len, true);
    if (c->coop) {
        struct record_header head;
        const char *why;

        if (record_header_peek(&head, header, header_len, &why) == 0)
            c->last_index = head.index;
        return;
    }
    hash_bytes(&entry, header, header_len);
    tree_leaf_hash(&leaf, entry.b, HASH_LEN);
    audit_scan_leaf(c, &leaf);
    c->last_index = (int64_t)c->n_good - 1;
}

int audit_scan(struct audit_copy *c)
{
    struct part_list parts = {0};
    const char *header;
    size_t header_len;
    struct buf b = BUF_INIT;
    int64_t at = 0, took = 0;
    bool end = false;

    while (!end && took >= 0 && b.len < RECORD_MAX) {
        ssize_t got;
        size_t used = 0;

        buf_reserve(&b, CHUNK + 1);
        got = pread(c->records, b.data + b.len, CHUNK, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            part_list_free(&parts);
            buf_free(&b);
            return -1;
        }
        end = got == 0;
        at += got;
        b.len += (size_t)got;
        while ((took = dump_split(b.data + used, b.len - used, &header, &header_len, &parts)) > 0) {
            scan_one(c, header, header_len, parts.text, parts.len, parts.n, took);
            used += (size_t)took;
        }
        memmove(b.data, b.data + used, b.len - used);
        b.len -= used;
    }
    part_list_free(&parts);
    buf_free(&b);
    return 0;
}
