/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_continue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/db_conn.h"
#include "ledgerd/db_init.h"

const struct db_stmt db_continue_stmts[] = {
    {"load_continuing", "SELECT submission FROM pending"
                        " WHERE payload_hash = (SELECT continuing FROM head)"},
    {"load_continuation", "SELECT r.parts FROM continuations c JOIN records r ON r.idx = c.record"
                          " WHERE split_part(c.ledger_id, '#', 1) = $1::text"},
};
const size_t db_continue_stmts_count = ARRAY_LEN(db_continue_stmts);

int db_continue_wait(PGconn *conn, const struct act *a, const struct submission *sub,
                     const char *needs, char *err, size_t err_size)
{
    char ask[HOLDER_MAX + 16];
    const char *const asks[] = {ask};
    char ignored[DB_ERR_MAX];
    int ret = -1;

    (void)snprintf(ask, sizeof(ask), "%s %s", role_name(ROLE_STEWARD), a->by);
    if (db_exec_simple(conn, "BEGIN", err, err_size) != 0)
        return -1;
    if (db_exec_simple(conn, "DELETE FROM pending WHERE type = 'ledger.continue'", err, err_size) ==
            0 &&
        db_init_pending(conn, a, sub, asks, ARRAY_LEN(asks), needs, err, err_size) == 0 &&
        db_exec_simple(conn,
                       "UPDATE head SET continuing ="
                       " (SELECT payload_hash FROM pending WHERE type = 'ledger.continue')",
                       err, err_size) == 0 &&
        db_exec_simple(conn, "COMMIT", err, err_size) == 0)
        ret = 0;
    if (ret != 0)
        (void)!db_exec_simple(conn, "ROLLBACK", ignored, sizeof(ignored));
    return ret;
}

/* One column of at most one row. */
static int ask(struct db_post *db, const char *name, const struct db_args *args, char **out,
               char *err, size_t err_size)
{
    int statement = db_pipe_send(db->pipe, name, args);
    const PGresult *res;

    *out = NULL;
    if (db_pipe_run(db->pipe, db->patience_ms) != PIPE_OK) {
        (void)snprintf(err, err_size, "%s", db_post_fault(db));
        return -1;
    }
    res = db_pipe_result(db->pipe, statement);
    if (PQntuples(res) > 0)
        *out = x_strdup(res_text(res, 0, 0));
    return 0;
}

int db_continue_waiting(struct db_post *db, char **submission, char *err, size_t err_size)
{
    return ask(db, "load_continuing", NULL, submission, err, err_size);
}

int db_continue_of(struct db_post *db, const char *origin, char **part, char *err, size_t err_size)
{
    struct db_args args = DB_ARGS_INIT;

    db_arg_text(&args, origin);
    if (ask(db, "load_continuation", &args, part, err, err_size) != 0)
        return -1;
    if (*part)
        (*part)[strcspn(*part, "\n")] = '\0'; /* the act is the first of them, one a line */
    return 0;
}
