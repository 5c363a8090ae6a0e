/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_CONN_H
#define PUMASI_DB_CONN_H

/* Connections to PostgreSQL, all with the same settings. */

#include <libpq-fe.h>

#include "core/base.h"

/* Room for the sentences below. */
#define DB_ERR_MAX 512

/* How a connection differs from others. Times in ms; 0: no limit. */
struct db_settings {
    const char *app_name;         /* shown in pg_stat_activity */
    int64_t connect_timeout_ms;   /* at least 2000, in whole seconds */
    int64_t statement_timeout_ms; /* also of locks, and of a transaction left idle */
    int64_t idle_session_ms;      /* after this silence the server ends the session */
    bool read_only;               /* its transactions may change nothing */
};

/*
 * The keywords and values for PQconnectStartParams(…, expand_dbname = 1): conninfo and, over it,
 * our settings: time zone, encoding, search path, isolation, plans, time-outs, keep-alives. NULL
 * when conninfo is no connection string; a sentence is in err. Free with db_params_free.
 */
struct db_params {
    const char *keys[16];
    const char *values[16];
    char *owned[8];
};
struct db_params *db_params_new(const char *conninfo, const struct db_settings *s, char *err,
                                size_t err_size) MUST_CHECK;
void db_params_free(struct db_params *p);

/* For a connection that is up: the server's version and encoding suit us. -1 and a sentence. */
int db_check_server(const PGconn *conn, char *err, size_t err_size) MUST_CHECK;

/* Connects, blocking, and checks the server. NULL and a sentence in err. PQfinish it. */
PGconn *db_connect(const char *conninfo, const struct db_settings *s, char *err,
                   size_t err_size) MUST_CHECK;

/* The connection's last error as one line without its end; cut to size. Never a statement's values.
 */
void db_error_text(const PGconn *conn, const PGresult *res, char *out, size_t size);

/* Whether the role of the connection is a superuser. */
bool db_is_superuser(const PGconn *conn);

/* Runs SQL that answers nothing that matters. -1 and a sentence. */
int db_exec_simple(PGconn *conn, const char *sql, char *err, size_t err_size) MUST_CHECK;

#endif
