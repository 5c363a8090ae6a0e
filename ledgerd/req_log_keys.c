/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GET /v1/ledger/log-keys: which log keys are in force, proven under one that the client has
 * pinned, by the latest record which changed the ledger itself. Public, as all in that change is.
 */
#include <stdlib.h>
#include <string.h>

#include "ledgerd/nodes.h"
#include "ledgerd/out.h"
#include "ledgerd/record_view.h"
#include "ledgerd/req.h"
#include "ledgerd/shown.h"

struct shown_keys {
    struct checkpoint checkpoint;
    char *note;
    size_t note_len;
    int64_t index;
    char *header, *part;
};

static void keys_free(void *state)
{
    struct shown_keys *k = state;

    free(k->note);
    free(k->header);
    free(k->part);
    free(k);
}

static void on_proof(void *arg, enum read_end end, const struct node_proof *proof)
{
    struct request *r = arg;
    const struct shown_keys *k = r->state;
    struct buf b = BUF_INIT, text = BUF_INIT;

    if (end != READ_OK) {
        request_read_failed(r, end);
        return;
    }
    proof_put(&text, (uint64_t)k->index, proof->hashes, (size_t)proof->n, k->note, k->note_len);
    out_open(&b, NULL, '{');
    out_int(&b, "index", k->index);
    out_str(&b, "header", k->header);
    out_str(&b, "part", k->part);
    out_str_len(&b, "proof", text.data, text.len);
    out_close(&b, '}');
    buf_free(&text);
    request_json(r, 200, &b);
}

static void on_change(struct request *r, const PGresult *res)
{
    const struct caller nobody = {0};
    struct shown_keys *k = r->state;
    struct record_view *v;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return;
    }
    v = record_view_new(col_text(res, 0, RECORD_HEADER), col_text(res, 0, RECORD_PARTS),
                        col_text(res, 0, RECORD_BY), NULL, &nobody);
    for (size_t i = 0; v != NULL && i < v->n; i++) {
        if (v->parts[i].kind == PART_CHANGE && str_eq(v->parts[i].name, "ledger")) {
            k->part = x_strndup(v->text[i], v->text_len[i]);
        }
    }
    if (k->part == NULL) {
        record_view_free(v);
        request_read_failed(r, READ_BROKEN);
        return;
    }
    k->header = x_strdup(col_text(res, 0, RECORD_HEADER));
    k->index = v->header.index;
    record_view_free(v);
    nodes_prove(reads_nodes(r->d->reads), k->checkpoint.size, &k->index, 1, on_proof, r);
}

/* What everybody is shown. */
static bool get_shown(struct request *r, struct checkpoint *checkpoint, char **note, size_t *len)
{
    const char *shown;

    if (!shown_get(r->d->shown, request_now(), checkpoint, &shown, len)) {
        return false;
    }
    *note = x_strndup(shown, *len);
    return true;
}

int req_asked_checkpoint(struct request *r, struct checkpoint *checkpoint, char **note,
                         size_t *note_len)
{
    char *key = request_param(r, "key");
    struct kid kid;
    bool there;

    if (key == NULL) {
        there = get_shown(r, checkpoint, note, note_len);
    } else if (!kid_is_valid(key)) {
        request_malformed(r, "key must be the kid of a key");
        free(key);
        return -1;
    } else {
        str_copy(kid.s, sizeof(kid.s), key);
        /* Who signed the latest signed what is shown. */
        there = published_signed(r->d->published, &kid)
                    ? get_shown(r, checkpoint, note, note_len)
                    : published_kept(r->d->published, &kid, checkpoint, note, note_len);
    }
    free(key);
    if (!there) {
        request_not_found(r);
    }
    return there ? 0 : -1;
}

void req_log_keys(struct request *r)
{
    struct shown_keys *k = x_calloc(1, sizeof(*k));

    r->state = k;
    r->state_free = keys_free;
    if (req_asked_checkpoint(r, &k->checkpoint, &k->note, &k->note_len) == 0) {
        request_read(r, read_ledger_change((int64_t)k->checkpoint.size), on_change);
    }
}
