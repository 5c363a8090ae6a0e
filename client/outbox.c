/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "client/files.h"
#include "client/query.h"
#include "client/say.h"
#include "core/name.h"

#define FORMAT_VERSION 1

void outbox_entry_init(struct outbox_entry *e)
{
    memset(e, 0, sizeof(*e));
    e->fd = -1;
}

void outbox_entry_free(struct outbox_entry *e)
{
    free(e->by);
    free(e->jti);
    free(e->type);
    free(e->what);
    free(e->unit);
    free(e->submission);
    free(e->path);
    if (e->fd >= 0)
        close(e->fd); /* and with it the lock */
    outbox_entry_init(e);
}

static char *path_of(const struct profile *p, const struct outbox_entry *e, bool waiting)
{
    char *file = x_asprintf("%s.json", e->jti);
    char *path = profile_state_path(p, waiting ? WAITING_DIR : OUTBOX_DIR, file);

    free(file);
    return path;
}

/* Opens and locks an entry's file: the fd, or -1 when another process has it or it is gone. */
static int lock_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static json_t *to_json(const struct outbox_entry *e)
{
    char intent[HASH_B64U_LEN + 1];

    hash_text(intent, &e->intent);
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:s}", "version",
                     FORMAT_VERSION, "by", e->by, "jti", e->jti, "type", e->type, "what", e->what,
                     "unit", e->unit == NULL ? "" : e->unit, "intent", intent, "made",
                     (json_int_t)e->made, "exp", (json_int_t)e->exp, "sent", e->sent ? 1 : 0,
                     "submission", e->submission);
}

static bool from_json(struct outbox_entry *e, const json_t *json)
{
    const char *by, *jti, *type, *what, *unit, *intent, *submission;
    json_int_t version, made, exp;
    int sent;

    if (json_unpack((json_t *)json, "{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:s}",
                    "version", &version, "by", &by, "jti", &jti, "type", &type, "what", &what,
                    "unit", &unit, "intent", &intent, "made", &made, "exp", &exp, "sent", &sent,
                    "submission", &submission) != 0)
        return false;
    if (version != FORMAT_VERSION || !name_is_jti(jti) || hash_parse(&e->intent, intent) != 0)
        return false;
    e->by = x_strdup(by);
    e->jti = x_strdup(jti);
    e->type = x_strdup(type);
    e->what = x_strdup(what);
    e->unit = x_strdup(unit);
    e->submission = x_strdup(submission);
    e->made = made;
    e->exp = exp;
    e->sent = sent != 0;
    return true;
}

/* Writes the entry where it belongs now, and takes the lock of the new file before the old one's is
 * let go. */
static int store(const struct profile *p, struct outbox_entry *e)
{
    char *path = path_of(p, e, e->waiting);
    char *folder = profile_state_path(p, e->waiting ? WAITING_DIR : OUTBOX_DIR, NULL);
    json_t *json = to_json(e);
    int fd, rc = PUMASI_OK;

    if (json == NULL || files_mkdir(folder) != 0 || files_write_json(path, json) != 0) {
        rc = fail(PUMASI_FAILED,
                  _("What is about to be sent can't be written down as %s: %s. So it "
                    "isn't sent."),
                  path, json == NULL ? _("it isn't UTF-8") : strerror(errno));
        goto out;
    }
    fd = lock_file(path);
    if (e->fd >= 0)
        close(e->fd);
    e->fd = fd;
    if (e->path != NULL && !str_eq(e->path, path) && files_remove(e->path) != 0 && errno != ENOENT)
        note(_("%s can't be removed: %s."), e->path, strerror(errno));
    free(e->path);
    e->path = path;
    path = NULL;
out:
    json_decref(json);
    free(folder);
    free(path);
    return rc;
}

int outbox_put(const struct profile *p, struct outbox_entry *e)
{
    return store(p, e);
}

int outbox_update(const struct profile *p, struct outbox_entry *e)
{
    return store(p, e);
}

int outbox_remove(const struct profile *p, struct outbox_entry *e)
{
    int rc = PUMASI_OK;

    for (int waiting = 0; waiting < 2; waiting++) {
        char *path = path_of(p, e, waiting == 1);

        if (files_remove(path) != 0 && errno != ENOENT)
            rc = fail(PUMASI_FAILED, _("%s can't be removed: %s."), path, strerror(errno));
        free(path);
    }
    return rc;
}

/* Reads one file that nobody else is busy with. */
static bool read_entry(const char *path, bool waiting, struct outbox_entry *e)
{
    const char *why = NULL;
    json_t *json;
    int fd = lock_file(path);

    outbox_entry_init(e);
    if (fd < 0)
        return false;
    errno = 0;
    json = files_read_json(path, &why); /* after the lock: whoever had it may have finished */
    if (json == NULL && errno == ENOENT) {
        close(fd);
        return false;
    }
    if (json == NULL || !from_json(e, json)) {
        note(_("%s is left alone: %s."), path, json == NULL ? why : _("it isn't an act under way"));
        json_decref(json);
        close(fd);
        return false;
    }
    json_decref(json);
    e->fd = fd;
    e->path = x_strdup(path);
    e->waiting = waiting;
    return true;
}

static int list_folder(const struct profile *p, bool waiting, struct outbox_entry **out, size_t *n)
{
    char *folder = profile_state_path(p, waiting ? WAITING_DIR : OUTBOX_DIR, NULL), **names;
    size_t count;

    if (files_list(folder, ".json", &names, &count) != 0) {
        int rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), folder, strerror(errno));

        free(folder);
        return rc;
    }
    *out = x_realloc(*out, (*n + count + 1) * sizeof(**out));
    for (size_t i = 0; i < count; i++) {
        char *path = x_asprintf("%s/%s", folder, names[i]);

        if (read_entry(path, waiting, &(*out)[*n]))
            (*n)++;
        free(path);
    }
    files_list_free(names, count);
    free(folder);
    return PUMASI_OK;
}

static int compare_made(const void *a, const void *b)
{
    const struct outbox_entry *x = a, *y = b;

    if (x->made != y->made)
        return x->made < y->made ? -1 : 1;
    return strcmp(x->jti, y->jti);
}

int outbox_list(const struct profile *p, struct outbox_entry **out, size_t *n)
{
    int rc;

    *out = NULL;
    *n = 0;
    rc = list_folder(p, false, out, n);
    if (rc == PUMASI_OK)
        rc = list_folder(p, true, out, n);
    if (rc != PUMASI_OK) {
        outbox_list_free(*out, *n);
        *out = NULL;
        *n = 0;
        return rc;
    }
    qsort(*out, *n, sizeof(**out), compare_made);
    return PUMASI_OK;
}

void outbox_list_free(struct outbox_entry *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        outbox_entry_free(&list[i]);
    free(list);
}

/* Is a file that another process has locked about that intent? Its file is whole at any time. */
static bool is_about(const char *path, const struct hash *intent)
{
    const char *why;
    json_t *json = files_read_json(path, &why);
    struct hash theirs;
    bool same = hash_parse(&theirs, json_text(json, "intent")) == 0 && hash_eq(&theirs, intent);

    json_decref(json);
    return same;
}

/* Is another process at work on that intent? */
static bool is_busy(const struct profile *p, const struct hash *intent)
{
    char *folder = profile_state_path(p, OUTBOX_DIR, NULL), **names;
    bool busy = false;
    size_t n;

    if (files_list(folder, ".json", &names, &n) != 0)
        n = 0;
    for (size_t i = 0; i < n && !busy; i++) {
        char *path = x_asprintf("%s/%s", folder, names[i]);
        int fd = lock_file(path);

        if (fd >= 0)
            close(fd);
        else
            busy = is_about(path, intent);
        free(path);
    }
    if (n > 0)
        files_list_free(names, n);
    free(folder);
    return busy;
}

enum outbox_found outbox_find(const struct profile *p, const struct hash *intent,
                              struct outbox_entry *out)
{
    enum outbox_found found = OUTBOX_NONE;
    struct outbox_entry *list;
    size_t n;

    outbox_entry_init(out);
    if (is_busy(p, intent))
        return OUTBOX_BUSY;
    if (outbox_list(p, &list, &n) != PUMASI_OK)
        return OUTBOX_NONE;
    for (size_t i = 0; i < n && found == OUTBOX_NONE; i++) {
        if (hash_eq(&list[i].intent, intent)) {
            *out = list[i];
            outbox_entry_init(&list[i]);
            found = OUTBOX_FOUND;
        }
    }
    outbox_list_free(list, n);
    return found;
}
