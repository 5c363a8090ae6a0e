/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: what a good one proves, and every fraud that is planted in one found and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "statements.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define DAY              INT64_C(86400000)
#define ALICE            "alice@hansalim/hour"
#define HOLDERS          "alice@hansalim bob@hansalim carol@hansalim hansalim old@hansalim"

/*
 * Three days of alice's: on the first she pays 90 and 20, on the second bob pays her 30, takes his
 * 90 back in part, and a registrar records what old pays her; then her phone's key is added and
 * revoked; on the third she pays 5. A snapshot begins the second and the third day and the day
 * after.
 */
struct world {
    struct fix *f;
    struct forger of;
    char id[256];
    int64_t snapshots[3], revoked;
    struct forging second; /* a statement of the second day */
};

static int set_up(void **state)
{
    struct world *w = x_calloc(1, sizeof(*w));
    struct fix *f = w->f = fix_new();
    size_t first;

    fix_found(f);
    first = f->n;
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 20), "posted");
    f->ms += DAY;
    w->snapshots[0] = (int64_t)f->n;
    fix_snapshot(f);
    IS(fix_pay(f, "bob", "bob@hansalim", "alice@hansalim", 30), "posted");
    IS(fix_act(f, "bob", "reversal", "bob@hansalim", "'record':%zu,'amount':45", first), "posted");
    IS(fix_act(f, "r1", "transfer", "hansalim",
               "'from':'old@hansalim','to':'alice@hansalim','unit':'hour','amount':10"),
       "posted");
    IS(fix_act(f, "alice phone", "key.add", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','key':$phone"),
       "posted");
    IS(fix_pay(f, "phone", "alice@hansalim", "carol@hansalim", 7), "posted");
    w->revoked = (int64_t)f->n;
    IS(fix_act(f, "alice", "key.revoke", "alice@hansalim",
               "'holder':'alice@hansalim','role':'member','kid':'#phone'"),
       "posted");
    f->ms += DAY;
    w->snapshots[1] = (int64_t)f->n;
    fix_snapshot(f);
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 5), "posted");
    f->ms += DAY;
    w->snapshots[2] = (int64_t)f->n;
    fix_snapshot(f);
    forger_init(&w->of, f);
    forger_id(w->id, sizeof(w->id), &w->of);
    w->second = (struct forging){.account = ALICE,
                                 .first = 3,
                                 .last = 6,
                                 .from = (int32_t)(FIX_MS / DAY) + 1,
                                 .to = (int32_t)(FIX_MS / DAY) + 1,
                                 .snapshot = w->snapshots[1],
                                 .skip_key = -1,
                                 .holders = HOLDERS};
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    forger_free(&w->of);
    fix_free(w->f);
    free(w);
    return 0;
}

static void make(const struct world *w, const struct forging *want, struct buf *file)
{
    struct forged forged;

    forged_make(&forged, &w->of, want);
    buf_clear(file);
    forged_file(file, &forged);
    forged_free(&forged);
}

/* The first failure of a statement; "" when it proves itself, "unreadable" when it is none. */
static const char *failure(const struct world *w, const struct forging *want)
{
    struct buf file = BUF_INIT;
    const char *answer = "unreadable";
    struct judged j;

    make(w, want, &file);
    if (judged_read(&j, w->id, file.data, file.len, NULL)) {
        answer = judged_failure(&j);
        judged_free(&j);
    }
    buf_free(&file);
    return answer;
}

static void test_good(void **state)
{
    struct world *w = *state;
    struct buf file = BUF_INIT;
    struct statement_line line;
    struct statement_unit unit;
    struct judged j;
    char *zone;

    make(w, &w->second, &file);
    assert_true(judged_read(&j, w->id, file.data, file.len, NULL));
    IS(judged_failure(&j), "");
    assert_int_equal(statement_verdict_mark(&j.verdict), MARK_PROVED);
    for (int c = 0; c < CHECKS; c++)
        if (c != CHECK_EARLIER && c != CHECK_WITNESSES)
            assert_int_equal(j.verdict.checks[c].mark, MARK_PROVED);
    assert_int_equal(j.verdict.checks[CHECK_SIGNATURES].count, 6); /* 4, one named, a snapshot */
    assert_int_equal(j.verdict.covered, w->snapshots[1]);
    assert_int_equal(j.st.n_entries, 4);
    assert_true(statement_line_of(j.run, 1, &line));
    IS(line.counterparty, "bob@hansalim");
    IS(line.signed_by, "member");
    assert_int_equal(line.reverses, w->snapshots[0] - 2);
    assert_int_equal(line.amount, 45);
    assert_true(line.proved && !line.forced);
    assert_true(statement_line_of(j.run, 2, &line));
    IS(line.signed_by, "registrar");
    zone = statement_zone(&j.st);
    IS(zone, "Asia/Seoul");
    free(zone);
    assert_int_equal(statement_unit(&j.st, &unit), 0);
    assert_int_equal(unit.scale, 60);
    judged_free(&j);
    buf_free(&file);
}

/* A period that isn't over: nothing is wrong, and what can't be shown is said. */
static void test_not_shown(void **state)
{
    struct world *w = *state;
    struct forging want = w->second;
    struct buf file = BUF_INIT;
    struct judged j;

    want.size = (size_t)w->snapshots[1]; /* before the next snapshot */
    want.snapshot = w->snapshots[0];
    make(w, &want, &file);
    assert_true(judged_read(&j, w->id, file.data, file.len, NULL));
    IS(judged_failure(&j), "");
    assert_true(judged_has(&j, CHECK_COMPLETE, REASON_AFTER_SNAPSHOT));
    assert_true(judged_has(&j, CHECK_REVOCATIONS, REASON_AFTER_SNAPSHOT));
    assert_true(judged_has(&j, CHECK_WITNESSES, REASON_NO_WITNESS));
    judged_free(&j);
    want.snapshot = -1;
    make(w, &want, &file);
    assert_true(judged_read(&j, w->id, file.data, file.len, NULL));
    IS(judged_failure(&j), "");
    assert_true(judged_has(&j, CHECK_COMPLETE, REASON_NO_SNAPSHOT));
    judged_free(&j);
    /* Another ledger, or another key: all is as good as nothing. */
    make(w, &w->second, &file);
    assert_true(judged_read(&j, FIX_ORIGIN "#AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                            file.data, file.len, NULL));
    IS(judged_failure(&j), "ledger:other-ledger");
    judged_free(&j);
    buf_free(&file);
}

/* What is left out by a ledger that signs it all the same. */
static void test_left_out(void **state)
{
    struct world *w = *state;
    struct forging want = w->second;

    IS(failure(w, &want), "");
    want.skip_entry = 4;
    IS(failure(w, &want), "sequence:gap");
    /* The last one, and all below it. */
    want = w->second;
    want.last = 5;
    want.skip_after = true;
    IS(failure(w, &want), "complete:gap");
    want.skip_account_leaf = true;
    IS(failure(w, &want), "complete:no-leaf");
    want.snapshot = w->snapshots[0]; /* an older snapshot hides nothing more than it covers */
    want.skip_account_leaf = false;
    IS(failure(w, &want), "");
    /* The last one shown as the first behind the days, the first one as the last before. */
    want = w->second;
    want.last = 5;
    IS(failure(w, &want), "days:inside-days");
    want = w->second;
    want.first = 4;
    IS(failure(w, &want), "days:inside-days");
    want.skip_before = true;
    IS(failure(w, &want), "sequence:gap");
    /* An entry of another day. */
    want = w->second;
    want.last = 7;
    IS(failure(w, &want), "days:outside-days");
}

/* Who verifies the signature himself says what came of it; of a statement by another key than the
 * one that is trusted nothing that he says counts, and no more than the file's word speaks for it
 * while the checkpoint isn't by the trusted one. */
static void test_signed_ahead(void **state)
{
    struct world *w = *state;
    struct statement_trust trust = {.ledger_id = w->id, .signature_ahead = true};
    struct buf file = BUF_INIT;
    struct fix_key log, other;
    struct statement st;
    const char *why;

    fix_key(&log, "log");
    fix_key(&other, "clerk");
    make(w, &w->second, &file);
    for (int i = 0; i < 3; i++) {
        struct statement_check_run *run;
        struct statement_verdict v;

        trust.log_key = i == 2 ? &other.key : &log.key;
        assert_int_equal(statement_open(&st, file.data, file.len, &why), 0);
        assert_true(key_verify(&log.key, st.signed_text.s, st.signed_text.len, st.sig));
        assert_int_equal(statement_read_payload(&st, &why), 0);
        run = statement_check_begin(&st, &trust);
        for (size_t k = 0; k < statement_check_count(run); k++)
            statement_check_record(run, k);
        statement_check_signed(run, i != 1);
        statement_check_end(run, &v);
        assert_int_equal(v.checks[CHECK_SIGNATURE].mark, i == 0 ? MARK_PROVED : MARK_FAILED);
        statement_verdict_free(&v);
        statement_check_free(run);
        statement_free(&st);
    }
    /* A payload that is none leaves nothing behind either. */
    file.data[file.len / 2] = '!';
    if (statement_open(&st, file.data, file.len, &why) == 0) {
        assert_int_equal(statement_read_payload(&st, &why), -1);
        statement_free(&st);
    }
    buf_free(&file);
}

/* A snapshot that counts more postings behind the days than the one that is shown, as one of a
 * later day does. */
static void test_later_snapshot(void **state)
{
    struct world *w = *state;
    struct forging want = w->second;
    struct buf file = BUF_INIT;
    struct judged j;

    want.first = 1;
    want.last = 2;
    want.from = want.to = w->second.from - 1;
    want.snapshot = w->snapshots[0];
    IS(failure(w, &want), "");
    want.snapshot = w->snapshots[2];
    make(w, &want, &file);
    assert_true(judged_read(&j, w->id, file.data, file.len, NULL));
    IS(judged_failure(&j), "");
    assert_int_equal(j.verdict.checks[CHECK_COMPLETE].mark, MARK_PROVED);
    assert_int_equal(j.verdict.checks[CHECK_REVOCATIONS].mark, MARK_PROVED);
    judged_free(&j);
    buf_free(&file);
    want.skip_after = true;
    IS(failure(w, &want), "complete:gap");
}

/* A revocation, or any other change of a signer's keys. */
static void test_revocation_left_out(void **state)
{
    struct world *w = *state;
    struct forging want = w->second;

    want.skip_key = w->revoked;
    IS(failure(w, &want), "revocations:gap");
    want.skip_leaf = "alice@hansalim";
    IS(failure(w, &want), "revocations:no-leaf");
    want = w->second;
    want.skip_key = w->revoked - 2; /* where the key was added */
    IS(failure(w, &want), "keys:gap");
    want = w->second;
    want.holders = "alice@hansalim hansalim old@hansalim carol@hansalim";
    IS(failure(w, &want), "signatures:unknown-key");
    want.holders = "alice@hansalim bob@hansalim hansalim carol@hansalim";
    IS(failure(w, &want), "authority:unknown-key"); /* whether old has keys isn't shown */
}

/* What the statement of the last day says once a transfer that no rule would have made stands at
 * the end of the log. */
static const char *planted(struct world *w, const char *signers, const char *by,
                           const char *members, int64_t amount, int64_t balance, int64_t seq)
{
    struct forging want = w->second;
    size_t n = w->of.n;
    const char *answer;

    forger_plant(&w->of, w->f,
                 &(struct planting){.type = "transfer",
                                    .signers = signers,
                                    .by = by,
                                    .members = members,
                                    .account = ALICE,
                                    .amount = amount,
                                    .balance = balance,
                                    .seq = seq});
    want.first = 8;
    want.last = 8;
    want.from = want.to = want.to + 2;
    want.snapshot = w->snapshots[2];
    answer = failure(w, &want);
    forger_cut(&w->of, n);
    return answer;
}

static void test_planted(void **state)
{
    static const char pays[] =
        "\"from\":\"alice@hansalim\",\"to\":\"bob@hansalim\",\"unit\":\"hour\","
        "\"amount\":9";
    struct world *w = *state;
    int64_t at = fix_balance(w->f, ALICE);

    assert_int_equal(fix_seq(w->f, ALICE), 7);
    assert_int_equal(at, -90 - 20 + 30 + 45 + 10 - 7 - 5);

    IS(planted(w, "alice", "alice@hansalim", pays, -9, at - 9, 8), "");
    IS(planted(w, "phone", "alice@hansalim", pays, -9, at - 9, 8), "authority:not-in-force");
    IS(planted(w, "bob", "alice@hansalim", pays, -9, at - 9, 8), "authority:not-in-force");
    IS(planted(w, "r1", "hansalim", pays, -9, at - 9, 8), "authority:not-in-force");
    IS(planted(w, "stranger", "alice@hansalim", pays, -9, at - 9, 8), "signatures:unknown-key");
    IS(planted(w, "alice", "alice@hansalim", pays, -8, at - 8, 8), "amounts:wrong-amount");
    IS(planted(w, "alice", "alice@hansalim", pays, 9, at + 9, 8), "amounts:wrong-amount");
    IS(planted(w, "alice", "alice@hansalim", pays, -9, at - 8, 8), "balances:wrong-balance");
    IS(planted(
           w, "carol1", "carol@hansalim",
           "\"from\":\"carol@hansalim\",\"to\":\"alice@hansalim\",\"unit\":\"hour\",\"amount\":9",
           9, at + 9, 8),
       "authority:too-few");
    IS(planted(w, "bob", "bob@hansalim",
               "\"from\":\"bob@hansalim\",\"to\":\"carol@hansalim\",\"unit\":\"hour\",\"amount\":9",
               9, at + 9, 8),
       "amounts:wrong-account");
    w->f->exp = w->f->ms / 1000 - 1;
    w->f->iat = w->f->exp - 600;
    IS(planted(w, "alice", "alice@hansalim", pays, -9, at - 9, 8), "authority:out-of-time");
    w->f->aud = FIX_ORIGIN "#BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA";
    IS(planted(w, "alice", "alice@hansalim", pays, -9, at - 9, 8), "signatures:other-ledger");
}

/* Records that were altered after they were signed. */
static void test_altered(void **state)
{
    struct world *w = *state;
    size_t entry = (size_t)w->snapshots[0] + 1; /* bob pays 30 */
    struct forging want = w->second;

    forger_alter(&w->of, entry, 2, "\"amount\":30,", "\"amount\":31,");
    IS(failure(w, &want), "balances:wrong-balance");
    forger_alter(&w->of, entry, 2, "\"amount\":31,", "\"amount\":30,");
    IS(failure(w, &want), "");
    forger_alter(&w->of, entry, 2, "\"seq\":3", "\"seq\":4");
    want.first = 4; /* the doubled one */
    assert_true(failure(w, &want)[0] != '\0');
    forger_alter(&w->of, entry, 2, "\"seq\":4", "\"seq\":3");
    want = w->second;
    /* A key more than the member has, in the change that the ledger shows. */
    forger_alter(&w->of, (size_t)w->revoked, 1, "\"threshold\":1", "\"threshold\":2");
    IS(failure(w, &want), "");
    forger_alter(&w->of, 0, 1, "\"zone\"", "\"zona\"");
    assert_true(failure(w, &want)[0] != '\0');
}

/* With an earlier statement: the log only grew, and what both cover is the same. */
static void test_earlier(void **state)
{
    struct world *w = *state;
    struct forging want = w->second, before = w->second;
    struct buf old = BUF_INIT, file = BUF_INIT;
    struct judged was, j;

    before.first = 1;
    before.last = 2;
    before.from = before.to = before.to - 1;
    before.snapshot = w->snapshots[0];
    before.size = (size_t)w->snapshots[0] + 1;
    make(w, &before, &old);
    assert_true(judged_read(&was, w->id, old.data, old.len, NULL));
    IS(judged_failure(&was), "");
    want.since = before.size;
    make(w, &want, &file);
    assert_true(judged_read(&j, w->id, file.data, file.len, &was.st));
    IS(judged_failure(&j), "");
    assert_int_equal(j.verdict.checks[CHECK_EARLIER].mark, MARK_PROVED);
    judged_free(&j);
    want.since = 0;
    make(w, &want, &file);
    assert_true(judged_read(&j, w->id, file.data, file.len, &was.st));
    assert_true(judged_has(&j, CHECK_EARLIER, REASON_NO_CONSISTENCY));
    judged_free(&j);
    /* Another past. */
    want.since = before.size;
    forger_alter(&w->of, 2, 0, "\"salt\":\"", "\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"x\":\"");
    make(w, &want, &file);
    assert_true(judged_read(&j, w->id, file.data, file.len, &was.st));
    assert_true(judged_has(&j, CHECK_EARLIER, REASON_NOT_CONSISTENT));
    judged_free(&j);
    judged_free(&was);
    buf_free(&old);
    buf_free(&file);
}

/* STATEMENT_SEEDS=folder: writes payloads there for the fuzzer to begin with. */
static void write_seed(const char *name, const struct buf *payload)
{
    const char *folder = getenv("STATEMENT_SEEDS");
    char *path;
    FILE *file;

    if (!folder)
        return;
    path = x_asprintf("%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(payload->data, 1, payload->len, file), payload->len);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static void test_seeds(void **state)
{
    struct world *w = *state;
    struct forging want = w->second;
    struct buf payload = BUF_INIT;
    struct forged forged;

    forged_make(&forged, &w->of, &want);
    statement_put(&payload, &forged.st);
    write_seed("second", &payload);
    forged_free(&forged);
    want.first = 1;
    want.last = 2;
    want.from = want.to = want.to - 1;
    want.snapshot = w->snapshots[0];
    want.since = 3;
    buf_clear(&payload);
    forged_make(&forged, &w->of, &want);
    statement_put(&payload, &forged.st);
    write_seed("first", &payload);
    forged_free(&forged);
    want.snapshot = -1;
    want.last = 0;
    buf_clear(&payload);
    forged_make(&forged, &w->of, &want);
    statement_put(&payload, &forged.st);
    write_seed("empty", &payload);
    forged_free(&forged);
    buf_free(&payload);
}

/* Where in the payload a change may leave a statement that is as true as before. */
static bool is_free(const char *payload, size_t at)
{
    static const char *const names[] = {"\"made\":\"", "\"from\":\"20", "\"to\":\"20"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = strstr(payload, names[i]);

        if (value && at >= (size_t)(value - payload) && at < (size_t)(value - payload) + 36)
            return true;
    }
    return false;
}

/* Every byte of the payload, changed and signed again by the ledger; and without it. */
static void test_each_byte(void **state)
{
    struct world *w = *state;
    struct buf file = BUF_INIT, payload = BUF_INIT;
    struct forged forged;
    struct forging want = w->second;
    struct judged j;

    want.first = 1; /* fewer signatures to verify so often */
    want.last = 2;
    want.from = want.to = want.to - 1;
    want.snapshot = w->snapshots[0];
    forged_make(&forged, &w->of, &want);
    statement_put(&payload, &forged.st);
    for (size_t at = 0; at < payload.len; at += 3) {
        char was = payload.data[at], now = (char)(was == '0' ? '1' : was == 'A' ? 'B' : was ^ 1);

        if (is_free(payload.data, at))
            continue;
        payload.data[at] = now;
        buf_clear(&file);
        statement_sign(&file, payload.data, payload.len, (fix_key(&j.log, "log"), j.log.secret));
        payload.data[at] = was;
        if (!judged_read(&j, w->id, file.data, file.len, NULL))
            continue;
        if (judged_failure(&j)[0] == '\0')
            fail_msg("byte %zu: %.60s", at, payload.data + at);
        judged_free(&j);
    }
    buf_clear(&file);
    forged_file(&file, &forged);
    for (size_t at = 0; at < file.len; at += 41) {
        char was = file.data[at];

        file.data[at] = (char)(was ^ 1);
        if (judged_read(&j, w->id, file.data, file.len, NULL)) {
            assert_int_equal(j.verdict.checks[CHECK_SIGNATURE].mark, MARK_FAILED);
            judged_free(&j);
        }
        file.data[at] = was;
    }
    forged_free(&forged);
    buf_free(&payload);
    buf_free(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),         TEST(test_not_shown),
        TEST(test_left_out),     TEST(test_revocation_left_out),
        TEST(test_planted),      TEST(test_altered),
        TEST(test_earlier),      TEST(test_each_byte),
        TEST(test_seeds),        TEST(test_later_snapshot),
        TEST(test_signed_ahead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
