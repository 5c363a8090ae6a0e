/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "lang/lang.h"
#include "ledgerd/pginit.h"

#define SERVER_OLDEST (PG_OLDEST * 10000)
#define SERVER_NEWEST (PG_NEWEST * 10000 + 9999)

void db_error_text(const PGconn *conn, const PGresult *res, char *out, size_t size)
{
    /* The primary message only: DETAIL and CONTEXT would show a row's values. */
    const char *text = res != NULL ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    size_t len;

    if (text == NULL || *text == '\0')
        text = PQerrorMessage(conn);
    str_copy(out, size, text);
    len = strlen(out);
    while (len > 0 && (out[len - 1] == '\n' || out[len - 1] == ' '))
        out[--len] = '\0';
    for (char *p = out; *p != '\0'; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
}

/* The `options` that conninfo gives itself, "" when none; the caller frees it. NULL: bad conninfo.
 */
static char *own_options(const char *conninfo, char *err, size_t err_size)
{
    char *why = NULL, *found = NULL;
    PQconninfoOption *all = PQconninfoParse(conninfo, &why);

    if (all == NULL) {
        snprintf(err, err_size, _("the database's connection string is wrong: %.*s"),
                 (int)strcspn(why != NULL ? why : _("out of memory"), "\n"),
                 why != NULL ? why : _("out of memory"));
        PQfreemem(why);
        return NULL;
    }
    for (PQconninfoOption *o = all; o->keyword != NULL; o++)
        if (str_eq(o->keyword, "options") && o->val != NULL)
            found = x_strdup(o->val);
    PQconninfoFree(all);
    return found != NULL ? found : x_strdup("");
}

/* Ours come after the operator's, so that they hold. */
static char *make_options(char *before, const struct db_settings *s)
{
    struct buf b = BUF_INIT;
    long long ms = (long long)s->statement_timeout_ms;

    buf_puts(&b, before);
    free(before);
    buf_puts(&b, " -c search_path=public -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601"
                 " -c default_transaction_isolation=read\\ committed"
                 " -c default_transaction_deferrable=off"
                 " -c synchronous_commit=on -c jit=off -c plan_cache_mode=force_generic_plan"
                 " -c client_min_messages=warning -c bytea_output=hex"
                 " -c extra_float_digits=1");
    /* Plans are pinned to index probes, whatever the statistics say: a table that was small when it
     * was last looked at must not turn a plan into a walk through all of it, and a list is walked
     * along its index, page by page, not gathered and sorted. */
    buf_puts(&b, " -c enable_seqscan=off -c enable_bitmapscan=off"
                 " -c enable_hashjoin=off -c enable_mergejoin=off");
    buf_printf(&b, " -c default_transaction_read_only=%s", s->read_only ? "on" : "off");
    buf_printf(&b, " -c statement_timeout=%lld -c lock_timeout=%lld", ms, ms);
    buf_printf(&b, " -c idle_in_transaction_session_timeout=%lld", ms);
    buf_printf(&b, " -c idle_session_timeout=%lld", (long long)s->idle_session_ms);
    return buf_take(&b);
}

struct db_params *db_params_new(const char *conninfo, const struct db_settings *s, char *err,
                                size_t err_size)
{
    char *options = own_options(conninfo, err, err_size);
    struct db_params *p;
    size_t n = 0, owned = 0;
    int64_t connect_s = (s->connect_timeout_ms + 999) / 1000;

    if (options == NULL)
        return NULL;
    p = x_calloc(1, sizeof(*p));
#define ADD(key, value) (p->keys[n] = (key), p->values[n++] = (value))
#define OWN(text)       (p->owned[owned++] = (text))
    ADD("dbname", OWN(x_strdup(conninfo))); /* expanded by libpq; what follows overrides it */
    ADD("options", OWN(make_options(options, s)));
    ADD("application_name", OWN(x_strdup(s->app_name)));
    ADD("connect_timeout", OWN(x_asprintf("%lld", (long long)(connect_s < 2 ? 2 : connect_s))));
    ADD("client_encoding", "UTF8");
    ADD("keepalives", "1");
    ADD("keepalives_idle", "10");
    ADD("keepalives_interval", "5");
    ADD("keepalives_count", "3");
    /* A peer that vanished is noticed while data waits to be taken, too. */
    if (s->statement_timeout_ms > 0)
        ADD("tcp_user_timeout", OWN(x_asprintf("%lld", (long long)s->statement_timeout_ms + 5000)));
#undef ADD
#undef OWN
    return p;
}

void db_params_free(struct db_params *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LEN(p->owned); i++)
        free(p->owned[i]);
    free(p);
}

int db_check_server(const PGconn *conn, char *err, size_t err_size)
{
    int version = PQserverVersion(conn);
    const char *encoding = PQparameterStatus(conn, "server_encoding");

    if (version < SERVER_OLDEST || version > SERVER_NEWEST) {
        snprintf(err, err_size,
                 _("the database server is PostgreSQL %d.%d, and this ledgerd works with %d to %d"),
                 version / 10000, version % 10000, PG_OLDEST, PG_NEWEST);
        return -1;
    }
    if (encoding == NULL || !str_eq(encoding, "UTF8")) {
        snprintf(err, err_size,
                 "the database's encoding is %s and has to be UTF8: make it anew with `CREATE "
                 "DATABASE … ENCODING 'UTF8' TEMPLATE template0`",
                 encoding != NULL ? encoding : _("not known"));
        return -1;
    }
    return 0;
}

PGconn *db_connect(const char *conninfo, const struct db_settings *s, char *err, size_t err_size)
{
    struct db_params *p = db_params_new(conninfo, s, err, err_size);
    PGconn *conn;

    if (p == NULL)
        return NULL;
    conn = PQconnectdbParams(p->keys, p->values, 1);
    db_params_free(p);
    if (PQstatus(conn) != CONNECTION_OK) {
        char why[DB_ERR_MAX];

        db_error_text(conn, NULL, why, sizeof(why));
        snprintf(err, err_size, _("the database can't be reached: %s"), why);
        PQfinish(conn);
        return NULL;
    }
    if (db_check_server(conn, err, err_size) != 0) {
        PQfinish(conn);
        return NULL;
    }
    return conn;
}

bool db_is_superuser(const PGconn *conn)
{
    const char *is = PQparameterStatus(conn, "is_superuser");

    return is != NULL && str_eq(is, "on");
}

int db_exec_simple(PGconn *conn, const char *sql, char *err, size_t err_size)
{
    PGresult *res = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(res);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    if (!done)
        db_error_text(conn, res, err, err_size);
    PQclear(res);
    return done ? 0 : -1;
}
