/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/cosigned.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/log_tiles.h"
#include "client/logkey.h"
#include "client/query.h"
#include "core/witness.h"

int cosigned_init(struct cosigned *s, struct client *c, const char *quorum)
{
    memset(s, 0, sizeof(*s));
    s->c = c;
    return trust_parse(&c->profile, quorum, &s->trust);
}

void cosigned_free(struct cosigned *s)
{
    free(s->note);
    tileset_free(&s->tiles);
}

/* What everybody is shown just now, once a run. */
static void ask(struct cosigned *s)
{
    const struct profile *p = &s->c->profile;
    const char *why;
    long status;

    s->state = COSIGNED_AWAY;
    if (log_get(s->c, p->url, "/checkpoint", &status, &s->note, &s->note_len) != PUMASI_OK)
        return;
    if (status != 200) {
        (void)fail(PUMASI_UNKNOWN, _("The ledger at %s shows no checkpoint (status %ld)."), p->url,
                   status);
    } else if (logkey_open(p, s->note, s->note_len, &s->checkpoint, NULL, &why) != 0) {
        (void)fail(PUMASI_UNPROVED,
                   _("The checkpoint that the ledger shows isn't signed by its pinned log key."));
    } else {
        s->state = COSIGNED_THERE;
        trust_find(&s->trust, s->note, s->note_len, &s->by);
        tileset_init(&s->tiles, s->checkpoint.size);
    }
}

/* The kept proof is by a checkpoint that more have cosigned than those of `by`: it is taken. */
static void take(const struct cosigned *s, const json_t *receipt, struct trust_found *by)
{
    const char *text = json_text(receipt, "proof"), *why;
    struct trust_found other;
    struct proof proof;

    if (proof_parse(&proof, text, strlen(text), &why) != 0)
        return;
    trust_find(&s->trust, proof.note, proof.note_len, &other);
    if (by->rc < 0 || other.count > by->count)
        *by = other;
}

/*
 * The record isn't where the tiles say. Has the ledger signed another history, or has somebody
 * changed the tiles?
 */
static int contradicted(struct cosigned *s, const struct receipt *r, const json_t *receipt)
{
    const char *text = json_text(receipt, "proof"), *why;
    struct witness_request shown = {.note = s->note, .note_len = s->note_len};
    struct hash hashes[TREE_PROOF_MAX];
    struct buf evidence = BUF_INIT;
    struct proof proof;
    int rc = PUMASI_OK;

    if (r->checkpoint.size < s->checkpoint.size)
        rc = log_prefix(s->c, s->c->profile.url, r->checkpoint.size, s->checkpoint.size,
                        &r->checkpoint.root, hashes, &shown.n);
    if (rc != PUMASI_OK || shown.n > WITNESS_HASHES_MAX ||
        proof_parse(&proof, text, strlen(text), &why) != 0 ||
        !tree_shows_fork(r->checkpoint.size, s->checkpoint.size, &r->checkpoint.root,
                         &s->checkpoint.root, hashes, shown.n)) {
        note(_("The ledger's tiles don't show record %lld where it is: it is tried again next "
               "time."),
             (long long)r->index);
        return PUMASI_OK;
    }
    memcpy(shown.hashes, hashes, shown.n * sizeof(hashes[0]));
    witness_evidence_put(&evidence, s->c->profile.origin, (int64_t)time(NULL), proof.note,
                         proof.note_len, &shown);
    rc = receipt_accuse(&s->c->profile, json_text(receipt, "jti"), evidence.data,
                        N_("the ledger has signed another history since, without this record"));
    buf_free(&evidence);
    return rc;
}

/* The receipt again, under what the ledger shows now. */
static int renew(struct cosigned *s, const struct receipt *r, const json_t *receipt, json_t **out)
{
    const uint64_t index = (uint64_t)r->index, size = s->checkpoint.size;
    struct hash hashes[TREE_PROOF_MAX], leaf;
    struct buf proof = BUF_INIT;
    size_t n;

    *out = NULL;
    if (log_inclusion(s->c, s->c->profile.url, &s->tiles, index, hashes, &n) != PUMASI_OK) {
        s->state = COSIGNED_AWAY; /* it has said why */
        return PUMASI_OK;
    }
    tree_leaf_hash(&leaf, r->entry.b, HASH_LEN);
    if (!tree_check_inclusion(&leaf, index, size, hashes, n, &s->checkpoint.root))
        return contradicted(s, r, receipt);
    proof_put(&proof, index, hashes, n, s->note, s->note_len);
    *out = json_copy((json_t *)(uintptr_t)receipt);
    json_object_set_new(*out, "proof", json_string(proof.data));
    buf_free(&proof);
    return PUMASI_OK;
}

int cosigned_find(struct cosigned *s, const struct receipt *r, json_t *file, struct trust_found *by,
                  bool *changed)
{
    const json_t *receipt = json_object_get(file, "receipt"),
                 *kept = json_object_get(file, "cosigned");
    struct receipt again;
    const char *why;
    json_t *renewed;
    int rc;

    *by = (struct trust_found){0};
    *changed = false;
    take(s, receipt, by);
    if (kept != NULL && receipt_verify_kept(&again, kept, &s->c->profile, &why) == 0 &&
        hash_eq(&again.entry, &r->entry))
        take(s, kept, by);
    if (by->rc > 0)
        return PUMASI_OK;
    if (s->state == COSIGNED_UNASKED)
        ask(s);
    if (s->state == COSIGNED_AWAY || s->by.count <= by->count ||
        s->checkpoint.size <= (uint64_t)r->index)
        return PUMASI_OK;
    rc = renew(s, r, receipt, &renewed);
    if (renewed != NULL) {
        json_object_set_new(file, "cosigned", renewed);
        *by = s->by;
        *changed = true;
    }
    return rc;
}
