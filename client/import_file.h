/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_FILE_H
#define PUMASI_IMPORT_FILE_H

#include "client/import_names.h"
#include "client/profile.h"
#include "client/sheet_head.h"
#include "core/base.h"
#include "core/hash.h"

/*
 * A spreadsheet of transfers, or of opening balances, read whole. What comes out depends on the
 * bytes of the file, the sheet's description, the names and the other arguments alone, so that
 * reading it again gives the same.
 */
#define IMPORT_FILE_MAX ((size_t)512 << 20)

struct import_row {
    int64_t row;       /* as a spreadsheet counts, from 1 */
    size_t at, len;    /* the row as it stands in the file */
    uint32_t from, to; /* members */
    int64_t amount;    /* minor units */
    bool has_day;
    int32_t day;       /* value date, days since 1970 */
    uint32_t category; /* 1 + its place in categories, 0 without one */
    uint32_t memo;     /* 1 + its place in memos, 0 without one */
};

/* A row that isn't to be posted. */
struct import_bad {
    int64_t row;
    size_t at, len;
    bool broken;  /* it can't be taken apart, so it must be quoted whole */
    char *reason; /* one sentence without a full stop */
};

struct import_file {
    char *bytes;
    size_t len;
    struct hash hash;       /* SHA-256 of the bytes, as they were on disk */
    struct sheet *sheet;    /* borrowed; all of it is known once import_file_look was called */
    struct sheet_head head; /* where its columns are */
    bool marked;            /* a byte order mark is wanted */
    const struct import_names *names; /* borrowed; NULL: the cells are handles */
    size_t n_rows, cap_rows;
    struct import_row *rows;
    size_t n_bad, cap_bad;
    struct import_bad *bad; /* by row, until others are added */
    struct names members;   /* addresses, in the order in which they appear in good rows */
    struct names categories, memos;
    size_t n_left_out;   /* rows that the user leaves out */
    size_t n_other_unit; /* rows of other units */
};

/* Reads the bytes and their hash. An enum pumasi_exit, after a sentence. */
int import_file_open(struct import_file *f, const char *path) MUST_CHECK;
/* Finds out what isn't told about encoding and columns, into *sheet too. An enum pumasi_exit, after
 * a sentence. */
int import_file_look(struct import_file *f, struct sheet *sheet) MUST_CHECK;
/*
 * Takes the rows, for members of `coop` and amounts of `unit`; decimals and dates are as the sheet
 * says by now (import_survey.h). A day after `last_day` makes a row bad. An enum pumasi_exit, after
 * a sentence.
 */
int import_file_read(struct import_file *f, const char *coop, const struct profile_unit *unit,
                     int32_t last_day) MUST_CHECK;
void import_file_free(struct import_file *f);
/* Adds a bad row; takes over the reason. */
void import_file_add_bad(struct import_file *f, int64_t row, size_t at, size_t len, bool broken,
                         char *reason);

/* Is there anything in this row to be read: below the headers, not blank, not left out? */
bool import_file_takes(const struct import_file *f, const struct csv_row *row);
/* Is it of the unit, by its column of units if it has one? unit NULL: of any. b is for the cell. */
bool import_file_of_unit(const struct import_file *f, const struct csv_row *row,
                         const struct profile_unit *unit, struct buf *b);
/* How its amounts are written. */
void import_file_unit(const struct import_file *f, const struct profile_unit *unit,
                      struct cell_unit *out);

/*
 * What people call a kind of transfer, as a category of the protocol: lower case, '-' for each
 * character but a-z, 0-9 and '-', cut after CATEGORY_MAX.
 */
void import_category(char out[CATEGORY_MAX + 1], const char *s);

#endif
