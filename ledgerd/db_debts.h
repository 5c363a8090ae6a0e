/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_DEBTS_H
#define PUMASI_DB_DEBTS_H

#include <libpq-fe.h>

#include "core/base.h"

/* How many records the database has; -1, and a sentence, when it fails. Blocking. */
int64_t db_debts_size(PGconn *conn, char *err, size_t err_size) MUST_CHECK;

enum debts_column {
    DEBTS_DEBTOR,
    DEBTS_CREDITOR,
    DEBTS_AMOUNT,
};
/*
 * What co-ops owe each other in a unit, `limit` rows at most, those left out that take no part in
 * clearings of it. Blocking; NULL and a sentence when the database fails. PQclear it.
 */
PGresult *db_debts(PGconn *conn, const char *unit, int64_t limit, char *err,
                   size_t err_size) MUST_CHECK;

#endif
