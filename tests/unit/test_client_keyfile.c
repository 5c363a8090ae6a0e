/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/files.h"
#include "client/keyfile.h"
#include "client/say.h"

/* After ours: it has a macro that is called fail, too. */
#include <cmocka.h>

#define SEED_TEXT_LEN 43 /* 32 bytes in base64url */

static char folder[256];

static int set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");

    if (sodium_init() < 0)
        return -1;
    snprintf(folder, sizeof(folder), "%s/keys-XXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    char **names;
    size_t n;

    if (files_list(folder, "", &names, &n) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        char *path = x_asprintf("%s/%s", folder, names[i]);

        unlink(path);
        free(path);
    }
    files_list_free(names, n);
    return rmdir(folder);
}

static char *path_of(const char *name)
{
    return x_asprintf("%s/%s.json", folder, name);
}

static char *slurp(const char *path)
{
    char *text = NULL;
    size_t len;

    if (files_read(path, 65536, &text, &len) != 0)
        return x_strdup("");
    return text;
}

static void test_in_the_clear(void **state)
{
    struct keyfile *k = keyfile_new("alice", "alice@hansalim", ROLE_MEMBER, NULL), *again;
    char *path = path_of("alice");
    const char *why;
    struct stat st;

    assert_int_equal(keyfile_create(k, folder), PUMASI_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    again = keyfile_read(path, &why);
    assert_non_null(again);
    assert_string_equal(again->name, "alice");
    assert_string_equal(again->holder, "alice@hansalim");
    assert_int_equal(again->role, ROLE_MEMBER);
    assert_string_equal(again->kid.s, k->kid.s);
    assert_false(again->sealed);
    assert_memory_equal(again->secret, k->secret, KEY_SECRET_LEN);
    assert_false(again->revoked);

    again->revoked = true;
    assert_int_equal(keyfile_update(again), PUMASI_OK);
    keyfile_free(again);
    again = keyfile_read(path, &why);
    assert_true(again->revoked);
    assert_memory_equal(again->secret, k->secret, KEY_SECRET_LEN);
    keyfile_free(again);

    /* A key is never overwritten, not even by itself. */
    assert_int_equal(keyfile_create(k, folder), PUMASI_FAILED);
    keyfile_free(k);
    free(path);
}

static void test_sealed(void **state)
{
    struct keyfile *k = keyfile_new("vault", "hansalim", ROLE_TREASURER, "four plain words here");
    struct keyfile *again;
    uint8_t sig[KEY_SIG_LEN];
    char *path = path_of("vault"), seed[SEED_TEXT_LEN + 1], *text;
    const char *why;

    assert_non_null(k);
    assert_true(k->sealed);
    assert_int_equal(keyfile_create(k, folder), PUMASI_OK);

    /* The seed isn't in the file. */
    text = slurp(path);
    sodium_bin2base64(seed, sizeof(seed), k->secret, KEYFILE_SEED_LEN,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    assert_non_null(strstr(text, "\"sealed\""));
    assert_null(strstr(text, seed));
    assert_null(strstr(text, "\"d\""));
    free(text);

    again = keyfile_read(path, &why);
    assert_non_null(again);
    assert_null(again->secret);
    assert_int_equal(again->mem, crypto_pwhash_MEMLIMIT_MODERATE);
    assert_int_equal(again->ops, crypto_pwhash_OPSLIMIT_MODERATE);
    assert_false(keyfile_unlock(again, "four plain words her"));
    assert_null(again->secret);
    assert_true(keyfile_unlock(again, "four plain words here"));
    key_sign(again->secret, "x", 1, sig);
    assert_true(key_verify(&k->key, "x", 1, sig));
    keyfile_free(again);
    keyfile_free(k);
    free(path);
}

/* Puts another text in the place of one in a file, and reads it. */
static struct keyfile *read_altered(const char *path, const char *from, const char *to,
                                    const char **why)
{
    char *text = slurp(path), *at = strstr(text, from);
    struct buf b = BUF_INIT;
    struct keyfile *k;

    assert_non_null(at);
    buf_put(&b, text, (size_t)(at - text));
    buf_puts(&b, to);
    buf_puts(&b, at + strlen(from));
    assert_int_equal(files_write(path, b.data, b.len), 0);
    *why = NULL;
    k = keyfile_read(path, why);
    assert_int_equal(files_write(path, text, strlen(text)), 0);
    free(text);
    buf_free(&b);
    return k;
}

static void test_damaged(void **state)
{
    struct keyfile *k = keyfile_new("worn", "", ROLE_MEMBER, NULL),
                   *other = keyfile_new("other", "", ROLE_MEMBER, NULL);
    char *path = path_of("worn"), mine[SEED_TEXT_LEN + 1], theirs[SEED_TEXT_LEN + 1];
    const char *why;

    assert_int_equal(keyfile_create(k, folder), PUMASI_OK);
    sodium_bin2base64(mine, sizeof(mine), k->secret, KEYFILE_SEED_LEN,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_bin2base64(theirs, sizeof(theirs), other->secret, KEYFILE_SEED_LEN,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    /* A seed that doesn't belong to the public key, and a kid that doesn't either. */
    assert_null(read_altered(path, mine, theirs, &why));
    assert_null(read_altered(path, k->kid.s, other->kid.s, &why));
    assert_non_null(why);
    assert_null(read_altered(path, "\"d\": \"", "\"d\": \"A", &why));
    assert_null(read_altered(path, "\"member\"", "\"king\"", &why));
    assert_null(read_altered(path, "\"holder\": \"\"", "\"holder\": \"Alice\"", &why));
    assert_null(read_altered(path, "\"pumasi_key\": 1", "\"pumasi_key\": 2", &why));
    assert_null(read_altered(path, "{", "[", &why));
    assert_null(keyfile_read("/nonexistent/key.json", &why));
    /* Unaltered it is fine, so that the above is due to what was altered. */
    struct keyfile *fine = read_altered(path, "member", "member", &why);
    assert_non_null(fine);
    keyfile_free(fine);
    keyfile_free(k);
    keyfile_free(other);
    free(path);
}

static void test_greedy_file(void **state)
{
    static const json_int_t mems[] = {1 << 20, INT64_C(1) << 40};
    static const uint8_t zeros[KEYFILE_BOX_LEN];
    struct keyfile *k = keyfile_new("k", "", ROLE_MEMBER, NULL);
    char x[SEED_TEXT_LEN + 1], salt[23], nonce[33], box[65], *path = path_of("greedy");
    int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

    sodium_bin2base64(x, sizeof(x), k->key.x, KEY_LEN, variant);
    sodium_bin2base64(salt, sizeof(salt), zeros, KEYFILE_SALT_LEN, variant);
    sodium_bin2base64(nonce, sizeof(nonce), zeros, KEYFILE_NONCE_LEN, variant);
    sodium_bin2base64(box, sizeof(box), zeros, KEYFILE_BOX_LEN, variant);
    for (size_t i = 0; i < ARRAY_LEN(mems); i++) {
        json_t *file = json_pack("{s:i, s:s, s:s, s:s, s:s, s:{s:s, s:i, s:I, s:s, s:s, s:s}}",
                                 "pumasi_key", 1, "holder", "", "role", "member", "kid", k->kid.s,
                                 "x", x, "sealed", "kdf", "argon2id13", "ops", 3, "mem", mems[i],
                                 "salt", salt, "nonce", nonce, "box", box);
        const char *why;
        struct keyfile *read;

        assert_int_equal(files_write_json(path, file), 0);
        read = keyfile_read(path, &why);
        if (i == 0)
            assert_non_null(read);
        else
            assert_null(read); /* a terabyte isn't even tried */
        keyfile_free(read);
        json_decref(file);
    }
    keyfile_free(k);
    free(path);
}

static void test_names(void **state)
{
    assert_true(keyfile_name_ok("alice@hansalim"));
    assert_true(keyfile_name_ok("hansalim-registrar_2.old"));
    assert_false(keyfile_name_ok(""));
    assert_false(keyfile_name_ok("../alice"));
    assert_false(keyfile_name_ok("a/b"));
    assert_false(keyfile_name_ok(".hidden"));
    assert_false(keyfile_name_ok("-k"));
    assert_false(keyfile_name_ok("한살림"));
}

static void test_holder_set_later(void **state)
{
    struct keyfile *k = keyfile_new("later", "", ROLE_MEMBER, NULL), *again;
    char *path = path_of("later");
    const char *why;

    assert_int_equal(keyfile_create(k, folder), PUMASI_OK);
    str_copy(k->holder, sizeof(k->holder), "bob@hansalim");
    assert_int_equal(keyfile_update(k), PUMASI_OK);
    again = keyfile_read(path, &why);
    assert_non_null(again);
    assert_string_equal(again->holder, "bob@hansalim");
    assert_memory_equal(again->secret, k->secret, KEY_SECRET_LEN);
    keyfile_free(again);
    keyfile_free(k);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_the_clear), cmocka_unit_test(test_sealed),
        cmocka_unit_test(test_damaged),      cmocka_unit_test(test_greedy_file),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_holder_set_later),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
