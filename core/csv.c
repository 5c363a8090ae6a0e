/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/csv.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/buf.h"
#include "core/text.h"

enum csv_state {
    AT_FIELD,    /* before the first character of a field */
    IN_BARE,     /* in a field without quotes */
    IN_QUOTED,   /* between quotes */
    AFTER_QUOTE, /* after a quote in a quoted field: its end, or the first half of "" */
    AFTER_CR,    /* a line feed must follow */
    SKIPPING,    /* the row is faulty: to the next line feed */
};

static const char bom[] = "\xef\xbb\xbf";

struct csv {
    csv_take *take;
    void *arg;
    enum csv_state state;
    char separator;
    bool sheet;         /* as spreadsheets save */
    size_t bom_seen;    /* how much of the mark has been seen; past it 3 */
    int64_t line;       /* that is being read */
    int64_t first_line; /* of the row that is being read */
    int64_t row;
    size_t at, first_at;
    const char *fault;
    struct buf raw;
    struct buf text;               /* the fields without quotes, a NUL after each */
    size_t field_start;            /* of the one being read, in text */
    size_t n;                      /* complete fields */
    size_t starts[CSV_FIELDS_MAX]; /* in text */
    struct csv_field fields[CSV_FIELDS_MAX];
};

struct csv *csv_new(csv_take *take, void *arg)
{
    struct csv *c = x_calloc(1, sizeof(*c));

    c->take = take;
    c->arg = arg;
    c->state = AT_FIELD;
    c->separator = ',';
    c->line = c->first_line = c->row = 1;
    return c;
}

struct csv *csv_new_sheet(char separator, csv_take *take, void *arg)
{
    struct csv *c = csv_new(take, arg);

    c->separator = separator;
    c->sheet = true;
    return c;
}

void csv_free(struct csv *c)
{
    if (c == NULL)
        return;
    buf_free(&c->raw);
    buf_free(&c->text);
    free(c);
}

static void wrong(struct csv *c, const char *fault)
{
    c->fault = fault;
    c->state = SKIPPING;
}

static void put(struct csv *c, char ch)
{
    if (c->text.len - c->field_start >= CSV_FIELD_MAX)
        wrong(c, N_("a field is longer than 8,192 bytes"));
    else
        buf_putc(&c->text, ch);
}

static void end_field(struct csv *c)
{
    if (c->n == CSV_FIELDS_MAX) {
        wrong(c, N_("there are more than 256 fields"));
        return;
    }
    c->starts[c->n++] = c->field_start;
    buf_putc(&c->text, '\0');
    c->field_start = c->text.len;
    c->state = AT_FIELD;
}

/* The row is complete: hands it over and begins the next one. */
static int end_row(struct csv *c)
{
    struct csv_row row = {
        .line = c->first_line, .row = c->row++, .at = c->first_at, .fields = c->fields};
    int rc = 0;

    if (c->fault == NULL)
        end_field(c);
    if (c->fault == NULL && !text_is_utf8(c->raw.data == NULL ? "" : c->raw.data, c->raw.len))
        c->fault = N_("it isn't UTF-8");
    row.raw = c->raw.data == NULL ? "" : c->raw.data;
    row.raw_len = c->raw.len;
    row.fault = c->fault;
    if (c->fault == NULL) {
        row.n = c->n;
        for (size_t i = 0; i < c->n; i++) {
            size_t end = i + 1 < c->n ? c->starts[i + 1] : c->text.len;

            c->fields[i] = (struct csv_field){c->text.data + c->starts[i], end - 1 - c->starts[i]};
        }
    }
    if (row.raw_len > 0 || row.fault != NULL)
        rc = c->take(c->arg, &row);
    buf_clear(&c->raw);
    buf_clear(&c->text);
    c->field_start = 0;
    c->n = 0;
    c->fault = NULL;
    c->state = AT_FIELD;
    c->first_line = c->line;
    c->first_at = c->at;
    return rc;
}

/* A character that is no line feed which ends the row. */
static void take_char(struct csv *c, char ch)
{
    if (ch == '\0') {
        wrong(c, N_("it holds a NUL byte"));
        return;
    }
    switch (c->state) {
    case AT_FIELD:
        if (ch == '"') {
            c->state = IN_QUOTED;
            return;
        }
        c->state = IN_BARE;
        __attribute__((fallthrough));
    case IN_BARE:
        if (ch == c->separator)
            end_field(c);
        else if (ch == '\r')
            c->state = AFTER_CR;
        else if (ch == '"' && !c->sheet)
            wrong(c, N_("a quotation mark stands inside a field that doesn't begin with one"));
        else
            put(c, ch);
        return;
    case IN_QUOTED:
        if (ch == '"')
            c->state = AFTER_QUOTE;
        else
            put(c, ch);
        return;
    case AFTER_QUOTE:
        if (ch == '"') {
            c->state = IN_QUOTED;
            put(c, '"');
        } else if (ch == c->separator) {
            end_field(c);
        } else if (ch == '\r') {
            c->state = AFTER_CR;
        } else {
            wrong(c,
                  N_("something stands between a closing quotation mark and the next separator"));
        }
        return;
    case AFTER_CR:
        wrong(c, N_("a carriage return stands alone"));
        return;
    case SKIPPING:
        return;
    }
}

static int take_byte(struct csv *c, char ch)
{
    bool cr = c->state == AFTER_CR;
    int rc;

    if (c->sheet && c->state == SKIPPING && c->raw.len > 0)
        cr = c->raw.data[c->raw.len - 1] == '\r';
    if (c->sheet && cr && ch != '\n') {
        /* The carriage return was the line end. */
        c->raw.data[--c->raw.len] = '\0';
        c->line++;
        rc = end_row(c);
        if (rc != 0)
            return rc;
    }
    c->at++;
    if (ch == '\n')
        c->line++;
    if (ch == '\n' && c->state != IN_QUOTED) {
        /* Of a row that is skipped too the carriage return belongs to the line end. */
        if (c->raw.len > 0 && c->raw.data[c->raw.len - 1] == '\r' && (cr || c->fault != NULL))
            c->raw.data[--c->raw.len] = '\0';
        return end_row(c);
    }
    if (c->raw.len < CSV_ROW_MAX)
        buf_putc(&c->raw, ch);
    else if (c->state != SKIPPING)
        wrong(c, N_("it is longer than 65,536 bytes; perhaps a closing quotation mark is missing"));
    take_char(c, ch);
    return 0;
}

int csv_feed(struct csv *c, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int rc = 0;

        if (c->bom_seen < 3) {
            if (bytes[i] == bom[c->bom_seen]) {
                if (++c->bom_seen == 3)
                    c->at = c->first_at = 3;
                continue;
            }
            /* It was something else that begins alike. */
            for (size_t j = 0; j < c->bom_seen; j++)
                rc = take_byte(c, bom[j]);
            c->bom_seen = 3;
        }
        if (rc == 0)
            rc = take_byte(c, bytes[i]);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int csv_end(struct csv *c)
{
    if (c->bom_seen < 3) {
        for (size_t j = 0; j < c->bom_seen; j++)
            (void)take_byte(c, bom[j]); /* no line feed: no row ends here */
        c->bom_seen = 3;
    }
    if (c->raw.len == 0)
        return 0;
    if (c->state == IN_QUOTED)
        wrong(c, N_("its last quotation mark is missing"));
    else if (c->state == AFTER_CR)
        c->raw.data[--c->raw.len] = '\0';
    return end_row(c);
}

/* Characters that come before a formula without making it harmless: spaces, the byte order mark and
 * others that aren't seen, quotation marks. Control characters but for tab and line ends, too. */
static bool is_passed_over(utf8proc_int32_t ch)
{
    utf8proc_category_t category = utf8proc_category(ch);

    return ch == '"' || ch == '\'' || category == UTF8PROC_CATEGORY_ZS ||
           category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CC;
}

bool csv_would_run(const char *s)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;

    while (*p != '\0') {
        utf8proc_int32_t ch;
        utf8proc_ssize_t n = utf8proc_iterate(p, -1, &ch);

        if (n <= 0)
            return false;
        switch (ch) {
        case '=':
        case '+':
        case '-':
        case '@':
        case '\t':
        case '\r':
        case '\n':
        case 0xFF1D: /* the full-width forms, which a Korean or Japanese Excel takes as well */
        case 0xFF0B:
        case 0xFF0D:
        case 0xFF20:
            return true;
        }
        if (!is_passed_over(ch))
            return false;
        p += n;
    }
    return false;
}

static void put_cell(struct csv_out *o, const char *mark, const char *s)
{
    size_t len = strlen(s);
    /* A row of one empty cell would otherwise be an empty line, which is no row. */
    bool quoted = (len == 0 && !o->in_row) || strpbrk(s, ",;\t\"\r\n") != NULL ||
                  strchr(s, o->separator) != NULL ||
                  (len > 0 && (s[0] == ' ' || s[len - 1] == ' '));

    if (o->in_row)
        buf_putc(o->to, o->separator);
    o->in_row = true;
    if (quoted)
        buf_putc(o->to, '"');
    buf_puts(o->to, mark);
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '"')
            buf_putc(o->to, '"');
        buf_putc(o->to, s[i]);
    }
    if (quoted)
        buf_putc(o->to, '"');
}

void csv_put_text(struct csv_out *o, const char *s)
{
    put_cell(o, csv_would_run(s) ? "'" : "", s);
}

void csv_put_plain(struct csv_out *o, const char *s)
{
    put_cell(o, "", s);
}

void csv_end_row(struct csv_out *o)
{
    buf_puts(o->to, "\r\n");
    o->in_row = false;
}
