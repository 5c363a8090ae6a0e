/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checkpoint kept outside of the database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
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
    struct log_signer signer[LOG_SIGNERS_MAX];
    struct hash root[3];
};

static void make_signer(struct log_signer *s)
{
    key_generate(&s->key, s->secret);
}

static int set_up(void **state)
{
    struct fixture *f = x_calloc(1, sizeof(*f));
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(f->dir, sizeof(f->dir), "%s/published-XXXXXX",
                   tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof(f->path), "%s/checkpoint", f->dir);
    make_signer(&f->signer[0]);
    make_signer(&f->signer[1]);
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
    struct published *p = published_open(f->dir, ORIGIN, f->signer, 1, NULL, 0, err, sizeof(err));

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
    assert_int_equal(checkpoint_open(&again, note, len, ORIGIN, &f->signer[0].key, &why), 0);
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
    char err[256] = "", kept[160], *note;
    struct fixture now = *f;
    struct checkpoint c;
    struct kid kid;
    size_t len;

    assert_int_equal(published_sign(p, 20, &f->root[1]), 0);
    published_free(p);
    now.signer[0] = f->signer[1];
    assert_null(published_open(f->dir, ORIGIN, now.signer, 1, NULL, 0, err, sizeof(err)));
    p = published_open(f->dir, ORIGIN, now.signer, 1, &f->signer[0].key, 1, err, sizeof(err));
    assert_non_null(p);
    check(p, f, 20, 1);
    assert_int_equal(published_sign(p, 20, &f->root[2]), -1);
    assert_int_equal(published_sign(p, 20, &f->root[1]), 0);
    check(p, &now, 20, 1);
    assert_int_equal(published_sign(p, 21, &f->root[2]), 0);
    /* What the earlier one signed last is there for those who pinned it. */
    key_kid(&kid, &f->signer[0].key);
    assert_true(published_kept(p, &kid, &c, &note, &len));
    assert_int_equal(c.size, 20);
    free(note);
    (void)snprintf(kept, sizeof(kept), "%s/checkpoint.%s", f->dir, kid.s);
    assert_int_equal(unlink(kept), 0);
    published_free(p);
}

static bool is_signed_by(const char *note, size_t len, const struct log_signer *by)
{
    struct checkpoint c;
    const char *why;

    return checkpoint_open(&c, note, len, ORIGIN, &by->key, &why) == 0;
}

/* Two log keys are held: those that are in force sign, and what one signed last is kept. */
static void keys_in_force_sign_together(void **state)
{
    const struct fixture *f = *state;
    struct key old = f->signer[0].key, next = f->signer[1].key, both[2] = {next, old}, now[2];
    char err[256] = "", kept[160], *note;
    struct checkpoint c;
    struct kid kid;
    size_t len;
    struct published *p = published_open(f->dir, ORIGIN, f->signer, 2, NULL, 0, err, sizeof(err));

    assert_non_null(p);
    published_use(p, &old, 1);
    assert_int_equal(published_keys(p, now), 1);
    assert_ptr_equal(published_newest(p), &f->signer[0]);
    assert_int_equal(published_sign(p, 5, &f->root[0]), 0);
    assert_true(published_get(p, NULL, &note, &len));
    assert_true(is_signed_by(note, len, &f->signer[0]) && !is_signed_by(note, len, &f->signer[1]));
    free(note);
    key_kid(&kid, &old);
    assert_false(published_leads_on(p, &kid)); /* it signs alone */
    published_use(p, both, 2);
    assert_false(
        published_leads_on(p, &kid)); /* the other one is in force, and has signed nothing */
    assert_int_equal(published_keys(p, now), 2);
    assert_memory_equal(&now[0], &old, sizeof(old));
    assert_ptr_equal(published_newest(p), &f->signer[1]);
    assert_int_equal(published_sign(p, 5, &f->root[0]), 0); /* anew, as the second didn't sign */
    assert_true(published_get(p, NULL, &note, &len));
    assert_true(is_signed_by(note, len, &f->signer[0]) && is_signed_by(note, len, &f->signer[1]));
    free(note);
    assert_true(published_leads_on(p, &kid));
    key_kid(&kid, &next);
    assert_true(published_leads_on(p, &kid));
    str_copy(kid.s, sizeof(kid.s), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_true(published_leads_on(p, &kid)); /* none of ours */
    assert_int_equal(published_sign(p, 6, &f->root[1]), 0);
    published_free(p);

    /* Killed when the old one had gone, before that was written: it is when the new one begins. */
    p = published_open(f->dir, ORIGIN, &f->signer[1], 1, both, 2, err, sizeof(err));
    assert_non_null(p);
    key_kid(&kid, &old);
    assert_true(published_kept(p, &kid, &c, &note, &len));
    assert_int_equal(c.size, 6);
    free(note);
    (void)snprintf(kept, sizeof(kept), "%s/checkpoint.%s", f->dir, kid.s);
    assert_int_equal(unlink(kept), 0);
    published_free(p);

    /* The same from the file. The old one goes, and what it signed last stays. */
    p = published_open(f->dir, ORIGIN, f->signer, 2, NULL, 0, err, sizeof(err));
    assert_non_null(p);
    published_use(p, &next, 1);
    assert_int_equal(published_sign(p, 7, &f->root[2]), 0);
    key_kid(&kid, &old);
    assert_true(published_kept(p, &kid, &c, &note, &len));
    assert_int_equal(c.size, 6);
    assert_true(is_signed_by(note, len, &f->signer[0]));
    free(note);
    assert_false(published_signed(p, &kid));
    key_kid(&kid, &next);
    assert_true(published_signed(p, &kid));
    assert_true(published_get(p, &c, &note, &len));
    assert_int_equal(c.size, 7);
    assert_true(is_signed_by(note, len, &f->signer[1]) && !is_signed_by(note, len, &f->signer[0]));
    free(note);

    /* None is left: nothing is signed, and nothing lost. */
    published_use(p, NULL, 0);
    assert_null(published_newest(p));
    assert_int_equal(published_sign(p, 8, &f->root[0]), -1);
    assert_int_equal(errno, EKEYREVOKED);
    str_copy(kid.s, sizeof(kid.s), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_false(published_signed(p, &kid) || published_kept(p, &kid, &c, &note, &len));
    published_free(p);
    for (size_t i = 0; i < 2; i++) {
        key_kid(&kid, &f->signer[i].key);
        (void)snprintf(kept, sizeof(kept), "%s/checkpoint.%s", f->dir, kid.s);
        assert_int_equal(unlink(kept), 0);
    }
}

/* Opening must fail with a sentence. */
static void refuse_file(const struct fixture *f, const char *origin, const struct log_signer *by)
{
    char err[256] = "";

    assert_null(published_open(f->dir, origin, by, 1, NULL, 0, err, sizeof(err)));
    assert_non_null(strstr(err, f->path));
}

static void refuses_what_is_not_ours(void **state)
{
    const struct fixture *f = *state;
    struct published *p = open_it(f);
    size_t len;

    assert_int_equal(published_sign(p, 7, &f->root[0]), 0);
    published_free(p);
    refuse_file(f, ORIGIN, &f->signer[1]);
    refuse_file(f, "test.example/other", f->signer);
    char *bytes = file_read(f->path, NOTE_MAX, &len);
    assert_non_null(bytes);
    for (size_t slot = 0; slot < len; slot += len / 2) {
        bytes[slot + strlen(ORIGIN) + 1] = '8'; /* its size */
    }
    assert_int_equal(file_write(f->path, bytes, len, 0644), 0);
    refuse_file(f, ORIGIN, f->signer);
    assert_int_equal(file_write(f->path, bytes, len / 2, 0644), 0);
    refuse_file(f, ORIGIN, f->signer);
    assert_int_equal(file_write(f->path, bytes, 100, 0644), 0);
    refuse_file(f, ORIGIN, f->signer);
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
        cmocka_unit_test_setup_teardown(keys_in_force_sign_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_ours, set_up, tear_down),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
