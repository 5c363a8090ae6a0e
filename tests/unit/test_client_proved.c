/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Nothing is said to be proved that wasn't: the sentences about a statement, the one that sums them
 * up, and what a table says of each entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro called fail. */
#include "client/statement_view.h"

#include <cmocka.h>

static struct statement_finding finding(enum statement_check check, enum statement_mark mark,
                                        enum statement_reason reason, int64_t index)
{
    return (struct statement_finding){
        .check = check, .mark = mark, .reason = reason, .index = index};
}

/* A verdict of these findings; of each check something was looked at. */
static void judge(struct statement_view *v, struct statement_finding *findings, size_t n)
{
    struct statement_verdict verdict = {.findings = findings, .n_findings = n};

    for (int c = 0; c < CHECKS; c++)
        verdict.checks[c].count = 7;
    for (size_t i = 0; i < n; i++)
        if (verdict.checks[findings[i].check].mark < findings[i].mark)
            verdict.checks[findings[i].check].mark = findings[i].mark;
    statement_words(&verdict, &v->findings, &v->n_findings);
}

static bool says(const struct statement_view *v, enum statement_mark mark, const char *begin)
{
    for (size_t i = 0; i < v->n_findings; i++)
        if (v->findings[i].mark == mark && strncmp(v->findings[i].text, begin, strlen(begin)) == 0)
            return true;
    return false;
}

/* The sum of it, with one thing open. */
static const char *summary(const struct statement_finding *findings, size_t n)
{
    struct statement_view v = {.result = VIEW_PROVED};
    struct statement_finding all[4];
    const char *text;

    memcpy(all, findings, n * sizeof(*findings));
    judge(&v, all, n);
    text = view_summary(&v);
    statement_words_free(v.findings, v.n_findings);
    return text;
}

static void what_is_open_is_summed_up(void **state)
{
    static const char whole[] = "This statement proves itself: nothing that was checked failed.";
    static const char shown[] = "What is shown is proved: nothing that was checked failed. ";
    static const enum statement_reason amounts[] = {REASON_ACT_WITHHELD, REASON_LEVY_ELSEWHERE,
                                                    REASON_ESTATE_ELSEWHERE, REASON_ROUND_ELSEWHERE,
                                                    REASON_OTHER_ACT};
    struct statement_finding f[2];

    (void)state;
    f[0] = finding(CHECK_WITNESSES, MARK_NOT_SHOWN, REASON_NO_WITNESS, -1);
    assert_string_equal(summary(f, 1), whole);
    f[0] = finding(CHECK_TEXTS, MARK_NOT_SHOWN, REASON_NO_TEXT, 9);
    assert_string_equal(summary(f, 1), whole);
    for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
        f[0] = finding(CHECK_AMOUNTS, MARK_NOT_SHOWN, amounts[i], 9);
        assert_string_equal(summary(f, 1) + strlen(shown),
                            "Whether all amounts and signers are right, this file can't show.");
    }
    f[0] = finding(CHECK_REVOCATIONS, MARK_NOT_SHOWN, REASON_AFTER_SNAPSHOT, 9);
    assert_string_equal(summary(f, 1) + strlen(shown),
                        "Whether all amounts and signers are right, this file can't show.");
    f[1] = finding(CHECK_COMPLETE, MARK_NOT_SHOWN, REASON_AFTER_SNAPSHOT, 9);
    assert_string_equal(summary(f, 2) + strlen(shown),
                        "Whether an entry is missing, this file can't show yet.");
    f[0] = finding(CHECK_AUTHORITY, MARK_NOT_SHOWN, REASON_OTHER_ACT, 9);
    assert_string_equal(summary(f, 2) + strlen(shown),
                        "Whether all amounts and signers are right, and whether an entry is "
                        "missing, this file can't show.");
    f[0] = finding(CHECK_DAYS, MARK_NOT_SHOWN, REASON_ZONE_UNKNOWN, -1);
    assert_string_equal(summary(f, 1) + strlen(shown),
                        "Whether an entry is missing, this file can't show yet.");
}

/* Of what members pay over a position: who signed, and for how much, each once. */
static void what_is_withheld_is_said(void **state)
{
    struct statement_finding f[] = {
        finding(CHECK_SIGNATURES, MARK_NOT_SHOWN, REASON_ACT_WITHHELD, 9),
        finding(CHECK_AUTHORITY, MARK_NOT_SHOWN, REASON_ACT_WITHHELD, 9),
        finding(CHECK_AMOUNTS, MARK_NOT_SHOWN, REASON_ACT_WITHHELD, 9),
    };
    struct statement_view v = {.result = VIEW_PROVED};

    (void)state;
    judge(&v, f, ARRAY_LEN(f));
    assert_string_equal(v.findings[0].text,
                        "Who signed: the act behind an entry isn't in this file. Record 9.");
    assert_string_equal(v.findings[1].text,
                        "Whether an amount is the one that was signed: the act behind an entry "
                        "isn't in this file. Record 9.");
    assert_string_equal(v.findings[2].text, statement_never_shown());
    assert_false(says(&v, MARK_PROVED, "Each entry was signed"));
    assert_false(says(&v, MARK_PROVED, "Each amount"));
    assert_true(says(&v, MARK_PROVED, "Each balance"));
    statement_words_free(v.findings, v.n_findings);
}

/* A file that isn't the ledger's, but adds up: nothing of what a ledger would have recorded. */
static void what_holds_of_a_forgery(void **state)
{
    static const char *const false_then[] = {"The ledger made",
                                             "It is of the ledger",
                                             "What is shown of each",
                                             "The keys of",
                                             "7 signatures",
                                             "Each entry was",
                                             "Each amount",
                                             "The ledger's clerk",
                                             "No entry was left",
                                             "No revocation of a",
                                             "7 memos"};
    struct statement_finding f[] = {
        finding(CHECK_SIGNATURE, MARK_FAILED, REASON_OTHER_KEY, -1),
        finding(CHECK_CHECKPOINT, MARK_FAILED, REASON_BAD_CHECKPOINT, -1),
        finding(CHECK_RECORDS, MARK_FAILED, REASON_NOT_IN_TREE, 9),
    };
    struct statement_view v = {.result = VIEW_FAILED};

    (void)state;
    judge(&v, f, ARRAY_LEN(f));
    for (size_t i = 0; i < ARRAY_LEN(false_then); i++)
        assert_false(says(&v, MARK_PROVED, false_then[i]));
    assert_true(says(&v, MARK_PROVED, "Each balance"));
    statement_words_free(v.findings, v.n_findings);
    /* Where only what proves it was tampered with, what stands in the log stands there. */
    f[0] = finding(CHECK_RECORDS, MARK_FAILED, REASON_NO_PROOF, -1);
    judge(&v, f, 1);
    assert_true(says(&v, MARK_PROVED, "The ledger made"));
    assert_true(says(&v, MARK_PROVED, "Each entry was"));
    statement_words_free(v.findings, v.n_findings);
}

/* The last cell of the table's row. */
static char *verdict_of(struct view_row *row, enum view_result result)
{
    static const struct csv_style style = {.separator = ','};
    char none[] = "", member[] = "alice@hansalim", unit[] = "hour";
    struct statement_view v = {
        .result = result, .member = member, .unit_name = unit, .n_rows = 1, .rows = row};
    struct buf b = BUF_INIT;
    char *verdict, *end;

    row->counterparty = row->memo = row->category = row->signer = row->remarks = row->kids = none;
    row->kind = row->signed_by = "";
    row->reverses = row->request = -1;
    view_put_csv(&b, &v, &style);
    end = b.data + b.len;
    while (end > b.data && (end[-1] == '\n' || end[-1] == '\r'))
        *--end = '\0';
    verdict = x_strdup(strrchr(b.data, ',') + 1);
    buf_free(&b);
    return verdict;
}

static void a_table_says_it_of_each_entry(void **state)
{
    static const struct {
        enum view_result result;
        bool open, faulty;
        const char *verdict;
    } cases[] = {
        {VIEW_PROVED, false, false, "proved"},    {VIEW_PROVED, true, false, "not-shown"},
        {VIEW_UNPROVED, true, false, "unproved"}, {VIEW_FAILED, true, false, "failed"},
        {VIEW_FAILED, false, true, "failed"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct view_row row = {.open = cases[i].open, .faulty = cases[i].faulty};
        char *verdict = verdict_of(&row, cases[i].result);

        assert_string_equal(verdict, cases[i].verdict);
        free(verdict);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_open_is_summed_up),
        cmocka_unit_test(what_is_withheld_is_said),
        cmocka_unit_test(what_holds_of_a_forgery),
        cmocka_unit_test(a_table_says_it_of_each_entry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
