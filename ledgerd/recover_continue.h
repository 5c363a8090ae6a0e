/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_RECOVER_CONTINUE_H
#define PUMASI_RECOVER_CONTINUE_H

#include <libpq-fe.h>

#include "ledgerd/ledger.h"
#include "ledgerd/lost.h"
#include "ledgerd/ownkeys.h"

/*
 * Prepares the ledger.continue by which the ledger goes on from the records that `l` has, signs it
 * with the log keys held here, and has it wait in the database for the stewards. What shows the
 * loss is the largest checkpoint of `lost` that a log key in force signed. -1 and a sentence;
 * nothing is changed then.
 */
int recover_continue(PGconn *conn, const struct ledger *l, const struct lost *lost,
                     const struct ownkeys *own, char *err, size_t err_size) MUST_CHECK;

#endif
