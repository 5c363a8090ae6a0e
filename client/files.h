/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FILES_H
#define PUMASI_FILES_H

#include <jansson.h>

#include "core/base.h"

/*
 * Files that must not be lost or seen by others. Folders are made 0700, files 0600. Those that
 * return int return 0, or -1 with errno set. Paths are whole ones.
 */

/* Makes a folder and those above it, fsyncing the parents of what it makes. */
int files_mkdir(const char *path) MUST_CHECK;
/* The whole file in a fresh NUL-terminated string of at most `max` bytes (EFBIG); the caller frees
 * it. */
int files_read(const char *path, size_t max, char **out, size_t *len) MUST_CHECK;
/* Replaces or makes a file at one stroke: written beside it, fsynced, renamed, the folder fsynced.
 */
int files_write(const char *path, const void *bytes, size_t len) MUST_CHECK;
/* Same, but EEXIST when there is one already. */
int files_create(const char *path, const void *bytes, size_t len) MUST_CHECK;
/* Removes a file and fsyncs its folder. */
int files_remove(const char *path) MUST_CHECK;
/* Names in a folder that end with `suffix`, sorted, dot files left out; none when there is no such
 * folder. Free with files_list_free. */
int files_list(const char *folder, const char *suffix, char ***names, size_t *n) MUST_CHECK;
void files_list_free(char **names, size_t n);
/* A file that holds one JSON object; NULL with *why a constant sentence, or strerror's, when it
 * isn't to be had. */
json_t *files_read_json(const char *path, const char **why);
/* files_write of an object, laid out for people. */
int files_write_json(const char *path, const json_t *object) MUST_CHECK;
/* fsyncs the folder that holds `path`. */
int files_sync_folder_of(const char *path) MUST_CHECK;

#endif
