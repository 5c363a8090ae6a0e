/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The report of an audit as text and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit.h"
#include "client/audit_lines.h"

void audit_show_text(const struct audit_report *r)
{
    struct audit_lines lines;

    audit_lines_make(&lines, r);
    printf("%s\n\n", lines.title);
    for (size_t i = 0; i < lines.n_facts; i++)
        printf("  %s %s\n", lines.facts[i].name, lines.facts[i].value);
    if (lines.n_lost > 0)
        printf("\n%s\n", _("LOST:"));
    for (size_t i = 0; i < lines.n_lost; i++)
        printf("  %s\n", lines.lost[i]);
    printf("\n%s\n", _("Checked:"));
    for (size_t i = 0; i < lines.n_checked; i++)
        printf("  %s\n", lines.checked[i]);
    if (lines.n_open > 0)
        printf("\n%s\n", _("Not to be seen from here:"));
    for (size_t i = 0; i < lines.n_open; i++)
        printf("  %s\n", lines.open[i]);
    printf("\n");
    for (size_t i = 0; i < r->n; i++) {
        char *where = audit_finding_where(r, &r->findings[i]);
        char *why = audit_finding_why(&r->findings[i]);

        printf("%s [%s]\n  %s\n  %s\n", audit_word_text(r->findings[i].word), r->findings[i].word,
               where, why);
        free(where);
        free(why);
    }
    if (r->n > 0)
        printf("\n");
    printf("%s\n", lines.verdict);
    audit_lines_free(&lines);
}

static json_t *finding_json(const struct audit_finding *f)
{
    json_t *json = json_pack("{s:s, s:s}", "word", f->word, "why", f->why);

    if (!json) { /* bytes from the log that aren't UTF-8 */
        char *safe = say_safe(f->why);

        json = json_pack("{s:s, s:s}", "word", f->word, "why", safe);
        free(safe);
    }
    if (f->record >= 0)
        json_object_set_new(json, "record", json_integer(f->record));
    if (f->about[0] != '\0')
        json_object_set_new(json, "about", json_string(f->about));
    if (f->unit[0] != '\0')
        json_object_set_new(
            json, "stake",
            json_pack("{s:s, s:I}", "unit", f->unit, "amount", (json_int_t)f->stake));
    return json;
}

static json_t *checked_json(const struct audit_report *r)
{
    const struct audit_counts *n = &r->counts;
    json_t *acts = json_object();
    json_t *json;

    for (int i = 0; i < ACT_TYPE_COUNT; i++)
        if (n->acts[i] > 0)
            json_object_set_new(acts, act_type_name((enum act_type)i), json_integer(n->acts[i]));
    json = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "records",
                     (json_int_t)n->records, "records_in_part", (json_int_t)n->in_part,
                     "records_of_others", (json_int_t)n->unjudged, "signatures",
                     (json_int_t)n->signatures, "records_verified_before",
                     (json_int_t)r->verified_before, "postings", (json_int_t)n->postings, "changes",
                     (json_int_t)n->changes, "book_entries", (json_int_t)n->books, "snapshots",
                     (json_int_t)n->snapshots, "accounts", (json_int_t)n->accounts, "sums",
                     (json_int_t)n->sums, "checkpoints", (json_int_t)r->checkpoints);
    json_object_set_new(json, "receipts", json_integer(r->receipts));
    json_object_set_new(json, "receipts_open", json_integer(r->receipts_open));
    json_object_set_new(json, "answered_accounts", json_integer(r->answer_accounts));
    json_object_set_new(json, "answered_histories", json_integer(r->answer_sampled));
    json_object_set_new(json, "answered_postings", json_integer(r->answer_postings));
    json_object_set_new(json, "answered_members", json_integer(r->answer_members));
    json_object_set_new(json, "texts", json_integer(r->texts));
    json_object_set_new(json, "acts", acts);
    return json;
}

/* What was lost, where the ledger went on without it. */
static void put_continued(json_t *json, const struct audit_report *r)
{
    json_t *continued = json_array(), *lost = json_array();

    for (size_t i = 0; i < r->n_continued; i++) {
        const struct audit_continued *c = &r->continued[i];

        json_array_append_new(continued,
                              json_pack("{s:I, s:I, s:I, s:s, s:s}", "record",
                                        (json_int_t)c->record, "kept", (json_int_t)c->kept.size,
                                        "lost", (json_int_t)c->kept.size - (json_int_t)c->record,
                                        "before", c->before, "id", c->id));
    }
    for (size_t i = 0; i < r->n_lost; i++)
        json_array_append_new(lost, json_pack("{s:I, s:s}", "record", (json_int_t)r->lost[i].record,
                                              "what", r->lost[i].what));
    if (r->n_continued > 0)
        json_object_set(json, "continued", continued);
    if (r->n_lost > 0)
        json_object_set(json, "lost_receipts", lost);
    if (r->old_copy)
        json_object_set_new(
            json, "copy_before",
            json_pack("{s:s, s:I}", "folder", r->old_copy, "size", (json_int_t)r->old_copy_size));
    json_decref(continued);
    json_decref(lost);
}

json_t *audit_show_json(const struct audit_report *r)
{
    char root[HASH_B64U_LEN + 1];
    json_t *findings = json_array(), *stakes = json_array(), *json;

    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(findings, finding_json(&r->findings[i]));
    for (size_t i = 0; i < r->n_stakes; i++)
        json_array_append_new(stakes, json_pack("{s:s, s:I}", "unit", r->stakes[i].unit, "amount",
                                                (json_int_t)r->stakes[i].amount));
    hash_text(root, &r->checkpoint.root);
    json = json_pack("{s:s, s:b, s:s, s:s, s:s, s:I, s:{s:I, s:s}, s:o, s:I, s:o, s:o}", "audit",
                     r->whole ? "log" : "book", "clean", r->found == 0, "subject", r->subject,
                     "ledger", r->ledger_id, "vkey", r->vkey, "made", (json_int_t)r->made,
                     "checkpoint", "size", (json_int_t)r->checkpoint.size, "root", root, "checked",
                     checked_json(r), "found", (json_int_t)r->found, "findings", findings, "stakes",
                     stakes);
    json_object_set_new(json, "pinned", json_boolean(!r->own_word));
    put_continued(json, r);
    if (r->copy)
        json_object_set_new(json, "copy", json_string(r->copy));
    if (r->evidence)
        json_object_set_new(json, "evidence", json_string(r->evidence));
    return json;
}
