/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_TALLY_SHOW_H
#define PUMASI_TALLY_SHOW_H

#include "client/tally.h"

/* A report as `pumasi report` shows it: what it is of, and what was counted. */
enum report_by {
    REPORT_USUAL, /* by month, and by category */
    REPORT_MONTH,
    REPORT_CATEGORY,
    REPORT_MEMBER
};
struct report {
    const char *coop, *from, *to, *unit; /* the latter three NULL where not said */
    enum report_by by;
    struct csv_style style; /* of a table for spreadsheets */
    struct query_view view;
    const json_t *members;
    int64_t persons;    /* how many members there are now, purses and closed ones not counted */
    struct tally tally; /* settled */
};

void report_print(struct client *c, const struct report *r);
void report_print_json(struct client *c, const struct report *r);
void report_print_csv(struct client *c, const struct report *r);

#endif
