/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a record claims, against what the rules make of its act. */
#include <stdlib.h>
#include <string.h>

#include "core/audit_in.h"
#include "core/num.h"
#include "core/subject.h"

static void unit_of(const char *account, char unit[UNIT_MAX + 1])
{
    const char *slash = strchr(account, '/');

    str_copy(unit, UNIT_MAX + 1, slash ? slash + 1 : "");
}

static int64_t magnitude(int64_t n)
{
    return n < 0 ? -n : n; /* within NUM_MAX, as everything that was parsed */
}

int64_t audit_stake(const struct audit_item *item, char unit[UNIT_MAX + 1])
{
    int64_t sum = 0, after;
    struct part part;
    const char *why;

    unit[0] = '\0';
    for (size_t i = 0; i < item->parts.n; i++) {
        if (part_parse(&part, item->parts.text[i], item->parts.len[i], &why) != 0)
            continue;
        if (part.kind == PART_POSTING && part.amount > 0) {
            char its[UNIT_MAX + 1];

            unit_of(part.name, its);
            if (unit[0] == '\0')
                str_copy(unit, UNIT_MAX + 1, its);
            if (str_eq(unit, its) && num_add(sum, part.amount, &after) == 0)
                sum = after;
        }
        part_free(&part);
    }
    if (sum == 0 && item->read && (item->record.act.type == ACT_TRANSFER)) {
        str_copy(unit, UNIT_MAX + 1, item->record.act.u.transfer.unit);
        sum = item->record.act.u.transfer.amount;
    }
    return sum;
}

/* ---- Naming differences ---- */

static void say_differs(struct audit *a, enum audit_word word, const struct audit_item *item,
                        const char *about, int64_t stake, const char *what)
{
    char unit[UNIT_MAX + 1];

    unit_of(about, unit);
    a->named++;
    audit_found(&a->conf, word, item->index, about, strchr(about, ':') ? "" : unit, stake, "%s",
                what);
}

static void differ_posting(struct audit *a, const struct audit_item *item, const struct part *part,
                           const struct leg *leg)
{
    const struct account *after = leg->after;

    if (part->amount != leg->amount)
        say_differs(a, AUDIT_AMOUNT, item, part->name, magnitude(part->amount - leg->amount),
                    "the posting's amount isn't that of the act");
    if (part->balance != after->balance)
        say_differs(a, AUDIT_BALANCE, item, part->name, magnitude(part->balance - after->balance),
                    "the posting's balance doesn't follow from the one before");
    if (part->floor != leg->floor)
        say_differs(a, AUDIT_FLOOR, item, part->name, magnitude(part->floor - leg->floor),
                    "the posting's floor isn't the one in force");
    if (part->seq != after->seq)
        say_differs(a, AUDIT_SEQ, item, part->name, magnitude(part->amount),
                    "the posting's number isn't the next of its account");
}

static void differ_change(struct audit *a, const struct audit_item *item, const struct part *part,
                          const char *text, size_t len, const struct change *change)
{
    static const char member[] = ",\"state\":";
    struct buf state = BUF_INIT;
    const char *at = memmem(text, len, member, sizeof(member) - 1);
    size_t left = at ? len - (size_t)(at - text) - (sizeof(member) - 1) : 0;

    subject_put_state(&state, change);
    if (part->seq != subject_of(change)->seq)
        say_differs(a, AUDIT_SEQ, item, part->name, 0,
                    "the change's number isn't the next of its subject");
    if (left != state.len + 1 || memcmp(at + sizeof(member) - 1, state.data, state.len) != 0)
        say_differs(a, AUDIT_STATE, item, part->name, 0,
                    "the act doesn't leave its subject like this");
    buf_free(&state);
}

/* Which legs, changes and books of the outcome have a part that says so. */
struct matched {
    bool *leg, *change, *book;
};

/* With room for what an outcome has, and for what a record of so many parts may add to it. */
static struct matched matched_new(const struct audit_item *item, const struct outcome *out)
{
    const size_t n = item->parts.n;

    return (struct matched){.leg = x_calloc(out->n_legs + n, sizeof(bool)),
                            .change = x_calloc(out->n_changes + n, sizeof(bool)),
                            .book = x_calloc(out->n_books + n, sizeof(bool))};
}

static void matched_free(struct matched *m)
{
    free(m->leg);
    free(m->change);
    free(m->book);
}

static void subject_name(struct buf *b, const struct change *change)
{
    buf_clear(b);
    subject_put_name(b, change);
}

static void differ_part(struct audit *a, const struct audit_item *item, size_t i,
                        const struct part *part, const struct outcome *ruled, struct matched *m)
{
    struct buf name = BUF_INIT;

    if (part->kind == PART_POSTING) {
        for (size_t k = 0; k < ruled->n_legs; k++)
            if (!m->leg[k] && str_eq(ruled->legs[k].after->thing.name, part->name)) {
                m->leg[k] = true;
                differ_posting(a, item, part, &ruled->legs[k]);
                return;
            }
        say_differs(a, AUDIT_POSTING_EXTRA, item, part->name, magnitude(part->amount),
                    "the act makes no such posting");
    } else if (part->kind == PART_CHANGE) {
        for (size_t k = 0; k < ruled->n_changes; k++) {
            subject_name(&name, &ruled->changes[k]);
            if (!m->change[k] && str_eq(name.data, part->name)) {
                m->change[k] = true;
                differ_change(a, item, part, item->parts.text[i], item->parts.len[i],
                              &ruled->changes[k]);
                buf_free(&name);
                return;
            }
        }
        say_differs(a, AUDIT_CHANGE_EXTRA, item, part->name, 0, "the act makes no such change");
    } else if (part->kind == PART_BOOK) {
        for (size_t k = 0; k < ruled->n_books; k++)
            if (!m->book[k] && str_eq(ruled->books[k]->thing.name, part->name)) {
                m->book[k] = true;
                if (part->seq != ruled->books[k]->entries.seq)
                    say_differs(a, a->conf.coop ? AUDIT_NOT_SHOWN : AUDIT_SEQ, item, part->name, 0,
                                "the record's number isn't the next of the book");
                return;
            }
        say_differs(a, AUDIT_BOOK_EXTRA, item, part->name, 0, "the record doesn't touch this book");
    }
    buf_free(&name);
}

void audit_differs(struct audit *a, const struct audit_item *item, const struct outcome *ruled)
{
    struct matched m = matched_new(item, ruled);
    struct buf name = BUF_INIT;
    const size_t before = a->named;
    char unit[UNIT_MAX + 1];
    int64_t stake = audit_stake(item, unit);
    const char *why;

    for (size_t i = 1; i < item->parts.n; i++) {
        struct part part;

        if (part_parse(&part, item->parts.text[i], item->parts.len[i], &why) != 0)
            continue;
        differ_part(a, item, i, &part, ruled, &m);
        part_free(&part);
    }
    for (size_t k = 0; k < ruled->n_legs; k++)
        if (!m.leg[k])
            say_differs(a, AUDIT_POSTING_MISSING, item, ruled->legs[k].after->thing.name,
                        magnitude(ruled->legs[k].amount),
                        "the act moves this account and no posting says so");
    for (size_t k = 0; k < ruled->n_changes; k++)
        if (!m.change[k]) {
            subject_name(&name, &ruled->changes[k]);
            say_differs(a, AUDIT_CHANGE_MISSING, item, name.data, 0,
                        "the act changes this and no part says so");
        }
    for (size_t k = 0; k < ruled->n_books; k++)
        if (!m.book[k]) {
            a->named++;
            audit_found(&a->conf, AUDIT_HIDDEN_FROM_BOOK, item->index, ruled->books[k]->thing.name,
                        unit, stake, "the record touches this book, which doesn't count it");
        }
    buf_free(&name);
    matched_free(&m);
    if (a->named == before)
        audit_found(&a->conf, AUDIT_BYTES, item->index, "", unit, stake,
                    "its parts say what the rules make, but not in their bytes or order");
}

/* ---- Going on behind it ---- */

static struct account *account_after(const struct audit *a, const char *name)
{
    const struct account *before = state_account(a->state, name);

    return before ? account_copy(before) : account_new(name);
}

static void claim_posting(struct audit *a, const struct audit_item *item, const struct part *part,
                          struct outcome *out, bool *claimed)
{
    size_t k = 0;

    while (k < out->n_legs && !str_eq(out->legs[k].after->thing.name, part->name))
        k++;
    if (!name_is_account(part->name))
        return;
    if (k == out->n_legs)
        outcome_add_leg(out, &(struct leg){.after = account_after(a, part->name)});
    claimed[k] = true;
    out->legs[k].amount = part->amount;
    out->legs[k].floor = part->floor;
    out->legs[k].after->balance = part->balance;
    out->legs[k].after->seq = part->seq;
    out->legs[k].after->record = item->index;
}

static void claim_book(struct audit *a, const struct audit_item *item, const struct part *part,
                       struct outcome *out, bool *claimed)
{
    const struct book *before = state_book(a->state, part->name);
    size_t k = 0;

    while (k < out->n_books && !str_eq(out->books[k]->thing.name, part->name))
        k++;
    if (!name_is_coop(part->name))
        return;
    if (k == out->n_books)
        outcome_add_book(out, before ? book_copy(before) : book_new(part->name));
    claimed[k] = true;
    out->books[k]->entries.seq = part->seq;
    out->books[k]->entries.record = item->index;
}

static void claim_change(const struct part *part, struct outcome *out)
{
    struct buf name = BUF_INIT;

    for (size_t k = 0; k < out->n_changes; k++) {
        subject_name(&name, &out->changes[k]);
        /* The outcome's own things, of which subject_of gives a constant view. */
        if (str_eq(name.data, part->name))
            ((struct subject *)(uintptr_t)subject_of(&out->changes[k]))->seq = part->seq;
    }
    buf_free(&name);
}

void audit_claimed(struct audit *a, const struct audit_item *item, struct outcome *out)
{
    struct matched m = matched_new(item, out);
    size_t n = 0;
    const char *why;

    for (size_t i = 0; i < item->parts.n; i++) {
        struct part part;

        if (part_parse(&part, item->parts.text[i], item->parts.len[i], &why) != 0)
            continue;
        switch (part.kind) {
        case PART_POSTING:
            claim_posting(a, item, &part, out, m.leg);
            break;
        case PART_CHANGE:
            claim_change(&part, out);
            break;
        case PART_BOOK:
            claim_book(a, item, &part, out, m.book);
            break;
        case PART_ACT:
            break;
        }
        part_free(&part);
    }
    /* What no part says didn't happen to those who come after. */
    for (size_t k = 0; k < out->n_legs; k++) {
        if (m.leg[k])
            out->legs[n++] = out->legs[k];
        else
            free(out->legs[k].after);
    }
    out->n_legs = n;
    n = 0;
    for (size_t k = 0; k < out->n_books; k++) {
        if (m.book[k])
            out->books[n++] = out->books[k];
        else
            free(out->books[k]);
    }
    out->n_books = n;
    matched_free(&m);
}

/* ---- A book's records of which some parts are another's ---- */

void audit_in_part(struct audit *a, const struct audit_item *item, struct outcome *out)
{
    int64_t sum = 0, after;
    char unit[UNIT_MAX + 1], coop[COOP_MAX + 1];
    int64_t stake = audit_stake(item, unit);
    const char *why;

    for (size_t i = 0; i < item->parts.n; i++) {
        struct part part;

        if (part_parse(&part, item->parts.text[i], item->parts.len[i], &why) != 0) {
            audit_found(&a->conf, AUDIT_PARTS, item->index, "", unit, stake, "%s", why);
            continue;
        }
        name_coop_of(part.name, coop);
        if (part.kind == PART_POSTING && a->conf.coop && str_eq(coop, a->conf.coop)) {
            const struct account *before = state_account(a->state, part.name);

            if (part.seq != (before ? before->seq : 0) + 1)
                say_differs(a, AUDIT_SEQ, item, part.name, magnitude(part.amount),
                            "the posting's number isn't the next of its account");
            if (num_add(before ? before->balance : 0, part.amount, &after) != 0 ||
                after != part.balance)
                say_differs(a, AUDIT_BALANCE, item, part.name, magnitude(part.amount),
                            "the posting's balance doesn't follow from the one before");
            if (num_add(sum, part.amount, &after) == 0)
                sum = after;
        } else if (part.kind == PART_BOOK && a->conf.coop && str_eq(part.name, a->conf.coop)) {
            const struct book *before = state_book(a->state, part.name);

            if (part.seq != (before ? before->entries.seq : 0) + 1)
                say_differs(a, AUDIT_NOT_SHOWN, item, part.name, 0,
                            "records of the book before this one aren't shown");
        }
        part_free(&part);
    }
    if (sum != 0)
        audit_found(&a->conf, AUDIT_SUM, item->index, a->conf.coop ? a->conf.coop : "", unit,
                    magnitude(sum), "what it moves in this book doesn't sum to zero");
    audit_claimed(a, item, out);
}
