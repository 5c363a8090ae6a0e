/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The report of an audit as one page, for a screen, a phone and A4; it looks as statements do
 * (client/statement.css). */
#include <stdlib.h>

#include "client/audit.h"
#include "client/audit_lines.h"
#include "client/html.h"

static void put_list(struct buf *b, const char *title, const char *class, char *const *items,
                     size_t n)
{
    if (n == 0)
        return;
    html_element(b, "h2", NULL, title);
    buf_printf(b, "\n<ul class=\"findings %s\">\n", class);
    for (size_t i = 0; i < n; i++) {
        html_element(b, "li", NULL, items[i]);
        buf_putc(b, '\n');
    }
    buf_puts(b, "</ul>\n");
}

static void put_facts(struct buf *b, const struct audit_lines *lines)
{
    buf_puts(b, "<dl class=\"facts\">\n");
    for (size_t i = 0; i < lines->n_facts; i++) {
        html_element(b, "dt", NULL, lines->facts[i].name);
        html_element(b, "dd", NULL, lines->facts[i].value);
        buf_putc(b, '\n');
    }
    buf_puts(b, "</dl>\n");
}

static void put_finding(struct buf *b, const struct audit_report *r, const struct audit_finding *f)
{
    char *where = audit_finding_where(r, f), *why = audit_finding_why(f);

    buf_puts(b, "<tr><td>");
    html_element(b, "span", "with", audit_word_text(f->word));
    buf_putc(b, ' ');
    html_element(b, "code", NULL, f->word);
    buf_puts(b, "</td>");
    html_element(b, "td", NULL, where);
    html_element(b, "td", NULL, why);
    buf_puts(b, "</tr>\n");
    free(where);
    free(why);
}

/* First of all, and not to be overlooked. */
static void put_alarm(struct buf *b, const struct audit_report *r, const struct audit_lines *lines)
{
    buf_puts(b, "<section class=\"alarm\" role=\"alert\">\n");
    html_element(b, "strong", NULL, lines->verdict);
    buf_puts(b, "\n<table class=\"entries\">\n<thead><tr>");
    html_element(b, "th", NULL, _("What is wrong"));
    html_element(b, "th", NULL, _("Where"));
    html_element(b, "th", NULL, _("More"));
    buf_puts(b, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < r->n; i++)
        put_finding(b, r, &r->findings[i]);
    buf_puts(b, "</tbody>\n</table>\n</section>\n");
}

void audit_show_html(struct buf *b, const struct audit_report *r)
{
    struct audit_lines lines;

    audit_lines_make(&lines, r);
    html_begin(b, lines.title, statement_css, r->found > 0 ? "failed" : "proved");
    if (r->found > 0)
        put_alarm(b, r, &lines);
    html_element(b, "h1", NULL, lines.title);
    if (r->found == 0)
        html_element(b, "p", "verdict", lines.verdict);
    buf_putc(b, '\n');
    put_facts(b, &lines);
    if (lines.n_lost > 0)
        put_list(b, _("LOST:"), "open", lines.lost, lines.n_lost);
    put_list(b, _("Checked:"), "ok", lines.checked, lines.n_checked);
    put_list(b, _("Not to be seen from here:"), "open", lines.open, lines.n_open);
    html_end(b);
    audit_lines_free(&lines);
}
