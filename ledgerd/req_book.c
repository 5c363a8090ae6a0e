/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GET /v1/coops/{coop}/accounts and /postings: a co-op's book, for its office and auditors. All
 * pages of a list show it at one point of the log, which the first of them fixes and the cursors
 * carry, so that their sums agree whatever is posted meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/num.h"
#include "ledgerd/out.h"
#include "ledgerd/record_view.h"
#include "ledgerd/req.h"
#include "ledgerd/scope.h"

/* Kinds of cursors. */
#define ACCOUNTS_CURSOR 'a' /* account, size, DATED or NOW */
#define POSTINGS_CURSOR 'b' /* seq in the book, the seq that it goes down to, first, size */

#define DATED "d"
#define NOW   "n"

struct view {
    bool more;               /* a cursor was given */
    int64_t first, size;     /* the records that are looked at */
    char time[TIME_LEN + 1]; /* of the last of them, "" without one */
    /* accounts */
    bool dated; /* of a point that was asked for */
    char after[128];
    /* postings: of the book's entries those with after_seq < seq < before_seq */
    int64_t before_seq, after_seq;
    char *category, *unit, *member; /* NULL: any */
};

static void view_free(void *state)
{
    struct view *k = state;

    free(k->category);
    free(k->unit);
    free(k->member);
    free(k);
}

static struct view *view_new(struct request *r)
{
    struct view *k = x_calloc(1, sizeof(*k));

    k->size = INT64_MAX;
    r->state = k;
    r->state_free = view_free;
    return k;
}

/*
 * A day of the query, `more` days later, as *out, a fresh string or NULL without one, as well where
 * the years end. False when it is none, and the request is answered.
 */
static bool param_day(struct request *r, const char *name, int32_t more, char **out)
{
    char *text = request_param(r, name), again[DATE_LEN + 1];
    bool ok = true;
    int32_t days, last;

    *out = NULL;
    if (text == NULL) {
        return true;
    }
    if (date_parse(text, &days) != 0) {
        request_malformed(r, "a day is written as in 2026-11-22");
        ok = false;
    } else if (date_parse("9999-12-31", &last) == 0 && days + more <= last) {
        date_text(again, days + more);
        *out = x_strdup(again);
    }
    free(text);
    return ok;
}

/* ?size, a number of records; false when it is none, and the request is answered. */
static bool param_size(struct request *r, struct view *k)
{
    char *text = request_param(r, "size");
    int rc = 0;

    if (text != NULL) {
        rc = num_parse(text, strlen(text), 0, NUM_MAX, &k->size);
        k->dated = true;
        free(text);
    }
    if (rc != 0) {
        request_malformed(r, "size must be a number of records");
    }
    return rc == 0;
}

/* The words of the cursor that are numbers: places in the log and in the book. */
static bool cursor_ints(struct request *r, const struct cursor *c, size_t first,
                        int64_t *const *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *word = c->word[first + i];

        if (num_parse(word, strlen(word), 0, NUM_MAX, out[i]) != 0) {
            request_malformed(r, "this cursor is not one that the list gave");
            return false;
        }
    }
    return true;
}

/* The row of READ_BOOK taken over; false when there is nothing to go on with, and the request is
 * answered. */
static bool view_row(struct request *r, const PGresult *res)
{
    struct view *k = r->state;

    if (PQntuples(res) != 1) {
        request_not_found(r);
        return false;
    }
    int64_t head = col_int(res, 0, BOOK_HEAD);
    if (k->size != INT64_MAX && k->size > head) {
        request_busy(r, "this database has fewer records as yet than are asked for");
        return false;
    }
    if (!k->more) {
        k->first = col_int(res, 0, BOOK_FIRST);
        k->size = col_int(res, 0, BOOK_SIZE);
        k->after_seq = col_int(res, 0, BOOK_FIRST_SEQ);
        k->before_seq = col_int(res, 0, BOOK_SIZE_SEQ) + 1;
        if (k->first > k->size) {
            k->first = k->size;
        }
    }
    (void)snprintf(k->time, sizeof(k->time), "%s", col_text(res, 0, BOOK_TIME));
    return true;
}

/* The end of a page, with what its list is a view of. */
static void end_page(struct request *r, struct buf *b, char kind, const char *const *words,
                     size_t n, bool first_too)
{
    const struct view *k = r->state;

    out_close(b, ']');
    if (words != NULL) {
        out_raw(b, "next", "\"", 1);
        cursor_put(b, kind, words, n);
        buf_putc(b, '"');
    } else {
        out_null(b, "next");
    }
    if (first_too) {
        out_int(b, "first", k->first);
    }
    out_int(b, "size", k->size);
    out_str(b, "time", k->time[0] != '\0' ? k->time : NULL);
    out_close(b, '}');
    request_json(r, 200, b);
}

/* --- accounts --- */

static void put_account(struct buf *b, const struct view *k, const PGresult *res, int row)
{
    int64_t balance = col_int(res, row, COOP_ACCOUNTS_BALANCE);
    int64_t floor = col_int(res, row, COOP_ACCOUNTS_FLOOR);

    out_open(b, NULL, '{');
    out_str(b, "account", col_text(res, row, COOP_ACCOUNTS_ACCOUNT));
    out_int(b, "balance", balance);
    /* Limits of the past aren't kept. */
    if (!k->dated) {
        out_int(b, "floor", floor);
        if (col_null(res, row, COOP_ACCOUNTS_CEILING)) {
            out_null(b, "ceiling");
        } else {
            out_int(b, "ceiling", col_int(res, row, COOP_ACCOUNTS_CEILING));
        }
        out_int(b, "available", num_gap(balance, floor));
    }
    out_int(b, "seq", col_int(res, row, COOP_ACCOUNTS_SEQ));
    if (col_null(res, row, COOP_ACCOUNTS_IDX)) {
        out_null(b, "index");
    } else {
        out_int(b, "index", col_int(res, row, COOP_ACCOUNTS_IDX));
    }
    out_str(b, "time", col_text_or_null(res, row, COOP_ACCOUNTS_TIME));
    out_str(b, "day", col_text_or_null(res, row, COOP_ACCOUNTS_DAY));
    out_close(b, '}');
}

static void on_accounts(struct request *r, const PGresult *res)
{
    const struct view *k = r->state;
    struct buf b = BUF_INIT, size = BUF_INIT;
    int rows = PQntuples(res) > r->limit ? (int)r->limit : PQntuples(res);
    const char *words[3] = {NULL, NULL, k->dated ? DATED : NOW};

    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (int i = 0; i < rows; i++) {
        /* Of then, only what there was then. */
        if (!k->dated || col_int(res, i, COOP_ACCOUNTS_SEQ) > 0) {
            put_account(&b, k, res, i);
        }
    }
    if (PQntuples(res) > rows && rows > 0) {
        buf_put_i64(&size, k->size);
        words[0] = col_text(res, rows - 1, COOP_ACCOUNTS_ACCOUNT);
        words[1] = size.data;
    }
    end_page(r, &b, ACCOUNTS_CURSOR, words[0] != NULL ? words : NULL, ARRAY_LEN(words), false);
    buf_free(&size);
}

static void on_accounts_book(struct request *r, const PGresult *res)
{
    const struct view *k = r->state;

    if (view_row(r, res)) {
        request_read(r, read_coop_accounts(r->arg[0], k->after, r->limit + 1, k->size),
                     on_accounts);
    }
}

void req_coop_accounts(struct request *r)
{
    struct view *k = view_new(r);
    int64_t *const places[] = {&k->size};
    char *as_of = NULL;
    struct cursor c;

    if (!request_limit(r) || !request_cursor(r, ACCOUNTS_CURSOR, 3, &c, &k->more)) {
        return;
    }
    if (k->more) {
        if (!cursor_ints(r, &c, 1, places, 1)) {
            return;
        }
        (void)snprintf(k->after, sizeof(k->after), "%s", c.word[0]);
        k->dated = str_eq(c.word[2], DATED);
    } else {
        if (!param_day(r, "as_of", 1, &as_of) || !param_size(r, k)) {
            free(as_of);
            return;
        }
        char *given = request_param(r, "as_of");
        k->dated |= given != NULL;
        free(given);
    }
    request_read(r, read_book(r->arg[0], NULL, as_of, k->size), on_accounts_book);
    free(as_of);
}

/* --- postings --- */

/* Is it one of those asked for? Where a record is, all its postings in the book are shown. */
static bool wanted(const struct request *r, const struct record_view *v, const bool *here)
{
    const struct view *k = r->state;
    char member[ADDRESS_MAX + 1], coop[COOP_MAX + 1];
    bool unit = k->unit == NULL, of_member = k->member == NULL;

    for (size_t i = 0; i < v->n; i++) {
        const struct part *p = &v->parts[i];

        if (here[i]) {
            scope_concerned(p, member, coop);
            unit |= str_eq(strchr(p->name, '/') + 1, k->unit != NULL ? k->unit : "");
            of_member |= str_eq(member, k->member != NULL ? k->member : "");
        }
    }
    return unit && of_member;
}

/* Those of the record's postings that are `here`. How many; -1 when it is damaged. */
static int64_t put_postings(struct buf *b, const struct request *r, const PGresult *res, int row,
                            const struct record_view *v, const bool *here)
{
    const struct view *k = r->state;
    char member[ADDRESS_MAX + 1], coop[COOP_MAX + 1];
    const char *book = scope_audits_all(&r->caller) ? NULL : r->arg[0];
    struct transfer_view t;
    int64_t items = 0;

    for (size_t i = 0; i < v->n; i++) {
        const struct part *p = &v->parts[i];

        if (!here[i]) {
            continue;
        }
        scope_concerned(p, member, coop);
        if (transfer_view_of(&t, &v->act, member[0] != '\0' ? member : coop, book, res, row,
                             COOP_POSTINGS_TRANSFER) != 0) {
            return -1;
        }
        if (k->category != NULL && !str_eq(t.category, k->category)) {
            return 0;
        }
        out_open(b, NULL, '{');
        out_int(b, "index", v->header.index);
        out_time(b, "time", v->header.ms);
        out_str(b, "day", col_text(res, row, COOP_POSTINGS_DAY));
        out_str(b, "account", p->name);
        out_int(b, "amount", p->amount);
        out_int(b, "balance", p->balance);
        out_int(b, "seq", p->seq);
        transfer_view_put(b, &t, col_text_or_null(res, row, COOP_POSTINGS_MEMO));
        out_close(b, '}');
        items++;
    }
    return items;
}

/* One record of the book: an item for each of its postings here. How many; -1 when it is damaged.
 */
static int64_t put_record(struct buf *b, const struct request *r, const PGresult *res, int row,
                          const struct record_view *v)
{
    char member[ADDRESS_MAX + 1], coop[COOP_MAX + 1];
    bool *here = x_calloc(v->n, sizeof(*here));
    int64_t items = 0;

    for (size_t i = 0; i < v->n; i++) {
        scope_concerned(&v->parts[i], member, coop);
        here[i] = v->parts[i].kind == PART_POSTING && str_eq(coop, r->arg[0]);
    }
    if (wanted(r, v, here)) {
        items = put_postings(b, r, res, row, v, here);
    }
    free(here);
    return items;
}

/* The end, where `row` rows have been shown. */
static void end_postings(struct request *r, struct buf *b, const PGresult *res, int row)
{
    const struct view *k = r->state;
    const int64_t places[] = {col_int(res, row - 1, COOP_POSTINGS_SEQ), k->after_seq, k->first,
                              k->size};
    struct buf text[ARRAY_LEN(places)] = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};
    const char *words[ARRAY_LEN(places)];

    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        buf_put_i64(&text[i], places[i]);
        words[i] = text[i].data;
    }
    end_page(r, b, POSTINGS_CURSOR, words, ARRAY_LEN(words), true);
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        buf_free(&text[i]);
    }
}

/*
 * A page is made of whole records, at most `limit` items unless a single record has more; it may be
 * shorter, even empty, where records of other kinds stand between.
 */
static void on_postings(struct request *r, const PGresult *res)
{
    struct buf b = BUF_INIT;
    int64_t items = 0;
    int row = 0;

    out_open(&b, NULL, '{');
    out_open(&b, "items", '[');
    for (; row < PQntuples(res) && row < r->limit; row++) {
        size_t before = b.len;
        struct record_view *v =
            record_view_new(col_text(res, row, COOP_POSTINGS_HEADER),
                            col_text(res, row, COOP_POSTINGS_PARTS), NULL, NULL, NULL);
        if (v == NULL) {
            buf_free(&b);
            request_read_failed(r, READ_BROKEN);
            return;
        }
        int64_t more = put_record(&b, r, res, row, v);
        record_view_free(v);
        if (more < 0) {
            buf_free(&b);
            request_read_failed(r, READ_BROKEN);
            return;
        }
        if (items > 0 && items + more > r->limit) {
            b.len = before; /* the next page's */
            b.data[b.len] = '\0';
            break;
        }
        items += more;
    }
    if (row < PQntuples(res)) {
        end_postings(r, &b, res, row);
    } else {
        end_page(r, &b, POSTINGS_CURSOR, NULL, 0, true);
    }
}

static void on_postings_book(struct request *r, const PGresult *res)
{
    const struct view *k = r->state;

    if (view_row(r, res)) {
        request_read(r, read_coop_postings(r->arg[0], k->before_seq, k->after_seq, r->limit + 1),
                     on_postings);
    }
}

/* What the list is narrowed to; false when that can't be, and the request is answered. */
static bool postings_filters(struct request *r)
{
    struct view *k = r->state;

    k->category = request_param(r, "category");
    k->unit = request_param(r, "unit");
    k->member = request_param(r, "member");
    if ((k->category != NULL && !name_is_category(k->category)) ||
        (k->unit != NULL && !name_is_unit(k->unit)) ||
        (k->member != NULL && !name_is_address(k->member))) {
        request_malformed(r, "category, unit and member must be such names");
        return false;
    }
    return true;
}

void req_coop_postings(struct request *r)
{
    struct view *k = view_new(r);
    int64_t *const places[] = {&k->before_seq, &k->after_seq, &k->first, &k->size};
    char *since = NULL, *until = NULL;
    struct cursor c;

    if (!request_limit(r) || !request_cursor(r, POSTINGS_CURSOR, 4, &c, &k->more) ||
        !postings_filters(r)) {
        return;
    }
    if (k->more) {
        if (!cursor_ints(r, &c, 0, places, ARRAY_LEN(places))) {
            return;
        }
    } else if (!param_day(r, "since", 0, &since) || !param_day(r, "until", 1, &until) ||
               !param_size(r, k)) {
        goto out;
    }
    request_read(r, read_book(r->arg[0], since, until, k->size), on_postings_book);
out:
    free(since);
    free(until);
}
