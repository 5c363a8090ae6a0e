/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checkpoint that the public is shown, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledgerd/shown.h"

#define ORIGIN "test.example/log"
#define HOUR   3600

struct fixture {
    char dir[64];
    struct log_signer signer[2]; /* the first is in force alone */
    struct published *published;
};

static int set_up(void **state)
{
    struct fixture *f = x_calloc(1, sizeof(*f));
    const char *tmp = getenv("TMPDIR");
    char err[256] = "";

    (void)snprintf(f->dir, sizeof(f->dir), "%s/shown-XXXXXX",
                   tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    for (size_t i = 0; i < 2; i++) {
        key_generate(&f->signer[i].key, f->signer[i].secret);
    }
    f->published = published_open(f->dir, ORIGIN, f->signer, 2, NULL, 0, err, sizeof(err));
    assert_non_null(f->published);
    published_use(f->published, &f->signer[0].key, 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];

    published_free(f->published);
    (void)snprintf(command, sizeof(command), "rm -r '%s'", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void grow(const struct fixture *f, uint64_t size)
{
    struct hash root;

    hash_bytes(&root, &size, sizeof(size));
    assert_int_equal(published_sign(f->published, size, &root), 0);
}

static void check(struct shown *s, int64_t now, uint64_t size)
{
    struct checkpoint c;
    const char *note;
    size_t len;
    char head[200];

    assert_true(shown_get(s, now, &c, &note, &len));
    assert_int_equal(c.size, size);
    (void)snprintf(head, sizeof(head), ORIGIN "\n%d\n", (int)size);
    assert_memory_equal(note, head, strlen(head));
    assert_int_equal(strlen(note), len);
}

static void each_one_without_a_period(void **state)
{
    const struct fixture *f = *state;
    struct shown *s = shown_new(f->published, 0, 0);
    struct checkpoint c;

    assert_false(shown_get(s, 5, &c, NULL, NULL));
    for (uint64_t size = 1; size < 5; size++) {
        grow(f, size);
        check(s, 5, size);
        assert_int_equal(shown_stands(s, 5), 0);
    }
    shown_free(s);
}

static void one_a_period(void **state)
{
    const struct fixture *f = *state;
    struct shown *s = shown_new(f->published, 60, 10);
    struct checkpoint c;
    int64_t now = 100 * HOUR + 7;

    assert_false(shown_get(s, now, &c, NULL, NULL));
    assert_int_equal(shown_stands(s, now), 0);
    grow(f, 3);
    check(s, now, 3);
    assert_int_equal(shown_stands(s, now), HOUR - 7);
    grow(f, 8);
    check(s, now + 1, 3);
    check(s, 101 * HOUR - 1, 3);
    assert_int_equal(shown_stands(s, 101 * HOUR - 1), 1);
    check(s, 101 * HOUR, 8);
    grow(f, 9);
    check(s, 101 * HOUR + 1, 8);
    /* A clock that is set back by days shows the latest once, and then waits again. */
    check(s, 50 * HOUR, 9);
    grow(f, 10);
    check(s, 50 * HOUR + 1, 9);
    check(s, 51 * HOUR, 10);
    shown_free(s);
}

/* Who trusts what is shown has to learn at once who signs now, and of what origin. */
static void other_keys_and_another_origin_show_at_once(void **state)
{
    const struct fixture *f = *state;
    struct key keys[2] = {f->signer[0].key, f->signer[1].key};
    struct shown *s = shown_new(f->published, 60, 0);
    int64_t now = 100 * HOUR;
    struct checkpoint c;
    const char *note;
    size_t len;

    grow(f, 3);
    check(s, now, 3);
    grow(f, 4);
    published_use(f->published, keys, 2);
    check(s, now + 1, 3); /* nothing is signed by both yet */
    grow(f, 5);
    check(s, now + 2, 5);
    grow(f, 6);
    check(s, now + 3, 5);
    published_use(f->published, keys + 1, 1);
    grow(f, 7);
    check(s, now + 4, 7);
    grow(f, 8);
    check(s, now + 5, 7);
    published_continue(f->published, ORIGIN "/2");
    grow(f, 2);
    assert_true(shown_get(s, now + 6, &c, &note, &len));
    assert_int_equal(c.size, 2);
    assert_string_equal(c.origin, ORIGIN "/2");
    grow(f, 3);
    assert_true(shown_get(s, now + 7, &c, &note, &len));
    assert_int_equal(c.size, 2);
    shown_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_one_without_a_period, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_a_period, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_keys_and_another_origin_show_at_once, set_up,
                                        tear_down),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
