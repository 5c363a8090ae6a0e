/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/http.h"
#include "client/jwk.h"
#include "client/say.h"
#include "core/lineage.h"
#include "core/num.h"

/* $XDG_…_HOME, else below the home folder, as the XDG base directory specification says. */
static char *base_folder(const char *variable, const char *fallback)
{
    const char *base = getenv(variable), *home = getenv("HOME");

    if (base != NULL && base[0] == '/')
        return x_strdup(base);
    if (home == NULL || home[0] != '/')
        return NULL;
    return x_asprintf("%s/%s", home, fallback);
}

static bool name_ok(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    return n > 0 && n <= 64 && s[n] == '\0' && s[0] != '.' && s[0] != '-';
}

static bool unit_from_json(const json_t *json, struct profile_unit *out)
{
    const char *unit, *name, *kind;
    json_int_t scale;

    if (json_unpack((json_t *)json, "{s:s, s:s, s:I, s:s}", "unit", &unit, "name", &name, "scale",
                    &scale, "kind", &kind) != 0)
        return false;
    if (!name_is_unit(unit) || scale < 1 || scale > AMOUNT_MAX ||
        unit_kind_parse(kind, &out->kind) != 0)
        return false;
    str_copy(out->unit, sizeof(out->unit), unit);
    out->name = say_safe(name);
    out->scale = scale;
    return true;
}

static void drop_units(struct profile *p)
{
    for (size_t i = 0; i < p->n_units; i++)
        free(p->units[i].name);
    free(p->units);
    p->units = NULL;
    p->n_units = 0;
}

static void take_units(struct profile *p, const json_t *units)
{
    size_t i;
    json_t *row;

    drop_units(p);
    if (!json_is_array(units) || json_array_size(units) == 0)
        return;
    p->units = x_calloc(json_array_size(units), sizeof(*p->units));
    json_array_foreach (units, i, row) {
        if (unit_from_json(row, &p->units[p->n_units]))
            p->n_units++;
    }
}

void profile_set_units(struct profile *p, const json_t *units)
{
    char *path = profile_state_path(p, NULL, "units.json");
    json_t *cache;

    take_units(p, units);
    cache = json_pack("{s:O}", "units", (json_t *)units);
    /* Only a cache: what can't be written down is asked for again next time. */
    if (cache != NULL && files_mkdir(p->state_dir) == 0)
        (void)!files_write_json(path, cache);
    json_decref(cache);
    free(path);
}

const struct profile_unit *profile_unit(const struct profile *p, const char *unit)
{
    for (size_t i = 0; i < p->n_units; i++) {
        if (str_eq(p->units[i].unit, unit))
            return &p->units[i];
    }
    return NULL;
}

/* "earlier_log_keys", perhaps missing; false when one is no key. */
static bool take_earlier(struct profile *p, const json_t *list)
{
    const char *why;
    json_t *jwk;
    size_t i;

    if (list == NULL)
        return true;
    if (!json_is_array(list))
        return false;
    p->earlier = x_calloc(json_array_size(list) + 1, sizeof(*p->earlier));
    json_array_foreach (list, i, jwk) {
        if (jwk_read(jwk, &p->earlier[i], &why) != 0)
            return false;
        p->n_earlier++;
    }
    return true;
}

/* "earlier_ledgers", perhaps missing; false when one is none. */
static bool take_past(struct profile *p, const json_t *list)
{
    char origin[ORIGIN_MAX + 1];
    const char *id;
    json_int_t found;
    json_t *row;
    size_t i;

    json_array_foreach (list, i, row) {
        if (json_unpack(row, "{s:s, s:I}", "ledger_id", &id, "found", &found) != 0 ||
            !ledger_id_origin(origin, id) || !name_is_origin(origin) || found < 1)
            return false;
        profile_add_past(p, id, found);
    }
    return list == NULL || json_is_array(list);
}

/* The pinned things out of profile.json; false when one makes no sense. */
static bool take_pins(struct profile *p, const json_t *json)
{
    const char *url, *id, *origin, *why;
    json_t *log_key;

    if (json_unpack((json_t *)json, "{s:s, s:s, s:s, s:o}", "url", &url, "ledger_id", &id, "origin",
                    &origin, "log_key", &log_key) != 0)
        return false;
    if (!http_url_ok(url) || !name_is_origin(origin) || jwk_read(log_key, &p->log_key, &why) != 0 ||
        !take_earlier(p, json_object_get(json, "earlier_log_keys")) ||
        !take_past(p, json_object_get(json, "earlier_ledgers")))
        return false;
    p->log_keys_record = json_integer_value(json_object_get(json, "log_keys_record"));
    if (id[0] != '\0' && (strncmp(id, origin, strlen(origin)) != 0 || id[strlen(origin)] != '#'))
        return false;
    p->url = x_strdup(url);
    p->ledger_id = x_strdup(id);
    str_copy(p->origin, sizeof(p->origin), origin);
    p->connected = true;
    return true;
}

int profile_load(struct profile *p, const char *name)
{
    char *config = NULL, *state = NULL, *path = NULL;
    const char *why;
    json_t *json = NULL;
    int rc = PUMASI_OK;

    memset(p, 0, sizeof(*p));
    if (name == NULL)
        name = "default";
    if (!name_ok(name))
        return fail(PUMASI_USAGE,
                    _("A profile's name has letters, digits, '.', '_' and '-' only."));
    config = base_folder("XDG_CONFIG_HOME", ".config");
    state = base_folder("XDG_STATE_HOME", ".local/state");
    if (config == NULL || state == NULL) {
        rc = fail(PUMASI_FAILED,
                  _("HOME isn't set, so there is no place for keys. Set HOME and try again."));
        goto out;
    }
    p->name = x_strdup(name);
    p->config_dir = x_asprintf("%s/pumasi/%s", config, name);
    p->state_dir = x_asprintf("%s/pumasi/%s", state, name);
    path = profile_config_path(p, NULL, "profile.json");
    errno = 0;
    json = files_read_json(path, &why);
    if (json == NULL && errno == ENOENT)
        goto out;
    if (json == NULL || !take_pins(p, json)) {
        rc = fail(PUMASI_FAILED,
                  _("%s can't be used: %s. Set it right, or remove it and connect again."), path,
                  json == NULL ? why : _("it isn't what \"pumasi connect\" writes"));
        goto out;
    }
    json_decref(json);
    free(path);
    path = profile_state_path(p, NULL, "units.json");
    json = files_read_json(path, &why);
    if (json != NULL)
        take_units(p, json_object_get(json, "units"));
out:
    json_decref(json);
    free(path);
    free(config);
    free(state);
    return rc;
}

void profile_free(struct profile *p)
{
    drop_units(p);
    free(p->name);
    free(p->config_dir);
    free(p->state_dir);
    free(p->url);
    free(p->ledger_id);
    free(p->earlier);
    for (size_t i = 0; i < p->n_past; i++)
        free(p->past[i].ledger_id);
    free(p->past);
    memset(p, 0, sizeof(*p));
}

static json_t *jwk_json(const struct key *key)
{
    struct buf jwk = BUF_INIT;
    json_t *json;

    key_put_jwk(&jwk, key);
    json = json_loads(jwk.data, 0, NULL);
    buf_free(&jwk);
    return json;
}

int profile_save(const struct profile *p)
{
    char *path = profile_config_path(p, NULL, "profile.json");
    json_t *json, *earlier = json_array(), *past = json_array();
    int rc = PUMASI_OK;

    json = json_pack("{s:s, s:s, s:s, s:o}", "url", p->url, "ledger_id", p->ledger_id, "origin",
                     p->origin, "log_key", jwk_json(&p->log_key));
    for (size_t i = 0; i < p->n_earlier; i++)
        json_array_append_new(earlier, jwk_json(&p->earlier[i]));
    if (p->n_earlier > 0)
        json_object_set(json, "earlier_log_keys", earlier);
    for (size_t i = 0; i < p->n_past; i++)
        json_array_append_new(past, json_pack("{s:s, s:I}", "ledger_id", p->past[i].ledger_id,
                                              "found", (json_int_t)p->past[i].found));
    if (p->n_past > 0)
        json_object_set(json, "earlier_ledgers", past);
    if (p->log_keys_record > 0)
        json_object_set_new(json, "log_keys_record", json_integer(p->log_keys_record));
    if (files_mkdir(p->config_dir) != 0 || files_write_json(path, json) != 0)
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), path, strerror(errno));
    json_decref(earlier);
    json_decref(past);
    json_decref(json);
    free(path);
    return rc;
}

void profile_follow(struct profile *p, const struct key *log_key)
{
    struct key *all = x_calloc(p->n_earlier + 1, sizeof(*all));

    if (p->n_earlier > 0)
        memcpy(all, p->earlier, p->n_earlier * sizeof(*all));
    all[p->n_earlier++] = p->log_key;
    free(p->earlier);
    p->earlier = all;
    p->log_key = *log_key;
}

void profile_add_past(struct profile *p, const char *ledger_id, int64_t found)
{
    for (size_t i = 0; i < p->n_past; i++)
        if (str_eq(p->past[i].ledger_id, ledger_id))
            return;
    p->past = x_realloc(p->past, (p->n_past + 1) * sizeof(*p->past));
    p->past[p->n_past++] = (struct profile_past){x_strdup(ledger_id), found};
}

bool profile_lost(const struct profile *p, const char *origin, int64_t index)
{
    char of[ORIGIN_MAX + 1];

    for (size_t i = 0; i < p->n_past; i++)
        if (ledger_id_origin(of, p->past[i].ledger_id) && str_eq(of, origin))
            return index >= p->past[i].found;
    return false;
}

char *profile_ca_path(const struct profile *p)
{
    return profile_config_path(p, NULL, "ca.pem");
}

static char *join(const char *base, const char *folder, const char *file)
{
    return x_asprintf("%s%s%s%s%s", base, folder == NULL ? "" : "/", folder == NULL ? "" : folder,
                      file == NULL ? "" : "/", file == NULL ? "" : file);
}

char *profile_state_path(const struct profile *p, const char *folder, const char *file)
{
    return join(p->state_dir, folder, file);
}

char *profile_config_path(const struct profile *p, const char *folder, const char *file)
{
    return join(p->config_dir, folder, file);
}
