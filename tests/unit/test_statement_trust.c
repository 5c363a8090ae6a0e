/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements: by whose word a file is the ledger's, and what is said of it when it isn't. */
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

/* Alice pays bob, a second log key comes into force, and a snapshot counts it all a day later. */
struct world {
    struct fix *f;
    struct forger of;
    char id[256];
    struct forging want; /* of all of it */
    struct forged made;
};

static int set_up(void **state)
{
    struct world *w = x_calloc(1, sizeof(*w));
    struct fix *f = w->f = fix_new();

    fix_found(f);
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    IS(fix_act(f, "s1 s2 log2", "key.add", "stewards",
               "'holder':'ledger','role':'log','key':$log2"),
       "posted");
    f->ms += DAY;
    fix_snapshot(f);
    forger_init(&w->of, f);
    forger_id(w->id, sizeof(w->id), &w->of);
    w->want = (struct forging){.account = ALICE,
                               .first = 1,
                               .last = 1,
                               .from = (int32_t)(FIX_MS / DAY),
                               .to = (int32_t)(FIX_MS / DAY),
                               .snapshot = (int64_t)f->n - 1,
                               .skip_key = -1,
                               .holders = "alice@hansalim"};
    forged_make(&w->made, &w->of, &w->want);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    forged_free(&w->made);
    forger_free(&w->of);
    fix_free(w->f);
    free(w);
    return 0;
}

/* The file, signed by the key of that name; whether it could be read. */
static bool judge(const struct world *w, const char *signer, struct judged *j)
{
    struct buf payload = BUF_INIT, file = BUF_INIT;
    struct fix_key key;
    bool read;

    fix_key(&key, signer);
    statement_put(&payload, &w->made.st);
    statement_sign(&file, payload.data, payload.len, key.secret);
    read = judged_read(j, w->id, file.data, file.len, NULL);
    buf_free(&payload);
    buf_free(&file);
    return read;
}

/* How the check stands in the file signed by that key. */
static enum statement_mark stands(const struct world *w, const char *signer,
                                  enum statement_check check)
{
    enum statement_mark mark;
    struct judged j;

    assert_true(judge(w, signer, &j));
    mark = j.verdict.checks[check].mark;
    judged_free(&j);
    return mark;
}

static bool is_said(const struct world *w, const char *signer, enum statement_check check,
                    enum statement_reason reason)
{
    struct judged j;
    bool has;

    assert_true(judge(w, signer, &j));
    has = judged_has(&j, check, reason);
    judged_free(&j);
    return has;
}

/* A checkpoint over the same log, by another key. */
static void sign_checkpoint(struct world *w, const char *signer)
{
    struct checkpoint c = {.origin = FIX_ORIGIN, .size = w->made.tree.size};
    struct buf note = BUF_INIT;
    struct fix_key key;

    fix_key(&key, signer);
    tree_root(&w->made.tree, &c.root);
    checkpoint_sign(&note, &c, key.secret);
    free(w->made.note);
    w->made.st.checkpoint.len = note.len;
    w->made.st.checkpoint.s = w->made.note = buf_take(&note);
}

/* A key that follows the trusted one speaks for the ledger by what the log says, and nothing else.
 */
static void test_log_keys(void **state)
{
    struct world *w = *state;
    struct statement *st = &w->made.st;
    struct statement_record *last = &st->keys[st->n_keys - 1];
    struct fix_key outsider, log2;
    const struct statement_text was = last->parts[0];
    char good[B64U_LEN(KEY_LEN) + 1], other[B64U_LEN(KEY_LEN) + 1], *at, *text;

    assert_int_equal(stands(w, "log", CHECK_SIGNATURE), MARK_PROVED);
    assert_int_equal(stands(w, "log2", CHECK_SIGNATURE), MARK_PROVED);
    assert_true(is_said(w, "outsider", CHECK_SIGNATURE, REASON_OTHER_KEY));
    assert_true(is_said(w, "alice", CHECK_SIGNATURE, REASON_NOT_IN_FORCE));
    assert_true(is_said(w, "clerk", CHECK_SIGNATURE, REASON_NOT_IN_FORCE));
    /* The change that names it isn't as it stands in the log. */
    fix_key(&outsider, "outsider");
    fix_key(&log2, "log2");
    b64u_encode(good, log2.key.x, KEY_LEN);
    b64u_encode(other, outsider.key.x, KEY_LEN);
    text = x_strndup(was.s, was.len);
    at = strstr(text, good);
    assert_non_null(at);
    memcpy(at, other, strlen(other));
    last->parts[0].s = text;
    assert_true(is_said(w, "outsider", CHECK_SIGNATURE, REASON_OTHER_KEY));
    assert_int_equal(stands(w, "log", CHECK_PARTS), MARK_FAILED);
    last->parts[0] = was;
    free(text);
    /* Nor does a log speak that the trusted key hasn't signed. */
    sign_checkpoint(w, "log2");
    assert_true(is_said(w, "log2", CHECK_SIGNATURE, REASON_OTHER_KEY));
    assert_int_equal(stands(w, "log", CHECK_SIGNATURE), MARK_PROVED);
    assert_int_equal(stands(w, "log", CHECK_CHECKPOINT), MARK_FAILED);
}

static void test_no_ledger_shown(void **state)
{
    struct world *w = *state;
    struct statement *st = &w->made.st;
    const size_t n = st->n_keys;

    /* Only alice's own change is left, and what remains of the hashes is in other proofs. */
    for (size_t i = 0; i < n; i++) {
        if (strstr(st->keys[i].parts[0].s, "\"subject\":\"alice@hansalim\"") == NULL) {
            st->keys[i].parts[0] = st->unit.parts[0];
            st->keys[i].n_parts = 1;
        }
    }
    assert_true(is_said(w, "alice", CHECK_SIGNATURE, REASON_OTHER_KEY));
}

/* Why a snapshot isn't believed is said as it is: its signature may be genuine. */
static void test_snapshot(void **state)
{
    struct world *w = *state;
    struct statement_record *r = &w->made.st.snapshot;
    const uint32_t first = r->proof[0];
    const struct statement_text act = r->parts[0];
    struct buf altered = BUF_INIT;

    assert_int_equal(stands(w, "log", CHECK_SNAPSHOT), MARK_PROVED);
    r->proof[0] = r->proof[1];
    r->proof[1] = first;
    assert_true(is_said(w, "log", CHECK_SNAPSHOT, REASON_NOT_IN_TREE));
    assert_false(is_said(w, "log", CHECK_SNAPSHOT, REASON_BAD_SIGNATURE));
    r->proof[1] = r->proof[0];
    r->proof[0] = first;
    /* A record of another size, so that the header names another part. */
    buf_put(&altered, act.s, act.len);
    altered.data[strlen("{\"part\":\"act\",\"salt\":\"")] ^= 1;
    r->parts[0].s = altered.data;
    assert_true(is_said(w, "log", CHECK_SNAPSHOT, REASON_PART_NOT_NAMED) ||
                is_said(w, "log", CHECK_SNAPSHOT, REASON_MALFORMED));
    assert_false(is_said(w, "log", CHECK_SNAPSHOT, REASON_BAD_SIGNATURE));
    r->parts[0] = act;
    buf_free(&altered);
}

/* A snapshot whose act the clerk didn't sign. */
static void test_snapshot_by_another(void **state)
{
    struct world *w = *state;
    const char *at = w->of.log[w->want.snapshot].parts[0].data, *why;
    struct forging want = w->want;
    char *payload, *act, *change;
    struct part p;

    assert_int_equal(part_parse(&p, at, strlen(at), &why), 0);
    payload = x_strndup(p.act.payload, p.act.payload_len);
    part_free(&p);
    change = x_strdup(w->of.log[w->want.snapshot].parts[1].data);
    act = forger_act(payload, "log");
    forger_append(&w->of, w->f->ms, (const char *const[]){act, change}, 2);
    forged_free(&w->made);
    want.snapshot++;
    forged_make(&w->made, &w->of, &want);
    assert_true(is_said(w, "log", CHECK_SNAPSHOT, REASON_NOT_IN_FORCE));
    free(payload);
    free(change);
    free(act);
}

/* What it counts, it counts once. */
static void test_leaf_twice(void **state)
{
    struct world *w = *state;
    struct statement *st = &w->made.st;
    const size_t n = st->n_leaves;

    st->leaves = x_realloc(st->leaves, (n + 1) * sizeof(*st->leaves));
    st->leaves[n] = st->leaves[0];
    st->n_leaves = n + 1;
    assert_true(is_said(w, "log", CHECK_SNAPSHOT, REASON_DOUBLE));
    st->n_leaves = n;
    assert_int_equal(stands(w, "log", CHECK_SNAPSHOT), MARK_PROVED);
}

/* A hash stands in the file once, and only if a proof needs it. */
static void test_hashes(void **state)
{
    struct world *w = *state;
    struct statement *st = &w->made.st;
    const size_t n = st->n_hashes;
    const uint32_t place = st->unit.proof[0];

    assert_int_equal(stands(w, "log", CHECK_RECORDS), MARK_PROVED);
    st->hashes = x_realloc(st->hashes, (n + 1) * sizeof(*st->hashes));
    hash_bytes(&st->hashes[n], "x", 1);
    st->n_hashes = n + 1;
    assert_true(is_said(w, "log", CHECK_RECORDS, REASON_NO_PROOF));
    assert_false(is_said(w, "log", CHECK_RECORDS, REASON_DOUBLE));
    st->hashes[n] = st->hashes[place];
    st->unit.proof[0] = (uint32_t)n;
    assert_true(is_said(w, "log", CHECK_RECORDS, REASON_DOUBLE));
    assert_false(is_said(w, "log", CHECK_RECORDS, REASON_NOT_IN_TREE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_log_keys),   TEST(test_no_ledger_shown),
        TEST(test_snapshot),   TEST(test_snapshot_by_another),
        TEST(test_leaf_twice), TEST(test_hashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
