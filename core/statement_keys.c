/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who might sign what when: the changes of the holders who signed, and each act's authority by
 * core's own rules over the state that these changes make.
 */
#include <stdlib.h>
#include <string.h>

#include "core/levy.h"
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

/* Is the change in the log that the ledger signed? */
static bool is_in_log(const struct statement_check_run *run, const struct run_change *c)
{
    const struct run_record *r = &run->records[c->record];

    return run->has_checkpoint && r->readable && !r->why[CHECK_RECORDS] && !r->why[CHECK_PARTS];
}

/* The key that signed the statement must be a log key of the ledger, as it stands at the
 * checkpoint; and one that isn't trusted by itself counts by what the log says only. */
static void judge_log_key(struct statement_check_run *run, const struct run_change *last)
{
    const struct holder *ledger = last ? last->holder : NULL;
    struct kid kid;

    if (run->signature_why != REASON_NONE)
        return; /* said already */
    key_kid(&kid, run->trust.log_key);
    if (!str_eq(kid.s, run->st->kid.s) && (!last || !is_in_log(run, last))) {
        run_find(run, CHECK_SIGNATURE, REASON_OTHER_KEY, -1, 0, NULL);
        return;
    }
    if (!ledger || ledger->kind != HOLDER_LEDGER)
        return; /* said elsewhere */
    for (size_t i = 0; i < ledger->n_keys; i++) {
        key_kid(&kid, &ledger->keys[i].key);
        if (ledger->keys[i].role == ROLE_LOG && str_eq(kid.s, run->st->kid.s))
            return;
    }
    run_find(run, CHECK_SIGNATURE, REASON_NOT_IN_FORCE, last->index, 0, last->name);
}

void judge_keys(struct statement_check_run *run)
{
    const struct run_change *ledger = NULL; /* the last one */

    for (size_t i = 0; i < run->n_changes;) {
        size_t n = judge_subject(run, i);

        if (str_eq(run->changes[i].name, "ledger"))
            ledger = &run->changes[i + n - 1];
        i += n;
    }
    judge_log_key(run, ledger);
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

static void apply(const struct statement_check_run *run, struct state *s,
                  const struct run_change *c)
{
    const struct holder *before = c->holder ? state_holder(s, c->name) : NULL;

    if (!c->holder)
        return;
    if (c->holder->state == HOLDER_FROZEN) /* since when, no change says */
        c->holder->frozen_ms = before && before->state == HOLDER_FROZEN
                                   ? before->frozen_ms
                                   : run->records[c->record].ms;
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
    return run_posts(type) || type == ACT_SNAPSHOT;
}

/* What a refusal of core's rules says about a statement. */
static enum statement_reason reason_of(const struct refusal *r)
{
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

/* Whoever pays by the act, as far as its state is shown; NULL: nobody, or nobody that is. */
static const struct holder *payer_of(const struct statement_check_run *run, const struct state *s,
                                     const struct act *a)
{
    if (a->type == ACT_TRANSFER)
        return state_holder(s, a->u.transfer.from);
    if (a->type == ACT_REVERSAL)
        return state_holder(s, run_transfer(run, a->u.reversal.record)->act->u.transfer.to);
    return a->type == ACT_LEVY ? state_holder(s, a->u.levy.member) : NULL;
}

/* Did treasurers take back what was paid to a person? */
static bool is_forced(const struct run_record *r, const struct holder *payer)
{
    return r->act->type == ACT_REVERSAL && r->signed_as == ROLE_TREASURER && payer &&
           payer->kind == HOLDER_PERSON;
}

/* Within the days for which others than the payee may reverse; of treasurers, a policy says it. */
static enum statement_reason in_window(const struct statement_check_run *run,
                                       const struct run_record *r, bool forced)
{
    const struct run_record *of = run_transfer(run, r->act->u.reversal.record);

    if (r->signed_as == ROLE_REGISTRAR && r->ms - of->ms > OFFICE_REVERSAL_MS)
        return REASON_OUT_OF_TIME;
    return forced ? REASON_POLICY_ELSEWHERE : REASON_NONE;
}

/* May it be taken of them at that time? As far as that can be read from the changes of holders and
 * the ledger's zone. */
static enum statement_reason may_pay(const struct statement_check_run *run, const struct state *s,
                                     const struct run_record *r)
{
    const struct statement_trust *trust = &run->trust;
    const struct act *a = r->act;
    const struct holder *payer = payer_of(run, s, a);
    const bool forced = is_forced(r, payer);
    struct refusal refusal;

    if (payer && payer->state != HOLDER_ACTIVE && !(forced && payer->state == HOLDER_FROZEN))
        return REASON_AGAINST_RULES;
    if (a->type == ACT_REVERSAL)
        return in_window(run, r, forced);
    if (a->type == ACT_ESTATE && estate_is_due(s, &a->u.estate, r->ms, &refusal) != 0)
        return REASON_AGAINST_RULES;
    if (a->type == ACT_LEVY && trust->day &&
        levy_is_due(s, &a->u.levy, trust->day(trust->arg, r->ms), &refusal) != 0)
        return refusal.code == REFUSED_NOT_PERMITTED ? REASON_AGAINST_RULES : REASON_OUT_OF_TIME;
    return REASON_NONE;
}

static enum statement_reason authority_of(const struct statement_check_run *run, struct state *s,
                                          struct run_record *r)
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
    if (r->act->type == ACT_REVERSAL && !run_transfer(run, r->act->u.reversal.record))
        return REASON_NO_TRANSFER;
    rules_authority(s, r->act, &r->env, &out, NULL);
    if (out.verdict == VERDICT_PENDING)
        why = REASON_TOO_FEW;
    else if (out.verdict == VERDICT_REFUSED)
        why = reason_of(&out.refusal);
    r->signed_as = out.signed_as;
    if (why == REASON_NONE)
        why = may_pay(run, s, r);
    r->judged = reason_mark(why) != MARK_FAILED;
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

/* So much of it was given back, of all that is shown no more than there was. */
static void put_reversal(struct statement_check_run *run, struct state *s, struct run_record *r)
{
    const struct act_reversal *v = &r->act->u.reversal;
    const struct deal *of = r->act->type == ACT_REVERSAL ? state_deal(s, v->record) : NULL;
    struct deal *after;

    if (!of)
        return;
    r->back_before = of->reversed;
    if (v->amount > of->amount - of->reversed) {
        run_find(run, CHECK_AMOUNTS, REASON_WRONG_AMOUNT, r->index, v->amount, NULL);
        return;
    }
    after = deal_copy(of);
    after->reversed += v->amount;
    state_put(s, THING_DEAL, &after->thing);
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
            apply(run, s, changes[next]);
        why = authority_of(run, s, r);
        run->count[CHECK_AUTHORITY]++;
        if (why != REASON_NONE)
            run_find(run, CHECK_AUTHORITY, why, r->index, 0, r->act->by);
        if (reversals)
            put_transfer(s, r);
        put_reversal(run, s, r);
    }
    judge_ids(run);
    state_free(s);
    free(changes);
}
