/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A statement as one page, for a screen, a phone and A4. client/statement.css is how it looks. */
#include <inttypes.h>
#include <stdlib.h>

#include "client/html.h"
#include "client/say.h"
#include "client/statement_view.h"
#include "core/date.h"

#define MINUS "\xe2\x88\x92" /* U+2212, as long as a plus */

/* "31 March 2026", as the reader's language has it. The caller frees it. */
static char *long_day(int32_t day)
{
    static const char *const months[] = {
        N_("January"),   N_("February"), N_("March"),    N_("April"),
        N_("May"),       N_("June"),     N_("July"),     N_("August"),
        N_("September"), N_("October"),  N_("November"), N_("December"),
    };
    char text[DATE_LEN + 1];
    int part[3] = {0};

    date_text(text, day);
    for (int i = 0, at = 0; text[i] != '\0'; i++) {
        if (text[i] == '-')
            at++;
        else
            part[at] = part[at] * 10 + (text[i] - '0');
    }
    /* Translators: a date: 1 the day, 2 the month's name, 3 the year. */
    return x_asprintf(_("%1$d %2$s %3$d"), part[2], _(months[part[1] - 1]), part[0]);
}

/* "1 January 2026 to 31 March 2026". The caller frees it. */
static char *long_period(const struct statement_view *v)
{
    char *from = long_day(v->from), *to = long_day(v->to);
    char *period = v->from == v->to ? x_strdup(from) : x_asprintf(_("%s to %s"), from, to);

    free(from);
    free(to);
    return period;
}

static void put_number(struct buf *b, const struct statement_view *v, int64_t amount)
{
    char *text = view_amount(v, amount, false);

    buf_puts(b, text[0] == '-' ? MINUS : "");
    html_text(b, text + (text[0] == '-'));
    free(text);
}

static void put_cell(struct buf *b, const char *class, const char *label, const char *s)
{
    buf_printf(b, "<td class=\"%s\"", class);
    if (label != NULL) {
        buf_puts(b, " data-label=\"");
        html_text(b, label);
        buf_putc(b, '"');
    }
    buf_putc(b, '>');
    html_text(b, s);
    buf_puts(b, "</td>");
}

static void put_amount_cell(struct buf *b, const struct statement_view *v, const char *class,
                            const char *label, int64_t amount)
{
    buf_printf(b, "<td class=\"num %s\" data-label=\"", class);
    html_text(b, label);
    buf_puts(b, "\">");
    put_number(b, v, amount);
    buf_puts(b, "</td>");
}

/* --- above the entries --- */

static void put_findings(struct buf *b, const struct statement_view *v, enum statement_mark mark,
                         const char *class)
{
    size_t from, end;

    view_findings(v, mark, &from, &end);
    if (from == end)
        return;
    html_element(b, "h2", NULL, view_heading(v, mark));
    buf_printf(b, "\n<ul class=\"findings %s\">\n", class);
    for (; from < end; from++) {
        html_element(b, "li", NULL, v->findings[from].text);
        buf_putc(b, '\n');
    }
    buf_puts(b, "</ul>\n");
}

/* First of all, and not to be overlooked. */
static void put_alarm(struct buf *b, const struct statement_view *v)
{
    buf_puts(b, "<section class=\"alarm\" role=\"alert\">\n");
    html_element(b, "strong", NULL, view_summary(v));
    buf_putc(b, '\n');
    put_findings(b, v, MARK_FAILED, "wrong");
    buf_puts(b, "</section>\n");
}

static void put_fact(struct buf *b, const char *label, const char *value, const char *tag)
{
    html_element(b, "dt", NULL, label);
    buf_puts(b, "<dd>");
    html_element(b, tag, NULL, value);
    buf_puts(b, "</dd>\n");
}

static char *moment(int64_t ms)
{
    char text[TIME_LEN + 1];

    time_text(text, ms);
    return say_time(text);
}

static void put_facts(struct buf *b, const struct statement_view *v)
{
    char *unit = view_unit(v), *made = moment(v->made), *period = long_period(v);

    buf_puts(b, "<dl class=\"facts\">\n");
    put_fact(b, _("Account"), v->member, "strong");
    put_fact(b, _("Unit"), unit, "span");
    put_fact(b, _("Period"), period, "strong");
    if (v->zone[0] != '\0')
        put_fact(b, _("Days in"), v->zone, "span");
    put_fact(b, _("Made"), made, "span");
    if (v->ledger_name[0] != '\0')
        put_fact(b, _("Ledger"), v->ledger_name, "strong");
    put_fact(b, _("Id of the ledger"), v->ledger_id, "code");
    buf_puts(b, "</dl>\n");
    free(unit);
    free(made);
    free(period);
}

static void put_sum(struct buf *b, const struct statement_view *v, const char *label,
                    int64_t amount)
{
    buf_puts(b, "<div>");
    html_element(b, "dt", NULL, label);
    buf_puts(b, "<dd>");
    put_number(b, v, amount);
    buf_puts(b, "</dd></div>\n");
}

static void put_sums(struct buf *b, const struct statement_view *v)
{
    buf_puts(b, "<dl class=\"sums\">\n");
    put_sum(b, v, _("Opening balance"), v->opening.balance);
    put_sum(b, v, _("Came in"), v->in);
    put_sum(b, v, _("Went out"), v->out);
    put_sum(b, v, _("Closing balance"), v->closing.balance);
    buf_puts(b, "</dl>\n");
}

/* --- the entries --- */

struct entries {
    struct buf *b;
    const struct statement_view *v;
    bool value_dates; /* a column for them only where there are some */
    int columns;
};

/* What each printed page begins with: whose entries they are, and whether one may rely on them. */
static void put_band(const struct entries *e)
{
    char *unit = view_unit(e->v), *period = long_period(e->v);

    buf_printf(e->b, "<tr class=\"band\"><th colspan=\"%d\">", e->columns);
    if (e->v->result != VIEW_PROVED)
        html_element(e->b, "span", "wrong", view_summary(e->v));
    html_text(e->b, e->v->member);
    buf_puts(e->b, " · ");
    html_text(e->b, unit);
    buf_puts(e->b, " · ");
    html_text(e->b, period);
    buf_puts(e->b, "</th></tr>\n");
    free(unit);
    free(period);
}

static void put_title(const struct entries *e, const char *class, const char *title)
{
    buf_printf(e->b, "<th scope=\"col\" class=\"%s\">", class);
    html_text(e->b, title);
    buf_puts(e->b, "</th>");
}

static void put_head(const struct entries *e)
{
    buf_puts(e->b, "<table class=\"entries\">\n");
    html_element(e->b, "caption", NULL, _("What was booked"));
    buf_puts(e->b, "\n<thead>\n");
    put_band(e);
    buf_puts(e->b, "<tr>");
    put_title(e, "no", _("Record"));
    put_title(e, "day", _("Booked"));
    if (e->value_dates)
        put_title(e, "for", _("For"));
    put_title(e, "what", _("With"));
    put_title(e, "num", _("Went out"));
    put_title(e, "num", _("Came in"));
    put_title(e, "num", _("Balance"));
    buf_puts(e->b, "</tr>\n</thead>\n<tbody>\n");
}

static void put_stand(const struct entries *e, const char *what, int64_t balance)
{
    buf_printf(e->b, "<tr class=\"stand\"><td colspan=\"%d\">", e->columns - 1);
    html_text(e->b, what);
    buf_puts(e->b, "</td><td class=\"num balance\">");
    put_number(e->b, e->v, balance);
    buf_puts(e->b, "</td></tr>\n");
}

/* With whom, who signed, what for. */
static void put_what(struct buf *b, const struct statement_view *v, const struct view_row *r)
{
    struct buf more = BUF_INIT;

    if (r->category[0] != '\0')
        buf_printf(&more, "· %s ", r->category);
    if (r->remarks[0] != '\0')
        buf_printf(&more, "· %s ", r->remarks);
    if (r->signer[0] != '\0') {
        buf_puts(&more, "· ");
        buf_printf(&more, _("signed by %s"), r->signer);
    }
    buf_puts(b, "<td class=\"what\">");
    if (r->faulty)
        html_element(b, "span", "fault", _("NOT PROVED: this entry failed"));
    html_element(b, "bdi", "with", view_counterparty(v, r));
    if (more.len > 0) {
        buf_putc(b, ' ');
        html_element(b, "span", "more", more.data);
    }
    if (r->memo[0] != '\0') {
        buf_puts(b, "<div><bdi>");
        html_text(b, r->memo);
        buf_puts(b, "</bdi></div>");
    } else if (r->memo_missing) {
        html_element(b, "div", "more", _("(its memo isn't in the file)"));
    }
    buf_free(&more);
    buf_puts(b, "</td>");
}

static void put_row(const struct entries *e, const struct view_row *r)
{
    char day[DATE_LEN + 1] = "", value_date[DATE_LEN + 1] = "";
    char *index = x_asprintf("%" PRId64, r->index);

    if (r->has_day)
        date_text(day, r->day);
    if (r->has_value_date)
        date_text(value_date, r->value_date);
    buf_puts(e->b, r->faulty ? "<tr class=\"bad\">" : "<tr>");
    put_cell(e->b, "no", NULL, index);
    put_cell(e->b, "day", NULL, day);
    if (e->value_dates)
        put_cell(e->b, "for", _("For"), value_date);
    put_what(e->b, e->v, r);
    if (!r->has_posting) {
        buf_puts(e->b, "<td class=\"num\" colspan=\"3\">?</td>");
    } else if (r->amount < 0) {
        put_amount_cell(e->b, e->v, "out", _("Went out"), -r->amount);
        buf_puts(e->b, "<td class=\"num in\"></td>");
    } else {
        buf_puts(e->b, "<td class=\"num out\"></td>");
        put_amount_cell(e->b, e->v, "in", _("Came in"), r->amount);
    }
    if (r->has_posting)
        put_amount_cell(e->b, e->v, "balance", _("Balance"), r->balance);
    buf_puts(e->b, "</tr>\n");
    free(index);
}

static void put_entries(struct buf *b, const struct statement_view *v)
{
    struct entries e = {.b = b, .v = v};

    for (size_t i = 0; i < v->n_rows; i++)
        e.value_dates = e.value_dates || v->rows[i].has_value_date;
    e.columns = e.value_dates ? 7 : 6;
    put_head(&e);
    put_stand(&e, _("Opening balance"), v->opening.balance);
    for (size_t i = 0; i < v->n_rows; i++)
        put_row(&e, &v->rows[i]);
    if (v->n_rows == 0) {
        buf_printf(b, "<tr class=\"none\"><td colspan=\"%d\">", e.columns);
        html_text(b, _("Nothing was booked on these days."));
        buf_puts(b, "</td></tr>\n");
    }
    buf_printf(b, "<tr class=\"stand\"><td colspan=\"%d\">", e.columns - 3);
    html_text(b, _("Sum"));
    buf_puts(b, "</td>");
    put_amount_cell(b, v, "out", _("Went out"), v->out);
    put_amount_cell(b, v, "in", _("Came in"), v->in);
    buf_puts(b, "<td></td></tr>\n");
    put_stand(&e, _("Closing balance"), v->closing.balance);
    buf_puts(b, "</tbody>\n</table>\n");
}

/* --- below them --- */

/* What one needs to check the file oneself; this page may have been written by anybody. */
static void put_pin(struct buf *b, const struct statement_view *v)
{
    char *checked = moment(v->checked);

    buf_puts(b, "<section class=\"pin\">\n");
    if (v->pin[0] != '\0') {
        buf_puts(b, "<div>");
        html_qr(b, v->pin, _("The ledger's id and log key as a QR code"));
        buf_puts(b, "</div>\n");
    }
    buf_puts(b, "<div>\n");
    html_element(b, "h2", NULL, _("Check it yourself"));
    buf_puts(b, "<p>");
    html_text(b,
              _("This page proves nothing by itself: anybody could have written it. The file that "
                "it was made from does, with no network. To check it, one needs the ledger's id "
                "and its log key, from somebody one trusts and not from this page."));
    buf_puts(b, "</p>\n<p><code>pumasi verify ");
    html_text(b, _("FILE"));
    buf_puts(b, "</code></p>\n<dl class=\"facts\">\n");
    put_fact(b, _("Log key"), v->log_kid.s, "code");
    if (v->pin[0] != '\0')
        put_fact(b, _("To be pinned"), v->pin, "code");
    put_fact(b, _("SHA-256 of the file"), v->file_hash, "code");
    put_fact(b, _("Checked"), checked, "span");
    buf_puts(b, "</dl>\n</div>\n</section>\n");
    free(checked);
}

void view_put_html(struct buf *b, const struct statement_view *v)
{
    char *period = long_period(v);
    char *title = x_asprintf(_("Statement of account %s, %s, %s"), v->member, v->unit_name, period);

    html_begin(b, title, statement_css, view_result_name(v->result));
    buf_puts(b, "<main>\n");
    if (v->result != VIEW_PROVED)
        put_alarm(b, v);
    html_element(b, "h1", NULL, _("Statement of account"));
    buf_putc(b, '\n');
    put_facts(b, v);
    put_sums(b, v);
    if (v->result == VIEW_PROVED)
        html_element(b, "p", "verdict", view_summary(v));
    buf_putc(b, '\n');
    put_entries(b, v);
    buf_puts(b, "<section>\n");
    put_findings(b, v, MARK_PROVED, "ok");
    put_findings(b, v, MARK_NOT_SHOWN, "open");
    buf_puts(b, "</section>\n");
    put_pin(b, v);
    buf_puts(b, "</main>\n");
    html_end(b);
    free(title);
    free(period);
}
