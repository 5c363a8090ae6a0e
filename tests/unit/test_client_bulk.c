/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers to many acts at once: cut into lines, and their receipts verified. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro called fail. */
#include "client/bulk.h"
#include "core/date.h"
#include "fixture.h"

#include <cmocka.h>

static bool splits(const char *text, size_t n, const char **starts, long *statuses, char **owned)
{
    free(*owned);
    *owned = x_strdup(text);
    return bulk_split(*owned, strlen(*owned), n, starts, statuses);
}

static void test_split(void **state)
{
    const char *starts[3];
    long statuses[3];
    char *text = NULL;

    assert_true(splits("{\"line\":1,\"status\":201,\"receipt\":{}}\n"
                       "{\"status\":422,\"problem\":{},\"line\":2}\n",
                       2, starts, statuses, &text));
    assert_int_equal(statuses[0], 201);
    assert_int_equal(statuses[1], 422);
    assert_string_equal(starts[1], "{\"status\":422,\"problem\":{},\"line\":2}");
    /* Cut off, too many, out of order, no outcome: the body must be sent again. */
    assert_false(
        splits("{\"line\":1,\"status\":201,\"receipt\":{}}\n", 2, starts, statuses, &text));
    assert_false(splits("{\"line\":1,\"status\":201}\n{\"line\":2,\"status\":201}\n", 1, starts,
                        statuses, &text));
    assert_false(splits("{\"line\":2,\"status\":201}\n{\"line\":1,\"status\":201}\n", 2, starts,
                        statuses, &text));
    assert_false(splits("{\"line\":1,\"status\":201}\n{\"line\":2,\"status\":503}\n", 2, starts,
                        statuses, &text));
    assert_false(splits("{\"line\":1,\"sta", 1, starts, statuses, &text));
    assert_false(splits("\n", 1, starts, statuses, &text));
    assert_false(splits("", 1, starts, statuses, &text));
    free(text);
}

/* The receipt of record i of a log, under a checkpoint over all of it. */
static json_t *receipt_of(const struct fix *f, size_t i, const char *jti, size_t size,
                          const struct fix_key *log_key)
{
    struct tree t;
    struct hash hashes[TREE_PROOF_MAX], entry, leaf;
    struct checkpoint c = {.origin = FIX_ORIGIN, .size = size};
    struct buf note = BUF_INIT, proof = BUF_INIT;
    struct record_header h;
    char time[TIME_LEN + 1];
    const char *why;
    json_t *json;
    int n;

    tree_init(&t);
    for (size_t k = 0; k < size; k++) {
        hash_bytes(&entry, f->log[k].header.data, f->log[k].header.len);
        tree_leaf_hash(&leaf, entry.b, HASH_LEN);
        tree_append(&t, &leaf);
    }
    tree_root(&t, &c.root);
    n = tree_inclusion(tree_get, &t, i, size, hashes);
    assert_true(n >= 0);
    checkpoint_sign(&note, &c, log_key->secret);
    proof_put(&proof, i, hashes, (size_t)n, note.data, note.len);
    assert_int_equal(record_header_peek(&h, f->log[i].header.data, f->log[i].header.len, &why), 0);
    time_text(time, h.ms);
    json = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "index", (json_int_t)i, "time", time, "by",
                     "kenya", "jti", jti, "header", f->log[i].header.data, "proof", proof.data);
    buf_free(&note);
    buf_free(&proof);
    tree_free(&t);
    return json;
}

/* What bulk_verify says of a receipt that one member was changed in; NULL for "yes". */
static const char *said(struct bulk_proofs *p, json_t *receipt, const char *member, json_t *value)
{
    struct receipt out;
    const char *why = NULL;

    if (member != NULL)
        json_object_set_new(receipt, member, value);
    if (bulk_verify(p, &out, receipt, "kenya", "the-jti", &why) == 0)
        why = NULL;
    json_decref(receipt);
    return why;
}

static void test_verify(void **state)
{
    struct fix *f = fix_new();
    struct fix_key log_key, other;
    struct bulk_proofs p = {.origin = FIX_ORIGIN, .log_key = &log_key.key};
    char *held, *digit;
    json_t *one, *two;

    fix_found(f);
    fix_key(&log_key, "log");
    fix_key(&other, "other");
    assert_true(f->n > 8);
    assert_null(said(&p, receipt_of(f, 3, "the-jti", 8, &log_key), NULL, NULL));
    held = p.note;
    /* Under the same checkpoint the note isn't opened again, and all else is looked at as closely.
     */
    assert_null(said(&p, receipt_of(f, 7, "the-jti", 8, &log_key), NULL, NULL));
    assert_ptr_equal(p.note, held);
    assert_string_equal(said(&p, receipt_of(f, 7, "another", 8, &log_key), NULL, NULL),
                        "it is for another act");
    assert_string_equal(
        said(&p, receipt_of(f, 7, "the-jti", 8, &log_key), "by", json_string("sora")),
        "it is for another act");
    assert_string_equal(
        said(&p, receipt_of(f, 7, "the-jti", 8, &log_key), "index", json_integer(6)),
        "its header has another index");
    assert_string_equal(
        said(&p, receipt_of(f, 7, "the-jti", 8, &log_key), "time", json_string("2026-11-22")),
        "its header has another time");
    assert_non_null(
        said(&p, receipt_of(f, 7, "the-jti", 8, &log_key), "header", json_string("{}")));
    assert_non_null(said(&p, receipt_of(f, 7, "the-jti", 8, &log_key), "proof", json_string("")));
    /* The proof of another record. */
    one = receipt_of(f, 7, "the-jti", 8, &log_key);
    two = receipt_of(f, 6, "the-jti", 8, &log_key);
    assert_string_equal(said(&p, one, "proof", json_incref(json_object_get(two, "proof"))),
                        "its proof is for another index");
    json_decref(two);
    /* A record that isn't in the tree: another header of the same index. */
    one = receipt_of(f, 7, "the-jti", 8, &log_key);
    held = x_strdup(f->log[7].header.data);
    digit = strstr(held, "\"parts\":[\"") + 10;
    *digit = *digit == 'A' ? 'B' : 'A';
    assert_string_equal(said(&p, one, "header", json_string(held)),
                        "the record isn't in the tree that the ledger signed");
    free(held);
    /* Another key; the right one once more; and the same size with another root. */
    assert_non_null(said(&p, receipt_of(f, 7, "the-jti", 9, &other), NULL, NULL));
    assert_null(said(&p, receipt_of(f, 7, "the-jti", 9, &log_key), NULL, NULL));
    str_copy(f->log[8].header.data, f->log[8].header.len, "another record");
    f->log[8].header.len = strlen("another record");
    assert_string_equal(said(&p, receipt_of(f, 7, "the-jti", 9, &log_key), NULL, NULL),
                        "it shows another history than an earlier receipt did");
    bulk_proofs_free(&p);
    fix_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_verify),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
