/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What records add to the tables, and which things they touched, whose rows store_things.c makes.
 */
#include <stdlib.h>
#include <string.h>

#include "core/network.h"
#include "core/subject.h"
#include "ledgerd/store_int.h"

/*
 * Types of the columns, in the order of db_store.c's statements: i bigint, s smallint, t text, b
 * bytea, o boolean.
 */
static const char columns[STORE_TABLES][STORE_COLUMNS_MAX + 1] = {
    [STORE_RECORDS] = "ittbbtt",
    [STORE_POSTINGS] = "iiiiiio",
    [STORE_POSITION_SUMS] = "tiii",
    [STORE_ACCOUNTS] = "ttoiiiii",
    [STORE_BOOK_PAGES] = "tiiii",
    [STORE_CHANGES] = "tii",
    [STORE_HOLDERS] = "ttttoobittiiiiiioibi",
    [STORE_KEYS] = "tbtto",
    [STORE_UNITS] = "ttitii",
    [STORE_POLICIES] = "tiiiiiiitiit",
    [STORE_LINES] = "ttttioii",
    [STORE_ROUNDS] = "ttiibiiitii",
    [STORE_ROUND_LEGS] = "tt",
    [STORE_REQUESTS] = "ibttttiio",
    [STORE_REVERSALS] = "iiio",
    [STORE_VOIDS] = "btti",
    [STORE_SNAPSHOTS] = "iiiibi",
    [STORE_TEXTS] = "itbt",
    [STORE_TILES] = "sibb",
    [STORE_CONTINUATIONS] = "itt",
};

static enum pgarray_type column_type(char letter)
{
    switch (letter) {
    case 'i':
        return PGARRAY_INT8;
    case 's':
        return PGARRAY_INT2;
    case 'b':
        return PGARRAY_BYTEA;
    case 'o':
        return PGARRAY_BOOL;
    default:
        return PGARRAY_TEXT;
    }
}

void store_init(struct store *st)
{
    memset(st, 0, sizeof(*st));
    for (size_t t = 0; t < STORE_TABLES; t++) {
        st->rows[t].n_columns = strlen(columns[t]);
        for (size_t c = 0; c < st->rows[t].n_columns; c++) {
            pgarray_init(&st->rows[t].column[c], column_type(columns[t][c]));
        }
    }
}

void store_free(struct store *st)
{
    for (size_t t = 0; t < STORE_TABLES; t++) {
        for (size_t c = 0; c < st->rows[t].n_columns; c++) {
            pgarray_free(&st->rows[t].column[c]);
        }
    }
    for (size_t k = 0; k < THING_KINDS; k++) {
        free(st->touched[k].at);
    }
    free(st->legs.at);
    free(st->entries.at);
    memset(st, 0, sizeof(*st));
}

void store_clear(struct store *st)
{
    for (size_t t = 0; t < STORE_TABLES; t++) {
        if (st->rows[t].n == 0) {
            continue;
        }
        st->rows[t].n = 0;
        for (size_t c = 0; c < st->rows[t].n_columns; c++) {
            pgarray_clear(&st->rows[t].column[c]);
        }
    }
    for (size_t k = 0; k < THING_KINDS; k++) {
        st->touched[k].n = 0;
    }
    st->legs.n = 0;
    st->entries.n = 0;
}

struct pgarray *store_row(struct store *st, enum store_table table)
{
    st->rows[table].n++;
    return st->rows[table].column;
}

static void touch(struct store *st, enum thing_kind kind, struct store_touch touch)
{
    struct store_touched *t = &st->touched[kind];

    if (t->n == t->cap) {
        t->cap = t->cap == 0 ? 64 : t->cap * 2;
        t->at = x_realloc(t->at, t->cap * sizeof(*t->at));
    }
    t->at[t->n++] = touch;
}

static void touch_name(struct store *st, enum thing_kind kind, const char *name)
{
    touch(st, kind, (struct store_touch){.name = name, .name_record = -1});
}

static void put_parts(struct pgarray *column, const struct record *rec)
{
    struct buf parts = BUF_INIT;

    for (size_t i = 0; i < rec->n_parts; i++) {
        if (i > 0) {
            buf_putc(&parts, '\n');
        }
        buf_put(&parts, rec->parts[i].data, rec->parts[i].len);
    }
    pgarray_bytes(column, parts.data, parts.len);
    buf_free(&parts);
}

static void put_record(struct store *st, int64_t index, const struct act *a,
                       const struct record *rec, const struct hash *leaf)
{
    struct pgarray *c = store_row(st, STORE_RECORDS);

    pgarray_int(&c[0], index);
    pgarray_text(&c[1], a->by);
    pgarray_text(&c[2], a->jti);
    pgarray_bytes(&c[3], a->payload_hash.b, HASH_LEN);
    pgarray_bytes(&c[4], leaf->b, HASH_LEN);
    pgarray_bytes(&c[5], rec->header.data, rec->header.len);
    put_parts(&c[6], rec);
}

/* A batch that is taken back leaves a gap in the numbers. */
static void number_account(struct ledger *l, struct account *a)
{
    if (a->number == 0) {
        a->number = ++l->numbered;
    }
}

static void keep_leg(struct store *st, struct ledger *l, int64_t index, const struct leg *leg)
{
    struct store_legs *legs = &st->legs;

    if (leg->after->number == 0) {
        number_account(l, leg->after);
        touch_name(st, THING_ACCOUNT, leg->after->thing.name);
    }
    if (legs->n == legs->cap) {
        legs->cap = legs->cap == 0 ? 64 : legs->cap * 2;
        legs->at = x_realloc(legs->at, legs->cap * sizeof(*legs->at));
    }
    legs->at[legs->n++] = (struct store_leg){
        .account = leg->after->thing.name,
        .number = leg->after->number,
        .seq = leg->after->seq,
        .index = index,
        .amount = leg->amount,
        .balance = leg->after->balance,
        .floor = leg->floor,
        .marked = leg->marked,
    };
}

static int compare_legs(const void *a, const void *b)
{
    const struct store_leg *x = a, *y = b;
    int order = (x->number > y->number) - (x->number < y->number);

    return order != 0 ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

/* Of how many postings of a position table position_sums has one row. */
#define SUMMED 64

/* `first`: the row before the first one of the account in this batch, on which all of them build.
 */
static void put_sum(struct store *st, const struct store_leg *leg, int64_t *first)
{
    struct pgarray *c = store_row(st, STORE_POSITION_SUMS);

    if (*first < 0) {
        *first = leg->seq - SUMMED;
    }
    pgarray_text(&c[0], leg->account);
    pgarray_int(&c[1], leg->number);
    pgarray_int(&c[2], leg->seq);
    pgarray_int(&c[3], *first);
}

/* In the order of their index, which then finds its way a page at a time. */
static void put_legs(struct store *st)
{
    struct position position;
    int64_t first = -1;

    if (st->legs.n > 1) {
        qsort(st->legs.at, st->legs.n, sizeof(*st->legs.at), compare_legs);
    }
    for (size_t i = 0; i < st->legs.n; i++) {
        const struct store_leg *leg = &st->legs.at[i];
        struct pgarray *c = store_row(st, STORE_POSTINGS);
        if (i == 0 || leg[-1].number != leg->number) {
            first = -1;
        }
        if (leg->seq % SUMMED == 0 && position_parse(&position, leg->account)) {
            put_sum(st, leg, &first);
        }
        pgarray_int(&c[0], leg->number);
        pgarray_int(&c[1], leg->seq);
        pgarray_int(&c[2], leg->index);
        pgarray_int(&c[3], leg->amount);
        pgarray_int(&c[4], leg->balance);
        pgarray_int(&c[5], leg->floor);
        pgarray_bool(&c[6], leg->marked);
    }
}

static void keep_entry(struct store *st, int64_t index, const struct book *book)
{
    struct store_entries *entries = &st->entries;

    if (entries->n == entries->cap) {
        entries->cap = entries->cap == 0 ? 64 : entries->cap * 2;
        entries->at = x_realloc(entries->at, entries->cap * sizeof(*entries->at));
    }
    entries->at[entries->n++] = (struct store_entry){
        .book = book->thing.name,
        .seq = book->entries.seq,
        .index = index,
    };
}

static int compare_entries(const void *a, const void *b)
{
    const struct store_entry *x = a, *y = b;
    int order = strcmp(x->book, y->book);

    return order != 0 ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static int64_t page_of(const struct store_entry *e)
{
    return (e->seq - 1) / BOOK_PAGE;
}

/* A row has a book, one of its pages, and the first and last of what is put on it, as numbers from
 * 1 in the last column, where all stand in a line. */
static void put_entries(struct store *st)
{
    const struct store_entry *at = st->entries.at;
    size_t n = st->entries.n, stop;

    if (n > 1) {
        qsort(st->entries.at, n, sizeof(*at), compare_entries);
    }
    for (size_t i = 0; i < n; i = stop) {
        struct pgarray *c = store_row(st, STORE_BOOK_PAGES);
        for (stop = i;
             stop < n && page_of(&at[stop]) == page_of(&at[i]) && str_eq(at[stop].book, at[i].book);
             stop++) {
            pgarray_int(&c[4], at[stop].index);
        }
        pgarray_text(&c[0], at[i].book);
        pgarray_int(&c[1], page_of(&at[i]));
        pgarray_int(&c[2], (int64_t)i + 1);
        pgarray_int(&c[3], (int64_t)stop);
    }
}

static void put_snapshot(struct store *st, int64_t index, const struct change *change)
{
    const struct snapshot *s = (const struct snapshot *)change->after;
    struct pgarray *c = store_row(st, STORE_SNAPSHOTS);

    pgarray_int(&c[0], s->subject.seq);
    pgarray_int(&c[1], index);
    pgarray_int(&c[2], s->size);
    pgarray_int(&c[3], s->count);
    pgarray_bytes(&c[4], s->root.b, HASH_LEN);
    pgarray_int(&c[5], s->day);
}

/* A transfer that is reversed, a request that begins or is answered, an act that is declined, a
 * ledger id that ends. */
static void put_named(struct store *st, int64_t index, const struct act *a,
                      const struct outcome *out)
{
    for (size_t i = 0; i < out->n_deals; i++) {
        if (out->deals[i]->is_request) {
            touch_name(st, THING_DEAL, out->deals[i]->thing.name);
        }
    }
    if (a->type == ACT_REVERSAL) {
        struct pgarray *c = store_row(st, STORE_REVERSALS);
        pgarray_int(&c[0], index);
        pgarray_int(&c[1], a->u.reversal.record);
        pgarray_int(&c[2], a->u.reversal.amount);
        pgarray_bool(&c[3], out->forced);
    }
    if (a->type == ACT_LEDGER_CONTINUE) {
        struct pgarray *c = store_row(st, STORE_CONTINUATIONS);
        pgarray_int(&c[0], index);
        pgarray_text(&c[1], a->aud);
        pgarray_text(&c[2], a->u.ledger_continue.kept);
    }
    if (out->voided != NULL) {
        struct pgarray *c = store_row(st, STORE_VOIDS);
        pgarray_bytes(&c[0], out->voided->payload_hash.b, HASH_LEN);
        pgarray_text(&c[1], out->voided->holder);
        pgarray_text(&c[2], role_name(out->voided->role));
        pgarray_int(&c[3], index);
    }
}

static void put_change(struct store *st, int64_t index, const struct change *change)
{
    struct pgarray *c = store_row(st, STORE_CHANGES);
    struct buf name = BUF_INIT;

    subject_put_name(&name, change);
    pgarray_text(&c[0], name.data);
    pgarray_int(&c[1], subject_of(change)->seq);
    pgarray_int(&c[2], index);
    buf_free(&name);
}

void store_record(struct store *st, struct ledger *l, int64_t index, const struct act *a,
                  const struct record *rec, const struct hash *leaf, const struct outcome *out)
{
    bool names =
        (a->type == ACT_MEMBER_CREATE || a->type == ACT_MEMBER_UPDATE) && a->u.member.name.there;

    put_record(st, index, a, rec, leaf);
    for (size_t i = 0; i < out->n_legs; i++) {
        keep_leg(st, l, index, &out->legs[i]);
    }
    for (size_t i = 0; i < out->n_changes; i++) {
        const struct change *change = &out->changes[i];
        bool legs = change->kind == THING_ROUND && a->type == ACT_CLEARING_PROPOSE;
        put_change(st, index, change);
        if (change->kind == THING_ACCOUNT) {
            number_account(l, (struct account *)change->after);
        }
        if (change->kind == THING_SNAPSHOT) {
            put_snapshot(st, index, change);
        }
        bool named = names && change->kind == THING_HOLDER &&
                     str_eq(change->after->name, a->u.member.member);
        touch(st, change->kind,
              (struct store_touch){
                  .name = change->after->name,
                  .name_record = named || legs ? index : -1,
              });
    }
    for (size_t i = 0; i < out->n_books; i++) {
        keep_entry(st, index, out->books[i]);
    }
    for (size_t i = 0; i < out->n_keys; i++) {
        touch_name(st, THING_KEY, out->keys[i]->thing.name);
    }
    put_named(st, index, a, out);
}

void store_texts(struct store *st, int64_t index, const struct submission *sub)
{
    for (size_t i = 0; i < sub->n_texts; i++) {
        const struct submitted_text *text = &sub->texts[i];
        struct pgarray *c = store_row(st, STORE_TEXTS);
        pgarray_int(&c[0], index);
        pgarray_text(&c[1], text->field);
        pgarray_bytes(&c[2], text->salt, sizeof(text->salt));
        pgarray_bytes(&c[3], text->text, text->len);
    }
}

/* By name; of one name the latest record with texts first. */
static int compare_touch(const void *a, const void *b)
{
    const struct store_touch *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    if (order != 0) {
        return order;
    }
    return (x->name_record < y->name_record) - (x->name_record > y->name_record);
}

static void put_tile(void *arg, unsigned level, uint64_t tile, const struct hash *hashes,
                     const struct hash *root)
{
    struct pgarray *c = store_row(arg, STORE_TILES);

    pgarray_int(&c[0], (int64_t)level);
    pgarray_int(&c[1], (int64_t)tile);
    pgarray_bytes(&c[2], hashes, TILE_WIDTH * HASH_LEN);
    pgarray_bytes(&c[3], root->b, HASH_LEN);
}

void store_finish(struct store *st, const struct ledger *l)
{
    put_legs(st);
    put_entries(st);
    for (int kind = 0; kind < THING_KINDS; kind++) {
        struct store_touched *t = &st->touched[kind];

        if (t->n > 1) {
            qsort(t->at, t->n, sizeof(*t->at), compare_touch);
        }
        for (size_t i = 0; i < t->n; i++) {
            if (i == 0 || !str_eq(t->at[i].name, t->at[i - 1].name)) {
                store_thing(st, l->state, (enum thing_kind)kind, &t->at[i]);
            }
        }
    }
    tiles_full(&l->tiles, &l->tree, put_tile, st);
}
