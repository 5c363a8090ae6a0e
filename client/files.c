/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "lang/lang.h"

#define JSON_FILE_MAX (4u << 20)

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return x_strdup(".");
    return slash == path ? x_strdup("/") : x_strndup(path, (size_t)(slash - path));
}

/* fsync of a folder; file systems that can't (EINVAL) have nothing to make sure of. */
static int sync_folder(const char *folder)
{
    int saved, rc, fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    rc = fsync(fd);
    if (rc != 0 && errno == EINVAL)
        rc = 0;
    saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

int files_sync_folder_of(const char *path)
{
    char *folder = folder_of(path);
    int rc = sync_folder(folder), saved = errno;

    free(folder);
    errno = saved;
    return rc;
}

int files_mkdir(const char *path)
{
    struct stat st;
    char *parent;
    int rc;

    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return 0;
        errno = ENOTDIR;
        return -1;
    }
    if (errno != ENOENT)
        return -1;
    parent = folder_of(path);
    rc = str_eq(parent, path) ? -1 : files_mkdir(parent);
    free(parent);
    if (rc != 0)
        return -1;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -1;
    return files_sync_folder_of(path);
}

int files_read(const char *path, size_t max, char **out, size_t *len)
{
    struct buf b = BUF_INIT;
    int saved, fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    for (;;) {
        char chunk[16384];
        ssize_t n = read(fd, chunk, sizeof(chunk));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            goto failed;
        if (n == 0)
            break;
        if (b.len + (size_t)n > max) {
            errno = EFBIG;
            goto failed;
        }
        buf_put(&b, chunk, (size_t)n);
    }
    close(fd);
    *len = b.len;
    *out = buf_take(&b);
    return 0;

failed:
    saved = errno;
    close(fd);
    buf_free(&b);
    errno = saved;
    return -1;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

/* The one way by which files come to be: complete and fsynced beside their place, then put there.
 */
static int put_file(const char *path, const void *bytes, size_t len, bool replace)
{
    char *folder = folder_of(path);
    char *tmp = x_asprintf("%s/.new-XXXXXX", folder);
    int saved, rc = -1, fd = mkostemp(tmp, O_CLOEXEC); /* 0600 */

    if (fd < 0)
        goto out;
    if (write_all(fd, bytes, len) != 0 || fsync(fd) != 0)
        goto unlink_tmp;
    if (replace) {
        if (rename(tmp, path) != 0)
            goto unlink_tmp;
    } else {
        if (link(tmp, path) != 0)
            goto unlink_tmp;
        unlink(tmp);
    }
    rc = sync_folder(folder);
    goto out;

unlink_tmp:
    saved = errno;
    unlink(tmp);
    errno = saved;
out:
    saved = errno;
    if (fd >= 0)
        close(fd);
    free(tmp);
    free(folder);
    errno = saved;
    return rc;
}

int files_write(const char *path, const void *bytes, size_t len)
{
    return put_file(path, bytes, len, true);
}

int files_create(const char *path, const void *bytes, size_t len)
{
    return put_file(path, bytes, len, false);
}

int files_remove(const char *path)
{
    if (unlink(path) != 0)
        return -1;
    return files_sync_folder_of(path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int files_list(const char *folder, const char *suffix, char ***names, size_t *n)
{
    DIR *dir = opendir(folder);
    size_t cap = 0, want = strlen(suffix);
    struct dirent *entry;

    *names = NULL;
    *n = 0;
    if (dir == NULL)
        return errno == ENOENT ? 0 : -1;
    while ((entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (entry->d_name[0] == '.' || len <= want || !str_eq(entry->d_name + len - want, suffix))
            continue;
        if (*n == cap) {
            cap = cap == 0 ? 16 : cap * 2;
            *names = x_realloc(*names, cap * sizeof(**names));
        }
        (*names)[(*n)++] = x_strdup(entry->d_name);
    }
    closedir(dir);
    if (*n > 1)
        qsort(*names, *n, sizeof(**names), compare_names);
    return 0;
}

void files_list_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

json_t *files_read_json(const char *path, const char **why)
{
    json_error_t error;
    json_t *json;
    char *text;
    size_t len;

    if (files_read(path, JSON_FILE_MAX, &text, &len) != 0) {
        *why = strerror(errno);
        return NULL;
    }
    json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (json == NULL || !json_is_object(json)) {
        *why = _("it isn't a JSON object");
        json_decref(json);
        return NULL;
    }
    return json;
}

int files_write_json(const char *path, const json_t *object)
{
    char *text = json_dumps(object, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    struct buf b = BUF_INIT;
    int rc, saved;

    if (text == NULL) {
        errno = EILSEQ;
        return -1;
    }
    buf_puts(&b, text);
    buf_putc(&b, '\n');
    free(text);
    rc = files_write(path, b.data, b.len);
    saved = errno;
    buf_free(&b);
    errno = saved;
    return rc;
}
