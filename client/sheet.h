/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_SHEET_H
#define PUMASI_SHEET_H

#include "core/base.h"
#include "core/cell.h"
#include "core/cell_date.h"

/*
 * What a treasurer's spreadsheet looks like: which columns there are, and how what is in them is
 * written. What isn't told is found out (sheet_head.h), and stands here then.
 */
enum sheet_column {
    SHEET_FROM,
    SHEET_TO,
    SHEET_AMOUNT,
    SHEET_DATE,
    SHEET_CATEGORY,
    SHEET_MEMO,
    SHEET_UNIT,
    SHEET_MEMBER, /* this and the next one of opening balances */
    SHEET_BALANCE,
};
#define SHEET_COLUMNS 9
const char *sheet_column_name(enum sheet_column column);

#define SHEET_AUTO (-1)

struct sheet {
    char *columns[SHEET_COLUMNS]; /* headers parted by '|', a letter or a number, after a '?'
                                     where it may be missing; NULL: the usual */
    char separator;               /* 0: not known yet */
    char *encoding;               /* as iconv calls it; NULL: not known yet */
    bool encoding_told;           /* and not only found out for one file */
    char decimal;                 /* 0: not known yet */
    int dates;                    /* an enum cell_order, or SHEET_AUTO */
    int64_t header_row;           /* from 1, 0 for none, or SHEET_AUTO */
    bool minutes;                 /* a bare number counts minutes */
    bool round;                   /* 1.33 hours are 80 minutes */
    bool swap;                    /* a negative amount goes the other way */
    char *skip;                   /* rows to be left out: "3,17-19"; NULL for none */
    char *opening;                /* the purse of opening balances; NULL: the rows are transfers */
};

void sheet_init(struct sheet *s);
void sheet_free(struct sheet *s);

/*
 * Sets what the mapping file calls `name`: a column (from, to, amount, date, category, memo, unit,
 * member, balance), or separator, encoding, decimal, dates, header-row, amounts, negative,
 * skip-rows, opening. NULL, or a sentence without a full stop about what is wrong, which the caller
 * frees.
 */
char *sheet_set(struct sheet *s, const char *name, const char *value);
/* The same of columns alone: --column takes no settings. */
char *sheet_set_column(struct sheet *s, const char *name, const char *value);

/* Reads a mapping file, over what is set already. An enum pumasi_exit, after a sentence. */
int sheet_load(struct sheet *s, const char *path) MUST_CHECK;
/* The mapping of another program's export; PUMASI_USAGE after a sentence that lists them. */
int sheet_format(struct sheet *s, const char *name) MUST_CHECK;
/*
 * Writes a mapping file. `all`: with what belongs to one file only, rows to be left out and the
 * purse, so that an import which is taken up again reads its file as it did.
 */
int sheet_save(const struct sheet *s, const char *path, bool all) MUST_CHECK;

/* Is the row to be left out? */
bool sheet_skips(const struct sheet *s, int64_t row);
/* Which column holds the amounts: SHEET_AMOUNT, or SHEET_BALANCE. */
enum sheet_column sheet_amount(const struct sheet *s);
/* Is the column of any use, and does nothing go without it? */
bool sheet_uses(const struct sheet *s, enum sheet_column column);
bool sheet_needs(const struct sheet *s, enum sheet_column column);
/* The headers to look for. */
const char *sheet_headers(const struct sheet *s, enum sheet_column column);

#endif
