/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_REBUILD_H
#define PUMASI_REBUILD_H

#include <libpq-fe.h>

#include "core/base.h"
#include "ledgerd/conf.h"
#include "ledgerd/database.h"
#include "ledgerd/ownkeys.h"

/*
 * `ledgerd init --from DIR`: verifies an export from record 0 on with core's rules (every
 * signature, every rule, every byte, the signed checkpoint) and fills an empty schema with it.
 * keys: the ledger's own, to be put into the data folder, or NULL when they lie there already or
 * nothing shall post. Says on stdout what was verified, on stderr what is wrong; then the schema is
 * left empty. The process's exit status.
 */
int rebuild_from(const struct conf *conf, const struct database *db, PGconn *conn, const char *dir,
                 const struct ownkeys *keys);

#endif
