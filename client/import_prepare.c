/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Import: reading a spreadsheet up to its rows. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/files.h"
#include "client/import_run.h"
#include "client/import_survey.h"
#include "core/fold.h"

#define MAPPING_FILE "mapping.ini"
#define NAMES_FILE   "names.csv"
#define SHOWN_MAX    20

/* --- the unit --- */

/* A unit of the ledger by its handle or name. */
static const struct profile_unit *unit_called(const struct profile *p, const char *cell)
{
    char *told = fold_name(cell);
    const struct profile_unit *found = NULL;

    for (size_t i = 0; told != NULL && found == NULL && i < p->n_units; i++) {
        char *name = fold_name(p->units[i].name);

        if (str_eq(told, p->units[i].unit) || (name != NULL && str_eq(told, name)))
            found = &p->units[i];
        free(name);
    }
    free(told);
    return found;
}

static int several_units(const struct import *m, const struct import_survey *v)
{
    note(_("The file has amounts in %zu units. Import it once for each:"), v->units.n);
    for (size_t i = 0; i < v->units.n; i++) {
        const struct profile_unit *u = unit_called(&m->c->profile, v->units.list[i]);
        char *safe = say_safe(v->units.list[i]);

        if (u != NULL)
            note(_("  %s (rows: %zu): --unit %s"), safe, v->unit_rows[i], u->unit);
        else
            note(_("  %s (rows: %zu): the ledger has no unit of this name"), safe, v->unit_rows[i]);
        free(safe);
    }
    return fail(PUMASI_USAGE, _("Say which unit is to be imported with --unit."));
}

int import_choose_unit(struct import *m, const char **out)
{
    struct import_survey v = {0};
    const struct profile_unit *u = NULL;
    int rc = client_ledger(m->c, NULL);

    *out = NULL;
    if (rc == PUMASI_OK)
        rc = import_file_look(&m->file, m->sheet);
    if (rc != PUMASI_OK)
        return rc;
    import_survey_run(&v, &m->file, NULL, INT32_MAX, NULL);
    if (v.units.n > 0)
        u = unit_called(&m->c->profile, v.units.list[0]);
    for (size_t i = 1; u != NULL && i < v.units.n; i++) {
        if (unit_called(&m->c->profile, v.units.list[i]) != u)
            u = NULL;
    }
    if (v.units.n == 0) {
        char *safe = say_safe(m->o->path);

        rc = fail(PUMASI_USAGE,
                  _("Say in which unit the amounts are, for example: pumasi import %s "
                    "--unit hour"),
                  safe);
        free(safe);
    } else if (u == NULL) {
        rc = several_units(m, &v);
    } else {
        *out = u->unit;
    }
    import_survey_free(&v);
    return rc;
}

/* --- names --- */

static void list_names(const struct import_names *n, enum name_decision decision)
{
    size_t count = import_names_count(n, decision, decision == NAME_NEW), shown = 0;

    if (count == 0)
        return;
    if (decision == NAME_NEW)
        note(ngettext("%zu member is to be made:", "%zu members are to be made:", count), count);
    else
        note(ngettext("%zu name isn't settled:", "%zu names aren't settled:", count), count);
    for (size_t i = 0; i < n->cells.n && shown < SHOWN_MAX; i++) {
        const struct import_name *name = &n->list[i];
        char *cell;

        if (name->decision != decision || name->row == 0 || name->alias ||
            (decision == NAME_NEW && name->told))
            continue;
        cell = say_safe(n->cells.list[i]);
        if (decision == NAME_NEW)
            note("  %s: %s", cell, name->member);
        else
            note(_("  %s (row %lld): %s"), cell, (long long)name->row,
                 name->note == NULL ? "" : name->note);
        free(cell);
        shown++;
    }
    if (count > shown)
        note(_("  and %zu more"), count - shown);
}

/* Whom the names mean. PUMASI_FAILED after writing the file of names where that isn't settled. */
static int settle_names(struct import *m)
{
    const char *path = m->o->names_path;
    size_t open, fresh;
    char *safe;
    int rc;

    import_names_match(&m->names, &m->roster, m->o->coop, m->o->create_members);
    open = import_names_count(&m->names, NAME_OPEN, false);
    fresh = import_names_count(&m->names, NAME_NEW, true);
    if (open + fresh == 0 && access(path, F_OK) == 0)
        return PUMASI_OK;
    rc = import_names_save(&m->names, path);
    if (rc != PUMASI_OK || open + fresh == 0)
        return rc;
    list_names(&m->names, NAME_OPEN);
    list_names(&m->names, NAME_NEW);
    if (open > 0 && !m->o->create_members)
        note("%s", _("With --create-members, those whom nobody is like are made."));
    safe = say_safe(path);
    rc = fail(PUMASI_FAILED,
              _("Nothing was booked. Go through %s: for each name write a decision (member, new "
                "or skip) and the member's handle. Then run this again."),
              safe);
    free(safe);
    return rc;
}

/* --- all of it --- */

int import_prepare(struct import *m, int32_t last_day)
{
    struct import_survey v = {0};
    bool names = m->o->names_path != NULL;
    int rc = PUMASI_OK;

    if (m->file.sheet == NULL)
        rc = import_file_look(&m->file, m->sheet);
    if (rc == PUMASI_OK && m->file.head.row > 1)
        note(_("The headers are in row %lld; what is above is passed over."),
             (long long)m->file.head.row);
    if (rc == PUMASI_OK && names)
        rc = import_names_load(&m->names, m->o->names_path, m->o->coop);
    if (rc != PUMASI_OK)
        return rc;
    import_survey_run(&v, &m->file, m->unit, last_day, names ? &m->names : NULL);
    rc = import_survey_settle(&v, &m->file);
    import_survey_free(&v);
    if (rc == PUMASI_OK)
        rc = roster_fetch(&m->roster, m->c, m->o->key, m->o->coop);
    if (rc == PUMASI_OK && names)
        rc = settle_names(m);
    m->file.names = names ? &m->names : NULL;
    return rc;
}

int import_prepare_again(struct import *m)
{
    char *mapping = import_job_path(&m->job, MAPPING_FILE);
    char *names = import_job_path(&m->job, NAMES_FILE);
    struct hash hash = m->file.hash;
    int rc;

    import_file_free(&m->file);
    sheet_free(m->sheet);
    rc = import_file_open(&m->file, m->o->path);
    if (rc == PUMASI_OK && !hash_eq(&hash, &m->file.hash))
        rc = fail(PUMASI_FAILED, _("The file was changed just now. Run this again."));
    /* Of before there were mappings: commas, points, and dates of one kind. */
    m->sheet->separator = ',';
    m->sheet->decimal = '.';
    m->sheet->dates = CELL_YMD;
    if (rc == PUMASI_OK && access(mapping, F_OK) == 0)
        rc = sheet_load(m->sheet, mapping);
    if (rc == PUMASI_OK && access(names, F_OK) == 0) {
        rc = import_names_load(&m->names, names, m->job.coop);
        m->file.names = &m->names;
    }
    if (rc == PUMASI_OK)
        rc = import_file_look(&m->file, m->sheet);
    free(mapping);
    free(names);
    return rc;
}

int import_prepare_keep(const struct import *m)
{
    char *mapping = import_job_path(&m->job, MAPPING_FILE);
    char *names = import_job_path(&m->job, NAMES_FILE);
    int rc = sheet_save(m->sheet, mapping, true);

    if (rc == PUMASI_OK && m->file.names != NULL)
        rc = import_names_save(&m->names, names);
    free(mapping);
    free(names);
    return rc;
}
