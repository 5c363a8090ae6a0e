/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The file of names: the part of import_names.h about it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/import_names.h"
#include "client/sheet_text.h"
#include "core/csv.h"
#include "core/fold.h"

#define FILE_MAX ((size_t)64 << 20)

static const struct {
    const char *word;
    enum name_decision decision;
} words[] = {
    {"member", NAME_MEMBER}, {"new", NAME_NEW},  {"skip", NAME_SKIP},
    {"회원", NAME_MEMBER},   {"신규", NAME_NEW}, {"제외", NAME_SKIP},
};

/* --- reading --- */

enum field {
    FIELD_NAME,
    FIELD_DECISION,
    FIELD_MEMBER,
};
#define FIELDS 3

struct reading {
    struct import_names *names;
    const char *path, *coop; /* path: as it is said */
    bool begun;
    size_t at[FIELDS];
};

static int bad_row(const struct reading *r, const struct csv_row *row, const char *why)
{
    return fail(PUMASI_USAGE, _("%s, row %lld: %s."), r->path, (long long)row->row, why);
}

static int take_header(struct reading *r, const struct csv_row *row)
{
    static const char *const titles[FIELDS] = {"name", "decision", "member"};

    for (size_t k = 0; k < FIELDS; k++) {
        bool found = false;

        for (size_t i = 0; i < row->n && !found; i++) {
            char *t = fold_text(row->fields[i].s);

            found = t != NULL && str_eq(t, titles[k]);
            r->at[k] = i;
            free(t);
        }
        if (!found)
            return fail(PUMASI_USAGE,
                        _("%s is no file of names: it has no column \"%s\". Name another file, and "
                          "it is written there."),
                        r->path, titles[k]);
    }
    r->begun = true;
    return PUMASI_OK;
}

static const char *field(const struct reading *r, const struct csv_row *row, enum field f)
{
    return r->at[f] < row->n ? row->fields[r->at[f]].s : "";
}

/* A name that a spreadsheet program would run as a formula stands behind an apostrophe. */
static const char *bare(const char *s)
{
    return *s == '\'' && csv_would_run(s) ? s + 1 : s;
}

static bool decide(const char *word, enum name_decision *out)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!str_eq(word, words[i].word))
            continue;
        *out = words[i].decision;
        return true;
    }
    return false;
}

static int take_row(void *arg, const struct csv_row *row)
{
    struct reading *r = arg;
    const char *cell;
    char *word, *handle, *full = NULL;
    enum name_decision decision = NAME_OPEN;
    struct import_name *name;
    uint32_t at;
    int rc = PUMASI_OK;

    if (row->fault != NULL)
        return bad_row(r, row, _(row->fault));
    if (!r->begun)
        return take_header(r, row);
    cell = bare(field(r, row, FIELD_NAME));
    word = fold_text(field(r, row, FIELD_DECISION));
    handle = fold_text(field(r, row, FIELD_MEMBER));
    if (*cell == '\0' || word == NULL || handle == NULL)
        goto out;
    if (*handle != '\0')
        full =
            strchr(handle, '@') != NULL ? x_strdup(handle) : x_asprintf("%s@%s", handle, r->coop);
    /* A member alone says enough. */
    if (*word == '\0' && full != NULL)
        decision = NAME_MEMBER;
    else if (*word != '\0' && !decide(word, &decision))
        rc = bad_row(r, row, _("the decision is member, new or skip"));
    if (rc == PUMASI_OK && full != NULL &&
        (!name_is_address(full) || !str_eq(name_coop_start(full), r->coop)))
        rc = bad_row(r, row,
                     _("the column member takes a handle: a-z, 0-9, '.', '_' and '-', at most 32"));
    if (rc == PUMASI_OK && full == NULL && (decision == NAME_MEMBER || decision == NAME_NEW))
        rc = bad_row(r, row, _("a handle is missing in the column member"));
    if (rc != PUMASI_OK)
        goto out;
    import_names_put(r->names, cell, 0);
    if (names_find(&r->names->cells, cell, &at) && decision != NAME_OPEN) {
        name = &r->names->list[at];
        name->decision = decision;
        name->told = true;
        str_copy(name->member, sizeof(name->member), full == NULL ? "" : full);
    }
out:
    free(word);
    free(handle);
    free(full);
    return rc;
}

/* Excel saves it again in its own manner: the separator is the one that the first line has. */
static char separator_of(const char *text)
{
    size_t line = strcspn(text, "\r\n"), commas = 0, semicolons = 0, tabs = 0;

    for (size_t i = 0; i < line; i++) {
        commas += text[i] == ',';
        semicolons += text[i] == ';';
        tabs += text[i] == '\t';
    }
    if (tabs > commas && tabs > semicolons)
        return '\t';
    return semicolons > commas ? ';' : ',';
}

int import_names_load(struct import_names *n, const char *path, const char *coop)
{
    char *text = NULL, *encoding = NULL, *safe = say_safe(path);
    struct reading r = {.names = n, .path = safe, .coop = coop};
    size_t len;
    struct csv *csv;
    int rc = PUMASI_OK;
    bool read = files_read(path, FILE_MAX, &text, &len) == 0;

    if (read)
        rc = sheet_text(&text, &len, &encoding);
    else if (errno != ENOENT)
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), safe, strerror(errno));
    if (read && rc == PUMASI_OK) {
        csv = csv_new_sheet(separator_of(text), take_row, &r);
        rc = csv_feed(csv, text, len);
        if (rc == PUMASI_OK)
            rc = csv_end(csv);
        csv_free(csv);
    }
    free(encoding);
    free(text);
    free(safe);
    return rc;
}

/* --- writing --- */

static void put_name(struct csv_out *o, const char *cell, const struct import_name *name)
{
    /* A spelling that was found to be another's follows that one, whatever handle it is given. */
    bool follows = name->alias && !name->told;
    enum name_decision decision = follows ? NAME_OPEN : name->alias ? NAME_MEMBER : name->decision;
    const char *word = "";
    char handle[MEMBER_MAX + 1], number[32];

    for (size_t i = ARRAY_LEN(words); i-- > 0;) {
        if (words[i].decision == decision)
            word = words[i].word;
    }
    str_copy(handle, follows ? 1 : strcspn(name->member, "@") + 1, name->member);
    csv_put_text(o, cell);
    csv_put_plain(o, word);
    csv_put_plain(o, handle);
    (void)snprintf(number, sizeof(number), "%zu", name->rows);
    csv_put_plain(o, number);
    (void)snprintf(number, sizeof(number), "%lld", (long long)name->row);
    csv_put_plain(o, number);
    csv_put_text(o, name->note == NULL ? "" : name->note);
    csv_end_row(o);
}

int import_names_save(const struct import_names *n, const char *path)
{
    static const char *const titles[] = {"name", "decision", "member", "rows", "row", "note"};
    static const enum name_decision order[] = {NAME_OPEN, NAME_NEW, NAME_SKIP, NAME_MEMBER};
    struct buf b = BUF_INIT;
    struct csv_out out = {.to = &b, .separator = ','};
    int rc = PUMASI_OK;

    /* With the mark, without which Excel takes it for something else. */
    buf_puts(&b, "\xef\xbb\xbf");
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        csv_put_plain(&out, titles[i]);
    csv_end_row(&out);
    for (size_t k = 0; k < ARRAY_LEN(order); k++) {
        for (size_t i = 0; i < n->cells.n; i++) {
            if (n->list[i].decision == order[k])
                put_name(&out, n->cells.list[i], &n->list[i]);
        }
    }
    if (files_write(path, b.data, b.len) != 0) {
        int why = errno;
        char *safe = say_safe(path);

        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), safe, strerror(why));
        free(safe);
    }
    buf_free(&b);
    return rc;
}
