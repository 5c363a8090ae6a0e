/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Import: what is read from a file, which limits it needs, and that the same acts come out again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before cmocka, which has a macro called fail. */
#include "client/files.h"
#include "client/import.h"
#include "client/import_act.h"
#include "client/import_survey.h"
#include "core/act.h"
#include "core/date.h"
#include "core/num.h"
#include "fixture.h"

#include <cmocka.h>

#define DAY_2026_11_22 20779
#define AUD            "ledger.example#11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

static const struct profile_unit sarafu = {
    .unit = "sarafu", .name = (char *)"Sarafu", .scale = 100, .kind = UNIT_CREDIT};

/* Freed with its file. */
static struct sheet sheet;

static const struct profile_unit hour = {
    .unit = "hour", .name = (char *)"Hour", .scale = 60, .kind = UNIT_TIME};

/* As "pumasi import" reads a file whose cells are handles. */
static int read_in(struct import_file *f, const struct profile_unit *unit, const char *text)
{
    struct import_survey v;
    int rc;

    memset(f, 0, sizeof(*f));
    f->bytes = x_strdup(text);
    f->len = strlen(text);
    hash_bytes(&f->hash, f->bytes, f->len);
    sheet_free(&sheet);
    rc = import_file_look(f, &sheet);
    if (rc != PUMASI_OK)
        return rc;
    import_survey_run(&v, f, unit, DAY_2026_11_22, NULL);
    rc = import_survey_settle(&v, f);
    import_survey_free(&v);
    return rc != PUMASI_OK ? rc : import_file_read(f, "kenya", unit, DAY_2026_11_22);
}

static int read_text(struct import_file *f, const char *text)
{
    return read_in(f, &sarafu, text);
}

static void read_ok(struct import_file *f, const char *text)
{
    assert_int_equal(read_text(f, text), PUMASI_OK);
}

static const char *member(const struct import_file *f, uint32_t i)
{
    return f->members.list[i];
}

/* --- reading --- */

static void test_columns(void **state)
{
    struct import_file f;

    read_ok(&f, "id,Time,KIND, from ,to,amount,note\r\n"
                "7,2020-01-25T19:13:17Z,Agent_Out,m0001,m0002@kenya,18000.00,x\r\n"
                "8,2026-11-22,,m0002,m0001,\"1,000.5\",\r\n");
    assert_int_equal(f.n_rows, 2);
    assert_int_equal(f.n_bad, 0);
    assert_int_equal(f.members.n, 2);
    assert_string_equal(member(&f, f.rows[0].from), "m0001@kenya");
    assert_string_equal(member(&f, f.rows[0].to), "m0002@kenya");
    assert_int_equal(f.rows[0].amount, 1800000);
    assert_true(f.rows[0].has_day);
    assert_int_equal(f.rows[0].day, 18286);
    assert_string_equal(f.categories.list[f.rows[0].category - 1], "agent-out");
    assert_int_equal(f.rows[0].memo, 0);
    assert_int_equal(f.rows[1].row, 3);
    assert_int_equal(f.rows[1].amount, 100050);
    assert_int_equal(f.rows[1].day, DAY_2026_11_22);
    assert_int_equal(f.rows[1].category, 0);
    import_file_free(&f);

    /* date goes before time and category before kind, wherever they stand */
    read_ok(&f, "time,date,category,kind,from,to,amount,memo\n"
                "14:30,2020-01-02,a,b,x,y,1,\"in the garden, twice\"\n");
    assert_int_equal(f.n_rows, 1);
    assert_int_equal(f.rows[0].day, 18263);
    assert_string_equal(f.categories.list[f.rows[0].category - 1], "a");
    assert_string_equal(f.memos.list[f.rows[0].memo - 1], "in the garden, twice");
    import_file_free(&f);
    read_ok(&f, "kind,category,date,time,from,to,amount\nb,a,2020-01-02,14:30,x,y,1\n");
    assert_string_equal(f.categories.list[f.rows[0].category - 1], "a");
    assert_int_equal(f.rows[0].day, 18263);
    import_file_free(&f);
}

/* A column of amounts, parted by blanks: what they come to, and 0 for a bad row; -1: it asks. */
static int64_t column_of(const struct profile_unit *unit, const char *cells, size_t *bad)
{
    struct import_file f;
    struct buf b = BUF_INIT;
    int64_t sum = 0;
    int rc;

    buf_puts(&b, "from;to;amount\n");
    for (size_t n; *cells != '\0'; cells += n + strspn(cells + n, " ")) {
        n = strcspn(cells, " ");
        buf_printf(&b, "a;b;%.*s\n", (int)n, cells);
    }
    rc = read_in(&f, unit, b.data);
    for (size_t i = 0; i < f.n_rows; i++)
        sum += f.rows[i].amount;
    *bad = f.n_bad;
    import_file_free(&f);
    buf_free(&b);
    return rc == PUMASI_OK ? sum : -1;
}

/* Three digits behind a mark: thousands, decimals, or a question. */
static void test_thousands(void **state)
{
    static const struct {
        const struct profile_unit *unit;
        const char *cells;
        int64_t sum;
        size_t bad;
    } columns[] = {
        {&hour, "0.017", 0, 1},
        {&hour, "0,017", 0, 1},
        {&hour, "0.250 0.333 0.017 1.500", 15 + 90, 2},
        {&hour, "0,250 0,333 0,017 1,500", 15 + 90, 2},
        {&hour, "0.017 1.500", 90, 1},
        {&hour, "1.500", -1, 0},
        {&hour, "1.500 2.250", -1, 0},
        {&hour, "1.500 12.5", 90 + 750, 0},
        {&hour, "1.500 1:30", -1, 0},
        {&sarafu, "0.500", 50, 0},
        {&sarafu, "0,500 0,25", 75, 0},
        {&sarafu, "1.500", 150000, 0},
        {&sarafu, "1.234.567 1.500", 123456700 + 150000, 0},
        {&sarafu, "0.500 1.500", -1, 0}, /* decimals in one row, and thousands in the other? */
        {&sarafu, "0.017 1.500", -1, 0},
        {&sarafu, "0.0175 1,500.00", 150000, 1},
    };
    size_t bad;

    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        int64_t sum = column_of(columns[i].unit, columns[i].cells, &bad);

        if (sum != columns[i].sum || bad != columns[i].bad)
            fail_msg("%s: %lld, %zu bad", columns[i].cells, (long long)sum, bad);
    }
}

static void test_no_columns(void **state)
{
    static const char *const files[] = {
        "",        "\n\n",        "from,to\na,b\n",        "from;to\na;b;1\n",
        "a,b,1\n", "\"from,to\n", "from,to,amount,from\n", "\xff\xfe",
    };
    struct import_file f;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        assert_int_equal(read_text(&f, files[i]), PUMASI_USAGE);
        import_file_free(&f);
    }
}

static void test_bad_rows(void **state)
{
    static const char *const rows[] = {
        "a,b", /* too few fields */
        "a,b,1,2020-01-01,,,x",
        ",b,1,,,",
        "a,,1,,,",
        "A,b,1,,,",
        "a,b@hansalim,1,,,",
        "a@b@kenya,b,1,,,",
        "a,a,1,,,",
        "a,a@kenya,1,,,",
        "a,b,0,,,",
        "a,b,-1,,,",
        "a,b,1.0001,,,",
        "a,b,1e3,,,",
        "a,b,,,,",
        "a,b,99999999999999999,,,",
        "a,b,1,2020-13-25,,",
        "a,b,1,2020-02-30,,",
        "a,b,1,2020-01-01x,,",
        "a,b,1,2026-11-23,,", /* the day after the last */
        "a,b,1,,,\xe2\x80\xae",
        "a,\"b\"x,1,,,",
    };
    struct import_file f;
    struct buf b = BUF_INIT, out = BUF_INIT;

    buf_puts(&b, "from,to,amount,date,kind,memo\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_puts(&b, rows[i]);
        buf_putc(&b, '\n');
    }
    buf_puts(&b, "c,d,1,,,\n");
    read_ok(&f, b.data);
    assert_int_equal(f.n_bad, ARRAY_LEN(rows));
    assert_int_equal(f.n_rows, 1);
    /* No member is made for a row that isn't booked. */
    assert_int_equal(f.members.n, 2);
    assert_string_equal(member(&f, 0), "c@kenya");
    /* With what was wrong set right the file of bad rows is a file to import. */
    import_put_bad(&out, &f);
    import_file_free(&f);
    read_ok(&f, out.data);
    assert_int_equal(f.n_bad, ARRAY_LEN(rows));
    import_file_free(&f);
    buf_free(&b);
    buf_free(&out);
}

static void test_bad_file(void **state)
{
    struct import_file f;
    struct buf out = BUF_INIT;

    read_ok(&f, "\xef\xbb\xbf"
                "id,from,to,amount\r\n1,a,b,1\r\n2,a,a,1\r\n3,\"a\"b,c,1\r\n4,\"a\",b,\"0\"\r\n");
    /* Refusals of the ledger are added later, and stand by their line. */
    import_file_add_bad(&f, 2, f.rows[0].at, f.rows[0].len, false, x_strdup("say \"no\""));
    import_file_add_bad(&f, 9, 0, 0, false, x_strdup("\"=1+1\" is no amount of hour"));
    import_put_bad(&out, &f);
    assert_string_equal(out.data,
                        "\xef\xbb\xbf"
                        "row,reason,id,from,to,amount\n"
                        "2,\"say \"\"no\"\"\",1,a,b,1\n"
                        "3,\"from and to are the same\",2,a,a,1\n"
                        "4,\"something stands between a closing quotation mark and the next "
                        "separator\",\"3,\"\"a\"\"b,c,1\"\n"
                        "5,\"the amount is zero\",4,\"a\",b,\"0\"\n"
                        /* What a spreadsheet might run. */
                        "9,\"'\"\"=1+1\"\" is no amount of hour\",\n");
    import_file_free(&f);
    buf_free(&out);
}

static void test_category(void **state)
{
    static const char *const pairs[][2] = {
        {"standard", "standard"},
        {"Agent_Out", "agent-out"},
        {"", ""},
        {"a b/c", "a-b-c"},
        {"품앗이 1", "----1"},
        {"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx"},
    };
    char out[CATEGORY_MAX + 1];

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        import_category(out, pairs[i][0]);
        assert_string_equal(out, pairs[i][1]);
    }
}

/* --- limits --- */

static void plan_of(struct import_plan *p, const struct import_file *f, int64_t floor,
                    int64_t ceiling)
{
    memset(p, 0, sizeof(*p));
    p->policy = (struct act_bounds){floor, ceiling, false};
    p->reach = (struct act_bounds){-500, 500, false};
    import_plan_begin(p, f);
}

static void test_replay(void **state)
{
    struct import_file f;
    struct import_plan p;

    read_ok(&f, "from,to,amount\na,b,3\na,c,3\nb,a,2\nc,d,1\nd,a,1\n");
    /* a: -3 -6 -4 -3; b: 3 1; c: 3 2; d: 1 0 */
    plan_of(&p, &f, -600, 300);
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 0);
    assert_int_equal(p.accounts[0].lowest, -600);
    assert_int_equal(p.accounts[0].balance, -300);
    import_plan_free(&p);

    plan_of(&p, &f, -599, 299);
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 3);
    assert_string_equal(member(&f, p.limits[0].member), "a@kenya");
    assert_int_equal(p.limits[0].bounds.floor, -600);
    assert_int_equal(p.limits[0].bounds.ceiling, 299); /* stays */
    assert_false(p.limits[0].by_registrar);            /* past -5.00 */
    assert_string_equal(member(&f, p.limits[1].member), "b@kenya");
    assert_int_equal(p.limits[1].bounds.floor, -599);
    assert_int_equal(p.limits[1].bounds.ceiling, 300);
    assert_string_equal(member(&f, p.limits[2].member), "c@kenya");
    import_plan_free(&p);

    /* What stands already counts; a registrar may go as far as the policy says and no further. */
    plan_of(&p, &f, 0, 1000);
    p.accounts[0].balance = 100;
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 1);
    assert_int_equal(p.limits[0].bounds.floor, -500);
    assert_false(p.limits[0].by_registrar); /* the ceiling that it keeps is past 5.00 */
    import_plan_free(&p);
    plan_of(&p, &f, 0, 500);
    p.accounts[0].balance = 100;
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 1);
    assert_true(p.limits[0].by_registrar);
    import_plan_free(&p);

    /* An account that stands outside its limits isn't in the way of what goes inwards. */
    plan_of(&p, &f, -600, 300);
    p.accounts[3].balance = -10000; /* d is paid 1 and pays 1 */
    p.accounts[1].balance = 10000;  /* b is paid 3: past its ceiling */
    assert_int_equal(import_plan_replay(&p, &f), 0);
    assert_int_equal(p.n_limits, 2);
    assert_int_equal(p.limits[0].bounds.ceiling, 10300);
    assert_int_equal(p.limits[1].bounds.floor, -10000);
    import_plan_free(&p);

    plan_of(&p, &f, 0, 0);
    p.accounts[1].balance = NUM_MAX - 299;
    assert_int_equal(import_plan_replay(&p, &f), -1);
    import_plan_free(&p);
    import_file_free(&f);
}

/* --- the job --- */

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
    read_ok(&b->file, csv_text);
    plan_of(&b->plan, &b->file, -150, 1000);
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
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_thousands),
        cmocka_unit_test(test_no_columns),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_bad_file),
        cmocka_unit_test(test_category),
        cmocka_unit_test(test_replay),
        cmocka_unit_test_setup_teardown(test_acts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_progress, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spoilt_job, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
