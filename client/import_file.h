/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_FILE_H
#define PUMASI_IMPORT_FILE_H

#include "client/profile.h"
#include "core/base.h"
#include "core/hash.h"

/*
 * A CSV file of transfers, read whole. Columns are found by their header, in any order and case:
 * from, to, amount; and, where there are such, time or date (the day becomes the value date),
 * category or kind, memo. Others are passed over. What comes out depends on the bytes of the file
 * and the arguments alone, so that reading it again gives the same.
 */
#define IMPORT_FILE_MAX ((size_t)512 << 20)

struct import_row {
    int64_t line;
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
    int64_t line;
    size_t at, len;
    bool broken;  /* it can't be taken apart, so it must be quoted whole */
    char *reason; /* one sentence without a full stop */
};

struct names {
    size_t n, cap;
    char **list;
    uint32_t *slots; /* 1 + a place in list, 0 for none */
    size_t n_slots;
};

struct import_file {
    char *bytes;
    size_t len;
    struct hash hash;             /* SHA-256 of the bytes */
    size_t header_at, header_len; /* the row of column names */
    size_t n_rows, cap_rows;
    struct import_row *rows;
    size_t n_bad, cap_bad;
    struct import_bad *bad; /* by line, until others are added */
    struct names members;   /* addresses, in the order in which they appear in good rows */
    struct names categories, memos;
};

/* Reads the bytes and their hash. An enum pumasi_exit, after a sentence. */
int import_file_open(struct import_file *f, const char *path) MUST_CHECK;
/*
 * Takes the bytes apart, for members of `coop` and amounts of `unit`. A day after `last_day` makes
 * a row bad. An enum pumasi_exit, after a sentence: it fails only when the columns aren't there.
 */
int import_file_read(struct import_file *f, const char *coop, const struct profile_unit *unit,
                     int32_t last_day) MUST_CHECK;
void import_file_free(struct import_file *f);
/* Adds a bad row; takes over the reason. */
void import_file_add_bad(struct import_file *f, int64_t line, size_t at, size_t len, bool broken,
                         char *reason);

/* The place of a name, added where it isn't there yet. */
uint32_t names_put(struct names *n, const char *s);
/* The place of a name; false when it isn't there. */
bool names_find(const struct names *n, const char *s, uint32_t *out);
void names_free(struct names *n);

/*
 * What people call a kind of transfer, as a category of the protocol: lower case, '-' for each
 * character but a-z, 0-9 and '-', cut after CATEGORY_MAX.
 */
void import_category(char out[CATEGORY_MAX + 1], const char *s);

#endif
