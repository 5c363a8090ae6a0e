/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is POSTed: an act and the texts that travel beside it. */
#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/envelope.h"
#include "core/strict.h"

#define TEXT_BYTES_MAX 1024 /* a guard only: the rules for each text are judged with the act */

/* In the order in which they are kept. */
static const char *const text_fields[TEXTS_MAX] = {"memo", "name", "reason"};

static int text_from_json(struct submitted_text *out, const char *field, const json_t *object,
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

static int texts_from_json(struct submission *out, const json_t *texts, struct refusal *r)
{
    struct strict in;

    strict_begin(&in, texts);
    for (size_t i = 0; i < TEXTS_MAX; i++) {
        const json_t *text = strict_object(&in, text_fields[i], STRICT_OPTIONAL);
        if (text == NULL) {
            continue;
        }
        if (text_from_json(&out->texts[out->n_texts], text_fields[i], text, r) != 0) {
            return -1;
        }
        out->n_texts++;
    }
    if (strict_end(&in) != 0) {
        return refuse(r, REFUSED_MALFORMED, "texts may have memo, name and reason, each an object");
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
    json_t *top = strict_parse(s, len, &why);
    if (top == NULL) {
        return refuse(r, REFUSED_MALFORMED, "submission: %s", why);
    }
    strict_begin(&in, top);
    const json_t *act = strict_object(&in, "act", STRICT_REQUIRED);
    const json_t *texts = strict_object(&in, "texts", STRICT_OPTIONAL);
    if (strict_end(&in) != 0) {
        (void)refuse(r, REFUSED_MALFORMED, "a submission has act and, where needed, texts");
    } else if (envelope_from_json(&out->env, act, r) == 0 &&
               (texts == NULL || texts_from_json(out, texts, r) == 0)) {
        rc = 0;
    }
    json_decref(top);
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
