/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_lines.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/detail.h"

/* Receipts of lost records that are told one by one. */
#define LOST_MAX 20

static void fact(struct audit_lines *l, const char *name, const char *value)
{
    l->facts[l->n_facts].name = x_strdup(name);
    l->facts[l->n_facts++].value = say_safe(value);
}

PRINTF_LIKE(2, 3)
static void checked(struct audit_lines *l, const char *fmt, ...)
{
    va_list ap;
    char line[400];

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    l->checked[l->n_checked++] = x_strdup(line);
}

static void lost(struct audit_lines *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void lost(struct audit_lines *l, const char *fmt, ...)
{
    va_list ap;
    char line[1000];

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (l->n_lost < ARRAY_LEN(l->lost))
        l->lost[l->n_lost++] = say_safe(line);
}

static void unseen(struct audit_lines *l, const char *line)
{
    l->open[l->n_open++] = x_strdup(line);
}

static void put_facts(struct audit_lines *l, const struct audit_report *r)
{
    char made[64], size[32], root[HASH_B64U_LEN + 1];
    time_t t = (time_t)r->made;
    struct tm tm;

    fact(l, _("Ledger:"), r->ledger_id);
    fact(l, _("Log key:"), r->vkey);
    (void)snprintf(size, sizeof(size), "%" PRIu64, r->checkpoint.size);
    fact(l, _("Records in the signed log:"), size);
    hash_text(root, &r->checkpoint.root);
    fact(l, _("Root of their tree:"), root);
    if (r->time[0] != '\0')
        fact(l, _("Time of the last one:"), r->time);
    if (localtime_r(&t, &tm) && strftime(made, sizeof(made), "%Y-%m-%d %H:%M", &tm) > 0)
        fact(l, _("Audited:"), made);
    if (r->copy)
        fact(l, _("Your copy:"), r->copy);
}

/* Loudly, as it is no fault of the log that is audited. */
static void put_lost(struct audit_lines *l, const struct audit_report *r)
{
    for (size_t i = 0; i < r->n_continued; i++) {
        const struct audit_continued *c = &r->continued[i];

        if (c->kept.size > (uint64_t)c->record)
            lost(l,
                 _("%" PRIu64 " records that were signed, from number %" PRId64
                   " on, under %s. The stewards went on without them as %s."),
                 c->kept.size - (uint64_t)c->record, c->record, c->before, c->id);
        else
            lost(l,
                 _("records that were signed before number %" PRId64
                   " and were others than those that are here, under %s. The stewards went on as "
                   "%s."),
                 c->record, c->before, c->id);
    }
    if (r->old_copy)
        lost(l,
             _("YOUR COPY STILL HAS SOME OF THEM: %" PRId64 " records are in %s. Show that to the "
               "stewards and to those concerned."),
             r->old_copy_size, r->old_copy);
    if (r->checkpoints_lost > 0)
        lost(l,
             _("%" PRId64 " checkpoints that were seen here cover more than the ledger went on "
               "from: they are evidence of what was signed"),
             r->checkpoints_lost);
    for (size_t i = 0; i < r->n_lost && i < LOST_MAX; i++)
        lost(l, _("your receipt of record %" PRId64 ": %s"), r->lost[i].record, r->lost[i].what);
    if (r->n_lost > LOST_MAX)
        lost(l, _("and %zu more receipts"), r->n_lost - LOST_MAX);
}

static void put_checked(struct audit_lines *l, const struct audit_report *r)
{
    const struct audit_counts *n = &r->counts;

    checked(l, _("%" PRId64 " records, one by one, by the rules of their time"),
            n->records - n->in_part - n->unjudged);
    checked(l, _("%" PRId64 " signatures, by keys in force at that record"), n->signatures);
    if (r->verified_before > 0)
        checked(l,
                _("of these records %" PRId64 " had their signatures verified by an earlier run"),
                r->verified_before);
    checked(l,
            _("%" PRId64 " postings on %" PRId64 " accounts: amounts, balances, limits, numbers"),
            n->postings, n->accounts);
    checked(l, _("%" PRId64 " changes of keys, limits and states"), n->changes);
    checked(
        l,
        _("%" PRId64 " book entries; %" PRId64 " sums of a book in a unit, which are to be zero"),
        n->books, n->sums);
    if (r->whole)
        checked(l, _("%" PRId64 " daily snapshots, made again"), n->snapshots);
    checked(l, "%s",
            r->whole ? _("the tree over all records, made again, and its signature")
                     : _("the tree of the log, and each record's place in it"));
    if (r->checkpoints > 0)
        checked(l, _("%" PRId64 " checkpoints seen before: all of them are of this same log"),
                r->checkpoints);
    if (r->receipts > 0)
        checked(l, _("%" PRId64 " receipts kept here: whether their records are still in the log"),
                r->receipts);
    if (r->answers)
        checked(l,
                _("what the ledger shows of %" PRId64 " accounts, and all of %" PRId64
                  " postings on %" PRId64 " of them"),
                r->answer_accounts, r->answer_postings, r->answer_sampled);
    if (r->answers)
        checked(l,
                _("what its units, co-ops, lines and %" PRId64 " members are shown to be, and keys "
                  "and limits of as many of them as of accounts"),
                r->answer_members);
    if (r->answers)
        checked(l, "%s",
                r->whole ? _("what it shows of requests and snapshots")
                         : _("what it shows of snapshots"));
    if (r->texts > 0)
        checked(l, _("%" PRId64 " memos and other texts: they are those that were signed"),
                r->texts);
}

static void put_open(struct audit_lines *l, const struct audit_report *r)
{
    if (!r->whole) {
        unseen(l, _("other co-ops' books, and so the roots of the daily snapshots"));
        unseen(l, _("whether something else was done under an id that was used in another book"));
    }
    if (r->counts.in_part + r->counts.unjudged > 0)
        unseen(l, _("signatures and limits of other co-ops' members, in records that are theirs as "
                    "well"));
    if (!r->answers)
        unseen(l, _("what the ledger shows to its members: only the log itself was looked at"));
    if (r->receipts_open > 0)
        unseen(l, _("receipts that are newer than the checkpoint: audit again later"));
    unseen(l,
           _("whether others are shown the same log: compare the size and root with them, or ask "
             "for witnesses"));
}

void audit_lines_make(struct audit_lines *l, const struct audit_report *r)
{
    char *subject = say_safe(r->subject);
    struct buf b = BUF_INIT;

    memset(l, 0, sizeof(*l));
    l->title = r->copy == NULL ? x_asprintf(_("Audit of the export in %s"), subject)
               : r->whole      ? x_strdup(_("Audit of the whole ledger"))
                               : x_asprintf(_("Audit of the book of %s"), subject);
    put_facts(l, r);
    put_lost(l, r);
    put_checked(l, r);
    put_open(l, r);
    if (r->found == 0) {
        buf_puts(&b, _("Everything that was checked is right."));
        if (r->n_continued > 0)
            buf_puts(&b, _(" But this ledger HAS LOST RECORDS before: see above."));
        if (r->own_word)
            buf_puts(&b, _(" But whose ledger it is, only the export itself says: compare the "
                           "ledger's id and log key above with what somebody whom you trust gave "
                           "you, or give them with --id and --vkey."));
    } else {
        buf_printf(&b, ngettext("%zu thing is WRONG.", "%zu things are WRONG.", r->found),
                   r->found);
        for (size_t i = 0; i < r->n_stakes; i++) {
            char *amount = client_amount_text(r->c, r->stakes[i].amount, r->stakes[i].unit);

            buf_puts(&b, " ");
            buf_printf(&b, _("At stake: %s."), amount);
            free(amount);
        }
        if (r->found > r->n)
            buf_printf(&b, _(" Shown are the first %zu."), r->n);
        if (r->evidence)
            buf_printf(&b, _(" Keep the evidence: %s"), r->evidence);
    }
    l->verdict = buf_take(&b);
    free(subject);
}

void audit_lines_free(struct audit_lines *l)
{
    free(l->title);
    for (size_t i = 0; i < l->n_facts; i++) {
        free(l->facts[i].name);
        free(l->facts[i].value);
    }
    for (size_t i = 0; i < l->n_lost; i++)
        free(l->lost[i]);
    for (size_t i = 0; i < l->n_checked; i++)
        free(l->checked[i]);
    for (size_t i = 0; i < l->n_open; i++)
        free(l->open[i]);
    free(l->verdict);
}

char *audit_finding_why(const struct audit_finding *f)
{
    return detail_translate(f->why);
}

char *audit_finding_where(const struct audit_report *r, const struct audit_finding *f)
{
    struct buf b = BUF_INIT;
    char *safe;

    if (f->record >= 0)
        buf_printf(&b, _("record %" PRId64), f->record);
    if (f->about[0] != '\0') {
        safe = say_safe(f->about);
        buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", safe);
        free(safe);
    }
    if (f->unit[0] != '\0' && f->stake != 0) {
        safe = client_amount_text(r->c, f->stake, f->unit);
        buf_puts(&b, b.len > 0 ? ", " : "");
        buf_printf(&b, _("%s at stake"), safe);
        free(safe);
    }
    if (b.len == 0)
        buf_puts(&b, _("the log as a whole"));
    return buf_take(&b);
}
