/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_roles.h"

#include <stdio.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/pginit.h"

const char db_roles_make_database[] = "CREATE DATABASE " PG_DATABASE "\n";

/*
 * Number 10 is the role that initdb made, the one superuser. Earlier versions of ledgerd were that
 * one themselves: it gets another name, for which it may not be the session's own, and ledgerd's
 * role is made anew. What stood in the database was its, and is now ledgerd's: not what is an
 * extension's, and no function that could do more than ledgerd's role may. Of the database itself
 * ledgerd's role isn't the owner, as an owner may add extensions.
 */
const char db_roles_make[] =
    "DO $$ DECLARE command text; BEGIN"
    " SET LOCAL search_path = pg_catalog;"
    " IF EXISTS (SELECT FROM pg_authid WHERE oid = 10 AND rolname = '" PG_ROLE "') THEN"
    " CREATE ROLE " PG_SUPERUSER "_renames SUPERUSER;"
    " SET LOCAL SESSION AUTHORIZATION " PG_SUPERUSER "_renames;"
    " ALTER ROLE " PG_ROLE " RENAME TO " PG_SUPERUSER ";"
    " SET LOCAL SESSION AUTHORIZATION " PG_SUPERUSER ";"
    " DROP ROLE " PG_SUPERUSER "_renames;"
    " END IF;"
    " IF NOT EXISTS (SELECT FROM pg_authid WHERE rolname = '" PG_ROLE "') THEN"
    " CREATE ROLE " PG_ROLE ";"
    " END IF;"
    " ALTER ROLE " PG_ROLE " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;"
    " ALTER SCHEMA public OWNER TO " PG_ROLE ";"
    " FOR command IN WITH"
    " extensions AS (SELECT classid::regclass AS class, objid AS oid FROM pg_depend"
    " WHERE deptype = 'e'),"
    " own AS ("
    "SELECT 'pg_namespace'::regclass AS class, oid, oid AS namespace,"
    " 'SCHEMA ' || oid::regnamespace AS what"
    " FROM pg_namespace WHERE nspowner = 10"
    " UNION ALL "
    "SELECT 'pg_class'::regclass, oid, relnamespace,"
    " CASE relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW '"
    " WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || oid::regclass"
    " FROM pg_class c WHERE relowner = 10 AND relkind IN ('r', 'p', 'v', 'm', 'S')"
    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
    " AND d.objid = c.oid AND relkind = 'S' AND d.deptype IN ('a', 'i'))"
    " UNION ALL "
    "SELECT 'pg_proc'::regclass, p.oid, pronamespace, 'ROUTINE ' || p.oid::regprocedure"
    " FROM pg_proc p JOIN pg_language l ON l.oid = prolang"
    " WHERE proowner = 10 AND lanpltrusted AND NOT prosecdef"
    " UNION ALL "
    "SELECT 'pg_type'::regclass, t.oid, typnamespace, 'TYPE ' || t.oid::regtype"
    " FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid WHERE typowner = 10"
    " AND (typtype IN ('d', 'e', 'r') OR typtype = 'c' AND relkind = 'c')"
    " UNION ALL "
    "SELECT 'pg_statistic_ext'::regclass, oid, stxnamespace,"
    " format('STATISTICS %s.%I', stxnamespace::regnamespace, stxname)"
    " FROM pg_statistic_ext WHERE stxowner = 10)"
    " SELECT what FROM own JOIN pg_namespace n ON n.oid = namespace"
    " WHERE own.oid >= 16384 AND nspname !~ '^(pg_|information_schema$)'"
    " AND NOT EXISTS (SELECT FROM extensions e WHERE e.class = own.class AND e.oid = own.oid)"
    " UNION ALL "
    "SELECT 'LARGE OBJECT ' || oid FROM pg_largeobject_metadata WHERE lomowner = 10"
    " LOOP"
    " EXECUTE 'ALTER ' || command || ' OWNER TO " PG_ROLE "';"
    " END LOOP;"
    " END $$\n";

enum db_roles db_roles_look(const char *conninfo, char *err, size_t err_size)
{
    const struct db_settings s = {.app_name = "ledgerd start", .connect_timeout_ms = 10000};
    PGconn *conn = db_connect(conninfo, &s, err, err_size);
    enum db_roles found = DB_ROLES_ERROR;
    PGresult *res;

    if (conn == NULL)
        return DB_ROLES_ERROR;
    res = PQexec(conn, "SELECT pg_is_in_recovery() OR (NOT r.rolsuper AND EXISTS"
                       " (SELECT FROM pg_database WHERE datname = '" PG_DATABASE "'))"
                       " FROM pg_roles r WHERE rolname = current_user");
    if (PQresultStatus(res) != PGRES_TUPLES_OK || PQntuples(res) != 1)
        db_error_text(conn, res, err, err_size);
    else
        found = str_eq(PQgetvalue(res, 0, 0), "t") ? DB_ROLES_SUIT : DB_ROLES_OTHER;
    PQclear(res);
    PQfinish(conn);
    return found;
}
