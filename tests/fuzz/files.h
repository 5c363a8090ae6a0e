/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FUZZ_FILES_H
#define PUMASI_FUZZ_FILES_H

/*
 * For targets whose parser reads files: a folder of this process's own, gone when it ends. An input
 * may be several files in one, parted by the byte 0x1e.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "fuzz.h"

#define FILES_SEPARATOR 0x1e

static char files_folder[64];

static int files_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void files_end(void)
{
    (void)nftw(files_folder, files_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Makes the folder at the first call. */
static inline const char *files_in(void)
{
    if (files_folder[0] == '\0') {
        (void)snprintf(files_folder, sizeof(files_folder), "%s/pumasi-fuzz-XXXXXX",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        MUST(mkdtemp(files_folder) != NULL);
        (void)atexit(files_end);
    }
    return files_folder;
}

/* "<folder>/<name>" in memory that the caller frees. */
static inline char *files_path(const char *name)
{
    return x_asprintf("%s/%s", files_in(), name);
}

static inline void files_make_folder(const char *name)
{
    char *path = files_path(name);

    MUST(mkdir(path, 0700) == 0 || errno == EEXIST);
    free(path);
}

static inline void files_put(const char *name, const void *bytes, size_t len)
{
    char *path = files_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    MUST(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && close(fd) == 0);
    free(path);
}

/* Cuts off the first of the files that are left; false where there is none any more. */
static inline bool files_next(const uint8_t **at, size_t *left, const uint8_t **file, size_t *len)
{
    const uint8_t *end;

    if (*at == NULL)
        return false;
    end = memchr(*at, FILES_SEPARATOR, *left);
    *file = *at;
    *len = end == NULL ? *left : (size_t)(end - *at);
    *left -= *len + (end != NULL);
    *at = end == NULL ? NULL : end + 1;
    return true;
}

#endif
