/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements of accounts, made on the desk's thread from one view of the database. */
#include "ledgerd/statement_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lang/lang.h"
#include "ledgerd/db_read.h"
#include "ledgerd/db_statement.h"
#include "ledgerd/ledgerd.h"
#include "ledgerd/log_proofs.h"
#include "ledgerd/snapshot_tree.h"

#define BODY_MAX ((size_t)60 << 20) /* of what all answers together may have */

/* Names, gathered and then each once. */
struct names {
    size_t n, cap;
    char **at;
};

/* A transfer among what is shown: whom it is between. */
struct dealt {
    int64_t index;
    char from[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1];
};

struct making {
    const struct statement_ask *ask;
    struct ledgerd *d;
    PGconn *conn;
    char *err;
    size_t err_size;
    const char *why; /* for the client */
    struct statement st;
    struct checkpoint checkpoint;
    char *note;
    struct statement_span span;
    PGresult *postings, *named, *keys, *unit, *snapshot; /* what the texts lie in */
    struct names holders, kids;
    struct pgarray reversed; /* records that reversals name */
    size_t n_reversed;
    size_t n_dealt;
    struct dealt *dealt;
    struct log_proofs *proofs;
    char **leaf_texts;
};

static enum desk_end broken(struct making *m, const char *sentence)
{
    (void)snprintf(m->err, m->err_size, "%s", _(sentence));
    return DESK_BROKEN;
}

/* ---- Names ---- */

static void names_add(struct names *names, const char *name)
{
    if (names->n > 0 && str_eq(names->at[names->n - 1], name)) {
        return; /* as often one after the other */
    }
    if (names->n == names->cap) {
        names->cap = names->cap ? 2 * names->cap : 64;
        names->at = x_realloc(names->at, names->cap * sizeof(*names->at));
    }
    names->at[names->n++] = x_strdup(name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_unite(struct names *names)
{
    size_t n = 0;

    if (names->n > 1) {
        qsort(names->at, names->n, sizeof(*names->at), compare_names);
    }
    for (size_t i = 0; i < names->n; i++) {
        if (n > 0 && str_eq(names->at[n - 1], names->at[i])) {
            free(names->at[i]);
        } else {
            names->at[n++] = names->at[i];
        }
    }
    names->n = n;
}

static bool names_have(const struct names *names, const char *name)
{
    return names->n > 0 &&
           bsearch(&name, names->at, names->n, sizeof(*names->at), compare_names) != NULL;
}

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        free(names->at[i]);
    }
    free(names->at);
}

static void names_array(const struct names *names, struct pgarray *out)
{
    pgarray_init(out, PGARRAY_TEXT);
    for (size_t i = 0; i < names->n; i++) {
        pgarray_text(out, names->at[i]);
    }
}

/* ---- Records ---- */

static void take_text(struct statement_record *r, const PGresult *res, int row, const char *field,
                      int salt, int text)
{
    struct statement_note *note = &r->texts[r->n_texts];

    if (!col_bytes(res, row, salt, note->salt, sizeof(note->salt))) {
        return;
    }
    str_copy(note->field, sizeof(note->field), field);
    note->text = (struct statement_text){col_text(res, row, text), col_len(res, row, text)};
    r->n_texts++;
}

/* The next of a record's parts, which stand one a line. */
static bool next_part(const char **at, struct statement_text *part)
{
    if (**at == '\0') {
        return false;
    }
    part->s = *at;
    part->len = strcspn(*at, "\n");
    *at += part->len + ((*at)[part->len] == '\n');
    return true;
}

static bool begins(const struct statement_text *part, const char *s)
{
    size_t len = strlen(s);

    return part->len > len && memcmp(part->s, s, len) == 0;
}

/* Whom the act concerns whose state decides who may sign: of a co-op's act, its members. */
static void concern(struct making *m, const char *by, const char *from, const char *to)
{
    const char *const both[] = {from, to};

    for (size_t i = 0; i < ARRAY_LEN(both) && strchr(by, '@') == NULL; i++) {
        if (str_eq(name_coop_start(both[i]), by)) {
            names_add(&m->holders, both[i]);
        }
    }
}

static int take_act(struct making *m, const struct statement_text *text, int64_t index)
{
    struct refusal refusal;
    struct part part;
    struct act act;
    const char *why;

    if (part_parse(&part, text->s, text->len, &why) != 0) {
        return -1;
    }
    if (act_parse(&act, &part.act, &refusal) != 0) {
        part_free(&part);
        return -1;
    }
    names_add(&m->holders, act.by);
    for (size_t i = 0; i < part.act.n_sigs; i++) {
        names_add(&m->kids, part.act.sigs[i].kid.s);
    }
    if (act.type == ACT_TRANSFER) {
        struct dealt *dealt = &m->dealt[m->n_dealt++];
        dealt->index = index;
        str_copy(dealt->from, sizeof(dealt->from), act.u.transfer.from);
        str_copy(dealt->to, sizeof(dealt->to), act.u.transfer.to);
        concern(m, act.by, dealt->from, dealt->to);
    } else if (act.type == ACT_REVERSAL) {
        pgarray_int(&m->reversed, act.u.reversal.record);
        m->n_reversed++;
    }
    act_free(&act);
    part_free(&part);
    return 0;
}

/* The parts of a row that are shown: the act where wanted, and the posting on the account, whose
 * values go to *posting. -1 when the record is damaged. */
static int take_record(struct making *m, const PGresult *res, int row, bool with_act,
                       struct statement_record *out, struct part *posting)
{
    const char *at = col_text(res, row, STATEMENT_PARTS), *why;
    struct statement_text part;

    memset(posting, 0, sizeof(*posting));
    out->header = (struct statement_text){col_text(res, row, STATEMENT_HEADER),
                                          col_len(res, row, STATEMENT_HEADER)};
    while (next_part(&at, &part)) {
        if (begins(&part, "{\"part\":\"act\"")) {
            if (with_act) {
                out->parts[out->n_parts++] = part;
                if (take_act(m, &part, col_int(res, row, STATEMENT_IDX)) != 0) {
                    return -1;
                }
            }
        } else if (begins(&part, "{\"part\":\"posting\"")) {
            if (part_parse(posting, part.s, part.len, &why) != 0) {
                return -1;
            }
            if (str_eq(posting->name, m->ask->account)) {
                out->parts[out->n_parts++] = part;
                break;
            }
        }
    }
    if (with_act) {
        take_text(out, res, row, "memo", STATEMENT_MEMO_SALT, STATEMENT_MEMO);
        take_text(out, res, row, "reason", STATEMENT_REASON_SALT, STATEMENT_REASON);
    }
    return out->n_parts > 0 ? 0 : -1;
}

/* The changes of a row that are of one of the names; n_parts 0 when none is. */
static void take_changes(const struct names *names, const PGresult *res, int row,
                         struct statement_record *out)
{
    static const char begin[] = "{\"part\":\"change\",\"salt\":\"", middle[] = "\",\"subject\":\"";
    const size_t ahead = sizeof(begin) - 1 + 22 + sizeof(middle) - 1;
    const char *at = col_text(res, row, STATEMENT_PARTS);
    char name[ACCOUNT_MAX + 16];
    struct statement_text part;

    out->header = (struct statement_text){col_text(res, row, STATEMENT_HEADER),
                                          col_len(res, row, STATEMENT_HEADER)};
    while (next_part(&at, &part)) {
        if (!begins(&part, begin) || part.len <= ahead) {
            continue;
        }
        size_t len = strcspn(part.s + ahead, "\"");
        if (len < sizeof(name)) {
            memcpy(name, part.s + ahead, len);
            name[len] = '\0';
            if (names_have(names, name)) {
                out->parts[out->n_parts++] = part;
            }
        }
    }
}

/* ---- The postings ---- */

static void take_point(struct statement_point *out, const struct part *posting, int64_t index)
{
    *out = (struct statement_point){posting->balance, posting->seq, index};
}

static enum desk_end take_postings(struct making *m)
{
    struct statement *st = &m->st;
    int64_t first = m->span.opening > 0 ? m->span.opening : 1;
    int64_t last = m->span.closing + (m->span.all > m->span.closing);
    int rows;

    st->opening.index = -1;
    st->entries = x_calloc((size_t)(m->span.closing - m->span.opening) + 1, sizeof(*st->entries));
    m->dealt = x_calloc((size_t)(last - first) + 2, sizeof(*m->dealt));
    m->postings = db_statement_postings(m->conn, m->ask->account, first, last, m->err, m->err_size);
    if (m->postings == NULL) {
        return DESK_BUSY;
    }
    rows = PQntuples(m->postings);
    if (rows != (int)(last - first + 1)) {
        return broken(m, N_("an account's postings have a gap"));
    }
    for (int i = 0; i < rows; i++) {
        int64_t seq = first + i, index = col_int(m->postings, i, STATEMENT_IDX);
        bool before = seq <= m->span.opening, after = seq > m->span.closing;
        struct statement_record *r = before  ? &st->before
                                     : after ? &st->after
                                             : &st->entries[st->n_entries++];
        struct part posting;

        if (take_record(m, m->postings, i, !before && !after, r, &posting) != 0 ||
            posting.seq != seq) {
            return broken(m, N_("a stored record is damaged"));
        }
        if (before) {
            take_point(&st->opening, &posting, index);
        } else if (!after) {
            take_point(&st->closing, &posting, index);
            *(posting.amount >= 0 ? &st->in : &st->out) +=
                posting.amount >= 0 ? posting.amount : -posting.amount;
        }
    }
    if (st->n_entries == 0) {
        st->closing = st->opening;
    }
    return DESK_DONE;
}

static int compare_dealt(const void *a, const void *b)
{
    const struct dealt *x = a, *y = b;

    return x->index < y->index ? -1 : x->index > y->index;
}

/* Transfers that reversals take back, where they aren't entries. */
static enum desk_end take_named(struct making *m)
{
    struct statement *st = &m->st;
    int rows;

    if (m->n_reversed == 0) {
        return DESK_DONE;
    }
    m->named = db_statement_records(m->conn, &m->reversed, m->err, m->err_size);
    if (m->named == NULL) {
        return DESK_BUSY;
    }
    rows = PQntuples(m->named);
    st->named = x_calloc((size_t)rows + 1, sizeof(*st->named));
    m->dealt = x_realloc(m->dealt, (m->n_dealt + (size_t)rows + 1) * sizeof(*m->dealt));
    for (int i = 0; i < rows; i++) {
        const struct dealt wanted = {.index = col_int(m->named, i, STATEMENT_IDX)};
        struct part posting;

        /* What is an entry is among the first ones, in order. */
        if (bsearch(&wanted, m->dealt, m->n_dealt - st->n_named, sizeof(wanted), compare_dealt)) {
            continue;
        }
        if (take_record(m, m->named, i, true, &st->named[st->n_named], &posting) != 0) {
            return broken(m, N_("a stored record is damaged"));
        }
        st->n_named++;
    }
    qsort(m->dealt, m->n_dealt, sizeof(*m->dealt), compare_dealt);
    return DESK_DONE;
}

/* Of reversals that a co-op made: its members among those whom the transfer is between. */
static void concern_reversals(struct making *m)
{
    struct statement *st = &m->st;

    for (size_t i = 0; i < st->n_entries; i++) {
        struct refusal refusal;
        struct part part;
        struct act act;
        const char *why;

        if (part_parse(&part, st->entries[i].parts[0].s, st->entries[i].parts[0].len, &why) != 0) {
            continue;
        }
        if (part.kind == PART_ACT && act_parse(&act, &part.act, &refusal) == 0) {
            const struct dealt wanted = {.index =
                                             act.type == ACT_REVERSAL ? act.u.reversal.record : -1};
            const struct dealt *of =
                bsearch(&wanted, m->dealt, m->n_dealt, sizeof(wanted), compare_dealt);
            if (of != NULL) {
                concern(m, act.by, of->from, of->to);
            }
            act_free(&act);
        }
        part_free(&part);
    }
}

/* ---- Keys and unit ---- */

static enum desk_end take_signers(struct making *m)
{
    struct pgarray kids;
    PGresult *res;

    names_unite(&m->kids);
    names_array(&m->kids, &kids);
    res = db_statement_holders(m->conn, &kids, m->err, m->err_size);
    pgarray_free(&kids);
    if (res == NULL) {
        return DESK_BUSY;
    }
    for (int i = 0; i < PQntuples(res); i++) {
        names_add(&m->holders, col_text(res, i, 0));
    }
    PQclear(res);
    names_add(&m->holders, "ledger");
    names_unite(&m->holders);
    return DESK_DONE;
}

static enum desk_end take_changed(struct making *m, const struct names *names, PGresult **res)
{
    struct pgarray subjects;

    names_array(names, &subjects);
    *res =
        db_statement_changes(m->conn, &subjects, (int64_t)m->checkpoint.size, m->err, m->err_size);
    pgarray_free(&subjects);
    return *res != NULL ? DESK_DONE : DESK_BUSY;
}

static enum desk_end take_keys(struct making *m)
{
    struct statement *st = &m->st;
    enum desk_end end = take_changed(m, &m->holders, &m->keys);
    size_t rows = end == DESK_DONE ? (size_t)PQntuples(m->keys) : 0;

    if (end != DESK_DONE) {
        return end;
    }
    if (rows > STATEMENT_KEYS_MAX) {
        m->why = WIRE_("these days have too many signers for one statement: ask for fewer days");
        return DESK_TOO_LARGE;
    }
    st->keys = x_calloc(rows + 1, sizeof(*st->keys));
    for (size_t i = 0; i < rows; i++) {
        take_changes(&m->holders, m->keys, (int)i, &st->keys[st->n_keys]);
        if (st->keys[st->n_keys++].n_parts == 0) {
            return broken(m, N_("a record lacks the change that it is said to have"));
        }
    }
    return DESK_DONE;
}

static enum desk_end take_unit(struct making *m)
{
    struct names unit = {0};
    char name[5 + UNIT_MAX + 1];
    enum desk_end end;

    (void)snprintf(name, sizeof(name), "unit:%s", strchr(m->ask->account, '/') + 1);
    names_add(&unit, name);
    end = take_changed(m, &unit, &m->unit);
    if (end == DESK_DONE) {
        if (PQntuples(m->unit) > 0) {
            take_changes(&unit, m->unit, PQntuples(m->unit) - 1, &m->st.unit);
        }
        if (m->st.unit.n_parts == 0) {
            /* Younger than the checkpoint: a moment later it isn't. */
            m->why = WIRE_("no checkpoint with this unit is published yet");
            end = DESK_BUSY;
        }
    }
    names_free(&unit);
    return end;
}

/* ---- The snapshot ---- */

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

static enum desk_end take_snapshot(struct making *m)
{
    struct statement_record *r = &m->st.snapshot;
    struct statement_text part;
    struct snapshot_row row;
    struct pgarray index;
    const char *at;

    if (db_snapshot_for(m->conn, m->span.covers, (int64_t)m->checkpoint.size, &row, m->err,
                        m->err_size) != 0) {
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
        return broken(m, N_("a snapshot's record isn't there"));
    }
    at = col_text(m->snapshot, 0, STATEMENT_PARTS);
    r->header = (struct statement_text){col_text(m->snapshot, 0, STATEMENT_HEADER),
                                        col_len(m->snapshot, 0, STATEMENT_HEADER)};
    while (r->n_parts < RECORD_PARTS_MAX && next_part(&at, &part)) {
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

static enum desk_end take_proofs(struct making *m)
{
    struct statement *st = &m->st;
    uint64_t since = (uint64_t)m->ask->since;
    int n;

    if (each_record(m, load_proof) != 0 ||
        log_proofs_load(m->proofs, since, m->err, m->err_size) != 0) {
        return DESK_BUSY;
    }
    if (each_record(m, put_proof) != 0) {
        return broken(m, N_("a proof could not be made"));
    }
    if (since > 0) {
        n = log_proofs_consistency(m->proofs, since, st->consistency);
        if (n < 0) {
            return broken(m, N_("a proof could not be made"));
        }
        st->has_consistency = true;
        st->consistency_size = m->ask->since;
        st->n_consistency = (size_t)n;
    }
    st->hashes = log_proofs_take(m->proofs, &st->n_hashes);
    return DESK_DONE;
}

/* ---- All of it ---- */

static enum desk_end find_span(struct making *m)
{
    char from[DATE_LEN + 1], behind[DATE_LEN + 1];

    date_text(from, m->ask->from);
    date_text(behind, m->ask->to + 1);
    if (db_statement_span(m->conn, m->ask->account, from, behind, (int64_t)m->checkpoint.size,
                          &m->span, m->err, m->err_size) != 0) {
        return DESK_BUSY;
    }
    str_copy(m->st.aud, sizeof(m->st.aud), m->span.ledger_id);
    if (m->span.head < (int64_t)m->checkpoint.size) {
        m->why = WIRE_("this ledgerd's database is behind; try again");
        return DESK_BUSY;
    }
    if (m->span.closing - m->span.opening > STATEMENT_ENTRIES_MAX) {
        m->why = WIRE_("these days have more than 20000 entries: ask for fewer days");
        return DESK_TOO_LARGE;
    }
    return DESK_DONE;
}

static enum desk_end gather(struct making *m)
{
    enum desk_end (*const steps[])(struct making * m) = {find_span, take_postings, take_named};
    enum desk_end (*const others[])(struct making * m) = {take_signers, take_keys, take_unit,
                                                          take_snapshot, take_proofs};
    enum desk_end end = DESK_DONE;

    for (size_t i = 0; i < ARRAY_LEN(steps) && end == DESK_DONE; i++) {
        end = steps[i](m);
    }
    if (end == DESK_DONE && m->n_reversed > 0) {
        concern_reversals(m);
    }
    for (size_t i = 0; i < ARRAY_LEN(others) && end == DESK_DONE; i++) {
        end = others[i](m);
    }
    return end;
}

static void making_free(struct making *m)
{
    for (size_t i = 0; m->leaf_texts != NULL && i < m->st.n_leaves; i++) {
        free(m->leaf_texts[i]);
    }
    free(m->leaf_texts);
    statement_free(&m->st);
    log_proofs_free(m->proofs);
    names_free(&m->holders);
    names_free(&m->kids);
    pgarray_free(&m->reversed);
    free(m->dealt);
    PQclear(m->postings);
    PQclear(m->named);
    PQclear(m->keys);
    PQclear(m->unit);
    PQclear(m->snapshot);
    free(m->note);
}

static enum desk_end put(struct making *m, struct buf *body)
{
    const struct log_signer *signer = published_newest(m->d->published);
    struct buf payload = BUF_INIT;
    struct timespec now;

    if (signer == NULL) {
        m->why = WIRE_("none of the log keys that are here is in force");
        return DESK_BUSY;
    }

    clock_gettime(CLOCK_REALTIME, &now);
    m->st.made = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    statement_put(&payload, &m->st);
    if (payload.len / 3 * 4 > BODY_MAX) {
        buf_free(&payload);
        m->why = WIRE_("this statement would be too long: ask for fewer days");
        return DESK_TOO_LARGE;
    }
    statement_sign(body, payload.data, payload.len, signer->secret);
    buf_free(&payload);
    return DESK_DONE;
}

void statement_ask_free(struct statement_ask *ask)
{
    free(ask->cosigned);
    free(ask);
}

enum desk_end statement_make(struct desk_job *job, struct ledgerd *d, PGconn *conn)
{
    const struct statement_ask *ask = (const struct statement_ask *)job;
    struct making m = {
        .ask = ask, .d = d, .conn = conn, .err = job->err, .err_size = sizeof(job->err)};
    enum desk_end end;
    size_t note_len = 0;

    pgarray_init(&m.reversed, PGARRAY_INT8);
    /* Before the first statement, so that the database has all that the checkpoint covers. */
    if (ask->cosigned != NULL) {
        m.checkpoint = ask->cosigned_checkpoint;
        note_len = ask->cosigned_len;
        m.note = x_strndup(ask->cosigned, note_len);
    } else if (!published_get(d->published, &m.checkpoint, &m.note, &note_len)) {
        job->why = WIRE_("no checkpoint is published yet");
        making_free(&m);
        return DESK_BUSY;
    }
    m.proofs = log_proofs_new(conn, m.checkpoint.size);
    str_copy(m.st.account, sizeof(m.st.account), ask->account);
    m.st.from = ask->from;
    m.st.to = ask->to;
    m.st.checkpoint = (struct statement_text){m.note, note_len};
    if ((uint64_t)ask->since > m.checkpoint.size) {
        m.why = WIRE_("no checkpoint of that size is published yet");
        end = DESK_BUSY;
    } else {
        end = gather(&m);
    }
    if (end == DESK_DONE) {
        end = put(&m, &job->body);
    }
    job->why = m.why;
    making_free(&m);
    return end;
}
