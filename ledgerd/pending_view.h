/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PENDING_VIEW_H
#define PUMASI_PENDING_VIEW_H

#include "core/buf.h"
#include "ledgerd/db_read.h"

/*
 * Appends a row of READ_PENDING or READ_PENDING_ACT as 202 answers it, with "act" and, where there
 * are any, "texts", for those who may sign it. -1 and logged when it can't be read.
 */
int pending_view_put(struct buf *b, const PGresult *res, int row) MUST_CHECK;

#endif
