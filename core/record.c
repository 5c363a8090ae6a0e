/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one writer of record bytes. */
#include "core/record.h"

#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/record_int.h"
#include "core/subject.h"

size_t record_count_parts(const struct outcome *out)
{
    return 1 + out->n_legs + out->n_changes + out->n_books;
}

void part_list_add(struct part_list *p, const char *text, size_t len)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 8;
        p->text = x_realloc(p->text, p->cap * sizeof(*p->text));
        p->len = x_realloc(p->len, p->cap * sizeof(*p->len));
    }
    p->text[p->n] = text;
    p->len[p->n++] = len;
}

void part_list_free(struct part_list *p)
{
    free(p->text);
    free(p->len);
    memset(p, 0, sizeof(*p));
}

struct buf *record_add_part(struct record *rec)
{
    if (rec->n_parts == rec->cap_parts) {
        const size_t cap = rec->cap_parts ? rec->cap_parts * 2 : 8;

        rec->parts = x_realloc(rec->parts, cap * sizeof(*rec->parts));
        for (size_t i = rec->cap_parts; i < cap; i++)
            rec->parts[i] = (struct buf)BUF_INIT;
        rec->cap_parts = cap;
    }
    buf_clear(&rec->parts[rec->n_parts]);
    return &rec->parts[rec->n_parts++];
}

/* Begins the next part: {"part":"<kind>","salt":"…" */
static struct buf *part_begin(struct record *rec, const char *kind, const uint8_t *salts)
{
    const size_t n = rec->n_parts;
    struct buf *b = record_add_part(rec);

    buf_puts(b, "{\"part\":\"");
    buf_puts(b, kind);
    buf_puts(b, "\",\"salt\":\"");
    buf_put_b64u(b, salts + n * RECORD_SALT_LEN, RECORD_SALT_LEN);
    buf_putc(b, '"');
    return b;
}

static void put_posting(struct buf *b, const struct leg *leg)
{
    buf_puts(b, ",\"account\":\"");
    buf_puts(b, leg->after->thing.name);
    buf_puts(b, "\",\"amount\":");
    buf_put_i64(b, leg->amount);
    buf_puts(b, ",\"balance\":");
    buf_put_i64(b, leg->after->balance);
    buf_puts(b, ",\"floor\":");
    buf_put_i64(b, leg->floor);
    buf_puts(b, ",\"seq\":");
    buf_put_i64(b, leg->after->seq);
    buf_putc(b, '}');
}

static void put_change(struct buf *b, const struct change *change)
{
    buf_puts(b, ",\"subject\":\"");
    subject_put_name(b, change);
    buf_puts(b, "\",\"seq\":");
    buf_put_i64(b, subject_of(change)->seq);
    buf_puts(b, ",\"state\":");
    subject_put_state(b, change);
    buf_putc(b, '}');
}

void record_put_header(struct buf *b, int64_t index, int64_t ms, int64_t rules,
                       const struct hash *parts, size_t n)
{
    char time[TIME_LEN + 1];

    time_text(time, ms);
    buf_puts(b, "{\"v\":1,\"index\":");
    buf_put_i64(b, index);
    buf_puts(b, ",\"time\":\"");
    buf_puts(b, time);
    buf_puts(b, "\",\"rules\":");
    buf_put_i64(b, rules);
    buf_puts(b, ",\"parts\":[");
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? ",\"" : "\"");
        buf_put_b64u(b, parts[i].b, HASH_LEN);
        buf_putc(b, '"');
    }
    buf_puts(b, "]}");
}

static void build_header(struct record *rec, int64_t index, int64_t ms, int64_t rules)
{
    struct hash few[16];
    struct hash *parts =
        rec->n_parts > ARRAY_LEN(few) ? x_calloc(rec->n_parts, sizeof(*parts)) : few;

    for (size_t i = 0; i < rec->n_parts; i++)
        hash_bytes(&parts[i], rec->parts[i].data, rec->parts[i].len);
    buf_clear(&rec->header);
    record_put_header(&rec->header, index, ms, rules, parts, rec->n_parts);
    if (parts != few)
        free(parts);
    hash_bytes(&rec->entry, rec->header.data, rec->header.len);
}

void record_build_parts(struct record *rec, const struct envelope *env, const struct outcome *out,
                        const uint8_t *salts)
{
    struct buf *b;

    rec->n_parts = 0;
    b = part_begin(rec, "act", salts);
    buf_puts(b, ",\"act\":");
    envelope_put(b, env);
    buf_putc(b, '}');
    for (size_t i = 0; i < out->n_legs; i++)
        put_posting(part_begin(rec, "posting", salts), &out->legs[i]);
    for (size_t i = 0; i < out->n_changes; i++)
        put_change(part_begin(rec, "change", salts), &out->changes[i]);
    for (size_t i = 0; i < out->n_books; i++) {
        b = part_begin(rec, "book", salts);
        buf_puts(b, ",\"book\":\"");
        buf_puts(b, out->books[i]->thing.name);
        buf_puts(b, "\",\"seq\":");
        buf_put_i64(b, out->books[i]->entries.seq);
        buf_putc(b, '}');
    }
}

void record_build(struct record *rec, int64_t index, int64_t ms, int64_t rules,
                  const struct envelope *env, const struct outcome *out, const uint8_t *salts)
{
    record_build_parts(rec, env, out, salts);
    build_header(rec, index, ms, rules);
}

void record_free(struct record *rec)
{
    buf_free(&rec->header);
    for (size_t i = 0; i < rec->cap_parts; i++)
        buf_free(&rec->parts[i]);
    free(rec->parts);
    rec->parts = NULL;
    rec->n_parts = rec->cap_parts = 0;
}
