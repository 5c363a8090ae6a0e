/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a statement proves: the frame, and each record by itself. */
#include "core/statement_verify.h"

#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/statement_run.h"

/* ---- Findings ---- */

void run_find(struct statement_check_run *run, enum statement_check check,
              enum statement_reason reason, int64_t index, int64_t number, const char *name)
{
    struct statement_finding *f;

    if (run->n_findings == run->cap_findings) {
        run->cap_findings = run->cap_findings ? 2 * run->cap_findings : 16;
        run->findings = x_realloc(run->findings, run->cap_findings * sizeof(*run->findings));
    }
    f = &run->findings[run->n_findings++];
    memset(f, 0, sizeof(*f));
    f->check = check;
    f->reason = reason;
    f->mark = reason_mark(reason);
    f->index = index;
    f->number = number;
    str_copy(f->name, sizeof(f->name), name ? name : "");
    run->failed[check] += f->mark == MARK_FAILED;
}

enum statement_mark statement_verdict_mark(const struct statement_verdict *v)
{
    for (int i = 0; i < CHECKS; i++)
        if (v->checks[i].mark == MARK_FAILED)
            return MARK_FAILED;
    return MARK_PROVED;
}

void statement_verdict_free(struct statement_verdict *v)
{
    free(v->findings);
    memset(v, 0, sizeof(*v));
}

/* ---- What stands in the file ---- */

struct run_record *run_entry(const struct statement_check_run *run, size_t i)
{
    return &run->records[run->first_entry + i];
}

struct run_record *run_one(const struct statement_check_run *run, enum run_section section)
{
    for (size_t i = 0; i < run->n; i++)
        if (run->records[i].section == section)
            return &run->records[i];
    return NULL;
}

bool run_shows_act(const struct run_record *r)
{
    return r->section == RUN_ENTRY || r->section == RUN_NAMED || r->section == RUN_SNAPSHOT;
}

static int compare_acts(const void *a, const void *b)
{
    const struct run_record *x = *(struct run_record *const *)a;
    const struct run_record *y = *(struct run_record *const *)b;

    return x->index < y->index ? -1 : x->index > y->index;
}

static void sort_acts(struct statement_check_run *run)
{
    run->acts = x_calloc(run->n + 1, sizeof(struct run_record *));
    for (size_t i = 0; i < run->n; i++)
        if (run->records[i].act)
            run->acts[run->n_acts++] = &run->records[i];
    if (run->n_acts)
        qsort(run->acts, run->n_acts, sizeof(struct run_record *), compare_acts);
}

const struct run_record *run_transfer(const struct statement_check_run *run, int64_t index)
{
    const struct run_record wanted = {.index = index}, *key = &wanted;
    struct run_record **found =
        run->n_acts ? bsearch(&key, run->acts, run->n_acts, sizeof(key), compare_acts) : NULL;

    return found && (*found)->act->type == ACT_TRANSFER ? *found : NULL;
}

const struct run_change *run_change_of(const struct statement_check_run *run, const char *name)
{
    for (size_t lo = 0, hi = run->n_changes; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(run->changes[mid].name, name);

        if (order == 0 && (mid == 0 || !str_eq(run->changes[mid - 1].name, name)))
            return &run->changes[mid];
        if (order >= 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

static void add_records(struct statement_check_run *run, enum run_section section,
                        const struct statement_record *shown, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (shown[i].n_parts == 0)
            continue; /* before or after, which isn't there */
        run->records[run->n].shown = &shown[i];
        run->records[run->n].section = section;
        run->records[run->n].index = -1;
        run->n++;
    }
}

char *statement_zone(const struct statement *st)
{
    struct change_read c;
    struct holder *h;
    char *zone;

    for (size_t i = 0; st->n_keys && i < st->keys[0].n_parts; i++) {
        if (change_read(&c, st->keys[0].parts[i].s, st->keys[0].parts[i].len) != 0)
            continue;
        h = holder_of_change(&c, 0);
        change_read_free(&c);
        if (h && h->kind == HOLDER_LEDGER) {
            zone = x_strdup(h->zone);
            free(h);
            return zone;
        }
        free(h);
    }
    return x_strdup("");
}

int statement_unit(const struct statement *st, struct statement_unit *out)
{
    const char *unit = strchr(st->account, '/');
    struct change_read c;
    int rc = -1;

    memset(out, 0, sizeof(*out));
    str_copy(out->name, sizeof(out->name), unit ? unit + 1 : "");
    out->scale = 1;
    for (size_t i = 0; rc != 0 && i < st->unit.n_parts; i++) {
        char name[UNIT_MAX + 1];

        if (change_read(&c, st->unit.parts[i].s, st->unit.parts[i].len) != 0)
            continue;
        if (unit_of_change(&c, name, out->title, &out->scale, &out->kind) == 0 &&
            str_eq(name, out->name))
            rc = 0;
        else
            out->scale = 1;
        change_read_free(&c);
    }
    return rc;
}

/* ---- Keys that the file knows ---- */

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct run_key *)a)->kid.s, ((const struct run_key *)b)->kid.s);
}

static bool lookup_key(void *arg, const struct kid *kid, struct key *out)
{
    const struct statement_check_run *run = arg;
    const struct run_key *found;
    struct run_key wanted = {.kid = *kid};

    found =
        run->n_keys ? bsearch(&wanted, run->keys, run->n_keys, sizeof(wanted), compare_keys) : NULL;
    if (found)
        *out = found->key;
    return found != NULL;
}

static int compare_changes(const void *a, const void *b)
{
    const struct run_change *x = a, *y = b;
    int names = strcmp(x->name, y->name);

    if (names != 0)
        return names;
    return x->record < y->record ? -1 : x->record > y->record;
}

static void add_change(struct statement_check_run *run, size_t record, const char *part, size_t len,
                       size_t *cap)
{
    struct run_change *out;
    struct change_read c;

    if (change_read(&c, part, len) != 0)
        return; /* checking the record will say so */
    if (run->n_changes == *cap) {
        *cap = *cap ? 2 * *cap : 64;
        run->changes = x_realloc(run->changes, *cap * sizeof(*run->changes));
    }
    out = &run->changes[run->n_changes++];
    memset(out, 0, sizeof(*out));
    out->record = record;
    out->seq = c.seq;
    memcpy(out->salt, c.salt, sizeof(out->salt));
    str_copy(out->name, sizeof(out->name), c.name);
    out->holder = holder_of_change(&c, 0);
    change_read_free(&c);
}

/* The changes in `keys`, and every key that one of them knows. */
static void gather_changes(struct statement_check_run *run)
{
    size_t cap = 0, n_keys = 0;

    for (size_t i = 0; i < run->n && run->records[i].section == RUN_KEY; i++)
        for (size_t k = 0; k < run->records[i].shown->n_parts; k++)
            add_change(run, i, run->records[i].shown->parts[k].s,
                       run->records[i].shown->parts[k].len, &cap);
    if (run->n_changes)
        qsort(run->changes, run->n_changes, sizeof(*run->changes), compare_changes);
    for (size_t i = 0; i < run->n_changes; i++)
        n_keys += run->changes[i].holder ? run->changes[i].holder->n_keys : 0;
    run->keys = x_calloc(n_keys + 1, sizeof(*run->keys));
    for (size_t i = 0; i < run->n_changes; i++) {
        const struct holder *h = run->changes[i].holder;

        for (size_t k = 0; h && k < h->n_keys; k++) {
            run->keys[run->n_keys].key = h->keys[k].key;
            key_kid(&run->keys[run->n_keys].kid, &h->keys[k].key);
            run->n_keys++;
        }
    }
    if (run->n_keys)
        qsort(run->keys, run->n_keys, sizeof(*run->keys), compare_keys);
}

/* ---- The ledger's ids ---- */

/* The act of a ledger.continue in a record of `keys`, and the record's header. */
static bool read_continue(const struct statement_record *r, struct act *a,
                          struct record_header *head, struct hash *entry)
{
    struct refusal ignored;
    struct part part;
    const char *why;
    bool is = false;

    if (r->n_parts < 2 || part_parse(&part, r->parts[0].s, r->parts[0].len, &why) != 0)
        return false;
    if (part.kind == PART_ACT && act_parse(a, &part.act, &ignored) == 0) {
        is = a->type == ACT_LEDGER_CONTINUE &&
             record_header_peek(head, r->header.s, r->header.len, &why) == 0;
        if (!is)
            act_free(a);
    }
    part_free(&part);
    hash_bytes(entry, r->header.s, r->header.len);
    return is;
}

/*
 * From record 0's id on, each by its ledger.continue. What doesn't follow is left out, and then the
 * last isn't the statement's. Who signed them is judged with all other acts.
 */
static void gather_ids(struct statement_check_run *run)
{
    const struct statement *st = run->st;
    char origin[ORIGIN_MAX + 1];
    struct hash entry;

    if (st->n_keys == 0)
        return;
    /* The first of them names the id before, and with it the origin that record 0 has. */
    if (!ledger_id_origin(origin, st->aud))
        return;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < st->n_keys; i++) {
            struct record_header head;
            struct act act;

            if (!read_continue(&st->keys[i], &act, &head, &entry))
                continue;
            if (pass == 0)
                (void)ledger_id_origin(origin, act.aud);
            else
                (void)!lineage_add(&run->ids, &act, head.index, &entry);
            act_free(&act);
            if (pass == 0)
                break;
        }
        if (pass == 0) {
            hash_bytes(&entry, st->keys[0].header.s, st->keys[0].header.len);
            lineage_begin(&run->ids, origin, &entry);
        }
    }
}

/* ---- Begin and end ---- */

struct statement_check_run *statement_check_begin(const struct statement *st,
                                                  const struct statement_trust *trust)
{
    struct statement_check_run *run = x_calloc(1, sizeof(*run));
    const char *why;

    run->st = st;
    run->trust = *trust;
    gather_ids(run);
    /* Of the id that is trusted, or of a later one to which it leads. */
    (void)ledger_id_origin(run->origin, lineage_has(&run->ids, trust->ledger_id)
                                            ? lineage_last(&run->ids)
                                            : trust->ledger_id);
    run->has_checkpoint = checkpoint_open(&run->checkpoint, st->checkpoint.s, st->checkpoint.len,
                                          run->origin, trust->log_key, &why) == 0;
    run->records = x_calloc(st->n_keys + st->n_named + st->n_entries + 4, sizeof(*run->records));
    add_records(run, RUN_KEY, st->keys, st->n_keys);
    add_records(run, RUN_NAMED, st->named, st->n_named);
    add_records(run, RUN_BEFORE, &st->before, 1);
    run->first_entry = run->n;
    add_records(run, RUN_ENTRY, st->entries, st->n_entries);
    add_records(run, RUN_AFTER, &st->after, 1);
    add_records(run, RUN_UNIT, &st->unit, 1);
    if (st->has_snapshot)
        add_records(run, RUN_SNAPSHOT, &st->snapshot, 1);
    gather_changes(run);
    return run;
}

void statement_check_free(struct statement_check_run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->n; i++) {
        envelope_free(&run->records[i].env);
        if (run->records[i].act) {
            act_free(run->records[i].act);
            free(run->records[i].act);
        }
    }
    for (size_t i = 0; i < run->n_changes; i++)
        free(run->changes[i].holder);
    lineage_free(&run->ids);
    free(run->acts);
    free(run->records);
    free(run->changes);
    free(run->keys);
    free(run->findings);
    free(run);
}

size_t statement_check_count(const struct statement_check_run *run)
{
    return run->n + 1;
}

/* ---- One record ---- */

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
    if (envelope_verify(&r->env, lookup_key, run, &refusal) != 0)
        flag(r, CHECK_SIGNATURES,
             refusal.code == REFUSED_UNKNOWN_KEY ? REASON_UNKNOWN_KEY : REASON_BAD_SIGNATURE);
    if (!str_eq(r->act->aud, lineage_at(&run->ids, r->index)))
        flag(r, CHECK_SIGNATURES, REASON_OTHER_LEDGER);
    if (r->section == RUN_KEY && r->act->type != ACT_LEDGER_CONTINUE)
        flag(r, CHECK_PARTS, REASON_MALFORMED);
    check_texts(r);
}

/* A part that the header names: is it of a kind that belongs here? */
static void take_part(struct statement_check_run *run, struct run_record *r, struct part *p)
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
        r->seq = p->seq;
        memcpy(r->salt, p->salt, sizeof(r->salt));
    } else if (p->kind == PART_CHANGE && changes) {
        r->n_changes++;
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
        take_part(run, r, &part);
        part_free(&part);
    }
    if (r->shown->n_texts && !r->act)
        flag(r, CHECK_TEXTS, REASON_TEXT_MISMATCH);
}

/*
 * The ledger's signature of all of it: by the pinned log key, or by one that follows it, which the
 * ledger's own changes name. Those are in the tree under a checkpoint that the pinned key signed,
 * or all fails anyway.
 */
static void check_signature(struct statement_check_run *run)
{
    struct key key = *run->trust.log_key;
    struct kid kid;

    key_kid(&kid, &key);
    if (str_eq(kid.s, run->st->kid.s) && run->trust.signature_ahead)
        return;
    if (!str_eq(kid.s, run->st->kid.s) && !lookup_key(run, &run->st->kid, &key))
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

/* ---- All of it ---- */

static void judge_frame(struct statement_check_run *run)
{
    bool zero = run->n && run->records[0].section == RUN_KEY && run->records[0].index == 0;

    run->count[CHECK_SIGNATURE] = run->count[CHECK_LEDGER] = run->count[CHECK_CHECKPOINT] = 1;
    if (run->signature_why != REASON_NONE)
        run_find(run, CHECK_SIGNATURE, run->signature_why, -1, 0, NULL);
    if (!run->has_checkpoint)
        run_find(run, CHECK_CHECKPOINT, REASON_BAD_CHECKPOINT, -1, 0, NULL);
    if (!zero || !str_eq(run->st->aud, lineage_last(&run->ids)) ||
        !lineage_has(&run->ids, run->trust.ledger_id))
        run_find(run, CHECK_LEDGER, REASON_OTHER_LEDGER, 0, 0, run->st->aud);
}

/* What was found of each record by itself. */
static void gather_findings(struct statement_check_run *run)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct run_record *r = &run->records[i];

        run->count[CHECK_RECORDS]++;
        run->count[CHECK_PARTS] += (int64_t)r->shown->n_parts;
        run->count[CHECK_TEXTS] += (int64_t)r->shown->n_texts;
        run->count[CHECK_SIGNATURES] += (int64_t)r->n_sigs;
        for (int c = 0; c < CHECKS; c++)
            if (r->why[c])
                run_find(run, (enum statement_check)c, (enum statement_reason)r->why[c], r->index,
                         0, NULL);
        if (r->readable && run_shows_act(r) && r->n_sigs == 0)
            run_find(run, CHECK_SIGNATURES, REASON_ACT_WITHHELD, r->index, 0, NULL);
        if (r->readable && (r->section == RUN_KEY || r->section == RUN_UNIT) && r->n_changes == 0)
            run_find(run, CHECK_PARTS, REASON_MALFORMED, r->index, 0, NULL);
    }
}

static void judge_unit(struct statement_check_run *run)
{
    struct statement_unit unit;

    if (statement_unit(run->st, &unit) != 0)
        run_find(run, CHECK_PARTS, REASON_MALFORMED, -1, 0, unit.name);
}

/* Lines below the checkpoint of others than the ledger. */
static size_t count_witnesses(const struct statement_check_run *run)
{
    static const char line[] = "\n\xe2\x80\x94 ";
    size_t n = 0, len = strlen(run->origin);

    for (const char *at = run->st->checkpoint.s; (at = strstr(at, line)) != NULL;) {
        at += strlen(line);
        n += strncmp(at, run->origin, len) != 0 || at[len] != ' ';
    }
    return n;
}

static int compare_findings(const void *a, const void *b)
{
    const struct statement_finding *x = a, *y = b;

    if (x->mark != y->mark)
        return x->mark > y->mark ? -1 : 1;
    if (x->check != y->check)
        return x->check < y->check ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* The entries that a failure is about. */
static void mark_failed(struct statement_check_run *run)
{
    for (size_t i = 0; i < run->n_findings; i++) {
        const struct run_record wanted = {.index = run->findings[i].index}, *key = &wanted;
        struct run_record **found;

        if (run->findings[i].mark != MARK_FAILED || run->n_acts == 0)
            continue;
        found = bsearch(&key, run->acts, run->n_acts, sizeof(key), compare_acts);
        if (found)
            (*found)->failed = true;
    }
}

void statement_check_end(struct statement_check_run *run, struct statement_verdict *out)
{
    memset(out, 0, sizeof(*out));
    judge_frame(run);
    gather_findings(run);
    judge_unit(run);
    sort_acts(run);
    judge_keys(run);
    judge_authority(run);
    judge_account(run);
    judge_snapshot(run);
    judge_earlier(run);
    out->n_witnesses = run->has_checkpoint ? count_witnesses(run) : 0;
    run->count[CHECK_WITNESSES] = (int64_t)out->n_witnesses;
    run_find(run, CHECK_WITNESSES, out->n_witnesses ? REASON_UNKNOWN_WITNESS : REASON_NO_WITNESS,
             -1, 0, NULL);
    for (size_t i = 0; i < run->n_findings; i++) {
        const struct statement_finding *f = &run->findings[i];

        if (out->checks[f->check].mark < f->mark)
            out->checks[f->check].mark = f->mark;
    }
    for (int i = 0; i < CHECKS; i++) {
        out->checks[i].count = run->count[i];
        out->checks[i].failed = run->failed[i];
    }
    mark_failed(run);
    qsort(run->findings, run->n_findings, sizeof(*run->findings), compare_findings);
    out->n_findings = run->n_findings < FINDINGS_MAX ? run->n_findings : FINDINGS_MAX;
    out->findings = x_calloc(out->n_findings + 1, sizeof(*out->findings));
    memcpy(out->findings, run->findings, out->n_findings * sizeof(*out->findings));
    if (run->st->has_snapshot && run->failed[CHECK_SNAPSHOT] == 0) {
        const struct run_record *s = run_one(run, RUN_SNAPSHOT);

        out->covered = s && s->act && s->act->type == ACT_SNAPSHOT ? s->act->u.snapshot.size : 0;
    }
}
