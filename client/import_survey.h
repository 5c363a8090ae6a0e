/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_SURVEY_H
#define PUMASI_IMPORT_SURVEY_H

#include "client/import_file.h"

/* What only all rows of a spreadsheet together tell, before any of them is taken. */
struct import_survey {
    struct cell_choice decimals, dates; /* which row speaks against which way to read them */
    struct names units;                 /* as they stand in their column */
    size_t *unit_rows;                  /* rows of each */
    struct buf totals;                  /* rows that look like totals: "14,30" */
    size_t n_totals;
};

/*
 * Goes through the rows: of `unit` only, or of all where it is NULL, as then it is only the units
 * that are asked for. Names are gathered into `names` where it isn't NULL.
 */
void import_survey_run(struct import_survey *v, const struct import_file *f,
                       const struct profile_unit *unit, int32_t last_day,
                       struct import_names *names);
/*
 * Settles decimal marks and the order of dates, into f->sheet. An enum pumasi_exit: PUMASI_USAGE
 * after a sentence that asks for the option where the file leaves it open, contradicts itself, or
 * has totals among its rows.
 */
int import_survey_settle(const struct import_survey *v, struct import_file *f) MUST_CHECK;
void import_survey_free(struct import_survey *v);

#endif
