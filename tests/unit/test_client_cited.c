/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A record that an act names is believed only as far as the log proves it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro called fail. */
#include "client/cited.h"
#include "core/note.h"
#include "fixture.h"

#include <cmocka.h>

static struct profile profile;
static char id[ORIGIN_MAX + 1 + HASH_B64U_LEN + 1];
static struct fix_key log_key;

/* The founded ledger with one payment more, alice's to bob: that is the last record. */
static int set_up(void **state)
{
    struct fix *f = fix_new();

    fix_found(f);
    assert_string_equal(fix_pay(f, "alice", "alice@hansalim", "bob@hansalim", 90), "posted");
    fix_key(&log_key, "log");
    str_copy(id, sizeof(id), state_ledger_id(f->s));
    profile = (struct profile){.ledger_id = id, .log_key = log_key.key};
    str_copy(profile.origin, sizeof(profile.origin), FIX_ORIGIN);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fix_free(*state);
    return 0;
}

/* What the ledger answers about record i: header and parts as they are stored. */
static json_t *record_of(const struct fix *f, size_t i)
{
    json_t *parts = json_array();

    for (size_t k = 0; k < f->log[i].n; k++)
        json_array_append_new(parts, json_string(f->log[i].parts[k].data));
    return json_pack("{s:I, s:s, s:o, s:{}}", "index", (json_int_t)i, "header",
                     f->log[i].header.data, "parts", parts, "texts");
}

/* And its proof under a checkpoint of all records by `key`. */
static json_t *proof_of(const struct fix *f, size_t i, const struct fix_key *key)
{
    struct hash hashes[TREE_PROOF_MAX], entry, leaf;
    struct checkpoint c = {.origin = FIX_ORIGIN, .size = f->n};
    struct buf note = BUF_INIT, proof = BUF_INIT;
    struct tree t;
    json_t *json;
    int n;

    tree_init(&t);
    for (size_t k = 0; k < f->n; k++) {
        hash_bytes(&entry, f->log[k].header.data, f->log[k].header.len);
        tree_leaf_hash(&leaf, entry.b, HASH_LEN);
        tree_append(&t, &leaf);
    }
    tree_root(&t, &c.root);
    n = tree_inclusion(tree_get, &t, i, f->n, hashes);
    assert_true(n >= 0);
    checkpoint_sign(&note, &c, key->secret);
    proof_put(&proof, i, hashes, (size_t)n, note.data, note.len);
    json = json_pack("{s:s}", "proof", proof.data);
    buf_free(&note);
    buf_free(&proof);
    tree_free(&t);
    return json;
}

/* Why it isn't believed as record `index`; NULL when it is. */
static const char *said(json_t *record, json_t *proof, size_t index)
{
    struct cited r;
    const char *why = NULL;

    if (cited_verify(&profile, record, proof, (int64_t)index, &r, &why) == 0) {
        why = NULL;
        cited_free(&r);
    }
    json_decref(record);
    json_decref(proof);
    return why;
}

static void a_true_record_is_taken_apart(void **state)
{
    const struct fix *f = *state;
    size_t last = f->n - 1;
    json_t *record = record_of(f, last), *proof = proof_of(f, last, &log_key);
    struct render_named named;
    struct cited r;
    const char *why;

    assert_int_equal(cited_verify(&profile, record, proof, (int64_t)last, &r, &why), 0);
    assert_int_equal(r.index, last);
    assert_int_equal(r.w.act.type, ACT_TRANSFER);
    assert_string_equal(r.w.act.u.transfer.to, "bob@hansalim");
    assert_int_equal(r.w.act.u.transfer.amount, 90);
    assert_true(hash_eq(&r.w.act.payload_hash, &f->last_payload));
    named = cited_named(&r);
    assert_ptr_equal(named.act, &r.w.act);
    assert_int_equal(named.index, last);
    assert_string_equal(named.time, r.time);
    cited_free(&r);
    json_decref(record);
    json_decref(proof);
}

static void another_record_is_not_believed(void **state)
{
    const struct fix *f = *state;
    size_t last = f->n - 1;

    assert_string_equal(said(record_of(f, last - 1), proof_of(f, last - 1, &log_key), last),
                        "it is another record");
    assert_string_equal(said(record_of(f, last), proof_of(f, last - 1, &log_key), last),
                        "its proof is for another index");
}

/* The ledger shows an act that isn't the one posted, with everything else in order. */
static void a_swapped_act_is_not_believed(void **state)
{
    const struct fix *f = *state;
    size_t last = f->n - 1;
    json_t *record = record_of(f, last), *other = record_of(f, last - 1);

    json_array_set(json_object_get(record, "parts"), 0,
                   json_array_get(json_object_get(other, "parts"), 0));
    json_decref(other);
    assert_string_equal(said(record, proof_of(f, last, &log_key), last),
                        "its act isn't the one in its header");
    record = record_of(f, last);
    json_object_set_new(record, "parts", json_array());
    assert_string_equal(said(record, proof_of(f, last, &log_key), last),
                        "its act isn't the one in its header");
    /* A posting is a part of the record as well, and no act. */
    record = record_of(f, last);
    json_array_remove(json_object_get(record, "parts"), 0);
    assert_string_equal(said(record, proof_of(f, last, &log_key), last),
                        "its act isn't the one in its header");
}

/* The header goes with another act's part, but then it isn't the one in the tree. */
static void a_made_up_header_is_not_believed(void **state)
{
    const struct fix *f = *state;
    size_t last = f->n - 1;
    json_t *record = record_of(f, last);
    char *header = x_strdup(f->log[last].header.data),
         *digit = strstr(header, "\"parts\":[\"") + 10;

    *digit = *digit == 'A' ? 'B' : 'A';
    json_object_set_new(record, "header", json_string(header));
    free(header);
    assert_string_equal(said(record, proof_of(f, last, &log_key), last),
                        "the record isn't in the tree that the ledger signed");
}

static void another_key_or_ledger_is_not_believed(void **state)
{
    const struct fix *f = *state;
    size_t last = f->n - 1;
    struct fix_key other;

    fix_key(&other, "other");
    assert_non_null(said(record_of(f, last), proof_of(f, last, &other), last));
    assert_non_null(said(record_of(f, last), json_object(), last));
    id[strlen(id) - 1] ^= 1;
    assert_string_equal(said(record_of(f, last), proof_of(f, last, &log_key), last),
                        "its act is for another ledger");
    id[strlen(id) - 1] ^= 1;
    assert_null(said(record_of(f, last), proof_of(f, last, &log_key), last));
}

static void an_index_is_a_number(void **state)
{
    int64_t n = -1;

    assert_int_equal(cited_index("12", &n), PUMASI_OK);
    assert_int_equal(n, 12);
    assert_int_equal(cited_index("0", &n), PUMASI_OK);
    assert_int_equal(cited_index("-1", &n), PUMASI_USAGE);
    assert_int_equal(cited_index("012", &n), PUMASI_USAGE);
    assert_int_equal(cited_index("12x", &n), PUMASI_USAGE);
    assert_int_equal(cited_index("", &n), PUMASI_USAGE);
    assert_int_equal(cited_index("99999999999999999999", &n), PUMASI_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_true_record_is_taken_apart),
        cmocka_unit_test(another_record_is_not_believed),
        cmocka_unit_test(a_swapped_act_is_not_believed),
        cmocka_unit_test(a_made_up_header_is_not_believed),
        cmocka_unit_test(another_key_or_ledger_is_not_believed),
        cmocka_unit_test(an_index_is_a_number),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
