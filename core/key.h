/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_KEY_H
#define PUMASI_KEY_H

#include "core/base.h"
#include "core/buf.h"
#include "core/value.h"

#define KEY_LEN        32
#define KEY_SECRET_LEN 64
#define KEY_SIG_LEN    64
#define KID_LEN        43

/* A public Ed25519 key. */
struct key {
    uint8_t x[KEY_LEN];
};

/* A JWK's thumbprint (RFC 7638, SHA-256, base64url) as text. */
struct kid {
    char s[KID_LEN + 1];
};

/* The roles of protocol section 1; `role_name` gives their words. */
enum role {
    ROLE_MEMBER,
    ROLE_TREASURER,
    ROLE_REGISTRAR,
    ROLE_STEWARD,
    ROLE_AUDITOR,
    ROLE_LOG,
    ROLE_CLERK,
};
#define ROLE_COUNT 7

const char *role_name(enum role role);
/* 0, or -1 when there is no such role. */
int role_parse(const char *s, enum role *out) MUST_CHECK;

/* RFC 7638 section 3 with RFC 8037 section 2's members. */
void key_kid(struct kid *out, const struct key *key);
/* 43 characters of canonical base64url. */
bool kid_is_valid(const char *s);

/*
 * libsodium's crypto_core_ed25519_is_valid_point: on the curve, canonical, of prime order. Takes
 * as long as a signature.
 */
bool key_is_valid(const struct key *key);
/*
 * Reads a JWK that has exactly kty, crv and x (RFC 8037 section 2) and whose point
 * key_is_valid accepts. 0, or -1 with *why set to a constant.
 */
int key_from_jwk(const struct value *jwk, struct key *out, const char **why) MUST_CHECK;
/* {"crv":"Ed25519","kty":"OKP","x":"…"} */
void key_put_jwk(struct buf *b, const struct key *key);

/*
 * Verdict of libsodium's crypto_sign_verify_detached (RFC 8032, its checks on S, R and low
 * order).
 */
bool key_verify(const struct key *key, const void *msg, size_t len, const uint8_t sig[KEY_SIG_LEN]);
/* secret: libsodium's 64 bytes, seed and public key. */
void key_sign(const uint8_t secret[KEY_SECRET_LEN], const void *msg, size_t len,
              uint8_t sig[KEY_SIG_LEN]);
/* A new pair. Needs sodium_init() before. */
void key_generate(struct key *key, uint8_t secret[KEY_SECRET_LEN]);
/* The public half of a secret. */
void key_of_secret(struct key *key, const uint8_t secret[KEY_SECRET_LEN]);

#endif
