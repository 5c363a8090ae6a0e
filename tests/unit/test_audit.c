/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "altered.h"

#include "core/audit.h"
#include "core/b64.h"

/*
 * A small log is clean, and each thing that is done to one of its records is found there, under its
 * word, and at none that is right. What is done is what who holds the log key can do: headers are
 * written anew, unless the alteration is that they weren't.
 */

#define PAID    10 /* record: alice pays bob 60 */
#define BACK    11 /* bob pays alice 10 */
#define REVOKED 13 /* alice's second key */
#define LAST    14 /* alice pays bob 5 */
#define RECORDS 15
#define HASH_A  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct log {
    size_t n;
    struct fix_record r[RECORDS + 2];
    /* What the audit said. */
    size_t found;
    struct {
        char word[40];
        int64_t record, stake;
    } findings[64];
    struct audit_counts counts;
};

/* ---- The log, and what is made of it ---- */

static struct log *log_new(const struct fix *f)
{
    struct log *log = x_calloc(1, sizeof(*log));

    for (; log->n < f->n; log->n++)
        altered_copy(&log->r[log->n], &f->log[log->n]);
    return log;
}

static void log_free(struct log *log)
{
    for (size_t i = 0; i < log->n; i++)
        altered_free(&log->r[i]);
    free(log);
}

static void on_found(void *arg, const struct audit_finding *f)
{
    struct log *log = arg;

    assert_true(log->found < ARRAY_LEN(log->findings));
    assert_true(f->why[0] != '\0' && f->stake >= 0);
    str_copy(log->findings[log->found].word, sizeof(log->findings[0].word), f->word);
    log->findings[log->found].stake = f->stake;
    log->findings[log->found++].record = f->record;
}

static int32_t on_day(void *arg, int64_t ms)
{
    (void)arg;
    return (int32_t)(ms / 86400000);
}

/* All of it, or as the co-op's book is seen. */
static void audit_log(struct log *log, const char *coop)
{
    const struct audit_conf conf = {
        .origin = FIX_ORIGIN, .coop = coop, .arg = log, .found = on_found, .day = on_day};
    struct audit *a = audit_new(&conf);

    log->found = 0;
    for (size_t i = 0; i < log->n; i++) {
        struct audit_item item = {.header = log->r[i].header.data,
                                  .header_len = log->r[i].header.len};

        for (size_t k = 0; k < log->r[i].n; k++)
            part_list_add(&item.parts, log->r[i].parts[k].data, log->r[i].parts[k].len);
        audit_item_read(&item, coop != NULL, NULL, NULL);
        audit_record(a, &item);
        audit_item_free(&item);
    }
    audit_end(a);
    log->counts = *audit_counts(a);
    audit_free(a);
}

static bool has(const struct log *log, const char *word, int64_t record)
{
    for (size_t i = 0; i < log->found; i++)
        if (str_eq(log->findings[i].word, word) && log->findings[i].record == record)
            return true;
    return false;
}

static void assert_found(const struct log *log, const char *word, int64_t record)
{
    if (has(log, word, record))
        return;
    for (size_t i = 0; i < log->found; i++)
        print_message("found %s at %lld\n", log->findings[i].word,
                      (long long)log->findings[i].record);
    fail_msg("%s isn't found at %lld", word, (long long)record);
}

/* ---- Alterations ---- */

static void cut(struct fix_record *r, size_t part)
{
    buf_free(&r->parts[part]);
    memmove(&r->parts[part], &r->parts[part + 1], (r->n - part - 1) * sizeof(r->parts[0]));
    r->n--;
}

static void add(struct fix_record *r, const char *text)
{
    r->parts[r->n] = (struct buf)BUF_INIT;
    buf_puts(&r->parts[r->n++], text);
}

/* The act in other words, `from` for `to` in its payload, and by other signers. */
static void sign_again(struct fix_record *r, const char *from, const char *to, const char *signers)
{
    struct buf payload = BUF_INIT, text = BUF_INIT;
    struct envelope env;
    struct part part;
    const char *why;

    assert_int_equal(part_parse(&part, r->parts[0].data, r->parts[0].len, &why), 0);
    buf_put(&payload, part.act.payload, part.act.payload_len);
    altered_replace(&payload, from, to);
    fix_envelope(&env, payload.data, signers);
    buf_puts(&text, "{\"part\":\"act\",\"salt\":\"");
    buf_put_b64u(&text, part.salt, sizeof(part.salt));
    buf_puts(&text, "\",\"act\":");
    envelope_put(&text, &env);
    buf_putc(&text, '}');
    buf_free(&r->parts[0]);
    r->parts[0] = text;
    envelope_free(&env);
    part_free(&part);
    buf_free(&payload);
}

static void no_header(struct log *log)
{
    buf_clear(&log->r[PAID].header);
    buf_puts(&log->r[PAID].header, "{}");
}

static void swapped(struct log *log)
{
    struct fix_record paid = log->r[PAID];

    log->r[PAID] = log->r[BACK];
    log->r[BACK] = paid;
}

static void part_lost(struct log *log)
{
    cut(&log->r[PAID], 3);
}

static void altered(struct log *log)
{
    altered_replace(&log->r[PAID].parts[1], "\"amount\":-60", "\"amount\":-61");
}

static void dated_back(struct log *log)
{
    altered_replace(&log->r[PAID].header, "\"time\":\"2026-11-22", "\"time\":\"2026-11-21");
}

static void unsigned_act(struct log *log)
{
    sign_again(&log->r[4], "}", "}", "t1");
    altered_header(&log->r[4]);
}

static void revoked_signs(struct log *log)
{
    sign_again(&log->r[LAST], "}", "}", "alice2");
    altered_header(&log->r[LAST]);
}

static void unknown_signs(struct log *log)
{
    sign_again(&log->r[LAST], "}", "}", "nobody");
    altered_header(&log->r[LAST]);
}

static void beyond_limits(struct log *log)
{
    sign_again(&log->r[LAST], "\"amount\":5", "\"amount\":5000", "alice");
    altered_header(&log->r[LAST]);
}

static void again(struct log *log)
{
    char index[40];

    altered_copy(&log->r[log->n], &log->r[LAST]);
    (void)snprintf(index, sizeof(index), "\"index\":%zu,", log->n);
    altered_replace(&log->r[log->n++].header, "\"index\":14,", index);
}

static void posting_cut(struct log *log)
{
    cut(&log->r[LAST], 2);
    altered_header(&log->r[LAST]);
}

static void posting_added(struct log *log)
{
    add(&log->r[PAID], "{\"part\":\"posting\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"account\":"
                       "\"carol@hansalim/hour\",\"amount\":7,\"balance\":7,\"floor\":-600,"
                       "\"seq\":1}");
    altered_header(&log->r[PAID]);
}

static void in_posting(struct log *log, const char *from, const char *to)
{
    altered_replace(&log->r[LAST].parts[1], from, to);
    altered_header(&log->r[LAST]);
}

static void other_amount(struct log *log)
{
    in_posting(log, "\"amount\":-5,", "\"amount\":-4,");
}

static void other_balance(struct log *log)
{
    in_posting(log, "\"balance\":-55,", "\"balance\":-54,");
}

static void other_floor(struct log *log)
{
    in_posting(log, "\"floor\":-600,", "\"floor\":-700,");
}

static void other_seq(struct log *log)
{
    in_posting(log, "\"seq\":3}", "\"seq\":4}");
}

static void change_cut(struct log *log)
{
    cut(&log->r[REVOKED], 1);
    altered_header(&log->r[REVOKED]);
}

static void change_added(struct log *log)
{
    add(&log->r[PAID], log->r[5].parts[1].data);
    altered_header(&log->r[PAID]);
}

static void other_state(struct log *log)
{
    altered_replace(&log->r[REVOKED].parts[1], "\"threshold\":1", "\"threshold\":2");
    altered_header(&log->r[REVOKED]);
}

static void hidden(struct log *log)
{
    cut(&log->r[LAST], 3);
    altered_header(&log->r[LAST]);
}

static void book_added(struct log *log)
{
    add(&log->r[PAID],
        "{\"part\":\"book\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"book\":\"icoop\",\"seq\":1}");
    altered_header(&log->r[PAID]);
}

static void other_order(struct log *log)
{
    struct buf first = log->r[PAID].parts[1];

    log->r[PAID].parts[1] = log->r[PAID].parts[2];
    log->r[PAID].parts[2] = first;
    altered_header(&log->r[PAID]);
}

/* What is wrong, the word, where. `only`: nothing is found at other records. */
static const struct fraud {
    void (*plant)(struct log *log);
    const char *word;
    int64_t record;
    bool only;
} frauds[] = {
    {no_header, "header", PAID, true},
    {swapped, "out-of-place", PAID, false},
    {part_lost, "parts", PAID, false},
    {altered, "record-altered", PAID, true},
    {dated_back, "back-dated", PAID, true},
    {unsigned_act, "signatures-missing", 4, true},
    {revoked_signs, "revoked-key", LAST, true},
    {unknown_signs, "unknown-key", LAST, true},
    {beyond_limits, "insufficient-credit", LAST, true},
    {again, "id-reused", RECORDS, true},
    {posting_cut, "posting-missing", LAST, false},
    {posting_cut, "sum", -1, false},
    {posting_added, "posting-extra", PAID, false},
    {other_amount, "amount", LAST, true},
    {other_balance, "balance", LAST, false},
    {other_floor, "floor", LAST, true},
    {other_seq, "seq", LAST, true},
    {change_cut, "change-missing", REVOKED, true},
    {change_added, "change-extra", PAID, true},
    {other_state, "state", REVOKED, true},
    {hidden, "hidden-from-book", LAST, true},
    {book_added, "book-extra", PAID, true},
    {other_order, "bytes", PAID, true},
};

/* ---- Tests ---- */

static int setup(void **state)
{
    struct fix *f;

    (void)fix_setup(state);
    f = *state;
    assert_string_equal(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "posted");
    assert_string_equal(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 10), "posted");
    assert_string_equal(fix_act(f, "alice alice2", "key.add", "alice@hansalim",
                                "'holder':'alice@hansalim','role':'member','key':$alice2"),
                        "posted");
    assert_string_equal(fix_act(f, "alice", "key.revoke", "alice@hansalim",
                                "'holder':'alice@hansalim','role':'member','kid':'#alice2'"),
                        "posted");
    assert_string_equal(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 5), "posted");
    assert_int_equal(f->n, RECORDS);
    return 0;
}

static void clean(void **state)
{
    struct log *log = log_new(*state);
    static const char *const books[] = {NULL, "hansalim"};

    for (size_t i = 0; i < ARRAY_LEN(books); i++) {
        audit_log(log, books[i]);
        for (size_t k = 0; k < log->found; k++)
            print_message("found %s at %lld\n", log->findings[k].word,
                          (long long)log->findings[k].record);
        assert_int_equal(log->found, 0);
        assert_int_equal(log->counts.records, RECORDS);
        assert_int_equal(log->counts.postings, 6);
        assert_int_equal(log->counts.acts[ACT_TRANSFER], 3);
        assert_int_equal(log->counts.accounts, 2);
    }
    log_free(log);
}

static void each_is_found(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(frauds); i++) {
        const struct fraud *fraud = &frauds[i];
        struct log *log = log_new(*state);

        fraud->plant(log);
        audit_log(log, NULL);
        assert_found(log, fraud->word, fraud->record);
        for (size_t k = 0; fraud->only && k < log->found; k++)
            if (log->findings[k].record != fraud->record && log->findings[k].record != -1)
                fail_msg("%s at %lld: %s is found at %lld", fraud->word, (long long)fraud->record,
                         log->findings[k].word, (long long)log->findings[k].record);
        /* It went on to the end. */
        assert_int_equal(log->counts.records, log->n);
        log_free(log);
    }
}

/* One doesn't hide the next. */
static void two_are_found(void **state)
{
    struct log *log = log_new(*state);

    dated_back(log);
    other_state(log);
    beyond_limits(log);
    audit_log(log, NULL);
    assert_found(log, "back-dated", PAID);
    assert_found(log, "state", REVOKED);
    assert_found(log, "insufficient-credit", LAST);
    log_free(log);
}

static void stakes(void **state)
{
    struct log *log = log_new(*state);

    beyond_limits(log);
    audit_log(log, NULL);
    for (size_t k = 0; k < log->found; k++)
        if (str_eq(log->findings[k].word, "insufficient-credit"))
            assert_int_equal(log->findings[k].stake, 5);
    log_free(log);
}

/* Of a book records may be missing, but not those of the book. */
static void not_shown(void **state)
{
    struct log *log = log_new(*state);

    altered_free(&log->r[PAID]);
    memmove(&log->r[PAID], &log->r[PAID + 1], (log->n - PAID - 1) * sizeof(log->r[0]));
    log->n--;
    audit_log(log, "hansalim");
    assert_found(log, "not-shown", BACK);
    log_free(log);
}

static void snapshot(void **state)
{
    struct fix *f = *state;
    struct log *log;

    f->ms += 86400000;
    assert_string_equal(fix_act(f, "clerk", "snapshot", "ledger",
                                "'size':%d,'count':7,'root':'" HASH_A "'", RECORDS),
                        "posted");
    log = log_new(f);
    audit_log(log, NULL);
    assert_found(log, "snapshot", RECORDS);
    assert_int_equal(log->counts.snapshots, 1);
    log_free(log);
}

static void words(void **state)
{
    (void)state;
    for (int i = 0; i < AUDIT_WORDS; i++) {
        const char *name = audit_word_name((enum audit_word)i);

        assert_true(name && name[0] != '\0');
        for (int k = 0; k < i; k++)
            assert_string_not_equal(name, audit_word_name((enum audit_word)k));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fix_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clean),     TEST(each_is_found), TEST(two_are_found),     TEST(stakes),
        TEST(not_shown), TEST(snapshot),      cmocka_unit_test(words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
