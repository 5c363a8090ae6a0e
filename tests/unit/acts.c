/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signed acts, good and bad, for the tests of envelopes. */
#include "tests/unit/acts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct signer signer[N_SIGNERS];

int acts_setup(void **state)
{
    for (unsigned i = 0; i < N_SIGNERS; i++) {
        uint8_t seed[crypto_sign_SEEDBYTES];
        memset(seed, (int)i + 1, sizeof(seed));
        (void)crypto_sign_seed_keypair(signer[i].key.x, signer[i].secret, seed);
        key_kid(&signer[i].kid, &signer[i].key);
    }
    return 0;
}

char *entry_of(const char *header, size_t header_len, const char *payload, size_t len, unsigned who)
{
    struct buf text = BUF_INIT, out = BUF_INIT;
    uint8_t sig[KEY_SIG_LEN];

    buf_put_b64u(&text, header, header_len);
    buf_puts(&out, "{\"protected\":\"");
    buf_put(&out, text.data, text.len);
    buf_putc(&text, '.');
    buf_put_b64u(&text, payload, len);
    key_sign(signer[who].secret, text.data, text.len, sig);
    buf_puts(&out, "\",\"signature\":\"");
    buf_put_b64u(&out, sig, sizeof(sig));
    buf_puts(&out, "\"}");
    buf_free(&text);
    return buf_take(&out);
}

char *good_entry(const char *payload, unsigned who)
{
    char *header = x_asprintf("{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"pumasi-act+json\"}",
                              signer[who].kid.s);
    char *entry = entry_of(header, strlen(header), payload, strlen(payload), who);

    free(header);
    return entry;
}

char *submission_of(const char *payload, size_t len, char *entries, const char *after)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, "{\"act\":{\"payload\":\"");
    buf_put_b64u(&b, payload, len);
    buf_puts(&b, "\",\"signatures\":[");
    buf_puts(&b, entries);
    buf_puts(&b, "]}");
    buf_puts(&b, after);
    buf_puts(&b, "}");
    free(entries);
    return buf_take(&b);
}

char *good_submission(const char *payload, unsigned who)
{
    return submission_of(payload, strlen(payload), good_entry(payload, who), "");
}

char *two_signers(const char *payload, unsigned first, unsigned second)
{
    char *a = good_entry(payload, first), *b = good_entry(payload, second);
    char *both = x_asprintf("%s,%s", a, b);

    free(a);
    free(b);
    return submission_of(payload, strlen(payload), both, "");
}

enum refusal_code parse_len(const char *s, size_t len, struct submission *out)
{
    struct refusal r = {.code = REFUSED_NOT};

    if (submission_parse(out, s, len, &r) == 0) {
        assert_int_equal(r.code, REFUSED_NOT);
        return REFUSED_NOT;
    }
    assert_int_not_equal(r.code, REFUSED_NOT);
    assert_true(r.detail[0] != '\0');
    return r.code;
}

void assert_parse(char *s, enum refusal_code want)
{
    struct submission sub;
    enum refusal_code code = parse_len(s, strlen(s), &sub);

    if (code != want) {
        fail_msg("%s instead of %s: %s", code == REFUSED_NOT ? "accepted" : refusal_name(code),
                 want == REFUSED_NOT ? "accepted" : refusal_name(want), s);
    }
    if (code == REFUSED_NOT) {
        submission_free(&sub);
    }
    free(s);
}

void must_parse(char *s, struct submission *out)
{
    assert_int_equal(parse_len(s, strlen(s), out), REFUSED_NOT);
    free(s);
}

/* The first *arg pairs are registered. */
static bool lookup(void *arg, const struct kid *kid, struct key *out)
{
    for (unsigned i = 0; i < *(unsigned *)arg; i++) {
        if (str_eq(kid->s, signer[i].kid.s)) {
            *out = signer[i].key;
            return true;
        }
    }
    return false;
}

enum refusal_code verify_env(struct envelope *e, unsigned registered)
{
    struct refusal r = {.code = REFUSED_NOT};

    return envelope_verify(e, lookup, &registered, &r) == 0 ? REFUSED_NOT : r.code;
}

void assert_verify(char *s, unsigned registered, enum refusal_code want)
{
    struct submission sub;

    must_parse(s, &sub);
    assert_int_equal(verify_env(&sub.env, registered), want);
    for (size_t i = 0; i < sub.env.n_sigs; i++) {
        assert_int_equal(sub.env.sigs[i].verified, want == REFUSED_NOT);
    }
    submission_free(&sub);
}
