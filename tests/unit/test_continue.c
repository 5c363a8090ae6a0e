/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ledger.continue: who may, when, and what holds on either side of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/continued.h"
#include "core/lineage.h"
#include "core/note.h"
#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define NEXT             FIX_ORIGIN "/2"

/* A note of that origin and key, as JSON's string without the quotes. */
static char *note_json(const char *origin, const char *key, uint64_t size, const struct hash *root)
{
    struct checkpoint c = {.size = size, .root = *root};
    struct buf note = BUF_INIT, json = BUF_INIT;
    struct fix_key by;
    char *out;

    fix_key(&by, key);
    str_copy(c.origin, sizeof(c.origin), origin);
    checkpoint_sign(&note, &c, by.secret);
    buf_puts_json(&json, note.data);
    out = x_strndup(json.data + 1, json.len - 2);
    buf_free(&note);
    buf_free(&json);
    return out;
}

/* What varies from a right one; nothing of it where it is NULL or 0. */
struct turn {
    const char *signers, *origin, *by, *kept_origin, *kept_key;
    int64_t kept_less; /* than three records more than there are */
    bool kept_same;    /* it has the log's own root, and not another one */
    int64_t found;     /* beyond what there is */
    bool other_root;
};
static const char * or (const char *value, const char *right)
{
    return value ? value : right;
}

static const char *turn(struct fix *f, const struct turn *t)
{
    struct hash other, root;
    char b64[45], *note;
    const char *answer;

    hash_bytes(&other, "another", 7);
    tree_root(&f->tree, &root);
    b64_encode(b64, t->other_root ? other.b : root.b, HASH_LEN);
    note = note_json(or (t->kept_origin, FIX_ORIGIN), or (t->kept_key, "log"),
                     (uint64_t)((int64_t)f->n + 3 - t->kept_less), t->kept_same ? &root : &other);
    answer = fix_act(f, or (t->signers, "s1 s2 log"), "ledger.continue", or (t->by, "stewards"),
                     "'origin':'%s','kept':'%s','found':{'size':%lld,'root':'%s'}",
                     or (t->origin, NEXT), note, (long long)((int64_t)f->n + t->found), b64);
    free(note);
    return answer;
}

static void test_who(void **state)
{
    struct fix *f = *state;

    IS(turn(f, &(struct turn){.signers = "s1 log"}), "pending");
    assert_string_equal(fix_needs(f), "stewards steward 1/2");
    IS(turn(f, &(struct turn){.signers = "s1 s2"}), "pending");
    assert_string_equal(fix_needs(f), "ledger log 0/1");
    IS(turn(f, &(struct turn){.signers = "log"}), "pending");
    IS(turn(f, &(struct turn){.signers = "s1 s2 clerk"}), "not-permitted");
    IS(turn(f, &(struct turn){.signers = "s1 s2 log t1"}), "not-permitted");
    IS(turn(f, &(struct turn){.by = "ledger"}), "not-permitted");
    IS(turn(f, &(struct turn){.by = "hansalim"}), "not-permitted");
    IS(turn(f, &(struct turn){0}), "posted");
}

static void test_when(void **state)
{
    struct fix *f = *state;

    IS(turn(f, &(struct turn){.origin = FIX_ORIGIN}), "malformed");
    IS(turn(f, &(struct turn){.origin = FIX_ORIGIN "/3"}), "malformed");
    IS(turn(f, &(struct turn){.origin = "ledger.example/2"}), "malformed");
    IS(turn(f, &(struct turn){.found = 1}), "unknown-record");
    IS(turn(f, &(struct turn){.found = -1}), "unknown-record");
    IS(turn(f, &(struct turn){.other_root = true}), "unknown-record");
    IS(turn(f, &(struct turn){.kept_origin = NEXT}), "malformed");
    IS(turn(f, &(struct turn){.kept_key = "clerk"}), "bad-signature");
    IS(turn(f, &(struct turn){.kept_key = "s1"}), "bad-signature");
    /* Nothing is lost. */
    IS(turn(f, &(struct turn){.kept_less = 4}), "not-permitted");
    IS(turn(f, &(struct turn){.kept_less = 3, .kept_same = true}), "not-permitted");
    /* As many records, and others. */
    IS(turn(f, &(struct turn){.kept_less = 3}), "posted");
}

static void test_bytes(void **state)
{
    static const char *const bad[] = {
        "'origin':'" NEXT "','kept':'x'",
        "'origin':'" NEXT "','kept':'x','found':{'size':9}",
        "'origin':'" NEXT "','kept':'x','found':{'size':0,"
        "'root':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='}",
        "'origin':'" NEXT "','kept':'x','found':{'size':9,"
        "'root':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB='}",
        "'origin':'" NEXT "','kept':'x','found':{'size':9,"
        "'root':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'}",
        "'origin':'" NEXT "','kept':'x','found':{'size':9,"
        "'root':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=','more':1}",
        "'origin':'A','kept':'x','found':{'size':9,"
        "'root':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='}",
        "'origin':'" NEXT "','kept':4,'found':{'size':9,"
        "'root':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='}",
    };
    struct fix *f = *state;
    char *kept = x_calloc(NOTE_MAX + 2, 1), *payload, *longer, *at;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        IS(fix_act(f, "s1 s2 log", "ledger.continue", "stewards", "%s", bad[i]), "malformed");
    memset(kept, 'x', NOTE_MAX + 1);
    payload = fix_payload(f, "ledger.continue", "stewards",
                          "'origin':'" NEXT "','kept':'KEPT','found':{'size':9,"
                          "'root':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='}");
    at = strstr(payload, "KEPT");
    *at = '\0';
    longer = x_asprintf("%s%s%s", payload, kept, at + 4);
    IS(fix_submit(f, longer, "s1 s2 log"), "malformed");
    free(kept);
    free(payload);
    free(longer);
}

/* Whoever acts after it signs for the new id, and all else goes on without a gap. */
static void test_goes_on(void **state)
{
    struct fix *f = *state;
    char *old = x_strdup(state_ledger_id(f->s));
    int64_t seq = state_holder(f->s, "ledger")->subject.seq;
    const struct fix_record *rec;
    struct hash entry;
    char id[LEDGER_ID_MAX + 1];

    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "posted");
    IS(turn(f, &(struct turn){0}), "posted");
    rec = &f->log[f->n - 1];
    assert_int_equal(rec->n, 2); /* the act and a change of the ledger, no book */
    assert_non_null(strstr(rec->parts[1].data, "\"subject\":\"ledger\",\"seq\":2"));
    assert_int_equal(state_holder(f->s, "ledger")->subject.seq, seq + 1);
    hash_bytes(&entry, rec->header.data, rec->header.len);
    ledger_id_text(id, NEXT, &entry);
    assert_string_equal(state_ledger_id(f->s), id);
    assert_string_equal(state_origin(f->s), NEXT);
    f->aud = old;
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "wrong-audience");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "posted");
    assert_int_equal(fix_balance(f, "alice@hansalim/hour"), -120);
    assert_int_equal(fix_seq(f, "alice@hansalim/hour"), 2);
    /* Once more, under the one after that; what was kept is now of the second origin. */
    IS(turn(f, &(struct turn){.origin = FIX_ORIGIN "/3"}), "malformed");
    IS(turn(f, &(struct turn){.origin = NEXT, .kept_origin = NEXT}), "malformed");
    IS(turn(f, &(struct turn){.origin = FIX_ORIGIN "/3", .kept_origin = NEXT}), "posted");
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "posted");
    free(old);
}

/* The same with a log key that was added and one that was revoked. */
static void test_keys(void **state)
{
    struct fix *f = *state;

    IS(fix_act(f, "s1 s2 log2", "key.add", "stewards",
               "'holder':'ledger','role':'log','key':$log2"),
       "posted");
    IS(turn(f, &(struct turn){.signers = "s1 s2 log log2"}), "posted");
    IS(fix_act(f, "s1 s2", "key.revoke", "stewards", "'holder':'ledger','role':'log','kid':'#log'"),
       "posted");
    IS(turn(f, &(struct turn){.origin = FIX_ORIGIN "/3", .kept_origin = NEXT}), "not-permitted");
    IS(turn(
           f,
           &(struct turn){.signers = "s1 s2 log2", .origin = FIX_ORIGIN "/3", .kept_origin = NEXT}),
       "bad-signature"); /* kept by a key that isn't in force */
    IS(turn(f, &(struct turn){.signers = "s1 s2 log2",
                              .origin = FIX_ORIGIN "/3",
                              .kept_origin = NEXT,
                              .kept_key = "log2"}),
       "posted");
}

static void test_next_origin(void **state)
{
    static const char *const next[][2] = {
        {"x", "x/2"},
        {"x/2", "x/3"},
        {"x/9", "x/10"},
        {"a/b/41", "a/b/42"},
        {"x/1", "x/1/2"},
        {"x/0", "x/0/2"},
        {"x/02", "x/02/2"},
        {"x/", "x//2"},
        {"x/2a", "x/2a/2"},
        {"2", "2/2"},
        {"x/-2", "x/-2/2"},
        {"x/2/", "x/2//2"},
        {"x/999999999", "x/1000000000"},
        {"x/1000000000", "x/1000000000/2"},
    };
    char out[ORIGIN_MAX + 1], longest[ORIGIN_MAX + 1];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(next); i++) {
        assert_true(name_next_origin(out, next[i][0]));
        assert_string_equal(out, next[i][1]);
        assert_false(name_origin_follows(next[i][0], next[i][1]));
        assert_false(name_origin_follows(next[i][0], next[i][0]));
    }
    assert_true(name_origin_follows("x/2", "x"));
    assert_true(name_origin_follows("x/7", "x"));
    assert_true(name_origin_follows("x/7", "x/3"));
    assert_false(name_origin_follows("y/2", "x"));
    assert_false(name_origin_follows("xy/2", "x"));
    assert_false(name_origin_follows("x/1", "x"));
    memset(longest, 'a', ORIGIN_MAX);
    longest[ORIGIN_MAX] = '\0';
    assert_false(name_next_origin(out, longest));
    longest[ORIGIN_MAX - 2] = '\0';
    assert_true(name_next_origin(out, longest));
}

/* ---- Following, without a log ---- */

/* What of a record whoever follows is shown: -1 and why. `without`: a part that is left out. */
static int show(struct continued *c, const struct fix *f, size_t index, const char *without,
                const char **why)
{
    const struct fix_record *rec = &f->log[index];
    struct part_list parts = {0};
    int ret;

    for (size_t i = 0; i < rec->n; i++) {
        const char *text = rec->parts[i].data;
        /* The act, which is the first one, and these changes. */
        bool shown = i == 0 || strstr(text, "\"subject\":\"ledger\"") ||
                     strstr(text, "\"subject\":\"stewards\"");

        if (shown && !(without && strstr(text, without)))
            part_list_add(&parts, text, rec->parts[i].len);
    }
    ret = continued_take(c, rec->header.data, rec->header.len, parts.text, parts.len, parts.n, why);
    part_list_free(&parts);
    return ret;
}

/* The records that changed the ledger or its stewards: record 0, a steward's key, two losses. */
static size_t lose_twice(struct fix *f, size_t shown[4])
{
    size_t n = 0;

    shown[n++] = 0;
    IS(turn(f, &(struct turn){0}), "posted");
    shown[n++] = f->n - 1;
    IS(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 60), "posted");
    IS(turn(f, &(struct turn){.origin = FIX_ORIGIN "/3", .kept_origin = NEXT}), "posted");
    shown[n++] = f->n - 1;
    return n;
}

static void test_following(void **state)
{
    struct fix *f = *state;
    char *first = x_strdup(state_ledger_id(f->s)), *second;
    struct continued *c = continued_new();
    const struct lineage *ids = continued_ids(c);
    const char *why;
    size_t shown[4];
    size_t n = lose_twice(f, shown);

    for (size_t i = 0; i < n; i++)
        if (show(c, f, shown[i], NULL, &why) != 0)
            fail_msg("record %zu: %s", shown[i], why);
    assert_int_equal(ids->n, 3);
    assert_string_equal(ids->ids[0].id, first);
    assert_string_equal(lineage_last(ids), state_ledger_id(f->s));
    second = x_strdup(ids->ids[1].id);
    assert_true(lineage_has(ids, second));
    assert_int_equal(ids->ids[1].kept.size, shown[1] + 3);
    /* Each act names the id that was before its record. */
    assert_string_equal(lineage_at(ids, (int64_t)shown[1]), first);
    assert_string_equal(lineage_at(ids, (int64_t)shown[1] + 1), second);
    assert_string_equal(lineage_at(ids, (int64_t)shown[2]), second);
    assert_string_equal(lineage_at(ids, (int64_t)shown[2] + 1), lineage_last(ids));
    assert_string_equal(lineage_at(ids, 0), "");
    /* What was taken can't be taken again. */
    assert_int_equal(show(c, f, shown[1], NULL, &why), -1);
    continued_free(c);

    /* Not from the middle, and nothing left out. */
    c = continued_new();
    assert_int_equal(show(c, f, shown[1], NULL, &why), -1);
    continued_free(c);
    c = continued_new();
    assert_int_equal(show(c, f, 0, NULL, &why), 0);
    assert_int_equal(show(c, f, shown[2], NULL, &why), -1);
    continued_free(c);
    c = continued_new();
    assert_int_equal(show(c, f, 0, "\"subject\":\"stewards\"", &why), 0);
    assert_int_equal(show(c, f, shown[1], NULL, &why), -1); /* nobody is known to be a steward */
    continued_free(c);
    free(first);
    free(second);
}

/* Whoever shows a record chooses its parts: the act of record 0 begins the ids but once. */
static void test_following_an_act_twice(void **state)
{
    struct fix *f = *state;
    const struct fix_record *rec = &f->log[0];
    const char *parts[] = {rec->parts[0].data, rec->parts[0].data}, *why;
    const size_t lens[] = {rec->parts[0].len, rec->parts[0].len};
    struct continued *c = continued_new();

    assert_int_equal(
        continued_take(c, rec->header.data, rec->header.len, parts, lens, ARRAY_LEN(parts), &why),
        -1);
    continued_free(c);
}

/* A part that isn't the header's, and a signature that isn't right. */
static void test_following_a_lie(void **state)
{
    struct fix *f = *state;
    struct continued *c;
    const char *why;
    size_t shown[4];
    struct buf *act;
    char *at, was;

    (void)lose_twice(f, shown);
    act = &f->log[shown[1]].parts[0];
    at = strstr(act->data, "\"signature\":\"") + 14;
    was = *at;
    *at = was == 'A' ? 'B' : 'A';
    c = continued_new();
    assert_int_equal(show(c, f, 0, NULL, &why), 0);
    assert_int_equal(show(c, f, shown[1], NULL, &why), -1);
    assert_string_equal(why, "a part isn't one that its header names");
    continued_free(c);
    *at = was; /* the log is replayed at the end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_when, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_bytes, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_goes_on, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_keys, fix_setup, fix_teardown),
        cmocka_unit_test(test_next_origin),
        cmocka_unit_test_setup_teardown(test_following, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_following_an_act_twice, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_following_a_lie, fix_setup, fix_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
