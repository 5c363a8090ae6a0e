/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledgerd/db_conn.h"

static void bind(struct db_ask *a, const char *value, int len, int format)
{
    if (a->n == ASK_MAX)
        abort(); /* our own statements have fewer */
    a->value[a->n] = value;
    a->len[a->n] = len;
    a->format[a->n] = format;
    a->n++;
}

void db_ask_text(struct db_ask *a, const char *s)
{
    bind(a, s, 0, 0);
}

void db_ask_int(struct db_ask *a, int64_t n)
{
    (void)snprintf(a->text[a->n % ASK_MAX], sizeof(a->text[0]), "%lld", (long long)n);
    bind(a, a->text[a->n % ASK_MAX], 0, 0);
}

void db_ask_array(struct db_ask *a, struct pgarray *array)
{
    size_t len;
    const char *value = pgarray_finish(array, &len);

    bind(a, value, (int)len, 1);
}

PGresult *db_ask_rows(PGconn *conn, const char *sql, const struct db_ask *a, bool binary, char *err,
                      size_t err_size)
{
    PGresult *res =
        PQexecParams(conn, sql, a->n, NULL, a->value, a->len, a->format, binary ? 1 : 0);

    if (PQresultStatus(res) == PGRES_TUPLES_OK || PQresultStatus(res) == PGRES_COMMAND_OK)
        return res;
    db_error_text(conn, res, err, err_size);
    PQclear(res);
    return NULL;
}

PGresult *db_ask_run(PGconn *conn, const char *sql, const struct db_ask *a, char *err,
                     size_t err_size)
{
    return db_ask_rows(conn, sql, a, false, err, err_size);
}
