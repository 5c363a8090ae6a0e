/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What proves a statement: the ledger's snapshot, and the way of each record to the log's root. */
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "ledgerd/snapshot_tree.h"
#include "ledgerd/statement_int.h"

bool next_part(const char **at, struct statement_text *part)
{
    if (**at == '\0') {
        return false;
    }
    part->s = *at;
    part->len = strcspn(*at, "\n");
    *at += part->len + ((*at)[part->len] == '\n');
    return true;
}

static void put_leaf(struct making *m, const struct snapshot_path *path, int64_t size)
{
    struct statement_leaf *l = &m->st.leaves[m->st.n_leaves];
    struct buf text = BUF_INIT;

    leaf_put(&text, &path->leaf, size);
    l->text.len = text.len;
    l->text.s = m->leaf_texts[m->st.n_leaves] = buf_take(&text);
    l->position = (int64_t)path->position;
    l->n_proof = path->n_proof;
    for (size_t i = 0; i < path->n_proof; i++) {
        l->proof[i] = log_proofs_place(m->proofs, &path->proof[i]);
    }
    m->st.n_leaves++;
}

/* The leaves of the account and of all whose keys count. */
static enum desk_end take_leaves(struct making *m, const struct snapshot_row *row)
{
    size_t n = m->holders.n + 1;
    struct snapshot_want *wants = x_calloc(n, sizeof(*wants));
    struct snapshot_path *paths = x_calloc(n, sizeof(*paths));
    enum desk_end end = DESK_BUSY;
    bool stored;

    wants[0] = (struct snapshot_want){LEAF_ACCOUNT, m->ask->account};
    for (size_t i = 1; i < n; i++) {
        wants[i] = (struct snapshot_want){LEAF_SUBJECT, m->holders.at[i - 1]};
    }
    if (snapshot_paths(m->conn, row, wants, n, paths, &stored, m->err, m->err_size) != 0) {
        goto out;
    }
    if (!stored) {
        m->why = WIRE_("the ledger is still preparing the paths of its snapshot");
        goto out;
    }
    m->st.leaves = x_calloc(n, sizeof(*m->st.leaves));
    m->leaf_texts = x_calloc(n, sizeof(*m->leaf_texts));
    for (size_t i = 0; i < n; i++) {
        if (paths[i].there) {
            put_leaf(m, &paths[i], row->size);
        }
    }
    end = DESK_DONE;
out:
    free(wants);
    free(paths);
    return end;
}

enum desk_end take_snapshot(struct making *m)
{
    struct statement_record *r = &m->st.snapshot;
    struct statement_text part;
    struct snapshot_row row;
    struct pgarray index;
    const char *at;

    if (db_snapshot_for(m->conn, m->d->conf->snapshot_days, m->span.covers,
                        (int64_t)m->checkpoint.size, &row, m->err, m->err_size) != 0) {
        return DESK_BUSY;
    }
    if (row.size == 0) {
        return DESK_DONE; /* there is none yet */
    }
    pgarray_init(&index, PGARRAY_INT8);
    pgarray_int(&index, row.record);
    m->snapshot = db_statement_records(m->conn, &index, m->err, m->err_size);
    pgarray_free(&index);
    if (m->snapshot == NULL) {
        return DESK_BUSY;
    }
    if (PQntuples(m->snapshot) != 1) {
        return making_broken(m, N_("a snapshot's record isn't there"));
    }
    at = col_text(m->snapshot, 0, STATEMENT_PARTS);
    r->header = (struct statement_text){col_text(m->snapshot, 0, STATEMENT_HEADER),
                                        col_len(m->snapshot, 0, STATEMENT_HEADER)};
    while (r->n_parts < STATEMENT_PARTS_MAX && next_part(&at, &part)) {
        r->parts[r->n_parts++] = part;
    }
    m->st.has_snapshot = true;
    return take_leaves(m, &row);
}

/* ---- Proofs ---- */

/* Calls fn for every record of the statement; stops at anything but 0. */
static int each_record(struct making *m, int (*fn)(struct making *m, struct statement_record *r))
{
    struct statement *st = &m->st;
    struct list {
        struct statement_record *at;
        size_t n;
    } lists[] = {{st->entries, st->n_entries},
                 {&st->before, 1},
                 {&st->after, 1},
                 {st->named, st->n_named},
                 {&st->unit, 1},
                 {st->keys, st->n_keys},
                 {&st->snapshot, 1}};
    int rc = 0;

    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        for (size_t i = 0; i < lists[l].n && rc == 0; i++) {
            if (lists[l].at[i].n_parts > 0) {
                rc = fn(m, &lists[l].at[i]);
            }
        }
    }
    return rc;
}

/* The index that a header of ours names: {"v":1,"index":N,… */
static int64_t index_of(const struct statement_record *r)
{
    static const char begin[] = "{\"v\":1,\"index\":";
    int64_t n = 0;

    for (const char *s = r->header.s + sizeof(begin) - 1; *s >= '0' && *s <= '9'; s++) {
        n = n * 10 + (*s - '0');
    }
    return n;
}

static int load_proof(struct making *m, struct statement_record *r)
{
    int64_t index = index_of(r);

    return log_proofs_want(m->proofs, index, m->err, m->err_size);
}

static int put_proof(struct making *m, struct statement_record *r)
{
    int n = log_proofs_inclusion(m->proofs, index_of(r), r->proof);

    r->n_proof = n > 0 ? (size_t)n : 0;
    return n < 0 ? -1 : 0;
}

enum desk_end take_proofs(struct making *m)
{
    struct statement *st = &m->st;
    uint64_t since = (uint64_t)m->ask->since;
    int n;

    if (each_record(m, load_proof) != 0 ||
        log_proofs_load(m->proofs, since, m->err, m->err_size) != 0) {
        return DESK_BUSY;
    }
    if (each_record(m, put_proof) != 0) {
        return making_broken(m, N_("a proof could not be made"));
    }
    if (since > 0) {
        n = log_proofs_consistency(m->proofs, since, st->consistency);
        if (n < 0) {
            return making_broken(m, N_("a proof could not be made"));
        }
        st->has_consistency = true;
        st->consistency_size = m->ask->since;
        st->n_consistency = (size_t)n;
    }
    st->hashes = log_proofs_take(m->proofs, &st->n_hashes);
    return DESK_DONE;
}
