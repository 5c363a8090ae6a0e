/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements of accounts, made on the desk's thread from one view of the database. */
#include "ledgerd/statement_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lang/lang.h"
#include "ledgerd/statement_int.h"

#define BODY_MAX ((size_t)60 << 20) /* of what all answers together may have */

enum desk_end making_broken(struct making *m, const char *sentence)
{
    (void)snprintf(m->err, m->err_size, "%s", _(sentence));
    return DESK_BROKEN;
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

/* Whose acts a statement shows: of a co-op's own accounts only what co-ops do among themselves, as
 * what members pay over them is those members' affair. */
enum shown_acts {
    SHOW_NO_ACT,
    SHOW_ACTS,
    SHOW_ACTS_OF_COOPS,
};

/* Notes whom it concerns. *shown is false where the act isn't among those. */
static int take_act(struct making *m, const struct statement_text *text, int64_t index,
                    enum shown_acts acts, bool *shown)
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
    *shown = acts == SHOW_ACTS || act.type == ACT_SETTLEMENT || act.type == ACT_CLEARING_POST;
    if (!*shown) {
        act_free(&act);
        part_free(&part);
        return 0;
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
    } else if (act.type == ACT_LEVY) {
        names_add(&m->holders, act.u.levy.member);
    } else if (act.type == ACT_ESTATE) {
        names_add(&m->holders, act.u.estate.member);
        names_add(&m->holders, act.u.estate.purse);
    } else if (act.type == ACT_SETTLEMENT) {
        names_add(&m->holders, act.u.settlement.from);
        names_add(&m->holders, act.u.settlement.to);
    } else if (act.type == ACT_REVERSAL) {
        pgarray_int(&m->reversed, act.u.reversal.record);
        m->n_reversed++;
    }
    act_free(&act);
    part_free(&part);
    return 0;
}

/* The parts of a row that are shown: the act where it is one of `acts`, and the posting on the
 * account, whose values go to *posting. -1 when the record is damaged. */
static int take_record(struct making *m, const PGresult *res, int row, enum shown_acts acts,
                       struct statement_record *out, struct part *posting)
{
    const char *at = col_text(res, row, STATEMENT_PARTS), *why;
    struct statement_text part;
    bool with_act = false;

    memset(posting, 0, sizeof(*posting));
    out->header = (struct statement_text){col_text(res, row, STATEMENT_HEADER),
                                          col_len(res, row, STATEMENT_HEADER)};
    while (next_part(&at, &part)) {
        if (begins(&part, "{\"part\":\"act\"")) {
            if (acts != SHOW_NO_ACT &&
                take_act(m, &part, col_int(res, row, STATEMENT_IDX), acts, &with_act) != 0) {
                return -1;
            }
            if (with_act) {
                out->parts[out->n_parts++] = part;
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
        take_text(out, res, row, "reference", STATEMENT_REFERENCE_SALT, STATEMENT_REFERENCE);
    }
    return out->n_parts > 0 ? 0 : -1;
}

/* Is it the act of a ledger.continue, by which later acts name another id? */
static bool is_continue(const struct statement_text *text)
{
    struct refusal ignored;
    const char *why;
    struct part part;
    struct act act;
    bool yes = false;

    if (!begins(text, "{\"part\":\"act\"") || part_parse(&part, text->s, text->len, &why) != 0) {
        return false;
    }
    if (part.kind == PART_ACT && act_parse(&act, &part.act, &ignored) == 0) {
        yes = act.type == ACT_LEDGER_CONTINUE;
        act_free(&act);
    }
    part_free(&part);
    return yes;
}

/* The changes of a row that are of one of the names, n_parts 0 when none is; and the act by which
 * the ledger goes on under another id. */
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
        if (names_have(names, "ledger") && is_continue(&part)) {
            out->parts[out->n_parts++] = part;
        }
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
        return making_broken(m, N_("an account's postings have a gap"));
    }
    for (int i = 0; i < rows; i++) {
        int64_t seq = first + i, index = col_int(m->postings, i, STATEMENT_IDX);
        bool before = seq <= m->span.opening, after = seq > m->span.closing;
        struct statement_record *r = before  ? &st->before
                                     : after ? &st->after
                                             : &st->entries[st->n_entries++];
        struct part posting;

        enum shown_acts acts = SHOW_ACTS;

        if (before || after) {
            acts = SHOW_NO_ACT;
        } else if (m->ask->account[0] == '!') {
            acts = SHOW_ACTS_OF_COOPS;
        }
        if (take_record(m, m->postings, i, acts, r, &posting) != 0 || posting.seq != seq) {
            return making_broken(m, N_("a stored record is damaged"));
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
        if (take_record(m, m->named, i, SHOW_ACTS, &st->named[st->n_named], &posting) != 0) {
            return making_broken(m, N_("a stored record is damaged"));
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
            return making_broken(m, N_("a record lacks the change that it is said to have"));
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
