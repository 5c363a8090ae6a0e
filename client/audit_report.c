/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Findings, and what they are called. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit.h"
#include "core/num.h"

static void add_stake(struct audit_report *r, const char *unit, int64_t amount)
{
    size_t i = 0;

    if (unit[0] == '\0' || amount == 0)
        return;
    while (i < r->n_stakes && !str_eq(r->stakes[i].unit, unit))
        i++;
    if (i == ARRAY_LEN(r->stakes))
        return;
    if (i == r->n_stakes) {
        str_copy(r->stakes[i].unit, sizeof(r->stakes[i].unit), unit);
        r->stakes[i].amount = 0;
        r->n_stakes++;
    }
    if (num_add(r->stakes[i].amount, amount, &r->stakes[i].amount) != 0)
        r->stakes[i].amount = NUM_MAX;
}

void audit_report_found(void *report, const struct audit_finding *f)
{
    struct audit_report *r = report;

    r->found++;
    add_stake(r, f->unit, f->stake);
    if (r->n == AUDIT_FINDINGS_MAX)
        return;
    if (r->n % 64 == 0)
        r->findings = x_realloc(r->findings, (r->n + 64) * sizeof(*r->findings));
    r->findings[r->n++] = *f;
}

void audit_report_add(struct audit_report *r, enum audit_word word, int64_t record,
                      const char *about, const char *unit, int64_t stake, const char *fmt, ...)
{
    struct audit_finding f = {.word = audit_word_name(word), .record = record, .stake = stake};
    va_list ap;

    str_copy(f.about, sizeof(f.about), about);
    str_copy(f.unit, sizeof(f.unit), unit);
    va_start(ap, fmt);
    vsnprintf(f.why, sizeof(f.why), fmt, ap);
    va_end(ap);
    audit_report_found(r, &f);
}

void audit_report_free(struct audit_report *r)
{
    free(r->subject);
    free(r->findings);
    free(r->continued);
    for (size_t i = 0; i < r->n_lost; i++)
        free(r->lost[i].what);
    free(r->lost);
    free(r->old_copy);
    free(r->copy);
    free(r->evidence);
    free(r->revoked);
}

/* ---- Words ---- */

static const struct {
    enum audit_word word;
    const char *text;
} texts[] = {
    {AUDIT_HEADER, N_("a record without a header that can be read")},
    {AUDIT_OUT_OF_PLACE, N_("records that changed places")},
    {AUDIT_PARTS, N_("a record with parts missing, or too many")},
    {AUDIT_ALTERED, N_("a record that was altered after it was signed into the log")},
    {AUDIT_TIME, N_("a back-dated record")},
    {AUDIT_UNSIGNED, N_("an act without all the signatures that it needs")},
    {AUDIT_REVOKED_KEY, N_("an act signed by a key that was revoked before")},
    {AUDIT_ID, N_("an act that was recorded twice")},
    {AUDIT_POSTING_MISSING, N_("a posting that was left out of its record")},
    {AUDIT_POSTING_EXTRA, N_("a posting that no act makes")},
    {AUDIT_AMOUNT, N_("a posting of another amount than the act's")},
    {AUDIT_BALANCE, N_("a balance that doesn't follow from the one before")},
    {AUDIT_FLOOR, N_("a limit in a posting that isn't the one in force")},
    {AUDIT_SEQ, N_("entries that don't count on: one was left out or doubled")},
    {AUDIT_CHANGE_MISSING, N_("a change that was left out of its record")},
    {AUDIT_CHANGE_EXTRA, N_("a change that no act makes")},
    {AUDIT_STATE, N_("keys, limits or a state other than the act leaves them")},
    {AUDIT_HIDDEN_FROM_BOOK, N_("a record that is hidden from a book that it touches")},
    {AUDIT_BOOK_EXTRA, N_("a record in a book that it doesn't touch")},
    {AUDIT_BYTES, N_("a record in other bytes than the rules make")},
    {AUDIT_SUM, N_("a book that doesn't sum to zero")},
    {AUDIT_MIRROR, N_("two co-ops of whose debt the one says something else than the other")},
    {AUDIT_SNAPSHOT, N_("a snapshot of something else than there was")},
    {AUDIT_NOT_SHOWN, N_("records of the book that were kept from you")},
    {AUDIT_ROOT, N_("records that aren't those of the signed tree")},
    {AUDIT_CHECKPOINT, N_("a checkpoint that the ledger's log key didn't sign")},
    {AUDIT_FORK, N_("another history than the ledger showed before")},
    {AUDIT_SHORTER, N_("a log that is shorter than it was")},
    {AUDIT_RECEIPT_GONE, N_("a receipt whose record is gone")},
    {AUDIT_RECEIPT, N_("a receipt that doesn't verify")},
    {AUDIT_LEDGER_ID, N_("another ledger than the one that you trust")},
    {AUDIT_TEXT, N_("a text that isn't the one that was signed")},
    {AUDIT_ANSWER_BALANCE, N_("a balance shown that isn't the log's")},
    {AUDIT_ANSWER_SEQ, N_("a number of entries shown that isn't the log's")},
    {AUDIT_ANSWER_ACCOUNT_MISSING, N_("an account of the log that isn't shown")},
    {AUDIT_ANSWER_ACCOUNT_EXTRA, N_("an account shown that isn't in the log")},
    {AUDIT_ANSWER_POSTING_MISSING, N_("a posting of the log that isn't shown")},
    {AUDIT_ANSWER_POSTING, N_("a posting shown that isn't the log's")},
    {AUDIT_ANSWER_STATE, N_("keys, a state or a list shown that aren't the log's")},
    {AUDIT_ANSWER_LIMITS, N_("limits shown that aren't the log's")},
    {AUDIT_ANSWER_TEXT, N_("a text shown that isn't the one that was signed")},
};

static const struct {
    enum refusal_code code;
    const char *text;
} refusals[] = {
    {REFUSED_INSUFFICIENT_CREDIT, N_("a payment beyond the payer's limit")},
    {REFUSED_PAYEE_CANNOT_RECEIVE, N_("a payment that the payee couldn't receive")},
    {REFUSED_LINE_EXHAUSTED, N_("a payment beyond what two co-ops lend each other")},
    {REFUSED_NOT_PERMITTED, N_("an act signed by a key that has no right to it")},
    {REFUSED_BAD_SIGNATURE, N_("an act with a signature that is wrong")},
    {REFUSED_UNKNOWN_KEY, N_("an act signed by a key that nobody registered")},
    {REFUSED_LIMIT_OUT_OF_BOUNDS, N_("a limit or an amount beyond what was allowed")},
};

const char *audit_word_text(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (str_eq(word, audit_word_name(texts[i].word)))
            return _(texts[i].text);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        if (str_eq(word, refusal_name(refusals[i].code)))
            return _(refusals[i].text);
    return _("an act that the rules don't allow");
}
