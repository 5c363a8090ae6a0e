/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What people see of a statement, on a terminal, in a spreadsheet and on paper, in both languages.
 *
 * tests/data/statement holds what comes out for some of the views below. STATEMENT_NEW=folder
 * writes what comes out for all of them there: pages to be looked at in a browser, or new golden
 * files once they were looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Before cmocka, which has a macro called fail. */
#include "client/html.h"
#include "client/say.h"
#include "client/statement_view.h"
#include "core/b64.h"
#include "core/date.h"
#include "core/text.h"
#include "speak.h"

#include <cmocka.h>

#define DIR     "tests/data/statement"
#define KID     "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define ID      "test.example/main#q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"
#define DAY     INT64_C(86400000)
#define GOLDENS 12 /* files in DIR */

static int set_up(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    return 0;
}

/* --- views --- */

static int32_t day(const char *s)
{
    int32_t days;

    assert_int_equal(date_parse(s, &days), 0);
    return days;
}

static void begin(struct statement_view *v, enum view_result result)
{
    memset(v, 0, sizeof(*v));
    v->result = result;
    v->ledger_id = x_strdup(ID);
    v->ledger_name = x_strdup("한밭장부");
    v->account = x_strdup("alice@hansalim/hour");
    v->member = x_strdup("alice@hansalim");
    v->unit_name = x_strdup("hour");
    v->unit = (struct statement_unit){"hour", "시간", 60, UNIT_TIME};
    v->unit_known = true;
    str_copy(v->log_kid.s, sizeof(v->log_kid.s), KID);
    v->pin =
        x_strdup(result == VIEW_UNPROVED ? ""
                                         : ID
                     " test.example/main+1f3b7a52+AddaAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    v->zone = x_strdup("Asia/Seoul");
    v->from = day("2026-01-01");
    v->to = day("2026-03-31");
    v->made = (day("2026-04-01") * DAY) + 123;
    v->checked = day("2026-04-02") * DAY;
    memset(v->file_hash, 'a', sizeof(v->file_hash) - 1);
}

static struct view_row *row(struct statement_view *v, const char *booked, int64_t amount,
                            const char *with, const char *memo, const char *category)
{
    struct view_row *r;

    v->rows = x_realloc(v->rows, (v->n_rows + 1) * sizeof(*v->rows));
    r = &v->rows[v->n_rows++];
    v->closing.balance += amount;
    v->in += amount > 0 ? amount : 0;
    v->out += amount < 0 ? -amount : 0;
    *r = (struct view_row){
        .index = (int64_t)v->n_rows + 11,
        .ms = day(booked) * DAY + 5000,
        .has_day = true,
        .day = day(booked),
        .has_posting = true,
        .amount = amount,
        .balance = v->closing.balance,
        .seq = (int64_t)v->n_rows,
        .counterparty = x_strdup(with),
        .memo = x_strdup(memo),
        .category = x_strdup(category),
        .signer = x_strdup(amount < 0 ? v->member : with),
        .remarks = x_strdup(""),
        .kids = x_strdup(KID),
        .kind = "transfer",
        .signed_by = "member",
        .reverses = -1,
        .request = -1,
    };
    v->closing.seq = r->seq;
    v->closing.index = r->index;
    return r;
}

static void judge(struct statement_view *v, struct statement_finding *findings, size_t n)
{
    struct statement_verdict verdict = {.findings = findings, .n_findings = n};

    for (int c = 0; c < CHECKS; c++)
        verdict.checks[c].count = 7;
    for (size_t i = 0; i < n; i++) {
        if (verdict.checks[findings[i].check].mark < findings[i].mark)
            verdict.checks[findings[i].check].mark = findings[i].mark;
    }
    statement_words(&verdict, &v->findings, &v->n_findings);
}

static void judge_well(struct statement_view *v)
{
    struct statement_finding findings[] = {
        {.check = CHECK_TEXTS, .mark = MARK_NOT_SHOWN, .reason = REASON_NO_TEXT, .index = 14},
        {.check = CHECK_WITNESSES,
         .mark = MARK_NOT_SHOWN,
         .reason = REASON_NO_WITNESS,
         .index = -1},
    };

    judge(v, findings, ARRAY_LEN(findings));
}

static void fill(struct statement_view *v)
{
    struct view_row *r;

    v->opening = (struct statement_point){.balance = -60, .seq = 3, .index = 9};
    v->closing = v->opening;
    r = row(v, "2026-01-03", 90, "bob@hansalim", "텃밭 일", "garden");
    r->has_value_date = true;
    r->value_date = day("2026-01-02");
    row(v, "2026-02-11", -5, "carol@medical-coop-of-the-north", "", "");
    r = row(v, "2026-02-28", -75, "old@hansalim",
            "Three of us carried the piano up to the fourth floor, and took the stove down again, "
            "which nobody had told us about before we came",
            "moving");
    free(r->remarks);
    r->remarks = x_strdup("answers request 7");
    r = row(v, "2026-03-31", 5, "carol@medical-coop-of-the-north", "", "");
    r->memo_missing = true;
    r->kind = "reversal";
    r->reverses = 13;
    free(r->remarks);
    r->remarks = x_strdup("reversal of record 13");
}

static void proved_view(struct statement_view *v)
{
    begin(v, VIEW_PROVED);
    fill(v);
    judge_well(v);
}

static void failed_view(struct statement_view *v)
{
    struct statement_finding findings[] = {
        {.check = CHECK_BALANCES, .mark = MARK_FAILED, .reason = REASON_WRONG_BALANCE, .index = 13},
        {.check = CHECK_COMPLETE,
         .mark = MARK_FAILED,
         .reason = REASON_LEAF_MISMATCH,
         .index = -1,
         .name = "alice@hansalim/hour"},
        {.check = CHECK_WITNESSES,
         .mark = MARK_NOT_SHOWN,
         .reason = REASON_NO_WITNESS,
         .index = -1},
    };

    begin(v, VIEW_FAILED);
    fill(v);
    v->rows[1].faulty = true;
    v->rows[2].faulty = true;
    v->rows[2].has_posting = false;
    judge(v, findings, ARRAY_LEN(findings));
}

static void unproved_view(struct statement_view *v)
{
    begin(v, VIEW_UNPROVED);
    fill(v);
}

static void empty_view(struct statement_view *v)
{
    begin(v, VIEW_PROVED);
    judge_well(v);
}

static void one_view(struct statement_view *v)
{
    begin(v, VIEW_PROVED);
    row(v, "2026-03-31", 1, "bob@hansalim", "", "");
    judge_well(v);
}

static void fresh_view(struct statement_view *v)
{
    struct statement_finding findings[] = {
        {.check = CHECK_COMPLETE,
         .mark = MARK_NOT_SHOWN,
         .reason = REASON_NO_SNAPSHOT,
         .index = -1},
        {.check = CHECK_REVOCATIONS,
         .mark = MARK_NOT_SHOWN,
         .reason = REASON_AFTER_SNAPSHOT,
         .index = 11},
    };

    begin(v, VIEW_PROVED);
    row(v, "2026-03-31", 1, "bob@hansalim", "", "");
    judge(v, findings, ARRAY_LEN(findings));
}

static void won_view(struct statement_view *v)
{
    begin(v, VIEW_PROVED);
    v->unit = (struct statement_unit){"won", "원", 1, UNIT_CREDIT};
    free(v->unit_name);
    v->unit_name = x_strdup("won");
    row(v, "2026-01-05", INT64_C(1000000000000000), "bob@hansalim", "쌀 20kg", "");
    row(v, "2026-01-06", -1234567, "carol@hansalim", "", "");
    judge_well(v);
}

static void many_view(struct statement_view *v)
{
    static const char *const memos[] = {
        "텃밭 일", "", "Bread and a long talk", "자전거 수리, 두 번째",
        "아이 돌봄과 저녁 준비, 그리고 다음 날 아침까지 함께 있어 주기"};
    char date[DATE_LEN + 1];

    begin(v, VIEW_PROVED);
    for (int i = 0; i < 500; i++) {
        date_text(date, v->from + i * 90 / 500);
        row(v, date, (i % 3 == 0 ? -1 : 1) * (15 + i % 7 * 30),
            i % 2 ? "bob@hansalim" : "carol@hansalim", memos[i % 5], i % 4 ? "" : "garden");
    }
    judge_well(v);
}

static const char hostile[] =
    "</td></tr></table><script>alert(1)</script><img src=x onerror='alert(1)'>\" onload=\"x"
    "\x1b[31m\xe2\x80\xae&amp; \t\n--><!-- ]]> =HYPERLINK(\"http://x.example\")";

/* A file's texts, names and zone are whoever's who wrote it. */
static void hostile_view(struct statement_view *v)
{
    struct statement_finding findings[] = {
        {.check = CHECK_LEDGER, .mark = MARK_FAILED, .reason = REASON_OTHER_LEDGER, .index = 0},
    };
    char **all[] = {&v->ledger_id, &v->ledger_name, &v->account, &v->member,
                    &v->unit_name, &v->zone,        &v->pin};

    begin(v, VIEW_FAILED);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        free(*all[i]);
        *all[i] = x_strdup(hostile);
    }
    str_copy(v->unit.title, sizeof(v->unit.title), hostile);
    str_copy(findings[0].name, sizeof(findings[0].name), hostile);
    row(v, "2026-01-03", 90, hostile, hostile, hostile);
    row(v, "2026-01-03", 90, "=1+1", "\xff\xfe not UTF-8", "@x");
    free(v->rows[0].remarks);
    free(v->rows[0].kids);
    v->rows[0].remarks = x_strdup(hostile);
    v->rows[0].kids = x_strdup(hostile);
    judge(v, findings, ARRAY_LEN(findings));
}

static const struct {
    const char *name;
    void (*make)(struct statement_view *v);
} views[] = {
    {"proved", proved_view}, {"failed", failed_view}, {"unproved", unproved_view},
    {"empty", empty_view},   {"one", one_view},       {"won", won_view},
    {"fresh", fresh_view},   {"many", many_view},     {"hostile", hostile_view},
};

/* --- golden files --- */

static char *read_file(const char *path)
{
    struct buf b = BUF_INIT;
    char piece[4096];
    FILE *f = fopen(path, "rbe");
    size_t n;

    if (f == NULL)
        return NULL;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_put(&b, piece, n);
    fclose(f);
    return buf_take(&b);
}

/* Pages are written whole to be looked at, and compared from <body> on: the style has its own file.
 * Takes the text over. */
static size_t compare(const char *language, const char *view, const char *ending, struct buf *text)
{
    const char *new = getenv("STATEMENT_NEW"), *from = strstr(text->data, "<body ");
    char *name = x_asprintf("%s-%s.%s", view, language, ending), *golden, *path;
    size_t found = 0;

    if (new != NULL) {
        FILE *f;

        path = x_asprintf("%s/%s", new, name);
        f = fopen(path, "wbe");
        assert_non_null(f);
        assert_int_equal(fwrite(text->data, 1, text->len, f), text->len);
        assert_int_equal(fclose(f), 0);
        free(path);
    }
    path = x_asprintf(DIR "/%s", name);
    golden = read_file(path);
    if (golden != NULL) {
        found = 1;
        if (!str_eq(from != NULL ? from : text->data, golden) && new == NULL)
            fail_msg("not as in %s:\n%s", path, text->data);
    }
    free(golden);
    free(path);
    free(name);
    buf_free(text);
    return found;
}

static const struct csv_style style = {.separator = ','};

static void is_written_as_before(void **state)
{
    static const char *const languages[] = {"en", "ko"};
    size_t goldens = 0;

    (void)state;
    for (size_t l = 0; l < ARRAY_LEN(languages); l++) {
        speak(languages[l]);
        for (size_t i = 0; i < ARRAY_LEN(views); i++) {
            struct statement_view v;
            struct buf b = BUF_INIT;

            views[i].make(&v);
            view_put_text(&b, &v, false);
            goldens += compare(languages[l], views[i].name, "txt", &b);
            view_put_csv(&b, &v, &style);
            goldens += compare(languages[l], views[i].name, "csv", &b);
            view_put_html(&b, &v);
            goldens += compare(languages[l], views[i].name, "html", &b);
            statement_view_free(&v);
        }
    }
    speak("en");
    assert_int_equal(goldens, GOLDENS);
}

/* --- what holds for every view --- */

/* A line of a terminal takes 80 columns, unless amounts are huge; nothing in it does anything. */
static void lines_fit_and_are_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        struct statement_view v;
        struct buf b = BUF_INIT;
        char *rest, *line;

        views[i].make(&v);
        view_put_text(&b, &v, false);
        rest = b.data;
        while ((line = strsep(&rest, "\n")) != NULL) {
            char *safe = say_safe(line);

            assert_string_equal(safe, line);
            assert_in_range(text_width(line), 0, str_eq(views[i].name, "won") ? 110 : 80);
            free(safe);
        }
        buf_free(&b);
        statement_view_free(&v);
    }
}

/* Colours go with a terminal only, and a failure is said first and last. */
static void failure_is_first_and_last(void **state)
{
    static const char alarm[] = "THIS STATEMENT IS WRONG.";
    struct statement_view v;
    struct buf b = BUF_INIT;
    const char *at;

    (void)state;
    failed_view(&v);
    view_put_text(&b, &v, false);
    assert_int_equal(strncmp(b.data, alarm, strlen(alarm)), 0);
    assert_non_null(strstr(b.data + 1, alarm));
    assert_null(strchr(b.data, '\x1b'));
    assert_true(strstr(b.data, "What failed") < strstr(b.data, "Statement of account"));
    assert_null(strstr(b.data, "What was proved"));
    buf_clear(&b);
    view_put_text(&b, &v, true);
    assert_non_null(strchr(b.data, '\x1b'));
    buf_clear(&b);
    view_put_html(&b, &v);
    at = strstr(b.data, alarm);
    assert_non_null(at);
    assert_true(at < strstr(b.data, "<h1>"));
    /* And in what each printed page begins with. */
    assert_true(strstr(at + 1, alarm) > strstr(b.data, "<thead>"));
    assert_true(strstr(at + 1, alarm) < strstr(b.data, "</thead>"));
    buf_free(&b);
    statement_view_free(&v);
}

/* Only elements of ours, no attribute that runs or loads, no address but XML's own names. */
static void a_page_loads_and_runs_nothing(void **state)
{
    static const char *const bad[] = {
        "<script", "<img", "<a ",  "<link", "<iframe", "<object",
        "<base",   "src=", "href", "url(",  "@import", "http-equiv=\"refresh"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        struct statement_view v;
        struct buf b = BUF_INIT;
        char allowed[B64_LEN(HASH_LEN) + 1];
        const char *from, *to;
        struct hash h;

        views[i].make(&v);
        view_put_html(&b, &v);
        for (const char *at = b.data; (at = strchr(at, '<')) != NULL; at++) {
            size_t end = strcspn(at, ">");

            for (size_t k = 0; k < ARRAY_LEN(bad); k++) {
                char *element = x_strndup(at, end);

                if (strstr(element, bad[k]) != NULL || strstr(element, " on") != NULL)
                    fail_msg("%s: %s", views[i].name, element);
                free(element);
            }
        }
        for (const char *at = b.data; (at = strstr(at, "://")) != NULL; at++)
            assert_true(strncmp(at, "://www.w3.org/", 14) == 0 || views[i].make == hostile_view);
        /* The one style that the policy allows is the one that is there. */
        from = strstr(b.data, "<style>") + strlen("<style>");
        to = strstr(from, "</style>");
        hash_bytes(&h, from, (size_t)(to - from));
        b64_encode(allowed, h.b, sizeof(h.b));
        assert_non_null(strstr(b.data, "default-src 'none'; style-src 'sha256-"));
        assert_non_null(strstr(b.data, allowed));
        assert_null(strchr(b.data, '\x1b'));
        buf_free(&b);
        statement_view_free(&v);
    }
}

struct table_seen {
    size_t rows, columns, would_run;
};

static int see_row(void *arg, const struct csv_row *row)
{
    struct table_seen *seen = arg;

    assert_null(row->fault);
    if (seen->rows++ == 0)
        seen->columns = row->n;
    assert_int_equal(row->n, seen->columns);
    for (size_t i = 0; i < row->n; i++) {
        const char *s = row->fields[i].s;
        bool number = s[strspn(s, "-0123456789.")] == '\0';

        seen->would_run += s[0] != '\'' && !number && csv_would_run(s);
    }
    return 0;
}

static void a_table_is_one_and_runs_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        struct table_seen seen = {0};
        struct csv *csv = csv_new(see_row, &seen);
        struct statement_view v;
        struct buf b = BUF_INIT;

        views[i].make(&v);
        view_put_csv(&b, &v, &style);
        assert_int_equal(csv_feed(csv, b.data, b.len), 0);
        assert_int_equal(csv_end(csv), 0);
        assert_true(seen.rows > v.n_rows + 1);
        assert_int_equal(seen.would_run, 0);
        csv_free(csv);
        buf_free(&b);
        statement_view_free(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_written_as_before),
        cmocka_unit_test(lines_fit_and_are_harmless),
        cmocka_unit_test(failure_is_first_and_last),
        cmocka_unit_test(a_page_loads_and_runs_nothing),
        cmocka_unit_test(a_table_is_one_and_runs_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
