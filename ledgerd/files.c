/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *file_absolute(const char *path)
{
    char cwd[PATH_MAX];

    if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
        return x_strdup(path);
    return x_asprintf("%s/%s", cwd, path);
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int dir_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc, saved;

    if (fd < 0)
        return -1;
    rc = fsync(fd);
    saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

static int dir_sync_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash == NULL   ? x_strdup(".")
                : slash == path ? x_strdup("/")
                                : x_strndup(path, (size_t)(slash - path));
    int rc = dir_sync(dir);

    free(dir);
    return rc;
}

int file_write(const char *path, const void *bytes, size_t len, mode_t mode)
{
    char *beside = x_asprintf("%s.new", path);
    int fd, saved, rc = -1;

    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        goto out;
    if (fchmod(fd, mode) != 0 || write_all(fd, bytes, len) != 0 || fsync(fd) != 0) {
        saved = errno;
        close(fd);
        unlink(beside);
        errno = saved;
        goto out;
    }
    if (close(fd) != 0 || rename(beside, path) != 0 || dir_sync_of(path) != 0)
        goto out;
    rc = 0;
out:
    saved = errno;
    free(beside);
    errno = saved;
    return rc;
}

/* The size is asked of lseek: after a stat, newer kernels give the next write a time of its own,
 * and the inode has to be flushed, too. */
static int overwrite(int fd, int64_t size, int64_t at, const char *bytes, size_t len)
{
    off_t end = lseek(fd, 0, SEEK_END);

    if (end < 0)
        return -1;
    if (end != size || at + (int64_t)len > size) {
        errno = EINVAL;
        return -1;
    }
    if (lseek(fd, at, SEEK_SET) < 0 || write_all(fd, bytes, len) != 0)
        return -1;
    return fdatasync(fd);
}

int file_overwrite(const char *path, int64_t size, int64_t at, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    int rc, saved;

    if (fd < 0)
        return -1;
    rc = overwrite(fd, size, at, bytes, len);
    saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

int64_t file_size(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

char *file_read(const char *path, size_t max, size_t *len)
{
    return file_read_from(path, 0, max, len);
}

char *file_read_from(const char *path, int64_t from, size_t max, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0, room = max < 4096 ? max + 1 : 4096;
    char *bytes;
    int saved;

    if (fd < 0)
        return NULL;
    bytes = x_malloc(room + 1);
    if (from > 0 && lseek(fd, from, SEEK_SET) < 0)
        goto fail;
    for (;;) {
        ssize_t n = read(fd, bytes + size, room - size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            goto fail;
        if (n == 0)
            break;
        size += (size_t)n;
        if (size > max) {
            errno = EFBIG;
            goto fail;
        }
        if (size == room) {
            room = room * 2 < max + 1 ? room * 2 : max + 1;
            bytes = x_realloc(bytes, room + 1);
        }
    }
    close(fd);
    bytes[size] = '\0';
    if (len != NULL)
        *len = size;
    return bytes;
fail:
    saved = errno;
    close(fd);
    free(bytes);
    errno = saved;
    return NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int dir_remove(const char *path)
{
    if (nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return 0;
    return -1;
}

bool dir_is_empty(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *e;
    bool empty = dir != NULL;

    while (dir != NULL && (e = readdir(dir)) != NULL)
        if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, "..") && !str_eq(e->d_name, "lost+found"))
            empty = false;
    if (dir != NULL)
        closedir(dir);
    return empty;
}
