/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_init.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "lang/lang.h"
#include "ledgerd/db_conn.h"

/* Runs one statement of text parameters; NULL and a sentence unless it ends with `want`. */
static PGresult *ask(PGconn *conn, const char *sql, int n, const char *const *values,
                     ExecStatusType want, char *err, size_t err_size)
{
    PGresult *res = PQexecParams(conn, sql, n, NULL, values, NULL, NULL, 0);

    if (PQresultStatus(res) == want)
        return res;
    db_error_text(conn, res, err, err_size);
    PQclear(res);
    return NULL;
}

static int tell(PGconn *conn, const char *sql, int n, const char *const *values, char *err,
                size_t err_size)
{
    PGresult *res = ask(conn, sql, n, values, PGRES_COMMAND_OK, err, err_size);

    PQclear(res);
    return res ? 0 : -1;
}

int db_has_ledger(PGconn *conn, bool *there, char *err, size_t err_size)
{
    PGresult *res = ask(conn, "SELECT 1 FROM head", 0, NULL, PGRES_TUPLES_OK, err, err_size);

    if (!res)
        return -1;
    *there = PQntuples(res) > 0;
    PQclear(res);
    return 0;
}

/* bytea's hexadecimal text. */
static void hex_text(char *out, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    *out++ = '\\';
    *out++ = 'x';
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

#define HEX_HASH (2 + 2 * HASH_LEN + 1)

int db_init_head(PGconn *conn, const char *origin, const struct hash *opening, char *err,
                 size_t err_size)
{
    char hex[HEX_HASH];

    hex_text(hex, opening->b, HASH_LEN);
    return tell(conn, "INSERT INTO head (origin, opening) VALUES ($1, $2::bytea)", 2,
                (const char *const[]){origin, hex}, err, err_size);
}

int db_init_pending(PGconn *conn, const struct act *a, const struct submission *sub,
                    const char *const *ask, size_t n_asks, const char *needs, char *err,
                    size_t err_size)
{
    struct buf text = BUF_INIT, signed_by = BUF_INIT, asks = BUF_INIT;
    char hex[HEX_HASH], exp[24];
    const char *values[10];
    int ret;

    submission_put(&text, sub);
    buf_putc(&signed_by, '{');
    for (size_t i = 0; i < sub->env.n_sigs; i++)
        buf_printf(&signed_by, "%s%s", i ? "," : "", sub->env.sigs[i].kid.s);
    buf_putc(&signed_by, '}');
    buf_putc(&asks, '{');
    for (size_t i = 0; i < n_asks; i++)
        buf_printf(&asks, "%s\"%s\"", i ? "," : "", ask[i]);
    buf_putc(&asks, '}');
    hex_text(hex, a->payload_hash.b, HASH_LEN);
    snprintf(exp, sizeof(exp), "%lld", (long long)a->exp);
    values[0] = a->by;
    values[1] = a->jti;
    values[2] = act_type_name(a->type);
    values[3] = hex;
    values[4] = exp;
    values[5] = sub->env.sigs[0].kid.s;
    values[6] = signed_by.data;
    values[7] = asks.data;
    values[8] = needs;
    values[9] = text.data;
    ret = tell(conn,
               "INSERT INTO pending (by, jti, type, payload_hash, exp, maker, signed, asks, needs,"
               " submission) VALUES ($1, $2, $3, $4::bytea, $5::bigint, $6, $7::text[],"
               " $8::text[], $9, $10)",
               10, values, err, err_size);
    buf_free(&text);
    buf_free(&signed_by);
    buf_free(&asks);
    return ret;
}

static int insert_opening(PGconn *conn, const struct act *open, const struct submission *sub,
                          const char *needs, char *err, size_t err_size)
{
    const struct act_keys *stewards = &open->u.ledger_open.stewards;
    struct kid *kids = x_calloc(stewards->n, sizeof(*kids));
    const char **asks = x_calloc(stewards->n, sizeof(*asks));
    int ret;

    for (size_t i = 0; i < stewards->n; i++) {
        key_kid(&kids[i], &stewards->keys[i]);
        asks[i] = kids[i].s;
    }
    ret = db_init_pending(conn, open, sub, asks, stewards->n, needs, err, err_size);
    free(asks);
    free(kids);
    return ret;
}

/* Stewards who have signed nothing yet may look at the act with a token of their own key. */
static int insert_opening_keys(PGconn *conn, const struct act *open, char *err, size_t err_size)
{
    for (size_t i = 0; i < open->u.ledger_open.stewards.n; i++) {
        const struct key *key = &open->u.ledger_open.stewards.keys[i];
        char hex[HEX_HASH];
        struct kid kid;

        key_kid(&kid, key);
        hex_text(hex, key->x, KEY_LEN);
        if (tell(conn,
                 "INSERT INTO pending_keys (kid, by, jti, x, holder)"
                 " VALUES ($1, $2, $3, $4::bytea, 'stewards')",
                 4, (const char *const[]){kid.s, open->by, open->jti, hex}, err, err_size) != 0)
            return -1;
    }
    return 0;
}

int db_init_ledger(PGconn *conn, const char *origin, const struct act *open,
                   const struct submission *sub, const char *needs, char *err, size_t err_size)
{
    char ignored[DB_ERR_MAX];

    if (db_exec_simple(conn, "BEGIN", err, err_size) != 0)
        return -1;
    if (db_init_head(conn, origin, &open->payload_hash, err, err_size) == 0 &&
        insert_opening(conn, open, sub, needs, err, err_size) == 0 &&
        insert_opening_keys(conn, open, err, err_size) == 0 &&
        db_exec_simple(conn, "COMMIT", err, err_size) == 0)
        return 0;
    (void)!db_exec_simple(conn, "ROLLBACK", ignored, sizeof(ignored));
    return -1;
}

int db_wipe(PGconn *conn, char *err, size_t err_size)
{
    /* By name: other tables that an operator has in this database aren't ours to empty. */
    return db_exec_simple(
        conn,
        "TRUNCATE head, records, texts, tiles, holders, keys, units, policies,"
        " account_limits, lines, rounds, round_legs,"
        " legs, position_sums, book_pages, requests, reversals, voids,"
        " snapshots, changes, snapshot_nodes, continuations, pending, pending_keys",
        err, err_size);
}

int db_first_origin(PGconn *conn, char *origin, char *err, size_t err_size)
{
    PGresult *res = ask(conn,
                        "SELECT coalesce((SELECT split_part(ledger_id, '#', 1) FROM continuations"
                        " ORDER BY record LIMIT 1), origin) FROM head",
                        0, NULL, PGRES_TUPLES_OK, err, err_size);

    if (!res)
        return -1;
    str_copy(origin, ORIGIN_MAX + 1, PQntuples(res) == 1 ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    return 0;
}

int db_head_origin(PGconn *conn, char *origin, int64_t *size, char *err, size_t err_size)
{
    PGresult *res =
        ask(conn, "SELECT origin, size FROM head", 0, NULL, PGRES_TUPLES_OK, err, err_size);
    int ret = -1;

    if (!res)
        return -1;
    if (PQntuples(res) != 1) {
        snprintf(err, err_size, _("There is no ledger in this database: run `ledgerd init`."));
    } else if (num_parse(PQgetvalue(res, 0, 1), strlen(PQgetvalue(res, 0, 1)), 0, NUM_MAX, size) !=
               0) {
        snprintf(err, err_size, _("The head of the log isn't one."));
    } else {
        str_copy(origin, ORIGIN_MAX + 1, PQgetvalue(res, 0, 0));
        ret = 0;
    }
    PQclear(res);
    return ret;
}

char *db_zone(PGconn *conn, char *err, size_t err_size)
{
    PGresult *res = ask(conn, "SELECT zone FROM holders WHERE holder = 'ledger'", 0, NULL,
                        PGRES_TUPLES_OK, err, err_size);
    char *zone = res ? x_strdup(PQntuples(res) == 1 ? PQgetvalue(res, 0, 0) : "") : NULL;

    PQclear(res);
    return zone;
}

bool log_keys_has(const struct log_keys *keys, const struct key *key)
{
    for (size_t i = 0; i < keys->n_in_force; i++)
        if (memcmp(keys->all[i].x, key->x, KEY_LEN) == 0)
            return true;
    return false;
}

/* The log key of the ledger.open that waits for its stewards; nothing without one. */
static int opening_log_key(PGconn *conn, struct log_keys *out, char *err, size_t err_size)
{
    PGresult *res = ask(conn,
                        "SELECT submission FROM pending, head"
                        " WHERE size = 0 AND pending.payload_hash = head.opening",
                        0, NULL, PGRES_TUPLES_OK, err, err_size);
    struct submission sub;
    struct refusal refusal;
    struct act act;

    if (!res)
        return -1;
    if (PQntuples(res) == 1 && submission_parse(&sub, PQgetvalue(res, 0, 0),
                                                (size_t)PQgetlength(res, 0, 0), &refusal) == 0) {
        if (act_parse(&act, &sub.env, &refusal) == 0) {
            if (act.type == ACT_LEDGER_OPEN) {
                out->all[0] = act.u.ledger_open.log_key;
                out->n = out->n_in_force = 1;
            }
            act_free(&act);
        }
        submission_free(&sub);
    }
    PQclear(res);
    return 0;
}

int db_log_keys(PGconn *conn, struct log_keys *out, char *err, size_t err_size)
{
    PGresult *res = ask(conn,
                        "SELECT encode(x, 'hex'), revoked FROM keys WHERE role = 'log'"
                        " ORDER BY revoked, kid",
                        0, NULL, PGRES_TUPLES_OK, err, err_size);
    int ret = res ? 0 : -1;

    memset(out, 0, sizeof(*out));
    for (int i = 0; res && i < PQntuples(res) && out->n < LOG_KEYS_MAX; i++) {
        size_t len;

        if (sodium_hex2bin(out->all[out->n].x, KEY_LEN, PQgetvalue(res, i, 0), 2 * KEY_LEN, NULL,
                           &len, NULL) != 0 ||
            len != KEY_LEN) {
            snprintf(err, err_size, _("The table of keys holds one that is none."));
            ret = -1;
        }
        out->n++;
        out->n_in_force += PQgetvalue(res, i, 1)[0] == 'f';
    }
    PQclear(res);
    return ret == 0 && out->n == 0 ? opening_log_key(conn, out, err, err_size) : ret;
}
