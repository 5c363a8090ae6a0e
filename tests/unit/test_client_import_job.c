/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Import: the job that a file becomes makes the same acts again, however often it is interrupted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before cmocka, which has a macro called fail. */
#include "client/files.h"
#include "client/import_act.h"
#include "core/act.h"
#include "fixture.h"
#include "imports.h"

#include <cmocka.h>

#define AUD "ledger.example#11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

static const char csv_text[] = "from,to,amount,date,kind,memo\n"
                               "a,b,3,2020-01-01,gift,\"for the \"\"garden\"\", 김밥\"\n"
                               "b,c,1.50,,,\n"
                               "c,d,1,2020-01-02,,x\n";

struct bench {
    char folder[64];
    char *job;
    struct import_file file;
    struct import_plan plan;
    struct keyfile key;
    struct fix_key pair;
};

static int set_up(void **state)
{
    struct bench *b = x_calloc(1, sizeof(*b));
    const char *tmp = getenv("TMPDIR");

    snprintf(b->folder, sizeof(b->folder), "%s/import.XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(b->folder));
    b->job = x_asprintf("%s/imports/job", b->folder);
    imports_read_ok(&b->file, csv_text);
    imports_plan(&b->plan, &b->file, -150, 1000);
    b->plan.accounts[1].there = true;
    assert_int_equal(import_plan_replay(&b->plan, &b->file), 0);
    assert_int_equal(b->plan.n_limits, 1);
    fix_key(&b->pair, "registrar");
    b->key.key = b->pair.key;
    b->key.kid = b->pair.kid;
    b->key.secret = b->pair.secret;
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    char *command[] = {x_strdup("rm"), x_strdup("-rf"), b->folder, NULL};
    pid_t pid = fork();

    if (pid == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    free(command[0]);
    free(command[1]);
    import_plan_free(&b->plan);
    import_file_free(&b->file);
    free(b->job);
    free(b);
    return 0;
}

static void open_job(const struct bench *b, struct import_job *j, bool there)
{
    bool found;

    assert_int_equal(import_job_open(j, b->job, &found), PUMASI_OK);
    assert_int_equal(found, there);
}

static void begin_job(const struct bench *b, struct import_job *j)
{
    const struct roster none = {0};

    open_job(b, j, false);
    assert_int_equal(import_job_begin(j, "somewhere/file.csv", "kenya", "sarafu", &b->file,
                                      &b->plan, &none, FIX_MS),
                     PUMASI_OK);
}

/* All lines of a job. */
static char *lines_of(const struct bench *b, const struct import_job *j)
{
    struct import_maker m;
    struct buf out = BUF_INIT;

    import_maker_init(&m, j, &b->file, AUD, &b->key);
    for (size_t i = 0; i < import_job_acts(j); i++)
        import_maker_put(&m, i, &out);
    import_maker_free(&m);
    return buf_take(&out);
}

static bool know(void *arg, const struct kid *kid, struct key *out)
{
    const struct bench *b = arg;

    *out = b->pair.key;
    return str_eq(kid->s, b->pair.kid.s);
}

/* Parses line i, as the ledger does. */
static void parse_line(struct bench *b, char **lines, struct submission *s, struct act *a)
{
    struct refusal r = {0};
    char *end = strchr(*lines, '\n');

    assert_non_null(end);
    if (submission_parse(s, *lines, (size_t)(end - *lines), &r) != 0 ||
        envelope_verify(&s->env, know, b, &r) != 0 || act_parse(a, &s->env, &r) != 0 ||
        act_check_texts(a, s, &r) != 0)
        fail_msg("%.*s: %s", (int)(end - *lines), *lines, r.detail);
    *lines = end + 1;
}

static void test_acts(void **state)
{
    struct bench *b = *state;
    struct import_job j;
    struct submission s;
    struct act a;
    char jti[JTI_MAX + 1], *lines, *at;

    begin_job(b, &j);
    assert_int_equal(j.n_make, 3); /* a, c, d */
    assert_int_equal(import_job_acts(&j), 3 + 1 + 3);
    at = lines = lines_of(b, &j);
    for (size_t i = 0; i < import_job_acts(&j); i++) {
        parse_line(b, &at, &s, &a);
        import_job_jti(&j, i, jti);
        assert_string_equal(a.jti, jti);
        assert_string_equal(a.by, "kenya");
        assert_string_equal(a.aud, AUD);
        assert_int_equal(a.iat, FIX_MS / 1000);
        assert_int_equal(a.exp - a.iat, ACT_LIFETIME_MAX);
        if (i == 1)
            assert_string_equal(a.u.member.member, "c@kenya");
        if (i == 3) {
            assert_int_equal(a.type, ACT_ACCOUNT_LIMITS);
            assert_string_equal(a.u.account_limits.member, "a@kenya");
            assert_int_equal(a.u.account_limits.bounds.floor, -300);
            assert_int_equal(a.u.account_limits.bounds.ceiling, 1000);
        }
        if (i == 4) {
            assert_int_equal(a.type, ACT_TRANSFER);
            assert_int_equal(a.u.transfer.amount, 300);
            assert_string_equal(a.u.transfer.category, "gift");
            assert_int_equal(a.u.transfer.value_date, 18262);
            assert_true(a.u.transfer.memo.there);
            assert_string_equal(s.texts[0].text, "for the \"garden\", 김밥");
        }
        if (i == 5) {
            assert_false(a.u.transfer.has_value_date);
            assert_false(a.u.transfer.memo.there);
            assert_int_equal(s.n_texts, 0);
        }
        act_free(&a);
        submission_free(&s);
    }
    assert_string_equal(at, "");
    free(lines);
    import_job_close(&j);
}

static void test_same_again(void **state)
{
    struct bench *b = *state;
    struct import_job j;
    char *first, *again;

    begin_job(b, &j);
    first = lines_of(b, &j);
    import_job_close(&j);
    /* Another process, for which those members are there by now: the plan is the first one's. */
    open_job(b, &j, true);
    assert_true(import_job_fits(&j, &b->file));
    again = lines_of(b, &j);
    assert_string_equal(first, again);
    free(again);
    import_job_close(&j);
    /* Another import of the same file makes other acts. */
    open_job(b, &j, true);
    assert_int_equal(import_job_finish(&j, FIX_MS), PUMASI_OK);
    assert_int_equal(import_job_put_away(&j), PUMASI_OK);
    import_job_close(&j);
    begin_job(b, &j);
    again = lines_of(b, &j);
    assert_string_not_equal(first, again);
    free(again);
    free(first);
    import_job_close(&j);
}

struct told {
    size_t n, last;
};

static void tell(void *arg, size_t i, const char *why)
{
    struct told *t = arg;

    t->n++;
    t->last = i;
    assert_string_equal(why, "because \"so\"");
}

static void test_progress(void **state)
{
    struct bench *b = *state;
    struct import_job j;
    struct import_results r = {.receipts = BUF_INIT, .refused = BUF_INIT};
    struct told told = {0};
    bool found;
    struct import_job other;
    char *path, *text;
    size_t len;

    begin_job(b, &j);
    buf_puts(&r.receipts, "{\"one\":1}\n");
    buf_puts(&r.refused, "{\"act\":1,\"reason\":\"because \\\"so\\\"\"}\n");
    r.n_refused = 1;
    assert_int_equal(import_job_save(&j, &r, 2), PUMASI_OK);
    /* A second process can't be at it meanwhile. */
    assert_int_equal(import_job_open(&other, b->job, &found), PUMASI_FAILED);
    import_job_close(&other);
    /* Killed between the receipts and the note that they count. */
    assert_int_equal(write(j.receipts, "{\"two\"", 6), 6);
    import_job_close(&j);
    open_job(b, &j, true);
    assert_int_equal(j.done, 2);
    assert_int_equal(j.n_refused, 1);
    buf_puts(&r.receipts, "{\"three\":3}\n");
    assert_int_equal(import_job_save(&j, &r, 3), PUMASI_OK);
    path = x_asprintf("%s/receipts.ndjson", b->job);
    assert_int_equal(files_read(path, 1000, &text, &len), 0);
    assert_string_equal(text, "{\"one\":1}\n{\"three\":3}\n");
    assert_int_equal(import_job_refusals(&j, tell, &told), PUMASI_OK);
    assert_int_equal(told.n, 1);
    assert_int_equal(told.last, 1);
    free(text);
    free(path);
    import_job_close(&j);
    buf_free(&r.receipts);
    buf_free(&r.refused);
}

static void test_spoilt_job(void **state)
{
    static const char *const spoilt[] = {
        "",
        "[]",
        "{}",
        "{\"version\":2}",
        "{\"version\":1,\"id\":\"AAAAAAAAAAAAAAAA\",\"secret\":\"x\"}",
        "{\"version\":1,\"id\":\"AAAAAAAAAAAAAAAA\",\"secret\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"members\":1,\"make\":\"AA\",\"limits\":"
        "[{\"member\":1}]}",
        "{\"version\":1,\"id\":\"AAAAAAAAAAAAAAAA\",\"secret\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"members\":1,\"make\":\"AA\",\"limits\":"
        "[],\"rows\":1,\"done\":2}",
    };
    struct bench *b = *state;
    char *path = x_asprintf("%s/job.json", b->job);
    struct import_job j;
    bool found;

    assert_int_equal(files_mkdir(b->job), 0);
    for (size_t i = 0; i < ARRAY_LEN(spoilt); i++) {
        assert_int_equal(files_write(path, spoilt[i], strlen(spoilt[i])), 0);
        assert_int_equal(import_job_open(&j, b->job, &found), PUMASI_FAILED);
        import_job_close(&j);
    }
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_acts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_progress, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spoilt_job, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
