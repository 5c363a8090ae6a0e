/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * LD_PRELOAD=slow_flush.so: a disk that takes a millisecond longer to flush. What a program calls
 * to be sure that bytes are on the disk waits after it is done. Neither PostgreSQL with
 * wal_sync_method = fdatasync nor ledgerd writes with O_DSYNC, which this can't slow down.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>

int fsync(int fd);
int fdatasync(int fd);

static int slowly(int rc)
{
    struct timespec left = {.tv_nsec = 1000000};
    int saved = errno;

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    errno = saved;
    return rc;
}

static int call(const char *name, int fd)
{
    int (*real)(int);

    *(void **)&real = dlsym(RTLD_NEXT, name);
    return slowly(real(fd));
}

int fsync(int fd)
{
    return call("fsync", fd);
}

int fdatasync(int fd)
{
    return call("fdatasync", fd);
}

int sync_file_range(int fd, off64_t offset, off64_t n, unsigned flags)
{
    int (*real)(int, off64_t, off64_t, unsigned);
    int rc;

    *(void **)&real = dlsym(RTLD_NEXT, "sync_file_range");
    rc = real(fd, offset, n, flags);
    return flags & (SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER) ? slowly(rc) : rc;
}
