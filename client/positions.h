/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_POSITIONS_H
#define PUMASI_POSITIONS_H

#include "client/csv_table.h"
#include "client/query.h"
#include "core/date.h"

/*
 * What stands between a co-op and its partners, as its office and auditors may see it: GET
 * /v1/coops/{coop}/positions. Amounts are minor units.
 */
struct position_row {
    char partner[COOP_MAX + 1];
    char unit[UNIT_MAX + 1];
    int64_t position;          /* what the co-op owes the partner; negative: what it is owed */
    bool has_given, has_taken; /* there is a line */
    int64_t given, taken;      /* how much the partner may owe the co-op, and it the partner */
    int64_t can_pay;           /* how much more may be paid to the partner's members, directly */
    int64_t can_receive;       /* and they to the co-op's */
    char day[DATE_LEN + 1];    /* of the last movement, in the ledger's zone; "" without one */
    char oldest[DATE_LEN + 1]; /* of the oldest debt that still stands; "" where none does */
    bool cleared;              /* the next is known */
    int64_t clears;            /* what a clearing now would take off */
};

/* Sums of one unit's rows. */
struct position_sum {
    int64_t owe, owed; /* 0 or more */
    int64_t given, taken, can_pay, can_receive;
    bool cleared;
    int64_t clears;
};

struct positions {
    char coop[COOP_MAX + 1];
    int64_t size;  /* of the log at which they stand */
    char time[32]; /* of its last record; "" without one */
    size_t n;
    struct position_row *rows; /* by unit, then by partner */
    json_t *answer;            /* as the ledger gave it */
};

/*
 * Fetches them, and asks again for some seconds while the ledger is still working a clearing out.
 * An enum pumasi_exit, after a sentence; to be freed either way.
 */
int positions_fetch(struct positions *p, struct client *c, const struct keyfile *key,
                    const char *coop) MUST_CHECK;
/* For positions_fetch and tests: takes an answer over. PUMASI_UNPROVED after a sentence when it
 * can't be one. */
int positions_take(struct positions *p, json_t *answer) MUST_CHECK;
void positions_free(struct positions *p);

/* The end of the rows of the same unit that begin at `from`. */
size_t positions_unit_end(const struct positions *p, size_t from);
/* The sums of rows from..end. -1 when one is beyond all numbers. */
int positions_sum(const struct positions *p, size_t from, size_t end,
                  struct position_sum *out) MUST_CHECK;

/* As text, CSV, JSON on stdout; `unit` (may be NULL): that one alone. */
void positions_print(struct client *c, const struct positions *p, const char *unit);
void positions_print_csv(struct client *c, const struct positions *p, const char *unit,
                         const struct csv_style *style);
void positions_print_json(const struct positions *p, const char *unit);
/* As a picture of now and of after a clearing, beside each other. An enum pumasi_exit. */
int positions_draw(struct client *c, const struct positions *p, const char *unit,
                   const char *path) MUST_CHECK;

#endif
