/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_debts.h"

#include "ledgerd/db_ask.h"
#include "ledgerd/db_read.h"

int64_t db_debts_size(PGconn *conn, char *err, size_t err_size)
{
    struct db_ask ask = {0};
    PGresult *res = db_ask_run(conn, "SELECT size FROM head", &ask, err, err_size);
    int64_t size = res != NULL && PQntuples(res) == 1 ? col_int(res, 0, 0) : -1;

    PQclear(res);
    return size;
}

PGresult *db_debts(PGconn *conn, const char *unit, int64_t limit, char *err, size_t err_size)
{
    struct db_ask ask = {0};

    db_ask_text(&ask, unit);
    db_ask_int(&ask, limit);
    return db_ask_run(conn,
                      "SELECT a.coop, split_part(substr(a.account, 6), '@', 1), a.balance"
                      " FROM (SELECT ARRAY(SELECT split_part(p.policy, '/', 1) FROM policies p"
                      "  WHERE p.clearing = 'never' AND split_part(p.policy, '/', 2) = $1::text)"
                      "  AS never OFFSET 0) v, accounts a"
                      " WHERE split_part(a.account, '/', 2) = $1::text"
                      " AND a.account > '!pos.' AND a.account < '!pos/' AND a.balance > 0"
                      " AND a.coop <> ALL (v.never)"
                      " AND split_part(substr(a.account, 6), '@', 1) <> ALL (v.never)"
                      " LIMIT $2::bigint",
                      &ask, err, err_size);
}
