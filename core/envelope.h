/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_ENVELOPE_H
#define PUMASI_ENVELOPE_H

#include "core/base.h"
#include "core/buf.h"
#include "core/hash.h"
#include "core/key.h"
#include "core/refusal.h"
#include "core/value.h"

#define ENVELOPE_MAX      65536
#define ENVELOPE_SIGS_MAX 128

/* One signature of an act: JWS General JSON Serialization, RFC 7515 section 7.2.1. */
struct envelope_sig {
    struct kid kid;
    char *protected_b64u; /* as it came; its bytes are what was signed */
    uint8_t sig[KEY_SIG_LEN];
    bool verified; /* set by envelope_verify */
};

/* A parsed act that owns its memory. Signatures are sorted by kid. */
struct envelope {
    char *payload_b64u;
    char *payload; /* decoded bytes, NUL-terminated; they hold no NUL themselves */
    size_t payload_len;
    struct hash payload_hash; /* SHA-256 of the decoded payload */
    size_t n_sigs;
    struct envelope_sig *sigs;
};

/* What is POSTed: {"act":<JWS>,"texts":{…}}. */
#define TEXTS_MAX 4
struct submitted_text {
    char field[12]; /* memo, name, reason or reference */
    uint8_t salt[16];
    char *text;
    size_t len;
};
struct submission {
    struct envelope env;
    size_t n_texts;
    struct submitted_text texts[TEXTS_MAX]; /* sorted by field */
};

/*
 * Parses len bytes of a submission; nothing is verified yet. Refusals: malformed, too-large. On
 * -1 nothing needs freeing. The payload is not looked into but for being base64url of bytes
 * without NUL.
 */
int submission_parse(struct submission *out, const char *s, size_t len,
                     struct refusal *r) MUST_CHECK;
void submission_free(struct submission *s);
/* Writes the same as one JSON line without a newline. */
void submission_put(struct buf *b, const struct submission *s);

/* The JWS alone, from a parsed JSON object: used by submission_parse and for stored acts. */
int envelope_from_json(struct envelope *out, const struct value *jws, struct refusal *r) MUST_CHECK;
void envelope_free(struct envelope *e);
/*
 * {"payload":…,"signatures":[{"protected":…,"signature":…},…]} with signatures sorted by kid, no
 * white space.
 */
void envelope_put(struct buf *b, const struct envelope *e);
/* Copies one more signature in, keeping the order; false when its kid is there already. */
bool envelope_add_sig(struct envelope *e, const struct envelope_sig *sig);
void envelope_remove_sig(struct envelope *e, size_t i);

/*
 * Looks a kid up among the registered keys: true and *out set when it is known (revoked ones
 * too).
 */
typedef bool envelope_lookup(void *arg, const struct kid *kid, struct key *out);

/*
 * Verifies every signature that isn't marked verified: its key is the registered one, else one of
 * the JWKs anywhere in the payload (protocol section 2), which is parsed only then. Refusals:
 * malformed (the payload, where it was parsed), unknown-key, bad-signature. All or nothing.
 */
int envelope_verify(struct envelope *e, envelope_lookup *lookup, void *arg,
                    struct refusal *r) MUST_CHECK;

/* Is one of the signatures by this key, and right? The others aren't looked at. */
bool envelope_signed_by(const struct envelope *e, const struct key *key);

/*
 * Makes an act: payload bytes, to be signed by envelope_sign (which adds one signature, replacing
 * one of the same kid).
 */
void envelope_new(struct envelope *out, const char *payload, size_t len);
void envelope_sign(struct envelope *e, const uint8_t secret[KEY_SECRET_LEN]);

/* "alg", "kid", "typ" of a protected header, strictly: used for acts and query tokens. */
int protected_parse(const char *json, size_t len, const char *typ, struct kid *kid,
                    const char **why) MUST_CHECK;

#endif
