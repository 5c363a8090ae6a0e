/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/strict.h"
#include "core/value.h"
#include "core/witness.h"

#define ORIGIN "seoul.example/ledger"
#define LEAVES 40

/* Two histories that part after the first 20 leaves. */
static struct tree tree[2];
static struct hash roots[2][LEAVES + 1];
static struct key key, next_key, other_key;
static uint8_t secret[KEY_SECRET_LEN], next_secret[KEY_SECRET_LEN], other_secret[KEY_SECRET_LEN];

static int setup(void **state)
{
    uint8_t seed[crypto_sign_SEEDBYTES] = {1};

    (void)state;
    (void)crypto_sign_seed_keypair(key.x, secret, seed);
    seed[0] = 2;
    (void)crypto_sign_seed_keypair(next_key.x, next_secret, seed);
    seed[0] = 3;
    (void)crypto_sign_seed_keypair(other_key.x, other_secret, seed);
    for (int h = 0; h < 2; h++) {
        tree_init(&tree[h]);
        tree_root(&tree[h], &roots[h][0]);
        for (unsigned i = 0; i < LEAVES; i++) {
            uint8_t entry = (uint8_t)(i < 20 ? i : i + 100 * (unsigned)h);
            struct hash leaf;

            tree_leaf_hash(&leaf, &entry, 1);
            tree_append(&tree[h], &leaf);
            tree_root(&tree[h], &roots[h][i + 1]);
        }
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tree_free(&tree[0]);
    tree_free(&tree[1]);
    return 0;
}

static struct checkpoint checkpoint(int h, uint64_t size)
{
    struct checkpoint c = {.origin = ORIGIN, .size = size, .root = roots[h][size]};

    return c;
}

static struct witness_log follows(uint64_t size)
{
    struct witness_log log = {.origin = ORIGIN, .n_keys = 1, .keys = {key}};

    log.seen = size > 0;
    if (log.seen) {
        log.latest = checkpoint(0, size);
    }
    return log;
}

/* What is asked: `old`, a proof in history h from `from` to size, the checkpoint signed by `with`.
 */
struct ask {
    uint64_t old, from, size;
    int h;
    const uint8_t *with;
};

static struct witness_decision judge(const struct witness_log *log, struct ask ask)
{
    struct checkpoint c = checkpoint(ask.h, ask.size);
    struct buf note = BUF_INIT, b = BUF_INIT;
    struct hash hashes[TREE_PROOF_MAX];
    struct witness_request request;
    struct witness_decision d;
    const char *why;
    int n = tree_consistency(tree_get, &tree[ask.h], ask.from, ask.size, hashes);

    /* What one makes of the tiles is the same, and has more to show where it is a fork. */
    if (ask.old == ask.from && log->seen && log->latest.size == ask.old && ask.old < ask.size) {
        n = tree_prefix(tree_get, &tree[ask.h], ask.old, ask.size, &log->latest.root, hashes);
    }

    assert_true(n >= 0);
    checkpoint_sign(&note, &c, ask.with == NULL ? secret : ask.with);
    witness_request_put(&b, ask.old, hashes, (size_t)n, note.data, note.len);
    assert_int_equal(witness_request_parse(&request, b.data, b.len, &why), 0);
    assert_int_equal(request.old, ask.old);
    assert_int_equal(request.n, n);
    witness_decide(&d, log, 1, &request);
    assert_int_equal(d.verdict == WITNESS_COSIGN, d.why == NULL);
    buf_free(&b);
    buf_free(&note);
    return d;
}

static enum witness_verdict verdict(const struct witness_log *log, struct ask ask)
{
    struct witness_decision d = judge(log, ask);

    assert_false(d.fork);
    return d.verdict;
}

static void test_grows(void **state)
{
    struct witness_log log = follows(0);

    (void)state;
    assert_int_equal(verdict(&log, (struct ask){0, 0, 7, 0, NULL}), WITNESS_COSIGN);
    for (uint64_t old = 1; old <= LEAVES; old++) {
        log = follows(old);
        for (uint64_t size = old; size <= LEAVES; size++) {
            struct witness_decision d = judge(&log, (struct ask){old, old, size, 0, NULL});

            assert_int_equal(d.verdict, WITNESS_COSIGN);
            assert_int_equal(d.checkpoint.size, size);
        }
    }
    assert_int_equal(witness_status(WITNESS_COSIGN), 200);
}

static void test_refused(void **state)
{
    struct witness_log log = follows(12), fresh = follows(0);
    struct witness_log foreign = log;

    (void)state;
    str_copy(foreign.origin, sizeof(foreign.origin), "busan.example/ledger");
    assert_int_equal(verdict(&foreign, (struct ask){12, 12, 15, 0, NULL}), WITNESS_UNKNOWN);
    assert_int_equal(verdict(&log, (struct ask){12, 12, 15, 0, other_secret}), WITNESS_UNSIGNED);
    /* Not signed is said before what an unsigned text claims. */
    assert_int_equal(verdict(&log, (struct ask){30, 0, 15, 0, other_secret}), WITNESS_UNSIGNED);
    assert_int_equal(verdict(&log, (struct ask){16, 0, 15, 0, NULL}), WITNESS_MALFORMED);
    assert_int_equal(verdict(&log, (struct ask){11, 11, 15, 0, NULL}), WITNESS_STALE);
    assert_int_equal(verdict(&log, (struct ask){0, 0, 15, 0, NULL}), WITNESS_STALE);
    assert_int_equal(verdict(&log, (struct ask){11, 11, 11, 0, NULL}), WITNESS_STALE);
    assert_int_equal(verdict(&fresh, (struct ask){5, 5, 15, 0, NULL}), WITNESS_STALE);
    assert_int_equal(verdict(&log, (struct ask){12, 11, 15, 0, NULL}), WITNESS_UNPROVED);
    assert_int_equal(verdict(&log, (struct ask){12, 0, 15, 0, NULL}), WITNESS_UNPROVED);
    assert_int_equal(verdict(&fresh, (struct ask){0, 3, 15, 0, NULL}), WITNESS_UNPROVED);
    assert_int_equal(verdict(&log, (struct ask){12, 11, 12, 0, NULL}), WITNESS_UNPROVED);
    assert_int_equal(witness_status(WITNESS_MALFORMED), 400);
    assert_int_equal(witness_status(WITNESS_UNSIGNED), 403);
    assert_int_equal(witness_status(WITNESS_UNKNOWN), 404);
    assert_int_equal(witness_status(WITNESS_STALE), 409);
    assert_int_equal(witness_status(WITNESS_OTHER), 409);
    assert_int_equal(witness_status(WITNESS_UNPROVED), 422);
}

static void test_forks(void **state)
{
    struct witness_log log = follows(25);
    struct witness_decision d;

    (void)state;
    /* Two roots at one size, whatever `old` is said to be. */
    d = judge(&log, (struct ask){25, 25, 25, 1, NULL});
    assert_true(d.fork && d.verdict == WITNESS_OTHER);
    d = judge(&log, (struct ask){20, 20, 25, 1, NULL});
    assert_true(d.fork && d.verdict == WITNESS_STALE);
    /* The other history's own proof shows its own root of the first 25. */
    for (uint64_t size = 26; size <= LEAVES; size++) {
        d = judge(&log, (struct ask){25, 25, size, 1, NULL});
        assert_int_equal(d.verdict, WITNESS_UNPROVED);
        assert_true(d.fork);
        /* A stranger's bad proof of the right checkpoint shows nothing. */
        d = judge(&log, (struct ask){25, 24, size, 0, NULL});
        assert_int_equal(d.verdict, WITNESS_UNPROVED);
        assert_false(d.fork);
    }
    /* Up to where they part both are one. */
    log = follows(20);
    assert_int_equal(verdict(&log, (struct ask){20, 20, 30, 1, NULL}), WITNESS_COSIGN);
    /* From a power of two the proof begins with the remembered root and leaves it out, where it
     * isn't another one. */
    log = follows(32);
    d = judge(&log, (struct ask){32, 32, 40, 1, NULL});
    assert_int_equal(d.verdict, WITNESS_UNPROVED);
    assert_true(d.fork);
}

/* A log that is as it should be, and whoever changes what is shown of it: hash by hash, bit by bit,
 * some left out, some of another log. None makes a fork of it. */
static void test_no_false_fork(void **state)
{
    struct hash proof[TREE_PROOF_MAX], bad[TREE_PROOF_MAX + 1];

    (void)state;
    for (uint64_t old = 1; old < LEAVES; old++) {
        for (uint64_t size = old + 1; size <= LEAVES; size++) {
            const struct hash *was = &roots[1][old], *now = &roots[1][size];
            int n = tree_prefix(tree_get, &tree[1], old, size, was, proof);

            assert_true(tree_check_consistency(old, size, was, now, proof, (size_t)n));
            assert_false(tree_shows_fork(old, size, was, now, proof, (size_t)n));
            for (int i = 0; i < n; i++) {
                memcpy(bad, proof, sizeof(proof));
                bad[i].b[size % HASH_LEN] ^= (uint8_t)(1U << old % 8);
                assert_false(tree_shows_fork(old, size, was, now, bad, (size_t)n));
                assert_false(tree_shows_fork(old, size, was, now, proof, (size_t)i));
            }
            bad[0] = roots[0][old];
            memcpy(bad + 1, proof, (size_t)n * sizeof(proof[0]));
            assert_false(tree_shows_fork(old, size, was, now, bad, (size_t)n + 1));
            /* All of another log's, whose checkpoint this one is not. */
            n = tree_prefix(tree_get, &tree[0], old, size, was, bad);
            if (size > 20) {
                assert_false(tree_shows_fork(old, size, was, now, bad, (size_t)n));
            }
            /* And who did sign both is convicted, at every size. */
            if (old > 20) {
                assert_true(tree_shows_fork(old, size, was, &roots[0][size], bad, (size_t)n));
            }
        }
    }
}

/* While a log key is changed, either of both will do. */
static void test_two_keys(void **state)
{
    struct witness_log log = follows(12);

    (void)state;
    assert_int_equal(verdict(&log, (struct ask){12, 12, 15, 0, next_secret}), WITNESS_UNSIGNED);
    log.keys[log.n_keys++] = next_key;
    assert_int_equal(verdict(&log, (struct ask){12, 12, 15, 0, next_secret}), WITNESS_COSIGN);
    assert_int_equal(verdict(&log, (struct ask){12, 12, 15, 0, secret}), WITNESS_COSIGN);
    assert_int_equal(verdict(&log, (struct ask){12, 12, 15, 0, other_secret}), WITNESS_UNSIGNED);
}

static bool parses(const char *s)
{
    struct witness_request request;
    const char *why = NULL;
    int rc = witness_request_parse(&request, s, strlen(s), &why);

    assert_int_equal(rc == 0, why == NULL);
    return rc == 0;
}

#define H          "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
#define CHECKPOINT "example.com/behind-the-sofa\n20852163\n"

static void test_request_text(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    assert_true(parses("old 20852014\n" H H H H "\n" CHECKPOINT));
    assert_true(parses("old 0\n\n" CHECKPOINT));
    assert_false(parses("old 0\n\n"));
    assert_false(parses("old 0\n"));
    assert_false(parses("old 0"));
    assert_false(parses(""));
    assert_false(parses("\n" CHECKPOINT));
    assert_false(parses("old 00\n\n" CHECKPOINT));
    assert_false(parses("old -1\n\n" CHECKPOINT));
    assert_false(parses("old  1\n\n" CHECKPOINT));
    assert_false(parses("old 1 \n\n" CHECKPOINT));
    assert_false(parses("old 1\r\n\n" CHECKPOINT));
    assert_false(parses("old 9007199254740992\n\n" CHECKPOINT));
    assert_false(parses("size 1\n\n" CHECKPOINT));
    assert_false(parses("old 1\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw\n\n" CHECKPOINT));
    assert_false(parses("old 1\n" H " \n" CHECKPOINT));
    for (int n = 62; n <= 64; n++) {
        buf_clear(&b);
        buf_puts(&b, "old 1\n");
        for (int i = 0; i < n; i++) {
            buf_puts(&b, H);
        }
        buf_puts(&b, "\n" CHECKPOINT);
        assert_int_equal(parses(b.data), n <= 63);
        assert_true(b.len <= WITNESS_REQUEST_MAX);
    }
    buf_free(&b);
}

static void test_file_name(void **state)
{
    char *a = witness_file_name("seoul.example/ledger", ".note"),
         *b = witness_file_name("seoul.example", ""), *c = witness_file_name("a/../b", ".note");

    (void)state;
    assert_int_equal(strncmp(a, "seoul.example_ledger-", 21), 0);
    assert_int_equal(strlen(a), 21 + 16 + 5);
    assert_null(strchr(a, '/'));
    assert_int_equal(strlen(b), 14 + 16);
    assert_null(strchr(c, '/'));
    free(a);
    free(b);
    free(c);
}

static void test_evidence(void **state)
{
    struct witness_request shown = {.note = "b\n\"", .note_len = 3, .n = 2};
    const char *why;
    struct buf b = BUF_INIT;
    struct value *v;

    (void)state;
    witness_evidence_put(&b, ORIGIN, 1700000000, "a\n", 2, &shown);
    v = strict_parse(b.data, b.len, &why);
    assert_non_null(v);
    value_free(v);
    assert_non_null(
        strstr(b.data, "\"remembered\":\"a\\n\",\"shown\":\"b\\n\\\"\",\"proof\":[\"AAAA"));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows),        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_forks),        cmocka_unit_test(test_two_keys),
        cmocka_unit_test(test_request_text), cmocka_unit_test(test_file_name),
        cmocka_unit_test(test_evidence),     cmocka_unit_test(test_no_false_fork),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, setup, teardown);
}
