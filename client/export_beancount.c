/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A file for Beancount 2 and 3: beancount.github.io/docs/beancount_language_syntax.html. */
#include <stdlib.h>

#include "client/export.h"
#include "client/export_name.h"
#include "core/date.h"

#define OWN     "Assets"
#define OTHERS  "Equity:Exchange"
#define OPENING "Equity:Opening"

static void put_own(struct buf *b, const struct export *x, const struct export_account *a)
{
    export_beancount_account(b, OWN, a->member, export_name_of(x, a->member));
}

/* The account that stands for the other side where only one side's postings are there. */
static void put_other(struct buf *b, const struct export *x, const char *counterparty)
{
    if (counterparty[0] == '\0')
        buf_puts(b, OTHERS);
    else
        export_beancount_account(b, OTHERS, counterparty, export_name_of(x, counterparty));
}

static void put_amount(struct buf *b, int64_t amount, const struct profile_unit *u)
{
    export_number(b, amount, u);
    buf_putc(b, ' ');
    export_beancount_commodity(b, u);
}

static void put_name(struct buf *b, const char *name)
{
    buf_puts(b, "  name: ");
    export_beancount_text(b, name);
    buf_putc(b, '\n');
}

static void put_units(struct buf *b, const struct export *x, int32_t first)
{
    for (size_t i = 0; i < x->n_units; i++) {
        const struct profile_unit *u = &x->units[i];

        buf_puts(b, "option \"operating_currency\" \"");
        export_beancount_commodity(b, u);
        buf_puts(b, "\"\n");
    }
    for (size_t i = 0; i < x->n_units; i++) {
        const struct profile_unit *u = &x->units[i];

        export_day(b, first);
        buf_puts(b, " commodity ");
        export_beancount_commodity(b, u);
        buf_putc(b, '\n');
        put_name(b, u->name != NULL ? u->name : u->unit);
        if (export_is_decimal(u))
            continue;
        export_day(b, first);
        buf_puts(b, " commodity ");
        export_beancount_unit(b, u->unit);
        buf_putc(b, '\n');
        export_day(b, first);
        buf_puts(b, " price ");
        export_beancount_commodity(b, u);
        buf_putc(b, ' ');
        export_fraction(b, u);
        buf_putc(b, ' ');
        export_beancount_unit(b, u->unit);
        buf_putc(b, '\n');
    }
}

/* Opens an account unless it is open already; `what` is its name, and is cleared. */
static void put_open(struct buf *b, const struct export *x, json_t *opened, struct buf *what,
                     const char *member)
{
    const char *name = export_name_of(x, member);

    if (json_object_get(opened, what->data) == NULL) {
        json_object_set_new(opened, what->data, json_true());
        export_day(b, export_first_day(x));
        buf_puts(b, " open ");
        buf_put(b, what->data, what->len);
        buf_putc(b, '\n');
        if (member[0] != '\0') {
            buf_puts(b, "  member: ");
            export_beancount_text(b, member);
            buf_putc(b, '\n');
        }
        if (name != NULL)
            put_name(b, name);
    }
    buf_clear(what);
}

static void put_accounts(struct buf *b, const struct export *x)
{
    json_t *opened = json_object();
    struct buf what = BUF_INIT;

    for (size_t i = 0; i < x->n_accounts; i++) {
        put_own(&what, x, &x->accounts[i]);
        put_open(b, x, opened, &what, x->accounts[i].member);
    }
    for (size_t i = 0; x->book == NULL && i < x->n; i++) {
        put_other(&what, x, x->postings[i].counterparty);
        put_open(b, x, opened, &what, x->postings[i].counterparty);
    }
    if (x->has_from) {
        export_day(b, x->from);
        buf_puts(b, " open " OPENING "\n");
    }
    json_decref(opened);
    buf_free(&what);
}

static void put_line(struct buf *b, int64_t amount, const struct profile_unit *u)
{
    buf_puts(b, "  ");
    put_amount(b, amount, u);
    buf_putc(b, '\n');
}

static void put_opening(struct buf *b, const struct export *x)
{
    bool begun = false;

    for (size_t i = 0; i < x->n_accounts; i++) {
        const struct export_account *a = &x->accounts[i];

        if (a->opening == 0)
            continue;
        if (!begun) {
            buf_putc(b, '\n');
            export_day(b, x->from);
            buf_printf(b, " * \"%s\"\n", _("opening balances"));
        }
        begun = true;
        buf_puts(b, "  ");
        put_own(b, x, a);
        put_line(b, a->opening, a->unit);
        /* A book's sum to zero by themselves. */
        if (x->book == NULL) {
            buf_puts(b, "  " OPENING);
            put_line(b, -a->opening, a->unit);
        }
    }
}

/* What stands on an account when a day begins, to the last minor unit. */
static void put_balance(struct buf *b, const struct export *x, const struct export_account *a,
                        int32_t day, int64_t balance)
{
    export_day(b, day);
    buf_puts(b, " balance ");
    put_own(b, x, a);
    buf_puts(b, "  ");
    export_number(b, balance, a->unit);
    buf_puts(b, " ~ 0 ");
    export_beancount_commodity(b, a->unit);
    buf_putc(b, '\n');
}

static void put_text(struct buf *b, const char *key, const char *value)
{
    buf_printf(b, "  %s: ", key);
    export_beancount_text(b, value);
    buf_putc(b, '\n');
}

static void put_number(struct buf *b, const char *key, int64_t number)
{
    buf_puts(b, "  ");
    buf_puts(b, key);
    buf_puts(b, ": ");
    buf_put_i64(b, number);
    buf_putc(b, '\n');
}

static void put_head(struct buf *b, const struct export *x, const struct export_posting *p)
{
    const char *name = export_name_of(x, p->counterparty);
    struct buf payee = BUF_INIT;
    char time[TIME_LEN + 1];

    buf_putc(b, '\n');
    export_day(b, p->day);
    buf_puts(b, " * ");
    buf_printf(&payee, name != NULL ? "%s (%s)" : "%s%s", name != NULL ? name : "",
               p->counterparty);
    export_beancount_text(b, payee.data);
    buf_free(&payee);
    buf_putc(b, ' ');
    export_beancount_text(b, p->memo);
    if (p->category[0] != '\0')
        buf_printf(b, " #%s", p->category);
    buf_putc(b, '\n');
    put_number(b, "record", p->index);
    time_text(time, p->ms);
    put_text(b, "time", time);
    if (p->has_value_date) {
        buf_puts(b, "  value-date: ");
        export_day(b, p->value_date);
        buf_putc(b, '\n');
    }
    if (!str_eq(p->signed_by, "member"))
        put_text(b, "signed-by", p->signed_by);
    if (p->reverses >= 0)
        put_number(b, "reverses", p->reverses);
    if (p->request >= 0)
        put_number(b, "request", p->request);
    if (p->forced)
        put_text(b, "forced", "yes");
}

static void put_leg(struct buf *b, const struct export *x, const struct export_posting *p)
{
    const struct export_account *a = &x->accounts[p->account];

    buf_puts(b, "  ");
    put_own(b, x, a);
    put_line(b, p->amount, a->unit);
    if (x->book == NULL) {
        buf_puts(b, "  ");
        put_other(b, x, p->counterparty);
        put_line(b, -p->amount, a->unit);
    }
}

/* The postings from..to are of one day: what they leave on each account that they touch. */
static void put_day_balances(struct buf *b, const struct export *x, size_t from, size_t to,
                             int64_t *last, bool *touched)
{
    int32_t day = x->postings[from].day + 1;

    buf_putc(b, '\n');
    for (size_t i = from; i < to; i++) {
        last[x->postings[i].account] = x->postings[i].balance;
        touched[x->postings[i].account] = true;
    }
    for (size_t i = from; i < to; i++) {
        size_t account = x->postings[i].account;

        if (touched[account])
            put_balance(b, x, &x->accounts[account], day, last[account]);
        touched[account] = false;
    }
}

static void put_postings(struct buf *b, const struct export *x)
{
    int64_t *last = x_calloc(x->n_accounts + 1, sizeof(*last));
    bool *touched = x_calloc(x->n_accounts + 1, sizeof(*touched));
    size_t day = 0;

    for (size_t i = 0; i < x->n; i++) {
        const struct export_posting *p = &x->postings[i];

        /* All legs that a record has in a book are one transaction. */
        if (i == 0 || x->book == NULL || p->index != x->postings[i - 1].index)
            put_head(b, x, p);
        put_leg(b, x, p);
        if (i + 1 < x->n && x->postings[i + 1].day != p->day) {
            put_day_balances(b, x, day, i + 1, last, touched);
            day = i + 1;
        }
    }
    free(last);
    free(touched);
}

void export_beancount(struct buf *b, const struct export *x)
{
    int32_t first = export_first_day(x), last = x->n > 0 ? x->postings[x->n - 1].day : first;

    export_heading(b, x);
    buf_puts(b, "\noption \"title\" ");
    export_beancount_text(b, x->book != NULL     ? x->book
                             : x->n_accounts > 0 ? x->accounts[0].member
                                                 : "Pumasi");
    buf_putc(b, '\n');
    put_units(b, x, first);
    put_accounts(b, x);
    if (x->has_from)
        put_opening(b, x);
    put_postings(b, x);
    /* The last day's, and of those accounts that nothing was posted on. */
    buf_putc(b, '\n');
    for (size_t i = 0; i < x->n_accounts; i++)
        put_balance(b, x, &x->accounts[i], last + 1, x->accounts[i].closing);
}
