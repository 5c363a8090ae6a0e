/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/receipt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/logkey.h"
#include "client/query.h"
#include "client/say.h"
#include "core/record.h"
#include "core/tree.h"

#define RECEIPTS_DIR "receipts"
#define EVIDENCE_DIR "evidence"

static int wrong(const char **why, const char *sentence)
{
    *why = sentence;
    return -1;
}

int receipt_verify_by(struct receipt *out, const json_t *receipt, const char *by, const char *jti,
                      receipt_open *open, void *arg, const char **why)
{
    const char *header = json_text(receipt, "header"), *text = json_text(receipt, "proof");
    struct record_header h;
    struct proof proof;
    struct hash leaf;

    memset(out, 0, sizeof(*out));
    if ((by != NULL && !str_eq(json_text(receipt, "by"), by)) ||
        (jti != NULL && !str_eq(json_text(receipt, "jti"), jti)))
        return wrong(why, _("it is for another act"));
    if (record_header_peek(&h, header, strlen(header), why) != 0)
        return -1;
    if (!json_is_integer(json_object_get(receipt, "index")) ||
        json_number(receipt, "index") != h.index)
        return wrong(why, _("its header has another index"));
    time_text(out->time, h.ms);
    if (!str_eq(json_text(receipt, "time"), out->time))
        return wrong(why, _("its header has another time"));
    if (proof_parse(&proof, text, strlen(text), why) != 0)
        return -1;
    if (proof.index != (uint64_t)h.index)
        return wrong(why, _("its proof is for another index"));
    if (open(arg, &proof, &out->checkpoint, why) != 0)
        return -1;
    hash_bytes(&out->entry, header, strlen(header));
    tree_leaf_hash(&leaf, out->entry.b, HASH_LEN);
    if (proof.index >= out->checkpoint.size ||
        !tree_check_inclusion(&leaf, proof.index, out->checkpoint.size, proof.hashes, proof.n,
                              &out->checkpoint.root))
        return wrong(why, _("the record isn't in the tree that the ledger signed"));
    out->index = h.index;
    return 0;
}

struct pinned {
    const char *origin;
    const struct key *log_key;
};

static int open_pinned(void *arg, const struct proof *proof, struct checkpoint *out,
                       const char **why)
{
    const struct pinned *p = arg;

    return checkpoint_open(out, proof->note, proof->note_len, p->origin, p->log_key, why);
}

int receipt_verify(struct receipt *out, const json_t *receipt, const char *by, const char *jti,
                   const char *origin, const struct key *log_key, const char **why)
{
    struct pinned pinned = {origin, log_key};

    return receipt_verify_by(out, receipt, by, jti, open_pinned, &pinned, why);
}

static int open_kept(void *arg, const struct proof *proof, struct checkpoint *out, const char **why)
{
    return logkey_open_kept(arg, proof->note, proof->note_len, out, NULL, why);
}

int receipt_verify_kept(struct receipt *out, const json_t *receipt, const struct profile *p,
                        const char **why)
{
    return receipt_verify_by(out, receipt, NULL, NULL, open_kept, (void *)(uintptr_t)p, why);
}

bool receipt_has_other_key(const json_t *receipt, const struct profile *p)
{
    const char *text = json_text(receipt, "proof"), *why;
    struct proof proof;

    return proof_parse(&proof, text, strlen(text), &why) == 0 &&
           checkpoint_has_other_key(proof.note, proof.note_len, p->origin, &p->log_key);
}

/*
 * Remembers the newest checkpoint. Another root for the same size means that the ledger tells
 * different people different things: the one contradiction that a receipt alone can show.
 */
static int remember_checkpoint(const struct profile *p, const struct checkpoint *now)
{
    char *path = profile_state_path(p, NULL, "checkpoint.json");
    char root[HASH_B64U_LEN + 1];
    const char *why;
    struct hash old_root;
    json_t *json = files_read_json(path, &why);
    int64_t old_size = json_number(json, "size");
    int rc = PUMASI_OK;

    if (json != NULL && hash_parse(&old_root, json_text(json, "root")) == 0) {
        if ((uint64_t)old_size == now->size && !hash_eq(&old_root, &now->root)) {
            rc = PUMASI_UNPROVED;
            goto out;
        }
        if ((uint64_t)old_size >= now->size)
            goto out;
    }
    json_decref(json);
    hash_text(root, &now->root);
    json = json_pack("{s:I, s:s}", "size", (json_int_t)now->size, "root", root);
    if (files_write_json(path, json) != 0)
        note(_("%s can't be written: %s."), path, strerror(errno));
out:
    json_decref(json);
    free(path);
    return rc;
}

int receipt_keep(const struct profile *p, const struct receipt *r, const json_t *receipt,
                 const struct outbox_entry *e)
{
    char *folder = profile_state_path(p, RECEIPTS_DIR, NULL);
    char *path = x_asprintf("%s/%012" PRId64 "-%s.json", folder, r->index, e->jti);
    json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:O, s:s}", "version", 1, "what", e->what,
                             "type", e->type, "unit", e->unit == NULL ? "" : e->unit, "receipt",
                             (json_t *)receipt, "submission", e->submission);
    int rc = PUMASI_OK;

    if (json == NULL || files_mkdir(folder) != 0 || files_write_json(path, json) != 0)
        rc = fail(PUMASI_FAILED,
                  _("It is posted as record %" PRId64 ", but the receipt can't be kept as "
                    "%s: %s. Make room and run the same command again."),
                  r->index, path, strerror(errno));
    /* One of another origin begins anew: the ledger goes on from fewer records. */
    else if (str_eq(r->checkpoint.origin, p->origin) &&
             remember_checkpoint(p, &r->checkpoint) != PUMASI_OK) {
        char *text = json_dumps(receipt, JSON_COMPACT | JSON_PRESERVE_ORDER);

        rc = receipt_accuse(p, e->jti, text == NULL ? "" : text,
                            _("it shows another history than an earlier receipt did"));
        free(text);
    }
    json_decref(json);
    free(path);
    free(folder);
    return rc;
}

int receipt_accuse(const struct profile *p, const char *jti, const char *answer, const char *why)
{
    char *folder = profile_state_path(p, EVIDENCE_DIR, NULL);
    char *path = x_asprintf("%s/%s.json", folder, jti);
    bool kept = files_mkdir(folder) == 0 && files_write(path, answer, strlen(answer)) == 0;

    note("%s", _("@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"
                 "@  WARNING: the ledger's answer does not prove what it says!          @\n"
                 "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"));
    (void)fail(
        PUMASI_UNPROVED,
        _("The receipt doesn't verify against the pinned log key: %s. Don't count on this act; "
          "ask those who run the ledger, and show them %s."),
        _(why), kept ? path : _("this message"));
    free(path);
    free(folder);
    return PUMASI_UNPROVED;
}
