/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_H
#define PUMASI_IMPORT_H

#include "client/client.h"
#include "client/import_job.h"

/* What is asked for. Everything is borrowed. */
struct import_options {
    const char *path;
    const char *coop, *unit; /* unit NULL: the one that the file's column of units says */
    struct sheet *sheet;     /* what is told of the file; what is found out is added */
    const char *names_path;  /* of names and whom they mean; NULL: the file has handles */
    bool create_members;
    const char *bad_path; /* NULL: the path with .bad.csv in place of .csv */
    struct keyfile *key;  /* a registrar's, unlocked */
    bool set_limits, partial, dry_run, again;
    int64_t patience; /* seconds */
};

/*
 * Books the transfers of a spreadsheet, or says what it would do. PUMASI_OK when all of its rows
 * are booked; PUMASI_FAILED when some aren't (they are in the file of bad rows), or when nothing
 * was begun; PUMASI_UNKNOWN when the ledger went away, and the same command takes it up again.
 */
int import_run(struct client *c, const struct import_options *o) MUST_CHECK;

/* The bad rows as CSV: row, reason, and the columns as they stand in the file. For tests too. */
void import_put_bad(struct buf *b, struct import_file *f);

#endif
