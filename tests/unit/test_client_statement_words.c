/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words that a statement is told in: what was found, amounts, and who the other side was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro called fail. */
#include "client/statement_view.h"
#include "speak.h"

#include <cmocka.h>

/* Whatever the judge may say, there are words for it, in both languages. */
static void every_reason_has_words(void **state)
{
    (void)state;
    for (int c = 0; c < CHECKS; c++) {
        for (int r = REASON_NONE + 1; r <= REASON_LEFT_OUT; r++) {
            const char *english, *korean;

            speak("en");
            english = statement_reason_words((enum statement_check)c, (enum statement_reason)r);
            assert_true(english[0] != '\0');
            speak("ko");
            korean = statement_reason_words((enum statement_check)c, (enum statement_reason)r);
            assert_string_not_equal(english, korean);
        }
    }
    speak("en");
}

/* Findings that say the same are said once, with the records that they were made of. */
static void findings_are_gathered(void **state)
{
    struct statement_finding findings[12];
    struct statement_verdict verdict = {.findings = findings, .n_findings = ARRAY_LEN(findings)};
    struct view_finding *list;
    size_t n;

    (void)state;
    memset(findings, 0, sizeof(findings));
    for (size_t i = 0; i < ARRAY_LEN(findings); i++) {
        findings[i].check = CHECK_SIGNATURES;
        findings[i].mark = MARK_FAILED;
        findings[i].reason = REASON_BAD_SIGNATURE;
        findings[i].index = (int64_t)i * 10;
    }
    verdict.checks[CHECK_SIGNATURES].mark = MARK_FAILED;
    statement_words(&verdict, &list, &n);
    assert_int_equal(list[0].mark, MARK_FAILED);
    assert_string_equal(list[0].text, "A signature under an entry is false. Records 0, 10, 20, 30, "
                                      "40, 50, 60, 70 and 4 more.");
    assert_int_equal(list[1].mark, MARK_NOT_SHOWN);
    assert_string_equal(list[1].text, statement_never_shown());
    for (size_t i = 2; i < n; i++) {
        assert_int_equal(list[i].mark, MARK_PROVED);
        assert_int_not_equal(list[i].check, CHECK_SIGNATURES);
    }
    statement_words_free(list, n);
}

static void amounts_are_parted_in_thousands(void **state)
{
    static const struct {
        enum unit_kind kind;
        int64_t scale, amount;
        bool sign;
        const char *text;
    } rows[] = {
        {UNIT_TIME, 60, 90, true, "+1:30"},
        {UNIT_TIME, 60, -5, true, "-0:05"},
        {UNIT_TIME, 60, 60 * 1234, false, "1,234:00"},
        {UNIT_CREDIT, 1, -1234567, false, "-1,234,567"},
        {UNIT_CREDIT, 100, 37828100, false, "378,281.00"},
        {UNIT_GOODS, 12, 12003 * 12 + 7, false, "12,003 7/12"},
        {UNIT_GOODS, 10007, 5003, false, "5003/10007"},
        {UNIT_CREDIT, 1, 0, true, "0"},
        {UNIT_CREDIT, 1, INT64_C(1000000000000000), true, "+1,000,000,000,000,000"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct statement_view v = {.unit_known = true,
                                   .unit = {.kind = rows[i].kind, .scale = rows[i].scale}};
        char *text = view_amount(&v, rows[i].amount, rows[i].sign);

        assert_string_equal(text, rows[i].text);
        free(text);
    }
}

/* What stands as the other side where the file names nobody, and where it does. */
static void the_other_side_is_said(void **state)
{
    static const struct {
        const char *account, *kind, *counterparty, *said;
    } rows[] = {
        {"!pos.medical@farm/hour", "", "", "payment between members"},
        {"!pos.medical@farm/hour", "clearing.post", "medical", "medical"},
        {"!pos.medical@farm/hour", "settlement", "medical", "medical"},
        {"!pos.medical@farm/hour", "clearing.post", "", "?"},
        {"!outside@farm/hour", "", "", "?"},
        {"alice@farm/hour", "levy", "", "farm"},
        {"fund@farm/hour", "levy", "alice@farm", "alice@farm"},
        {"alice@farm/hour", "", "", "?"},
        {"alice@farm/hour", "reversal", "", "?"},
    };

    (void)state;
    speak("en");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *account = x_strdup(rows[i].account),
             *member = x_strndup(account, strcspn(account, "/"));
        char *with = x_strdup(rows[i].counterparty);
        struct statement_view v = {.account = account, .member = member};
        struct view_row r = {.kind = rows[i].kind, .counterparty = with};

        assert_string_equal(view_counterparty(&v, &r), rows[i].said);
        free(account);
        free(member);
        free(with);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_words),
        cmocka_unit_test(findings_are_gathered),
        cmocka_unit_test(amounts_are_parted_in_thousands),
        cmocka_unit_test(the_other_side_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
