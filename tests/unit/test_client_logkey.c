/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which log keys a ledger shows, and what proves one under another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "client/logkey.h"

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/b64.h"
#include "core/date.h"
#include "core/note.h"
#include "tests/unit/fixture.h"

#define ORIGIN "ledger.example/test"

static struct fix_key old, next, other;

static int set_up(void **state)
{
    fix_key(&old, "old");
    fix_key(&next, "next");
    fix_key(&other, "other");
    return 0;
}

/* The part of a change of `subject` that lists both keys. */
static char *part_of(const char *subject)
{
    char a[HASH_B64U_LEN + 1], b[HASH_B64U_LEN + 1];

    b64u_encode(a, old.key.x, KEY_LEN);
    b64u_encode(b, next.key.x, KEY_LEN);
    return x_asprintf("{\"part\":\"change\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"subject\":\"%s\","
                      "\"seq\":2,\"state\":{\"kind\":\"ledger\",\"name\":\"n\",\"zone\":\"UTC\","
                      "\"rules\":1,\"log\":[\"%s\",\"%s\"],\"clerk\":[]}}",
                      subject, a, b);
}

/* The answer of a log of one record with that part, signed by `by`. Takes the part over. */
static json_t *answer(char *part, const struct fix_key *by)
{
    struct checkpoint c = {.origin = ORIGIN, .size = 1};
    struct buf header = BUF_INIT, note = BUF_INIT, proof = BUF_INIT;
    struct hash hash, entry;
    json_t *json;

    hash_bytes(&hash, part, strlen(part));
    buf_puts(&header, "{\"v\":1,\"index\":0,\"time\":\"2026-11-22T00:12:57.717Z\",\"rules\":1,"
                      "\"parts\":[\"");
    buf_put_b64u(&header, hash.b, HASH_LEN);
    buf_puts(&header, "\"]}");
    hash_bytes(&entry, header.data, header.len);
    tree_leaf_hash(&c.root, entry.b, HASH_LEN);
    checkpoint_sign(&note, &c, by->secret);
    proof_put(&proof, 0, NULL, 0, note.data, note.len);
    json = json_pack("{s:i, s:s, s:s, s:s}", "index", 0, "header", header.data, "part", part,
                     "proof", proof.data);
    buf_free(&header);
    buf_free(&note);
    buf_free(&proof);
    free(part);
    return json;
}

/* Takes the answer over. */
static void expect(json_t *json, const struct fix_key *pinned, const struct fix_key *wanted,
                   bool good)
{
    const char *why = NULL;
    int64_t record = -1;
    int rc = logkey_verify(json, ORIGIN, &pinned->key, &wanted->key, &record, &why);

    assert_int_equal(rc, good ? 0 : -1);
    assert_true(good || why != NULL);
    assert_int_equal(record, good ? 0 : -1);
    json_decref(json);
}

static void the_pinned_key_proves_the_next(void **state)
{
    json_t *json;

    expect(answer(part_of("ledger"), &old), &old, &next, true);
    expect(answer(part_of("ledger"), &next), &old, &next, false); /* by its own word */
    expect(answer(part_of("ledger"), &old), &old, &other, false); /* not listed */
    expect(answer(part_of("hansalim"), &old), &old, &next, false);
    expect(answer(x_strdup("{\"part\":\"act\"}"), &old), &old, &next, false);
    expect(answer(x_strdup("no JSON"), &old), &old, &next, false);
    /* Another part than the one in the header. */
    json = answer(x_strdup("{}"), &old);
    char *part = part_of("ledger");
    json_object_set_new(json, "part", json_string(part));
    free(part);
    expect(json, &old, &next, false);
    for (size_t i = 0; i < 3; i++) {
        static const char *const members[] = {"header", "part", "proof"};

        json = answer(part_of("ledger"), &old);
        json_object_del(json, members[i]);
        expect(json, &old, &next, false);
    }
    expect(json_object(), &old, &next, false);
}

/* What logkeys_read makes of an answer of GET /v1/ledger; takes it over. */
static size_t read_keys(json_t *json, struct key out[LOGKEYS_MAX])
{
    size_t n = logkeys_read(json, out);

    json_decref(json);
    return n;
}

static json_t *jwk(const struct fix_key *k)
{
    struct buf b = BUF_INIT;
    json_t *json;

    key_put_jwk(&b, &k->key);
    json = json_loads(b.data, 0, NULL);
    buf_free(&b);
    return json;
}

static void what_a_ledger_shows(void **state)
{
    struct key out[LOGKEYS_MAX];
    json_t *many = json_array();

    assert_int_equal(read_keys(json_pack("{s:o}", "log_key", jwk(&old)), out), 1);
    assert_int_equal(read_keys(json_pack("{s:o, s:[o,o]}", "log_key", jwk(&old), "log_keys",
                                         jwk(&old), jwk(&next)),
                               out),
                     2);
    assert_memory_equal(&out[1], &next.key, sizeof(out[1]));
    assert_true(logkeys_have(out, 2, &old.key));
    assert_false(logkeys_have(out, 2, &other.key));
    assert_int_equal(
        read_keys(json_pack("{s:o, s:[s]}", "log_key", jwk(&old), "log_keys", "x"), out), 0);
    for (size_t i = 0; i <= LOGKEYS_MAX; i++)
        json_array_append_new(many, jwk(&old));
    assert_int_equal(read_keys(json_pack("{s:o}", "log_keys", many), out), 0);
    assert_int_equal(read_keys(json_object(), out), 0);
    assert_int_equal(read_keys(json_pack("{s:{s:s}}", "act", "payload", "e30"), out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pinned_key_proves_the_next),
        cmocka_unit_test(what_a_ledger_shows),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, set_up, NULL);
}
