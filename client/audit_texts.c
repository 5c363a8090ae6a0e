/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/audit_texts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit_ask.h"
#include "core/b64.h"
#include "core/dump.h"

/* Memos and the like have 280 bytes, of which escapes may make six times as many. */
#define TEXT_LINE_MAX 4096

/* A record of the copy at a time. */
struct reading {
    const struct audit_copy *c;
    struct buf b;
    struct audit_item item;
};

static bool read_record(struct reading *in, int64_t record)
{
    audit_item_clear(&in->item);
    if (!audit_copy_find(in->c, record, &in->b, &in->item.header, &in->item.header_len,
                         &in->item.parts))
        return false;
    audit_item_read(&in->item, in->c->coop != NULL, NULL, NULL);
    return in->item.read; /* else the replay has said so, or the act isn't shown to this auditor */
}

static void reading_end(struct reading *in)
{
    audit_item_free(&in->item);
    buf_free(&in->b);
}

/* Is it the text that was signed with the act that was read? Else why not. */
static bool is_signed(const struct reading *in, const struct submitted_text *text,
                      struct refusal *r)
{
    const struct submission one = {.n_texts = 1, .texts = {*text}};

    return act_check_texts(&in->item.record.act, &one, r) == 0;
}

/* ---- An export ---- */

static void check_line(struct audit_report *r, struct reading *in, const char *line, size_t len,
                       int64_t number, int64_t *last)
{
    struct submitted_text text;
    struct refusal refusal;
    int64_t record;

    if (len > TEXT_LINE_MAX || dump_text_parse(line, len, &record, &text) != 0) {
        audit_report_add(r, AUDIT_TEXT, -1, "", "", 0,
                         "line %lld of texts.ndjson isn't a text with its salt", (long long)number);
        return;
    }
    r->texts++;
    if (record < *last)
        audit_report_add(r, AUDIT_TEXT, record, "", "", 0,
                         "the lines of texts.ndjson aren't in the order of the log");
    *last = record;
    if (record >= (int64_t)in->c->n)
        audit_report_add(r, AUDIT_TEXT, record, "", "", 0,
                         "texts.ndjson has a text of a record that isn't here");
    else if (read_record(in, record) && !is_signed(in, &text, &refusal))
        audit_report_add(r, AUDIT_TEXT, record, in->item.record.act.by, "", 0, "%s",
                         refusal.detail);
    free(text.text);
}

int audit_texts_export(struct audit_report *r, const struct audit_copy *c)
{
    char *path = x_asprintf("%s/texts.ndjson", c->dir), *line = NULL;
    struct reading in = {.c = c, .b = BUF_INIT};
    FILE *f = fopen(path, "re");
    int64_t number = 0, last = 0;
    size_t cap = 0;
    ssize_t len;
    int rc = PUMASI_OK;

    if (!f && errno != ENOENT)
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), path, strerror(errno));
    while (f && (len = getline(&line, &cap, f)) > 0) {
        if (line[len - 1] == '\n')
            len--;
        check_line(r, &in, line, (size_t)len, ++number, &last);
    }
    if (f && ferror(f))
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), path, strerror(errno));
    if (f)
        (void)fclose(f);
    reading_end(&in);
    free(line);
    free(path);
    return rc;
}

/* ---- What a ledger shows ---- */

/* The texts of a record's answer: of them all that was shown must be one, and each be signed. */
static void check_shown(struct audit_report *r, struct reading *in, const struct audit_memo *memo,
                        const json_t *texts)
{
    bool found = json_object_size(texts) == 0; /* erased since */
    const char *field;
    json_t *row;

    json_object_foreach ((json_t *)texts, field, row) {
        const char *body = json_text(row, "text"), *salt = json_text(row, "salt");
        struct submitted_text text = {.text = x_strdup(body), .len = strlen(body)};
        struct refusal refusal;

        str_copy(text.field, sizeof(text.field), field);
        r->texts++;
        found = found || str_eq(body, memo->text);
        if (b64u_decode_exact(salt, strlen(salt), text.salt, sizeof(text.salt)) != 0 ||
            !is_signed(in, &text, &refusal))
            audit_report_add(r, AUDIT_ANSWER_TEXT, memo->record, in->item.record.act.by, "", 0,
                             "the text \"%s\" that is shown isn't the one that was signed",
                             text.field);
        free(text.text);
    }
    if (!found)
        audit_report_add(r, AUDIT_ANSWER_TEXT, memo->record, in->item.record.act.by, "", 0,
                         "a history shows another text than the record");
}

static int by_record(const void *a, const void *b)
{
    const struct audit_memo *x = a, *y = b;

    return x->record != y->record ? (x->record > y->record) - (x->record < y->record)
                                  : strcmp(x->text, y->text);
}

int audit_texts_compare(struct audit_answers *s, struct audit_report *r, const struct keyfile *key,
                        const struct audit_copy *c)
{
    struct reading in = {.c = c, .b = BUF_INIT};
    struct bar bar;
    int rc = PUMASI_OK;

    if (s->n_memos > 0)
        qsort(s->memos, s->n_memos, sizeof(*s->memos), by_record);
    bar_begin(&bar, _("Comparing texts"), (int64_t)s->n_memos);
    for (size_t i = 0; rc == PUMASI_OK && i < s->n_memos; i++) {
        char *path = x_asprintf("/v1/records/%" PRId64, s->memos[i].record);
        json_t *answer = NULL;
        long status = 200;

        /* Payer and payee were shown the same. */
        if ((i == 0 || by_record(&s->memos[i - 1], &s->memos[i]) != 0) &&
            read_record(&in, s->memos[i].record))
            rc = audit_get(r, key, path, true, &answer, &status);
        if (rc == PUMASI_OK && status != 200)
            audit_unanswered(r, AUDIT_ANSWER_TEXT, s->memos[i].record, "", status);
        if (answer)
            check_shown(r, &in, &s->memos[i], json_object_get(answer, "texts"));
        json_decref(answer);
        free(path);
        bar_step(&bar, (int64_t)i + 1);
    }
    bar_end(&bar);
    reading_end(&in);
    return rc;
}
