/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TOKEN_H
#define PUMASI_TOKEN_H

#include "core/base.h"
#include "core/buf.h"
#include "core/key.h"

#define TOKEN_MAX          2048
#define TOKEN_LIFETIME_MAX 300 /* seconds */

/*
 * A query token (protocol section 4): compact JWS, typ pumasi-query+jwt, exactly aud, by, iat,
 * exp, htm, htu.
 */
struct token {
    struct kid kid;
    char *aud, *by, *htm, *htu;
    int64_t iat, exp;  /* seconds */
    char *signed_text; /* header "." payload, what was signed; NUL-terminated */
    uint8_t sig[KEY_SIG_LEN];
};

/* Parses without verifying. 0, or -1 with *why a constant sentence; nothing to free then. */
int token_parse(struct token *out, const char *s, size_t len, const char **why) MUST_CHECK;
void token_free(struct token *t);
/*
 * Signature, lifetime (now in seconds, five minutes' grace before iat, none after exp), audience,
 * method, path. 0 or -1 with *why.
 */
int token_check(const struct token *t, const struct key *key, const char *aud, const char *method,
                const char *path, int64_t now, const char **why) MUST_CHECK;
/* Makes one; appended to b. */
void token_make(struct buf *b, const uint8_t secret[KEY_SECRET_LEN], const char *aud,
                const char *by, const char *method, const char *path, int64_t now,
                int64_t lifetime);

#endif
