/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TESTS_ACTS_H
#define PUMASI_TESTS_ACTS_H

/* Signed acts, good and bad, for the tests of envelopes. Strings returned are the caller's. */

#include "core/envelope.h"

#define PAYLOAD   "{\"type\":\"transfer\",\"amount\":90}"
#define N_SIGNERS 3

/* Key pairs made from fixed seeds. */
struct signer {
    struct key key;
    struct kid kid;
    uint8_t secret[KEY_SECRET_LEN];
};
extern struct signer signer[N_SIGNERS];

/* cmocka's group setup: makes the signers. */
int acts_setup(void **state);

/* One entry of "signatures": any protected header's bytes over any payload, rightly signed. */
char *entry_of(const char *header, size_t header_len, const char *payload, size_t len,
               unsigned who);
char *good_entry(const char *payload, unsigned who);

/* {"act":{"payload":…,"signatures":[entries]}…}, with `after` behind the act. Frees the entries. */
char *submission_of(const char *payload, size_t len, char *entries, const char *after);
char *good_submission(const char *payload, unsigned who);
char *two_signers(const char *payload, unsigned first, unsigned second);

/* submission_parse's verdict; on REFUSED_NOT the caller frees *out. */
enum refusal_code parse_len(const char *s, size_t len, struct submission *out);
/* Parses for the verdict only, or where it must succeed; frees s. */
void assert_parse(char *s, enum refusal_code want);
void must_parse(char *s, struct submission *out);

/* envelope_verify where only the first `registered` signers' keys are known. */
enum refusal_code verify_env(struct envelope *e, unsigned registered);
/* Parses and verifies: all signatures are marked, or none. Frees s. */
void assert_verify(char *s, unsigned registered, enum refusal_code want);

#endif
