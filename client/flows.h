/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_FLOWS_H
#define PUMASI_FLOWS_H

#include "client/csv_table.h"
#include "client/profile.h"
#include "core/act.h"
#include "core/date.h"
#include "core/record.h"
#include "core/strmap.h"

/*
 * What a whole log says of the trade of a network, for those outside it: how much went from which
 * co-op to which, of which category, month by month; nothing of any member. Amounts are minor
 * units.
 *
 * Trade is what transfers moved; what a purse of a co-op pays to its own members or takes from them
 * (dues, grants) is none. A reversal is counted in the month in which it was booked, under its
 * transfer's co-ops and category. Months are those of the ledger's zone.
 */
struct flow {
    char month[8]; /* "2026-11" */
    char unit[UNIT_MAX + 1];
    char from[COOP_MAX + 1], to[COOP_MAX + 1];
    char category[CATEGORY_MAX + 1]; /* "" without one, FLOWS_OTHER where it isn't told */
    int64_t payments, amount, reversals, reversed;
};

/* Where a month saw fewer payments than this from a co-op to another of a category, the category
 * isn't told, as it might tell who they were. */
#define FLOWS_FEW   3
#define FLOWS_OTHER "*"

struct flows_unit {
    struct profile_unit unit; /* its name is owned */
};

struct flows {
    bool by_value_date;           /* months are those of the value date, where there is one */
    char name[TEXT_NAME_MAX + 1]; /* of the ledger */
    int64_t size;                 /* records that were read */
    char time[TIME_LEN + 1];      /* of the last of them; "" without one */
    int64_t coops;
    size_t n_units;
    struct flows_unit *units; /* by name, once settled */
    size_t n, cap;
    struct flow *rows; /* by unit, month, from, to, category, once settled */
    struct strmap *places, *purses;
};

/* What a reversal takes back: the act of the record with that index, which is before the one at
 * hand. 0, or -1 when it can't be had; *out is the caller's to free otherwise. */
typedef int flows_earlier(void *arg, int64_t index, struct act *out);

void flows_init(struct flows *f);
void flows_free(struct flows *f);
/* One record, of which only header and act are looked at; all of a log, in order. -1 when it isn't
 * one, its sums are beyond all numbers, or this machine doesn't know the ledger's zone. */
int flows_record(struct flows *f, const char *header, size_t header_len, const char *act_part,
                 size_t act_len, flows_earlier *earlier, void *arg) MUST_CHECK;
/*
 * Header and act of the record that begins at s, in a piece of a file of records (core/dump.h): its
 * first two lines. The length of the record, 0 when it doesn't end in the piece.
 */
size_t flows_split(const char *s, size_t len, const char **header, size_t *header_len,
                   const char **act, size_t *act_len) MUST_CHECK;
/* The end of the log: puts what is few together, and all in order. */
void flows_settle(struct flows *f);

/* NULL when it isn't there. */
const struct profile_unit *flows_find_unit(const struct flows *f, const char *unit);
/* What was traded, less what was taken back. */
int64_t flow_net(const struct flow *row);

/* As text, CSV, JSON on stdout, of the months from..to, "" for any; `unit` NULL: all. */
struct flows_ask {
    const char *unit, *from, *to;
    struct csv_style style;
};
void flows_print(const struct flows *f, const struct flows_ask *ask);
void flows_print_csv(const struct flows *f, const struct flows_ask *ask);
struct client;
void flows_print_json(const struct flows *f, const struct flows_ask *ask);
/* Who gave how much to whom, a row for each unit. An enum pumasi_exit, after a sentence. */
int flows_draw(const struct flows *f, const struct flows_ask *ask, const char *path) MUST_CHECK;

#endif
