/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the postings say: they count on, add up, and are what the acts ask for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/network.h"
#include "core/num.h"
#include "core/statement_run.h"

/* What stands before an entry. */
struct stand {
    int64_t balance, seq, index, ms;
};

static bool sum(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static bool same_point(const struct statement_point *p, int64_t balance, int64_t seq, int64_t index)
{
    return p->balance == balance && p->seq == seq && p->index == index;
}

/* A record's posting against what stood before it, which it then becomes. */
static void judge_step(struct statement_check_run *run, struct stand *at,
                       const struct run_record *r)
{
    int64_t balance;

    run->count[CHECK_SEQUENCE]++;
    run->count[CHECK_BALANCES]++;
    if (!r->has_posting || r->seq > at->seq + 1)
        run_find(run, CHECK_SEQUENCE, REASON_GAP, r->index, at->seq + 1, NULL);
    else if (r->seq <= at->seq || r->index <= at->index || r->ms < at->ms)
        run_find(run, CHECK_SEQUENCE, REASON_DOUBLE, r->index, r->seq, NULL);
    if (!r->has_posting)
        return;
    if (!sum(at->balance, r->amount, &balance) || balance != r->balance)
        run_find(run, CHECK_BALANCES, REASON_WRONG_BALANCE, r->index, r->balance, NULL);
    *at = (struct stand){r->balance, r->seq, r->index, r->ms};
}

/* ---- Amounts ---- */

/* What a transfer between these moves on the account; 0 when it isn't one of the two. */
static int64_t moved(const struct statement_check_run *run, const struct act_transfer *t,
                     int64_t amount)
{
    char from[ACCOUNT_MAX + 1], to[ACCOUNT_MAX + 1];

    name_account(from, t->from, t->unit);
    name_account(to, t->to, t->unit);
    if (str_eq(run->st->account, from))
        return -amount;
    return str_eq(run->st->account, to) ? amount : 0;
}

/* Are the parties of that co-op, and is the account one of its purses', as far as a name tells? */
static bool may_be_purse(const struct statement_check_run *run, const char *from, const char *unit)
{
    char coop[COOP_MAX + 1], its[COOP_MAX + 1];
    const char *slash = strchr(run->st->account, '/');

    name_coop_of(from, coop);
    name_coop_of(run->st->account, its);
    return str_eq(coop, its) && slash && str_eq(slash + 1, unit);
}

/*
 * Is that what a transfer (sign 1), or the way back of so much of it (sign -1), may move here? The
 * payer's posting has the levy in it, which is not in the act: it is as much as the payer agreed
 * to, at most; and so is what comes into the purse.
 */
static enum statement_reason fits(const struct statement_check_run *run,
                                  const struct act_transfer *t, int64_t amount, int sign,
                                  int64_t posted)
{
    const int64_t moves = sign * moved(run, t, amount), levy = sign * (moves - posted);

    if (moves == 0) {
        if (t->levy_max == 0 || !may_be_purse(run, t->from, t->unit))
            return REASON_WRONG_ACCOUNT;
        return sign * posted > 0 && sign * posted <= t->levy_max ? REASON_NONE
                                                                 : REASON_WRONG_AMOUNT;
    }
    if (sign * moves < 0 && levy > 0)
        return levy <= t->levy_max ? REASON_NONE : REASON_WRONG_AMOUNT;
    return moves == posted ? REASON_NONE : REASON_WRONG_AMOUNT;
}

/* What moves between a member and a purse: how much, the act doesn't say. */
static enum statement_reason between(const struct statement_check_run *run, const char *member,
                                     const char *purse, const char *unit)
{
    char account[ACCOUNT_MAX + 1];

    name_account(account, member, unit);
    if (str_eq(run->st->account, account))
        return REASON_NONE;
    if (!purse)
        return may_be_purse(run, member, unit) ? REASON_NONE : REASON_WRONG_ACCOUNT;
    name_account(account, purse, unit);
    return str_eq(run->st->account, account) ? REASON_NONE : REASON_WRONG_ACCOUNT;
}

/* What a settlement moves on one of a co-op's own accounts; 0 when it isn't one of the four. */
static int64_t settled(const struct statement_check_run *run, const struct act_settlement *t)
{
    const char *const coop[] = {t->from, t->to};
    char name[ACCOUNT_MAX + 1];

    for (size_t i = 0; i < 2; i++) {
        int64_t amount = i == 0 ? t->amount : -t->amount;

        position_name(name, coop[i], coop[1 - i], t->unit);
        if (str_eq(run->st->account, name))
            return -amount;
        (void)snprintf(name, sizeof(name), "!outside@%s/%s", coop[i], t->unit);
        if (str_eq(run->st->account, name))
            return amount;
    }
    return 0;
}

/* On a co-op's own accounts. A round takes off what is owed, how much of it its act doesn't say. */
static enum statement_reason between_coops(const struct statement_check_run *run,
                                           const struct run_record *r)
{
    const struct act *a = r->act;
    const char *unit = strchr(run->st->account, '/');
    int64_t moves, before;

    if (a->type == ACT_SETTLEMENT) {
        moves = settled(run, &a->u.settlement);
        if (moves == 0)
            return REASON_WRONG_ACCOUNT;
        return moves == r->amount ? REASON_NONE : REASON_WRONG_AMOUNT;
    }
    if (a->type != ACT_CLEARING_POST)
        return REASON_OTHER_ACT; /* they are nobody's payer or payee */
    if (!unit || !str_eq(unit + 1, a->u.clearing.unit) ||
        strncmp(run->st->account, "!pos.", 5) != 0)
        return REASON_WRONG_ACCOUNT;
    /* Towards zero, and not past it. */
    if (num_sub(r->balance, r->amount, &before) != 0)
        return REASON_WRONG_AMOUNT;
    return (before > 0 && r->amount < 0 && r->balance >= 0) ||
                   (before < 0 && r->amount > 0 && r->balance <= 0)
               ? REASON_NONE
               : REASON_WRONG_AMOUNT;
}

static enum statement_reason amount_of(const struct statement_check_run *run,
                                       const struct run_record *r)
{
    const struct act *a = r->act;
    const struct run_record *of;

    if (run->st->account[0] == '!')
        return between_coops(run, r);
    if (a->type == ACT_TRANSFER)
        return fits(run, &a->u.transfer, a->u.transfer.amount, 1, r->amount);
    if (a->type == ACT_LEVY)
        return between(run, a->u.levy.member, NULL, a->u.levy.unit);
    if (a->type == ACT_ESTATE)
        return between(run, a->u.estate.member, a->u.estate.purse, a->u.estate.unit);
    if (a->type != ACT_REVERSAL)
        return REASON_OTHER_ACT;
    of = run_transfer(run, a->u.reversal.record);
    if (!of)
        return REASON_TRANSFER_ELSEWHERE;
    if (of->index >= r->index || a->u.reversal.amount > of->act->u.transfer.amount)
        return REASON_WRONG_AMOUNT;
    return fits(run, &of->act->u.transfer, a->u.reversal.amount, -1, r->amount);
}

static void judge_amount(struct statement_check_run *run, const struct run_record *r)
{
    enum statement_reason why;

    if (!r->act || !r->has_posting)
        return; /* that it isn't there, or is none, was said */
    why = amount_of(run, r);
    run->count[CHECK_AMOUNTS]++;
    if (why != REASON_NONE)
        run_find(run, CHECK_AMOUNTS, why, r->index, r->amount, NULL);
}

/* ---- Days ---- */

static void judge_days(struct statement_check_run *run, const struct run_record *before,
                       const struct run_record *after)
{
    const struct statement_trust *trust = &run->trust;
    const struct statement *st = run->st;

    if (!trust->day) {
        run_find(run, CHECK_DAYS, REASON_ZONE_UNKNOWN, -1, 0, NULL);
        return;
    }
    if (st->from > st->to)
        run_find(run, CHECK_DAYS, REASON_OUTSIDE_DAYS, -1, 0, NULL);
    for (size_t i = 0; i < st->n_entries; i++) {
        const struct run_record *r = run_entry(run, i);
        int32_t day = trust->day(trust->arg, r->ms);

        run->count[CHECK_DAYS]++;
        if (r->readable && (day < st->from || day > st->to))
            run_find(run, CHECK_DAYS, REASON_OUTSIDE_DAYS, r->index, 0, NULL);
    }
    if (before && trust->day(trust->arg, before->ms) >= st->from)
        run_find(run, CHECK_DAYS, REASON_INSIDE_DAYS, before->index, before->seq, NULL);
    if (after && trust->day(trust->arg, after->ms) <= st->to)
        run_find(run, CHECK_DAYS, REASON_INSIDE_DAYS, after->index, after->seq, NULL);
}

/* ---- Opening, closing, totals ---- */

/* The opening is the posting in `before`, or nothing. */
static void judge_opening(struct statement_check_run *run, const struct run_record *before)
{
    const struct statement_point *o = &run->st->opening;

    run->count[CHECK_TOTALS]++;
    if (before && before->has_posting) {
        if (!same_point(o, before->balance, before->seq, before->index))
            run_find(run, CHECK_TOTALS, REASON_WRONG_POINT, before->index, before->seq, "opening");
    } else if (o->seq != 0) {
        run_find(run, CHECK_SEQUENCE, REASON_GAP, -1, o->seq, "opening");
    } else if (!same_point(o, 0, 0, -1)) {
        run_find(run, CHECK_TOTALS, REASON_WRONG_POINT, -1, 0, "opening");
    }
}

static void judge_totals(struct statement_check_run *run, const struct stand *last)
{
    const struct statement *st = run->st;
    int64_t in = 0, out = 0;
    bool fits = true;

    for (size_t i = 0; i < st->n_entries; i++) {
        const struct run_record *r = run_entry(run, i);

        if (r->amount >= 0)
            fits = fits && sum(in, r->amount, &in);
        else
            fits = fits && sum(out, -r->amount, &out);
    }
    run->count[CHECK_TOTALS] += 2;
    if (!fits || in != st->in)
        run_find(run, CHECK_TOTALS, REASON_WRONG_TOTAL, -1, in, "in");
    if (!fits || out != st->out)
        run_find(run, CHECK_TOTALS, REASON_WRONG_TOTAL, -1, out, "out");
    if (!same_point(&st->closing, last->balance, last->seq, last->index))
        run_find(run, CHECK_TOTALS, REASON_WRONG_POINT, last->index, last->seq, "closing");
}

void judge_account(struct statement_check_run *run)
{
    const struct statement *st = run->st;
    const struct run_record *before = run_one(run, RUN_BEFORE), *after = run_one(run, RUN_AFTER);
    struct stand at = {st->opening.balance, st->opening.seq, st->opening.index,
                       before ? before->ms : INT64_MIN};

    judge_opening(run, before);
    for (size_t i = 0; i < st->n_entries; i++) {
        judge_step(run, &at, run_entry(run, i));
        judge_amount(run, run_entry(run, i));
    }
    judge_totals(run, &at);
    if (after)
        judge_step(run, &at, after);
    judge_days(run, before, after);
}
