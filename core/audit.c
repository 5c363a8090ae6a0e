/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit_in.h"

/* After so many records the state forgets what it can have again. */
#define FORGET_EVERY 1024

struct audit *audit_new(const struct audit_conf *conf)
{
    struct audit *a = x_calloc(1, sizeof(*a));

    a->conf = *conf;
    a->state = state_new(conf->origin);
    tree_init(&a->tree);
    a->leaf_of = strmap_new();
    a->kept_of = strmap_new();
    a->asked = strmap_new();
    a->reversed = strmap_new();
    return a;
}

void audit_free(struct audit *a)
{
    if (!a)
        return;
    audit_count_free(a);
    state_free(a->state);
    tree_free(&a->tree);
    free(a);
}

static void tell(const struct audit_conf *conf, const char *word, int64_t record, const char *about,
                 const char *unit, int64_t stake, const char *why)
{
    struct audit_finding f = {.word = word, .record = record, .stake = stake};

    str_copy(f.about, sizeof(f.about), about);
    str_copy(f.unit, sizeof(f.unit), unit);
    str_copy(f.why, sizeof(f.why), why);
    conf->found(conf->arg, &f);
}

void audit_found(const struct audit_conf *conf, enum audit_word word, int64_t record,
                 const char *about, const char *unit, int64_t stake, const char *fmt, ...)
{
    char why[500];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    tell(conf, audit_word_name(word), record, about, unit, stake, why);
}

/* ---- What is wrong with a record, in a word ---- */

/* Is one of the signatures by a key that was revoked before? */
static const char *revoked_signer(const struct audit *a, const struct envelope *env)
{
    for (size_t i = 0; i < env->n_sigs; i++) {
        const struct key_row *row = state_key(a->state, env->sigs[i].kid.s);

        if (row && row->revoked)
            return row->holder;
    }
    return NULL;
}

static const char *word_of(const struct record_fault *fault)
{
    switch (fault->wrong) {
    case WRONG_HEADER:
        return audit_word_name(AUDIT_HEADER);
    case WRONG_PARTS:
        return audit_word_name(AUDIT_PARTS);
    case WRONG_HASH:
        return audit_word_name(AUDIT_ALTERED);
    case WRONG_TIME:
        return audit_word_name(AUDIT_TIME);
    case WRONG_REFUSED:
        return refusal_name(fault->refusal);
    case WRONG_UNSIGNED:
        return audit_word_name(AUDIT_UNSIGNED);
    case WRONG_ID:
        return audit_word_name(AUDIT_ID);
    case WRONG_DIFFERENT:
    case WRONG_LOOKUP:
    case WRONG_NOT:
        break;
    }
    return audit_word_name(AUDIT_BYTES);
}

static void name_fault(struct audit *a, const struct audit_item *item,
                       const struct record_fault *fault)
{
    const char *word = word_of(fault), *about = "", *revoked;
    char unit[UNIT_MAX + 1];
    int64_t stake = audit_stake(item, unit);

    if (item->read) {
        about = item->record.act.by;
        revoked = fault->wrong == WRONG_REFUSED && fault->refusal == REFUSED_NOT_PERMITTED
                      ? revoked_signer(a, &item->record.env)
                      : NULL;
        if (revoked) {
            word = audit_word_name(AUDIT_REVOKED_KEY);
            about = revoked;
        }
    }
    tell(&a->conf, word, item->index >= 0 ? item->index : a->next, about, unit, stake, fault->why);
}

/* ---- Judging ---- */

/* Does a record move what co-ops owe each other? */
static bool moves_positions(const struct audit_item *item)
{
    static const char position[] = ",\"account\":\"!pos.";

    for (size_t i = 1; i < item->parts.n; i++)
        if (memmem(item->parts.text[i], item->parts.len[i], position, sizeof(position) - 1))
            return true;
    return false;
}

/*
 * Of a book: does somebody of another co-op act, or is the act about such a one? His keys and
 * limits aren't to be seen here, nor are other co-ops' lines and what they owe each other.
 */
static bool of_others(const struct audit *a, const struct audit_item *item)
{
    const struct act *act = &item->record.act;
    const char *names[3] = {act->by, NULL, NULL};
    char coop[COOP_MAX + 1];

    if (!a->conf.coop)
        return false;
    if (act->type == ACT_LINE_SET ||
        (act->type >= ACT_CLEARING_PROPOSE && act->type <= ACT_CLEARING_POST) ||
        moves_positions(item))
        return true;
    if (act->type == ACT_TRANSFER || act->type == ACT_REQUEST) {
        names[1] = act->u.transfer.from;
        names[2] = act->u.transfer.to;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!names[i] || str_eq(names[i], "stewards") || str_eq(names[i], "ledger"))
            continue;
        name_coop_of(names[i], coop);
        if (!str_eq(coop, a->conf.coop))
            return true;
    }
    return false;
}

/* A record of which everything is here. */
static void judge(struct audit *a, struct audit_item *item, struct outcome *out)
{
    const struct replay_source from = {a, audit_deal, audit_asked};
    struct record_read *r = &item->record;
    struct moment now = {r->head.ms, a->conf.day(a->conf.arg, r->head.ms)};
    struct record_fault fault;
    struct refusal refusal;
    bool judged;

    /* A log that went on under further origins began under the one that record 0 names. */
    if (a->counts.records == 0 && r->act.type == ACT_LEDGER_OPEN &&
        name_origin_follows(a->conf.origin, r->act.aud))
        state_set_ledger_id(a->state, r->act.aud, "");
    if (of_others(a, item)) {
        a->counts.unjudged++;
        audit_in_part(a, item, out);
        return;
    }
    judged = record_judge(r, a->state, &from, item->parts.text, item->parts.len, a->last_ms,
                          now.today, out, &fault) == 0;
    if (!judged && fault.wrong == WRONG_DIFFERENT) {
        audit_differs(a, item, out);
    } else if (!judged) {
        name_fault(a, item, &fault);
        rules_effect(a->state, &r->act, now, r->head.index, out);
        if (out->verdict != VERDICT_POSTED)
            outcome_free(out);
    }
    if (!audit_take_id(a, r->act.by, r->act.jti)) {
        char unit[UNIT_MAX + 1];
        int64_t stake = audit_stake(item, unit);

        audit_found(&a->conf, AUDIT_ID, item->index, r->act.by, unit, stake,
                    "the act %s of %s is in the log already", r->act.jti, r->act.by);
    }
    if (!judged)
        audit_claimed(a, item, out);
    if (!a->conf.coop && rules_found(&r->act, &a->tree, &refusal) != 0)
        audit_found(&a->conf, AUDIT_ROOT, item->index, "ledger", "", 0, "%s", refusal.detail);
    a->counts.signatures += (int64_t)r->env.n_sigs;
    a->counts.acts[r->act.type]++;
    if (r->act.type == ACT_SNAPSHOT)
        audit_check_snapshot(a, &r->act, item->index);
}

static void check_place(struct audit *a, const struct audit_item *item)
{
    bool in_order = a->conf.coop ? item->index >= a->next : item->index == a->next;

    if (item->index >= 0 && !in_order)
        audit_found(&a->conf, AUDIT_OUT_OF_PLACE, a->next, "", "", 0,
                    "record %lld stands where record %lld should", (long long)item->index,
                    (long long)a->next);
}

/* Record 0, or one of a ledger.continue: from here on the ledger has another id. */
static void begin(struct audit *a, const struct audit_item *item, const char *origin)
{
    const struct holder *ledger = state_holder(a->state, "ledger");
    const struct act *act = &item->record.act;

    state_begin(a->state, origin, &item->record.entry);
    if (act->type == ACT_LEDGER_OPEN && ledger && a->conf.zone)
        a->conf.zone(a->conf.arg, ledger->zone);
    if (act->type == ACT_LEDGER_CONTINUE && a->conf.continued)
        a->conf.continued(a->conf.arg, act, item->index, state_ledger_id(a->state));
}

void audit_record(struct audit *a, struct audit_item *item)
{
    struct outcome out = {0};
    const char *origin;

    audit_make_roots(a);
    check_place(a, item);
    if (item->read) {
        judge(a, item, &out);
    } else if (item->in_part) {
        a->counts.in_part++;
        audit_in_part(a, item, &out);
    } else {
        name_fault(a, item, &item->fault);
        audit_claimed(a, item, &out);
    }
    audit_keep(a, item, &out);
    rules_apply(a->state, &out);
    if (item->read && rules_begins(&item->record.act, &origin))
        begin(a, item, origin);
    state_commit(a->state);
    if (!a->conf.coop)
        tree_append(&a->tree, &item->leaf);
    a->counts.records++;
    if (item->index >= 0 && item->record.head.ms > a->last_ms)
        a->last_ms = item->record.head.ms;
    a->next = a->conf.coop && item->index >= a->next ? item->index + 1 : a->next + 1;
    if (a->counts.records % FORGET_EVERY == 0) {
        tree_mark(&a->tree);
        state_forget(a->state, THING_DEAL);
        state_forget(a->state, THING_ASK);
    }
}

void audit_end(struct audit *a)
{
    audit_make_roots(a);
    audit_check_sums(a);
}

const struct audit_counts *audit_counts(const struct audit *a)
{
    return &a->counts;
}

const struct state *audit_state(const struct audit *a)
{
    return a->state;
}

const char *audit_ledger_id(const struct audit *a)
{
    return state_ledger_id(a->state);
}

const struct tree *audit_tree(const struct audit *a)
{
    return &a->tree;
}
