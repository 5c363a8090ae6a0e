/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/sheet.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/say.h"
#include "client/sheet_formats.h"
#include "core/name.h"
#include "core/num.h"

#define LINE_MAX_BYTES 4096
#define FILE_MAX       ((size_t)64 << 10)
#define ROW_MAX        INT64_C(1000000000)

static const char *const column_names[SHEET_COLUMNS] = {
    [SHEET_FROM] = "from",         [SHEET_TO] = "to",         [SHEET_AMOUNT] = "amount",
    [SHEET_DATE] = "date",         [SHEET_MEMO] = "memo",     [SHEET_UNIT] = "unit",
    [SHEET_CATEGORY] = "category", [SHEET_MEMBER] = "member", [SHEET_BALANCE] = "balance",
};

const char *sheet_column_name(enum sheet_column column)
{
    return column_names[column];
}

void sheet_init(struct sheet *s)
{
    memset(s, 0, sizeof(*s));
    s->dates = SHEET_AUTO;
    s->header_row = SHEET_AUTO;
}

void sheet_free(struct sheet *s)
{
    for (size_t i = 0; i < SHEET_COLUMNS; i++)
        free(s->columns[i]);
    free(s->encoding);
    free(s->skip);
    free(s->opening);
    sheet_init(s);
}

/* --- one thing that can be set --- */

static void replace(char **at, const char *value)
{
    free(*at);
    *at = *value == '\0' ? NULL : x_strdup(value);
}

static const struct {
    const char *name;
    char separator;
} separators[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {",", ','}, {";", ';'}};

static char *set_separator(struct sheet *s, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(separators); i++) {
        if (!str_eq(value, separators[i].name))
            continue;
        s->separator = separators[i].separator;
        return NULL;
    }
    return x_strdup(_("the separator is comma, semicolon or tab"));
}

static char *set_decimal(struct sheet *s, const char *value)
{
    if (!str_eq(value, "point") && !str_eq(value, "comma"))
        return x_strdup(_("the decimal mark is point or comma"));
    s->decimal = value[0] == 'p' ? '.' : ',';
    return NULL;
}

static char *set_dates(struct sheet *s, const char *value)
{
    enum cell_order order;

    if (cell_order_parse(value, &order) != 0)
        return x_strdup(_("dates are ymd (2026-03-31), dmy (31.03.2026), mdy (03/31/2026) or "
                          "serial (46112, as Excel counts days)"));
    s->dates = (int)order;
    return NULL;
}

static char *set_header_row(struct sheet *s, const char *value)
{
    if (num_parse(value, strlen(value), 0, ROW_MAX, &s->header_row) != 0)
        return x_strdup(_("the header's row is a number from 1, or 0 for a file without one"));
    return NULL;
}

static char *set_amounts(struct sheet *s, const char *value)
{
    if (!str_eq(value, "units") && !str_eq(value, "minutes") && !str_eq(value, "rounded"))
        return x_strdup(_("amounts are units, minutes or rounded"));
    s->minutes = str_eq(value, "minutes");
    s->round = str_eq(value, "rounded");
    return NULL;
}

static char *set_negative(struct sheet *s, const char *value)
{
    if (!str_eq(value, "refuse") && !str_eq(value, "swap"))
        return x_strdup(_("negative amounts are refuse or swap (the payee pays the payer)"));
    s->swap = str_eq(value, "swap");
    return NULL;
}

/* One of "3" and "3-7" at the front of *at; moves *at behind it and its comma. */
static bool next_rows(const char **at, int64_t *first, int64_t *last)
{
    size_t len, dash;

    *at += strspn(*at, " ");
    len = strcspn(*at, ",");
    while (len > 0 && (*at)[len - 1] == ' ')
        len--;
    dash = strcspn(*at, "-,");
    if (dash < len) {
        if (num_parse(*at, dash, 1, ROW_MAX, first) != 0 ||
            num_parse(*at + dash + 1, len - dash - 1, *first, ROW_MAX, last) != 0)
            return false;
    } else {
        if (num_parse(*at, len, 1, ROW_MAX, first) != 0)
            return false;
        *last = *first;
    }
    *at += len + strspn(*at + len, " ");
    *at += **at == ',' ? 1 : 0;
    return true;
}

static char *set_skip(struct sheet *s, const char *value)
{
    const char *at = value;
    int64_t first, last;

    while (*at != '\0') {
        if (!next_rows(&at, &first, &last))
            return x_strdup(_("rows to be left out are numbers and spans: 3,17-19"));
    }
    replace(&s->skip, value);
    return NULL;
}

static char *set_opening(struct sheet *s, const char *value)
{
    if (!name_is_address(value))
        return x_strdup(_("opening balances come from a purse such as opening@hansalim"));
    replace(&s->opening, value);
    return NULL;
}

static char *set_encoding(struct sheet *s, const char *value)
{
    replace(&s->encoding, value);
    s->encoding_told = s->encoding != NULL;
    return NULL;
}

static const struct {
    const char *name;
    char *(*set)(struct sheet *s, const char *value);
} settings[] = {
    {"separator", set_separator}, {"encoding", set_encoding},     {"decimal", set_decimal},
    {"dates", set_dates},         {"header-row", set_header_row}, {"amounts", set_amounts},
    {"negative", set_negative},   {"skip-rows", set_skip},        {"opening", set_opening},
};

char *sheet_set_column(struct sheet *s, const char *name, const char *value)
{
    char *safe, *why;

    for (size_t i = 0; i < SHEET_COLUMNS; i++) {
        if (!str_eq(name, column_names[i]))
            continue;
        replace(&s->columns[i], value);
        return NULL;
    }
    safe = say_safe(name);
    why = x_asprintf(_("there is nothing called \"%s\"; columns are from, to, amount, date, "
                       "category, memo, unit, member and balance"),
                     safe);
    free(safe);
    return why;
}

char *sheet_set(struct sheet *s, const char *name, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (str_eq(name, settings[i].name))
            return settings[i].set(s, value);
    }
    return sheet_set_column(s, name, value);
}

/* --- the file --- */

struct reading {
    struct sheet *sheet;
    const char *at;
    char *wrong;
};

/* For inih: one line a call, without blanks in front, as it takes an indented line for more of the
 * one before. */
static char *next_line(char *line, int size, void *arg)
{
    struct reading *r = arg;
    size_t len = strcspn(r->at, "\n"), blank = strspn(r->at, " \t");
    const char *from = r->at + (blank < len ? blank : len);
    size_t take = len - (size_t)(from - r->at);

    if (*r->at == '\0')
        return NULL;
    if (take + 2 > (size_t)size)
        take = (size_t)size - 2;
    memcpy(line, from, take);
    line[take] = '\n';
    line[take + 1] = '\0';
    r->at += len + (r->at[len] == '\n' ? 1 : 0);
    return line;
}

/* For inih: 0 stops it. */
static int take_line(void *arg, const char *section, const char *name, const char *value)
{
    struct reading *r = arg;
    bool column = false;

    for (size_t i = 0; i < SHEET_COLUMNS; i++)
        column = column || str_eq(name, column_names[i]);
    if (!str_eq(section, "columns") && !str_eq(section, "sheet"))
        r->wrong = x_asprintf(_("there is no section [%s], only [columns] and [sheet]"), section);
    else if (column != str_eq(section, "columns"))
        r->wrong = x_asprintf(_("\"%s\" belongs under [%s]"), name, column ? "columns" : "sheet");
    else
        r->wrong = sheet_set(r->sheet, name, value);
    return r->wrong == NULL;
}

static int read_text(struct sheet *s, const char *text, const char *path)
{
    struct reading r = {.sheet = s, .at = text};
    char *safe;
    int line;

    ini_stop_on_first_error = true;
    ini_max_line = LINE_MAX_BYTES; /* the library's default of 200 is little for a long header */
    line = ini_parse_stream(next_line, &r, take_line, &r);
    if (line == 0)
        return PUMASI_OK;
    safe = say_safe(r.wrong != NULL ? r.wrong : _("it is neither [section] nor name = value"));
    (void)fail(PUMASI_USAGE, _("%s, line %d: %s."), path, line, safe);
    free(safe);
    free(r.wrong);
    return PUMASI_USAGE;
}

int sheet_load(struct sheet *s, const char *path)
{
    char *text = NULL, *safe = say_safe(path);
    size_t len;
    int rc;

    if (files_read(path, FILE_MAX, &text, &len) != 0)
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), safe, strerror(errno));
    else
        rc = read_text(s, text, safe);
    free(text);
    free(safe);
    return rc;
}

int sheet_format(struct sheet *s, const char *name)
{
    char *safe;

    for (const struct sheet_format *f = sheet_formats; f->name != NULL; f++) {
        if (str_eq(name, f->name))
            return read_text(s, f->text, f->name);
    }
    safe = say_safe(name);
    (void)fail(PUMASI_USAGE,
               _("There is no format \"%s\"; there are timeoverflow, cyclos and ces."), safe);
    free(safe);
    return PUMASI_USAGE;
}

/* inih would cut these, or take them for something else: to it a ';' behind white space, such as
 * that which follows the '=', begins a remark. */
static bool survives(const char *value)
{
    char before = ' ';

    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\r' || *at == '\n' || (*at == ';' && (before == ' ' || before == '\t')))
            return false;
        before = *at;
    }
    return strlen(value) < LINE_MAX_BYTES / 2 && strchr(" \t", value[0]) == NULL && before != ' ' &&
           before != '\t';
}

static void put(struct buf *b, const char *name, const char *value)
{
    if (value != NULL)
        buf_printf(b, "%s = %s\n", name, value);
}

int sheet_save(const struct sheet *s, const char *path, bool all)
{
    struct buf b = BUF_INIT;
    char *safe = say_safe(path);
    int rc = PUMASI_OK;

    buf_puts(&b, "# How a spreadsheet is read: pumasi import SHEET --mapping THIS\n[columns]\n");
    for (size_t i = 0; rc == PUMASI_OK && i < SHEET_COLUMNS; i++) {
        put(&b, column_names[i], s->columns[i]);
        if (s->columns[i] != NULL && !survives(s->columns[i]))
            rc = fail(PUMASI_USAGE,
                      _("The header of the column %s can't stand in a mapping file. Name the "
                        "column by its letter: --column %s=A"),
                      column_names[i], column_names[i]);
    }
    buf_puts(&b, "\n[sheet]\n");
    for (size_t i = 0; i < 3 && s->separator != 0; i++) {
        if (separators[i].separator == s->separator)
            put(&b, "separator", separators[i].name);
    }
    if (all || s->encoding_told)
        put(&b, "encoding", s->encoding);
    if (s->decimal != 0)
        put(&b, "decimal", s->decimal == '.' ? "point" : "comma");
    if (s->dates != SHEET_AUTO)
        put(&b, "dates", cell_order_name((enum cell_order)s->dates));
    if (s->header_row != SHEET_AUTO)
        buf_printf(&b, "header-row = %lld\n", (long long)s->header_row);
    if (s->minutes || s->round)
        put(&b, "amounts", s->minutes ? "minutes" : "rounded");
    if (s->swap)
        put(&b, "negative", "swap");
    if (all) {
        put(&b, "skip-rows", s->skip);
        put(&b, "opening", s->opening);
    }
    if (rc == PUMASI_OK && files_write(path, b.data, b.len) != 0)
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), safe, strerror(errno));
    buf_free(&b);
    free(safe);
    return rc;
}

/* --- questions --- */

bool sheet_skips(const struct sheet *s, int64_t row)
{
    const char *at = s->skip == NULL ? "" : s->skip;
    int64_t first, last;

    while (*at != '\0' && next_rows(&at, &first, &last)) {
        if (row >= first && row <= last)
            return true;
    }
    return false;
}

enum sheet_column sheet_amount(const struct sheet *s)
{
    return s->opening != NULL ? SHEET_BALANCE : SHEET_AMOUNT;
}

bool sheet_uses(const struct sheet *s, enum sheet_column column)
{
    switch (column) {
    case SHEET_FROM:
    case SHEET_TO:
    case SHEET_AMOUNT:
        return s->opening == NULL;
    case SHEET_MEMBER:
    case SHEET_BALANCE:
        return s->opening != NULL;
    case SHEET_DATE:
    case SHEET_CATEGORY:
    case SHEET_MEMO:
    case SHEET_UNIT:
        break;
    }
    return true;
}

bool sheet_needs(const struct sheet *s, enum sheet_column column)
{
    const char *told = s->columns[column];

    if (!sheet_uses(s, column))
        return false;
    if (told != NULL)
        return *told != '?' || column == sheet_amount(s);
    return column == sheet_amount(s) || column == SHEET_FROM || column == SHEET_TO ||
           column == SHEET_MEMBER;
}

const char *sheet_headers(const struct sheet *s, enum sheet_column column)
{
    /* Whoever gave time is paid for it, so that "giver" and the like aren't among them. */
    static const char *const usual[SHEET_COLUMNS] = {
        [SHEET_FROM] = "from | payer",
        [SHEET_TO] = "to | payee",
        [SHEET_AMOUNT] = "amount | 금액",
        [SHEET_DATE] = "date | time | 날짜 | 일자 | 거래일",
        [SHEET_CATEGORY] = "category | kind | 분류 | 구분",
        [SHEET_MEMO] = "memo | 메모 | 내용 | 적요",
        [SHEET_UNIT] = "unit | 단위",
        [SHEET_MEMBER] = "member | name | 회원 | 이름 | 성명",
        [SHEET_BALANCE] = "balance | 잔액",
    };
    const char *told = s->columns[column];

    if (told == NULL)
        return usual[column];
    return told + strspn(told, "? ");
}
