/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECOVERY_VIEW_H
#define PUMASI_RECOVERY_VIEW_H

#include <libpq-fe.h>

#include "core/buf.h"
#include "ledgerd/request.h"

/* Open recoveries of keys (protocol section 4.4.1) as answers show them. */

/* The member `recovery` of the row's holder, from five columns, the first of them `column`, in the
 * order of db_read.c's RECOVERY_COLUMNS; nothing where none is open. */
void recovery_put(struct buf *b, const PGresult *res, int row, int column);
/* The list `recoveries`: "holder record due objected", a line each. */
void recovery_put_list(struct buf *b, const char *lines);
/* The header by which a key's holder hears of it with every answer; its columns as above. */
void recovery_header(struct request *r, const PGresult *res, int row, int column);

#endif
