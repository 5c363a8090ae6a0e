/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledgerd/files.h"
#include "ledgerd/scribe.h"

static char dir[256], err[256];
static struct scribe *scribe;
static struct scribe *its; /* what a process that ends at once had is still known then: no leak */

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(dir, sizeof(dir), "%s/scribe-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL)
        return -1;
    scribe = scribe_start(dir, err, sizeof(err));
    return scribe != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    scribe_stop(scribe);
    return dir_remove(dir);
}

static void assert_holds(const char *name, const char *wanted)
{
    char *path = x_asprintf("%s/%s", dir, name);
    char *text = file_read(path, SCRIBE_MAX, NULL);

    assert_non_null(text);
    assert_string_equal(text, wanted);
    free(text);
    free(path);
}

static void writes_and_reads(void **state)
{
    char *text, *large = x_calloc(1, SCRIBE_MAX + 1);
    size_t len;

    (void)state;
    errno = 0;
    assert_null(scribe_read(scribe, "checkpoint", &len));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(scribe_write(scribe, "checkpoint", "one two", 7), 0);
    assert_holds("checkpoint", "one two");
    assert_int_equal(scribe_overwrite(scribe, "checkpoint", 7, 4, "six", 3), 0);
    assert_holds("checkpoint", "one six");
    text = scribe_read(scribe, "checkpoint", &len);
    assert_non_null(text);
    assert_string_equal(text, "one six");
    assert_int_equal(len, 7);
    free(text);
    assert_int_equal(scribe_write(scribe, "checkpoint.lost", "", 0), 0);
    assert_holds("checkpoint.lost", "");
    assert_int_equal(scribe_write(scribe, "checkpoint.a-Z_9", "kept", 4), 0);
    assert_holds("checkpoint.a-Z_9", "kept");
    memset(large, 'x', SCRIBE_MAX);
    assert_int_equal(scribe_write(scribe, "checkpoint", large, SCRIBE_MAX), 0);
    assert_holds("checkpoint", large);
    assert_int_equal(scribe_write(scribe, "checkpoint", large, SCRIBE_MAX + 1), -1);
    assert_int_equal(errno, EFBIG);
    free(large);
}

static void refuses(void **state)
{
    static const char *const names[] = {
        "",
        "ledgerd.conf",
        "checkpoin",
        "checkpoint.",
        "checkpoint/x",
        "checkpoint./x",
        "checkpoint.a.b",
        "checkpoint.a/b",
        "checkpoint.\xc3\xa9",
        "../checkpoint",
        "pg/PG_VERSION",
        "checkpoint."
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    size_t len;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        errno = 0;
        assert_int_equal(scribe_write(scribe, names[i], "x", 1), -1);
        assert_true(errno == EINVAL || errno == EFBIG);
        errno = 0;
        assert_null(scribe_read(scribe, names[i], &len));
        assert_true(errno == EINVAL || errno == EFBIG);
    }
    assert_int_equal(scribe_write(scribe, "checkpoint", "one two", 7), 0);
    assert_int_equal(scribe_overwrite(scribe, "checkpoint", 7, 5, "six", 3), -1);
    assert_int_equal(scribe_overwrite(scribe, "checkpoint", 8, 4, "six", 3), -1);
    assert_int_equal(scribe_overwrite(scribe, "checkpoint", 7, -1, "six", 3), -1);
    assert_int_equal(scribe_overwrite(scribe, "checkpoint", 7, INT64_MAX, "six", 3), -1);
    assert_holds("checkpoint", "one two");
}

/* It goes when its ledgerd is killed, and the next one waits for it. */
static void ends_with_its_owner(void **state)
{
    char *other = x_asprintf("%s/other", dir);
    struct scribe *next;
    int status;
    pid_t pid;

    (void)state;
    assert_int_equal(mkdir(other, 0700), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        its = scribe_start(other, err, sizeof(err));
        free(other);
        _exit(its != NULL && scribe_write(its, "checkpoint", "first", 5) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    next = scribe_start(other, err, sizeof(err));
    assert_non_null(next);
    assert_int_equal(scribe_write(next, "checkpoint", "second", 6), 0);
    assert_holds("other/checkpoint", "second");
    scribe_stop(next);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads),
        cmocka_unit_test(refuses),
        cmocka_unit_test(ends_with_its_owner),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
