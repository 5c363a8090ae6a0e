/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CELL_H
#define PUMASI_CELL_H

#include "core/amount.h"
#include "core/base.h"

/*
 * The cells of a treasurer's spreadsheet: amounts (and in cell_date.h dates) in the manners in
 * which people write them. What one cell leaves open (is 1,500 one and a half, are 03/04 in March
 * or April?) is settled by all cells of a column together, and never guessed: struct cell_choice.
 */

/* How amounts are written. */
struct cell_unit {
    const char *unit, *name; /* its handle and name, which may stand beside a number */
    enum unit_kind kind;
    int64_t scale;
    bool round;   /* decimals that the unit can't have are rounded to what it can */
    bool minutes; /* a bare number counts minor units: minutes of an hour */
};

enum cell_fit {
    CELL_FITS,
    CELL_UNFIT, /* it is written as an amount, but as none of the unit's: too fine, too large */
    CELL_NONE,  /* it isn't */
};

/*
 * An amount in minor units, with its sign: before or after the number, or brackets around it.
 * `decimal` is '.' or ','; the other one, spaces and apostrophes may part thousands, in threes, of
 * what doesn't begin with 0. A unit of time and scale 60 also takes 1:30, 1:30:00, 1h30, 1h 30m,
 * 90 min, 1.5 hours, 1시간 30분, 1시간 반. Unless it fits, *why is a constant sentence without a
 * full stop, and *out as it was.
 */
enum cell_fit cell_amount(const char *s, const struct cell_unit *u, char decimal, int64_t *out,
                          const char **why) MUST_CHECK;

/* A column that can be read in several ways, and what is known of which. Begins as CELL_CHOICE. */
#define CELL_WAYS 3
struct cell_choice {
    unsigned possible;                   /* a bit for each way that no cell speaks against */
    int64_t against[CELL_WAYS];          /* the first row that does */
    int64_t apart[CELL_WAYS][CELL_WAYS]; /* the first row where two ways say different things */
};
#define CELL_CHOICE   \
    {                 \
        7, {0},       \
        {             \
            {0}, {0}, \
            {         \
                0     \
            }         \
        }             \
    }

/* One cell: which of the n ways can read it, and as what. A cell that none can read says nothing.
 */
void cell_vote(struct cell_choice *c, size_t n, const bool ok[], const int64_t value[],
               int64_t row);
/*
 * What it comes to: the way to read the column, the first of those that say the same; -1 when two
 * ways say different things (*row is where) or when each has a cell against it (*row is 0).
 */
int cell_settle(const struct cell_choice *c, size_t n, int64_t *row) MUST_CHECK;

#endif
