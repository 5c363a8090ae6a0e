/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_DB_PIPE_H
#define PUMASI_DB_PIPE_H

#include <libpq-fe.h>

#include "core/base.h"
#include "core/hash.h"
#include "ledgerd/db_conn.h"
#include "ledgerd/pgarray.h"

/*
 * One connection in pipeline mode, for straight-line code: statements are queued, then run in one
 * round trip under a deadline. The deadline's passing, or anything else wrong with the connection,
 * makes it lost: nothing but db_pipe_close can be done with it then.
 */
struct db_pipe;

/* A named statement, prepared at each connect. */
struct db_stmt {
    const char *name;
    const char *sql;
};

/* Values of a statement, in binary format. What they point to must live until db_pipe_send returns.
 */
#define DB_ARGS_MAX 20
struct db_args {
    int n;
    const char *values[DB_ARGS_MAX];
    int lengths[DB_ARGS_MAX];
    char ints[DB_ARGS_MAX][8];
};
#define DB_ARGS_INIT \
    {                \
        .n = 0       \
    }
void db_arg_int(struct db_args *a, int64_t value);               /* bigint */
void db_arg_bytes(struct db_args *a, const void *s, size_t len); /* text, bytea */
void db_arg_text(struct db_args *a, const char *s);
void db_arg_array(struct db_args *a, struct pgarray *array);

/* Connects, blocking for at most the settings' time. NULL and a sentence in err. */
struct db_pipe *db_pipe_open(const char *conninfo, const struct db_settings *settings, char *err,
                             size_t err_size) MUST_CHECK;
void db_pipe_close(struct db_pipe *p);

/* Queues a statement. Its number among those of the next run. */
int db_pipe_send(struct db_pipe *p, const char *name, const struct db_args *args);
/* Queues the preparing of n statements. */
void db_pipe_prepare(struct db_pipe *p, const struct db_stmt *stmts, size_t n);

enum pipe_end {
    PIPE_OK,
    PIPE_FAILED, /* a statement failed, and those after it weren't run: see db_pipe_fault */
    PIPE_LOST,   /* db_pipe_fault is set when the server still said why */
};
/* Begins to send what is queued, so that the server is at work before db_pipe_run waits for it. */
void db_pipe_start(struct db_pipe *p);
/* Sends what is queued and waits for all the answers. */
enum pipe_end db_pipe_run(struct db_pipe *p, int64_t patience_ms) MUST_CHECK;

/* The answer to statement i of the last run; never NULL after PIPE_OK. Valid until the next run. */
const PGresult *db_pipe_result(const struct db_pipe *p, int i);

/* What went wrong first in the last run. */
struct db_fault {
    int statement;    /* its number */
    char sqlstate[6]; /* "" when the server said nothing */
    bool fatal;       /* the server ended the session with it */
    char text[DB_ERR_MAX];
};
const struct db_fault *db_pipe_fault(const struct db_pipe *p);
/* True when the server gave a warning in the last run. */
bool db_pipe_warned(const struct db_pipe *p);

/* Values of a binary answer; the column must be of that type and not null. */
int64_t res_int(const PGresult *res, int row, int col); /* bigint, integer, smallint */
bool res_bool(const PGresult *res, int row, int col);
const char *res_text(const PGresult *res, int row, int col); /* NUL-terminated, the result's */
bool res_null(const PGresult *res, int row, int col);
/* A bytea of exactly n bytes; -1 when it is another length. */
int res_bytes(const PGresult *res, int row, int col, void *out, size_t n) MUST_CHECK;

#endif
