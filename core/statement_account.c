/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the postings say: they count on, add up, and are what the acts ask for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/levy.h"
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

bool run_is_position(const struct statement_check_run *run)
{
    struct position position;

    return position_parse(&position, run->st->account);
}

bool run_posts(enum act_type type)
{
    switch (type) {
    case ACT_TRANSFER:
    case ACT_REVERSAL:
    case ACT_LEVY:
    case ACT_ESTATE:
    case ACT_SETTLEMENT:
    case ACT_CLEARING_POST:
        return true;
    case ACT_LEDGER_OPEN:
    case ACT_UNIT_CREATE:
    case ACT_COOP_CREATE:
    case ACT_COOP_POLICY:
    case ACT_MEMBER_CREATE:
    case ACT_MEMBER_UPDATE:
    case ACT_MEMBER_FREEZE:
    case ACT_MEMBER_UNFREEZE:
    case ACT_MEMBER_CLOSE:
    case ACT_RECORD_ALLOW:
    case ACT_ACCOUNT_LIMITS:
    case ACT_KEY_ADD:
    case ACT_KEY_REVOKE:
    case ACT_THRESHOLD_SET:
    case ACT_REQUEST:
    case ACT_DECLINE:
    case ACT_SNAPSHOT:
    case ACT_KEY_RECOVER:
    case ACT_KEY_RECOVER_FINISH:
    case ACT_KEY_OBJECT:
    case ACT_LINE_SET:
    case ACT_CLEARING_PROPOSE:
    case ACT_CLEARING_CONSENT:
    case ACT_CLEARING_DECLINE:
    case ACT_LEDGER_CONTINUE:
    case ACT_COOP_CLOSE:
        break;
    }
    return false;
}

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

/* Is the account one of the purses of that party's co-op, as far as its name tells, and what is
 * shown of its holder? */
static bool may_be_purse(const struct statement_check_run *run, const char *from, const char *unit)
{
    char coop[COOP_MAX + 1], its[COOP_MAX + 1], holder[ACCOUNT_MAX + 1];
    const struct run_change *c;
    char *slash;

    str_copy(holder, sizeof(holder), run->st->account);
    slash = strchr(holder, '/');
    if (holder[0] == '!' || !slash || !str_eq(slash + 1, unit))
        return false;
    *slash = '\0';
    name_coop_of(from, coop);
    name_coop_of(holder, its);
    c = run_change_of(run, holder);
    return str_eq(coop, its) && !(c && c->holder && c->holder->kind != HOLDER_PURSE);
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

/* Is it the account of that holder? */
static bool is_of(const struct statement_check_run *run, const char *holder, const char *unit)
{
    char account[ACCOUNT_MAX + 1];

    name_account(account, holder, unit);
    return str_eq(run->st->account, account);
}

/* From the member into a purse; how much, the policy said. */
static enum statement_reason levied(const struct statement_check_run *run, const struct act_levy *l,
                                    int64_t posted)
{
    const bool pays = is_of(run, l->member, l->unit);

    if (!pays && !may_be_purse(run, l->member, l->unit))
        return REASON_WRONG_ACCOUNT;
    if (pays ? posted >= 0 || posted < -AMOUNT_MAX : posted <= 0 || posted > AMOUNT_MAX)
        return REASON_WRONG_AMOUNT;
    return REASON_LEVY_ELSEWHERE;
}

/* All that the member had, or owed: it leaves nothing on that account. Only there one sees it. */
static enum statement_reason left(const struct statement_check_run *run, const struct act_estate *e,
                                  const struct run_record *r)
{
    if (is_of(run, e->member, e->unit))
        return r->amount != 0 && r->balance == 0 ? REASON_NONE : REASON_WRONG_AMOUNT;
    if (!is_of(run, e->purse, e->unit))
        return REASON_WRONG_ACCOUNT;
    return r->amount != 0 ? REASON_ESTATE_ELSEWHERE : REASON_WRONG_AMOUNT;
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

/* A round takes off what is owed: towards zero, and not past it. How much, its act doesn't say. */
static enum statement_reason cleared(const struct statement_check_run *run,
                                     const struct act_clearing *c, const struct run_record *r)
{
    const char *unit = strchr(run->st->account, '/');
    int64_t before;

    if (!run_is_position(run) || !unit || !str_eq(unit + 1, c->unit))
        return REASON_WRONG_ACCOUNT;
    if (num_sub(r->balance, r->amount, &before) != 0)
        return REASON_WRONG_AMOUNT;
    return (before > 0 && r->amount < 0 && r->balance >= 0) ||
                   (before < 0 && r->amount > 0 && r->balance <= 0)
               ? REASON_ROUND_ELSEWHERE
               : REASON_WRONG_AMOUNT;
}

/* What of a posting that fits is levy: on top of the amount, or all that a purse gets. */
static int64_t levy_in(const struct statement_check_run *run, const struct act_transfer *t,
                       int64_t amount, int sign, int64_t posted)
{
    const int64_t moves = sign * moved(run, t, amount);

    return moves == 0 ? sign * posted : sign * (moves - posted);
}

/* A payer agrees to a levy of so much at most. How much it is, the policy says, so that it is known
 * only where it is all of that. */
static enum statement_reason paid(const struct statement_check_run *run, const struct run_record *r)
{
    const struct act_transfer *t = &r->act->u.transfer;
    enum statement_reason why = fits(run, t, t->amount, 1, r->amount);

    if (why != REASON_NONE || moved(run, t, 1) > 0 ||
        levy_in(run, t, t->amount, 1, r->amount) == t->levy_max)
        return why;
    return REASON_LEVY_ELSEWHERE;
}

/*
 * Is it as much of the levy as comes back with that much of the amount? What went back earlier is
 * known where the payer's account shows the transfer and with it all that followed; else it may
 * have been anything, and rounding leaves two answers.
 */
static enum statement_reason levy_back(const struct statement_check_run *run,
                                       const struct run_record *of, const struct run_record *r)
{
    const struct act_transfer *t = &of->act->u.transfer;
    const int64_t back = r->act->u.reversal.amount, moves = moved(run, t, 1),
                  levy = levy_in(run, t, t->amount, 1, of->amount),
                  share = levy_in(run, t, back, -1, r->amount);
    int64_t least, most;

    if (moves > 0 || t->levy_max == 0)
        return REASON_NONE;
    if (!of->has_posting)
        return REASON_NO_TRANSFER;
    if (levy < 0 || levy > t->levy_max || back > t->amount - r->back_before)
        return REASON_NONE; /* that is said of the transfer, or by put_reversal */
    if (moves < 0 && of->section == RUN_ENTRY) {
        least = most = levy_refund(levy, t->amount, r->back_before, back);
    } else {
        least = levy_refund(levy, t->amount, 0, back);
        most = levy_refund(levy, t->amount, t->amount - back, back);
    }
    if (share >= least && share <= most)
        return REASON_NONE;
    /* A purse that is closed gives nothing back, and whether it was isn't in the payer's file. */
    return share == 0 ? REASON_LEVY_ELSEWHERE : REASON_WRONG_AMOUNT;
}

static enum statement_reason paid_back(const struct statement_check_run *run,
                                       const struct run_record *r)
{
    const struct act_reversal *v = &r->act->u.reversal;
    const struct run_record *of = run_transfer(run, v->record);
    enum statement_reason why;

    if (!of)
        return REASON_NO_TRANSFER;
    if (of->index >= r->index)
        return REASON_WRONG_AMOUNT; /* how much of it may be, put_reversal says */
    why = fits(run, &of->act->u.transfer, v->amount, -1, r->amount);
    return why == REASON_NONE ? levy_back(run, of, r) : why;
}

/* Whose act takes it from this account may go no lower than the floor that stands in the posting.
 */
static bool is_below_floor(const struct statement_check_run *run, const struct run_record *r)
{
    const struct run_record *of =
        r->act->type == ACT_REVERSAL ? run_transfer(run, r->act->u.reversal.record) : NULL;
    bool pays = (r->act->type == ACT_TRANSFER && moved(run, &r->act->u.transfer, 1) < 0) ||
                (of && moved(run, &of->act->u.transfer, 1) > 0);

    return pays && r->amount < 0 && r->balance < r->floor;
}

static enum statement_reason amount_of(const struct statement_check_run *run,
                                       const struct run_record *r)
{
    const struct act *a = r->act;
    int64_t moves;

    if (!run_posts(a->type))
        return REASON_NEVER_POSTS;
    if (a->type == ACT_SETTLEMENT) {
        moves = settled(run, &a->u.settlement);
        if (moves == 0)
            return REASON_WRONG_ACCOUNT;
        return moves == r->amount ? REASON_NONE : REASON_WRONG_AMOUNT;
    }
    if (a->type == ACT_CLEARING_POST)
        return cleared(run, &a->u.clearing, r);
    if (run_is_position(run) && (a->type == ACT_TRANSFER || a->type == ACT_REVERSAL))
        return REASON_OTHER_ACT; /* the position is nobody's payer or payee */
    if (a->type == ACT_TRANSFER)
        return paid(run, r);
    if (a->type == ACT_REVERSAL)
        return paid_back(run, r);
    if (a->type == ACT_LEVY)
        return levied(run, &a->u.levy, r->amount);
    return left(run, &a->u.estate, r);
}

static void judge_amount(struct statement_check_run *run, const struct run_record *r)
{
    enum statement_reason why;

    if (!r->act || !r->has_posting)
        return; /* that it isn't there, or is none, is said elsewhere */
    why = amount_of(run, r);
    run->count[CHECK_AMOUNTS]++;
    if (why != REASON_NONE && (r->section == RUN_ENTRY || reason_mark(why) == MARK_FAILED))
        run_find(run, CHECK_AMOUNTS, why, r->index, r->amount, NULL);
    if (is_below_floor(run, r))
        run_find(run, CHECK_BALANCES, REASON_AGAINST_RULES, r->index, r->floor, NULL);
}

/* Transfers of before these days: what they moved here, and that it was before. */
static void judge_named_postings(struct statement_check_run *run)
{
    const struct statement_point *opening = &run->st->opening;

    for (size_t i = 0; i < run->n; i++) {
        const struct run_record *r = &run->records[i];

        if (r->section != RUN_NAMED || !r->has_posting)
            continue;
        run->count[CHECK_SEQUENCE]++;
        if (r->seq > opening->seq || (r->seq < opening->seq) != (r->index < opening->index))
            run_find(run, CHECK_SEQUENCE, REASON_DOUBLE, r->index, r->seq, NULL);
        judge_amount(run, r);
    }
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
    judge_named_postings(run);
    for (size_t i = 0; i < st->n_entries; i++) {
        judge_step(run, &at, run_entry(run, i));
        judge_amount(run, run_entry(run, i));
    }
    judge_totals(run, &at);
    if (after)
        judge_step(run, &at, after);
    judge_days(run, before, after);
}
