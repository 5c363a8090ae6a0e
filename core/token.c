/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Query tokens: compact JWS (RFC 7515 section 7.1) that the reader makes for one method and path.
 */
#include "core/token.h"

#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/envelope.h"
#include "core/num.h"
#include "core/strict.h"

#define TOKEN_TYP   "pumasi-query+jwt"
#define TOKEN_GRACE 300 /* seconds that the caller's clock may be ahead */

static int claims_parse(struct token *out, const char *json, size_t len, const char **why)
{
    struct strict in;
    struct value *claims = strict_parse(json, len, why);

    if (claims == NULL) {
        return -1;
    }
    strict_begin(&in, claims);
    const char *aud = strict_string(&in, "aud", STRICT_REQUIRED);
    const char *by = strict_string(&in, "by", STRICT_REQUIRED);
    (void)strict_int(&in, "iat", STRICT_REQUIRED, 0, NUM_MAX, &out->iat);
    (void)strict_int(&in, "exp", STRICT_REQUIRED, 0, NUM_MAX, &out->exp);
    const char *htm = strict_string(&in, "htm", STRICT_REQUIRED);
    const char *htu = strict_string(&in, "htu", STRICT_REQUIRED);
    if (strict_end(&in) != 0) {
        *why = WIRE_("a token has exactly aud, by, iat, exp, htm and htu");
        value_free(claims);
        return -1;
    }
    out->aud = x_strdup(aud);
    out->by = x_strdup(by);
    out->htm = x_strdup(htm);
    out->htu = x_strdup(htu);
    value_free(claims);
    return 0;
}

int token_parse(struct token *out, const char *s, size_t len, const char **why)
{
    char json[TOKEN_MAX];
    size_t n;

    memset(out, 0, sizeof(*out));
    if (len > TOKEN_MAX) {
        *why = WIRE_("the token is too long");
        return -1;
    }
    const char *dot = memchr(s, '.', len);
    const char *dot2 = dot == NULL ? NULL : memchr(dot + 1, '.', len - (size_t)(dot + 1 - s));
    if (dot2 == NULL) {
        *why = WIRE_("a token has three parts");
        return -1;
    }
    size_t sig_len = len - (size_t)(dot2 + 1 - s);
    if (b64u_decode_exact(dot2 + 1, sig_len, out->sig, KEY_SIG_LEN) != 0) {
        *why = WIRE_("a token's signature must be 64 bytes in base64url");
        return -1;
    }
    if (b64u_decode(s, (size_t)(dot - s), json, sizeof(json), &n) != 0) {
        *why = WIRE_("a token's header must be base64url");
        return -1;
    }
    if (protected_parse(json, n, TOKEN_TYP, &out->kid, why) != 0) {
        return -1;
    }
    if (b64u_decode(dot + 1, (size_t)(dot2 - dot - 1), json, sizeof(json), &n) != 0) {
        *why = WIRE_("a token's claims must be base64url");
        return -1;
    }
    if (claims_parse(out, json, n, why) != 0) {
        return -1;
    }
    out->signed_text = x_strndup(s, (size_t)(dot2 - s));
    return 0;
}

void token_free(struct token *t)
{
    free(t->aud);
    free(t->by);
    free(t->htm);
    free(t->htu);
    free(t->signed_text);
    memset(t, 0, sizeof(*t));
}

/* The next byte of a percent-encoded path, 0 to 255; a '%' without two hex digits stands for
 * itself. */
static int path_next(const char **s)
{
    const char *p = *s;

    if (p[0] == '%' && num_hex(p[1]) >= 0 && num_hex(p[2]) >= 0) {
        *s = p + 3;
        return num_hex(p[1]) * 16 + num_hex(p[2]);
    }
    *s = p + 1;
    return (unsigned char)p[0];
}

/* True when two paths are the same, whether their makers wrote '@' or '%40'. */
static bool path_eq(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (path_next(&a) != path_next(&b)) {
            return false;
        }
    }
    return *a == *b;
}

int token_check(const struct token *t, const struct key *key, const char *aud, const char *method,
                const char *path, int64_t now, const char **why)
{
    /* All three are within ±(2^53−1), so that none of this overflows. */
    if (t->exp <= t->iat || t->exp - t->iat > TOKEN_LIFETIME_MAX) {
        *why = WIRE_("a token lives for 1 to 300 seconds");
    } else if (now < t->iat - TOKEN_GRACE) {
        *why = WIRE_("the token is not yet valid");
    } else if (now > t->exp) {
        *why = WIRE_("the token has expired");
    } else if (!str_eq(t->aud, aud)) {
        *why = WIRE_("the token is for another ledger");
    } else if (!str_eq(t->htm, method)) {
        *why = WIRE_("the token is for another method");
    } else if (!path_eq(t->htu, path)) {
        *why = WIRE_("the token is for another path");
    } else if (!key_verify(key, t->signed_text, strlen(t->signed_text), t->sig)) {
        *why = WIRE_("the token's signature is wrong");
    } else {
        return 0;
    }
    return -1;
}

void token_make(struct buf *b, const uint8_t secret[KEY_SECRET_LEN], const char *aud,
                const char *by, const char *method, const char *path, int64_t now, int64_t lifetime)
{
    struct buf json = BUF_INIT;
    struct key key;
    struct kid kid;
    uint8_t sig[KEY_SIG_LEN];
    size_t start = b->len;

    key_of_secret(&key, secret);
    key_kid(&kid, &key);
    buf_printf(&json, "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"" TOKEN_TYP "\"}", kid.s);
    buf_put_b64u(b, json.data, json.len);
    buf_putc(b, '.');
    buf_clear(&json);
    buf_puts(&json, "{\"aud\":");
    buf_puts_json(&json, aud);
    buf_puts(&json, ",\"by\":");
    buf_puts_json(&json, by);
    buf_puts(&json, ",\"iat\":");
    buf_put_i64(&json, now);
    buf_puts(&json, ",\"exp\":");
    buf_put_i64(&json, now + lifetime);
    buf_puts(&json, ",\"htm\":");
    buf_puts_json(&json, method);
    buf_puts(&json, ",\"htu\":");
    buf_puts_json(&json, path);
    buf_putc(&json, '}');
    buf_put_b64u(b, json.data, json.len);
    key_sign(secret, b->data + start, b->len - start, sig);
    buf_putc(b, '.');
    buf_put_b64u(b, sig, sizeof(sig));
    buf_free(&json);
}
