/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CALENDAR_H
#define PUMASI_CALENDAR_H

#include "core/base.h"
#include "core/name.h"

/* When the ledger itself proposes rounds of clearing: [clearing] rounds of ledgerd.conf(5). */
struct calendar_row {
    char unit[UNIT_MAX + 1];
    bool weekly;
    int day; /* weekly: 0 is Monday; else of the month, 1 to 28 */
};
#define CALENDAR_MAX 64
struct calendar {
    size_t n;
    struct calendar_row rows[CALENDAR_MAX];
};

/* "hour weekly monday, won monthly 1", a unit once only; empty: none. -1 and a sentence in err. */
int calendar_parse(struct calendar *out, const char *text, char *err, size_t err_size) MUST_CHECK;
/* Is a round of the row's unit to be proposed on that day (days since 1970)? */
bool calendar_is_due(const struct calendar_row *row, int32_t day);

#endif
