/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_ASK_H
#define PUMASI_DB_ASK_H

#include <libpq-fe.h>

#include "core/base.h"
#include "ledgerd/pgarray.h"

/* Statements with values, asked one at a time by threads that may wait. */

#define ASK_MAX 8
struct db_ask {
    int n;
    const char *value[ASK_MAX];
    int len[ASK_MAX], format[ASK_MAX];
    char text[ASK_MAX][24];
};

/* Each binds the next value, which must live until db_ask_run. */
void db_ask_text(struct db_ask *a, const char *s);
void db_ask_int(struct db_ask *a, int64_t n);
void db_ask_array(struct db_ask *a, struct pgarray *array);

/* The rows, or NULL and a sentence in err. PQclear them. */
PGresult *db_ask_run(PGconn *conn, const char *sql, const struct db_ask *a, char *err,
                     size_t err_size) MUST_CHECK;

/* The same, with the values in binary where `binary`. */
PGresult *db_ask_rows(PGconn *conn, const char *sql, const struct db_ask *a, bool binary, char *err,
                      size_t err_size) MUST_CHECK;

#endif
