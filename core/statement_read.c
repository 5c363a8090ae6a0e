/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: reading a file, strictly, and believing nothing of it. */
#include "core/statement_read.h"

#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/num.h"
#include "core/strict.h"

/* In the order in which they are written. */
static const char *const text_fields[TEXTS_MAX] = {"memo", "name", "reason", "reference"};

static void read_text(struct strict *in, const char *name, struct statement_text *out)
{
    out->s = strict_string(in, name, STRICT_REQUIRED);
    out->len = out->s ? strlen(out->s) : 0;
}

static void read_date(struct strict *in, const char *name, int32_t *out)
{
    const char *s = strict_string(in, name, STRICT_REQUIRED);

    if (s && date_parse(s, out) != 0)
        strict_fail(in, name, N_("it is no date"));
}

static void read_name(struct strict *in, const char *name, char *out, size_t size)
{
    const char *s = strict_string(in, name, STRICT_REQUIRED);

    if (s && strlen(s) < size)
        str_copy(out, size, s);
    else
        strict_fail(in, name, N_("it is too long"));
}

/* Places in `hashes`, which have to be within it. */
static void read_places(struct strict *in, const char *name, const struct statement *st,
                        uint32_t out[TREE_PROOF_MAX], size_t *n)
{
    const struct value *array = strict_array(in, name, STRICT_REQUIRED);

    *n = 0;
    if (!array)
        return;
    if (array->n > TREE_PROOF_MAX) {
        strict_fail(in, name, N_("it is too long"));
        return;
    }
    for (const struct value *v = array->first; v; v = v->next) {
        if (v->kind != VALUE_INT || v->number < 0 || (uint64_t)v->number >= st->n_hashes) {
            strict_fail(in, name, N_("it has a place where no hash is"));
            return;
        }
        out[(*n)++] = (uint32_t)v->number;
    }
}

static void read_note(struct statement_note *out, const char *field, struct strict *in,
                      const struct value *object)
{
    struct strict inner;
    const char *salt;

    strict_begin(&inner, object);
    salt = strict_string(&inner, "salt", STRICT_REQUIRED);
    read_text(&inner, "text", &out->text);
    if (salt && b64u_decode_exact(salt, strlen(salt), out->salt, sizeof(out->salt)) != 0)
        strict_fail(&inner, "salt", N_("it isn't the base64url of 16 bytes"));
    str_copy(out->field, sizeof(out->field), field);
    if (strict_end(&inner) != 0)
        strict_fail(in, inner.where, inner.fault);
}

static void read_texts(struct strict *in, struct statement_record *out)
{
    const struct value *texts = strict_object(in, "texts", STRICT_OPTIONAL);
    struct strict inner;

    out->n_texts = 0;
    if (!texts)
        return;
    strict_begin(&inner, texts);
    for (size_t i = 0; i < TEXTS_MAX; i++) {
        const struct value *text = strict_object(&inner, text_fields[i], STRICT_OPTIONAL);

        if (text)
            read_note(&out->texts[out->n_texts++], text_fields[i], in, text);
    }
    if (out->n_texts == 0)
        strict_fail(in, "texts", N_("it is empty"));
    if (strict_end(&inner) != 0)
        strict_fail(in, inner.where, inner.fault);
}

static void read_parts(struct strict *in, struct statement_record *out)
{
    const struct value *parts = strict_array(in, "parts", STRICT_REQUIRED);

    out->n_parts = 0;
    if (!parts)
        return;
    if (parts->n == 0 || parts->n > STATEMENT_PARTS_MAX) {
        strict_fail(in, "parts", N_("there are none, or too many"));
        return;
    }
    for (const struct value *v = parts->first; v; v = v->next) {
        struct statement_text *part = &out->parts[out->n_parts++];

        part->s = value_text(v);
        if (!part->s) {
            strict_fail(in, "parts", N_("isn't a string"));
            return;
        }
        part->len = strlen(part->s);
    }
}

/* A record's own members; what else may be in the object is the caller's. */
static void read_record_members(struct strict *in, const struct statement *st,
                                struct statement_record *out)
{
    read_text(in, "header", &out->header);
    read_parts(in, out);
    read_places(in, "proof", st, out->proof, &out->n_proof);
    read_texts(in, out);
}

static void read_record(struct strict *in, const struct value *object, const struct statement *st,
                        struct statement_record *out)
{
    struct strict inner;

    strict_begin(&inner, object);
    read_record_members(&inner, st, out);
    if (strict_end(&inner) != 0)
        strict_fail(in, inner.where, inner.fault);
}

static void read_records(struct strict *in, const char *name, const struct statement *st,
                         size_t max, struct statement_record **out, size_t *n)
{
    const struct value *array = strict_array(in, name, STRICT_REQUIRED);

    *n = 0;
    if (!array)
        return;
    if (array->n > max) {
        strict_fail(in, name, N_("there are too many"));
        return;
    }
    *out = x_calloc(array->n + 1, sizeof(**out));
    for (const struct value *v = array->first; v && !in->fault; v = v->next)
        read_record(in, v, st, &(*out)[(*n)++]);
}

/* One that may be missing: it then has no parts. */
static void read_optional(struct strict *in, const char *name, const struct statement *st,
                          struct statement_record *out)
{
    const struct value *object = strict_object(in, name, STRICT_OPTIONAL);

    if (object)
        read_record(in, object, st, out);
}

static void read_point(struct strict *in, const char *name, struct statement_point *out)
{
    const struct value *object = strict_object(in, name, STRICT_REQUIRED);
    struct strict inner;

    if (!object)
        return;
    strict_begin(&inner, object);
    strict_int(&inner, "balance", STRICT_REQUIRED, NUM_MIN, NUM_MAX, &out->balance);
    strict_int(&inner, "seq", STRICT_REQUIRED, 0, NUM_MAX, &out->seq);
    strict_int(&inner, "index", STRICT_REQUIRED, -1, NUM_MAX, &out->index);
    if (strict_end(&inner) != 0)
        strict_fail(in, inner.where, inner.fault);
}

static void read_totals(struct strict *in, struct statement *out)
{
    const struct value *object = strict_object(in, "totals", STRICT_REQUIRED);
    struct strict inner;

    if (!object)
        return;
    strict_begin(&inner, object);
    strict_int(&inner, "in", STRICT_REQUIRED, 0, NUM_MAX, &out->in);
    strict_int(&inner, "out", STRICT_REQUIRED, 0, NUM_MAX, &out->out);
    if (strict_end(&inner) != 0)
        strict_fail(in, inner.where, inner.fault);
}

static void read_leaves(struct strict *in, struct statement *out)
{
    const struct value *array = strict_array(in, "leaves", STRICT_REQUIRED);
    struct strict inner;

    if (!array)
        return;
    if (array->n > STATEMENT_KEYS_MAX + 1) {
        strict_fail(in, "leaves", N_("there are too many"));
        return;
    }
    out->leaves = x_calloc(array->n + 1, sizeof(*out->leaves));
    for (const struct value *v = array->first; v && !in->fault; v = v->next) {
        struct statement_leaf *l = &out->leaves[out->n_leaves++];

        strict_begin(&inner, v);
        read_text(&inner, "leaf", &l->text);
        strict_int(&inner, "position", STRICT_REQUIRED, 0, NUM_MAX, &l->position);
        read_places(&inner, "proof", out, l->proof, &l->n_proof);
        if (strict_end(&inner) != 0)
            strict_fail(in, inner.where, inner.fault);
    }
}

static void read_snapshot(struct strict *in, struct statement *out)
{
    const struct value *object = strict_object(in, "snapshot", STRICT_OPTIONAL);
    struct strict inner;

    if (!object)
        return;
    out->has_snapshot = true;
    strict_begin(&inner, object);
    read_record_members(&inner, out, &out->snapshot);
    read_leaves(&inner, out);
    if (strict_end(&inner) != 0)
        strict_fail(in, inner.where, inner.fault);
}

static void read_consistency(struct strict *in, struct statement *out)
{
    const struct value *object = strict_object(in, "consistency", STRICT_OPTIONAL);
    struct strict inner;

    if (!object)
        return;
    out->has_consistency = true;
    strict_begin(&inner, object);
    strict_int(&inner, "size", STRICT_REQUIRED, 1, NUM_MAX, &out->consistency_size);
    read_places(&inner, "proof", out, out->consistency, &out->n_consistency);
    if (strict_end(&inner) != 0)
        strict_fail(in, inner.where, inner.fault);
}

static void read_hashes(struct strict *in, struct statement *out)
{
    const struct value *array = strict_array(in, "hashes", STRICT_REQUIRED);

    if (!array)
        return;
    out->hashes = x_calloc(array->n + 1, sizeof(*out->hashes));
    for (const struct value *v = array->first; v; v = v->next) {
        const char *s = value_text(v);

        if (!s || hash_parse(&out->hashes[out->n_hashes], s) != 0) {
            strict_fail(in, "hashes", N_("they are no hashes"));
            return;
        }
        out->n_hashes++;
    }
}

static int read_payload(struct statement *out, const struct value *payload, const char **why)
{
    struct strict in;
    const char *made;

    strict_begin(&in, payload);
    read_hashes(&in, out); /* first: all places are compared with their number */
    read_name(&in, "aud", out->aud, sizeof(out->aud));
    read_name(&in, "account", out->account, sizeof(out->account));
    read_date(&in, "from", &out->from);
    read_date(&in, "to", &out->to);
    made = strict_string(&in, "made", STRICT_REQUIRED);
    if (made && time_parse(made, &out->made) != 0)
        strict_fail(&in, "made", N_("it is no time"));
    read_point(&in, "opening", &out->opening);
    read_point(&in, "closing", &out->closing);
    read_totals(&in, out);
    read_records(&in, "entries", out, STATEMENT_ENTRIES_MAX, &out->entries, &out->n_entries);
    read_optional(&in, "before", out, &out->before);
    read_optional(&in, "after", out, &out->after);
    read_records(&in, "named", out, STATEMENT_ENTRIES_MAX, &out->named, &out->n_named);
    if (strict_object(&in, "unit", STRICT_REQUIRED))
        read_record(&in, value_member(payload, "unit"), out, &out->unit);
    read_records(&in, "keys", out, STATEMENT_KEYS_MAX, &out->keys, &out->n_keys);
    read_snapshot(&in, out);
    read_text(&in, "checkpoint", &out->checkpoint);
    read_consistency(&in, out);
    if (strict_end(&in) == 0 && name_is_account(out->account))
        return 0;
    out->at = in.fault ? in.where : "account";
    *why = in.fault ? in.fault : N_("it is of no account");
    return -1;
}

/* The one signature, and what it was made over. */
static int read_signature(struct statement *out, const struct value *array, const char *payload,
                          const char **why)
{
    struct strict in;
    const char *header, *sig;
    char *json, *text;
    size_t len, json_len, payload_len = strlen(payload);
    int rc;

    *why = N_("a statement has exactly one signature");
    if (array->n != 1)
        return -1;
    strict_begin(&in, array->first);
    header = strict_string(&in, "protected", STRICT_REQUIRED);
    sig = strict_string(&in, "signature", STRICT_REQUIRED);
    if (strict_end(&in) != 0 || b64u_decode_exact(sig, strlen(sig), out->sig, KEY_SIG_LEN) != 0)
        return -1;
    len = strlen(header);
    json = x_malloc(len + 1);
    rc = b64u_decode(header, len, json, len, &json_len);
    if (rc == 0)
        rc = protected_parse(json, json_len, STATEMENT_TYP, &out->kid, why);
    free(json);
    if (rc != 0)
        return -1;
    text = x_malloc(len + 1 + payload_len + 1);
    memcpy(text, header, len);
    text[len] = '.';
    memcpy(text + len + 1, payload, payload_len + 1);
    out->owned = text;
    out->signed_text = (struct statement_text){text, len + 1 + payload_len};
    return 0;
}

int statement_open(struct statement *out, const char *s, size_t len, const char **why)
{
    const struct value *signatures;
    struct value *file;
    const char *payload;
    struct strict in;
    int rc = -1;

    memset(out, 0, sizeof(*out));
    *why = N_("it is too long");
    if (len > STATEMENT_MAX)
        return -1;
    file = value_parse(s, len);
    *why = N_("it isn't one JSON object");
    if (!file)
        return -1;
    strict_begin(&in, file);
    payload = strict_string(&in, "payload", STRICT_REQUIRED);
    signatures = strict_array(&in, "signatures", STRICT_REQUIRED);
    *why = N_("it is no object of payload and signatures and nothing else");
    if (strict_end(&in) == 0)
        rc = read_signature(out, signatures, payload, why);
    value_free(file);
    if (rc != 0)
        statement_free(out);
    return rc;
}

int statement_read_payload(struct statement *out, const char **why)
{
    const char *b64u = strchr(out->signed_text.s, '.') + 1; /* the header has none */
    size_t len = out->signed_text.len - (size_t)(b64u - out->signed_text.s), json_len;
    char *json = x_malloc(len + 1);
    int rc = -1;

    *why = N_("the payload must be base64url");
    if (b64u_decode(b64u, len, json, len, &json_len) == 0) {
        out->values = value_parse(json, json_len);
        *why = N_("its payload isn't one JSON object");
    }
    free(json);
    if (out->values)
        rc = read_payload(out, out->values, why);
    return rc;
}

int statement_read(struct statement *out, const char *s, size_t len, const char **why)
{
    int rc = statement_open(out, s, len, why);

    if (rc == 0 && (rc = statement_read_payload(out, why)) != 0) {
        const char *at = out->at;

        statement_free(out);
        out->at = at;
    }
    return rc;
}
