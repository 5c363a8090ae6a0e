/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GET /v1/ledger/continued: that the ledger goes on under another id than the one that somebody
 * pinned, proven from record 0 (core/continued.h). Public, as the ledger's and the stewards' keys
 * are.
 */
#include <stdlib.h>
#include <string.h>

#include "ledgerd/nodes.h"
#include "ledgerd/out.h"
#include "ledgerd/record_view.h"
#include "ledgerd/req.h"

struct continued {
    struct checkpoint checkpoint;
    char *note;
    size_t note_len;
    size_t n;
    int64_t indexes[NODES_BATCH_MAX];
    struct buf items[NODES_BATCH_MAX]; /* each but for its proof */
};

static void continued_free(void *state)
{
    struct continued *c = state;

    for (size_t i = 0; i < c->n; i++) {
        buf_free(&c->items[i]);
    }
    free(c->note);
    free(c);
}

static void on_proofs(void *arg, enum read_end end, const struct node_proof *proofs)
{
    struct request *r = arg;
    const struct continued *c = r->state;
    struct buf b = BUF_INIT, proof = BUF_INIT;

    if (end != READ_OK) {
        request_read_failed(r, end);
        return;
    }
    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (size_t i = 0; i < c->n; i++) {
        out_raw(&b, NULL, c->items[i].data, c->items[i].len);
        buf_clear(&proof);
        proof_put(&proof, (uint64_t)c->indexes[i], proofs[i].hashes, (size_t)proofs[i].n, c->note,
                  c->note_len);
        out_str_len(&b, "proof", proof.data, proof.len);
        out_close(&b, '}');
    }
    out_close(&b, ']');
    out_close(&b, '}');
    buf_free(&proof);
    request_json(r, 200, &b);
}

/* The changes of the ledger and the stewards; the act where the ledger's id comes from it. */
static bool is_shown(const struct record_view *v, size_t i)
{
    const char *origin;

    if (v->parts[i].kind == PART_ACT) {
        return v->has_act && rules_begins(&v->act, &origin);
    }
    return v->parts[i].kind == PART_CHANGE &&
           (str_eq(v->parts[i].name, "ledger") || str_eq(v->parts[i].name, "stewards"));
}

static int put_item(struct buf *b, const PGresult *res, int row, int64_t *index)
{
    const struct caller nobody = {0};
    struct record_view *v =
        record_view_new(col_text(res, row, RECORD_HEADER), col_text(res, row, RECORD_PARTS),
                        col_text(res, row, RECORD_BY), NULL, &nobody);

    if (v == NULL) {
        return -1;
    }
    *index = v->header.index;
    out_open(b, NULL, '{');
    out_int(b, "index", v->header.index);
    out_str(b, "header", col_text(res, row, RECORD_HEADER));
    out_open(b, "parts", '[');
    for (size_t i = 0; i < v->n; i++) {
        if (is_shown(v, i)) {
            out_str_len(b, NULL, v->text[i], v->text_len[i]);
        }
    }
    out_close(b, ']');
    record_view_free(v);
    return 0;
}

static void on_records(struct request *r, const PGresult *res)
{
    struct continued *c = r->state;
    int n = PQntuples(res);

    if (n == 0) { /* it has the id that it always had */
        request_not_found(r);
        return;
    }
    if (n > NODES_BATCH_MAX) {
        request_busy(r, "the ledger's keys changed too often for one answer: ask an auditor");
        return;
    }
    for (int i = 0; i < n; i++) {
        c->items[i] = (struct buf)BUF_INIT;
        c->n++;
        if (put_item(&c->items[i], res, i, &c->indexes[i]) != 0) {
            request_read_failed(r, READ_BROKEN);
            return;
        }
    }
    nodes_prove(reads_nodes(r->d->reads), c->checkpoint.size, c->indexes, c->n, on_proofs, r);
}

void req_continued(struct request *r)
{
    struct continued *c = x_calloc(1, sizeof(*c));

    r->state = c;
    r->state_free = continued_free;
    if (req_asked_checkpoint(r, &c->checkpoint, &c->note, &c->note_len) == 0) {
        request_read(r, read_continued((int64_t)c->checkpoint.size), on_records);
    }
}
