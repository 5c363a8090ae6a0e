/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Details of problems are known by the formats they were made of, and said in Korean, with what
 * stood in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include "client/detail.h"
#include "client/say.h"
#include "core/refusal.h"
#include "speak.h"

/* After ours: it has a macro that is called fail, too. */
#include <cmocka.h>

static int speak_korean(void **state)
{
    (void)state;
    speak("ko");
    return 0;
}

static void says(const char *english, const char *korean)
{
    char *said = detail_translate(english);

    assert_string_equal(said, korean);
    free(said);
}

static void test_known(void **state)
{
    assert_true(lang_is_foreign());
    says("The payee can't receive this.", "받는 쪽이 이것을 받을 수 없습니다.");
    says("alice@hansalim is frozen.", "alice@hansalim은(는) 정지되었습니다.");
    /* The format with the most words of its own wins: not "There is no %s." */
    says("There is no member alice@hansalim.", "조합원 alice@hansalim은(는) 없습니다.");
    says("There is no request 12.", "청구 12번은 없습니다.");
    says("Request 12 was paid before, by record 14.",
         "청구 12번은 기록 14번에서 이미 끝났습니다(지급됨).");
    says("Request 12 was declined before, by record 14.",
         "청구 12번은 기록 14번에서 이미 끝났습니다(거절됨).");
    /* Words in an order of their own. */
    says("This act is for hansalim to make, and it says by mapo.",
         "이 안건은 hansalim이(가) 만들 것인데, 만든 쪽이 mapo(으)로 적혀 있습니다.");
    /* A piece that has words itself. */
    says("The text \"memo\" is too long.", "글 \"메모\": 너무 깁니다.");
    says("In the payload, keys names the same key twice.", "내용의 키: 같은 키가 두 번 있습니다.");
    says("protected header: alg must be EdDSA or Ed25519",
         "보호 머리글: alg는 EdDSA나 Ed25519여야 합니다");
    says("the token has expired", "토큰의 기한이 지났습니다");
}

static void test_unknown(void **state)
{
    says("Some other ledger's own words.", "Some other ledger's own words.");
    assert_false(detail_is_known("Some other ledger's own words."));
    assert_true(detail_is_known("alice@hansalim is frozen."));
    says("", "");
    assert_false(detail_is_known(""));
    /* A number stands only where the format has one. */
    assert_false(detail_is_known("There is no request 12, nor 13."));
}

static void test_harmless(void **state)
{
    char *said = detail_translate("\x1b[31mred is frozen."), *other = detail_translate("\x1b[31m");
    char *long_one = x_calloc(1, 5001);

    assert_null(strchr(said, 0x1b));
    assert_null(strchr(other, 0x1b));
    free(said);
    free(other);
    /* Nobody's time is spent on what can't be one. */
    memset(long_one, 'a', 5000);
    assert_false(detail_is_known(long_one));
    free(long_one);
}

/* What the rules themselves say is always known. */
static void test_of_rules(void **state)
{
    struct refusal r;

    (void)refuse(&r, REFUSED_CLOSED, "%s is closed.", "alice@hansalim");
    assert_true(detail_is_known(r.detail));
    for (size_t i = 0; details[i] != NULL; i++) {
        assert_true(strlen(details[i]) > 0);
        assert_string_not_equal(details[i], gettext(details[i]));
    }
}

static void test_words(void **state)
{
    assert_true(lang_is_word("YES", "y|yes"));
    assert_true(lang_is_word("네", "예|네"));
    assert_false(lang_is_word("ye", "y|yes"));
    assert_false(lang_is_word("", "y|yes"));
    assert_false(lang_is_word("y|yes", "y|yes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),    cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_harmless), cmocka_unit_test(test_of_rules),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, speak_korean, NULL);
}
