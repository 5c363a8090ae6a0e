/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who might sign what when: the changes of the holders who signed, and each act's authority by
 * core's own rules over the state that these changes make.
 */
#include <stdlib.h>
#include <string.h>

#include "core/statement_run.h"

/* ---- The changes ---- */

/* One subject's: from the first, without a gap, in the log's order. Their number is returned. */
static size_t judge_subject(struct statement_check_run *run, size_t first)
{
    size_t n = 0;

    for (; first + n < run->n_changes; n++) {
        struct run_change *c = &run->changes[first + n];
        const struct run_record *r = &run->records[c->record];

        if (!str_eq(c->name, run->changes[first].name))
            break;
        c->index = r->index;
        run->count[CHECK_KEYS]++;
        if (!c->holder)
            run_find(run, CHECK_KEYS, REASON_MALFORMED, c->index, c->seq, c->name);
        else if (c->seq > (int64_t)n + 1)
            run_find(run, CHECK_KEYS, REASON_GAP, c->index, (int64_t)n + 1, c->name);
        else if (c->seq < (int64_t)n + 1 || (n > 0 && c->index <= c[-1].index))
            run_find(run, CHECK_KEYS, REASON_DOUBLE, c->index, c->seq, c->name);
    }
    return n;
}

/* The key that signed the statement must be a log key of the ledger, as it stands at the
 * checkpoint. */
static void judge_log_key(struct statement_check_run *run, const struct run_change *last)
{
    const struct holder *ledger = last->holder;

    if (!ledger || ledger->kind != HOLDER_LEDGER)
        return; /* said already */
    for (size_t i = 0; i < ledger->n_keys; i++) {
        struct kid kid;

        key_kid(&kid, &ledger->keys[i].key);
        if (ledger->keys[i].role == ROLE_LOG && str_eq(kid.s, run->st->kid.s))
            return;
    }
    run_find(run, CHECK_SIGNATURE, REASON_NOT_IN_FORCE, last->index, 0, last->name);
}

void judge_keys(struct statement_check_run *run)
{
    bool ledger = false;

    for (size_t i = 0; i < run->n_changes;) {
        size_t n = judge_subject(run, i);

        if (str_eq(run->changes[i].name, "ledger")) {
            ledger = true;
            judge_log_key(run, &run->changes[i + n - 1]);
        }
        i += n;
    }
    if (!ledger)
        run_find(run, CHECK_KEYS, REASON_UNKNOWN_KEY, -1, 0, "ledger");
}

/* ---- Authority ---- */

static int compare_by_index(const void *a, const void *b)
{
    const struct run_change *x = *(struct run_change *const *)a;
    const struct run_change *y = *(struct run_change *const *)b;

    return x->index < y->index ? -1 : x->index > y->index;
}

static void apply(struct state *s, const struct run_change *c)
{
    if (c->holder)
        holder_learn(s, c->holder, c->seq, c->index);
}

/* Is each signer's key one that some holder has at this record? */
static bool all_in_force(const struct state *s, const struct envelope *env)
{
    for (size_t i = 0; i < env->n_sigs; i++) {
        const struct key_row *row = state_key(s, env->sigs[i].kid.s);

        if (!row || row->revoked)
            return false;
    }
    return env->n_sigs > 0;
}

/* Acts whose authority depends on nobody but the holders that statements have. */
static bool is_judged(enum act_type type)
{
    return type == ACT_TRANSFER || type == ACT_REVERSAL || type == ACT_SNAPSHOT ||
           type == ACT_LEVY || type == ACT_ESTATE || type == ACT_SETTLEMENT ||
           type == ACT_CLEARING_POST;
}

/* What a refusal of core's rules says about a statement. */
static enum statement_reason reason_of(const struct refusal *r)
{
    if (r->code == REFUSED_UNKNOWN_RECORD)
        return REASON_TRANSFER_ELSEWHERE;
    return r->code == REFUSED_UNKNOWN_ACCOUNT ? REASON_UNKNOWN_KEY : REASON_NOT_IN_FORCE;
}

/* That the ledger goes on under another id, by all of the rules: what was kept must show a loss. */
static enum statement_reason continues(struct state *s, struct run_record *r)
{
    struct outcome out;
    enum statement_reason why = REASON_NONE;
    char origin[ORIGIN_MAX + 1];

    if (!ledger_id_origin(origin, r->act->aud))
        return REASON_OTHER_LEDGER;
    state_set_ledger_id(s, origin, r->act->aud);
    rules_decide(s, r->act, &r->env, (struct moment){.ms = r->ms}, r->index, &out);
    if (out.verdict == VERDICT_PENDING)
        why = REASON_TOO_FEW;
    else if (out.verdict == VERDICT_REFUSED)
        why = REASON_NOT_IN_FORCE;
    r->judged = why == REASON_NONE;
    outcome_free(&out);
    return why;
}

static enum statement_reason authority_of(struct state *s, struct run_record *r)
{
    int64_t iat = r->act->iat, exp = r->act->exp;
    struct outcome out;
    enum statement_reason why = REASON_NONE;

    if (r->ms < (iat - 300) * 1000 || r->ms > exp * 1000)
        return REASON_OUT_OF_TIME;
    if (!all_in_force(s, &r->env))
        return REASON_NOT_IN_FORCE;
    if (r->act->type == ACT_LEDGER_CONTINUE)
        return continues(s, r);
    if (!is_judged(r->act->type))
        return REASON_OTHER_ACT;
    rules_authority(s, r->act, &r->env, &out, NULL);
    if (out.verdict == VERDICT_PENDING)
        why = REASON_TOO_FEW;
    else if (out.verdict == VERDICT_REFUSED)
        why = reason_of(&out.refusal);
    r->signed_as = out.signed_as;
    r->judged = why == REASON_NONE;
    outcome_free(&out);
    return why;
}

/* A transfer that a later reversal may name, as the rules know it. */
static void put_transfer(struct state *s, const struct run_record *r)
{
    if (r->act->type != ACT_TRANSFER || state_deal(s, r->index))
        return;
    state_put(s, THING_DEAL, &deal_new(r->act, r->index, r->ms)->thing);
    state_commit(s);
}

static int compare_ids(const void *a, const void *b)
{
    const struct act *x = (*(struct run_record *const *)a)->act;
    const struct act *y = (*(struct run_record *const *)b)->act;
    int by = strcmp(x->by, y->by);

    return by ? by : strcmp(x->jti, y->jti);
}

/* An act is posted once: the same one in two records is a payment taken twice. */
static void judge_ids(struct statement_check_run *run)
{
    struct run_record **acts = x_calloc(run->n_acts + 1, sizeof(struct run_record *));

    memcpy(acts, run->acts, run->n_acts * sizeof(struct run_record *));
    qsort(acts, run->n_acts, sizeof(struct run_record *), compare_ids);
    for (size_t i = 1; i < run->n_acts; i++)
        if (compare_ids(&acts[i - 1], &acts[i]) == 0)
            run_find(run, CHECK_AUTHORITY, REASON_DOUBLE, acts[i]->index, acts[i - 1]->index,
                     acts[i]->act->by);
    free(acts);
}

static bool has_reversals(const struct statement_check_run *run)
{
    for (size_t i = 0; i < run->n_acts; i++)
        if (run->acts[i]->act->type == ACT_REVERSAL)
            return true;
    return false;
}

void judge_authority(struct statement_check_run *run)
{
    struct run_change **changes = x_calloc(run->n_changes + 1, sizeof(struct run_change *));
    struct state *s = state_new(run->origin);
    bool reversals = has_reversals(run);
    size_t next = 0;

    for (size_t i = 0; i < run->n_changes; i++)
        changes[i] = &run->changes[i];
    qsort(changes, run->n_changes, sizeof(struct run_change *), compare_by_index);
    for (size_t i = 0; i < run->n_acts; i++) {
        struct run_record *r = run->acts[i];
        enum statement_reason why;

        for (; next < run->n_changes && changes[next]->index < r->index; next++)
            apply(s, changes[next]);
        why = authority_of(s, r);
        run->count[CHECK_AUTHORITY]++;
        if (why != REASON_NONE)
            run_find(run, CHECK_AUTHORITY, why, r->index, 0, r->act->by);
        if (reversals)
            put_transfer(s, r);
    }
    judge_ids(run);
    state_free(s);
    free(changes);
}
