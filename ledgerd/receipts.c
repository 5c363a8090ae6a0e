/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Receipts of old records: headers from the database, proofs from the tiles. */
#include "ledgerd/receipts.h"

#include <stdlib.h>
#include <string.h>

#include "core/note.h"
#include "core/record.h"
#include "lang/lang.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log.h"
#include "ledgerd/nodes.h"
#include "ledgerd/receipt.h"
#include "ledgerd/request.h"
#include "ledgerd/shown.h"

/* What was read of one record. */
struct found {
    bool there;
    char *by, *jti, *header;
};

struct receipts {
    struct ledgerd *d;
    int64_t *indexes;
    size_t n, from, chunk; /* the chunk at hand: `chunk` indexes from `from` */
    struct buf *texts;
    bool want_proof;
    struct checkpoint checkpoint;
    char *note;
    size_t note_len;
    struct found found[NODES_BATCH_MAX];
    receipts_done *done;
    void *arg;
};

static void receipts_go(struct receipts *r);

static void found_clear(struct receipts *r)
{
    for (size_t i = 0; i < NODES_BATCH_MAX; i++) {
        free(r->found[i].by);
        free(r->found[i].jti);
        free(r->found[i].header);
        memset(&r->found[i], 0, sizeof(r->found[i]));
    }
}

static void receipts_end(struct receipts *r, enum read_end end)
{
    r->done(r->arg, end, end == READ_OK ? r->texts : NULL);
    for (size_t i = 0; i < r->n; i++) {
        buf_free(&r->texts[i]);
    }
    found_clear(r);
    free(r->texts);
    free(r->indexes);
    free(r->note);
    free(r);
}

/* A proof that doesn't prove is a damaged database, and must not go out. */
static bool proof_holds(const struct receipts *r, const struct found *f, uint64_t index,
                        const struct node_proof *proof)
{
    struct hash entry, leaf;

    hash_bytes(&entry, f->header, strlen(f->header));
    tree_leaf_hash(&leaf, entry.b, HASH_LEN);
    if (tree_check_inclusion(&leaf, index, r->checkpoint.size, proof->hashes, (size_t)proof->n,
                             &r->checkpoint.root)) {
        return true;
    }
    log_event(LOG_LEVEL_ERROR, "a record is not in the tree that was signed",
              LOG_INT("record", (int64_t)index));
    return false;
}

static enum read_end receipt_write(struct receipts *r, size_t i, const struct node_proof *proof)
{
    const struct found *f = &r->found[i];
    uint64_t index = (uint64_t)r->indexes[r->from + i];
    struct record_header header;
    struct buf text = BUF_INIT;
    const char *why;

    if (!f->there) {
        return READ_OK;
    }
    if (record_header_peek(&header, f->header, strlen(f->header), &why) != 0) {
        log_event(LOG_LEVEL_ERROR, "a record's header is damaged",
                  LOG_INT("record", (int64_t)index), LOG_STR("why", _(why)));
        return READ_BROKEN;
    }
    if (proof != NULL) {
        if (!proof_holds(r, f, index, proof)) {
            return READ_BROKEN;
        }
        proof_put(&text, index, proof->hashes, (size_t)proof->n, r->note, r->note_len);
    }
    const struct receipt receipt = {
        .index = (int64_t)index,
        .ms = header.ms,
        .by = f->by,
        .jti = f->jti,
        .header = f->header,
        .header_len = strlen(f->header),
        .proof = text.data,
        .proof_len = text.len,
    };
    receipt_put(&r->texts[r->from + i], &receipt);
    buf_free(&text);
    return READ_OK;
}

static void receipts_on_proofs(void *arg, enum read_end end, const struct node_proof *proofs)
{
    struct receipts *r = arg;
    size_t k = 0; /* proofs are of those that are there */

    for (size_t i = 0; i < r->chunk && end == READ_OK; i++) {
        bool proven = r->want_proof && r->found[i].there;
        end = receipt_write(r, i, proven ? &proofs[k] : NULL);
        k += proven;
    }
    if (end != READ_OK) {
        receipts_end(r, end);
        return;
    }
    r->from += r->chunk;
    receipts_go(r);
}

static void receipts_on_rows(void *arg, enum read_end end, const PGresult *res)
{
    struct receipts *r = arg;
    int64_t wanted[NODES_BATCH_MAX];
    size_t n_wanted = 0;

    if (end != READ_OK) {
        receipts_end(r, end);
        return;
    }
    for (size_t i = 0; i < r->chunk; i++) {
        int64_t index = r->indexes[r->from + i];
        struct found *f = &r->found[i];
        int low = 0, high = PQntuples(res);

        while (low < high) { /* rows come in order */
            int mid = low + (high - low) / 2;
            if (col_int(res, mid, RECEIPTS_IDX) < index) {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        if (low == PQntuples(res) || col_int(res, low, RECEIPTS_IDX) != index) {
            continue;
        }
        if (r->want_proof && (uint64_t)index >= r->checkpoint.size) {
            receipts_end(r, READ_BUSY);
            return;
        }
        f->there = true;
        f->by = x_strdup(col_text(res, low, RECEIPTS_BY));
        f->jti = x_strdup(col_text(res, low, RECEIPTS_JTI));
        f->header = x_strdup(col_text(res, low, RECEIPTS_HEADER));
        wanted[n_wanted++] = index;
    }
    if (!r->want_proof || n_wanted == 0) {
        receipts_on_proofs(r, READ_OK, NULL);
        return;
    }
    nodes_prove(reads_nodes(r->d->reads), r->checkpoint.size, wanted, n_wanted, receipts_on_proofs,
                r);
}

/* The next chunk, or the end. */
static void receipts_go(struct receipts *r)
{
    found_clear(r);
    r->chunk = r->n - r->from < NODES_BATCH_MAX ? r->n - r->from : NODES_BATCH_MAX;
    if (r->chunk == 0) {
        receipts_end(r, READ_OK);
        return;
    }
    reads_ask(r->d->reads, read_receipts(r->indexes + r->from, r->chunk), receipts_on_rows, r);
}

/* A checkpoint that witnesses have cosigned proves more than the latest one, where it covers all.
 */
static bool take_cosigned(struct receipts *r)
{
    const char *note;

    if (shown_cosigned(r->d->shown) == 0 ||
        !shown_get(r->d->shown, request_now(), &r->checkpoint, &note, &r->note_len) ||
        shown_cosigned(r->d->shown) == 0) {
        return false;
    }
    for (size_t i = 0; i < r->n; i++) {
        if ((uint64_t)r->indexes[i] >= r->checkpoint.size) {
            return false;
        }
    }
    r->note = x_strndup(note, r->note_len);
    return true;
}

void receipts_read(struct ledgerd *d, const int64_t *indexes, size_t n, bool want_proof,
                   receipts_done *done, void *arg)
{
    struct receipts *r = x_calloc(1, sizeof(*r));

    r->d = d;
    r->n = n;
    r->indexes = x_calloc(n + 1, sizeof(*r->indexes));
    memcpy(r->indexes, indexes, n * sizeof(*indexes));
    r->texts = x_calloc(n + 1, sizeof(*r->texts));
    r->want_proof = want_proof;
    r->done = done;
    r->arg = arg;
    if (want_proof && !take_cosigned(r) &&
        !published_get(d->published, &r->checkpoint, &r->note, &r->note_len)) {
        receipts_end(r, READ_BUSY);
        return;
    }
    receipts_go(r);
}
