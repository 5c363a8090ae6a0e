/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /v1/records/{index} and its proof: the parts that the caller may see. */
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "ledgerd/nodes.h"
#include "ledgerd/out.h"
#include "ledgerd/record_view.h"
#include "ledgerd/req.h"

/* The texts that are left of the record's act. */
static void put_texts(struct buf *b, const PGresult *res)
{
    static const struct {
        const char *name;
        int salt, text;
    } texts[] = {
        {"memo", RECORD_MEMO_SALT, RECORD_MEMO},
        {"name", RECORD_NAME_SALT, RECORD_NAME},
        {"reason", RECORD_REASON_SALT, RECORD_REASON},
        {"reference", RECORD_REFERENCE_SALT, RECORD_REFERENCE},
    };
    uint8_t salt[TEXT_SALT_LEN];

    out_open(b, "texts", '{');
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (col_bytes(res, 0, texts[i].salt, salt, sizeof(salt))) {
            out_text(b, texts[i].name, salt, col_text(res, 0, texts[i].text),
                     col_len(res, 0, texts[i].text));
        }
    }
    out_close(b, '}');
}

/* What of the row the caller may see; NULL when nothing, and the request is answered. */
static struct record_view *view_row(struct request *r, const PGresult *res)
{
    struct record_view *v;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return NULL;
    }
    v = record_view_new(col_text(res, 0, RECORD_HEADER), col_text(res, 0, RECORD_PARTS),
                        col_text(res, 0, RECORD_BY), col_text_or_null(res, 0, RECORD_PARTIES),
                        &r->caller);
    if (v == NULL) {
        request_read_failed(r, READ_BROKEN);
        return NULL;
    }
    if (v->n_visible == 0) {
        record_view_free(v);
        request_not_found(r);
        return NULL;
    }
    return v;
}

static void on_record(struct request *r, const PGresult *res)
{
    struct record_view *v = view_row(r, res);
    struct buf b = BUF_INIT;

    if (v == NULL) {
        return;
    }
    out_open(&b, NULL, '{');
    out_int(&b, "index", v->header.index);
    out_str(&b, "header", col_text(res, 0, RECORD_HEADER));
    out_open(&b, "parts", '[');
    for (size_t i = 0; i < v->n; i++) {
        if (v->visible[i]) {
            out_str_len(&b, NULL, v->text[i], v->text_len[i]);
        }
    }
    out_close(&b, ']');
    if (v->visible[0]) {
        put_texts(&b, res);
    }
    out_close(&b, '}');
    record_view_free(v);
    request_json(r, 200, &b);
}

static bool index_of(struct request *r, int64_t *index)
{
    if (num_parse(r->arg[0], strlen(r->arg[0]), 0, NUM_MAX, index) != 0) {
        request_not_found(r);
        return false;
    }
    return true;
}

void req_record(struct request *r)
{
    int64_t index;

    if (index_of(r, &index)) {
        request_read(r, read_record(index), on_record);
    }
}

/* What a proof is made for and under. */
struct proving {
    int64_t index, size;
    struct checkpoint checkpoint;
    char *note;
    size_t note_len;
};

static void proving_free(void *state)
{
    struct proving *p = state;

    free(p->note);
    free(p);
}

static void on_proof(void *arg, enum read_end end, const struct node_proof *proof)
{
    struct request *r = arg;
    const struct proving *p = r->state;
    struct buf b = BUF_INIT, text = BUF_INIT;

    if (end != READ_OK) {
        request_read_failed(r, end);
        return;
    }
    out_open(&b, NULL, '{');
    out_int(&b, "index", p->index);
    out_int(&b, "size", p->size);
    out_open(&b, "hashes", '[');
    for (int i = 0; i < proof->n; i++) {
        out_b64(&b, NULL, proof->hashes[i].b, HASH_LEN);
    }
    out_close(&b, ']');
    if ((uint64_t)p->size == p->checkpoint.size) {
        proof_put(&text, (uint64_t)p->index, proof->hashes, (size_t)proof->n, p->note, p->note_len);
        out_str_len(&b, "proof", text.data, text.len);
    } else {
        out_null(&b, "proof"); /* the ledger signs a size once */
    }
    out_close(&b, '}');
    buf_free(&text);
    request_json(r, 200, &b);
}

static void on_proof_record(struct request *r, const PGresult *res)
{
    const struct proving *p = r->state;
    struct record_view *v = view_row(r, res);

    if (v == NULL) {
        return;
    }
    record_view_free(v);
    nodes_prove(reads_nodes(r->d->reads), (uint64_t)p->size, &p->index, 1, on_proof, r);
}

void req_record_proof(struct request *r)
{
    struct proving *p = x_calloc(1, sizeof(*p));
    char *size = request_param(r, "size");
    int rc = 0;

    r->state = p;
    r->state_free = proving_free;
    if (!index_of(r, &p->index)) {
        goto out;
    }
    if (!published_get(r->d->published, &p->checkpoint, &p->note, &p->note_len)) {
        request_busy(r, "no checkpoint is published yet");
        goto out;
    }
    p->size = (int64_t)p->checkpoint.size;
    if (size != NULL) {
        rc = num_parse(size, strlen(size), 1, (int64_t)p->checkpoint.size, &p->size);
    }
    if (rc != 0) {
        request_malformed(r, "size must be a number from 1 to the published size");
    } else if (p->index >= p->size) {
        request_not_found(r);
    } else {
        request_read(r, read_record(p->index), on_proof_record);
    }
out:
    free(size);
}
