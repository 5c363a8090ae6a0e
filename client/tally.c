/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A report's arithmetic. */
#include "client/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"

#define MONTH_LEN 7 /* 2026-11 */

void tally_init(struct tally *t, const json_t *members)
{
    memset(t, 0, sizeof(*t));
    t->members = members;
    t->places = json_object();
    t->legs = json_array();
}

void tally_free(struct tally *t)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        free(t->rows[i].unit);
        free(t->rows[i].key);
        json_decref(t->rows[i].active);
    }
    for (size_t i = 0; i < t->n_accounts; i++)
        free(t->accounts[i].account);
    free(t->rows);
    free(t->accounts);
    json_decref(t->places);
    json_decref(t->legs);
    memset(t, 0, sizeof(*t));
}

/* Two amounts that were checked when they were added up, so that their difference is in range. */
int64_t tally_net(const struct tally_sum *s)
{
    return s->amount - s->reversed;
}

int64_t tally_other_net(const struct tally_sum *s)
{
    return s->other_amount - s->other_reversed;
}

static int too_much(void)
{
    return fail(PUMASI_UNPROVED, _("What was posted adds up to more than any number here."));
}

static struct tally_row *row(struct tally *t, enum tally_by by, const char *unit, const char *key)
{
    struct tally_row *r;

    for (size_t i = 0; i < t->n_rows; i++) {
        r = &t->rows[i];
        if (r->by == by && str_eq(r->unit, unit) && str_eq(r->key, key))
            return r;
    }
    if (t->n_rows == t->rows_cap) {
        t->rows_cap = t->rows_cap == 0 ? 16 : t->rows_cap * 2;
        t->rows = x_realloc(t->rows, t->rows_cap * sizeof(*t->rows));
    }
    r = &t->rows[t->n_rows++];
    memset(r, 0, sizeof(*r));
    r->by = by;
    r->unit = x_strdup(unit);
    r->key = x_strdup(key);
    r->active = json_object();
    return r;
}

static struct tally_account *account(struct tally *t, const char *name)
{
    json_t *place = json_object_get(t->places, name);
    struct tally_account *a;

    if (place != NULL)
        return &t->accounts[json_integer_value(place)];
    if (t->n_accounts == t->accounts_cap) {
        t->accounts_cap = t->accounts_cap == 0 ? 64 : t->accounts_cap * 2;
        t->accounts = x_realloc(t->accounts, t->accounts_cap * sizeof(*t->accounts));
    }
    json_object_set_new(t->places, name, json_integer((json_int_t)t->n_accounts));
    a = &t->accounts[t->n_accounts++];
    memset(a, 0, sizeof(*a));
    a->account = x_strdup(name);
    return a;
}

/* What one record is in this book. */
struct moved {
    bool exchange, coops; /* neither: with a purse */
    bool reversal;
    int64_t amount, levy; /* that is in the amount of an exchange */
};

static int add(int64_t *n, int64_t *sum, int64_t amount)
{
    ++*n;
    return num_add(*sum, amount, sum);
}

/* One record's part in one row. */
static int count(struct tally_sum *s, const struct moved *m)
{
    int64_t *levies = m->reversal ? &s->other_reversed : &s->other_amount;

    if (m->coops)
        return add(&s->coops_records, &s->coops_amount, m->amount);
    if (!m->exchange)
        return m->reversal ? add(&s->other_reversals, &s->other_reversed, m->amount)
                           : add(&s->other_transfers, &s->other_amount, m->amount);
    if (num_add(*levies, m->levy, levies) != 0)
        return -1;
    return m->reversal ? add(&s->reversals, &s->reversed, m->amount - m->levy)
                       : add(&s->transfers, &s->amount, m->amount - m->levy);
}

static void mark_active(const struct tally *t, struct tally_row *r)
{
    json_t *leg;
    size_t i;

    json_array_foreach (t->legs, i, leg) {
        const char *name = json_text(leg, "account");
        char *member = x_strndup(name, strcspn(name, "/"));

        if (str_eq(book_kind(t->members, member), "person"))
            json_object_set_new(r->active, member, json_true());
        free(member);
    }
}

/*
 * Which accounts of the book move tells it. Of a payment to or from another co-op's member there is
 * an account with that co-op in that member's place. A purse beside two others is the levy's.
 */
static int judge(const struct tally *t, struct moved *m)
{
    size_t persons = 0, contras = 0, i;
    int64_t purses = 0;
    json_t *leg;

    json_array_foreach (t->legs, i, leg) {
        const char *name = json_text(leg, "account");
        char *member = x_strndup(name, strcspn(name, "/"));
        bool person = str_eq(book_kind(t->members, member), "person");
        int64_t n = json_number(leg, "amount");

        free(member);
        persons += person;
        contras += name[0] == '!';
        if (!person && name[0] != '!' && num_add(purses, n < 0 ? -n : n, &purses) != 0)
            return -1;
    }
    m->coops = contras == json_array_size(t->legs);
    m->exchange = persons > 0 && persons + contras == 2;
    m->levy = m->exchange ? purses : 0;
    return m->levy <= m->amount ? 0 : -1;
}

static int post(struct tally *t, const json_t *leg)
{
    struct tally_account *a = account(t, json_text(leg, "account"));
    int64_t amount = json_number(leg, "amount");

    a->postings++;
    return amount > 0 ? num_add(a->received, amount, &a->received)
                      : num_sub(a->paid, amount, &a->paid);
}

/* The legs that were gathered are one record. */
static int end_record(struct tally *t)
{
    const json_t *first = json_array_get(t->legs, 0);
    struct moved moved = {0};
    int64_t sum = 0;
    json_t *leg;
    size_t i;
    int rc = PUMASI_OK;

    if (first == NULL)
        return PUMASI_OK;
    const char *unit = book_unit_of(json_text(first, "account"));
    json_array_foreach (t->legs, i, leg) {
        int64_t n = json_number(leg, "amount");

        if (n < NUM_MIN || n > NUM_MAX || num_add(sum, n, &sum) != 0 ||
            (n > 0 && num_add(moved.amount, n, &moved.amount) != 0) || post(t, leg) != 0)
            return too_much();
        if (!str_eq(book_unit_of(json_text(leg, "account")), unit))
            sum = NUM_MAX; /* in two units it doesn't sum at all */
    }
    if (sum != 0)
        return fail(PUMASI_UNPROVED,
                    _("THIS BOOK IS WRONG: record %" PRId64 " doesn't sum to zero. Don't rely on "
                      "it, and tell the ledger's operator."),
                    json_number(first, "index"));

    moved.reversal = json_is_integer(json_object_get(first, "reverses"));
    if (judge(t, &moved) != 0)
        return too_much();

    char *month = x_strndup(json_text(first, "day"), MONTH_LEN);
    const char *const keys[TALLY_KINDS] = {"", month, json_text(first, "category")};
    for (int by = 0; rc == PUMASI_OK && by < TALLY_KINDS; by++) {
        struct tally_row *r = row(t, (enum tally_by)by, unit, keys[by]);

        if (count(&r->sum, &moved) != 0)
            rc = too_much();
        if (!moved.reversal)
            mark_active(t, r);
    }
    free(month);
    json_array_clear(t->legs);
    return rc;
}

int tally_add(struct tally *t, json_t *item)
{
    const json_t *last = json_array_get(t->legs, json_array_size(t->legs) - 1);
    int rc = book_check_posting(item);

    if (rc == PUMASI_OK && last != NULL && json_number(last, "index") != json_number(item, "index"))
        rc = end_record(t);
    if (rc == PUMASI_OK)
        json_array_append(t->legs, item);
    return rc;
}

/* Does the account agree with both books? seq counts its postings without a gap. */
static int settle_account(struct tally_account *a, const struct book *opening,
                          const struct book *closing)
{
    const struct book_account *was = book_find(opening, a->account);
    const struct book_account *is = book_find(closing, a->account);
    int64_t seq = (was != NULL ? was->seq : 0) + a->postings, sum;

    a->opening = was != NULL ? was->balance : 0;
    a->closing = is != NULL ? is->balance : 0;
    if (num_add(a->opening, a->received, &sum) != 0 || num_sub(sum, a->paid, &sum) != 0)
        return too_much();
    if (sum != a->closing || seq != (is != NULL ? is->seq : 0))
        return fail(PUMASI_UNPROVED,
                    _("THIS BOOK IS WRONG: the postings of %s don't lead from its opening balance "
                      "to its closing one. Don't rely on it, and tell the ledger's operator."),
                    a->account);
    return PUMASI_OK;
}

/* What was counted of a unit is what was posted on its accounts, on either side. */
static int check_counted(const struct tally *t, const struct tally_row *total)
{
    const struct tally_sum *s = &total->sum;
    int64_t received = 0, paid = 0, counted = 0;

    for (size_t i = 0; i < t->n_accounts; i++) {
        const struct tally_account *a = &t->accounts[i];

        if (str_eq(book_unit_of(a->account), total->unit) &&
            (num_add(received, a->received, &received) != 0 || num_add(paid, a->paid, &paid) != 0))
            return too_much();
    }
    if (num_add(s->amount, s->reversed, &counted) != 0 ||
        num_add(counted, s->other_amount, &counted) != 0 ||
        num_add(counted, s->other_reversed, &counted) != 0 ||
        num_add(counted, s->coops_amount, &counted) != 0)
        return too_much();
    if (counted != received || counted != paid)
        return fail(PUMASI_UNPROVED, _("What was counted in %s isn't what was posted."),
                    total->unit);
    return PUMASI_OK;
}

static int compare_accounts(const void *one, const void *other)
{
    const struct tally_account *a = one, *b = other;
    int rc = strcmp(book_unit_of(a->account), book_unit_of(b->account));

    if (rc == 0)
        rc = (a->account[0] == '!') - (b->account[0] == '!');
    return rc != 0 ? rc : strcmp(a->account, b->account);
}

static int compare_rows(const void *one, const void *other)
{
    const struct tally_row *a = one, *b = other;
    int rc = strcmp(a->unit, b->unit);

    if (rc == 0)
        rc = (int)a->by - (int)b->by;
    return rc != 0 ? rc : strcmp(a->key, b->key);
}

static int check_sums(const struct book *b)
{
    for (size_t i = 0, end; i < b->n; i = end) {
        int64_t sum;

        end = book_unit_end(b, i);
        if (book_sum(b, i, end, &sum) != 0 || sum != 0)
            return fail(PUMASI_UNPROVED,
                        _("THIS BOOK IS WRONG: the balances of %s in %s don't sum to zero. Don't "
                          "rely on it, and tell the ledger's operator."),
                        b->coop, b->accounts[i].unit);
    }
    return PUMASI_OK;
}

int tally_settle(struct tally *t, const struct book *opening, const struct book *closing)
{
    int rc = end_record(t);

    for (size_t i = 0; i < opening->n; i++)
        (void)account(t, opening->accounts[i].account);
    for (size_t i = 0; i < closing->n; i++)
        (void)account(t, closing->accounts[i].account);
    for (size_t i = 0; rc == PUMASI_OK && i < t->n_accounts; i++)
        rc = settle_account(&t->accounts[i], opening, closing);
    if (rc == PUMASI_OK)
        rc = check_sums(opening);
    if (rc == PUMASI_OK)
        rc = check_sums(closing);
    for (size_t i = 0; rc == PUMASI_OK && i < t->n_rows; i++) {
        if (t->rows[i].by == TALLY_TOTAL)
            rc = check_counted(t, &t->rows[i]);
    }
    json_object_clear(t->places);
    if (t->n_accounts > 0)
        qsort(t->accounts, t->n_accounts, sizeof(*t->accounts), compare_accounts);
    if (t->n_rows > 0)
        qsort(t->rows, t->n_rows, sizeof(*t->rows), compare_rows);
    return rc;
}

const struct tally_row *tally_find(const struct tally *t, enum tally_by by, const char *unit,
                                   const char *key)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        const struct tally_row *r = &t->rows[i];

        if (r->by == by && str_eq(r->unit, unit) && str_eq(r->key, key))
            return r;
    }
    return NULL;
}

int tally_standing(const struct tally *t, const char *unit, bool closing, int64_t *credit,
                   int64_t *debt)
{
    *credit = *debt = 0;
    for (size_t i = 0; i < t->n_accounts; i++) {
        const struct tally_account *a = &t->accounts[i];
        int64_t balance = closing ? a->closing : a->opening;

        if (!str_eq(book_unit_of(a->account), unit))
            continue;
        if ((balance > 0 && num_add(*credit, balance, credit) != 0) ||
            (balance < 0 && num_add(*debt, balance, debt) != 0))
            return -1;
    }
    return 0;
}
