/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import_act.h"

#include <string.h>

#include "core/b64.h"
#include "core/date.h"

static void add_signer(struct import_maker *m, const struct keyfile *key)
{
    struct buf json = BUF_INIT, *header = &m->headers[m->n_signers];

    m->keys[m->n_signers++] = key;
    buf_printf(&json, "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}", key->kid.s);
    buf_put_b64u(header, json.data, json.len);
    buf_putc(header, '.');
    buf_free(&json);
}

void import_maker_init(struct import_maker *m, const struct import_job *job,
                       const struct import_file *file, const char *ledger_id,
                       const struct keyfile *key)
{
    memset(m, 0, sizeof(*m));
    m->job = job;
    m->file = file;
    m->ledger_id = ledger_id;
    add_signer(m, key);
    m->titles = x_calloc(file->members.n + 1, sizeof(*m->titles));
    for (size_t i = 0; file->names != NULL && i < job->n_make; i++)
        m->titles[job->make[i]] = import_names_title(file->names, file->members.list[job->make[i]]);
}

void import_maker_treasurers(struct import_maker *m, struct keyfile *const *keys, size_t n)
{
    for (size_t i = 0; i < n && m->n_signers < ARRAY_LEN(m->keys); i++)
        add_signer(m, keys[i]);
}

void import_maker_free(struct import_maker *m)
{
    if (m->job == NULL)
        return;
    for (size_t i = 0; i < m->n_signers; i++)
        buf_free(&m->headers[i]);
    for (size_t i = 0; i < m->file->members.n; i++)
        free(m->titles[i]);
    free(m->titles);
    buf_free(&m->payload);
    buf_free(&m->text);
    memset(m, 0, sizeof(*m));
}

/* ,"name":"value" of what needs no escaping by its grammar. */
static void put_word(struct buf *b, const char *name, const char *value)
{
    buf_puts(b, ",\"");
    buf_puts(b, name);
    buf_puts(b, "\":\"");
    buf_puts(b, value);
    buf_putc(b, '"');
}

static void put_number(struct buf *b, const char *name, int64_t value)
{
    buf_puts(b, ",\"");
    buf_puts(b, name);
    buf_puts(b, "\":");
    buf_put_i64(b, value);
}

/* What every act says; leaves the object open. */
static void put_common(struct import_maker *m, const char *type, size_t i)
{
    struct buf *b = &m->payload;
    char jti[JTI_MAX + 1];

    import_job_jti(m->job, i, jti);
    buf_clear(b);
    buf_puts(b, "{\"type\":\"");
    buf_puts(b, type);
    buf_puts(b, "\",\"aud\":");
    buf_puts_json(b, m->ledger_id);
    put_word(b, "by", m->job->coop);
    put_word(b, "jti", jti);
    put_number(b, "iat", m->job->ms / 1000);
    put_number(b, "exp", m->job->ms / 1000 + ACT_LIFETIME_MAX);
}

/* A text's hash into the payload, and the text itself into `texts`. */
static void put_text(struct import_maker *m, const char *name, const char *body, uint32_t n,
                     struct buf *texts)
{
    uint8_t salt[TEXT_SALT_LEN];
    char text[HASH_B64U_LEN + 1];
    struct hash h;

    import_job_salt(m->job, n, salt);
    text_hash(&h, salt, body, strlen(body));
    hash_text(text, &h);
    buf_printf(&m->payload, ",\"%s_hash\":\"%s\"", name, text);
    buf_printf(texts, ",\"texts\":{\"%s\":{\"salt\":\"", name);
    buf_put_b64u(texts, salt, sizeof(salt));
    buf_puts(texts, "\",\"text\":");
    buf_puts_json(texts, body);
    buf_puts(texts, "}}");
}

static void put_member(struct import_maker *m, size_t i, struct buf *texts)
{
    struct buf *b = &m->payload;
    uint32_t n = m->job->make[i];

    put_common(m, "member.create", i);
    put_word(b, "member", m->file->members.list[n]);
    buf_puts(b, ",\"kind\":\"person\"");
    if (m->titles[n] != NULL)
        put_text(m, "name", m->titles[n], IMPORT_SALT_MEMBER + n, texts);
    buf_puts(b, ",\"keys\":[],\"threshold\":1}");
}

static void put_limit(struct import_maker *m, size_t i)
{
    const struct import_limit *l = &m->job->limits[i - m->job->n_make];
    struct buf *b = &m->payload;

    put_common(m, "account.limits", i);
    put_word(b, "member", m->file->members.list[l->member]);
    put_word(b, "unit", m->job->unit);
    put_number(b, "floor", l->bounds.floor);
    if (l->bounds.no_ceiling)
        buf_puts(b, ",\"ceiling\":null");
    else
        put_number(b, "ceiling", l->bounds.ceiling);
    buf_putc(b, '}');
}

/* Row n, and its memo's text into `texts`. */
static void put_row(struct import_maker *m, size_t i, uint32_t n, struct buf *texts)
{
    const struct import_row *row = &m->file->rows[n];
    struct buf *b = &m->payload;

    put_common(m, "transfer", i);
    put_word(b, "from", m->file->members.list[row->from]);
    put_word(b, "to", m->file->members.list[row->to]);
    put_word(b, "unit", m->job->unit);
    put_number(b, "amount", row->amount);
    if (row->memo != 0)
        put_text(m, "memo", m->file->memos.list[row->memo - 1], n, texts);
    if (row->has_day) {
        char day[DATE_LEN + 1];

        date_text(day, row->day);
        put_word(b, "value_date", day);
    }
    if (row->category != 0)
        put_word(b, "category", m->file->categories.list[row->category - 1]);
    buf_putc(b, '}');
}

/* What is signed is header "." payload: RFC 7515 section 5.1. */
static void put_signature(struct import_maker *m, size_t k, struct buf *out)
{
    const struct buf *header = &m->headers[k];
    uint8_t sig[KEY_SIG_LEN];

    buf_clear(&m->text);
    buf_put(&m->text, header->data, header->len);
    buf_put_b64u(&m->text, m->payload.data, m->payload.len);
    key_sign(m->keys[k]->secret, m->text.data, m->text.len, sig);
    buf_puts(out, "{\"protected\":\"");
    buf_put(out, header->data, header->len - 1);
    buf_puts(out, "\",\"signature\":\"");
    buf_put_b64u(out, sig, sizeof(sig));
    buf_puts(out, "\"}");
}

void import_maker_put(struct import_maker *m, size_t i, struct buf *out)
{
    size_t first_row = import_job_first_row(m->job), first = 0, last = 1;
    struct buf texts = BUF_INIT;

    if (i < m->job->n_make)
        put_member(m, i, &texts);
    else if (i < first_row)
        put_limit(m, i);
    else
        put_row(m, i, (uint32_t)(i - first_row), &texts);
    if (i >= first_row && m->job->purses[m->file->rows[i - first_row].from] && m->n_signers > 1) {
        first = 1;
        last = m->n_signers;
    }
    buf_puts(out, "{\"act\":{\"payload\":\"");
    buf_put_b64u(out, m->payload.data, m->payload.len);
    buf_puts(out, "\",\"signatures\":[");
    for (size_t k = first; k < last; k++) {
        if (k > first)
            buf_putc(out, ',');
        put_signature(m, k, out);
    }
    buf_puts(out, "]}");
    buf_put(out, texts.data == NULL ? "" : texts.data, texts.len);
    buf_puts(out, "}\n");
    buf_free(&texts);
}
