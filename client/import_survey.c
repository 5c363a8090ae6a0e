/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import_survey.h"

#include <stdlib.h>
#include <string.h>

#include "client/say.h"

enum decimal_way {
    DECIMAL_POINT,
    DECIMAL_COMMA,
};
#define DECIMAL_WAYS 2
#define DATE_WAYS    3 /* the first of enum cell_order */

struct surveying {
    struct import_survey *survey;
    const struct import_file *file;
    const struct profile_unit *unit;
    int32_t last_day;
    struct import_names *names;
    struct buf text;
};

/* A cell that the unit can't have in any way still shows how the column is written: 0.017 and 1.3
 * have a decimal point. */
static void vote_amount(struct surveying *s, const struct csv_row *row)
{
    static const char marks[DECIMAL_WAYS] = {[DECIMAL_POINT] = '.', [DECIMAL_COMMA] = ','};
    enum sheet_column column = sheet_amount(s->file->sheet);
    const char *cell = sheet_cell(&s->file->head, row, column, &s->text), *why;
    enum cell_fit fit[DECIMAL_WAYS], best = CELL_UNFIT;
    struct cell_unit u;
    bool ok[DECIMAL_WAYS];
    int64_t value[DECIMAL_WAYS] = {0, 0};

    import_file_unit(s->file, s->unit, &u);
    for (int i = 0; i < DECIMAL_WAYS; i++) {
        fit[i] = cell_amount(cell, &u, marks[i], &value[i], &why);
        if (fit[i] == CELL_FITS)
            best = CELL_FITS;
    }
    for (int i = 0; i < DECIMAL_WAYS; i++)
        ok[i] = fit[i] == best;
    cell_vote(&s->survey->decimals, DECIMAL_WAYS, ok, value, row->row);
}

/* A day that hasn't come yet is none that somebody wrote down. */
static void vote_date(struct surveying *s, const struct csv_row *row)
{
    const char *cell = sheet_cell(&s->file->head, row, SHEET_DATE, &s->text);
    bool ok[DATE_WAYS];
    int64_t value[DATE_WAYS] = {0, 0, 0};

    for (int i = 0; i < DATE_WAYS; i++) {
        int32_t day = 0;

        ok[i] = cell_date(cell, (enum cell_order)i, &day) == 0 && day <= s->last_day;
        value[i] = day;
    }
    cell_vote(&s->survey->dates, DATE_WAYS, ok, value, row->row);
}

static void count_unit(struct surveying *s, const struct csv_row *row)
{
    struct import_survey *v = s->survey;
    const char *cell = sheet_cell(&s->file->head, row, SHEET_UNIT, &s->text);
    size_t before = v->units.n;
    uint32_t at;

    if (*cell == '\0')
        return;
    at = names_put(&v->units, cell);
    if (v->units.n > before) {
        v->unit_rows = x_realloc(v->unit_rows, v->units.cap * sizeof(*v->unit_rows));
        v->unit_rows[at] = 0;
    }
    v->unit_rows[at]++;
}

static void gather(struct surveying *s, const struct csv_row *row)
{
    static const enum sheet_column columns[] = {SHEET_FROM, SHEET_TO, SHEET_MEMBER};

    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        const char *cell = sheet_cell(&s->file->head, row, columns[i], &s->text);

        if (*cell != '\0')
            import_names_put(s->names, cell, row->row);
    }
}

static int take_row(void *arg, const struct csv_row *row)
{
    struct surveying *s = arg;
    struct import_survey *v = s->survey;

    if (!import_file_takes(s->file, row) || row->fault != NULL)
        return 0;
    if (sheet_row_total(&s->file->head, row)) {
        buf_printf(&v->totals, "%s%lld", v->n_totals++ > 0 ? "," : "", (long long)row->row);
        return 0;
    }
    count_unit(s, row);
    if (s->unit == NULL || !import_file_of_unit(s->file, row, s->unit, &s->text))
        return 0;
    vote_amount(s, row);
    vote_date(s, row);
    if (s->names != NULL)
        gather(s, row);
    return 0;
}

void import_survey_run(struct import_survey *v, const struct import_file *f,
                       const struct profile_unit *unit, int32_t last_day,
                       struct import_names *names)
{
    static const struct cell_choice open = CELL_CHOICE;
    struct surveying s = {
        .survey = v, .file = f, .unit = unit, .last_day = last_day, .names = names};
    struct csv *csv = csv_new_sheet(f->head.separator, take_row, &s);

    memset(v, 0, sizeof(*v));
    v->decimals = v->dates = open;
    if (csv_feed(csv, f->bytes, f->len) == 0)
        (void)!csv_end(csv);
    csv_free(csv);
    buf_free(&s.text);
}

void import_survey_free(struct import_survey *v)
{
    names_free(&v->units);
    free(v->unit_rows);
    buf_free(&v->totals);
    memset(v, 0, sizeof(*v));
}

/* --- what it comes to --- */

static int settle_decimals(const struct import_survey *v, struct sheet *sheet)
{
    int64_t row;
    int way = cell_settle(&v->decimals, DECIMAL_WAYS, &row);

    if (way >= 0) {
        sheet->decimal = way == DECIMAL_POINT ? '.' : ',';
        return PUMASI_OK;
    }
    if (row > 0)
        return fail(PUMASI_USAGE,
                    _("Is the amount in row %lld written with a decimal comma, or are its "
                      "thousands parted? No other row of the file tells. Say which: --decimal "
                      "comma, or --decimal point"),
                    (long long)row);
    return fail(PUMASI_USAGE,
                _("Row %lld makes sense only with a decimal comma, and row %lld only with a "
                  "decimal point. Say which is right with --decimal comma or --decimal point; the "
                  "others are bad rows then."),
                (long long)v->decimals.against[DECIMAL_POINT],
                (long long)v->decimals.against[DECIMAL_COMMA]);
}

static int settle_dates(const struct import_survey *v, struct sheet *sheet)
{
    int64_t row;

    sheet->dates = cell_settle(&v->dates, DATE_WAYS, &row);
    if (sheet->dates >= 0)
        return PUMASI_OK;
    sheet->dates = SHEET_AUTO;
    if (row > 0)
        return fail(PUMASI_USAGE,
                    _("The date in row %lld can be read in more than one way, and no other row of "
                      "the file tells which. Say it: --dates dmy (day first), --dates mdy (month "
                      "first) or --dates ymd (year first)"),
                    (long long)row);
    return fail(PUMASI_USAGE,
                _("The dates are written in several ways: row %lld can't have the year first, row "
                  "%lld not the day, row %lld not the month. Say which is right with --dates ymd, "
                  "dmy or mdy; the others are bad rows then."),
                (long long)v->dates.against[CELL_YMD], (long long)v->dates.against[CELL_DMY],
                (long long)v->dates.against[CELL_MDY]);
}

int import_survey_settle(const struct import_survey *v, struct import_file *f)
{
    int rc = PUMASI_OK;

    if (v->n_totals > 0)
        return fail(PUMASI_USAGE,
                    _("These rows look like totals: %s. If they are, leave them out with: "
                      "--skip-rows %s"),
                    v->totals.data, v->totals.data);
    if (f->sheet->decimal == 0)
        rc = settle_decimals(v, f->sheet);
    if (rc == PUMASI_OK && f->sheet->dates == SHEET_AUTO)
        rc = settle_dates(v, f->sheet);
    return rc;
}
