/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_post.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerd/db_deal.h"
#include "ledgerd/db_continue.h"
#include "ledgerd/db_load.h"
#include "ledgerd/db_pending.h"
#include "ledgerd/db_store.h"
#include "ledgerd/log.h"

/* Of pg_try_advisory_lock: "pumasi" in ASCII. Whoever holds it posts. */
#define LOCK_NUMBER INT64_C(0x70756d617369)

/* A round trip may take as long as its statements, and a little. */
#define SLACK_MS 3000

/* Pending acts deleted at once, each with up to a hundred keys: some ten milliseconds' worth. */
#define EXPIRE_SLICE 50

/* work_mem is for the lists of a batch. */
static const struct db_stmt settings_stmts[] = {
    {"set_work_mem", "SET work_mem = '64MB'"},
    {"set_idle", "SELECT set_config('idle_in_transaction_session_timeout', $1::text, false)"},
};

static const struct db_stmt post_stmts[] = {
    {"begin", "BEGIN"},
    {"commit", "COMMIT"},
    {"replan", "DISCARD PLANS"},
    {"rollback", "ROLLBACK"},
    {"ping", "SELECT 1"},
    {"lock", "SELECT CASE WHEN pg_is_in_recovery() THEN false"
             " ELSE pg_try_advisory_lock($1::bigint) END"},
    /*
     * The server's own time-outs end a session that is idle, also within a transaction. One whose
     * client was stopped half-way through sending, or taking, a round trip is neither: it waits for
     * its client for ever, with the locks.
     */
    {"end_hung", "SELECT pg_terminate_backend(a.pid) FROM pg_locks l"
                 " JOIN pg_stat_activity a ON a.pid = l.pid"
                 " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
                 " AND l.database = (SELECT oid FROM pg_database"
                 " WHERE datname = current_database())"
                 " AND l.classid::bigint = $1::bigint >> 32"
                 " AND l.objid::bigint = $1::bigint & 4294967295"
                 " AND a.wait_event_type = 'Client'"
                 " AND greatest(a.query_start, a.state_change)"
                 " < clock_timestamp() - make_interval(secs => $2::bigint / 1000.0)"},
    {"take_over", "UPDATE head SET epoch = epoch + 1 RETURNING epoch"},
    {"lock_head", "SELECT size FROM head WHERE epoch = $1::bigint FOR UPDATE"},
    /* With OFFSET 0 each row of the list is looked up by itself: a table that PostgreSQL believes
     * to be empty would be gone through for the list instead. */
    {"ask_accounts", "SELECT a.* FROM unnest($1::text[]) AS u(account)"
                     " CROSS JOIN LATERAL (SELECT account, balance, seq, record, has_limits, floor,"
                     " ceiling, limits_seq, limits_record, number"
                     " FROM accounts WHERE account = u.account OFFSET 0) a"},
    {"ask_ids", "SELECT r.* FROM unnest($1::text[], $2::text[]) AS u(by, jti)"
                " CROSS JOIN LATERAL (SELECT by, jti, idx, payload_hash FROM records"
                " WHERE by = u.by AND jti = u.jti OFFSET 0) r"},
    /* Divides by zero when the head isn't where this ledgerd left it, so that nothing is stored
     * after it. */
    {"move_head", "WITH moved AS (UPDATE head SET size = $3::bigint, time_ms = $4::bigint,"
                  " edge = $5::bytea, ledger_id = $6::text, origin = $7::text,"
                  " continuing = NULL"
                  " WHERE epoch = $1::bigint AND size = $2::bigint RETURNING 1)"
                  " SELECT 1 / count(*) FROM moved"},
};

static int prepare(struct db_post *db, const struct conf *conf)
{
    struct db_args args = DB_ARGS_INIT;
    char *idle = x_asprintf("%lld", (long long)conf->takeover_ms);

    db_pipe_prepare(db->pipe, settings_stmts, ARRAY_LEN(settings_stmts));
    db_arg_text(&args, idle);
    for (size_t i = 0; i < ARRAY_LEN(settings_stmts); i++) {
        bool last = i + 1 == ARRAY_LEN(settings_stmts);
        (void)db_pipe_send(db->pipe, settings_stmts[i].name, last ? &args : NULL);
    }
    free(idle);
    db_pipe_prepare(db->pipe, post_stmts, ARRAY_LEN(post_stmts));
    db_pipe_prepare(db->pipe, db_store_stmts, db_store_stmts_count);
    db_pipe_prepare(db->pipe, db_pending_stmts, db_pending_stmts_count);
    db_pipe_prepare(db->pipe, db_deal_stmts, db_deal_stmts_count);
    db_pipe_prepare(db->pipe, db_load_stmts, db_load_stmts_count);
    db_pipe_prepare(db->pipe, db_load_things_stmts, db_load_things_stmts_count);
    db_pipe_prepare(db->pipe, db_continue_stmts, db_continue_stmts_count);
    return db_pipe_run(db->pipe, db->patience_ms) == PIPE_OK ? 0 : -1;
}

struct db_post *db_post_open(const char *conninfo, const struct conf *conf, char *err,
                             size_t err_size)
{
    const struct db_settings settings = {
        .app_name = "ledgerd poster",
        .connect_timeout_ms = 5000,
        .statement_timeout_ms = conf->statement_timeout_ms,
        .idle_session_ms = conf->takeover_ms,
    };
    struct db_pipe *pipe = db_pipe_open(conninfo, &settings, err, err_size);

    if (pipe == NULL) {
        return NULL;
    }
    struct db_post *db = x_calloc(1, sizeof(*db));
    db->pipe = pipe;
    db->patience_ms = conf->statement_timeout_ms + SLACK_MS;
    db->takeover_ms = conf->takeover_ms;
    if (prepare(db, conf) != 0) {
        str_copy(err, err_size, db_post_fault(db));
        db_post_close(db);
        return NULL;
    }
    return db;
}

void db_post_close(struct db_post *db)
{
    if (db == NULL) {
        return;
    }
    db_pipe_close(db->pipe);
    free(db);
}

const char *db_post_fault(const struct db_post *db)
{
    return db_pipe_fault(db->pipe)->text;
}

bool db_post_is_full(const struct db_post *db)
{
    return str_eq(db_pipe_fault(db->pipe)->sqlstate, "53100");
}

static enum db_end rollback(struct db_post *db)
{
    db->begun = false;
    (void)db_pipe_send(db->pipe, "rollback", NULL);
    return db_pipe_run(db->pipe, db->patience_ms) == PIPE_OK ? DB_DONE : DB_LOST;
}

enum db_end db_post_rollback(struct db_post *db)
{
    return db->begun ? rollback(db) : DB_DONE;
}

/*
 * What a failed statement means for the batch. These three are worth another try as they are; after
 * the others of the class the session itself no longer suits.
 */
static enum db_end meaning(const struct db_fault *fault)
{
    static const char *const again[] = {"40001", "40P01", "57014", "55P03"};
    static const char *const reconnect[] = {"25006", "26000", "0A000", "22012"};

    for (size_t i = 0; i < ARRAY_LEN(again); i++) {
        if (str_eq(fault->sqlstate, again[i])) {
            return DB_AGAIN;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(reconnect); i++) {
        if (str_eq(fault->sqlstate, reconnect[i])) {
            return DB_LOST;
        }
    }
    return str_eq(fault->sqlstate, "53100") ? DB_FULL : DB_REFUSED;
}

/* Runs what is queued; commit is the number of the COMMIT in it, or -1. What fails in haste isn't
 * looked at any closer: done with care it shows again, or doesn't fail. */
static enum db_end run(struct db_post *db, int commit, bool hasty)
{
    switch (db_pipe_run(db->pipe, db->patience_ms)) {
    case PIPE_OK:
        break;
    case PIPE_FAILED: {
        struct db_fault fault = *db_pipe_fault(db->pipe);
        enum db_end end = hasty ? DB_HASTY : meaning(&fault);
        if (end == DB_LOST || rollback(db) != DB_DONE) {
            end = DB_LOST;
        }
        if (end == DB_HASTY) {
            return end;
        }
        log_event(LOG_LEVEL_WARN, "a statement of posting failed",
                  LOG_STR("sqlstate", fault.sqlstate), LOG_STR("text", fault.text));
        return end;
    }
    case PIPE_LOST:
        db->begun = false;
        return commit >= 0 ? DB_UNKNOWN : DB_LOST;
    }
    if (commit < 0) {
        return DB_DONE;
    }
    /* "ROLLBACK": there was no transaction to commit. */
    if (!str_eq(PQcmdStatus((PGresult *)(uintptr_t)db_pipe_result(db->pipe, commit)), "COMMIT")) {
        return DB_UNKNOWN;
    }
    return db_pipe_warned(db->pipe) ? DB_UNCONFIRMED : DB_DONE;
}

enum db_end db_post_lock(struct db_post *db)
{
    struct db_args args = DB_ARGS_INIT;

    db_arg_int(&args, LOCK_NUMBER);
    int lock = db_pipe_send(db->pipe, "lock", &args);
    if (db_pipe_run(db->pipe, db->patience_ms) != PIPE_OK) {
        return DB_LOST;
    }
    if (res_bool(db_pipe_result(db->pipe, lock), 0, 0)) {
        return DB_DONE;
    }
    db_arg_int(&args, db->takeover_ms);
    int end = db_pipe_send(db->pipe, "end_hung", &args);
    if (db_pipe_run(db->pipe, db->patience_ms) != PIPE_OK) {
        return DB_LOST;
    }
    if (PQntuples(db_pipe_result(db->pipe, end)) > 0) {
        log_warn("the session of the ledgerd that posts kept the database waiting: it was ended");
    }
    return DB_OTHERS;
}

enum db_end db_post_take_over(struct db_post *db, int64_t *epoch)
{
    (void)db_pipe_send(db->pipe, "begin", NULL);
    int update = db_pipe_send(db->pipe, "take_over", NULL);
    int commit = db_pipe_send(db->pipe, "commit", NULL);
    if (run(db, commit, false) != DB_DONE) {
        return DB_LOST;
    }
    const PGresult *res = db_pipe_result(db->pipe, update);
    if (PQntuples(res) != 1) {
        log_error("the database has no head: `ledgerd init` hasn't finished");
        return DB_LOST;
    }
    *epoch = res_int(res, 0, 0);
    return DB_DONE;
}

enum db_end db_post_ping(struct db_post *db)
{
    (void)db_pipe_send(db->pipe, "ping", NULL);
    return db_pipe_run(db->pipe, db->patience_ms) == PIPE_OK ? DB_DONE : DB_LOST;
}

static void begin(struct db_post *db)
{
    (void)db_pipe_send(db->pipe, "begin", NULL);
    if (db->replan) {
        (void)db_pipe_send(db->pipe, "replan", NULL);
        db->replan = false;
    }
}

/*
 * A plan is made for the tables as they are, and kept. For one without rows, or with a few, any
 * index is as good as another, and autovacuum needs a minute to see that it has grown: so plans are
 * made anew when so many rows of a table were stored. Of thousands none is mistaken.
 */
static void see_growth(struct db_post *db, const struct store *st)
{
    static const uint64_t replan_at[] = {1, 8, 64, 512, 4096};

    for (size_t t = 0; t < STORE_TABLES; t++) {
        uint64_t before = db->stored[t];

        db->stored[t] += st->rows[t].n;
        for (size_t i = 0; i < ARRAY_LEN(replan_at); i++) {
            db->replan |= before < replan_at[i] && db->stored[t] >= replan_at[i];
        }
    }
}

void want_init(struct want *w)
{
    pgarray_init(&w->accounts, PGARRAY_TEXT);
    pgarray_init(&w->by, PGARRAY_TEXT);
    pgarray_init(&w->jti, PGARRAY_TEXT);
    pgarray_init(&w->deals, PGARRAY_INT8);
    pgarray_init(&w->asked, PGARRAY_BYTEA);
}

void want_free(struct want *w)
{
    pgarray_free(&w->accounts);
    pgarray_free(&w->by);
    pgarray_free(&w->jti);
    pgarray_free(&w->deals);
    pgarray_free(&w->asked);
}

void want_clear(struct want *w)
{
    pgarray_clear(&w->accounts);
    pgarray_clear(&w->by);
    pgarray_clear(&w->jti);
    pgarray_clear(&w->deals);
    pgarray_clear(&w->asked);
    w->hasty = false;
}

struct account *db_post_take_account(const PGresult *res, int row)
{
    struct account *a = account_new(res_text(res, row, 0));

    a->balance = res_int(res, row, 1);
    a->seq = res_int(res, row, 2);
    a->record = res_int(res, row, 3);
    a->has_limits = res_bool(res, row, 4);
    if (a->has_limits) {
        a->limits.floor = res_int(res, row, 5);
        a->limits.no_ceiling = res_null(res, row, 6);
        a->limits.ceiling = a->limits.no_ceiling ? 0 : res_int(res, row, 6);
    }
    a->limits_subject.seq = res_int(res, row, 7);
    a->limits_subject.record = res_int(res, row, 8);
    a->number = res_int(res, row, 9);
    return a;
}

static void take_accounts(const PGresult *res, struct state *s)
{
    for (int row = 0; row < PQntuples(res); row++) {
        state_put(s, THING_ACCOUNT, &db_post_take_account(res, row)->thing);
    }
}

static int take_ids(const PGresult *res, struct state *s)
{
    for (int row = 0; row < PQntuples(res); row++) {
        struct posted_id *id = posted_id_new(res_text(res, row, 0), res_text(res, row, 1));

        id->record = res_int(res, row, 2);
        if (res_bytes(res, row, 3, id->payload_hash.b, HASH_LEN) != 0) {
            free(id);
            return -1;
        }
        state_put(s, THING_ID, &id->thing);
    }
    return 0;
}

static bool wants_things(const struct want *w)
{
    return w->accounts.n + w->deals.n + w->asked.n > 0;
}

/* What was sent of a want; -1 for what was not. */
struct asked {
    int accounts, deals, asked, pending;
};

static struct asked ask_wanted(struct db_post *db, struct want *w)
{
    struct asked sent = {-1, -1, -1, -1};
    struct db_args accounts = DB_ARGS_INIT;

    if (w->accounts.n > 0) {
        db_arg_array(&accounts, &w->accounts);
        sent.accounts = db_pipe_send(db->pipe, "ask_accounts", &accounts);
    }
    if (w->deals.n > 0) {
        sent.deals = db_deal_ask(db->pipe, &w->deals);
    }
    if (w->asked.n > 0) {
        sent.asked = db_deal_ask_asked(db->pipe, &w->asked);
        sent.pending = db_pending_ask_payloads(db->pipe, &w->asked);
    }
    return sent;
}

static int take_wanted(struct db_post *db, const struct asked *sent, struct want *w,
                       struct state *s, struct pendings *pend)
{
    if (sent->accounts >= 0) {
        take_accounts(db_pipe_result(db->pipe, sent->accounts), s);
    }
    if ((sent->deals >= 0 && db_deal_take(db_pipe_result(db->pipe, sent->deals), s) != 0) ||
        (sent->asked >= 0 && db_deal_take(db_pipe_result(db->pipe, sent->asked), s) != 0) ||
        (sent->pending >= 0 && pend != NULL &&
         db_pending_take(db_pipe_result(db->pipe, sent->pending), pend) != 0)) {
        return -1;
    }
    return 0;
}

enum db_end db_post_begin(struct db_post *db, struct ledger *l, struct want *w,
                          struct pendings *pend)
{
    struct db_args epoch = DB_ARGS_INIT, ids = DB_ARGS_INIT;
    int ask_ids = -1, ask_pending = -1;

    if (w->hasty && !wants_things(w)) {
        return DB_DONE;
    }
    begin(db);
    /* A statement of its own and first: those after it see all that the lock's last holder did. */
    db_arg_int(&epoch, l->head.epoch);
    int lock = db_pipe_send(db->pipe, "lock_head", &epoch);
    struct asked sent = ask_wanted(db, w);
    if (!w->hasty) {
        db_arg_array(&ids, &w->by);
        db_arg_array(&ids, &w->jti);
        ask_ids = db_pipe_send(db->pipe, "ask_ids", &ids);
        ask_pending = db_pending_ask(db->pipe, &w->by, &w->jti);
    }
    enum db_end end = run(db, -1, false);
    if (end != DB_DONE) {
        return end;
    }
    db->begun = true;
    const PGresult *head = db_pipe_result(db->pipe, lock);
    if (PQntuples(head) != 1) {
        return db_post_rollback(db) == DB_DONE ? DB_OTHERS : DB_LOST;
    }
    if ((uint64_t)res_int(head, 0, 0) != l->head.size) {
        log_error("the log's head isn't where this ledgerd left it: the state is loaded anew");
        return DB_LOST;
    }
    if (take_wanted(db, &sent, w, l->state, pend) != 0 ||
        (!w->hasty && (take_ids(db_pipe_result(db->pipe, ask_ids), l->state) != 0 ||
                       db_pending_take(db_pipe_result(db->pipe, ask_pending), pend) != 0))) {
        return DB_LOST;
    }
    return DB_DONE;
}

enum db_end db_post_load(struct db_post *db, struct ledger *l, struct want *w)
{
    struct asked sent = ask_wanted(db, w);
    enum db_end end = run(db, -1, false);

    if (end == DB_DONE && take_wanted(db, &sent, w, l->state, NULL) != 0) {
        return DB_LOST;
    }
    return end;
}

static void send_head(struct db_post *db, const struct ledger *l, int64_t time_ms)
{
    struct db_args args = DB_ARGS_INIT;
    struct hash edge[TREE_HEIGHT_MAX + 1];
    size_t n = tree_edge(&l->tree, edge);

    db_arg_int(&args, l->head.epoch);
    db_arg_int(&args, (int64_t)l->head.size);
    db_arg_int(&args, (int64_t)l->tree.size);
    db_arg_int(&args, time_ms);
    db_arg_bytes(&args, edge, n * HASH_LEN);
    db_arg_text(&args, state_ledger_id(l->state));
    db_arg_text(&args, state_origin(l->state));
    (void)db_pipe_send(db->pipe, "move_head", &args);
}

void db_post_store(struct db_post *db, const struct ledger *l, int64_t time_ms, struct store *st,
                   struct pendings *pend, struct want *w)
{
    if (!db->begun) {
        begin(db);
    }
    /* First of all, as its row is the lock: see db_post_begin. */
    if (st->rows[STORE_RECORDS].n > 0) {
        send_head(db, l, time_ms);
    }
    if (w->hasty && strmap_count(l->makers) > 0) {
        db_pending_deny(db->pipe, &w->by, &w->jti);
    }
    db_store_send(db->pipe, st);
    see_growth(db, st);
    if (pend != NULL) {
        db_pending_write(db->pipe, pend);
    }
    db->commit = db_pipe_send(db->pipe, "commit", NULL);
    db_pipe_start(db->pipe);
}

enum db_end db_post_stored(struct db_post *db, const struct want *w)
{
    enum db_end end = run(db, db->commit, w->hasty);

    db->begun = false;
    return end;
}

enum db_end db_post_expire(struct db_post *db, struct ledger *l, int64_t now, bool *more)
{
    struct db_args epoch = DB_ARGS_INIT;
    int any = db_pending_ask_expired(db->pipe, now);
    enum db_end end = run(db, -1, false);

    *more = false;
    if (end != DB_DONE || !res_bool(db_pipe_result(db->pipe, any), 0, 0)) {
        return end;
    }
    (void)db_pipe_send(db->pipe, "begin", NULL);
    db_arg_int(&epoch, l->head.epoch);
    int lock = db_pipe_send(db->pipe, "lock_head", &epoch);
    end = run(db, -1, false);
    if (end != DB_DONE) {
        return end;
    }
    if (PQntuples(db_pipe_result(db->pipe, lock)) != 1) {
        return rollback(db) == DB_DONE ? DB_OTHERS : DB_LOST;
    }
    int gone = db_pending_expire(db->pipe, now, EXPIRE_SLICE);
    int commit = db_pipe_send(db->pipe, "commit", NULL);
    end = run(db, commit, false);
    if (end == DB_DONE) {
        *more = db_pending_take_expired(db_pipe_result(db->pipe, gone), l->makers) == EXPIRE_SLICE;
    }
    return end;
}
