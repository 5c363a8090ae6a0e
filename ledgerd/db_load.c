/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/db_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/db_deal.h"
#include "ledgerd/db_pending.h"

/* Rows of one statement: a bound for the memory that its answer takes. */
#define CHUNK "4000"

const struct db_stmt db_load_stmts[] = {
    {"load_head", "SELECT origin, ledger_id, opening, size, time_ms, edge, epoch, continuing"
                  " FROM head"},
    {"load_log_keys", "SELECT x FROM keys WHERE holder = 'ledger' AND role = 'log'"
                      " AND NOT revoked ORDER BY kid"},
    {"load_settled", "SELECT NOT pg_is_in_recovery()"
                     " AND current_setting('synchronous_standby_names') = ''"},
    {"load_keys", "SELECT kid, x, holder, role, revoked FROM keys"
                  " WHERE holder > $1::text AND holder <= (SELECT max(h.holder) FROM"
                  " (SELECT holder FROM holders WHERE holder > $1::text"
                  "  ORDER BY holder LIMIT " CHUNK ") h) ORDER BY holder"},
    {"load_holders", "SELECT holder, kind, state, frozen_by_office, allowed, name_hash, title,"
                     " zone, rules, threshold, seq, record, recovery, recovery_due,"
                     " recovery_objected, recovery_threshold, recovery_keys, frozen_ms"
                     " FROM holders WHERE holder > $1::text"
                     " ORDER BY holder LIMIT " CHUNK},
    {"load_units", "SELECT unit, title, scale, kind, seq, record FROM units"},
    {"load_policies", "SELECT policy, floor, ceiling, registrar_floor, registrar_ceiling,"
                      " reversal_days, seq, record, clearing, levy_per_mille, levy_monthly,"
                      " levy_purse FROM policies"},
    {"load_rounds", "SELECT r.unit, r.parties, l.legs, r.state, r.round, r.deadline, r.seq,"
                    " r.record FROM rounds r JOIN round_legs l ON l.unit = r.unit"},
    {"load_lines", "SELECT line, coop, partner, unit, most, transit, seq, record FROM lines"
                   " WHERE line > $1::text ORDER BY line LIMIT " CHUNK},
    /* Those of the co-ops' own, which begin with '!': all of them stay in memory. */
    {"load_contras", "SELECT account, balance, seq, record, has_limits, floor, ceiling,"
                     " limits_seq, limits_record, number FROM accounts"
                     " WHERE account > $1::text AND account < '\"' ORDER BY account LIMIT " CHUNK},
    {"load_numbered", "SELECT coalesce(max(number), 0)::bigint FROM account_limits"},
    {"load_voids", "SELECT payload_hash, holder, role, record FROM voids"},
    {"load_snapshot", "SELECT seq, record, size, count, root, day FROM snapshots"
                      " ORDER BY seq DESC LIMIT 1"},
    {"load_books", "SELECT book, seq, record FROM books"},
    {"load_leaves", "SELECT leaf FROM records WHERE idx >= $1::bigint AND idx < $2::bigint"
                    " ORDER BY idx"},
    {"load_recent", "SELECT payload_hash FROM records WHERE idx >= $1::bigint"
                    " ORDER BY idx LIMIT " CHUNK},
    {"load_roots", "SELECT root FROM tiles WHERE level = $1::bigint AND n >= $2::bigint"
                   " AND n < $3::bigint ORDER BY n"},
};
const size_t db_load_stmts_count = ARRAY_LEN(db_load_stmts);

/* One statement, one round trip. NULL with a sentence in err; the result is the pipe's. */
static const PGresult *ask(struct db_post *db, const char *name, const struct db_args *args,
                           char *err, size_t err_size)
{
    int statement = db_pipe_send(db->pipe, name, args);

    if (db_pipe_run(db->pipe, db->patience_ms) != PIPE_OK) {
        (void)snprintf(err, err_size, "%s", db_post_fault(db));
        return NULL;
    }
    return db_pipe_result(db->pipe, statement);
}

static int odd(char *err, size_t err_size, const char *table)
{
    (void)snprintf(err, err_size, _("table %s holds what ledgerd never writes"), table);
    return -1;
}

/* Which of n words. -1 when it is none. */
static int word(const char *s, const char *(*name)(int i), int n)
{
    for (int i = 0; i < n; i++) {
        if (str_eq(s, name(i))) {
            return i;
        }
    }
    return -1;
}

static const char *kind_word(int i)
{
    return holder_kind_name((enum holder_kind)i);
}

static const char *state_word(int i)
{
    return holder_state_name((enum holder_state)i);
}

static int load_head(struct db_post *db, struct head *head, char *ledger_id, size_t id_size,
                     struct tree *tree, char *err, size_t err_size)
{
    struct hash edge[TREE_HEIGHT_MAX + 1];
    const PGresult *res = ask(db, "load_head", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    if (PQntuples(res) != 1) {
        (void)snprintf(err, err_size,
                       _("the database has no head: `ledgerd init` hasn't finished"));
        return -1;
    }
    size_t edge_len = (size_t)PQgetlength(res, 0, 5);
    head->is_continuing = PQgetisnull(res, 0, 7) == 0;
    if (edge_len > sizeof(edge) || edge_len % HASH_LEN != 0 ||
        res_bytes(res, 0, 5, edge, edge_len) != 0 ||
        res_bytes(res, 0, 2, head->opening.b, HASH_LEN) != 0 ||
        (head->is_continuing && res_bytes(res, 0, 7, head->continuing.b, HASH_LEN) != 0)) {
        return odd(err, err_size, "head");
    }
    str_copy(head->origin, sizeof(head->origin), res_text(res, 0, 0));
    str_copy(ledger_id, id_size, res_text(res, 0, 1));
    head->size = (uint64_t)res_int(res, 0, 3);
    head->time_ms = res_int(res, 0, 4);
    head->epoch = res_int(res, 0, 6);
    if (tree_load(tree, head->size, edge, edge_len / HASH_LEN) != 0) {
        return odd(err, err_size, "head");
    }
    return 0;
}

/* Row `row` of load_keys; NULL when it is none that ledgerd writes. */
static struct key_row *take_key(const PGresult *res, int row)
{
    struct kid kid;

    str_copy(kid.s, sizeof(kid.s), res_text(res, row, 0));
    struct key_row *key = key_row_new(&kid, res_text(res, row, 2));
    key->revoked = res_bool(res, row, 4);
    if (res_bytes(res, row, 1, key->key.x, KEY_LEN) != 0 ||
        role_parse(res_text(res, row, 3), &key->role) != 0) {
        free(key);
        return NULL;
    }
    return key;
}

/* Rows of load_keys, which are in the order of their holders' names, and the next of them. */
struct key_rows {
    const PGresult *res;
    int next;
};

/* How many of the next rows are keys of that holder. */
static int count_keys(const struct key_rows *keys, const char *holder)
{
    int n = 0;

    while (keys->next + n < PQntuples(keys->res) &&
           str_eq(res_text(keys->res, keys->next + n, 2), holder)) {
        n++;
    }
    return n;
}

/* Takes the next n rows: into h those in force, and all of them into `rows`. */
static int take_keys(struct key_rows *keys, int n, struct holder *h, struct key_row **rows)
{
    h->n_keys = 0;
    for (int i = 0; i < n; i++) {
        rows[i] = take_key(keys->res, keys->next++);
        if (rows[i] == NULL) {
            return -1;
        }
        if (!rows[i]->revoked) {
            h->keys[h->n_keys++] = (struct holder_key){rows[i]->key, rows[i]->role};
        }
    }
    holder_sort_keys(h);
    return 0;
}

/* The holder with the recovery that its row has, if any; NULL, and the holder freed, when it is
 * none that ledgerd writes. */
static struct holder *take_recovery(const PGresult *res, int row, struct holder *h)
{
    if (res_null(res, row, 12)) {
        return h;
    }
    size_t n = (size_t)PQgetlength(res, row, 16) / KEY_LEN;
    struct recovery *v = recovery_new(n);
    uint8_t *keys = x_calloc(n + 1, KEY_LEN);
    struct holder *with = NULL;
    enum role role;
    if (n >= 1 && n <= ACT_KEYS_MAX && holder_governing_role(h->kind, &role) &&
        res_bytes(res, row, 16, keys, n * KEY_LEN) == 0) {
        v->record = res_int(res, row, 12);
        v->due_ms = res_int(res, row, 13);
        v->objected = res_bool(res, row, 14);
        v->threshold = res_int(res, row, 15);
        for (size_t i = 0; i < n; i++) {
            memcpy(v->keys[i].key.x, keys + i * KEY_LEN, KEY_LEN);
            v->keys[i].role = role;
        }
        with = holder_recovering(h, h->n_keys, v);
    }
    free(keys);
    free(v);
    free(h);
    return with;
}

static int keep_holder(const PGresult *res, int row, struct key_rows *keys, struct rest *rest)
{
    const char *name = res_text(res, row, 0);
    int n = count_keys(keys, name), rc = -1;
    struct holder *h = holder_new(name, res_text(res, row, 6), res_text(res, row, 7), (size_t)n);
    struct key_row **rows = x_calloc((size_t)n + 1, sizeof(struct key_row *));
    int kind = word(res_text(res, row, 1), kind_word, HOLDER_AUDITORS + 1);
    int state = word(res_text(res, row, 2), state_word, HOLDER_CLOSED + 1);

    h->name.there = !res_null(res, row, 5);
    if (kind < 0 || state < 0 || take_keys(keys, n, h, rows) != 0 ||
        (h->name.there && res_bytes(res, row, 5, h->name.hash.b, HASH_LEN) != 0)) {
        goto out;
    }
    h->kind = (enum holder_kind)kind;
    h->state = (enum holder_state)state;
    h->frozen_by_office = res_bool(res, row, 3);
    h->frozen_ms = res_int(res, row, 17);
    h->allowed = res_bool(res, row, 4);
    h->rules = res_int(res, row, 8);
    h->threshold = res_int(res, row, 9);
    h->subject.seq = res_int(res, row, 10);
    h->subject.record = res_int(res, row, 11);
    h = take_recovery(res, row, h);
    if (h == NULL) {
        goto out;
    }
    rest_keep(rest, THING_HOLDER, &h->thing);
    for (int i = 0; i < n; i++) {
        rest_keep(rest, THING_KEY, &rows[i]->thing);
    }
    rc = 0;
out:
    for (int i = 0; i < n; i++) {
        free(rows[i]);
    }
    free(rows);
    free(h);
    return rc;
}

/* A chunk of holders with all their keys, then the next: however many members there are, little
 * more than what rests of them is in memory. */
static int load_holders(struct db_post *db, struct rest *rest, char *err, size_t err_size)
{
    char last[HOLDER_MAX + 1] = "";
    int rows;

    do {
        struct db_args args = DB_ARGS_INIT;
        db_arg_text(&args, last);
        int ask_keys = db_pipe_send(db->pipe, "load_keys", &args);
        int ask_holders = db_pipe_send(db->pipe, "load_holders", &args);
        if (db_pipe_run(db->pipe, db->patience_ms) != PIPE_OK) {
            (void)snprintf(err, err_size, "%s", db_post_fault(db));
            return -1;
        }
        struct key_rows keys = {db_pipe_result(db->pipe, ask_keys), 0};
        const PGresult *res = db_pipe_result(db->pipe, ask_holders);
        rows = PQntuples(res);
        for (int row = 0; row < rows; row++) {
            if (keep_holder(res, row, &keys, rest) != 0) {
                return odd(err, err_size, "holders");
            }
            str_copy(last, sizeof(last), res_text(res, row, 0));
        }
        if (keys.next != PQntuples(keys.res)) {
            return odd(err, err_size, "keys");
        }
    } while (rows > 0);
    return 0;
}

static int load_units(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = ask(db, "load_units", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res); row++) {
        struct unit *u = unit_new(res_text(res, row, 0), res_text(res, row, 1));
        u->scale = res_int(res, row, 2);
        u->subject.seq = res_int(res, row, 4);
        u->subject.record = res_int(res, row, 5);
        if (unit_kind_parse(res_text(res, row, 3), &u->kind) != 0) {
            free(u);
            return odd(err, err_size, "units");
        }
        state_put(s, THING_UNIT, &u->thing);
    }
    return 0;
}

static void take_bounds(const PGresult *res, int row, int col, struct act_bounds *out)
{
    out->floor = res_int(res, row, col);
    out->no_ceiling = res_null(res, row, col + 1);
    out->ceiling = out->no_ceiling ? 0 : res_int(res, row, col + 1);
}

/* What a policy may leave unsaid. */
static int take_shared(const PGresult *res, int row, struct policy *p)
{
    p->has_clearing = !res_null(res, row, 8);
    p->levy.has_per_mille = !res_null(res, row, 9);
    p->levy.has_monthly = !res_null(res, row, 10);
    if (p->levy.has_per_mille) {
        p->levy.per_mille = res_int(res, row, 9);
    }
    if (p->levy.has_monthly) {
        p->levy.monthly = res_int(res, row, 10);
    }
    if (!res_null(res, row, 11)) {
        str_copy(p->levy.purse, sizeof(p->levy.purse), res_text(res, row, 11));
    }
    return p->has_clearing ? clearing_choice_parse(res_text(res, row, 8), &p->clearing) : 0;
}

static int load_policies(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = ask(db, "load_policies", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res); row++) {
        const char *name = res_text(res, row, 0);
        char coop[COOP_MAX + 1];
        name_coop_of(name, coop);
        if (name[strlen(coop)] != '/') {
            return odd(err, err_size, "policies");
        }
        struct policy *p = policy_new(coop, name + strlen(coop) + 1);
        take_bounds(res, row, 1, &p->bounds);
        take_bounds(res, row, 3, &p->registrar);
        p->reversal_days = res_int(res, row, 5);
        p->subject.seq = res_int(res, row, 6);
        p->subject.record = res_int(res, row, 7);
        if (take_shared(res, row, p) != 0) {
            free(p);
            return odd(err, err_size, "policies");
        }
        state_put(s, THING_POLICY, &p->thing);
    }
    return 0;
}

static int load_rounds(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = ask(db, "load_rounds", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res); row++) {
        struct round *r =
            round_read(res_text(res, row, 0), res_text(res, row, 1), res_text(res, row, 2));
        if (r == NULL || round_state_parse(res_text(res, row, 3), &r->state) != 0) {
            free(r);
            return odd(err, err_size, "rounds");
        }
        r->record = res_int(res, row, 4);
        r->deadline = res_int(res, row, 5);
        r->subject.seq = res_int(res, row, 6);
        r->subject.record = res_int(res, row, 7);
        state_put(s, THING_ROUND, &r->thing);
    }
    return 0;
}

static int load_lines(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    char last[LINE_NAME_MAX + 1] = "";
    int rows;

    do {
        struct db_args args = DB_ARGS_INIT;
        db_arg_text(&args, last);
        const PGresult *res = ask(db, "load_lines", &args, err, err_size);
        if (res == NULL) {
            return -1;
        }
        rows = PQntuples(res);
        for (int row = 0; row < rows; row++) {
            struct credit_line *l =
                line_new(res_text(res, row, 1), res_text(res, row, 2), res_text(res, row, 3));
            l->limit = res_int(res, row, 4);
            l->transit = res_bool(res, row, 5);
            l->subject.seq = res_int(res, row, 6);
            l->subject.record = res_int(res, row, 7);
            state_put(s, THING_LINE, &l->thing);
            str_copy(last, sizeof(last), res_text(res, row, 0));
        }
        state_commit(s);
    } while (rows > 0);
    return 0;
}

static int load_contras(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    char last[ACCOUNT_MAX + 1] = "!";
    int rows;

    do {
        struct db_args args = DB_ARGS_INIT;
        db_arg_text(&args, last);
        const PGresult *res = ask(db, "load_contras", &args, err, err_size);
        if (res == NULL) {
            return -1;
        }
        rows = PQntuples(res);
        for (int row = 0; row < rows; row++) {
            state_put(s, THING_ACCOUNT, &db_post_take_account(res, row)->thing);
            str_copy(last, sizeof(last), res_text(res, row, 0));
        }
        state_commit(s); /* now they rest as well */
    } while (rows > 0);
    return 0;
}

static int load_numbered(struct db_post *db, struct ledger *l, char *err, size_t err_size)
{
    const PGresult *res = ask(db, "load_numbered", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    l->numbered = res_int(res, 0, 0);
    return 0;
}

static int load_books(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = ask(db, "load_books", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res); row++) {
        struct book *b = book_new(res_text(res, row, 0));
        b->entries.seq = res_int(res, row, 1);
        b->entries.record = res_int(res, row, 2);
        state_put(s, THING_BOOK, &b->thing);
    }
    return 0;
}

static int load_voids(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = ask(db, "load_voids", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res); row++) {
        struct voided *v = db_deal_voided(res, row);
        if (v == NULL) {
            return odd(err, err_size, "voids");
        }
        state_put(s, THING_VOID, &v->thing);
    }
    return 0;
}

static int load_snapshot(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = ask(db, "load_snapshot", NULL, err, err_size);
    struct snapshot *snapshot;

    if (res == NULL) {
        return -1;
    }
    if (PQntuples(res) == 0) {
        return 0;
    }
    snapshot = snapshot_new();
    snapshot->subject.seq = res_int(res, 0, 0);
    snapshot->subject.record = res_int(res, 0, 1);
    snapshot->size = res_int(res, 0, 2);
    snapshot->count = res_int(res, 0, 3);
    snapshot->day = (int32_t)res_int(res, 0, 5);
    if (res_bytes(res, 0, 4, snapshot->root.b, HASH_LEN) != 0) {
        free(snapshot);
        return odd(err, err_size, "snapshots");
    }
    state_put(s, THING_SNAPSHOT, &snapshot->thing);
    return 0;
}

/*
 * n hashes of height 8·level from number `first`: leaves, or roots of the tiles of the level below.
 * -1 when they aren't all there.
 */
static int load_hashes(struct db_post *db, unsigned level, uint64_t first, size_t n,
                       struct hash *out, char *err, size_t err_size)
{
    struct db_args args = DB_ARGS_INIT;

    if (level > 0) {
        db_arg_int(&args, (int64_t)level - 1);
    }
    db_arg_int(&args, (int64_t)first);
    db_arg_int(&args, (int64_t)(first + n));
    const PGresult *res = ask(db, level == 0 ? "load_leaves" : "load_roots", &args, err, err_size);
    if (res == NULL) {
        return -1;
    }
    if ((size_t)PQntuples(res) != n) {
        return odd(err, err_size, level == 0 ? "records" : "tiles");
    }
    for (size_t i = 0; i < n; i++) {
        if (res_bytes(res, (int)i, 0, out[i].b, HASH_LEN) != 0) {
            return odd(err, err_size, level == 0 ? "records" : "tiles");
        }
    }
    return 0;
}

static int load_tiles(struct db_post *db, struct ledger *l, char *err, size_t err_size)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        struct hash hashes[TILE_WIDTH];
        uint64_t tile;
        size_t n;

        tiles_growing(l->head.size, level, &tile, &n);
        if (n > 0 && load_hashes(db, level, tile * TILE_WIDTH, n, hashes, err, err_size) != 0) {
            return -1;
        }
        tiles_set(&l->tiles, level, tile, hashes, n);
    }
    return 0;
}

static int load_recent(struct db_post *db, struct ledger *l, char *err, size_t err_size)
{
    uint64_t from = l->head.size > RECENT_MIN ? l->head.size - RECENT_MIN : 0;
    struct hash payload_hash;
    const PGresult *res;

    recent_clear(l->recent);
    do {
        struct db_args args = DB_ARGS_INIT;
        db_arg_int(&args, (int64_t)from);
        res = ask(db, "load_recent", &args, err, err_size);
        if (res == NULL) {
            return -1;
        }
        for (int row = 0; row < PQntuples(res); row++) {
            if (res_bytes(res, row, 0, payload_hash.b, HASH_LEN) != 0) {
                return odd(err, err_size, "records");
            }
            recent_add(l->recent, &payload_hash);
        }
        from += (uint64_t)PQntuples(res);
    } while (PQntuples(res) > 0);
    return 0;
}

static int load_makers(struct db_post *db, struct ledger *l, char *err, size_t err_size)
{
    int statement = db_pending_ask_makers(db->pipe);

    if (db_pipe_run(db->pipe, db->patience_ms) != PIPE_OK) {
        (void)snprintf(err, err_size, "%s", db_post_fault(db));
        return -1;
    }
    db_pending_take_makers(db_pipe_result(db->pipe, statement), l->makers);
    return 0;
}

int db_load_ledger(struct db_post *db, struct ledger *l, char *err, size_t err_size)
{
    char id[ORIGIN_MAX + 1 + HASH_B64U_LEN + 1];

    if (load_head(db, &l->head, id, sizeof(id), &l->tree, err, err_size) != 0) {
        return -1;
    }
    if (!str_eq(l->head.origin, state_origin(l->state)) &&
        !name_origin_follows(l->head.origin, state_origin(l->state))) {
        (void)snprintf(err, err_size, _("the database is that of %s, and this ledgerd serves %s"),
                       l->head.origin, state_origin(l->state));
        return -1;
    }
    state_set_ledger_id(l->state, l->head.origin, id);
    if (load_holders(db, l->rest, err, err_size) != 0 ||
        load_units(db, l->state, err, err_size) != 0 ||
        load_policies(db, l->state, err, err_size) != 0 ||
        load_lines(db, l->state, err, err_size) != 0 ||
        load_rounds(db, l->state, err, err_size) != 0 ||
        load_contras(db, l->state, err, err_size) != 0 ||
        load_numbered(db, l, err, err_size) != 0 || load_books(db, l->state, err, err_size) != 0 ||
        load_voids(db, l->state, err, err_size) != 0 ||
        load_snapshot(db, l->state, err, err_size) != 0 || load_recent(db, l, err, err_size) != 0 ||
        load_tiles(db, l, err, err_size) != 0 || load_makers(db, l, err, err_size) != 0) {
        return -1;
    }
    state_commit(l->state);
    return 0;
}

int db_load_head(struct db_post *db, struct head *head, struct hash *root, bool *settled, char *err,
                 size_t err_size)
{
    char id[LEDGER_ID_MAX + 1];
    struct tree tree;

    const PGresult *res = ask(db, "load_settled", NULL, err, err_size);
    if (res == NULL) {
        return -1;
    }
    *settled = res_bool(res, 0, 0);
    tree_init(&tree);
    int rc = load_head(db, head, id, sizeof(id), &tree, err, err_size);
    if (rc == 0) {
        tree_root(&tree, root);
    }
    tree_free(&tree);
    return rc;
}

/* A tree_node over the database. */
struct node_source {
    struct db_post *db;
    char *err;
    size_t err_size;
};

static bool db_node(void *arg, unsigned height, uint64_t i, struct hash *out)
{
    const struct node_source *from = arg;
    struct hash hashes[TILE_WIDTH];
    size_t n = (size_t)1 << (height % TILE_HEIGHT);

    if (load_hashes(from->db, height / TILE_HEIGHT, i * n, n, hashes, from->err, from->err_size) !=
        0) {
        return false;
    }
    tiles_subroot(hashes, n, out);
    return true;
}

int db_load_root_at(struct db_post *db, uint64_t size, struct hash *root, char *err,
                    size_t err_size)
{
    struct node_source from = {db, err, err_size};

    return tree_root_at(db_node, &from, size, root);
}

int db_load_log_keys(struct db_post *db, struct key *out, size_t max, size_t *n, char *err,
                     size_t err_size)
{
    const PGresult *res = ask(db, "load_log_keys", NULL, err, err_size);

    *n = 0;
    for (int i = 0; res != NULL && i < PQntuples(res) && *n < max; i++) {
        if (res_bytes(res, i, 0, out[*n].x, KEY_LEN) != 0) {
            return odd(err, err_size, "keys");
        }
        (*n)++;
    }
    return res == NULL ? -1 : 0;
}
