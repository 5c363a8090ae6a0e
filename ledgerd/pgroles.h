/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PGROLES_H
#define PUMASI_PGROLES_H

/*
 * The roles of the private cluster. Its one superuser, PG_SUPERUSER, can't connect at all: it is
 * only whom `postgres --single` works as, while no server runs. ledgerd is PG_ROLE, which owns what
 * is in the database PG_DATABASE and has no other right.
 */

#include "core/base.h"

/*
 * Makes the roles and the database so, in a cluster in pg_dir that no server runs in, with the
 * programs in bin: one that is new, or one in which ledgerd was the superuser. It may be ended at
 * any time, and is then done from where it was. -1 and a sentence.
 */
int pgroles_make(const char *bin, const char *pg_dir, char *err, size_t err_size) MUST_CHECK;

#endif
