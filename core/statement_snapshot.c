/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What bounds what could have been left out: the ledger's snapshot, and an earlier statement. */
#include <stdlib.h>
#include <string.h>

#include "core/statement_run.h"

/* The snapshot, once it is verified. */
struct covering {
    const struct run_record *record;
    const struct act_snapshot *act;
    size_t n;
    struct leaf *leaves; /* those that lead to the root */
};

static const struct leaf *find_leaf(const struct covering *c, enum leaf_kind kind, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->leaves[i].kind == kind && str_eq(c->leaves[i].name, name))
            return &c->leaves[i];
    return NULL;
}

static int compare_leaves(const void *a, const void *b)
{
    const struct leaf *x = a, *y = b;

    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

static void take_leaf(struct statement_check_run *run, struct covering *c,
                      const struct statement_leaf *shown)
{
    struct hash proof[TREE_PROOF_MAX], hash;
    struct leaf *l = &c->leaves[c->n];
    int64_t size;

    run->count[CHECK_SNAPSHOT]++;
    if (leaf_parse(l, &size, shown->text.s, shown->text.len) != 0 || size != c->act->size) {
        run_find(run, CHECK_SNAPSHOT, REASON_MALFORMED, c->record->index, shown->position, NULL);
        return;
    }
    for (size_t i = 0; i < shown->n_proof; i++)
        proof[i] = run->st->hashes[shown->proof[i]];
    tree_leaf_hash(&hash, shown->text.s, shown->text.len);
    if (shown->position >= c->act->count ||
        !tree_check_inclusion(&hash, (uint64_t)shown->position, (uint64_t)c->act->count, proof,
                              shown->n_proof, &c->act->root)) {
        run_find(run, CHECK_SNAPSHOT, REASON_WRONG_ROOT, c->record->index, shown->position,
                 l->name);
        return;
    }
    c->n++;
}

/* Why the snapshot's record can't be believed. */
static enum statement_reason distrust(const struct covering *c)
{
    static const enum statement_check checks[] = {CHECK_RECORDS, CHECK_PARTS, CHECK_SIGNATURES};
    const struct run_record *r = c->record;

    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        if (r->why[checks[i]])
            return (enum statement_reason)r->why[checks[i]];
    if (!r->judged)
        return REASON_NOT_IN_FORCE;
    if (r->n_changes != 1 || !r->fits_act)
        return REASON_MALFORMED;
    return c->act->size > r->index ? REASON_MALFORMED : REASON_NONE;
}

/* The snapshot's act and leaves. False when there is none that can be believed. */
static bool open_snapshot(struct statement_check_run *run, struct covering *c)
{
    enum statement_reason why;

    c->record = run_one(run, RUN_SNAPSHOT);
    if (!c->record) {
        run_find(run, CHECK_SNAPSHOT, REASON_NO_SNAPSHOT, -1, 0, NULL);
        return false;
    }
    run->count[CHECK_SNAPSHOT]++;
    if (!c->record->act || c->record->act->type != ACT_SNAPSHOT) {
        run_find(run, CHECK_SNAPSHOT, REASON_MALFORMED, c->record->index, 0, NULL);
        return false;
    }
    c->act = &c->record->act->u.snapshot;
    why = distrust(c);
    if (why != REASON_NONE) {
        run_find(run, CHECK_SNAPSHOT, why, c->record->index, 0, NULL);
        return false;
    }
    c->leaves = x_calloc(run->st->n_leaves + 1, sizeof(*c->leaves));
    for (size_t i = 0; i < run->st->n_leaves; i++)
        take_leaf(run, c, &run->st->leaves[i]);
    if (c->n)
        qsort(c->leaves, c->n, sizeof(*c->leaves), compare_leaves);
    for (size_t i = 1; i < c->n; i++)
        if (compare_leaves(&c->leaves[i - 1], &c->leaves[i]) == 0)
            run_find(run, CHECK_SNAPSHOT, REASON_DOUBLE, c->record->index, 0, c->leaves[i].name);
    return true;
}

/* ---- The account ---- */

static bool leaf_is(const struct leaf *l, int64_t seq, int64_t index, const uint8_t *salt)
{
    return l->seq == seq && l->index == index && memcmp(l->salt, salt, RECORD_SALT_LEN) == 0;
}

/*
 * The account's leaf against a posting that is shown: the last that it counts has to be the one it
 * names, those before it lie within its size and those after it don't.
 */
static bool fits_posting(const struct covering *c, const struct leaf *l, const struct run_record *r)
{
    if (!r->has_posting)
        return true;
    if (r->seq == l->seq)
        return leaf_is(l, r->seq, r->index, r->salt) && l->balance == r->balance &&
               r->index < c->act->size;
    return (r->index < c->act->size) == (r->seq < l->seq);
}

static bool is_posting(const struct run_record *r)
{
    return r->section == RUN_BEFORE || r->section == RUN_ENTRY || r->section == RUN_AFTER;
}

/* What the leaf says about the postings shown. */
static void judge_leaf(struct statement_check_run *run, const struct covering *c)
{
    const struct leaf *l = find_leaf(c, LEAF_ACCOUNT, run->st->account);

    run->count[CHECK_COMPLETE]++;
    for (size_t i = 0; i < run->n; i++) {
        const struct run_record *r = &run->records[i];

        if (!is_posting(r))
            continue;
        if (!l && r->index < c->act->size) {
            run_find(run, CHECK_COMPLETE, REASON_NO_LEAF, r->index, r->seq, run->st->account);
            return;
        }
        if (l && !fits_posting(c, l, r)) {
            run_find(run, CHECK_COMPLETE, REASON_LEAF_MISMATCH, r->index, l->seq, l->name);
            return;
        }
    }
    /* Behind the posting after the last one there may be more, and none of them is these days'. */
    if (l && !run_one(run, RUN_AFTER) && l->seq > run->st->closing.seq)
        run_find(run, CHECK_COMPLETE, REASON_GAP, l->index, l->seq, l->name);
}

/* Are all records of the statement's days below the snapshot's size? */
static bool covers_days(const struct statement_check_run *run, const struct covering *c)
{
    const struct statement_trust *trust = &run->trust;

    return c->act->size == c->record->index && trust->day &&
           trust->day(trust->arg, c->record->ms) > run->st->to;
}

static void judge_complete(struct statement_check_run *run, const struct covering *c)
{
    if (c->act)
        judge_leaf(run, c);
    if (run_one(run, RUN_AFTER) || run->failed[CHECK_COMPLETE])
        return; /* the posting after the last one is shown, and their numbers have no gap */
    if (!c->act)
        run_find(run, CHECK_COMPLETE, REASON_NO_SNAPSHOT, -1, 0, NULL);
    else if (!find_leaf(c, LEAF_ACCOUNT, run->st->account))
        run_find(run, CHECK_COMPLETE, REASON_NO_LEAF_YET, c->act->size, 0, run->st->account);
    else if (!covers_days(run, c))
        run_find(run, CHECK_COMPLETE, REASON_AFTER_SNAPSHOT, c->act->size, 0, NULL);
}

/* ---- The signers ---- */

/* One subject's changes, n from `first`: are they all that the snapshot counts? */
static void judge_signer(struct statement_check_run *run, const struct covering *c, size_t first,
                         size_t n)
{
    const struct run_change *changes = &run->changes[first], *next;
    const struct leaf *l = find_leaf(c, LEAF_SUBJECT, changes->name);
    const struct run_change *last;

    run->count[CHECK_REVOCATIONS]++;
    if (!l) {
        if (changes->index < c->act->size)
            run_find(run, CHECK_REVOCATIONS, REASON_NO_LEAF, changes->index, 0, changes->name);
        return;
    }
    if (l->seq > (int64_t)n) {
        run_find(run, CHECK_REVOCATIONS, REASON_GAP, l->index, (int64_t)n + 1, l->name);
        return;
    }
    last = &changes[l->seq - 1];
    next = l->seq < (int64_t)n ? last + 1 : NULL;
    if (!leaf_is(l, last->seq, last->index, last->salt) || last->index >= c->act->size ||
        (next && next->index < c->act->size))
        run_find(run, CHECK_REVOCATIONS, REASON_LEAF_MISMATCH, last->index, l->seq, l->name);
}

static void judge_revocations(struct statement_check_run *run, const struct covering *c)
{
    int64_t latest = -1;
    size_t n;

    for (size_t i = 0; i < run->n_acts; i++)
        if (run->acts[i]->section != RUN_SNAPSHOT && run->acts[i]->index > latest)
            latest = run->acts[i]->index;
    for (size_t i = 0; c->act && i < run->n_changes; i += n) {
        for (n = 1; i + n < run->n_changes; n++)
            if (!str_eq(run->changes[i].name, run->changes[i + n].name))
                break;
        judge_signer(run, c, i, n);
    }
    if (!c->act)
        run_find(run, CHECK_REVOCATIONS, REASON_NO_SNAPSHOT, -1, 0, NULL);
    else if (latest >= c->act->size)
        run_find(run, CHECK_REVOCATIONS, REASON_AFTER_SNAPSHOT, c->act->size, 0, NULL);
}

void judge_snapshot(struct statement_check_run *run)
{
    struct covering c = {0};

    if (!open_snapshot(run, &c))
        c.act = NULL;
    judge_complete(run, &c);
    judge_revocations(run, &c);
    free(c.leaves);
}

/* ---- An earlier statement ---- */

/* A posting of the earlier statement must be here as it was there. */
static void judge_earlier_entry(struct statement_check_run *run, const struct statement_record *old)
{
    const struct statement *st = run->st;
    struct record_header head;
    struct part part;
    const char *why;
    int64_t seq = 0;

    for (size_t i = 0; i < old->n_parts; i++) {
        if (part_parse(&part, old->parts[i].s, old->parts[i].len, &why) != 0)
            continue;
        if (part.kind == PART_POSTING)
            seq = part.seq;
        part_free(&part);
    }
    if (record_header_peek(&head, old->header.s, old->header.len, &why) != 0 || seq == 0)
        return; /* its own verification says so */
    if (seq <= st->opening.seq || seq > st->opening.seq + (int64_t)st->n_entries)
        return;
    run->count[CHECK_EARLIER]++;
    const struct statement_text *now = &st->entries[seq - st->opening.seq - 1].header;
    if (now->len != old->header.len || memcmp(now->s, old->header.s, now->len) != 0)
        run_find(run, CHECK_EARLIER, REASON_LEFT_OUT, head.index, seq, NULL);
}

/* Where one ends, does the other begin so? */
static void judge_earlier_point(struct statement_check_run *run, const struct statement_point *old,
                                const struct statement_point *now)
{
    if (old->seq != now->seq)
        return;
    run->count[CHECK_EARLIER]++;
    if (old->balance != now->balance || old->index != now->index)
        run_find(run, CHECK_EARLIER, REASON_LEFT_OUT, old->index, old->seq, NULL);
}

static enum statement_reason judge_log(const struct statement_check_run *run,
                                       const struct checkpoint *old)
{
    const struct statement *st = run->st;
    struct hash proof[TREE_PROOF_MAX];

    if (!run->has_checkpoint || old->size > run->checkpoint.size)
        return REASON_NO_CONSISTENCY;
    if (old->size == run->checkpoint.size)
        return hash_eq(&old->root, &run->checkpoint.root) ? REASON_NONE : REASON_NOT_CONSISTENT;
    if (!st->has_consistency || (uint64_t)st->consistency_size != old->size)
        return REASON_NO_CONSISTENCY;
    for (size_t i = 0; i < st->n_consistency; i++)
        proof[i] = st->hashes[st->consistency[i]];
    return tree_check_consistency(old->size, run->checkpoint.size, &old->root,
                                  &run->checkpoint.root, proof, st->n_consistency)
               ? REASON_NONE
               : REASON_NOT_CONSISTENT;
}

void judge_earlier(struct statement_check_run *run)
{
    const struct statement *old = run->trust.earlier, *st = run->st;
    const struct key *by = run->trust.earlier_key ? run->trust.earlier_key : run->trust.log_key;
    struct checkpoint checkpoint;
    enum statement_reason why;
    const char *ignored;

    if (!old) {
        run_find(run, CHECK_EARLIER, REASON_NOTHING_EARLIER, -1, 0, NULL);
        return;
    }
    if (!str_eq(old->aud,
                st->aud)) { /* of before the ledger went on: an audit tells what became of it */
        run_find(run, CHECK_EARLIER, REASON_NOTHING_EARLIER, -1, 0, NULL);
        return;
    }
    run->count[CHECK_EARLIER]++;
    if (checkpoint_open(&checkpoint, old->checkpoint.s, old->checkpoint.len, run->origin, by,
                        &ignored) != 0) {
        run_find(run, CHECK_EARLIER, REASON_BAD_CHECKPOINT, -1, 0, NULL);
        return;
    }
    why = judge_log(run, &checkpoint);
    if (why != REASON_NONE)
        run_find(run, CHECK_EARLIER, why, (int64_t)checkpoint.size, 0, NULL);
    if (!str_eq(old->account, st->account)) {
        run_find(run, CHECK_EARLIER, REASON_WRONG_ACCOUNT, -1, 0, old->account);
        return;
    }
    for (size_t i = 0; i < old->n_entries; i++)
        judge_earlier_entry(run, &old->entries[i]);
    judge_earlier_point(run, &old->closing, &st->opening);
    judge_earlier_point(run, &old->closing, &st->closing);
    judge_earlier_point(run, &old->opening, &st->opening);
}
