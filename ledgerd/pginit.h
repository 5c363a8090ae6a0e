/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_PGINIT_H
#define PUMASI_PGINIT_H

/* The files of the embedded cluster: PostgreSQL's programs that suit it, initdb, our settings. */

#include "core/base.h"

#define PG_OLDEST 15
#define PG_NEWEST 18
/* The database role that ledgerd is, and its database, whatever the operating system's user is
 * called; and the role that initdb makes, which nobody connects as (pgroles.h). */
#define PG_ROLE        "ledger"
#define PG_SUPERUSER   "ledger_superuser"
#define PG_DATABASE    "ledger"
#define PG_SOCKET_NAME ".s.PGSQL.5432"

/*
 * The major version of the cluster in pg_dir: PG_OLDEST..PG_NEWEST; 0 when there is no cluster; -1
 * and a sentence when it is of a version that ledgerd doesn't know or can't be read.
 */
int pginit_cluster_version(const char *pg_dir, char *err, size_t err_size) MUST_CHECK;

/*
 * Finds the folder of PostgreSQL's programs: `configured` unless it is empty, else that of
 * `version`, or of the newest version there is when version is 0. Checks that the programs are of
 * that version. The path (caller frees), or NULL and a sentence.
 */
char *pginit_find_programs(const char *configured, int version, char *err,
                           size_t err_size) MUST_CHECK;

/*
 * Makes a cluster in pg_dir with the programs in bin: checksums, UTF-8, no network, its roles and
 * the database. Made beside it and renamed, so that it is there whole or not at all. -1 and a
 * sentence.
 */
int pginit_create(const char *bin, const char *pg_dir, char *err, size_t err_size) MUST_CHECK;

/*
 * Writes the settings that are ledgerd's into pg_dir, before each start: those of a newer ledgerd,
 * or of another user of the operating system, take effect then. -1 and a sentence.
 */
int pginit_write_settings(const char *pg_dir, char *err, size_t err_size) MUST_CHECK;

/*
 * Where the socket is: DATA/run, or a short path under /tmp where that one's would not fit into a
 * socket's address. The same for every ledgerd that is given this folder. The caller frees it.
 */
char *pginit_socket_dir(const char *data_dir);

/* The connection string for a database of the cluster whose socket is there; the caller frees it.
 */
char *pginit_conninfo(const char *socket_dir, const char *dbname);

/*
 * Makes a folder of mode 0700 where it is missing. -1 and a sentence when it is anybody else's:
 * under /tmp it could have been made before us.
 */
int pginit_ready_dir(const char *dir, char *err, size_t err_size) MUST_CHECK;

#endif
