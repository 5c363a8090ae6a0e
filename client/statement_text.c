/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A statement on a terminal, as a bank prints one: in 80 columns, unless amounts are huge. */
#include <inttypes.h>
#include <stdlib.h>

#include "client/say.h"
#include "client/statement_view.h"
#include "client/wrap.h"
#include "core/date.h"
#include "core/text.h"

#define WIDTH       80
#define LABEL_WIDTH 9
#define LEAST_ROOM  24 /* of the last column */
#define GAP         2

#define BOLD  "\x1b[1m"
#define RED   "\x1b[31m"
#define ALARM "\x1b[1;41;97m"
#define RESET "\x1b[0m"

struct sheet_text {
    struct buf *b;
    const struct statement_view *v;
    bool colour, value_dates;
    size_t day_width, amount_width, balance_width, last; /* where the last column begins */
};

static void put_coloured(const struct sheet_text *t, const char *colour, const char *s)
{
    buf_puts(t->b, t->colour ? colour : "");
    buf_puts(t->b, s);
    buf_puts(t->b, t->colour ? RESET : "");
}

static void pad(struct buf *b, size_t n)
{
    buf_printf(b, "%*s", (int)n, "");
}

/* A cell of `width` columns and the gap after it. */
static void put_left(const struct sheet_text *t, const char *s, size_t width)
{
    size_t w = text_width(s);

    buf_puts(t->b, s);
    pad(t->b, (w < width ? width - w : 0) + GAP);
}

static void put_right(const struct sheet_text *t, const char *s, size_t width)
{
    size_t w = text_width(s);

    pad(t->b, w < width ? width - w : 0);
    /* Debts and what was paid stand out, as in every table here. */
    if (s[0] == '-')
        put_coloured(t, RED, s);
    else
        buf_puts(t->b, s);
    pad(t->b, GAP);
}

static void put_wrapped(const struct sheet_text *t, const char *s, size_t indent)
{
    char *safe = say_safe(s);

    wrap_put(t->b, safe, indent, indent + LEAST_ROOM > WIDTH ? indent + LEAST_ROOM : WIDTH);
    free(safe);
}

static void put_fact(const struct sheet_text *t, const char *label, const char *value)
{
    put_left(t, label, LABEL_WIDTH);
    put_wrapped(t, value, LABEL_WIDTH + GAP);
}

static void day_or_none(char out[DATE_LEN + 1], bool there, int32_t day)
{
    if (there)
        date_text(out, day);
    else
        str_copy(out, DATE_LEN + 1, "");
}

/* --- the entries --- */

static void widen(size_t *width, char *text)
{
    size_t w = text_width(text);

    if (w > *width)
        *width = w;
    free(text);
}

static void measure(struct sheet_text *t)
{
    const struct statement_view *v = t->v;
    size_t title = text_width(_("Booked"));

    t->day_width = title > DATE_LEN ? title : DATE_LEN;
    t->amount_width = text_width(_("Amount"));
    t->balance_width = text_width(_("Balance"));
    widen(&t->balance_width, view_amount(v, v->opening.balance, false));
    widen(&t->balance_width, view_amount(v, v->closing.balance, false));
    widen(&t->amount_width, view_amount(v, v->in, true));
    widen(&t->amount_width, view_amount(v, v->out == 0 ? 0 : -v->out, true));
    for (size_t i = 0; i < v->n_rows; i++) {
        widen(&t->amount_width, view_amount(v, v->rows[i].amount, true));
        widen(&t->balance_width, view_amount(v, v->rows[i].balance, false));
        if (v->rows[i].has_value_date)
            t->value_dates = true;
    }
    t->last = (t->day_width + GAP) * (t->value_dates ? 2 : 1) + t->amount_width + GAP +
              t->balance_width + GAP;
}

static void put_head(const struct sheet_text *t)
{
    buf_puts(t->b, t->colour ? BOLD : "");
    put_left(t, _("Booked"), t->day_width);
    if (t->value_dates)
        put_left(t, _("For"), t->day_width);
    put_right(t, _("Amount"), t->amount_width);
    put_right(t, _("Balance"), t->balance_width);
    buf_puts(t->b, _("With"));
    buf_puts(t->b, t->colour ? RESET "\n" : "\n");
}

/* What stood there before and after. */
static void put_stand(const struct sheet_text *t, const char *what, int64_t balance)
{
    char *text = view_amount(t->v, balance, false);

    pad(t->b, (t->day_width + GAP) * (t->value_dates ? 2 : 1) + t->amount_width + GAP);
    put_right(t, text, t->balance_width);
    put_coloured(t, BOLD, what);
    buf_putc(t->b, '\n');
    free(text);
}

static void put_sum(const struct sheet_text *t, const char *what, int64_t amount)
{
    char *text = view_amount(t->v, amount, true);

    pad(t->b, (t->day_width + GAP) * (t->value_dates ? 2 : 1));
    put_right(t, text, t->amount_width);
    pad(t->b, t->balance_width + GAP);
    put_coloured(t, BOLD, what);
    buf_putc(t->b, '\n');
    free(text);
}

/* A further line of an entry, in the last column. */
static void put_more(const struct sheet_text *t, const char *s)
{
    pad(t->b, t->last);
    put_wrapped(t, s, t->last);
}

static void put_row(const struct sheet_text *t, const struct view_row *r)
{
    char *amount = view_row_amount(t->v, r, true), *balance = view_row_balance(t->v, r);
    char day[DATE_LEN + 1], value_date[DATE_LEN + 1];
    struct buf rest = BUF_INIT;

    day_or_none(day, r->has_day, r->day);
    day_or_none(value_date, r->has_value_date, r->value_date);
    put_left(t, day, t->day_width);
    if (t->value_dates)
        put_left(t, value_date, t->day_width);
    put_right(t, amount, t->amount_width);
    put_right(t, balance, t->balance_width);
    put_wrapped(t, view_counterparty(t->v, r), t->last);
    if (r->faulty) {
        pad(t->b, t->last);
        put_coloured(t, ALARM, _("NOT PROVED: this entry failed"));
        buf_putc(t->b, '\n');
    }
    if (r->memo[0] != '\0')
        put_more(t, r->memo);
    else if (r->memo_missing)
        put_more(t, _("(its memo isn't in the file)"));
    buf_printf(&rest, _("record %" PRId64), r->index);
    if (r->category[0] != '\0')
        buf_printf(&rest, "; %s", r->category);
    if (r->remarks[0] != '\0')
        buf_printf(&rest, "; %s", r->remarks);
    if (r->signer[0] != '\0') {
        buf_puts(&rest, "; ");
        buf_printf(&rest, _("signed by %s"), r->signer);
    }
    put_more(t, rest.data);
    buf_free(&rest);
    free(amount);
    free(balance);
}

static void put_entries(struct sheet_text *t)
{
    const struct statement_view *v = t->v;

    measure(t);
    put_head(t);
    put_stand(t, _("Opening balance"), v->opening.balance);
    for (size_t i = 0; i < v->n_rows; i++)
        put_row(t, &v->rows[i]);
    if (v->n_rows == 0) {
        pad(t->b, t->last);
        put_wrapped(t, _("Nothing was booked on these days."), t->last);
    }
    put_stand(t, _("Closing balance"), v->closing.balance);
    put_sum(t, _("Came in"), v->in);
    put_sum(t, _("Went out"), v->out == 0 ? 0 : -v->out);
}

/* --- around them --- */

static void put_findings(const struct sheet_text *t, enum statement_mark mark, const char *bullet)
{
    size_t from, end;

    view_findings(t->v, mark, &from, &end);
    if (from == end)
        return;
    buf_putc(t->b, '\n');
    put_coloured(t, mark == MARK_FAILED ? ALARM : BOLD, view_heading(t->v, mark));
    buf_putc(t->b, '\n');
    for (; from < end; from++) {
        put_left(t, bullet, 1);
        put_wrapped(t, t->v->findings[from].text, 1 + GAP);
    }
}

static void put_summary(const struct sheet_text *t)
{
    bool failed = t->v->result == VIEW_FAILED;

    if (t->colour)
        buf_puts(t->b, failed ? ALARM : BOLD);
    put_wrapped(t, view_summary(t->v), 0);
    if (t->colour)
        buf_puts(t->b, RESET);
}

static void put_facts(const struct sheet_text *t)
{
    const struct statement_view *v = t->v;
    char from[DATE_LEN + 1], to[DATE_LEN + 1], made[TIME_LEN + 1];
    char *unit = view_unit(v), *local, *period;

    date_text(from, v->from);
    date_text(to, v->to);
    time_text(made, v->made);
    local = say_time(made);
    period = v->zone[0] == '\0' ? x_asprintf(_("%s to %s"), from, to)
                                : x_asprintf(_("%s to %s, days in %s"), from, to, v->zone);
    put_fact(t, _("account"), v->member);
    put_fact(t, _("unit"), unit);
    put_fact(t, _("period"), period);
    put_fact(t, _("made"), local);
    if (v->ledger_name[0] != '\0')
        put_fact(t, _("ledger"), v->ledger_name);
    put_fact(t, _("id"), v->ledger_id);
    put_fact(t, _("log key"), v->log_kid.s);
    free(unit);
    free(local);
    free(period);
}

void view_put_text(struct buf *b, const struct statement_view *v, bool colour)
{
    struct sheet_text t = {.b = b, .v = v, .colour = colour};

    if (v->result != VIEW_PROVED) {
        put_summary(&t);
        put_findings(&t, MARK_FAILED, "!");
        buf_putc(b, '\n');
    }
    put_coloured(&t, BOLD, _("Statement of account"));
    buf_puts(b, "\n\n");
    put_facts(&t);
    buf_putc(b, '\n');
    put_entries(&t);
    put_findings(&t, MARK_PROVED, "+");
    put_findings(&t, MARK_NOT_SHOWN, "-");
    /* Once more at the end, which is what one sees of a long one. */
    buf_putc(b, '\n');
    put_summary(&t);
}
