/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base.h"

static void test_zero_sizes(void **state)
{
    void *p = x_malloc(0), *q = x_calloc(0, 8), *r = x_calloc(8, 0);

    assert_non_null(p);
    assert_non_null(q);
    assert_non_null(r);
    p = x_realloc(p, 0);
    assert_non_null(p);
    free(p);
    free(q);
    free(r);
}

static void test_calloc_is_zero(void **state)
{
    unsigned char *p = x_calloc(100, 3);

    for (size_t i = 0; i < 300; i++)
        assert_int_equal(p[i], 0);
    free(p);
}

static void test_realloc_keeps(void **state)
{
    char *p = x_realloc(NULL, 4);

    memcpy(p, "abc", 4);
    p = x_realloc(p, 100000);
    assert_string_equal(p, "abc");
    free(p);
}

static void test_copies(void **state)
{
    static const char open_end[3] = {'a', 'b', 'c'};
    char *s = x_strdup("hansalim"), *t = x_strndup("hansalim", 3), *u = x_strndup("ha", 9);
    char *v = x_strndup(open_end, 3), *w = x_asprintf("%s/%d", "a", 7);

    assert_string_equal(s, "hansalim");
    assert_string_equal(t, "han");
    assert_string_equal(u, "ha");
    assert_string_equal(v, "abc");
    assert_string_equal(w, "a/7");
    free(s);
    free(t);
    free(u);
    free(v);
    free(w);
}

static void test_str_copy(void **state)
{
    char room[8];

    memset(room, 'x', sizeof(room));
    str_copy(room, 4, "abc");
    assert_memory_equal(room, "abc\0xxxx", 8);
    str_copy(room, 4, "abcdef");
    assert_memory_equal(room, "abc\0xxxx", 8);
    str_copy(room, 1, "abc");
    assert_memory_equal(room, "\0bc\0xxxx", 8);
    str_copy(room, 0, "z");
    assert_memory_equal(room, "\0bc\0xxxx", 8);
    str_copy(room, sizeof(room), "");
    assert_string_equal(room, "");
}

static void test_str_eq(void **state)
{
    assert_true(str_eq("", ""));
    assert_true(str_eq("a", "a"));
    assert_false(str_eq("a", "A"));
    assert_false(str_eq("a", "ab"));
}

/* Out of memory must end the process by abort, with a word of why; seen from outside in a child. */
static void test_out_of_memory_aborts(void **state)
{
    char said[64] = "";
    int fds[2], status;
    size_t got = 0;
    ssize_t n;
    pid_t child;

#if defined(__SANITIZE_ADDRESS__)
    skip(); /* the sanitizer's allocator says it in its own words */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    skip();
#endif
#endif
    assert_int_equal(pipe(fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        volatile size_t huge = SIZE_MAX / 2;

        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(fds[1], 2);
        (void)close(fds[0]);
        free(x_malloc(huge));
        _exit(0);
    }
    (void)close(fds[1]);
    while (got < sizeof(said) - 1 && (n = read(fds[0], said + got, sizeof(said) - 1 - got)) > 0)
        got += (size_t)n;
    (void)close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(said, "out of memory"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero_sizes),
        cmocka_unit_test(test_calloc_is_zero),
        cmocka_unit_test(test_realloc_keeps),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_str_copy),
        cmocka_unit_test(test_str_eq),
        cmocka_unit_test(test_out_of_memory_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
