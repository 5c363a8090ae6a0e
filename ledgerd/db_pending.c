/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_pending.h"

/*
 * How rows of these two tables are found. They are mostly empty, and when they are the planner
 * takes one walk through all of an index for as good as a probe for each of a list's elements.
 * OFFSET 0 leaves it nothing but the probes.
 */
#define PENDING_WHERE(columns, cond) \
    " CROSS JOIN LATERAL (SELECT " columns " FROM pending p WHERE " cond " OFFSET 0) p"
#define KEYS_WHERE(cond) \
    " CROSS JOIN LATERAL (SELECT k.ctid FROM pending_keys k WHERE " cond " OFFSET 0) k"
#define PENDING_ACT "p.by, p.jti, p.payload_hash, p.maker, p.submission, p.needs"

const struct db_stmt db_pending_stmts[] = {
    {"pending_ask", "SELECT p.* FROM unnest($1::text[], $2::text[]) AS u(by, jti)" PENDING_WHERE(
                        PENDING_ACT, "p.by = u.by AND p.jti = u.jti")},
    /* Divides by zero when one of them waits. */
    {"pending_deny", "SELECT 1 / (count(*) = 0)::int"
                     " FROM unnest($1::text[], $2::text[]) AS u(by, jti)" PENDING_WHERE(
                         "p.by", "p.by = u.by AND p.jti ="
                                 " u.jti")},
    {"pending_ask_payloads", "SELECT p.* FROM unnest($1::bytea[]) AS u(hash)" PENDING_WHERE(
                                 PENDING_ACT, "p.payload_hash = u.hash")},
    {"pending_put", "INSERT INTO pending"
                    " (by, jti, type, payload_hash, exp, maker, signed, asks, needs, submission)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
                    " ON CONFLICT (by, jti) DO UPDATE SET signed = EXCLUDED.signed,"
                    " asks = EXCLUDED.asks, needs = EXCLUDED.needs,"
                    " submission = EXCLUDED.submission"},
    {"pending_drop", "DELETE FROM pending WHERE ctid = ANY (ARRAY(SELECT p.ctid"
                     " FROM unnest($1::text[], $2::text[]) AS u(by, jti)" PENDING_WHERE(
                         "p.ctid", "p.by = u.by AND p.jti = u.jti") "))"},
    {"pending_keys_put", "INSERT INTO pending_keys (kid, by, jti, x, holder)"
                         " SELECT unnest($1::text[]), unnest($2::text[]), unnest($3::text[]),"
                         " unnest($4::bytea[]), unnest($5::text[])"
                         " ON CONFLICT DO NOTHING"},
    {"pending_keys_drop",
     "DELETE FROM pending_keys WHERE ctid = ANY (ARRAY(SELECT k.ctid"
     " FROM unnest($1::text[], $2::text[], $3::text[]) AS u(kid, by, jti)" KEYS_WHERE(
         "k.kid = u.kid AND k.by = u.by AND k.jti = u.jti") "))"},
    {"pending_expired", "SELECT EXISTS (SELECT FROM pending WHERE exp < $1)"},
    {"pending_expire",
     "WITH gone AS (DELETE FROM pending WHERE ctid = ANY (ARRAY("
     "SELECT ctid FROM pending WHERE exp < $1 ORDER BY exp LIMIT $2)) RETURNING by, jti, maker),"
     " keys AS (DELETE FROM pending_keys WHERE ctid = ANY (ARRAY("
     "SELECT k.ctid FROM gone" KEYS_WHERE(
         "k.by = gone.by AND k.jti = gone.jti") ")))"
                                                " SELECT maker, count(*) FROM gone GROUP BY maker"},
    {"pending_makers", "SELECT maker, count(*) FROM pending GROUP BY maker"},
};
const size_t db_pending_stmts_count = ARRAY_LEN(db_pending_stmts);

int db_pending_ask(struct db_pipe *pipe, struct pgarray *by, struct pgarray *jti)
{
    struct db_args args = DB_ARGS_INIT;

    db_arg_array(&args, by);
    db_arg_array(&args, jti);
    return db_pipe_send(pipe, "pending_ask", &args);
}

void db_pending_deny(struct db_pipe *pipe, struct pgarray *by, struct pgarray *jti)
{
    struct db_args args = DB_ARGS_INIT;

    db_arg_array(&args, by);
    db_arg_array(&args, jti);
    (void)db_pipe_send(pipe, "pending_deny", &args);
}

int db_pending_ask_payloads(struct db_pipe *pipe, struct pgarray *payload_hashes)
{
    struct db_args args = DB_ARGS_INIT;

    db_arg_array(&args, payload_hashes);
    return db_pipe_send(pipe, "pending_ask_payloads", &args);
}

int db_pending_take(const PGresult *res, struct pendings *p)
{
    for (int row = 0; row < PQntuples(res); row++) {
        const char *by = res_text(res, row, 0), *jti = res_text(res, row, 1);

        if (pendings_find(p, by, jti) != NULL) {
            continue; /* two acts of the batch asked for it */
        }
        struct pending_act *pa = pendings_add(p, by, jti);
        pa->stored = true;
        if (res_bytes(res, row, 2, pa->payload_hash.b, HASH_LEN) != 0) {
            return -1;
        }
        str_copy(pa->maker, sizeof(pa->maker), res_text(res, row, 3));
        pa->submission = x_strdup(res_text(res, row, 4));
        buf_puts(&pa->needs, res_text(res, row, 5));
    }
    return 0;
}

static void write_act(struct db_pipe *pipe, struct pending_act *pa)
{
    struct db_args args = DB_ARGS_INIT;

    db_arg_text(&args, pa->by);
    db_arg_text(&args, pa->jti);
    db_arg_text(&args, pa->type);
    db_arg_bytes(&args, pa->payload_hash.b, HASH_LEN);
    db_arg_int(&args, pa->exp);
    db_arg_text(&args, pa->maker);
    db_arg_array(&args, &pa->signers);
    db_arg_array(&args, &pa->asks);
    db_arg_bytes(&args, pa->needs.data, pa->needs.len);
    db_arg_text(&args, pa->submission);
    (void)db_pipe_send(pipe, "pending_put", &args);
}

static void write_keys(struct db_pipe *pipe, struct pending_keys *keys, const char *stmt, bool all)
{
    struct db_args args = DB_ARGS_INIT;

    if (keys->n == 0) {
        return;
    }
    db_arg_array(&args, &keys->kid);
    db_arg_array(&args, &keys->by);
    db_arg_array(&args, &keys->jti);
    if (all) {
        db_arg_array(&args, &keys->x);
        db_arg_array(&args, &keys->holder);
    }
    (void)db_pipe_send(pipe, stmt, &args);
}

void db_pending_write(struct db_pipe *pipe, struct pendings *p)
{
    struct db_args args = DB_ARGS_INIT;
    struct pgarray by, jti;

    pgarray_init(&by, PGARRAY_TEXT);
    pgarray_init(&jti, PGARRAY_TEXT);
    for (size_t i = 0; i < p->n; i++) {
        struct pending_act *pa = p->at[i];
        if (pa->changed && !pa->gone) {
            write_act(pipe, pa);
        } else if (pa->gone && pa->stored) {
            pgarray_text(&by, pa->by);
            pgarray_text(&jti, pa->jti);
        }
    }
    write_keys(pipe, &p->new_keys, "pending_keys_put", true);
    if (by.n > 0) {
        db_arg_array(&args, &by);
        db_arg_array(&args, &jti);
        (void)db_pipe_send(pipe, "pending_drop", &args);
    }
    write_keys(pipe, &p->gone_keys, "pending_keys_drop", false);
    pgarray_free(&by);
    pgarray_free(&jti);
}

int db_pending_ask_expired(struct db_pipe *pipe, int64_t now)
{
    struct db_args args = DB_ARGS_INIT;

    db_arg_int(&args, now);
    return db_pipe_send(pipe, "pending_expired", &args);
}

int db_pending_expire(struct db_pipe *pipe, int64_t now, int64_t most)
{
    struct db_args args = DB_ARGS_INIT;

    db_arg_int(&args, now);
    db_arg_int(&args, most);
    return db_pipe_send(pipe, "pending_expire", &args);
}

int64_t db_pending_take_expired(const PGresult *res, struct strmap *makers)
{
    int64_t sum = 0;

    for (int row = 0; row < PQntuples(res); row++) {
        const char *maker = res_text(res, row, 0);
        int64_t n = res_int(res, row, 1), *left = strmap_put(makers, maker);

        sum += n;
        *left -= n;
        if (*left <= 0) {
            strmap_drop(makers, maker);
        }
    }
    return sum;
}

int db_pending_ask_makers(struct db_pipe *pipe)
{
    return db_pipe_send(pipe, "pending_makers", NULL);
}

void db_pending_take_makers(const PGresult *res, struct strmap *makers)
{
    strmap_clear(makers);
    for (int row = 0; row < PQntuples(res); row++) {
        *strmap_put(makers, res_text(res, row, 0)) = res_int(res, row, 1);
    }
}
