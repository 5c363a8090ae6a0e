/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/pgwriteback.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/num.h"

/* Databases of a lower number are PostgreSQL's own: FirstNormalObjectId. */
#define DATABASE_MIN 16384

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static DIR *open_dir(int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL && fd >= 0) {
        close(fd);
    }
    return dir;
}

/* One table's or index's file. */
static bool write_file(const struct pgwriteback *w, int dir, const char *name)
{
    struct stat st;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
        is_before(&st.st_mtim, &w->since)) {
        return false;
    }
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    int rc = sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    close(fd);
    return rc == 0;
}

static bool write_database(const struct pgwriteback *w, int base, const char *name)
{
    DIR *dir = open_dir(base, name);
    const struct dirent *file;
    bool any = false;

    while (dir != NULL && (file = readdir(dir)) != NULL) {
        if (file->d_name[0] != '.') {
            any |= write_file(w, dirfd(dir), file->d_name);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return any;
}

bool pgwriteback_pass(struct pgwriteback *w, const char *pg_dir)
{
    char *path = x_asprintf("%s/base", pg_dir);
    DIR *base = open_dir(AT_FDCWD, path);
    const struct dirent *database;
    struct timespec began;
    bool any = false;
    int64_t number;

    /* The clock that files' times are of: it stands still for some milliseconds at a time, so that
     * a file of the same tick is looked at again. */
    clock_gettime(CLOCK_REALTIME_COARSE, &began);
    while (base != NULL && (database = readdir(base)) != NULL) {
        if (num_parse(database->d_name, strlen(database->d_name), DATABASE_MIN, UINT32_MAX,
                      &number) == 0) {
            any |= write_database(w, dirfd(base), database->d_name);
        }
    }
    if (base != NULL) {
        closedir(base);
    }
    free(path);
    w->since = began;
    return any;
}
