/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A journal for hledger: hledger.org/hledger.html, "journal format". */
#include <inttypes.h>
#include <string.h>

#include "client/export.h"
#include "client/export_name.h"
#include "core/date.h"

#define OWN     "assets"
#define OTHERS  "equity:exchange"
#define OPENING "equity:opening"

static void put_amount(struct buf *b, int64_t amount, const struct profile_unit *u)
{
    export_number(b, amount, u);
    buf_putc(b, ' ');
    export_hledger_commodity(b, u);
}

/* An account of those that are exported. */
static void put_own(struct buf *b, const struct export *x, const struct export_account *a)
{
    export_hledger_account(b, OWN, a->member, export_name_of(x, a->member));
}

/* The account that stands for the other side where only one side's postings are there. */
static void put_other(struct buf *b, const struct export *x, const char *counterparty)
{
    if (counterparty[0] == '\0')
        buf_puts(b, OTHERS);
    else
        export_hledger_account(b, OTHERS, counterparty, export_name_of(x, counterparty));
}

static void put_payee(struct buf *b, const struct export *x, const char *counterparty)
{
    const char *name = export_name_of(x, counterparty);

    if (name == NULL) {
        export_hledger_text(b, counterparty[0] != '\0' ? counterparty : "ledger");
        return;
    }
    export_hledger_text(b, name);
    buf_puts(b, " (");
    export_hledger_text(b, counterparty);
    buf_putc(b, ')');
}

static void put_units(struct buf *b, const struct export *x, int32_t first)
{
    for (size_t i = 0; i < x->n_units; i++) {
        const struct profile_unit *u = &x->units[i];
        bool decimal = export_is_decimal(u);
        struct buf n = BUF_INIT;

        export_number(&n, 0, u);
        buf_printf(b, "commodity 1000%s ", decimal && n.len > 1 ? n.data + 1 : ".");
        export_hledger_commodity(b, u);
        buf_putc(b, '\n');
        buf_free(&n);
        if (decimal)
            continue;
        buf_puts(b, "commodity 1000.00 ");
        export_hledger_unit(b, u->unit);
        buf_puts(b, "\nP ");
        export_day(b, first);
        buf_putc(b, ' ');
        export_hledger_commodity(b, u);
        buf_putc(b, ' ');
        export_fraction(b, u);
        buf_putc(b, ' ');
        export_hledger_unit(b, u->unit);
        buf_putc(b, '\n');
    }
}

/* Adds a line "<directive><what was appended since>" unless it is there already. */
static void declare(struct buf *b, json_t *declared, const char *directive, struct buf *what)
{
    if (json_object_get(declared, what->data) == NULL) {
        json_object_set_new(declared, what->data, json_true());
        buf_printf(b, "%s %s\n", directive, what->data);
    }
    buf_clear(what);
}

static void put_declarations(struct buf *b, const struct export *x)
{
    json_t *declared = json_object();
    struct buf what = BUF_INIT;

    for (size_t i = 0; i < x->n_accounts; i++) {
        put_own(&what, x, &x->accounts[i]);
        declare(b, declared, "account", &what);
    }
    for (size_t i = 0; x->book == NULL && i < x->n; i++) {
        put_other(&what, x, x->postings[i].counterparty);
        declare(b, declared, "account", &what);
    }
    if (x->has_from) {
        buf_puts(&what, OPENING);
        declare(b, declared, "account", &what);
        buf_puts(&what, _("opening balances"));
        declare(b, declared, "payee", &what);
    }
    for (size_t i = 0; i < x->n; i++) {
        put_payee(&what, x, x->postings[i].counterparty);
        declare(b, declared, "payee", &what);
    }
    json_decref(declared);
    buf_free(&what);
}

static void put_opening(struct buf *b, const struct export *x)
{
    bool begun = false;

    for (size_t u = 0; u < x->n_units; u++) {
        int64_t sum = 0;

        for (size_t i = 0; i < x->n_accounts; i++) {
            const struct export_account *a = &x->accounts[i];

            if (a->unit != &x->units[u] || a->opening == 0)
                continue;
            if (!begun) {
                buf_putc(b, '\n');
                export_day(b, x->from);
                buf_printf(b, " * %s\n", _("opening balances"));
            }
            begun = true;
            sum = x->book != NULL ? 0 : -a->opening; /* a book's sum to zero by themselves */
            buf_puts(b, "    ");
            put_own(b, x, a);
            buf_puts(b, "  ");
            put_amount(b, a->opening, a->unit);
            buf_puts(b, " = ");
            put_amount(b, a->opening, a->unit);
            buf_putc(b, '\n');
        }
        if (sum != 0) {
            buf_puts(b, "    " OPENING "  ");
            put_amount(b, sum, &x->units[u]);
            buf_putc(b, '\n');
        }
    }
}

static void put_tags(struct buf *b, const struct export_posting *p)
{
    char time[TIME_LEN + 1];

    time_text(time, p->ms);
    buf_printf(b, "  ; record:%" PRId64 ", time:%s", p->index, time);
    if (p->category[0] != '\0')
        buf_printf(b, ", category:%s", p->category);
    if (!str_eq(p->signed_by, "member")) {
        buf_puts(b, ", signed-by:");
        export_hledger_text(b, p->signed_by);
    }
    if (p->reverses >= 0)
        buf_printf(b, ", reverses:%" PRId64, p->reverses);
    if (p->request >= 0)
        buf_printf(b, ", request:%" PRId64, p->request);
    if (p->forced)
        buf_puts(b, ", forced:yes");
}

/* The first line of a record. */
static void put_head(struct buf *b, const struct export *x, const struct export_posting *p)
{
    buf_putc(b, '\n');
    export_day(b, p->day);
    if (p->has_value_date) {
        buf_putc(b, '=');
        export_day(b, p->value_date);
    }
    buf_printf(b, " * (%" PRId64 ") ", p->index);
    put_payee(b, x, p->counterparty);
    if (p->memo[0] != '\0') {
        buf_puts(b, " | ");
        export_hledger_text(b, p->memo);
    }
    put_tags(b, p);
    buf_putc(b, '\n');
}

static void put_leg(struct buf *b, const struct export *x, const struct export_posting *p)
{
    const struct export_account *a = &x->accounts[p->account];

    buf_puts(b, "    ");
    put_own(b, x, a);
    buf_puts(b, "  ");
    put_amount(b, p->amount, a->unit);
    buf_puts(b, " = ");
    put_amount(b, p->balance, a->unit);
    buf_putc(b, '\n');
    if (x->book == NULL) {
        buf_puts(b, "    ");
        put_other(b, x, p->counterparty);
        buf_puts(b, "  ");
        put_amount(b, -p->amount, a->unit);
        buf_putc(b, '\n');
    }
}

void export_hledger(struct buf *b, const struct export *x)
{
    export_heading(b, x);
    buf_puts(b, "\ndecimal-mark .\n");
    put_units(b, x, export_first_day(x));
    put_declarations(b, x);
    if (x->has_from)
        put_opening(b, x);
    for (size_t i = 0; i < x->n; i++) {
        const struct export_posting *p = &x->postings[i];

        /* All legs that a record has in a book are one transaction. */
        if (i == 0 || x->book == NULL || p->index != x->postings[i - 1].index)
            put_head(b, x, p);
        put_leg(b, x, p);
    }
}
