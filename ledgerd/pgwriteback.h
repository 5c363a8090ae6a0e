/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PGWRITEBACK_H
#define PUMASI_PGWRITEBACK_H

/*
 * Has the embedded PostgreSQL's tables go to the disk as they grow. PostgreSQL adds pages to them
 * with plain writes, and Linux lets those lie for half a minute and then writes all of them at
 * once: at thousands of acts a second more than a hundred megabytes, behind which commits wait for
 * a tenth of a second. Nothing here makes anything durable, or has to: that is PostgreSQL's, by its
 * WAL.
 */

#include <time.h>

#include "core/base.h"

struct pgwriteback {
    struct timespec
        since; /* what changed later hasn't been looked at; zeroed before the first pass */
};

/*
 * Begins to write what the tables in the cluster's folder pg_dir got since the last pass, without
 * waiting for it; true when there was something. What can't be read is left alone.
 */
bool pgwriteback_pass(struct pgwriteback *w, const char *pg_dir);

#endif
