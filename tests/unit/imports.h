/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_IMPORTS_H
#define PUMASI_IMPORTS_H

/* Files as `pumasi import` reads them. */
#include "client/import.h"

#define DAY_2026_11_22 20779 /* the last day that a row may be of */

extern const struct profile_unit imports_sarafu;

/* Reads a file whose cells are handles, of one unit, into the co-op kenya. import_file_free frees
 * it; what import_file_read answers. One file at a time. */
int imports_read(struct import_file *f, const struct profile_unit *unit, const char *text);
/* Of sarafu, and it can be read. */
void imports_read_ok(struct import_file *f, const char *text);
/* Begins a plan: the policy's limits are these, and a registrar may go to 5.00 either way. */
void imports_plan(struct import_plan *p, const struct import_file *f, int64_t floor,
                  int64_t ceiling);

#endif
