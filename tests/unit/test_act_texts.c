/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The texts that travel beside an act against the hashes in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static void parse(const char *payload, struct act *a)
{
    struct envelope env;
    struct refusal r;

    envelope_new(&env, payload, strlen(payload));
    assert_int_equal(act_parse(a, &env, &r), 0);
    envelope_free(&env);
}

/* A transfer or member.create with hashes of the texts given (NULL: no hash), judged with the
 * submission's texts. */
static enum refusal_code texts(const char *type, const char *field, const char *signed_text,
                               const char *submitted_as, const char *text, uint8_t salt_byte)
{
    struct fix *f = fix_new();
    struct submission sub = {.n_texts = text ? 1 : 0};
    struct refusal r = {REFUSED_NOT, "", false, 0, 0, 0, 0};
    char member[128] = "", *payload, hash_b64[HASH_B64U_LEN + 1];
    uint8_t salt[TEXT_SALT_LEN] = {1, 2, 3};
    struct hash hash;
    struct act a;
    int rc;

    state_set_ledger_id(f->s, FIX_ORIGIN, FIX_ORIGIN "#");
    if (signed_text) {
        text_hash(&hash, salt, signed_text, strlen(signed_text));
        hash_text(hash_b64, &hash);
        (void)snprintf(member, sizeof(member), ",'%s_hash':'%s'", field, hash_b64);
    }
    if (str_eq(type, "transfer"))
        payload =
            fix_payload(f, type, "a@hansalim",
                        "'from':'a@hansalim','to':'b@hansalim','unit':'hour','amount':1%s", member);
    else if (str_eq(type, "record.allow"))
        payload = fix_payload(f, type, "a@hansalim", "'member':'a@hansalim','allowed':true");
    else
        payload = fix_payload(f, type, "hansalim", "'member':'a@hansalim'%s", member);
    parse(payload, &a);
    if (text) {
        str_copy(sub.texts[0].field, sizeof(sub.texts[0].field), submitted_as);
        sub.texts[0].text = x_strdup(text);
        sub.texts[0].len = strlen(text);
        salt[0] = salt_byte;
        memcpy(sub.texts[0].salt, salt, sizeof(salt));
    }
    rc = act_check_texts(&a, &sub, &r);
    assert_int_equal(rc, r.code == REFUSED_NOT ? 0 : -1);
    if (text)
        free(sub.texts[0].text);
    act_free(&a);
    free(payload);
    fix_free(f);
    return r.code;
}

static void test_texts(void **state)
{
    char longest[TEXT_MEMO_MAX + 2];

    (void)state;
    assert_int_equal(texts("transfer", "memo", "정원", "memo", "정원", 1), REFUSED_NOT);
    /* Whoever signs later need not have the text. */
    assert_int_equal(texts("transfer", "memo", "정원", NULL, NULL, 1), REFUSED_NOT);
    assert_int_equal(texts("transfer", "memo", "정원", "memo", "정완", 1), REFUSED_TEXT_MISMATCH);
    assert_int_equal(texts("transfer", "memo", "정원", "memo", "정원", 2), REFUSED_TEXT_MISMATCH);
    assert_int_equal(texts("transfer", "memo", NULL, "memo", "정원", 1), REFUSED_TEXT_MISMATCH);
    assert_int_equal(texts("transfer", "memo", "정원", "name", "정원", 1), REFUSED_TEXT_MISMATCH);
    assert_int_equal(texts("transfer", "memo", "정원", "reason", "정원", 1), REFUSED_TEXT_MISMATCH);
    assert_int_equal(texts("record.allow", "memo", NULL, "memo", "x", 1), REFUSED_TEXT_MISMATCH);
    assert_int_equal(texts("member.update", "name", "Alice", "name", "Alice", 1), REFUSED_NOT);
    assert_int_equal(texts("member.update", "reason", "moved", "reason", "moved", 1), REFUSED_NOT);
    assert_int_equal(texts("member.freeze", "reason", "lost", "reason", "lost", 1), REFUSED_NOT);
    assert_int_equal(texts("member.freeze", "reason", "lost", "name", "lost", 1),
                     REFUSED_TEXT_MISMATCH);
    /* The rule for texts comes before: what breaks it is malformed even if the hash is right. */
    assert_int_equal(texts("transfer", "memo", "a\nb", "memo", "a\nb", 1), REFUSED_MALFORMED);
    assert_int_equal(texts("transfer", "memo", "\xe1\x84\x80\xe1\x85\xa1", "memo",
                           "\xe1\x84\x80\xe1\x85\xa1", 1),
                     REFUSED_MALFORMED); /* not NFC */
    assert_int_equal(texts("transfer", "memo", "", "memo", "", 1), REFUSED_MALFORMED);
    memset(longest, 'a', sizeof(longest));
    longest[TEXT_MEMO_MAX + 1] = '\0';
    assert_int_equal(texts("transfer", "memo", longest, "memo", longest, 1), REFUSED_MALFORMED);
    longest[TEXT_MEMO_MAX] = '\0';
    assert_int_equal(texts("transfer", "memo", longest, "memo", longest, 1), REFUSED_NOT);
    longest[TEXT_NAME_MAX + 1] = '\0';
    assert_int_equal(texts("member.update", "name", longest, "name", longest, 1),
                     REFUSED_MALFORMED);
    longest[TEXT_NAME_MAX] = '\0';
    assert_int_equal(texts("member.update", "name", longest, "name", longest, 1), REFUSED_NOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
