/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A statement for programs: what it says, and what was made of it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "client/statement_view.h"
#include "core/date.h"

static json_t *day_json(bool there, int32_t day)
{
    char text[DATE_LEN + 1];

    if (!there)
        return json_null();
    date_text(text, day);
    return json_string(text);
}

static json_t *record_json(int64_t index)
{
    return index < 0 ? json_null() : json_integer(index);
}

static json_t *time_json(int64_t ms)
{
    char text[TIME_LEN + 1];

    time_text(text, ms);
    return json_string(text);
}

/* null for what isn't there. */
static json_t *text_json(const char *s)
{
    json_t *text = s[0] == '\0' ? json_null() : json_string(s);

    return text != NULL ? text : json_null();
}

static json_t *point_json(const struct statement_point *p)
{
    return json_pack("{s:I, s:I, s:I}", "balance", (json_int_t)p->balance, "seq",
                     (json_int_t)p->seq, "index", (json_int_t)p->index);
}

/* Words parted by blanks. */
static json_t *words_json(const char *s)
{
    json_t *all = json_array();

    for (size_t n; s[n = strcspn(s, " ")] != '\0' || n > 0; s += n + strspn(s + n, " ")) {
        char *word = x_strndup(s, n);

        json_array_append_new(all, text_json(word));
        free(word);
    }
    return all;
}

static json_t *posting_json(const struct view_row *r, int64_t number)
{
    return r->has_posting ? json_integer(number) : json_null();
}

static json_t *row_json(const struct view_row *r)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "index",
        record_json(r->index), "time", time_json(r->ms), "booked_date",
        day_json(r->has_day, r->day), "value_date", day_json(r->has_value_date, r->value_date),
        "amount", posting_json(r, r->amount), "balance", posting_json(r, r->balance), "seq",
        posting_json(r, r->seq), "counterparty", text_json(r->counterparty), "memo",
        text_json(r->memo), "category", text_json(r->category), "signed_by",
        text_json(r->signed_by), "keys", words_json(r->kids), "reverses", record_json(r->reverses),
        "request", record_json(r->request), "forced", (int)r->forced, "failed", (int)r->faulty);
}

static json_t *rows_json(const struct statement_view *v)
{
    json_t *all = json_array();

    for (size_t i = 0; i < v->n_rows; i++)
        json_array_append_new(all, row_json(&v->rows[i]));
    return all;
}

static json_t *findings_json(const struct statement_view *v)
{
    json_t *all = json_array();

    for (size_t i = 0; i < v->n_findings; i++) {
        const struct view_finding *f = &v->findings[i];

        json_array_append_new(
            all, json_pack("{s:s, s:s, s:o}", "check", statement_check_name(f->check), "result",
                           statement_mark_name(f->mark), "text", text_json(f->text)));
    }
    return all;
}

void view_put_json(struct buf *b, const struct statement_view *v)
{
    json_t *all = json_pack(
        "{s:s, s:o, s:o, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:s, s:o, s:o, s:I, s:I, s:o, s:o}",
        "verdict", view_result_name(v->result), "ledger_id", text_json(v->ledger_id), "ledger_name",
        text_json(v->ledger_name), "log_key", v->log_kid.s, "account", text_json(v->account),
        "unit", text_json(v->unit_name), "scale", (json_int_t)(v->unit_known ? v->unit.scale : 1),
        "from", day_json(true, v->from), "to", day_json(true, v->to), "made", time_json(v->made),
        "sha256", v->file_hash, "opening", point_json(&v->opening), "closing",
        point_json(&v->closing), "in", (json_int_t)v->in, "out", (json_int_t)v->out, "entries",
        rows_json(v), "findings", findings_json(v));
    char *text = json_dumps(all, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

    if (text != NULL)
        buf_puts(b, text);
    buf_putc(b, '\n');
    free(text);
    json_decref(all);
}
