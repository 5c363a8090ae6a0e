/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_STORE_INT_H
#define PUMASI_STORE_INT_H

#include "ledgerd/store.h"

/* What the files of the store share; nobody else includes this. */

/* Begins a row of the table: its columns, st's, each of which is given one value then, in order of
 * db_store.c's statements. */
struct pgarray *store_row(struct store *st, enum store_table table);

/*
 * store_things.c: the row of a thing that was touched, as it stands in `s` now; none for a kind
 * whose rows are made otherwise. What touch names must be in `s`; a policy's name is "coop/unit".
 */
void store_thing(struct store *st, const struct state *s, enum thing_kind kind,
                 const struct store_touch *touch);

#endif
