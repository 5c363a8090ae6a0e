/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is POSTed: a submission that is taken is written again as one text that reads as the same,
 * its signatures sorted and apart. Verifying never takes what nobody signed. */
#include "fuzz.h"

#include "core/act.h"

static bool lookup(void *arg, const struct kid *kid, struct key *out)
{
    static const uint8_t x[KEY_LEN] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7,
                                       0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
                                       0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25,
                                       0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};
    struct kid mine;
    size_t *asked = arg;

    ++*asked;
    memcpy(out->x, x, KEY_LEN);
    key_kid(&mine, out);
    return str_eq(mine.s, kid->s);
}

static void check_envelope(struct envelope *e)
{
    struct hash hash;
    struct refusal r = {0};
    size_t asked = 0;

    MUST(e->n_sigs >= 1 && e->n_sigs <= ENVELOPE_SIGS_MAX);
    MUST(strlen(e->payload) == e->payload_len);
    hash_bytes(&hash, e->payload, e->payload_len);
    MUST(hash_eq(&hash, &e->payload_hash));
    for (size_t i = 0; i < e->n_sigs; i++) {
        MUST(kid_is_valid(e->sigs[i].kid.s));
        MUST(!e->sigs[i].verified);
        MUST(i == 0 || strcmp(e->sigs[i - 1].kid.s, e->sigs[i].kid.s) < 0);
    }
    if (envelope_verify(e, lookup, &asked, &r) != 0)
        MUST(r.code == REFUSED_BAD_SIGNATURE || r.code == REFUSED_UNKNOWN_KEY ||
             r.code == REFUSED_MALFORMED);
    MUST(asked >= 1);
    for (size_t i = 1; i < e->n_sigs; i++) /* all or nothing */
        MUST(e->sigs[i].verified == e->sigs[0].verified);
    MUST(e->sigs[0].verified == (r.code == REFUSED_NOT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct submission s, again;
    struct refusal r = {0};
    struct buf one = BUF_INIT, two = BUF_INIT;
    struct act act;

    if (submission_parse(&s, (const char *)data, size, &r) != 0) {
        MUST(r.code == REFUSED_MALFORMED || r.code == REFUSED_TOO_LARGE);
        MUST(r.code != REFUSED_TOO_LARGE || size > ENVELOPE_MAX);
        return 0;
    }
    MUST(size <= ENVELOPE_MAX && s.n_texts <= TEXTS_MAX);
    check_envelope(&s.env);
    submission_put(&one, &s);
    MUST(memchr(one.data, '\n', one.len) == NULL);
    if (one.len <= ENVELOPE_MAX) { /* escapes may be longer than what came */
        MUST(submission_parse(&again, one.data, one.len, &r) == 0);
        submission_put(&two, &again);
        MUST(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
        MUST(hash_eq(&s.env.payload_hash, &again.env.payload_hash));
        MUST(s.n_texts == again.n_texts);
        submission_free(&again);
    }
    if (act_parse(&act, &s.env, &r) == 0) {
        if (act_check_texts(&act, &s, &r) != 0)
            MUST(r.code == REFUSED_MALFORMED || r.code == REFUSED_TEXT_MISMATCH);
        act_free(&act);
    } else {
        MUST(r.code == REFUSED_MALFORMED);
    }
    buf_free(&one);
    buf_free(&two);
    submission_free(&s);
    return 0;
}
