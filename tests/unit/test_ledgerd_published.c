/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checkpoint kept outside of the database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledgerd/files.h"
#include "ledgerd/published.h"

#define ORIGIN "test.example/log"

struct fixture {
    char dir[64];
    char path[96];
    struct key key;
    uint8_t secret[KEY_SECRET_LEN];
    struct hash root[3];
};

static int set_up(void **state)
{
    struct fixture *f = x_calloc(1, sizeof(*f));
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(f->dir, sizeof(f->dir), "%s/published-XXXXXX",
                   tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof(f->path), "%s/checkpoint", f->dir);
    key_generate(&f->key, f->secret);
    for (size_t i = 0; i < ARRAY_LEN(f->root); i++) {
        hash_bytes(&f->root[i], &i, sizeof(i));
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    (void)unlink(f->path);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

static struct published *open_it(const struct fixture *f)
{
    char err[256] = "";
    struct published *p = published_open(f->dir, ORIGIN, f->secret, NULL, 0, err, sizeof(err));

    assert_non_null(p);
    return p;
}

static void check(struct published *p, const struct fixture *f, uint64_t size, size_t root)
{
    struct checkpoint c, again;
    const char *why = NULL;
    char *note = NULL;
    size_t len = 0;

    assert_true(published_get(p, &c, &note, &len));
    assert_int_equal(c.size, size);
    assert_memory_equal(&c.root, &f->root[root], sizeof(c.root));
    assert_int_equal(checkpoint_open(&again, note, len, ORIGIN, &f->key, &why), 0);
    assert_int_equal(again.size, size);
    free(note);
}

static void none_at_first(void **state)
{
    struct published *p = open_it(*state);

    assert_false(published_get(p, NULL, NULL, NULL));
    published_free(p);
}

static void lasts(void **state)
{
    const struct fixture *f = *state;
    struct published *p = open_it(f);

    assert_int_equal(published_sign(p, 1, &f->root[0]), 0);
    assert_int_equal(published_sign(p, 20, &f->root[1]), 0);
    check(p, f, 20, 1);
    published_free(p);
    p = open_it(f);
    check(p, f, 20, 1);
    published_free(p);
}

static void never_shrinks_nor_splits(void **state)
{
    const struct fixture *f = *state;
    struct published *p = open_it(f);

    assert_int_equal(published_sign(p, 20, &f->root[1]), 0);
    assert_int_equal(published_sign(p, 20, &f->root[1]), 0); /* the same again is no news */
    assert_int_equal(published_sign(p, 19, &f->root[0]), -1);
    assert_int_equal(published_sign(p, 20, &f->root[2]), -1);
    check(p, f, 20, 1);
    published_free(p);
}

static void a_disk_that_fails_changes_nothing(void **state)
{
    const struct fixture *f = *state;
    struct published *p = open_it(f);
    char away[80];

    assert_int_equal(published_sign(p, 1, &f->root[0]), 0);
    (void)snprintf(away, sizeof(away), "%s-away", f->dir);
    assert_int_equal(rename(f->dir, away), 0);
    assert_int_equal(published_sign(p, 2, &f->root[1]), -1);
    check(p, f, 1, 0);
    assert_int_equal(rename(away, f->dir), 0);
    assert_int_equal(published_sign(p, 2, &f->root[1]), 0);
    check(p, f, 2, 1);
    published_free(p);
}

static int64_t inode(const struct fixture *f)
{
    struct stat st;

    assert_int_equal(stat(f->path, &st), 0);
    return (int64_t)st.st_ino;
}

/* How a crash may leave the slot that was being written over: the one before counts. */
static void a_torn_write_leaves_the_one_before(void **state)
{
    const struct fixture *f = *state;
    struct published *p = open_it(f);
    char *older, *newer, *torn;
    size_t len;

    assert_int_equal(published_sign(p, 1, &f->root[0]), 0);
    int64_t first = inode(f);
    assert_int_equal(published_sign(p, 2, &f->root[1]), 0);
    older = file_read(f->path, NOTE_MAX, &len);
    assert_int_equal(published_sign(p, 1000, &f->root[2]), 0);
    assert_int_equal(inode(f), first); /* written over, not anew */
    newer = file_read(f->path, NOTE_MAX, &len);
    published_free(p);
    size_t changed = 0;
    for (size_t at = 0; at < len; at++) {
        changed += older[at] != newer[at];
        if (older[at] == newer[at]) {
            continue;
        }
        torn = x_malloc(len);
        memcpy(torn, newer, at);
        memcpy(torn + at, older + at, len - at);
        assert_int_equal(file_write(f->path, torn, len, 0644), 0);
        p = open_it(f);
        check(p, f, 2, 1);
        assert_int_equal(published_sign(p, 1000, &f->root[2]), 0);
        check(p, f, 1000, 2);
        published_free(p);
        p = open_it(f);
        check(p, f, 1000, 2);
        published_free(p);
        free(torn);
    }
    assert_in_range(changed, 50, 300);
    free(older);
    free(newer);
}

/* As versions before this one wrote it. */
static void a_bare_note_is_read(void **state)
{
    const struct fixture *f = *state;
    struct published *p = open_it(f);
    char *note = NULL;
    size_t len = 0;

    assert_int_equal(published_sign(p, 20, &f->root[1]), 0);
    assert_true(published_get(p, NULL, &note, &len));
    published_free(p);
    assert_int_equal(file_write(f->path, note, len, 0644), 0);
    free(note);
    p = open_it(f);
    check(p, f, 20, 1);
    assert_int_equal(published_sign(p, 20, &f->root[1]), 0);
    assert_int_equal(published_sign(p, 21, &f->root[2]), 0);
    published_free(p);
    p = open_it(f);
    check(p, f, 21, 2);
    published_free(p);
}

/* Somebody took the file away under our hands, or put another in its place. */
static void a_lost_file_is_written_anew(void **state)
{
    const struct fixture *f = *state;
    struct published *p = open_it(f);

    assert_int_equal(published_sign(p, 1, &f->root[0]), 0);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(published_sign(p, 2, &f->root[1]), 0);
    assert_int_equal(file_write(f->path, "x", 1, 0644), 0);
    assert_int_equal(published_sign(p, 3, &f->root[2]), 0);
    published_free(p);
    p = open_it(f);
    check(p, f, 3, 2);
    published_free(p);
}

/* After a change of keys: the file is read by the earlier key, and signed anew by ours at once. */
static void an_earlier_key_is_followed_by_ours(void **state)
{
    const struct fixture *f = *state;
    struct published *p = open_it(f);
    uint8_t secret[KEY_SECRET_LEN];
    char err[256] = "";
    struct fixture now = *f;

    assert_int_equal(published_sign(p, 20, &f->root[1]), 0);
    published_free(p);
    key_generate(&now.key, secret);
    assert_null(published_open(f->dir, ORIGIN, secret, NULL, 0, err, sizeof(err)));
    p = published_open(f->dir, ORIGIN, secret, &f->key, 1, err, sizeof(err));
    assert_non_null(p);
    check(p, f, 20, 1);
    assert_int_equal(published_sign(p, 20, &f->root[2]), -1);
    assert_int_equal(published_sign(p, 20, &f->root[1]), 0);
    check(p, &now, 20, 1);
    published_free(p);
}

/* Opening must fail with a sentence. */
static void refuse_file(const struct fixture *f, const char *origin, const uint8_t *secret)
{
    char err[256] = "";

    assert_null(published_open(f->dir, origin, secret, NULL, 0, err, sizeof(err)));
    assert_non_null(strstr(err, f->path));
}

static void refuses_what_is_not_ours(void **state)
{
    const struct fixture *f = *state;
    struct published *p = open_it(f);
    uint8_t secret[KEY_SECRET_LEN];
    struct key key;
    size_t len;

    assert_int_equal(published_sign(p, 7, &f->root[0]), 0);
    published_free(p);
    key_generate(&key, secret);
    refuse_file(f, ORIGIN, secret);
    refuse_file(f, "test.example/other", f->secret);
    char *bytes = file_read(f->path, NOTE_MAX, &len);
    assert_non_null(bytes);
    for (size_t slot = 0; slot < len; slot += len / 2) {
        bytes[slot + strlen(ORIGIN) + 1] = '8'; /* its size */
    }
    assert_int_equal(file_write(f->path, bytes, len, 0644), 0);
    refuse_file(f, ORIGIN, f->secret);
    assert_int_equal(file_write(f->path, bytes, len / 2, 0644), 0);
    refuse_file(f, ORIGIN, f->secret);
    assert_int_equal(file_write(f->path, bytes, 100, 0644), 0);
    refuse_file(f, ORIGIN, f->secret);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(none_at_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lasts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(never_shrinks_nor_splits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_disk_that_fails_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_torn_write_leaves_the_one_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bare_note_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_file_is_written_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_earlier_key_is_followed_by_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_ours, set_up, tear_down),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
