/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORT_NAMES_H
#define PUMASI_IMPORT_NAMES_H

#include "client/names.h"
#include "client/roster.h"

/*
 * Who is meant by the names in a spreadsheet. What isn't certain is written to a file of names,
 *
 *   name,decision,member,rows,row,note
 *
 * where the registrar settles it: `member` and whose name it is, `new` and the handle of a member
 * to be made, or `skip` to leave out the rows with that name.
 */
enum name_decision {
    NAME_OPEN, /* not settled */
    NAME_MEMBER,
    NAME_NEW,
    NAME_SKIP,
};

struct import_name {
    enum name_decision decision;
    char member[ADDRESS_MAX + 1]; /* "" without one */
    int64_t row;                  /* where it first stands; 0 when only the file of names has it */
    size_t rows;
    bool told;  /* by the file of names */
    bool alias; /* NAME_NEW: another spelling of one whom another name makes */
    char *note; /* for people; NULL without one */
};

struct import_names {
    struct names cells; /* as they stand in the spreadsheet */
    struct import_name *list;
};

void import_names_free(struct import_names *n);
/* One cell of a row. */
void import_names_put(struct import_names *n, const char *cell, int64_t row);
/* NULL when it isn't there. */
const struct import_name *import_names_find(const struct import_names *n, const char *cell);
/* The name that a member is to be made with: the first that stands for the address and is no other
 * one's spelling, without a number in brackets behind it. The caller frees it; NULL when there is
 * none. */
char *import_names_title(const struct import_names *n, const char *address);

/* Takes over what a file of names says; none there is none. An enum pumasi_exit, after a sentence
 * that names the row which makes no sense. */
int import_names_load(struct import_names *n, const char *path, const char *coop) MUST_CHECK;
/* Writes it, what isn't settled first. */
int import_names_save(const struct import_names *n, const char *path) MUST_CHECK;

/*
 * Settles what can be: a handle or a name that exactly one member has, up to capitals, spaces and
 * Unicode's forms. Anything else stays open, with a note on who may be meant; with `create`, a name
 * that is like nobody's gets a handle of a member to be made, the same for all its spellings. What
 * the file of names says is checked against the roster and those whom the file itself makes.
 */
void import_names_match(struct import_names *n, const struct roster *roster, const char *coop,
                        bool create);

/* How many stand so, other spellings not counted; `fresh`: only those of which the file of names
 * didn't say so. */
size_t import_names_count(const struct import_names *n, enum name_decision decision, bool fresh);

#endif
