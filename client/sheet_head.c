/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/sheet_head.h"

#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "core/fold.h"
#include "core/num.h"
#include "core/text.h"

#define LOOK_ROWS 20
#define SHOWN_MAX 400

/* --- cells --- */

/* White space that stands around a cell: also what isn't ASCII's. */
static size_t space_at(const char *s)
{
    static const char *const spaces[] = {" ", "\t", "\n", "\r", "\xc2\xa0", "\xe3\x80\x80"};

    for (size_t i = 0; i < ARRAY_LEN(spaces); i++) {
        size_t len = strlen(spaces[i]);

        if (strncmp(s, spaces[i], len) == 0)
            return len;
    }
    return 0;
}

static const char *trimmed(const char *s, struct buf *b)
{
    bool broken = false;
    size_t n;

    buf_clear(b);
    while (*s != '\0') {
        n = space_at(s);
        if (n > 0) {
            const char *from = s;

            while (*s == ' ')
                s++;
            broken = s == from;
            while ((n = space_at(s)) > 0) {
                broken = true;
                s += n;
            }
            if (b->len > 0 && *s != '\0')
                buf_put(b, broken ? " " : from, broken ? 1 : (size_t)(s - from));
            continue;
        }
        buf_putc(b, *s++);
    }
    return b->data == NULL ? "" : b->data;
}

const char *sheet_cell(const struct sheet_head *h, const struct csv_row *row,
                       enum sheet_column column, struct buf *b)
{
    if (!h->there[column] || h->place[column] >= row->n)
        return trimmed("", b);
    return trimmed(row->fields[h->place[column]].s, b);
}

bool sheet_row_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->n; i++) {
        const char *s = row->fields[i].s;
        size_t n;

        while ((n = space_at(s)) > 0)
            s += n;
        if (*s != '\0')
            return false;
    }
    return row->fault == NULL;
}

static bool is_total(const char *s)
{
    static const char *const words[] = {"합계",   "총계",  "소계",   "누계",     "계",
                                        "총합계", "total", "totals", "subtotal", "grandtotal",
                                        "sum",    "summe", "gesamt", "suma",     "sumatotal"};
    char *t = fold_name(s);
    size_t len = t == NULL ? 0 : strlen(t);
    bool yes = false;

    if (len > 0 && t[len - 1] == ':')
        t[len - 1] = '\0';
    for (size_t i = 0; t != NULL && i < ARRAY_LEN(words); i++)
        yes = yes || str_eq(t, words[i]);
    free(t);
    return yes;
}

bool sheet_row_total(const struct sheet_head *h, const struct csv_row *row)
{
    struct buf b = BUF_INIT;
    bool total = false, from = *sheet_cell(h, row, SHEET_FROM, &b) != '\0';
    bool to = *sheet_cell(h, row, SHEET_TO, &b) != '\0';
    bool member = h->there[SHEET_MEMBER];

    if (member)
        total = is_total(sheet_cell(h, row, SHEET_MEMBER, &b)) ||
                *sheet_cell(h, row, SHEET_MEMBER, &b) == '\0';
    for (size_t i = 0, any = !member || total; any && i < row->n; i++) {
        total = is_total(trimmed(row->fields[i].s, &b));
        any = !total;
    }
    buf_free(&b);
    return total && !(from && to);
}

/* --- the headers --- */

struct looking {
    struct sheet_head *head;
    const struct sheet *sheet;
    int64_t rows;            /* seen that aren't blank */
    enum sheet_column lacks; /* the first that the best row hasn't */
    size_t best;             /* the most needed columns in one row, */
    size_t filled;           /* and of rows with as many the most cells that aren't empty */
    char *twice;             /* a header that stands there twice */
    char *seen;              /* the headers of the best row */
    bool doubtful;           /* the row may be data */
};

/* A column as spreadsheets and people count: A is 0, AB 27, "3" 2. */
static bool by_letter(const char *s, size_t *out)
{
    int64_t n;

    if (num_parse(s, strlen(s), 1, CSV_FIELDS_MAX, &n) == 0) {
        *out = (size_t)n - 1;
        return true;
    }
    if (*s == '\0' || strlen(s) > 2)
        return false;
    n = 0;
    for (; *s != '\0'; s++) {
        if (*s < 'a' || *s > 'z')
            return false;
        n = n * 26 + (*s - 'a' + 1);
    }
    *out = (size_t)n - 1;
    return *out < CSV_FIELDS_MAX;
}

/* The file of bad rows has two columns before those of the sheet. */
static size_t shift_of(char **titles, size_t n)
{
    return n > 2 && titles[0] != NULL && titles[1] != NULL && str_eq(titles[0], "row") &&
                   str_eq(titles[1], "reason")
               ? 2
               : 0;
}

/* The place of the header that an alternative names. */
static bool by_title(struct looking *l, const char *want, char **titles, size_t n, size_t *out)
{
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        if (titles[i] == NULL || !str_eq(titles[i], want))
            continue;
        if (found && l->twice == NULL)
            l->twice = x_strdup(want);
        if (!found)
            *out = i;
        found = true;
    }
    return found;
}

static bool find_column(struct looking *l, enum sheet_column column, char **titles, size_t n,
                        bool *lettered)
{
    const char *at = sheet_headers(l->sheet, column);
    bool found = false;

    while (!found && *at != '\0') {
        size_t len = strcspn(at, "|");
        char *one = x_strndup(at, len), *want = fold_text(one);
        size_t *place = &l->head->place[column];

        found = want != NULL && l->sheet->header_row != 0 && by_title(l, want, titles, n, place);
        if (!found && want != NULL && by_letter(want, place)) {
            *place += shift_of(titles, n);
            found = *place < n;
            *lettered = found;
        }
        free(one);
        free(want);
        at += len + (at[len] == '|' ? 1 : 0);
    }
    l->head->there[column] = found;
    return found;
}

static bool has_digit(const struct csv_row *row, size_t place)
{
    return place < row->n && strpbrk(row->fields[place].s, "0123456789") != NULL;
}

static size_t count_filled(const struct csv_row *row)
{
    size_t n = 0;

    for (size_t i = 0; i < row->n; i++)
        n += row->fields[i].len > 0;
    return n;
}

static void remember(struct looking *l, const struct csv_row *row)
{
    struct buf b = BUF_INIT, cell = BUF_INIT;
    char *safe;

    for (size_t i = 0; i < row->n && b.len < SHOWN_MAX; i++) {
        const char *s = trimmed(row->fields[i].s, &cell);

        if (*s != '\0')
            buf_printf(&b, "%s\"%s\"", b.len > 0 ? ", " : "", s);
    }
    safe = say_safe(b.data == NULL ? "" : b.data);
    free(l->seen);
    l->seen = safe;
    buf_free(&b);
    buf_free(&cell);
}

/* All needed columns in this row? */
static bool try_row(struct looking *l, const struct csv_row *row)
{
    char *titles[CSV_FIELDS_MAX];
    size_t needed = 0, found = 0;
    enum sheet_column lacks = SHEET_AMOUNT;
    bool lettered = false, only_letters = true;

    for (size_t i = 0; i < row->n; i++)
        titles[i] = fold_text(row->fields[i].s);
    free(l->twice);
    l->twice = NULL;
    for (size_t i = SHEET_COLUMNS; i-- > 0;) {
        enum sheet_column column = (enum sheet_column)i;
        bool there;

        l->head->there[i] = false;
        if (!sheet_uses(l->sheet, column))
            continue;
        lettered = false;
        there = find_column(l, column, titles, row->n, &lettered);
        if (!sheet_needs(l->sheet, column))
            continue;
        needed++;
        found += there;
        only_letters = only_letters && lettered;
        if (!there)
            lacks = column;
    }
    for (size_t i = 0; i < row->n; i++)
        free(titles[i]);
    if (l->seen == NULL || found > l->best || (found == l->best && count_filled(row) > l->filled)) {
        l->best = found;
        l->filled = count_filled(row);
        l->lacks = lacks;
        remember(l, row);
    }
    l->doubtful = only_letters && l->sheet->header_row == SHEET_AUTO &&
                  has_digit(row, l->head->place[sheet_amount(l->sheet)]);
    return found == needed;
}

static bool of_bad_rows(const struct csv_row *row)
{
    return row->row == 1 && row->n > 2 && str_eq(row->fields[0].s, "row") &&
           str_eq(row->fields[1].s, "reason");
}

/* 1 when this is the row; 2 when there is no use in looking on. */
static int look(void *arg, const struct csv_row *row)
{
    struct looking *l = arg;
    int64_t want = l->sheet->header_row;

    if (row->fault != NULL || sheet_row_blank(row))
        return row->row > LOOK_ROWS ? 2 : 0;
    /* The headers of bad rows are in their first row, wherever those of their file were. */
    if (want > 0 && row->row != want && !of_bad_rows(row))
        return row->row > want ? 2 : 0;
    if (++l->rows > LOOK_ROWS)
        return 2;
    if (try_row(l, row)) {
        l->head->row = want == 0 ? 0 : row->row;
        l->head->at = row->at;
        l->head->len = want == 0 ? 0 : row->raw_len;
        l->head->n = row->n;
        return 1;
    }
    return want == 0 ? 2 : 0;
}

/* The first line among those where headers are that isn't UTF-8, counted from 1; 0 if all are. What
 * is said to be UTF-8 is taken as it is, and its headers may be in a row that can't be read. */
static int64_t line_not_utf8(const char *bytes, size_t len)
{
    for (int64_t line = 1; line <= LOOK_ROWS && len > 0; line++) {
        const char *end = memchr(bytes, '\n', len);
        size_t n = end == NULL ? len : (size_t)(end - bytes) + 1;

        if (!text_is_utf8(bytes, n))
            return line;
        bytes += n;
        len -= n;
    }
    return 0;
}

static int missing(const struct looking *l, const char *bytes, size_t len)
{
    const char *name = sheet_column_name(l->lacks);
    int64_t line = line_not_utf8(bytes, len);

    if (line > 0)
        return fail(PUMASI_USAGE, _("This file isn't %s: see its line %lld."), "UTF-8",
                    (long long)line);
    if (l->seen == NULL)
        return fail(PUMASI_USAGE, _("This file is empty. A row at its top must name the columns."));
    (void)fail(PUMASI_USAGE,
               _("Which column is \"%s\"? None of the headers says so. The file has: %s."), name,
               l->seen);
    note(_("Name it, for example: --column %s=\"HEADER\", or by its letter: --column %s=C"), name,
         name);
    return PUMASI_USAGE;
}

int sheet_head_find(struct sheet_head *h, const struct sheet *s, const char *bytes, size_t len)
{
    static const char separators[] = {',', ';', '\t'};
    struct looking l = {.head = h, .sheet = s};
    int rc = PUMASI_USAGE, found = 0;

    memset(h, 0, sizeof(*h));
    for (size_t i = 0; found != 1 && i < ARRAY_LEN(separators); i++) {
        struct csv *csv;

        if (s->separator != 0 && s->separator != separators[i])
            continue;
        csv = csv_new_sheet(separators[i], look, &l);
        l.rows = 0;
        h->separator = separators[i];
        found = csv_feed(csv, bytes, len);
        if (found == 0)
            found = csv_end(csv);
        csv_free(csv);
    }
    if (found != 1) {
        rc = missing(&l, bytes, len);
    } else if (l.twice != NULL) {
        char *safe = say_safe(l.twice);

        rc = fail(PUMASI_USAGE,
                  _("There are two columns called \"%s\". Rename one of them, or name the one you "
                    "mean by its letter."),
                  safe);
        free(safe);
    } else if (l.doubtful) {
        rc = fail(PUMASI_USAGE,
                  _("Row %lld seems to be none of headers. Say --header-row 0 if the file has no "
                    "headers, else in which row they are."),
                  (long long)h->row);
    } else {
        rc = PUMASI_OK;
    }
    free(l.twice);
    free(l.seen);
    return rc;
}
