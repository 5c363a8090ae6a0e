/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ledgerd/pgwriteback.h"

/* cachestat(2), Linux 6.5: what the C library of Debian 12 has no words for. */
#define CACHESTAT 451
struct cache_range {
    uint64_t off, len;
};
struct cache_stat {
    uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

/* Pages of a file that are to be written some time; -1 where the kernel doesn't say. */
static int64_t dirty_pages(int fd)
{
    struct cache_range all = {0, 0};
    struct cache_stat stat;

    return syscall(CACHESTAT, fd, &all, &stat, 0) == 0 ? (int64_t)stat.dirty : -1;
}

static int make_file(const char *path)
{
    static char page[1 << 20];
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    memset(page, 'x', sizeof(page));
    assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
    return fd;
}

static void make_dir(char *out, size_t size, const char *under, const char *name)
{
    assert_true(snprintf(out, size, "%s/%s", under, name) < (int)size);
    assert_int_equal(mkdir(out, 0700), 0);
}

static void remove_file(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

/* What a database of ours got is on its way to the disk after a pass, long before the kernel would
 * begin by itself; PostgreSQL's own are left alone. */
static void test_writes(void **state)
{
    struct pgwriteback w = {{0, 0}};
    char pg[512], base[600], ours[700], theirs[700], in_ours[800], in_theirs[800];

    assert_true(snprintf(pg, sizeof(pg), "%s/writeback.XXXXXX",
                         getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp") < (int)sizeof(pg));
    assert_non_null(mkdtemp(pg));
    assert_false(pgwriteback_pass(&w, pg)); /* no cluster at all */
    make_dir(base, sizeof(base), pg, "base");
    make_dir(ours, sizeof(ours), base, "16384");
    make_dir(theirs, sizeof(theirs), base, "5");
    assert_false(pgwriteback_pass(&w, pg));
    assert_true(snprintf(in_ours, sizeof(in_ours), "%s/16400", ours) < (int)sizeof(in_ours));
    assert_true(snprintf(in_theirs, sizeof(in_theirs), "%s/1259", theirs) < (int)sizeof(in_theirs));
    int fd = make_file(in_ours), other = make_file(in_theirs);
    int64_t before = dirty_pages(fd);

    assert_true(pgwriteback_pass(&w, pg));
    if (before > 0) { /* else it is in memory only, or this kernel doesn't say */
        for (int i = 0; i < 6000 && dirty_pages(fd) > 0; i++)
            usleep(10000);
        assert_int_equal(dirty_pages(fd), 0);
    }
    usleep(20000); /* more than a tick of the files' clock */
    (void)pgwriteback_pass(&w, pg);
    assert_false(pgwriteback_pass(&w, pg)); /* nothing new */
    assert_int_equal(write(other, "x", 1), 1);
    assert_false(pgwriteback_pass(&w, pg)); /* nothing of ours */
    close(fd);
    close(other);
    remove_file(in_ours);
    remove_file(in_theirs);
    rmdir(ours);
    rmdir(theirs);
    rmdir(base);
    rmdir(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
