/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GET /v1/snapshots, and the path of one leaf of a snapshot: of an account or a book, for whoever
 * may read that, of a subject, for whoever may see its changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "ledgerd/out.h"
#include "ledgerd/req.h"
#include "ledgerd/req_desk.h"
#include "ledgerd/scope.h"
#include "ledgerd/snapshot_tree.h"

#define CURSOR_KIND 's'

/* ---- The list ---- */

static void on_snapshots(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    struct hash root;
    int rows = PQntuples(res), shown = rows;

    if (shown > r->limit) {
        shown = (int)r->limit; /* the one more says that there is a next page */
    }
    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (int i = 0; i < shown; i++) {
        if (!col_bytes(res, i, SNAPSHOTS_ROOT, root.b, HASH_LEN)) {
            memset(&root, 0, sizeof(root));
        }
        out_open(&b, NULL, '{');
        out_int(&b, "index", col_int(res, i, SNAPSHOTS_RECORD));
        out_int(&b, "size", col_int(res, i, SNAPSHOTS_SIZE));
        out_int(&b, "count", col_int(res, i, SNAPSHOTS_COUNT));
        out_b64u(&b, "root", root.b, HASH_LEN);
        out_int(&b, "seq", col_int(res, i, SNAPSHOTS_SEQ));
        out_close(&b, '}');
    }
    request_list_end_int(r, &b, CURSOR_KIND,
                         rows > shown ? col_int(res, shown - 1, SNAPSHOTS_SEQ) : -1);
}

void req_snapshots(struct request *r)
{
    int64_t before = INT64_MAX;

    if (request_limit(r) && request_cursor_int(r, CURSOR_KIND, &before)) {
        request_read(r, read_snapshots(before, r->limit + 1), on_snapshots);
    }
}

/* ---- A path ---- */

struct path_ask {
    struct desk_job job; /* first */
    struct request *owner;
    int64_t size;
    enum leaf_kind kind;
    char name[LEAF_NAME_MAX + 1];
};

static void put_path(struct buf *b, const struct snapshot_row *row,
                     const struct snapshot_path *path)
{
    struct buf text = BUF_INIT;

    leaf_put(&text, &path->leaf, row->size);
    out_open(b, NULL, '{');
    out_int(b, "index", row->record);
    out_int(b, "size", row->size);
    out_int(b, "count", row->count);
    out_b64u(b, "root", row->root.b, HASH_LEN);
    out_str_len(b, "leaf", text.data, text.len);
    out_int(b, "position", (int64_t)path->position);
    out_open(b, "hashes", '[');
    for (size_t i = 0; i < path->n_proof; i++) {
        out_b64u(b, NULL, path->proof[i].b, HASH_LEN);
    }
    out_close(b, ']');
    out_close(b, '}');
    buf_putc(b, '\n');
    buf_free(&text);
}

static enum desk_end make_path(struct desk_job *job, struct ledgerd *d, PGconn *conn)
{
    const struct path_ask *ask = (const struct path_ask *)job;
    const struct snapshot_want want = {ask->kind, ask->name};
    struct checkpoint checkpoint;
    struct snapshot_path path;
    struct snapshot_row row;
    bool stored;

    if (!published_get(d->published, &checkpoint, NULL, NULL)) {
        return DESK_NOT_FOUND;
    }
    if (db_snapshot_of(conn, d->conf->snapshot_days, ask->size, (int64_t)checkpoint.size, &row,
                       job->err, sizeof(job->err)) != 0) {
        return DESK_BUSY;
    }
    if (row.size == 0) {
        return DESK_NOT_FOUND;
    }
    if (snapshot_paths(conn, &row, &want, 1, &path, &stored, job->err, sizeof(job->err)) != 0) {
        return DESK_BUSY;
    }
    if (!stored) {
        job->why = WIRE_("the ledger is still preparing the paths of this snapshot");
        return DESK_BUSY;
    }
    if (!path.there) {
        return DESK_NOT_FOUND;
    }
    put_path(&job->body, &row, &path);
    return DESK_DONE;
}

static void on_path(struct desk_job *job)
{
    struct path_ask *ask = (struct path_ask *)job;

    req_desk_answer(ask->owner, job);
    buf_free(&job->body);
    free(ask);
}

/* Asks for a leaf that the caller may see. */
static void ask_path(struct request *r, enum leaf_kind kind, const char *name)
{
    struct path_ask *ask = x_calloc(1, sizeof(*ask));

    ask->owner = r;
    ask->job.kid = r->caller.kid;
    ask->job.run = make_path;
    ask->job.done = on_path;
    ask->kind = kind;
    str_copy(ask->name, sizeof(ask->name), name);
    if (num_parse(r->arg[0], strlen(r->arg[0]), 1, NUM_MAX, &ask->size) != 0) {
        request_not_found(r);
    } else if (!desk_ask(r->d->desk, &ask->job)) {
        request_busy(r, "too many statements are being made just now");
    } else {
        return; /* on_path goes on */
    }
    free(ask);
}

/* May the caller see a change of that subject, as records show changes? */
static bool sees_change(const struct request *r, const char *name)
{
    struct part part = {.kind = PART_CHANGE};
    bool visible;

    str_copy(part.name, sizeof(part.name), name);
    return scope_parts(&r->caller, "", NULL, &part, 1, &visible) == 1 && visible;
}

void req_snapshot_account(struct request *r)
{
    char account[ACCOUNT_MAX + 1];

    if (!name_is_unit(r->arg[2]) || !scope_sees_accounts(&r->caller, r->arg[1])) {
        request_not_found(r);
        return;
    }
    name_account(account, r->arg[1], r->arg[2]);
    ask_path(r, LEAF_ACCOUNT, account);
}

void req_snapshot_book(struct request *r)
{
    if (!name_is_coop(r->arg[1]) || !scope_sees_coop(&r->caller, r->arg[1])) {
        request_not_found(r);
        return;
    }
    ask_path(r, LEAF_BOOK, r->arg[1]);
}

/* A name such as policy:hansalim/hour comes with %2F. */
void req_snapshot_subject(struct request *r)
{
    if (strlen(r->arg[1]) > LEAF_NAME_MAX || !sees_change(r, r->arg[1])) {
        request_not_found(r);
        return;
    }
    ask_path(r, LEAF_SUBJECT, r->arg[1]);
}
