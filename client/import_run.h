/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_RUN_H
#define PUMASI_IMPORT_RUN_H

#include "client/bulk.h"
#include "client/import.h"
#include "client/import_act.h"
#include "client/import_show.h"
#include "client/roster.h"

/* One run of "pumasi import": what its parts share. */
struct import {
    struct client *c;
    const struct import_options *o;
    const struct profile_unit *unit; /* NULL until it is known */
    struct sheet *sheet;             /* the options', or the job's when it is taken up again */
    struct import_file file;
    struct import_names names;
    struct roster roster;
    struct import_job job;
    struct import_maker maker;
    struct import_results results;
    struct bulk_proofs proofs;
    struct import_show show;
    size_t n_treasurers; /* keys for what purses pay */
    struct keyfile *treasurers[CLI_VALUES_MAX];
    size_t last; /* the act of last_line */
    char *last_line;
};

/* --- import_prepare.c --- */

/* Which unit it is, when the user doesn't say: the only one in the column of units. An enum
 * pumasi_exit, after a sentence. */
int import_choose_unit(struct import *m, const char **out) MUST_CHECK;
/*
 * Reads the file up to its rows: encoding, columns, how amounts and dates are written, and who is
 * meant by each name. PUMASI_FAILED after sentences when names are to be settled first.
 */
int import_prepare(struct import *m, int32_t last_day) MUST_CHECK;
/* Reads it as the job says that it was read. */
int import_prepare_again(struct import *m) MUST_CHECK;
/* Keeps in the job's folder how the file was read. */
int import_prepare_keep(const struct import *m) MUST_CHECK;

/* --- import_bad.c --- */

/* Where the bad rows go. The caller frees it. */
char *import_bad_path(const struct import_options *o);
int import_write_bad(struct import *m, const char *path) MUST_CHECK;
void import_list_bad(const struct import *m);

/* --- import_limits.c --- */

/* Says which limits are too narrow. PUMASI_OK when the import may go on, with those in the plan
 * that it is to set. */
int import_settle_limits(const struct import *m, struct import_plan *p) MUST_CHECK;

/* --- import_check.c --- */

/* The treasurers' keys of this profile, unlocked, where a purse pays. */
int import_find_treasurers(struct import *m) MUST_CHECK;
/* Says which rows can't be recorded, and why; their number. */
size_t import_check_rows(const struct import *m, const struct import_plan *p);
/* Says what is going to be done: rows, sums, members to be made, rows that stand there twice. */
void import_note_plan(const struct import *m, const struct import_plan *p);

#endif
