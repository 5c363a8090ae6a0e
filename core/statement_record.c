/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each record of a statement by itself, and the statement's own signature: any thread, each once.
 */
#include <stdlib.h>
#include <string.h>

#include "core/statement_run.h"
#include "core/subject.h"

static void flag(struct run_record *r, enum statement_check check, enum statement_reason reason)
{
    if (reason_mark((enum statement_reason)r->why[check]) < reason_mark(reason))
        r->why[check] = (uint8_t)reason;
}

/* Is it where it says in the tree that the ledger signed? */
static void check_path(const struct statement_check_run *run, struct run_record *r)
{
    struct hash proof[TREE_PROOF_MAX], leaf;

    for (size_t i = 0; i < r->shown->n_proof; i++)
        proof[i] = run->st->hashes[r->shown->proof[i]];
    tree_leaf_hash(&leaf, r->entry.b, HASH_LEN);
    if (!run->has_checkpoint || (uint64_t)r->index >= run->checkpoint.size ||
        !tree_check_inclusion(&leaf, (uint64_t)r->index, run->checkpoint.size, proof,
                              r->shown->n_proof, &run->checkpoint.root))
        flag(r, CHECK_RECORDS, REASON_NOT_IN_TREE);
}

/* The texts beside the act; a hash without a text isn't wrong. */
static void check_texts(struct run_record *r)
{
    struct submission beside = {0};
    struct refusal refusal;
    const struct act *a = r->act;
    bool wanted = (a->type == ACT_TRANSFER && a->u.transfer.memo.there) ||
                  (a->type == ACT_REVERSAL && a->u.reversal.reason.there) ||
                  (a->type == ACT_SETTLEMENT && a->u.settlement.reference.there);

    for (size_t i = 0; i < r->shown->n_texts; i++) {
        const struct statement_note *note = &r->shown->texts[i];
        struct submitted_text *t = &beside.texts[beside.n_texts++];

        str_copy(t->field, sizeof(t->field), note->field);
        memcpy(t->salt, note->salt, sizeof(t->salt));
        t->text = (char *)note->text.s;
        t->len = note->text.len;
    }
    if (act_check_texts(a, &beside, &refusal) != 0)
        flag(r, CHECK_TEXTS, REASON_TEXT_MISMATCH);
    else if (wanted && beside.n_texts == 0)
        flag(r, CHECK_TEXTS, REASON_NO_TEXT);
}

static void check_act(struct statement_check_run *run, struct run_record *r, struct part *p)
{
    struct refusal refusal;

    r->env = p->act;
    memset(&p->act, 0, sizeof(p->act));
    r->n_sigs = r->env.n_sigs;
    r->act = x_calloc(1, sizeof(*r->act));
    if (act_parse(r->act, &r->env, &refusal) != 0) {
        free(r->act);
        r->act = NULL;
        flag(r, CHECK_SIGNATURES, REASON_MALFORMED);
        return;
    }
    if (envelope_verify(&r->env, run_key_of, run, &refusal) != 0)
        flag(r, CHECK_SIGNATURES,
             refusal.code == REFUSED_UNKNOWN_KEY ? REASON_UNKNOWN_KEY : REASON_BAD_SIGNATURE);
    if (!str_eq(r->act->aud, lineage_at(&run->ids, r->index)))
        flag(r, CHECK_SIGNATURES, REASON_OTHER_LEDGER);
    if (r->section == RUN_KEY && r->act->type != ACT_LEDGER_CONTINUE)
        flag(r, CHECK_PARTS, REASON_MALFORMED);
    check_texts(r);
}

/* Does the change of a snapshot, whose part that is, say what its act does? */
static bool is_of_snapshot(const struct run_record *r, const struct part *p,
                           const struct statement_text *text)
{
    struct buf made = BUF_INIT;
    struct snapshot *after;
    bool is;

    if (!r->act || r->act->type != ACT_SNAPSHOT)
        return false;
    after = snapshot_new();
    after->size = r->act->u.snapshot.size;
    after->count = r->act->u.snapshot.count;
    after->root = r->act->u.snapshot.root;
    buf_puts(&made, "{\"part\":\"change\",\"salt\":\"");
    buf_put_b64u(&made, p->salt, sizeof(p->salt));
    buf_puts(&made, "\",\"subject\":\"snapshot:ledger\",\"seq\":");
    buf_put_i64(&made, p->seq);
    buf_puts(&made, ",\"state\":");
    subject_put_state(&made, &(struct change){THING_SNAPSHOT, &after->thing});
    buf_putc(&made, '}');
    is = made.len == text->len && memcmp(made.data, text->s, made.len) == 0;
    buf_free(&made);
    free(after);
    return is;
}

/* A part that the header names: is it of a kind that belongs here? */
static void take_part(struct statement_check_run *run, struct run_record *r, struct part *p,
                      const struct statement_text *text)
{
    bool acts = r->section == RUN_ENTRY || r->section == RUN_NAMED || r->section == RUN_SNAPSHOT ||
                r->section == RUN_KEY; /* there of a ledger.continue */
    bool changes = r->section == RUN_KEY || r->section == RUN_UNIT || r->section == RUN_SNAPSHOT;

    if (p->kind == PART_ACT && acts && !r->act && !r->n_sigs) {
        check_act(run, r, p);
    } else if (p->kind == PART_POSTING && !changes && !r->has_posting) {
        if (!str_eq(p->name, run->st->account))
            flag(r, CHECK_SEQUENCE, REASON_WRONG_ACCOUNT);
        r->has_posting = true;
        r->amount = p->amount;
        r->balance = p->balance;
        r->floor = p->floor;
        r->seq = p->seq;
        memcpy(r->salt, p->salt, sizeof(r->salt));
    } else if (p->kind == PART_CHANGE && changes) {
        r->n_changes++;
        r->change_seq = p->seq;
        r->fits_act = r->section == RUN_SNAPSHOT && is_of_snapshot(r, p, text);
    } else {
        flag(r, CHECK_PARTS, REASON_MALFORMED);
    }
}

static void check_parts(struct statement_check_run *run, struct run_record *r,
                        const struct record_header *head)
{
    size_t at = 0;

    for (size_t i = 0; i < r->shown->n_parts; i++) {
        const struct statement_text *text = &r->shown->parts[i];
        struct hash hash;
        struct part part;
        const char *why;

        hash_bytes(&hash, text->s, text->len);
        while (at < head->n_parts && !hash_eq(&hash, &head->parts[at]))
            at++;
        if (at++ >= head->n_parts) {
            flag(r, CHECK_PARTS, REASON_PART_NOT_NAMED);
            return;
        }
        if (part_parse(&part, text->s, text->len, &why) != 0) {
            flag(r, CHECK_PARTS, REASON_MALFORMED);
            return;
        }
        take_part(run, r, &part, text);
        part_free(&part);
    }
    if (r->shown->n_texts && !r->act)
        flag(r, CHECK_TEXTS, REASON_TEXT_MISMATCH);
}

/*
 * The ledger's signature of all of it: by the pinned log key, or by one that follows it, which the
 * ledger's own changes name. Whether those are in the tree under a checkpoint that the pinned key
 * signed, judge_log_key asks.
 */
static void check_signature(struct statement_check_run *run)
{
    struct key key = *run->trust.log_key;
    struct kid kid;

    key_kid(&kid, &key);
    if (str_eq(kid.s, run->st->kid.s) && run->trust.signature_ahead)
        return;
    if (!str_eq(kid.s, run->st->kid.s) && !run_key_of(run, &run->st->kid, &key))
        run->signature_why = REASON_OTHER_KEY;
    else if (!key_verify(&key, run->st->signed_text.s, run->st->signed_text.len, run->st->sig))
        run->signature_why = REASON_BAD_SIGNATURE;
}

void statement_check_signed(struct statement_check_run *run, bool good)
{
    struct kid kid;

    key_kid(&kid, run->trust.log_key);
    if (str_eq(kid.s, run->st->kid.s) && !good)
        run->signature_why = REASON_BAD_SIGNATURE;
}

void statement_check_record(struct statement_check_run *run, size_t i)
{
    struct run_record *r;
    struct record_header head;
    const char *why;

    if (i == 0) { /* first, as it takes longest */
        check_signature(run);
        return;
    }
    r = &run->records[i - 1];
    if (record_header_parse(&head, r->shown->header.s, r->shown->header.len, &why) != 0) {
        flag(r, CHECK_RECORDS, REASON_MALFORMED);
        return;
    }
    r->readable = true;
    r->index = head.index;
    r->ms = head.ms;
    hash_bytes(&r->entry, r->shown->header.s, r->shown->header.len);
    check_path(run, r);
    check_parts(run, r, &head);
    record_header_free(&head);
}
