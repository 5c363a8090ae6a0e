/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FILES_H
#define PUMASI_FILES_H

/* Files that are there whole or not at all, after a crash too; but for file_overwrite. All are made
 * with O_CLOEXEC. */

#include <sys/types.h>

#include "core/base.h"

/* The path made absolute by the working directory, not resolved. The caller frees it. */
char *file_absolute(const char *path);

/*
 * Replaces path by len bytes: written beside it, fsynced, renamed, the folder fsynced. -1 with
 * errno; the old file is then as it was.
 */
int file_write(const char *path, const void *bytes, size_t len, mode_t mode) MUST_CHECK;

/*
 * Writes len bytes at `at` over what stands there, in a file of exactly `size` bytes, and flushes
 * them. -1 with errno; those bytes may then be anything, the others are as they were.
 */
int file_overwrite(const char *path, int64_t size, int64_t at, const void *bytes,
                   size_t len) MUST_CHECK;

/*
 * Reads a whole file of at most `max` bytes into a fresh string, NUL-terminated; *len may be NULL.
 * NULL with errno (EFBIG when it is longer). The caller frees it.
 */
char *file_read(const char *path, size_t max, size_t *len) MUST_CHECK;

/* The same, of what stands behind the first `from` bytes. */
char *file_read_from(const char *path, int64_t from, size_t max, size_t *len) MUST_CHECK;

/* The file's size; 0 when there is none. */
int64_t file_size(const char *path);

/* fsyncs a folder, so that names in it last. -1 with errno. */
int dir_sync(const char *path) MUST_CHECK;

/* Removes a folder and all in it, following no links; nothing there is fine. -1 with errno. */
int dir_remove(const char *path) MUST_CHECK;

/* True when there is nothing in the folder but what ext4 puts there (lost+found). */
bool dir_is_empty(const char *path);

#endif
