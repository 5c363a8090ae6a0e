/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* snapshot: who records it and when, and the leaves that it is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/snapshot.h"
#include "fixture.h"

#define IS(call, answer) assert_string_equal(call, answer)
#define HASH_A           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define DAY              INT64_C(86400000)

#define SNAPSHOT(f, signers, by, size) \
    fix_act(f, signers, "snapshot", by, "'size':%zu,'count':7,'root':'" HASH_A "'", (size_t)(size))

static void test_who(void **state)
{
    struct fix *f = *state;

    IS(SNAPSHOT(f, "log", "ledger", f->n), "not-permitted");
    IS(SNAPSHOT(f, "s1 s2", "stewards", f->n), "not-permitted");
    IS(SNAPSHOT(f, "alice", "alice@hansalim", f->n), "not-permitted");
    IS(SNAPSHOT(f, "clerk log", "ledger", f->n), "not-permitted");
    IS(SNAPSHOT(f, "clerk", "ledger", f->n), "posted");
}

static void test_once_a_day(void **state)
{
    struct fix *f = *state;
    const struct fix_record *rec;

    IS(SNAPSHOT(f, "clerk", "ledger", f->n + 1), "unknown-record");
    IS(SNAPSHOT(f, "clerk", "ledger", 0), "malformed");
    IS(SNAPSHOT(f, "clerk", "ledger", f->n - 2), "posted");
    rec = &f->log[f->n - 1];
    assert_int_equal(rec->n, 2); /* the act and a change, no book */
    assert_non_null(strstr(rec->parts[1].data,
                           "\"subject\":\"snapshot:ledger\",\"seq\":1,\"state\":{\"size\":"));
    IS(SNAPSHOT(f, "clerk", "ledger", f->n), "already-exists");
    f->ms += DAY;
    IS(SNAPSHOT(f, "clerk", "ledger", f->n - 3), "already-exists"); /* of as many records */
    IS(SNAPSHOT(f, "clerk", "ledger", f->n), "posted");
    assert_int_equal(state_snapshot(f->s)->subject.seq, 2);
    /* The day is that of the ledger's zone. */
    f->today_plus = 1;
    IS(SNAPSHOT(f, "clerk", "ledger", f->n), "posted");
    IS(SNAPSHOT(f, "clerk", "ledger", f->n), "already-exists");
    f->today_plus = 0;
    assert_int_equal(state_snapshot(f->s)->subject.seq, 3);
}

static void check_leaf(const struct leaf *l, int64_t size, const char *text)
{
    struct leaf again;
    struct hash a, b;
    struct buf out = BUF_INIT;
    int64_t of = 0;

    leaf_put(&out, l, size);
    assert_string_equal(out.data, text);
    assert_int_equal(leaf_parse(&again, &of, text, strlen(text)), 0);
    assert_int_equal(of, size);
    leaf_hash(&a, l, size);
    leaf_hash(&b, &again, size);
    assert_true(hash_eq(&a, &b));
    tree_leaf_hash(&b, text, strlen(text));
    assert_true(hash_eq(&a, &b));
    buf_free(&out);
}

/* These bytes are for ever: a path in somebody's statement leads to their hash. */
static void test_leaves(void **state)
{
    struct leaf l = {.kind = LEAF_ACCOUNT, .balance = -75, .seq = 2, .index = 7};

    (void)state;
    str_copy(l.name, sizeof(l.name), "alice@hansalim/hour");
    memset(l.salt, 0xab, sizeof(l.salt));
    check_leaf(&l, 9,
               "{\"leaf\":\"account\",\"name\":\"alice@hansalim/hour\",\"size\":9,\"balance\":-75,"
               "\"seq\":2,\"index\":7,\"salt\":\"q6urq6urq6urq6urq6urqw\"}");
    l.kind = LEAF_SUBJECT;
    str_copy(l.name, sizeof(l.name), "limits:alice@hansalim/hour");
    check_leaf(&l, 9,
               "{\"leaf\":\"subject\",\"name\":\"limits:alice@hansalim/hour\",\"size\":9,"
               "\"seq\":2,\"index\":7,\"salt\":\"q6urq6urq6urq6urq6urqw\"}");
    l.kind = LEAF_BOOK;
    str_copy(l.name, sizeof(l.name), "hansalim");
    check_leaf(&l, 9,
               "{\"leaf\":\"book\",\"name\":\"hansalim\",\"size\":9,\"seq\":2,\"index\":7,"
               "\"salt\":\"q6urq6urq6urq6urq6urqw\"}");
}

static void test_bad_leaves(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{\"leaf\":\"page\",\"name\":\"hansalim\",\"size\":9,\"seq\":2,\"index\":7,\"salt\":"
        "\"q6urq6urq6urq6urq6urqw\"}",
        "{\"leaf\":\"book\",\"name\":\"\",\"size\":9,\"seq\":2,\"index\":7,\"salt\":"
        "\"q6urq6urq6urq6urq6urqw\"}",
        "{\"leaf\":\"book\",\"name\":\"a b\",\"size\":9,\"seq\":2,\"index\":7,\"salt\":"
        "\"q6urq6urq6urq6urq6urqw\"}",
        "{\"leaf\":\"book\",\"name\":\"hansalim\",\"size\":9,\"seq\":0,\"index\":7,\"salt\":"
        "\"q6urq6urq6urq6urq6urqw\"}",
        "{\"leaf\":\"book\",\"name\":\"hansalim\",\"size\":9,\"balance\":1,\"seq\":2,\"index\":7,"
        "\"salt\":\"q6urq6urq6urq6urq6urqw\"}",
        "{\"leaf\":\"account\",\"name\":\"a@hansalim/hour\",\"size\":9,\"seq\":2,\"index\":7,"
        "\"salt\":\"q6urq6urq6urq6urq6urqw\"}",
        "{\"leaf\":\"book\",\"name\":\"hansalim\",\"size\":9,\"seq\":2,\"index\":7,"
        "\"salt\":\"q6\"}",
        "{\"leaf\":\"book\", \"name\":\"hansalim\",\"size\":9,\"seq\":2,\"index\":7,\"salt\":"
        "\"q6urq6urq6urq6urq6urqw\"}",
        "{\"name\":\"hansalim\",\"leaf\":\"book\",\"size\":9,\"seq\":2,\"index\":7,\"salt\":"
        "\"q6urq6urq6urq6urq6urqw\"}",
    };
    struct leaf l;
    int64_t size;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(leaf_parse(&l, &size, bad[i], strlen(bad[i])), -1);
}

/* The salt of each part of a real record, and of nothing else. */
static void test_salts(void **state)
{
    struct fix *f = *state;
    const struct fix_record *rec;
    struct buf lines = BUF_INIT;
    struct leaf l = {.kind = LEAF_ACCOUNT};
    static const struct {
        enum leaf_kind kind;
        const char *name;
        size_t part;
    } there[] = {
        {LEAF_ACCOUNT, "alice@hansalim/hour", 1},
        {LEAF_ACCOUNT, "bob@hansalim/hour", 2},
        {LEAF_BOOK, "hansalim", 3},
    };

    IS(fix_act(f, "alice", "transfer", "alice@hansalim",
               "'from':'alice@hansalim','to':'bob@hansalim','unit':'hour','amount':5"),
       "posted");
    rec = &f->log[f->n - 1];
    for (size_t i = 0; i < rec->n; i++) {
        buf_put(&lines, rec->parts[i].data, rec->parts[i].len);
        buf_puts(&lines, i + 1 < rec->n ? "\n" : "");
    }
    for (size_t i = 0; i < ARRAY_LEN(there); i++) {
        struct part part;
        const char *why;

        l.kind = there[i].kind;
        str_copy(l.name, sizeof(l.name), there[i].name);
        assert_int_equal(leaf_take_salt(&l, lines.data, lines.len), 0);
        assert_int_equal(
            part_parse(&part, rec->parts[there[i].part].data, rec->parts[there[i].part].len, &why),
            0);
        assert_memory_equal(l.salt, part.salt, sizeof(l.salt));
        part_free(&part);
        l.name[strlen(l.name) - 1] = '\0';
        assert_int_equal(leaf_take_salt(&l, lines.data, lines.len), -1);
        assert_int_equal(leaf_take_salt(&l, lines.data, 0), -1);
    }
    l.kind = LEAF_SUBJECT;
    str_copy(l.name, sizeof(l.name), "hansalim");
    assert_int_equal(leaf_take_salt(&l, lines.data, lines.len), -1);
    buf_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who, fix_setup, fix_teardown),
        cmocka_unit_test_setup_teardown(test_once_a_day, fix_setup, fix_teardown),
        cmocka_unit_test(test_leaves),
        cmocka_unit_test(test_bad_leaves),
        cmocka_unit_test_setup_teardown(test_salts, fix_setup, fix_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
