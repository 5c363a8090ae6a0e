/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/trusted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/say.h"

int trusted_read(const struct profile *p, struct trusted_list *out)
{
    char *path = profile_config_path(p, NULL, "witnesses.json");
    const char *why, *name;
    json_t *json, *vkey;
    bool ok;
    int rc = PUMASI_OK;

    memset(out, 0, sizeof(*out));
    errno = 0;
    json = files_read_json(path, &why);
    if (json == NULL) {
        if (errno != ENOENT)
            rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), path, why);
        free(path);
        return rc;
    }
    ok = json_is_object(json_object_get(json, "witnesses"));
    json_object_foreach (json_object_get(json, "witnesses"), name, vkey) {
        struct trusted *row = &out->rows[out->n];

        ok = ok && out->n < TRUSTED_MAX && quorum_name_ok(name) && json_is_string(vkey) &&
             cosigner_parse(&row->who, json_string_value(vkey)) == 0;
        if (!ok)
            break;
        str_copy(row->name, sizeof(row->name), name);
        out->n++;
    }
    if (!ok)
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), path,
                  _("it isn't what \"pumasi witness pin\" writes"));
    json_decref(json);
    free(path);
    return rc;
}

int trusted_write(const struct profile *p, const struct trusted_list *pins)
{
    char *path = profile_config_path(p, NULL, "witnesses.json");
    json_t *rows = json_object(), *json;
    int rc = PUMASI_OK;

    for (size_t i = 0; i < pins->n; i++) {
        char vkey[VKEY_MAX];

        cosigner_text(vkey, &pins->rows[i].who);
        json_object_set_new(rows, pins->rows[i].name, json_string(vkey));
    }
    json = json_pack("{s:o}", "witnesses", rows);
    if (files_mkdir(p->config_dir) != 0 || files_write_json(path, json) != 0)
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), path, strerror(errno));
    json_decref(json);
    free(path);
    return rc;
}

struct trusted *trusted_find(struct trusted_list *pins, const char *name)
{
    for (size_t i = 0; i < pins->n; i++)
        if (str_eq(pins->rows[i].name, name))
            return &pins->rows[i];
    return NULL;
}

/* "seoul=<vkey>" becomes "seoul" in *names, and the key goes to *given. */
static int take_given(const char *s, size_t len, struct buf *names, struct trusted_list *given)
{
    const char *equal = memchr(s, '=', len);
    char *vkey;
    int rc = PUMASI_OK;

    if (equal == NULL) {
        buf_put(names, s, len);
        return PUMASI_OK;
    }
    vkey = x_strndup(equal + 1, (size_t)(s + len - equal - 1));
    buf_put(names, s, (size_t)(equal - s));
    if (given->n == TRUSTED_MAX || (size_t)(equal - s) > QUORUM_NAME_MAX ||
        cosigner_parse(&given->rows[given->n].who, vkey) != 0)
        rc = fail(PUMASI_USAGE, _("What stands behind \"%.*s=\" is no witness's key (vkey)."),
                  (int)(equal - s), s);
    else
        str_copy(given->rows[given->n++].name, (size_t)(equal - s) + 1, s);
    free(vkey);
    return rc;
}

/* The names in the text of a quorum, without keys; blanks before them stay. */
static int split(const char *text, struct buf *names, struct trusted_list *given)
{
    const char *of = strstr(text, " of ");
    int rc = PUMASI_OK;

    if (of == NULL) {
        buf_puts(names, text); /* quorum_parse says what is wrong */
        return PUMASI_OK;
    }
    buf_put(names, text, (size_t)(of + 4 - text));
    for (const char *p = of + 4; rc == PUMASI_OK;) {
        size_t blank = strspn(p, " "), len = strcspn(p + blank, ",");

        p += blank;
        rc = take_given(p, len, names, given);
        if (p[len] == '\0')
            break;
        buf_putc(names, ',');
        p += len + 1;
    }
    return rc;
}

int trust_parse(const struct profile *p, const char *text, struct trust *out)
{
    struct buf names = BUF_INIT;
    struct trusted_list given = {0}, pinned;
    const char *why;
    int rc = split(text, &names, &given);

    if (rc == PUMASI_OK && quorum_parse(&out->quorum, names.data, &why) != 0)
        rc = fail(PUMASI_USAGE, _("That is no quorum: %s."), _(why));
    if (rc == PUMASI_OK)
        rc = trusted_read(p, &pinned);
    for (size_t i = 0; rc == PUMASI_OK && i < out->quorum.n; i++) {
        struct trusted *row = trusted_find(&given, out->quorum.names[i]);

        if (row == NULL)
            row = trusted_find(&pinned, out->quorum.names[i]);
        if (row == NULL) {
            rc = fail(PUMASI_FAILED,
                      _("No witness is pinned as \"%s\". Pin it with: pumasi witness pin %s VKEY"),
                      out->quorum.names[i], out->quorum.names[i]);
            break;
        }
        out->who[i] = row->who;
        for (size_t k = 0; rc == PUMASI_OK && k < i; k++)
            if (memcmp(out->who[k].key.x, row->who.key.x, KEY_LEN) == 0)
                rc = fail(PUMASI_USAGE, _("\"%s\" and \"%s\" are one witness: they have one key."),
                          out->quorum.names[k], out->quorum.names[i]);
    }
    buf_free(&names);
    return rc;
}

void trust_find(const struct trust *t, const char *note, size_t len, struct trust_found *out)
{
    int n;

    memset(out, 0, sizeof(*out));
    n = cosign_count(note, len, t->who, t->quorum.n, out->found, out->times, &out->why);
    out->count = n > 0 ? (size_t)n : 0;
    out->rc = n < 0 ? -1 : out->count >= t->quorum.need;
}

json_t *trust_json(const struct trust *t, const struct trust_found *f)
{
    json_t *by = json_object();

    for (size_t i = 0; f->rc >= 0 && i < t->quorum.n; i++)
        if (f->found[i])
            json_object_set_new(by, t->quorum.names[i], json_integer((json_int_t)f->times[i]));
    return json_pack("{s:I, s:I, s:b, s:o}", "need", (json_int_t)t->quorum.need, "count",
                     (json_int_t)f->count, "reached", f->rc > 0, "cosigned", by);
}
