/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Loading the ledger, and what is of the log in it: head, tree, tiles, payload hashes, log keys.
 * The things of its state: db_load_things.c. */
#include "ledgerd/db_load.h"

#include <stdio.h>

#include "lang/lang.h"
#include "ledgerd/db_load_int.h"
#include "ledgerd/db_pending.h"

const struct db_stmt db_load_stmts[] = {
    {"load_head", "SELECT origin, ledger_id, opening, size, time_ms, edge, epoch, continuing"
                  " FROM head"},
    {"load_log_keys", "SELECT x FROM keys WHERE holder = 'ledger' AND role = 'log'"
                      " AND NOT revoked ORDER BY kid"},
    {"load_settled", "SELECT NOT pg_is_in_recovery()"
                     " AND current_setting('synchronous_standby_names') = ''"},
    {"load_leaves", "SELECT leaf FROM records WHERE idx >= $1::bigint AND idx < $2::bigint"
                    " ORDER BY idx"},
    {"load_recent", "SELECT payload_hash FROM records WHERE idx >= $1::bigint"
                    " ORDER BY idx LIMIT " DB_LOAD_CHUNK},
    {"load_roots", "SELECT root FROM tiles WHERE level = $1::bigint AND n >= $2::bigint"
                   " AND n < $3::bigint ORDER BY n"},
};
const size_t db_load_stmts_count = ARRAY_LEN(db_load_stmts);

const PGresult *db_load_ask(struct db_post *db, const char *name, const struct db_args *args,
                            char *err, size_t err_size)
{
    int statement = db_pipe_send(db->pipe, name, args);

    if (db_pipe_run(db->pipe, db->patience_ms) != PIPE_OK) {
        (void)snprintf(err, err_size, "%s", db_post_fault(db));
        return NULL;
    }
    return db_pipe_result(db->pipe, statement);
}

int db_load_odd(char *err, size_t err_size, const char *table)
{
    (void)snprintf(err, err_size, _("table %s holds what ledgerd never writes"), table);
    return -1;
}

static int load_head(struct db_post *db, struct head *head, char *ledger_id, size_t id_size,
                     struct tree *tree, char *err, size_t err_size)
{
    struct hash edge[TREE_HEIGHT_MAX + 1];
    const PGresult *res = db_load_ask(db, "load_head", NULL, err, err_size);

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
        return db_load_odd(err, err_size, "head");
    }
    str_copy(head->origin, sizeof(head->origin), res_text(res, 0, 0));
    str_copy(ledger_id, id_size, res_text(res, 0, 1));
    head->size = (uint64_t)res_int(res, 0, 3);
    head->time_ms = res_int(res, 0, 4);
    head->epoch = res_int(res, 0, 6);
    if (tree_load(tree, head->size, edge, edge_len / HASH_LEN) != 0) {
        return db_load_odd(err, err_size, "head");
    }
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
    const PGresult *res =
        db_load_ask(db, level == 0 ? "load_leaves" : "load_roots", &args, err, err_size);
    if (res == NULL) {
        return -1;
    }
    if ((size_t)PQntuples(res) != n) {
        return db_load_odd(err, err_size, level == 0 ? "records" : "tiles");
    }
    for (size_t i = 0; i < n; i++) {
        if (res_bytes(res, (int)i, 0, out[i].b, HASH_LEN) != 0) {
            return db_load_odd(err, err_size, level == 0 ? "records" : "tiles");
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
        res = db_load_ask(db, "load_recent", &args, err, err_size);
        if (res == NULL) {
            return -1;
        }
        for (int row = 0; row < PQntuples(res); row++) {
            if (res_bytes(res, row, 0, payload_hash.b, HASH_LEN) != 0) {
                return db_load_odd(err, err_size, "records");
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
    if (db_load_things(db, l, err, err_size) != 0 || load_recent(db, l, err, err_size) != 0 ||
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

    const PGresult *res = db_load_ask(db, "load_settled", NULL, err, err_size);
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
    const PGresult *res = db_load_ask(db, "load_log_keys", NULL, err, err_size);

    *n = 0;
    for (int i = 0; res != NULL && i < PQntuples(res) && *n < max; i++) {
        if (res_bytes(res, i, 0, out[*n].x, KEY_LEN) != 0) {
            return db_load_odd(err, err_size, "keys");
        }
        (*n)++;
    }
    return res == NULL ? -1 : 0;
}
