/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: writing and signing. */
#include "core/statement.h"

#include <stdlib.h>
#include <string.h>

static void put_text(struct buf *b, const char *member, const struct statement_text *t)
{
    buf_puts(b, member);
    buf_put_json(b, t->s, t->len);
}

static void put_int(struct buf *b, const char *member, int64_t n)
{
    buf_puts(b, member);
    buf_put_i64(b, n);
}

static void put_date(struct buf *b, const char *member, int32_t days)
{
    char text[DATE_LEN + 1];

    date_text(text, days);
    buf_puts(b, member);
    buf_puts(b, text);
    buf_putc(b, '"');
}

static void put_places(struct buf *b, const char *member, const uint32_t *places, size_t n)
{
    buf_puts(b, member);
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(b, ',');
        buf_put_i64(b, places[i]);
    }
    buf_putc(b, ']');
}

static void put_texts(struct buf *b, const struct statement_record *r)
{
    for (size_t i = 0; i < r->n_texts; i++) {
        const struct statement_note *note = &r->texts[i];

        buf_puts(b, i ? ",\"" : ",\"texts\":{\"");
        buf_puts(b, note->field);
        buf_puts(b, "\":{\"salt\":\"");
        buf_put_b64u(b, note->salt, sizeof(note->salt));
        put_text(b, "\",\"text\":", &note->text);
        buf_putc(b, '}');
    }
    if (r->n_texts)
        buf_putc(b, '}');
}

/* A record's members, without the closing brace. */
static void put_open_record(struct buf *b, const struct statement_record *r)
{
    put_text(b, "{\"header\":", &r->header);
    buf_puts(b, ",\"parts\":[");
    for (size_t i = 0; i < r->n_parts; i++)
        put_text(b, i ? "," : "", &r->parts[i]);
    buf_putc(b, ']');
    put_places(b, ",\"proof\":[", r->proof, r->n_proof);
    put_texts(b, r);
}

static void put_record(struct buf *b, const char *before, const struct statement_record *r)
{
    buf_puts(b, before);
    put_open_record(b, r);
    buf_putc(b, '}');
}

static void put_records(struct buf *b, const char *member, const struct statement_record *r,
                        size_t n)
{
    buf_puts(b, member);
    for (size_t i = 0; i < n; i++)
        put_record(b, i ? "," : "", &r[i]);
    buf_putc(b, ']');
}

static void put_point(struct buf *b, const char *member, const struct statement_point *p)
{
    buf_puts(b, member);
    put_int(b, "{\"balance\":", p->balance);
    put_int(b, ",\"seq\":", p->seq);
    put_int(b, ",\"index\":", p->index);
    buf_putc(b, '}');
}

static void put_snapshot(struct buf *b, const struct statement *st)
{
    buf_puts(b, ",\"snapshot\":");
    put_open_record(b, &st->snapshot);
    buf_puts(b, ",\"leaves\":[");
    for (size_t i = 0; i < st->n_leaves; i++) {
        const struct statement_leaf *l = &st->leaves[i];

        put_text(b, i ? ",{\"leaf\":" : "{\"leaf\":", &l->text);
        put_int(b, ",\"position\":", l->position);
        put_places(b, ",\"proof\":[", l->proof, l->n_proof);
        buf_putc(b, '}');
    }
    buf_puts(b, "]}");
}

static void put_hashes(struct buf *b, const struct statement *st)
{
    buf_puts(b, ",\"hashes\":[");
    for (size_t i = 0; i < st->n_hashes; i++) {
        buf_puts(b, i ? ",\"" : "\"");
        buf_put_b64u(b, st->hashes[i].b, HASH_LEN);
        buf_putc(b, '"');
    }
    buf_putc(b, ']');
}

void statement_put(struct buf *b, const struct statement *st)
{
    char made[TIME_LEN + 1];

    time_text(made, st->made);
    buf_puts(b, "{\"aud\":");
    buf_puts_json(b, st->aud);
    buf_puts(b, ",\"account\":");
    buf_puts_json(b, st->account);
    put_date(b, ",\"from\":\"", st->from);
    put_date(b, ",\"to\":\"", st->to);
    buf_puts(b, ",\"made\":\"");
    buf_puts(b, made);
    put_point(b, "\",\"opening\":", &st->opening);
    put_point(b, ",\"closing\":", &st->closing);
    put_int(b, ",\"totals\":{\"in\":", st->in);
    put_int(b, ",\"out\":", st->out);
    buf_putc(b, '}');
    put_records(b, ",\"entries\":[", st->entries, st->n_entries);
    if (st->before.n_parts)
        put_record(b, ",\"before\":", &st->before);
    if (st->after.n_parts)
        put_record(b, ",\"after\":", &st->after);
    put_records(b, ",\"named\":[", st->named, st->n_named);
    put_record(b, ",\"unit\":", &st->unit);
    put_records(b, ",\"keys\":[", st->keys, st->n_keys);
    if (st->has_snapshot)
        put_snapshot(b, st);
    put_hashes(b, st);
    put_text(b, ",\"checkpoint\":", &st->checkpoint);
    if (st->has_consistency) {
        put_int(b, ",\"consistency\":{\"size\":", st->consistency_size);
        put_places(b, ",\"proof\":[", st->consistency, st->n_consistency);
        buf_putc(b, '}');
    }
    buf_putc(b, '}');
}

void statement_sign(struct buf *b, const char *payload, size_t len,
                    const uint8_t log_secret[KEY_SECRET_LEN])
{
    struct buf header = BUF_INIT, text = BUF_INIT;
    uint8_t sig[KEY_SIG_LEN];
    struct key key;
    struct kid kid;
    size_t before;

    key_of_secret(&key, log_secret);
    key_kid(&kid, &key);
    buf_printf(&header, "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"" STATEMENT_TYP "\"}", kid.s);
    buf_reserve(&text, len / 3 * 4 + 512);
    buf_put_b64u(&text, header.data, header.len);
    buf_putc(&text, '.');
    before = text.len;
    buf_put_b64u(&text, payload, len);
    key_sign(log_secret, text.data, text.len, sig);
    buf_reserve(b, text.len + 512);
    buf_puts(b, "{\"payload\":\"");
    buf_put(b, text.data + before, text.len - before);
    buf_puts(b, "\",\"signatures\":[{\"protected\":\"");
    buf_put(b, text.data, before - 1);
    buf_puts(b, "\",\"signature\":\"");
    buf_put_b64u(b, sig, sizeof(sig));
    buf_puts(b, "\"}]}\n");
    buf_free(&header);
    buf_free(&text);
}

void statement_free(struct statement *st)
{
    free(st->entries);
    free(st->named);
    free(st->keys);
    free(st->leaves);
    free(st->hashes);
    free(st->owned);
    value_free(st->values);
    memset(st, 0, sizeof(*st));
}
