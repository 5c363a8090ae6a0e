/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_EXPORT_READ_H
#define PUMASI_EXPORT_READ_H

#include "client/export.h"

/*
 * Gathers what `x` calls for (book, period) from the ledger and settles it: what was posted up to
 * the checkpoint that the ledger shows first, whatever is posted while it is read. unit NULL: in
 * every unit. The days are those of the ledger's zone, which becomes this process's. An enum
 * pumasi_exit, after a sentence.
 */
int export_read_book(struct export *x, struct client *c, const struct keyfile *key,
                     const char *unit, bool names) MUST_CHECK;
/* The same of one member's accounts. */
int export_read_member(struct export *x, struct client *c, const struct keyfile *key,
                       const char *member, const char *unit, bool names) MUST_CHECK;

#endif
