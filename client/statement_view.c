/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/statement_view.h"

#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "core/network.h"

void statement_view_free(struct statement_view *v)
{
    for (size_t i = 0; i < v->n_rows; i++) {
        free(v->rows[i].counterparty);
        free(v->rows[i].memo);
        free(v->rows[i].category);
        free(v->rows[i].signer);
        free(v->rows[i].remarks);
        free(v->rows[i].kids);
    }
    statement_words_free(v->findings, v->n_findings);
    free(v->rows);
    free(v->ledger_id);
    free(v->ledger_name);
    free(v->account);
    free(v->member);
    free(v->unit_name);
    free(v->pin);
    free(v->zone);
    memset(v, 0, sizeof(*v));
}

char *view_amount(const struct statement_view *v, int64_t amount, bool sign)
{
    char plain[AMOUNT_TEXT_MAX];
    struct buf b = BUF_INIT;
    const char *s = plain;
    size_t whole;

    amount_text(plain, amount, v->unit_known ? v->unit.kind : UNIT_CREDIT,
                v->unit_known ? v->unit.scale : 1);
    if (*s == '-')
        buf_putc(&b, *s++);
    else if (sign && amount > 0)
        buf_putc(&b, '+');
    /* Thousands are parted in the whole part: all digits up to ':', '.', ' ' or '/'. */
    whole = strspn(s, "0123456789");
    if (s[whole] == '/')
        whole = 0;
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            buf_putc(&b, ',');
        buf_putc(&b, s[i]);
    }
    buf_puts(&b, s + whole);
    return buf_take(&b);
}

const char *view_counterparty(const struct statement_view *v, const struct view_row *r)
{
    struct position position;

    if (r->counterparty[0] != '\0')
        return r->counterparty;
    if (str_eq(r->kind, act_type_name(ACT_LEVY)))
        return name_coop_start(v->member);
    /* Of what members paid each other over a position its statement has the postings alone. */
    return r->kind[0] == '\0' && position_parse(&position, v->account)
               ? _("payment between members")
               : "?";
}

char *view_row_amount(const struct statement_view *v, const struct view_row *r, bool sign)
{
    return r->has_posting ? view_amount(v, r->amount, sign) : x_strdup("?");
}

char *view_row_balance(const struct statement_view *v, const struct view_row *r)
{
    return r->has_posting ? view_amount(v, r->balance, false) : x_strdup("?");
}

void view_findings(const struct statement_view *v, enum statement_mark mark, size_t *from,
                   size_t *end)
{
    for (*from = 0; *from < v->n_findings && v->findings[*from].mark != mark;)
        (*from)++;
    for (*end = *from; *end < v->n_findings && v->findings[*end].mark == mark;)
        (*end)++;
}

const char *view_heading(const struct statement_view *v, enum statement_mark mark)
{
    switch (mark) {
    case MARK_FAILED:
        return _("What failed");
    case MARK_NOT_SHOWN:
        return _("What this file can't show");
    case MARK_PROVED:
        return v->result == VIEW_FAILED ? _("What held all the same") : _("What was proved");
    }
    return "";
}

static bool is_open(const struct statement_view *v, enum statement_check check)
{
    for (size_t i = 0; i < v->n_findings; i++) {
        if (v->findings[i].check == check && v->findings[i].mark == MARK_NOT_SHOWN)
            return true;
    }
    return false;
}

/* What was proved, and no more than that: whether entries are missing may be open, and who signed
 * one, or whether its amount is right. */
static const char *proved_summary(const struct statement_view *v)
{
    const bool lacks = is_open(v, CHECK_COMPLETE) || is_open(v, CHECK_DAYS);
    const bool entries = is_open(v, CHECK_SIGNATURES) || is_open(v, CHECK_AUTHORITY) ||
                         is_open(v, CHECK_AMOUNTS) || (!lacks && is_open(v, CHECK_REVOCATIONS));

    if (lacks && entries)
        return _("What is shown is proved: nothing that was checked failed. Whether all amounts "
                 "and signers are right, and whether an entry is missing, this file can't show.");
    if (entries)
        return _("What is shown is proved: nothing that was checked failed. Whether all amounts "
                 "and signers are right, this file can't show.");
    if (lacks)
        return _("What is shown is proved: nothing that was checked failed. Whether an entry is "
                 "missing, this file can't show yet.");
    return _("This statement proves itself: nothing that was checked failed.");
}

const char *view_summary(const struct statement_view *v)
{
    switch (v->result) {
    case VIEW_PROVED:
        return proved_summary(v);
    case VIEW_UNPROVED:
        return _("Nothing is proved: you haven't said which ledger you trust, and by which log "
                 "key. Anybody could have written this file.");
    case VIEW_FAILED:
        if (v->other_ledger)
            return _(
                "THIS IS NO STATEMENT OF THE LEDGER THAT YOU TRUST. Don't rely on it. If you "
                "trust its ledger as well, use the profile that is connected to it, or --pin.");
        return _("THIS STATEMENT IS WRONG. Don't rely on anything in it, and show it to the "
                 "co-op's auditor.");
    }
    return "";
}

const char *view_result_name(enum view_result result)
{
    switch (result) {
    case VIEW_PROVED:
        return "proved";
    case VIEW_UNPROVED:
        return "unproved";
    case VIEW_FAILED:
        return "failed";
    }
    return "";
}

char *view_unit(const struct statement_view *v)
{
    if (!v->unit_known)
        return x_asprintf(_("%s, in its smallest parts"), v->unit_name);
    if (v->unit.title[0] == '\0' || str_eq(v->unit.title, v->unit_name))
        return x_strdup(v->unit_name);
    return x_asprintf("%s (%s)", v->unit_name, v->unit.title);
}
