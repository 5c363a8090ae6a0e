/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a statement proves: begin, end, and the verdict over all of it. */
#include "core/statement_verify.h"

#include <stdlib.h>
#include <string.h>

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

/* ---- Begin and end ---- */

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

struct statement_check_run *statement_check_begin(const struct statement *st,
                                                  const struct statement_trust *trust)
{
    struct statement_check_run *run = x_calloc(1, sizeof(*run));
    const char *why;

    run->st = st;
    run->trust = *trust;
    run_gather_ids(run);
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
    run_gather_changes(run);
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

/* Only what members pay over a co-op's position may lack its act: then who signed it is open, and
 * whether its amount is what they signed. */
static void find_no_act(struct statement_check_run *run, const struct run_record *r)
{
    static const enum statement_check checks[] = {CHECK_SIGNATURES, CHECK_AUTHORITY, CHECK_AMOUNTS};

    if (r->section != RUN_ENTRY || !run_is_position(run)) {
        run_find(run, CHECK_SIGNATURES, REASON_NO_ACT, r->index, 0, NULL);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        run_find(run, checks[i], REASON_ACT_WITHHELD, r->index, 0, NULL);
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
            find_no_act(run, r);
        if (r->readable && (r->section == RUN_KEY || r->section == RUN_UNIT) && r->n_changes == 0)
            run_find(run, CHECK_PARTS, REASON_MALFORMED, r->index, 0, NULL);
    }
}

static int compare_int(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* The transfers that reversals among the entries take back, and nothing else. */
static void judge_named(struct statement_check_run *run)
{
    const struct statement *st = run->st;
    int64_t *wanted = x_calloc(st->n_entries + 1, sizeof(*wanted));
    size_t n = 0;

    for (size_t i = 0; i < st->n_entries; i++) {
        const struct act *a = run_entry(run, i)->act;

        if (a && a->type == ACT_REVERSAL)
            wanted[n++] = a->u.reversal.record;
    }
    qsort(wanted, n, sizeof(*wanted), compare_int);
    for (size_t i = 0; i < run->n; i++) {
        const struct run_record *r = &run->records[i];

        if (r->section == RUN_NAMED && r->act &&
            (r->act->type != ACT_TRANSFER ||
             !bsearch(&r->index, wanted, n, sizeof(*wanted), compare_int)))
            run_find(run, CHECK_PARTS, REASON_MALFORMED, r->index, 0, NULL);
    }
    free(wanted);
}

/* It is made once, and before anything is posted in it: a later change would show other amounts. */
static void judge_unit(struct statement_check_run *run)
{
    const struct run_record *made = run_one(run, RUN_UNIT);
    struct statement_unit unit;

    for (size_t i = 0; made && made->n_changes > 0 && i < run->n; i++) {
        const struct run_record *r = &run->records[i];

        if (made->change_seq != 1 || (r->has_posting && r->index <= made->index)) {
            run_find(run, CHECK_PARTS, REASON_DOUBLE, made->index, made->change_seq, NULL);
            break;
        }
    }

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

/* Is it about an entry's own signatures and amount? */
static bool is_of_entry(const struct statement_finding *f)
{
    return f->check == CHECK_SIGNATURES || f->check == CHECK_AUTHORITY || f->check == CHECK_AMOUNTS;
}

/* The entries that failures are about, and those of which something isn't shown. */
static void mark_entries(struct statement_check_run *run, enum statement_mark mark)
{
    int64_t *records = x_calloc(run->n_findings + 1, sizeof(*records));
    size_t n = 0;

    for (size_t i = 0; i < run->n_findings; i++)
        if (run->findings[i].mark == mark &&
            (mark == MARK_FAILED || is_of_entry(&run->findings[i])))
            records[n++] = run->findings[i].index;
    qsort(records, n, sizeof(*records), compare_int);
    for (size_t i = 0; n && i < run->st->n_entries; i++) {
        struct run_record *r = run_entry(run, i);

        if (bsearch(&r->index, records, n, sizeof(*records), compare_int))
            *(mark == MARK_FAILED ? &r->failed : &r->open) = true;
    }
    free(records);
}

/* Of one check and reason no more than FINDINGS_MAX, so that none is lost behind many of another.
 */
static void keep_findings(const struct statement_check_run *run, struct statement_verdict *out)
{
    size_t(*kept)[REASONS] = x_calloc(CHECKS, sizeof(*kept));

    out->findings = x_calloc(run->n_findings + 1, sizeof(*out->findings));
    for (size_t i = 0; i < run->n_findings; i++) {
        const struct statement_finding *f = &run->findings[i];

        if (kept[f->check][f->reason]++ < FINDINGS_MAX)
            out->findings[out->n_findings++] = *f;
    }
    free(kept);
}

void statement_check_end(struct statement_check_run *run, struct statement_verdict *out)
{
    memset(out, 0, sizeof(*out));
    judge_frame(run);
    gather_findings(run);
    judge_unit(run);
    judge_hashes(run);
    run_sort_acts(run);
    judge_named(run);
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
    mark_entries(run, MARK_FAILED);
    mark_entries(run, MARK_NOT_SHOWN);
    qsort(run->findings, run->n_findings, sizeof(*run->findings), compare_findings);
    keep_findings(run, out);
    if (run->st->has_snapshot && run->failed[CHECK_SNAPSHOT] == 0) {
        const struct run_record *s = run_one(run, RUN_SNAPSHOT);

        out->covered = s && s->act && s->act->type == ACT_SNAPSHOT ? s->act->u.snapshot.size : 0;
    }
}
