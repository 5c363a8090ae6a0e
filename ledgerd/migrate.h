/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_MIGRATE_H
#define PUMASI_MIGRATE_H

/* Which version of the schema the daemon and a database have. migrate.c decides, db_migrate.c does
 * it. */

#include <libpq-fe.h>

#include "core/base.h"

/* One file of migrations/, embedded when ledgerd is built; numbered from 1 without a gap. */
struct migration {
    int number;
    const char *name;
    const char *sql;
};
extern const struct migration migrations[];
extern const size_t migrations_count;

/* One that a database says it has. sha256 is that of the SQL, in hexadecimal. */
struct migration_applied {
    int64_t number;
    const char *name;
    const char *sha256;
};

#define MIGRATION_HASH_SIZE 65

enum schema_state {
    SCHEMA_OK,
    SCHEMA_EMPTY,   /* no schema at all yet */
    SCHEMA_OLDER,   /* migrations are missing */
    SCHEMA_NEWER,   /* made by a later ledgerd */
    SCHEMA_DIFFERS, /* a migration was applied that isn't the one we have: not ours, or changed */
    SCHEMA_ERROR,   /* could not be asked */
};

/* Hexadecimal SHA-256 of the SQL. */
void migration_hash(const char *sql, char hash[static MIGRATION_HASH_SIZE]);

/*
 * Compares n migrations that a database has, in order, with the `own_count` ones of the program. On
 * all but SCHEMA_OK, err says what is the matter and what to do.
 */
enum schema_state migrate_compare(const struct migration *own, size_t own_count,
                                  const struct migration_applied *applied, size_t n, char *err,
                                  size_t err_size) MUST_CHECK;

/* Asks a database (also a standby); err has the sentence unless it is SCHEMA_OK. Changes nothing.
 */
enum schema_state db_schema_check(PGconn *conn, char *err, size_t err_size) MUST_CHECK;

/*
 * Brings an empty or older database up to date, each migration in a transaction of its own; others
 * who try it at the same time wait. *applied counts what was done. -1 and a sentence.
 */
int db_migrate_run(PGconn *conn, int *applied, char *err, size_t err_size) MUST_CHECK;

#endif
