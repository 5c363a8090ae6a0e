/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_NEWKEY_H
#define PUMASI_NEWKEY_H

#include <libpq-fe.h>

#include "core/base.h"

struct ledgerd;

/*
 * Asks the stewards to add the log key that is to follow, where this ledgerd holds one that the
 * ledger doesn't know: a key.add that this key has signed waits for them then, for 30 days. To be
 * called where this ledgerd posts; looks into the database. -1 and a sentence.
 */
int newkey_ask(struct ledgerd *d, PGconn *conn, const char *ledger_id, char *err,
               size_t err_size) MUST_CHECK;

#endif
