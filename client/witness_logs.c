/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/witness_logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "client/files.h"
#include "client/http.h"
#include "client/say.h"

static char *ledgers_path(const struct profile *p)
{
    return profile_config_path(p, "witness", "ledgers.json");
}

static char *file_of(const struct profile *p, const char *folder, const char *origin,
                     const char *suffix)
{
    char *name = witness_file_name(origin, suffix), *path = profile_state_path(p, folder, name);

    free(name);
    return path;
}

/* One row of ledgers.json; false when it makes no sense. */
static bool take_row(struct witness_logs *w, const json_t *row)
{
    struct witness_log *log = &w->logs[w->n];
    const char *url;
    json_t *vkeys, *vkey;
    size_t i;

    if (w->n == WITNESS_LOGS_MAX ||
        json_unpack((json_t *)row, "{s:s, s:o}", "url", &url, "vkeys", &vkeys) != 0 ||
        !http_url_ok(url) || !json_is_array(vkeys) || json_array_size(vkeys) == 0 ||
        json_array_size(vkeys) > WITNESS_KEYS_MAX)
        return false;
    memset(log, 0, sizeof(*log));
    json_array_foreach (vkeys, i, vkey) {
        char origin[ORIGIN_MAX + 1];

        if (!json_is_string(vkey) || vkey_parse(json_string_value(vkey), origin, sizeof(origin),
                                                &log->keys[log->n_keys++]) != 0)
            return false;
        if (i > 0 && !str_eq(origin, log->origin))
            return false;
        str_copy(log->origin, sizeof(log->origin), origin);
    }
    if (!name_is_origin(log->origin) || witness_logs_find(w, log->origin) != SIZE_MAX)
        return false;
    w->at[w->n] = (struct witness_ledger){.url = x_strdup(url)};
    w->n++;
    return true;
}

static int take_rows(struct witness_logs *w, const char *path)
{
    const char *why;
    json_t *json, *row;
    bool ok;
    size_t i;

    errno = 0;
    json = files_read_json(path, &why);
    if (json == NULL)
        return errno == ENOENT ? PUMASI_OK
                               : fail(PUMASI_FAILED, _("%s can't be read: %s."), path, why);
    ok = json_is_array(json_object_get(json, "ledgers"));
    json_array_foreach (json_object_get(json, "ledgers"), i, row)
        ok = ok && take_row(w, row);
    json_decref(json);
    return ok ? PUMASI_OK
              : fail(PUMASI_FAILED, _("%s can't be read: %s."), path,
                     _("it isn't what \"pumasi witness follow\" writes"));
}

/*
 * What is remembered of log i. A file that is there and can't be used is never passed over: who
 * forgets what was cosigned would cosign another history.
 */
static int recall(const struct profile *p, struct witness_logs *w, size_t i)
{
    struct witness_log *log = &w->logs[i];
    char *path = file_of(p, "witness", log->origin, ".note");
    const char *why = NULL;
    int rc = PUMASI_OK;

    if (files_read(path, NOTE_MAX, &w->at[i].note, &w->at[i].note_len) != 0) {
        if (errno != ENOENT)
            rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), path, strerror(errno));
    } else if (checkpoint_open_any(&log->latest, w->at[i].note, w->at[i].note_len, log->origin,
                                   log->keys, log->n_keys, &why) != 0) {
        rc = fail(PUMASI_FAILED,
                  _("%s, the checkpoint cosigned last, can't be used: %s. After a change of the "
                    "log key follow the ledger with both keys."),
                  path, _(why));
    } else {
        log->seen = true;
    }
    free(path);
    return rc;
}

int witness_logs_read(const struct profile *p, struct witness_logs *out)
{
    char *path = ledgers_path(p);
    int rc;

    memset(out, 0, sizeof(*out));
    out->lock = -1;
    rc = take_rows(out, path);
    for (size_t i = 0; rc == PUMASI_OK && i < out->n; i++)
        rc = recall(p, out, i);
    free(path);
    return rc;
}

int witness_logs_write(const struct profile *p, const struct witness_logs *w)
{
    char *folder = profile_config_path(p, "witness", NULL), *path = ledgers_path(p);
    json_t *rows = json_array(), *json;
    int rc = PUMASI_OK;

    for (size_t i = 0; i < w->n; i++) {
        json_t *vkeys = json_array();

        for (size_t k = 0; k < w->logs[i].n_keys; k++) {
            char vkey[VKEY_MAX];

            vkey_text(vkey, w->logs[i].origin, &w->logs[i].keys[k]);
            json_array_append_new(vkeys, json_string(vkey));
        }
        json_array_append_new(rows, json_pack("{s:s, s:o}", "url", w->at[i].url, "vkeys", vkeys));
    }
    json = json_pack("{s:o}", "ledgers", rows);
    if (files_mkdir(folder) != 0 || files_write_json(path, json) != 0)
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), path, strerror(errno));
    json_decref(json);
    free(path);
    free(folder);
    return rc;
}

int witness_logs_lock(const struct profile *p, struct witness_logs *w)
{
    char *folder = profile_state_path(p, "witness", NULL),
         *path = profile_state_path(p, "witness", "lock");
    int rc = PUMASI_OK;

    if (files_mkdir(folder) != 0 ||
        (w->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), path, strerror(errno));
    else if (flock(w->lock, LOCK_EX | LOCK_NB) != 0)
        rc = fail(PUMASI_FAILED, _("Another \"pumasi witness\" of this profile is at work."));
    free(path);
    free(folder);
    return rc;
}

size_t witness_logs_find(const struct witness_logs *w, const char *origin)
{
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(w->logs[i].origin, origin))
            return i;
    return SIZE_MAX;
}

void witness_logs_remove(struct witness_logs *w, size_t i)
{
    free(w->at[i].url);
    free(w->at[i].note);
    w->n--;
    memmove(&w->at[i], &w->at[i + 1], (w->n - i) * sizeof(w->at[0]));
    memmove(&w->logs[i], &w->logs[i + 1], (w->n - i) * sizeof(w->logs[0]));
}

void witness_logs_free(struct witness_logs *w)
{
    while (w->n > 0)
        witness_logs_remove(w, w->n - 1);
    if (w->lock >= 0)
        close(w->lock);
    w->lock = -1;
}

int witness_logs_remember(const struct profile *p, struct witness_logs *w, size_t i,
                          const struct checkpoint *c, const char *note, size_t len)
{
    char *path = file_of(p, "witness", w->logs[i].origin, ".note");
    int rc = PUMASI_OK;

    if (files_write(path, note, len) != 0) {
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), path, strerror(errno));
    } else {
        free(w->at[i].note);
        w->at[i].note = x_strndup(note, len);
        w->at[i].note_len = len;
        w->logs[i].latest = *c;
        w->logs[i].seen = true;
    }
    free(path);
    return rc;
}

int witness_logs_accuse(const struct profile *p, const struct witness_logs *w, size_t i,
                        const struct witness_request *shown, char **path)
{
    char *folder = profile_state_path(p, "evidence", NULL);
    struct buf b = BUF_INIT;
    int rc = PUMASI_OK;

    *path = file_of(p, "evidence", w->logs[i].origin, ".fork.json");
    witness_evidence_put(&b, w->logs[i].origin, (int64_t)time(NULL), w->at[i].note,
                         w->at[i].note_len, shown);
    if (files_mkdir(folder) != 0 || (files_create(*path, b.data, b.len) != 0 && errno != EEXIST))
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), *path, strerror(errno));
    buf_free(&b);
    free(folder);
    return rc;
}

char *witness_logs_evidence(const struct profile *p, const char *origin)
{
    char *path = file_of(p, "evidence", origin, ".fork.json");

    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}
