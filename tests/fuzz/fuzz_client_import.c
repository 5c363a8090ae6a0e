/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A spreadsheet, the description of its columns and the file of names: what is read as a row keeps
 * to the protocol's ranges, the same bytes are read as the same twice, and the file of bad rows has
 * each of them. Three files, parted by 0x1e: the mapping, the names, the spreadsheet. */
#include "client/import.h"
#include "client/import_survey.h"
#include "core/num.h"
#include "files.h"
#include "said.h"

#define LAST_DAY 20779 /* 2026-11-22 */

static const struct profile_unit hour = {
    .unit = "hour", .name = (char *)"Hour", .scale = 60, .kind = UNIT_TIME};

static bool read_sheet(struct import_file *f, struct sheet *sheet, struct import_names *names)
{
    struct import_survey v;
    int rc;

    if (import_file_look(f, sheet) != PUMASI_OK)
        return false;
    import_survey_run(&v, f, &hour, LAST_DAY, names);
    rc = import_survey_settle(&v, f);
    import_survey_free(&v);
    return rc == PUMASI_OK && import_file_read(f, "hansalim", &hour, LAST_DAY) == PUMASI_OK;
}

static void check_rows(const struct import_file *f)
{
    for (size_t i = 0; i < f->n_rows; i++) {
        const struct import_row *r = &f->rows[i];

        MUST(r->at + r->len <= f->len && r->row >= 1);
        MUST(r->from < f->members.n && r->to < f->members.n && r->from != r->to);
        MUST(name_is_address(f->members.list[r->from]) && name_is_address(f->members.list[r->to]));
        MUST(r->amount >= 1 && r->amount <= AMOUNT_MAX);
        MUST(!r->has_day || r->day <= LAST_DAY);
        MUST(r->category <= f->categories.n && r->memo <= f->memos.n);
        MUST(r->category == 0 || name_is_category(f->categories.list[r->category - 1]));
    }
    for (size_t i = 0; i < f->n_bad; i++) {
        MUST(f->bad[i].at + f->bad[i].len <= f->len);
        said_is_safe(x_strdup(f->bad[i].reason));
    }
}

static void check_bad(struct import_file *f)
{
    struct buf b = BUF_INIT;

    import_put_bad(&b, f);
    MUST(f->n_bad == 0 || b.len > 0);
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names_of[] = {"mapping.ini", "names.csv", "sheet.csv"};
    char *mapping = files_path(names_of[0]), *people = files_path(names_of[1]);
    char *path = files_path(names_of[2]);
    struct import_names names = {0};
    struct import_file f = {0}, again = {0};
    struct roster roster = {0};
    const uint8_t *file;
    struct sheet sheet;
    size_t len;

    for (size_t i = 0; i < ARRAY_LEN(names_of); i++) {
        bool there = files_next(&data, &size, &file, &len);

        files_put(names_of[i], there ? file : (const uint8_t *)"", there ? len : 0);
    }
    said_begin();
    sheet_init(&sheet);
    if (sheet_load(&sheet, mapping) == PUMASI_OK) {
        MUST(import_file_open(&f, path) == PUMASI_OK);
        if (read_sheet(&f, &sheet, NULL)) {
            check_rows(&f);
            check_bad(&f);
            MUST(import_file_open(&again, path) == PUMASI_OK && read_sheet(&again, &sheet, NULL));
            MUST(again.n_rows == f.n_rows && again.n_bad == f.n_bad);
        }
        import_file_free(&again);
        import_file_free(&f);
        MUST(sheet_save(&sheet, path, true) == PUMASI_OK);
    }
    sheet_free(&sheet);
    if (import_names_load(&names, people, "hansalim") == PUMASI_OK) {
        import_names_match(&names, &roster, "hansalim", true);
        MUST(import_names_save(&names, people) == PUMASI_OK);
    }
    import_names_free(&names);
    said_end();
    free(mapping);
    free(people);
    free(path);
    return 0;
}
