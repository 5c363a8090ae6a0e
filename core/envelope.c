/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Acts as JWS General JSON Serialization, and what is POSTed: parsing, merging, verifying. */
#include "core/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/strict.h"

#define ACT_TYP        "pumasi-act+json"
#define TEXT_BYTES_MAX 1024 /* a guard only: the rules for each text are judged with the act */

int protected_parse(const char *json, size_t len, const char *typ, struct kid *kid,
                    const char **why)
{
    struct strict in;
    int rc = -1;
    struct value *header = strict_parse(json, len, why);

    if (header == NULL) {
        return -1;
    }
    strict_begin(&in, header);
    const char *alg = strict_string(&in, "alg", STRICT_REQUIRED);
    const char *id = strict_string(&in, "kid", STRICT_REQUIRED);
    const char *is_typ = strict_string(&in, "typ", STRICT_REQUIRED);
    if (strict_end(&in) != 0) {
        *why = WIRE_("a protected header has exactly alg, kid and typ");
    } else if (!str_eq(alg, "EdDSA") && !str_eq(alg, "Ed25519")) {
        *why = WIRE_("alg must be EdDSA or Ed25519");
    } else if (!kid_is_valid(id)) {
        *why = WIRE_("kid must be a key's thumbprint, 43 characters of base64url");
    } else if (!str_eq(is_typ, typ)) {
        *why = WIRE_("typ is not the one that is expected here");
    } else {
        str_copy(kid->s, sizeof(kid->s), id);
        rc = 0;
    }
    value_free(header);
    return rc;
}

static int sig_compare(const void *a, const void *b)
{
    const struct envelope_sig *x = a, *y = b;
    return strcmp(x->kid.s, y->kid.s);
}

/* One entry of "signatures"; on success it owns its text. */
static int sig_from_json(struct envelope_sig *out, const struct value *entry, struct refusal *r)
{
    struct strict in;
    const char *why = NULL;

    if (entry->kind != VALUE_OBJECT) {
        return refuse(r, REFUSED_MALFORMED, "an entry of signatures must be an object");
    }
    strict_begin(&in, entry);
    const char *header = strict_string(&in, "protected", STRICT_REQUIRED);
    const char *sig = strict_string(&in, "signature", STRICT_REQUIRED);
    if (strict_end(&in) != 0) {
        return refuse(r, REFUSED_MALFORMED,
                      "an entry of signatures has exactly protected and signature");
    }
    if (b64u_decode_exact(sig, strlen(sig), out->sig, KEY_SIG_LEN) != 0) {
        return refuse(r, REFUSED_MALFORMED, "a signature must be 64 bytes in base64url");
    }
    size_t len = strlen(header);
    size_t json_len = 0;
    char *json = x_malloc(len + 1);
    if (b64u_decode(header, len, json, len, &json_len) != 0) {
        free(json);
        return refuse(r, REFUSED_MALFORMED, "a protected header must be base64url");
    }
    int rc = protected_parse(json, json_len, ACT_TYP, &out->kid, &why);
    free(json);
    if (rc != 0) {
        return refuse(r, REFUSED_MALFORMED, "protected header: %s", why);
    }
    out->protected_b64u = x_strndup(header, len);
    out->verified = false;
    return 0;
}

static int payload_from_b64u(struct envelope *e, const char *s, struct refusal *r)
{
    size_t len = strlen(s);

    e->payload = x_malloc(len + 1);
    if (b64u_decode(s, len, e->payload, len, &e->payload_len) != 0) {
        return refuse(r, REFUSED_MALFORMED, "the payload must be base64url");
    }
    if (memchr(e->payload, '\0', e->payload_len) != NULL) {
        return refuse(r, REFUSED_MALFORMED, "the payload has a U+0000");
    }
    e->payload[e->payload_len] = '\0';
    e->payload_b64u = x_strndup(s, len);
    hash_bytes(&e->payload_hash, e->payload, e->payload_len);
    return 0;
}

static int sigs_from_json(struct envelope *e, const struct value *array, struct refusal *r)
{
    size_t n = array->n;

    if (n == 0) {
        return refuse(r, REFUSED_MALFORMED, "an act needs at least one signature");
    }
    if (n > ENVELOPE_SIGS_MAX) {
        return refuse(r, REFUSED_MALFORMED, "an act has at most %d signatures", ENVELOPE_SIGS_MAX);
    }
    e->sigs = x_calloc(n, sizeof(*e->sigs));
    for (const struct value *entry = array->first; entry != NULL; entry = entry->next) {
        if (sig_from_json(&e->sigs[e->n_sigs], entry, r) != 0) {
            return -1;
        }
        e->n_sigs++;
    }
    if (n > 1) {
        qsort(e->sigs, n, sizeof(*e->sigs), sig_compare);
    }
    for (size_t i = 1; i < n; i++) {
        if (sig_compare(&e->sigs[i - 1], &e->sigs[i]) == 0) {
            return refuse(r, REFUSED_MALFORMED, "two signatures have the same kid");
        }
    }
    return 0;
}

int envelope_from_json(struct envelope *out, const struct value *jws, struct refusal *r)
{
    struct strict in;

    memset(out, 0, sizeof(*out));
    if (jws == NULL || jws->kind != VALUE_OBJECT) {
        return refuse(r, REFUSED_MALFORMED, "an act must be a JWS object");
    }
    strict_begin(&in, jws);
    const char *payload = strict_string(&in, "payload", STRICT_REQUIRED);
    const struct value *sigs = strict_array(&in, "signatures", STRICT_REQUIRED);
    if (strict_end(&in) != 0) {
        return refuse(r, REFUSED_MALFORMED, "an act has exactly payload and signatures");
    }
    if (payload_from_b64u(out, payload, r) != 0 || sigs_from_json(out, sigs, r) != 0) {
        envelope_free(out);
        return -1;
    }
    return 0;
}

void envelope_free(struct envelope *e)
{
    for (size_t i = 0; i < e->n_sigs; i++) {
        free(e->sigs[i].protected_b64u);
    }
    free(e->sigs);
    free(e->payload);
    free(e->payload_b64u);
    memset(e, 0, sizeof(*e));
}

void envelope_put(struct buf *b, const struct envelope *e)
{
    /* All of it is base64url, so nothing needs escaping. */
    buf_puts(b, "{\"payload\":\"");
    buf_puts(b, e->payload_b64u);
    buf_puts(b, "\",\"signatures\":[");
    for (size_t i = 0; i < e->n_sigs; i++) {
        buf_puts(b, i == 0 ? "{\"protected\":\"" : ",{\"protected\":\"");
        buf_puts(b, e->sigs[i].protected_b64u);
        buf_puts(b, "\",\"signature\":\"");
        buf_put_b64u(b, e->sigs[i].sig, KEY_SIG_LEN);
        buf_puts(b, "\"}");
    }
    buf_puts(b, "]}");
}

bool envelope_add_sig(struct envelope *e, const struct envelope_sig *sig)
{
    size_t at = 0;

    while (at < e->n_sigs && sig_compare(&e->sigs[at], sig) < 0) {
        at++;
    }
    if (at < e->n_sigs && sig_compare(&e->sigs[at], sig) == 0) {
        return false;
    }
    e->sigs = x_realloc(e->sigs, (e->n_sigs + 1) * sizeof(*e->sigs));
    memmove(&e->sigs[at + 1], &e->sigs[at], (e->n_sigs - at) * sizeof(*e->sigs));
    e->n_sigs++;
    e->sigs[at] = *sig;
    e->sigs[at].protected_b64u = x_strdup(sig->protected_b64u);
    return true;
}

void envelope_remove_sig(struct envelope *e, size_t i)
{
    free(e->sigs[i].protected_b64u);
    e->n_sigs--;
    memmove(&e->sigs[i], &e->sigs[i + 1], (e->n_sigs - i) * sizeof(*e->sigs));
}

/* The JWKs that stand anywhere in a payload, by their thumbprints; their points aren't judged yet,
 * as that is dear. */
struct found_key {
    struct kid kid;
    struct key key;
};
struct found_keys {
    struct found_key *keys;
    size_t n, cap;
};

/* Members beside kty, crv and x don't matter here: whether the JWK is well-formed is judged with
 * the act. */
static bool looks_like_jwk(const struct value *object, struct key *key)
{
    const char *kty = value_text(value_member(object, "kty"));
    const char *crv = value_text(value_member(object, "crv"));
    const char *x = value_text(value_member(object, "x"));

    return kty != NULL && crv != NULL && x != NULL && str_eq(kty, "OKP") &&
           str_eq(crv, "Ed25519") && b64u_decode_exact(x, strlen(x), key->x, KEY_LEN) == 0;
}

/* The recursion is bounded: strict_parse admits a depth of 16. */
static void found_keys_collect(struct found_keys *f, const struct value *value)
{
    struct key key;

    if (value->kind != VALUE_OBJECT && value->kind != VALUE_ARRAY) {
        return;
    }
    if (value->kind == VALUE_OBJECT && looks_like_jwk(value, &key)) {
        if (f->n == f->cap) {
            f->cap = f->cap ? f->cap * 2 : 8;
            f->keys = x_realloc(f->keys, f->cap * sizeof(*f->keys));
        }
        f->keys[f->n].key = key;
        key_kid(&f->keys[f->n].kid, &key);
        f->n++;
    }
    for (const struct value *inner = value->first; inner != NULL; inner = inner->next) {
        found_keys_collect(f, inner);
    }
}

static const struct found_key *found_keys_find(const struct found_keys *f, const struct kid *kid)
{
    for (size_t i = 0; i < f->n; i++) {
        if (str_eq(f->keys[i].kid.s, kid->s)) {
            return &f->keys[i];
        }
    }
    return NULL;
}

/* The key of each signature not yet verified, into keys[]. The payload is parsed only when a kid
 * isn't registered. */
static int resolve_keys(const struct envelope *e, envelope_lookup *lookup, void *arg,
                        struct key *keys, struct refusal *r)
{
    struct found_keys found = {NULL, 0, 0};
    struct value *payload = NULL;
    int rc = -1;

    for (size_t i = 0; i < e->n_sigs; i++) {
        if (e->sigs[i].verified || lookup(arg, &e->sigs[i].kid, &keys[i])) {
            continue;
        }
        if (payload == NULL) {
            const char *why = NULL;
            payload = strict_parse(e->payload, e->payload_len, &why);
            if (payload == NULL) {
                (void)refuse(r, REFUSED_MALFORMED, "payload: %s", why);
                goto out;
            }
            found_keys_collect(&found, payload);
        }
        const struct found_key *f = found_keys_find(&found, &e->sigs[i].kid);
        if (f == NULL || !key_is_valid(&f->key)) {
            (void)refuse(r, REFUSED_UNKNOWN_KEY, "no key is known as %s", e->sigs[i].kid.s);
            goto out;
        }
        keys[i] = f->key;
    }
    rc = 0;
out:
    free(found.keys);
    value_free(payload);
    return rc;
}

int envelope_verify(struct envelope *e, envelope_lookup *lookup, void *arg, struct refusal *r)
{
    int rc = -1;
    size_t header_max = 0;
    struct key *keys = x_calloc(e->n_sigs + 1, sizeof(*keys));
    char *text = NULL;

    if (resolve_keys(e, lookup, arg, keys, r) != 0) {
        goto out;
    }
    /*
     * What is signed is header "." payload (RFC 7515 section 5.2). The payload is copied once, and
     * each header put before it so that it ends at the dot.
     */
    for (size_t i = 0; i < e->n_sigs; i++) {
        size_t len = strlen(e->sigs[i].protected_b64u);
        header_max = len > header_max ? len : header_max;
    }
    size_t payload_len = strlen(e->payload_b64u);
    text = x_malloc(header_max + 1 + payload_len);
    text[header_max] = '.';
    memcpy(text + header_max + 1, e->payload_b64u, payload_len);
    for (size_t i = 0; i < e->n_sigs; i++) {
        const struct envelope_sig *sig = &e->sigs[i];
        size_t len = strlen(sig->protected_b64u);
        char *start = text + header_max - len;
        if (sig->verified) {
            continue;
        }
        memcpy(start, sig->protected_b64u, len);
        if (!key_verify(&keys[i], start, len + 1 + payload_len, sig->sig)) {
            (void)refuse(r, REFUSED_BAD_SIGNATURE, "the signature of %s is wrong", sig->kid.s);
            goto out;
        }
    }
    for (size_t i = 0; i < e->n_sigs; i++) {
        e->sigs[i].verified = true;
    }
    rc = 0;
out:
    free(text);
    free(keys);
    return rc;
}

bool envelope_signed_by(const struct envelope *e, const struct key *key)
{
    struct buf text = BUF_INIT;
    bool right = false;
    struct kid kid;

    key_kid(&kid, key);
    for (size_t i = 0; i < e->n_sigs && !right; i++) {
        if (!str_eq(e->sigs[i].kid.s, kid.s)) {
            continue;
        }
        buf_clear(&text);
        buf_puts(&text, e->sigs[i].protected_b64u);
        buf_putc(&text, '.');
        buf_puts(&text, e->payload_b64u);
        right = key_verify(key, text.data, text.len, e->sigs[i].sig);
    }
    buf_free(&text);
    return right;
}

void envelope_new(struct envelope *out, const char *payload, size_t len)
{
    struct buf b = BUF_INIT;

    memset(out, 0, sizeof(*out));
    out->payload = x_strndup(payload, len);
    out->payload_len = len;
    hash_bytes(&out->payload_hash, payload, len);
    buf_put_b64u(&b, payload, len);
    out->payload_b64u = buf_take(&b);
}

void envelope_sign(struct envelope *e, const uint8_t secret[KEY_SECRET_LEN])
{
    struct envelope_sig sig = {.verified = false};
    struct buf header = BUF_INIT, text = BUF_INIT;
    struct key key;

    key_of_secret(&key, secret);
    key_kid(&sig.kid, &key);
    buf_printf(&header, "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"" ACT_TYP "\"}", sig.kid.s);
    buf_put_b64u(&text, header.data, header.len);
    sig.protected_b64u = x_strndup(text.data, text.len);
    buf_putc(&text, '.');
    buf_puts(&text, e->payload_b64u);
    key_sign(secret, text.data, text.len, sig.sig);
    for (size_t i = 0; i < e->n_sigs; i++) {
        if (sig_compare(&e->sigs[i], &sig) == 0) {
            envelope_remove_sig(e, i);
            break;
        }
    }
    (void)envelope_add_sig(e, &sig); /* true: its kid is not there */
    free(sig.protected_b64u);
    buf_free(&header);
    buf_free(&text);
}

/* In the order in which they are kept. */
static const char *const text_fields[TEXTS_MAX] = {"memo", "name", "reason", "reference"};

static int text_from_json(struct submitted_text *out, const char *field, const struct value *object,
                          struct refusal *r)
{
    struct strict in;

    strict_begin(&in, object);
    const char *salt = strict_string(&in, "salt", STRICT_REQUIRED);
    const char *text = strict_string(&in, "text", STRICT_REQUIRED);
    if (strict_end(&in) != 0) {
        return refuse(r, REFUSED_MALFORMED, "the text of %s has exactly salt and text", field);
    }
    if (b64u_decode_exact(salt, strlen(salt), out->salt, sizeof(out->salt)) != 0) {
        return refuse(r, REFUSED_MALFORMED, "the salt of %s must be 16 bytes in base64url", field);
    }
    size_t len = strlen(text);
    if (len > TEXT_BYTES_MAX) {
        return refuse(r, REFUSED_MALFORMED, "the text of %s is too long", field);
    }
    str_copy(out->field, sizeof(out->field), field);
    out->text = x_strndup(text, len);
    out->len = len;
    return 0;
}

static int texts_from_json(struct submission *out, const struct value *texts, struct refusal *r)
{
    struct strict in;

    strict_begin(&in, texts);
    for (size_t i = 0; i < TEXTS_MAX; i++) {
        const struct value *text = strict_object(&in, text_fields[i], STRICT_OPTIONAL);
        if (text == NULL) {
            continue;
        }
        if (text_from_json(&out->texts[out->n_texts], text_fields[i], text, r) != 0) {
            return -1;
        }
        out->n_texts++;
    }
    if (strict_end(&in) != 0) {
        return refuse(r, REFUSED_MALFORMED,
                      "texts may have memo, name, reason and reference, each an object");
    }
    return 0;
}

int submission_parse(struct submission *out, const char *s, size_t len, struct refusal *r)
{
    struct strict in;
    const char *why = NULL;
    int rc = -1;

    memset(out, 0, sizeof(*out));
    if (len > ENVELOPE_MAX) {
        return refuse(r, REFUSED_TOO_LARGE, "a submission has at most %d bytes", ENVELOPE_MAX);
    }
    struct value *top = strict_parse(s, len, &why);
    if (top == NULL) {
        return refuse(r, REFUSED_MALFORMED, "submission: %s", why);
    }
    strict_begin(&in, top);
    const struct value *act = strict_object(&in, "act", STRICT_REQUIRED);
    const struct value *texts = strict_object(&in, "texts", STRICT_OPTIONAL);
    if (strict_end(&in) != 0) {
        (void)refuse(r, REFUSED_MALFORMED, "a submission has act and, where needed, texts");
    } else if (envelope_from_json(&out->env, act, r) == 0 &&
               (texts == NULL || texts_from_json(out, texts, r) == 0)) {
        rc = 0;
    }
    value_free(top);
    if (rc != 0) {
        submission_free(out);
    }
    return rc;
}

void submission_free(struct submission *s)
{
    envelope_free(&s->env);
    for (size_t i = 0; i < s->n_texts; i++) {
        free(s->texts[i].text);
    }
    memset(s, 0, sizeof(*s));
}

void submission_put(struct buf *b, const struct submission *s)
{
    buf_puts(b, "{\"act\":");
    envelope_put(b, &s->env);
    for (size_t i = 0; i < s->n_texts; i++) {
        const struct submitted_text *t = &s->texts[i];
        buf_puts(b, i == 0 ? ",\"texts\":{" : ",");
        buf_puts_json(b, t->field);
        buf_puts(b, ":{\"salt\":\"");
        buf_put_b64u(b, t->salt, sizeof(t->salt));
        buf_puts(b, "\",\"text\":");
        buf_put_json(b, t->text, t->len);
        buf_putc(b, '}');
    }
    buf_puts(b, s->n_texts > 0 ? "}}" : "}");
}
