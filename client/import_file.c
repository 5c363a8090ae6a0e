/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/say.h"
#include "core/csv.h"
#include "core/date.h"
#include "core/num.h"
#include "core/text.h"

/* --- names --- */

static uint64_t name_hash(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return h ^ h >> 32;
}

/* The slot where s is, or would be. */
static size_t slot_of(const struct names *n, const char *s)
{
    size_t at = name_hash(s) & (n->n_slots - 1);

    while (n->slots[at] != 0 && !str_eq(n->list[n->slots[at] - 1], s))
        at = (at + 1) & (n->n_slots - 1);
    return at;
}

static void grow(struct names *n)
{
    n->n_slots = n->n_slots == 0 ? 64 : n->n_slots * 2;
    free(n->slots);
    n->slots = x_calloc(n->n_slots, sizeof(*n->slots));
    for (size_t i = 0; i < n->n; i++)
        n->slots[slot_of(n, n->list[i])] = (uint32_t)i + 1;
}

uint32_t names_put(struct names *n, const char *s)
{
    size_t at;

    if (n->n * 2 >= n->n_slots)
        grow(n);
    at = slot_of(n, s);
    if (n->slots[at] == 0) {
        if (n->n == n->cap) {
            n->cap = n->cap == 0 ? 64 : n->cap * 2;
            n->list = x_realloc(n->list, n->cap * sizeof(*n->list));
        }
        n->list[n->n++] = x_strdup(s);
        n->slots[at] = (uint32_t)n->n;
    }
    return n->slots[at] - 1;
}

bool names_find(const struct names *n, const char *s, uint32_t *out)
{
    size_t at;

    if (n->n == 0)
        return false;
    at = slot_of(n, s);
    if (n->slots[at] == 0)
        return false;
    *out = n->slots[at] - 1;
    return true;
}

void names_free(struct names *n)
{
    for (size_t i = 0; i < n->n; i++)
        free(n->list[i]);
    free(n->list);
    free(n->slots);
    memset(n, 0, sizeof(*n));
}

/* --- the file --- */

int import_file_open(struct import_file *f, const char *path)
{
    memset(f, 0, sizeof(*f));
    if (files_read(path, IMPORT_FILE_MAX, &f->bytes, &f->len) != 0) {
        char *safe = say_safe(path);
        int rc;

        if (errno == EFBIG)
            rc = fail(PUMASI_FAILED, _("%s is larger than 512 MiB. Split it into several files."),
                      safe);
        else
            rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), safe, strerror(errno));
        free(safe);
        return rc;
    }
    hash_bytes(&f->hash, f->bytes, f->len);
    return PUMASI_OK;
}

void import_file_free(struct import_file *f)
{
    for (size_t i = 0; i < f->n_bad; i++)
        free(f->bad[i].reason);
    free(f->bad);
    free(f->rows);
    free(f->bytes);
    names_free(&f->members);
    names_free(&f->categories);
    names_free(&f->memos);
    memset(f, 0, sizeof(*f));
}

void import_file_add_bad(struct import_file *f, int64_t line, size_t at, size_t len, bool broken,
                         char *reason)
{
    if (f->n_bad == f->cap_bad) {
        f->cap_bad = f->cap_bad == 0 ? 16 : f->cap_bad * 2;
        f->bad = x_realloc(f->bad, f->cap_bad * sizeof(*f->bad));
    }
    f->bad[f->n_bad++] = (struct import_bad){line, at, len, broken, reason};
}

/* --- columns --- */

enum column {
    COLUMN_FROM,
    COLUMN_TO,
    COLUMN_AMOUNT,
    COLUMN_DAY,
    COLUMN_CATEGORY,
    COLUMN_MEMO,
};
#define COLUMN_COUNT 6

/* Of two names for one column the first counts where a file has both. */
static const struct {
    const char *name;
    enum column column;
} headers[] = {
    {"from", COLUMN_FROM},     {"to", COLUMN_TO},     {"amount", COLUMN_AMOUNT},
    {"date", COLUMN_DAY},      {"time", COLUMN_DAY},  {"category", COLUMN_CATEGORY},
    {"kind", COLUMN_CATEGORY}, {"memo", COLUMN_MEMO},
};

struct reader {
    struct import_file *file;
    const char *coop;
    const struct profile_unit *unit;
    int32_t last_day;
    bool begun;       /* the header was there */
    size_t n_columns; /* in the header */
    bool there[COLUMN_COUNT];
    size_t at[COLUMN_COUNT];     /* in a row */
    size_t header[COLUMN_COUNT]; /* by which of the names */
    struct buf text;             /* a field, trimmed */
};

/* A field without white space around it, in r->text. */
static char *trimmed(struct reader *r, const struct csv_field *field)
{
    const char *s = field->s;
    size_t len = field->len;

    while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
        len--;
    while (len > 0 && (*s == ' ' || *s == '\t')) {
        s++;
        len--;
    }
    buf_clear(&r->text);
    buf_put(&r->text, s, len);
    return r->text.data;
}

/* The trimmed field of a column; "" where the file or the row has none. */
static char *cell(struct reader *r, const struct csv_row *row, enum column column)
{
    static const struct csv_field none = {"", 0};

    return trimmed(r, r->there[column] && r->at[column] < row->n ? &row->fields[r->at[column]]
                                                                 : &none);
}

static int no_columns(const struct csv_row *row, const char *missing)
{
    const char *hint = "";

    if (row->n == 1 && strchr(row->fields[0].s, ';') != NULL)
        hint = _(" The columns of this file seem to be parted by semicolons: save it with commas.");
    else if (row->n == 1 && strchr(row->fields[0].s, '\t') != NULL)
        hint = _(" The columns of this file seem to be parted by tabs: save it with commas.");
    return fail(PUMASI_USAGE,
                _("The first line must name the columns, and there is none called \"%s\". Needed "
                  "are from, to and amount; time or date, category or kind, memo and id may be "
                  "there too.%s"),
                missing, hint);
}

static int take_header(struct reader *r, const struct csv_row *row)
{
    if (row->fault != NULL)
        return fail(PUMASI_USAGE,
                    _("The first line, which must name the columns, can't be read: %s."),
                    _(row->fault));
    for (size_t i = 0; i < row->n; i++) {
        char *name = trimmed(r, &row->fields[i]);

        for (char *p = name; *p != '\0'; p++)
            *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
        for (size_t j = 0; j < ARRAY_LEN(headers); j++) {
            enum column column = headers[j].column;

            if (!str_eq(name, headers[j].name))
                continue;
            if (r->there[column] && r->header[column] < j)
                continue;
            if (r->there[column] && r->header[column] == j)
                return fail(PUMASI_USAGE,
                            _("There are two columns called \"%s\". Rename one of them."), name);
            r->there[column] = true;
            r->at[column] = i;
            r->header[column] = j;
        }
    }
    for (size_t j = 0; j <= COLUMN_AMOUNT; j++) {
        if (!r->there[j])
            return no_columns(row, headers[j].name);
    }
    r->begun = true;
    r->n_columns = row->n;
    r->file->header_at = row->at;
    r->file->header_len = row->raw_len;
    return PUMASI_OK;
}

/* --- rows --- */

void import_category(char out[CATEGORY_MAX + 1], const char *s)
{
    size_t n = 0;

    for (; *s != '\0' && n < CATEGORY_MAX; s++) {
        unsigned char c = (unsigned char)*s;

        if (c >= 'A' && c <= 'Z')
            out[n++] = (char)(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[n++] = (char)c;
        else if ((c & 0xc0) != 0x80) /* one for each character, whatever it takes in UTF-8 */
            out[n++] = '-';
    }
    out[n] = '\0';
}

/* "m0001" or "m0001@kenya" as an address; NULL with the reason when it is none. */
static char *address(const struct reader *r, const char *s, const char *column, char **reason)
{
    char *full, *safe;

    if (*s == '\0') {
        *reason = x_asprintf(_("%s is empty"), column);
        return NULL;
    }
    full = strchr(s, '@') != NULL ? x_strdup(s) : x_asprintf("%s@%s", s, r->coop);
    if (name_is_address(full) && str_eq(name_coop_start(full), r->coop))
        return full;
    safe = say_safe(s);
    if (name_is_address(full))
        *reason = x_asprintf(_("%s \"%s\" is of another co-op than %s"), column, safe, r->coop);
    else
        *reason = x_asprintf(_("%s \"%s\" is no handle: a-z, 0-9, '.', '_' and '-', at most 32, "
                               "beginning with a letter or digit"),
                             column, safe);
    free(safe);
    free(full);
    return NULL;
}

/* The day at the start of a date or time. */
static bool take_day(const struct reader *r, const char *s, struct import_row *out, char **reason)
{
    char day[DATE_LEN + 1];

    if (*s == '\0')
        return true;
    str_copy(day, sizeof(day), s);
    if ((strlen(s) > DATE_LEN && s[DATE_LEN] != 'T' && s[DATE_LEN] != ' ') ||
        date_parse(day, &out->day) != 0) {
        char *safe = say_safe(s);

        *reason = x_asprintf(_("\"%s\" is no date: write it as 2026-11-22"), safe);
        free(safe);
        return false;
    }
    if (out->day > r->last_day) {
        *reason = x_asprintf(_("%s lies in the future"), day);
        return false;
    }
    out->has_day = true;
    return true;
}

static bool take_memo(struct reader *r, const char *s, struct import_row *out, char **reason)
{
    const char *fault;
    char *nfc;

    if (*s == '\0')
        return true;
    nfc = text_nfc(s);
    fault = nfc == NULL ? N_("isn't valid UTF-8") : text_fault(nfc, strlen(nfc), TEXT_MEMO_MAX);
    if (fault == NULL)
        out->memo = 1 + names_put(&r->file->memos, nfc);
    else
        *reason = x_asprintf(_("the memo %s"), _(fault));
    free(nfc);
    return fault == NULL;
}

static bool take_amount(struct reader *r, const char *s, struct import_row *out, char **reason)
{
    const char *why;
    char *safe;

    if (amount_parse(s, r->unit->kind, r->unit->scale, false, &out->amount, &why) != 0) {
        safe = say_safe(s);
        *reason = x_asprintf(_("\"%s\" is no amount of %s: %s"), safe, r->unit->unit, _(why));
        free(safe);
        return false;
    }
    if (out->amount < 1)
        *reason = x_strdup(_("the amount is zero"));
    return out->amount >= 1;
}

/* Everything of a row; the members only where nothing is wrong, so that none is made for nothing.
 * NULL, or the reason. */
static char *take_cells(struct reader *r, const struct csv_row *row, struct import_row *out)
{
    char *reason = NULL, *from = NULL, *to = NULL;
    char category[CATEGORY_MAX + 1];

    if (row->n != r->n_columns)
        return x_asprintf(_("it has %zu fields, and the first line has %zu"), row->n, r->n_columns);
    from = address(r, cell(r, row, COLUMN_FROM), "from", &reason);
    to = from == NULL ? NULL : address(r, cell(r, row, COLUMN_TO), "to", &reason);
    if (to == NULL)
        goto out;
    if (str_eq(from, to)) {
        reason = x_strdup(_("from and to are the same"));
        goto out;
    }
    if (!take_amount(r, cell(r, row, COLUMN_AMOUNT), out, &reason) ||
        !take_day(r, cell(r, row, COLUMN_DAY), out, &reason) ||
        !take_memo(r, cell(r, row, COLUMN_MEMO), out, &reason))
        goto out;
    import_category(category, cell(r, row, COLUMN_CATEGORY));
    if (category[0] != '\0')
        out->category = 1 + names_put(&r->file->categories, category);
    out->from = names_put(&r->file->members, from);
    out->to = names_put(&r->file->members, to);
out:
    free(from);
    free(to);
    return reason;
}

static int take_row(void *arg, const struct csv_row *row)
{
    struct reader *r = arg;
    struct import_file *f = r->file;
    struct import_row out = {.line = row->line, .at = row->at, .len = row->raw_len};
    char *reason;

    if (!r->begun)
        return take_header(r, row);
    reason = row->fault != NULL ? x_strdup(_(row->fault)) : take_cells(r, row, &out);
    if (reason != NULL) {
        import_file_add_bad(f, row->line, row->at, row->raw_len, row->fault != NULL, reason);
        return 0;
    }
    if (f->n_rows == f->cap_rows) {
        f->cap_rows = f->cap_rows == 0 ? 1024 : f->cap_rows * 2;
        f->rows = x_realloc(f->rows, f->cap_rows * sizeof(*f->rows));
    }
    f->rows[f->n_rows++] = out;
    return 0;
}

int import_file_read(struct import_file *f, const char *coop, const struct profile_unit *unit,
                     int32_t last_day)
{
    struct reader r = {.file = f, .coop = coop, .unit = unit, .last_day = last_day};
    struct csv *csv;
    int rc;

    if (f->len >= 2 &&
        (memcmp(f->bytes, "\xff\xfe", 2) == 0 || memcmp(f->bytes, "\xfe\xff", 2) == 0))
        return fail(PUMASI_USAGE,
                    _("This file is UTF-16. Save it as CSV in UTF-8 and import that."));
    csv = csv_new(take_row, &r);
    rc = csv_feed(csv, f->bytes, f->len);
    if (rc == 0)
        rc = csv_end(csv);
    csv_free(csv);
    buf_free(&r.text);
    if (rc == PUMASI_OK && !r.begun)
        rc = fail(PUMASI_USAGE, _("This file is empty. Its first line must name the columns: from, "
                                  "to, amount."));
    return rc;
}
