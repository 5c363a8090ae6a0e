/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ed25519 keys: JWKs, their thumbprints, signatures. */
#include "core/key.h"

#include <sodium.h>
#include <string.h>

#include "core/b64.h"
#include "core/hash.h"
#include "core/strict.h"

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_MEMBER] = "member",   [ROLE_TREASURER] = "treasurer", [ROLE_REGISTRAR] = "registrar",
    [ROLE_STEWARD] = "steward", [ROLE_AUDITOR] = "auditor",     [ROLE_LOG] = "log",
    [ROLE_CLERK] = "clerk",
};

const char *role_name(enum role role)
{
    return role_names[role];
}

int role_parse(const char *s, enum role *out)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if (str_eq(s, role_names[i])) {
            *out = (enum role)i;
            return 0;
        }
    }
    return -1;
}

void key_put_jwk(struct buf *b, const struct key *key)
{
    buf_puts(b, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
    buf_put_b64u(b, key->x, KEY_LEN);
    buf_puts(b, "\"}");
}

void key_kid(struct kid *out, const struct key *key)
{
    /* The thumbprint's input: required members only, sorted, no white space. It is what key_put_jwk
     * writes. */
    static const char head[] = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"";
    static const char tail[] = "\"}";
    enum {
        HEAD = sizeof(head) - 1,
        X = B64U_LEN(KEY_LEN),
        TAIL = sizeof(tail) - 1
    };
    char json[HEAD + X + TAIL + 1];
    struct hash h;

    memcpy(json, head, HEAD);
    b64u_encode(json + HEAD, key->x, KEY_LEN);
    memcpy(json + HEAD + X, tail, sizeof(tail));
    hash_bytes(&h, json, HEAD + X + TAIL);
    hash_text(out->s, &h);
}

bool kid_is_valid(const char *s)
{
    struct hash h;
    return strlen(s) == KID_LEN && b64u_decode_exact(s, KID_LEN, h.b, HASH_LEN) == 0;
}

bool key_is_valid(const struct key *key)
{
    return crypto_core_ed25519_is_valid_point(key->x) == 1;
}

int key_from_jwk(const struct value *jwk, struct key *out, const char **why)
{
    struct strict in;

    if (jwk == NULL || jwk->kind != VALUE_OBJECT) {
        *why = N_("isn't a JWK object");
        return -1;
    }
    strict_begin(&in, jwk);
    const char *kty = strict_string(&in, "kty", STRICT_REQUIRED);
    const char *crv = strict_string(&in, "crv", STRICT_REQUIRED);
    const char *x = strict_string(&in, "x", STRICT_REQUIRED);
    if (strict_end(&in) != 0) {
        *why = N_("isn't a JWK with exactly kty, crv and x");
        return -1;
    }
    if (!str_eq(kty, "OKP") || !str_eq(crv, "Ed25519")) {
        *why = N_("isn't of kty OKP and crv Ed25519");
        return -1;
    }
    if (b64u_decode_exact(x, strlen(x), out->x, KEY_LEN) != 0) {
        *why = N_("has an x that isn't 32 bytes in base64url");
        return -1;
    }
    if (!key_is_valid(out)) {
        *why = N_("has an x that is no valid point of Ed25519");
        return -1;
    }
    return 0;
}

bool key_verify(const struct key *key, const void *msg, size_t len, const uint8_t sig[KEY_SIG_LEN])
{
    return crypto_sign_verify_detached(sig, msg, len, key->x) == 0;
}

void key_sign(const uint8_t secret[KEY_SECRET_LEN], const void *msg, size_t len,
              uint8_t sig[KEY_SIG_LEN])
{
    (void)crypto_sign_detached(sig, NULL, msg, len, secret); /* it cannot fail */
}

void key_generate(struct key *key, uint8_t secret[KEY_SECRET_LEN])
{
    (void)crypto_sign_keypair(key->x, secret); /* it cannot fail */
}

void key_of_secret(struct key *key, const uint8_t secret[KEY_SECRET_LEN])
{
    /* libsodium's secret is the seed and then the public key. */
    memcpy(key->x, secret + crypto_sign_SEEDBYTES, KEY_LEN);
}
