/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The things of the state: holders with their keys, which rest, and all others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/db_deal.h"
#include "ledgerd/db_load.h"
#include "ledgerd/db_load_int.h"

const struct db_stmt db_load_things_stmts[] = {
    {"load_keys", "SELECT kid, x, holder, role, revoked FROM keys"
                  " WHERE holder > $1::text AND holder <= (SELECT max(h.holder) FROM"
                  " (SELECT holder FROM holders WHERE holder > $1::text"
                  "  ORDER BY holder LIMIT " DB_LOAD_CHUNK ") h) ORDER BY holder"},
    {"load_holders", "SELECT holder, kind, state, frozen_by_office, allowed, name_hash, title,"
                     " zone, rules, threshold, seq, record, recovery, recovery_due,"
                     " recovery_objected, recovery_threshold, recovery_keys, frozen_ms"
                     " FROM holders WHERE holder > $1::text"
                     " ORDER BY holder LIMIT " DB_LOAD_CHUNK},
    {"load_units", "SELECT unit, title, scale, kind, seq, record FROM units"},
    {"load_policies", "SELECT policy, floor, ceiling, registrar_floor, registrar_ceiling,"
                      " reversal_days, seq, record, clearing, levy_per_mille, levy_monthly,"
                      " levy_purse FROM policies"},
    {"load_rounds", "SELECT r.unit, r.parties, l.legs, r.state, r.round, r.deadline, r.seq,"
                    " r.record FROM rounds r JOIN round_legs l ON l.unit = r.unit"},
    {"load_lines", "SELECT line, coop, partner, unit, most, transit, seq, record FROM lines"
                   " WHERE line > $1::text ORDER BY line LIMIT " DB_LOAD_CHUNK},
    /* Those of the co-ops' own, which begin with '!': all of them stay in memory. */
    {"load_contras",
     "SELECT account, balance, seq, record, has_limits, floor, ceiling,"
     " limits_seq, limits_record, number FROM accounts"
     " WHERE account > $1::text AND account < '\"' ORDER BY account LIMIT " DB_LOAD_CHUNK},
    {"load_numbered", "SELECT coalesce(max(number), 0)::bigint FROM account_limits"},
    {"load_voids", "SELECT payload_hash, holder, role, record FROM voids"},
    {"load_snapshot", "SELECT seq, record, size, count, root, day FROM snapshots"
                      " ORDER BY seq DESC LIMIT 1"},
    {"load_books", "SELECT book, seq, record FROM books"},
};
const size_t db_load_things_stmts_count = ARRAY_LEN(db_load_things_stmts);

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
                return db_load_odd(err, err_size, "holders");
            }
            str_copy(last, sizeof(last), res_text(res, row, 0));
        }
        if (keys.next != PQntuples(keys.res)) {
            return db_load_odd(err, err_size, "keys");
        }
    } while (rows > 0);
    return 0;
}

static int load_units(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = db_load_ask(db, "load_units", NULL, err, err_size);

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
            return db_load_odd(err, err_size, "units");
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
    const PGresult *res = db_load_ask(db, "load_policies", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res); row++) {
        const char *name = res_text(res, row, 0);
        char coop[COOP_MAX + 1];
        name_coop_of(name, coop);
        if (name[strlen(coop)] != '/') {
            return db_load_odd(err, err_size, "policies");
        }
        struct policy *p = policy_new(coop, name + strlen(coop) + 1);
        take_bounds(res, row, 1, &p->bounds);
        take_bounds(res, row, 3, &p->registrar);
        p->reversal_days = res_int(res, row, 5);
        p->subject.seq = res_int(res, row, 6);
        p->subject.record = res_int(res, row, 7);
        if (take_shared(res, row, p) != 0) {
            free(p);
            return db_load_odd(err, err_size, "policies");
        }
        state_put(s, THING_POLICY, &p->thing);
    }
    return 0;
}

static int load_rounds(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = db_load_ask(db, "load_rounds", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res); row++) {
        struct round *r =
            round_read(res_text(res, row, 0), res_text(res, row, 1), res_text(res, row, 2));
        if (r == NULL || round_state_parse(res_text(res, row, 3), &r->state) != 0) {
            free(r);
            return db_load_odd(err, err_size, "rounds");
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
        const PGresult *res = db_load_ask(db, "load_lines", &args, err, err_size);
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
        const PGresult *res = db_load_ask(db, "load_contras", &args, err, err_size);
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
    const PGresult *res = db_load_ask(db, "load_numbered", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    l->numbered = res_int(res, 0, 0);
    return 0;
}

static int load_books(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = db_load_ask(db, "load_books", NULL, err, err_size);

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
    const PGresult *res = db_load_ask(db, "load_voids", NULL, err, err_size);

    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res); row++) {
        struct voided *v = db_deal_voided(res, row);
        if (v == NULL) {
            return db_load_odd(err, err_size, "voids");
        }
        state_put(s, THING_VOID, &v->thing);
    }
    return 0;
}

static int load_snapshot(struct db_post *db, struct state *s, char *err, size_t err_size)
{
    const PGresult *res = db_load_ask(db, "load_snapshot", NULL, err, err_size);
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
        return db_load_odd(err, err_size, "snapshots");
    }
    state_put(s, THING_SNAPSHOT, &snapshot->thing);
    return 0;
}

int db_load_things(struct db_post *db, struct ledger *l, char *err, size_t err_size)
{
    if (load_holders(db, l->rest, err, err_size) != 0 ||
        load_units(db, l->state, err, err_size) != 0 ||
        load_policies(db, l->state, err, err_size) != 0 ||
        load_lines(db, l->state, err, err_size) != 0 ||
        load_rounds(db, l->state, err, err_size) != 0 ||
        load_contras(db, l->state, err, err_size) != 0 ||
        load_numbered(db, l, err, err_size) != 0 || load_books(db, l->state, err, err_size) != 0 ||
        load_voids(db, l->state, err, err_size) != 0 ||
        load_snapshot(db, l->state, err, err_size) != 0) {
        return -1;
    }
    return 0;
}
