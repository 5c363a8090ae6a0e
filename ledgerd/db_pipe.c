/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_pipe.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lang/lang.h"
#include "ledgerd/log.h"

struct db_pipe {
    PGconn *conn;
    bool lost;
    bool warned;
    int queued;         /* statements since the last run */
    bool started;       /* they are on their way */
    PGresult **results; /* of the last run */
    int n_results, cap;
    bool has_fault;
    struct db_fault fault;
};

/* The place of the next value. Statements are ours, so there are never more than fit. */
static int place(const struct db_args *a)
{
    if (a->n >= DB_ARGS_MAX) {
        fatal("a statement has more values than there is room for");
    }
    return a->n;
}

void db_arg_bytes(struct db_args *a, const void *s, size_t len)
{
    int i = place(a);

    a->values[i] = s;
    a->lengths[i] = (int)len;
    a->n = i + 1;
}

void db_arg_text(struct db_args *a, const char *s)
{
    db_arg_bytes(a, s, strlen(s));
}

void db_arg_int(struct db_args *a, int64_t value)
{
    uint64_t be = htobe64((uint64_t)value);
    char *at = a->ints[place(a)];

    memcpy(at, &be, sizeof(be));
    db_arg_bytes(a, at, sizeof(be));
}

void db_arg_array(struct db_args *a, struct pgarray *array)
{
    size_t len;
    const char *bytes = pgarray_finish(array, &len);

    db_arg_bytes(a, bytes, len);
}

static void take_notice(void *arg, const PGresult *res)
{
    struct db_pipe *p = arg;
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

    if (severity != NULL && str_eq(severity, "WARNING")) {
        p->warned = true;
        log_event(LOG_LEVEL_WARN, "the database warns", LOG_STR("text", text));
    }
}

struct db_pipe *db_pipe_open(const char *conninfo, const struct db_settings *settings, char *err,
                             size_t err_size)
{
    PGconn *conn = db_connect(conninfo, settings, err, err_size);

    if (conn == NULL) {
        return NULL;
    }
    struct db_pipe *p = x_calloc(1, sizeof(*p));
    p->conn = conn;
    PQsetNoticeReceiver(conn, take_notice, p);
    if (PQsetnonblocking(conn, 1) != 0 || PQenterPipelineMode(conn) != 1) {
        (void)snprintf(err, err_size, _("the connection can't be used in pipeline mode"));
        db_pipe_close(p);
        return NULL;
    }
    return p;
}

static void clear_results(struct db_pipe *p)
{
    for (int i = 0; i < p->n_results; i++) {
        PQclear(p->results[i]);
    }
    p->n_results = 0;
}

void db_pipe_close(struct db_pipe *p)
{
    if (p == NULL) {
        return;
    }
    clear_results(p);
    free(p->results);
    PQfinish(p->conn);
    free(p);
}

int db_pipe_send(struct db_pipe *p, const char *name, const struct db_args *args)
{
    static const int binary[DB_ARGS_MAX] = {[0 ... DB_ARGS_MAX - 1] = 1};

    if (!p->lost && PQsendQueryPrepared(p->conn, name, args == NULL ? 0 : args->n,
                                        args == NULL ? NULL : args->values,
                                        args == NULL ? NULL : args->lengths, binary, 1) != 1) {
        p->lost = true;
    }
    return p->queued++;
}

void db_pipe_prepare(struct db_pipe *p, const struct db_stmt *stmts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!p->lost && PQsendPrepare(p->conn, stmts[i].name, stmts[i].sql, 0, NULL) != 1) {
            p->lost = true;
        }
        p->queued++;
    }
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void note_fault(struct db_pipe *p, const PGresult *res, int statement)
{
    const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

    /* The first one, but for what libpq itself says of a lost connection when the server says more.
     */
    if (p->has_fault && (p->fault.sqlstate[0] != '\0' || sqlstate == NULL)) {
        return;
    }
    p->has_fault = true;
    p->fault.statement = statement;
    str_copy(p->fault.sqlstate, sizeof(p->fault.sqlstate), sqlstate == NULL ? "" : sqlstate);
    p->fault.fatal = severity != NULL && !str_eq(severity, "ERROR");
    db_error_text(p->conn, res, p->fault.text, sizeof(p->fault.text));
}

/* Keeps the first answer of a statement, as there is but one. */
static void keep_result(struct db_pipe *p, PGresult *res, int statement)
{
    ExecStatusType status = PQresultStatus(res);

    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        note_fault(p, res, statement);
    }
    if (statement >= p->queued || statement < p->n_results) {
        PQclear(res);
        return;
    }
    p->results[p->n_results++] = res;
}

/* Takes the answers that have arrived. True when the last one has. */
static bool take_results(struct db_pipe *p, int *statement)
{
    int nothing = 0;

    /* After a failure libpq ends with NULLs: two in a row can't be the end of a statement. */
    while (nothing < 2 && !PQisBusy(p->conn)) {
        PGresult *res = PQgetResult(p->conn);
        if (res == NULL) {
            nothing++;
            *statement += nothing == 1;
            continue;
        }
        nothing = 0;
        if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
            PQclear(res);
            return true;
        }
        keep_result(p, res, *statement);
    }
    return false;
}

/* Waits for the socket. -1 when the deadline has passed. */
static int wait_socket(struct db_pipe *p, bool to_send, int64_t deadline)
{
    struct pollfd fd = {.fd = PQsocket(p->conn), .events = POLLIN};

    if (to_send) {
        fd.events |= POLLOUT;
    }
    for (;;) {
        int64_t left = deadline - now_ms();
        if (left <= 0 || fd.fd < 0) {
            return -1;
        }
        int n = poll(&fd, 1, left > 60000 ? 60000 : (int)left);
        if (n > 0) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return -1;
        }
    }
}

static enum pipe_end lose(struct db_pipe *p, const char *why)
{
    p->lost = true;
    if (!p->has_fault) {
        p->has_fault = true;
        str_copy(p->fault.text, sizeof(p->fault.text), why);
        p->fault.statement = -1;
    }
    return PIPE_LOST;
}

void db_pipe_start(struct db_pipe *p)
{
    p->started = !p->lost && PQpipelineSync(p->conn) == 1;
    if (p->started) {
        (void)PQflush(p->conn); /* what fails here fails again when the rest is sent */
    }
}

static enum pipe_end exchange(struct db_pipe *p, int64_t deadline)
{
    int statement = 0;

    if (p->lost || (!p->started && PQpipelineSync(p->conn) != 1)) {
        return lose(p, _("the connection is lost"));
    }
    for (;;) {
        int to_send = PQflush(p->conn);
        if (to_send < 0) {
            (void)PQconsumeInput(p->conn);
            (void)take_results(p, &statement); /* perhaps it says why */
            return lose(p, _("the connection is lost"));
        }
        if (take_results(p, &statement)) {
            return p->has_fault ? PIPE_FAILED : PIPE_OK;
        }
        if (PQstatus(p->conn) != CONNECTION_OK) {
            return lose(p, _("the connection is lost"));
        }
        if (wait_socket(p, to_send > 0, deadline) != 0) {
            return lose(p, _("no answer in time"));
        }
        if (PQconsumeInput(p->conn) != 1) {
            (void)take_results(p, &statement);
            return lose(p, _("the connection is lost"));
        }
    }
}

enum pipe_end db_pipe_run(struct db_pipe *p, int64_t patience_ms)
{
    clear_results(p);
    if (p->cap < p->queued) {
        p->cap = p->queued;
        p->results = x_realloc(p->results, (size_t)p->cap * sizeof(*p->results));
    }
    p->warned = false;
    p->has_fault = false;
    memset(&p->fault, 0, sizeof(p->fault));
    enum pipe_end end = exchange(p, now_ms() + patience_ms);
    if (end == PIPE_OK && p->n_results != p->queued) {
        end = lose(p, _("answers are missing"));
    }
    if (end == PIPE_FAILED && p->fault.fatal) {
        end = lose(p, _("the server ended the session"));
    }
    p->queued = 0;
    p->started = false;
    return end;
}

const PGresult *db_pipe_result(const struct db_pipe *p, int i)
{
    return i < p->n_results ? p->results[i] : NULL;
}

const struct db_fault *db_pipe_fault(const struct db_pipe *p)
{
    return &p->fault;
}

bool db_pipe_warned(const struct db_pipe *p)
{
    return p->warned;
}

int64_t res_int(const PGresult *res, int row, int col)
{
    const char *s = PQgetvalue(res, row, col);
    uint64_t v64;
    uint32_t v32;
    uint16_t v16;

    switch (PQgetlength(res, row, col)) {
    case 8:
        memcpy(&v64, s, sizeof(v64));
        return (int64_t)be64toh(v64);
    case 4:
        memcpy(&v32, s, sizeof(v32));
        return (int32_t)be32toh(v32);
    case 2:
        memcpy(&v16, s, sizeof(v16));
        return (int16_t)be16toh(v16);
    default:
        return 0;
    }
}

bool res_bool(const PGresult *res, int row, int col)
{
    return PQgetlength(res, row, col) == 1 && *PQgetvalue(res, row, col) == 1;
}

const char *res_text(const PGresult *res, int row, int col)
{
    return PQgetvalue(res, row, col);
}

bool res_null(const PGresult *res, int row, int col)
{
    return PQgetisnull(res, row, col) == 1;
}

int res_bytes(const PGresult *res, int row, int col, void *out, size_t n)
{
    if ((size_t)PQgetlength(res, row, col) != n) {
        return -1;
    }
    memcpy(out, PQgetvalue(res, row, col), n);
    return 0;
}
