/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "lang/lang.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/log.h"
#include "ledgerd/migrate.h"

/* "pumasi" in ASCII: the advisory lock that keeps two migrators apart. */
#define LOCK_SQL   "SELECT pg_advisory_lock(123666803356521)"
#define UNLOCK_SQL "SELECT pg_advisory_unlock(123666803356521)"

/* The table's own making is not a migration: it has to be there before the first one. */
static const char make_table[] =
    "CREATE TABLE IF NOT EXISTS schema_version ("
    " number int PRIMARY KEY,"
    " name text NOT NULL,"
    " sha256 text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT clock_timestamp());"
    "COMMENT ON TABLE schema_version IS 'the migrations that this database has had';"
    "COMMENT ON COLUMN schema_version.number IS 'from 1 without a gap';"
    "COMMENT ON COLUMN schema_version.name IS 'the file''s name behind its number';"
    "COMMENT ON COLUMN schema_version.sha256 IS 'of the SQL, as it was applied';"
    "COMMENT ON COLUMN schema_version.applied_at IS 'when it was applied'";

static PGresult *query(PGconn *conn, const char *sql, char *err, size_t err_size)
{
    PGresult *res = PQexec(conn, sql);

    if (PQresultStatus(res) == PGRES_TUPLES_OK)
        return res;
    db_error_text(conn, res, err, err_size);
    PQclear(res);
    return NULL;
}

/* Judges the rows of schema_version. *n counts them. */
static enum schema_state compare_rows(const PGresult *res, size_t *n, char *err, size_t err_size)
{
    struct migration_applied *applied;
    enum schema_state state;

    *n = (size_t)PQntuples(res);
    applied = x_calloc(*n + 1, sizeof(*applied));
    for (size_t i = 0; i < *n; i++) {
        const char *number = PQgetvalue(res, (int)i, 0);

        if (num_parse(number, strlen(number), 0, INT32_MAX, &applied[i].number) != 0)
            applied[i].number = -1;
        applied[i].name = PQgetvalue(res, (int)i, 1);
        applied[i].sha256 = PQgetvalue(res, (int)i, 2);
    }
    state = migrate_compare(migrations, migrations_count, applied, *n, err, err_size);
    free(applied);
    return state;
}

static enum schema_state check(PGconn *conn, size_t *n, char *err, size_t err_size)
{
    PGresult *res =
        query(conn, "SELECT to_regclass('public.schema_version') IS NOT NULL", err, err_size);
    enum schema_state state;
    bool there;

    *n = 0;
    if (res == NULL)
        return SCHEMA_ERROR;
    there = str_eq(PQgetvalue(res, 0, 0), "t");
    PQclear(res);
    if (!there)
        return migrate_compare(migrations, migrations_count, NULL, 0, err, err_size);
    res = query(conn, "SELECT number, name, sha256 FROM schema_version ORDER BY number", err,
                err_size);
    if (res == NULL)
        return SCHEMA_ERROR;
    state = compare_rows(res, n, err, err_size);
    PQclear(res);
    return state;
}

enum schema_state db_schema_check(PGconn *conn, char *err, size_t err_size)
{
    size_t n;

    return check(conn, &n, err, err_size);
}

/* One migration and the row that says so, in one transaction. */
static int apply(PGconn *conn, const struct migration *m, char *err, size_t err_size)
{
    char hash[MIGRATION_HASH_SIZE], number[16], why[DB_ERR_MAX];
    const char *values[] = {number, m->name, hash};
    PGresult *res;
    bool done;

    migration_hash(m->sql, hash);
    snprintf(number, sizeof(number), "%d", m->number);
    if (db_exec_simple(conn, "BEGIN", why, sizeof(why)) != 0 ||
        db_exec_simple(conn, m->sql, why, sizeof(why)) != 0)
        goto fail;
    if (PQtransactionStatus(conn) != PQTRANS_INTRANS) {
        snprintf(why, sizeof(why), _("it ends its transaction itself"));
        goto fail;
    }
    res =
        PQexecParams(conn, "INSERT INTO schema_version (number, name, sha256) VALUES ($1, $2, $3)",
                     3, NULL, values, NULL, NULL, 0);
    done = PQresultStatus(res) == PGRES_COMMAND_OK;
    if (!done)
        db_error_text(conn, res, why, sizeof(why));
    PQclear(res);
    if (!done || db_exec_simple(conn, "COMMIT", why, sizeof(why)) != 0)
        goto fail;
    log_info("migration %d (%s) applied", m->number, m->name);
    return 0;
fail:
    snprintf(err, err_size, _("migration %d (%s) failed and changed nothing: %s"), m->number,
             m->name, why);
    if (db_exec_simple(conn, "ROLLBACK", why, sizeof(why)) != 0)
        log_warn("rolling back: %s", why);
    return -1;
}

static int apply_missing(PGconn *conn, int *applied, char *err, size_t err_size)
{
    size_t n;
    enum schema_state state = check(conn, &n, err, err_size);

    switch (state) {
    case SCHEMA_OK:
        return 0;
    case SCHEMA_NEWER:
    case SCHEMA_DIFFERS:
    case SCHEMA_ERROR:
        return -1;
    case SCHEMA_EMPTY:
    case SCHEMA_OLDER:
        break;
    }
    if (db_exec_simple(conn, make_table, err, err_size) != 0)
        return -1;
    for (; n < migrations_count; n++) {
        if (apply(conn, &migrations[n], err, err_size) != 0)
            return -1;
        ++*applied;
    }
    return 0;
}

int db_migrate_run(PGconn *conn, int *applied, char *err, size_t err_size)
{
    char why[DB_ERR_MAX];
    int rc;

    *applied = 0;
    /* A migration may rewrite a large table: no limit for it, and a long one for who waits behind
     * it. */
    if (db_exec_simple(conn, "SET statement_timeout = 0", err, err_size) != 0 ||
        db_exec_simple(conn, "SET lock_timeout = '10min'", err, err_size) != 0 ||
        db_exec_simple(conn, "SET idle_in_transaction_session_timeout = 0", err, err_size) != 0 ||
        db_exec_simple(conn, LOCK_SQL, err, err_size) != 0)
        return -1;
    rc = apply_missing(conn, applied, err, err_size);
    if (db_exec_simple(conn, UNLOCK_SQL, why, sizeof(why)) != 0)
        log_warn("unlocking after the migrations: %s", why);
    return rc;
}
