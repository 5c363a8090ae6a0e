/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/say.h"
#include "client/sheet_text.h"
#include "core/date.h"
#include "core/fold.h"
#include "core/text.h"

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

void import_file_add_bad(struct import_file *f, int64_t row, size_t at, size_t len, bool broken,
                         char *reason)
{
    if (f->n_bad == f->cap_bad) {
        f->cap_bad = f->cap_bad == 0 ? 16 : f->cap_bad * 2;
        f->bad = x_realloc(f->bad, f->cap_bad * sizeof(*f->bad));
    }
    f->bad[f->n_bad++] = (struct import_bad){row, at, len, broken, reason};
}

int import_file_look(struct import_file *f, struct sheet *sheet)
{
    int rc;

    f->sheet = sheet;
    rc = sheet_text(&f->bytes, &f->len, &sheet->encoding);
    if (rc == PUMASI_OK)
        rc = sheet_head_find(&f->head, sheet, f->bytes, f->len);
    if (rc == PUMASI_OK)
        sheet->separator = f->head.separator;
    f->marked = sheet_text_marked(f->bytes, f->len, sheet->encoding);
    return rc;
}

/* --- which rows --- */

bool import_file_takes(const struct import_file *f, const struct csv_row *row)
{
    return row->row > f->head.row && !sheet_row_blank(row) && !sheet_skips(f->sheet, row->row);
}

bool import_file_of_unit(const struct import_file *f, const struct csv_row *row,
                         const struct profile_unit *unit, struct buf *b)
{
    const char *cell = sheet_cell(&f->head, row, SHEET_UNIT, b);
    char *told, *name;
    bool same;

    if (unit == NULL || *cell == '\0')
        return true;
    told = fold_name(cell);
    name = fold_name(unit->name);
    same = told != NULL && (str_eq(told, unit->unit) || (name != NULL && str_eq(told, name)));
    free(told);
    free(name);
    return same;
}

void import_file_unit(const struct import_file *f, const struct profile_unit *unit,
                      struct cell_unit *out)
{
    *out = (struct cell_unit){.unit = unit->unit,
                              .name = unit->name,
                              .kind = unit->kind,
                              .scale = unit->scale,
                              .round = f->sheet->round,
                              .minutes = f->sheet->minutes};
}

/* --- cells --- */

struct reader {
    struct import_file *file;
    const char *coop;
    const struct profile_unit *unit;
    int32_t last_day;
    struct buf text; /* a cell, trimmed */
};

/* What becomes of a row. */
enum fate {
    FATE_TAKEN,
    FATE_BAD,
    FATE_LEFT_OUT,
    FATE_NOTHING, /* there is nothing to be transferred */
};

static const char *cell(struct reader *r, const struct csv_row *row, enum sheet_column column)
{
    return sheet_cell(&r->file->head, row, column, &r->text);
}

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
    char *full = strchr(s, '@') != NULL ? x_strdup(s) : x_asprintf("%s@%s", s, r->coop), *safe;

    if (name_is_address(full) && str_eq(name_coop_start(full), r->coop))
        return full;
    safe = say_safe(s);
    if (name_is_address(full))
        *reason = x_asprintf(_("%s \"%s\" is of another co-op than %s"), column, safe, r->coop);
    else
        *reason = x_asprintf(_("%s \"%s\" is no handle (a-z, 0-9, '.', '_' and '-', at most 32, "
                               "beginning with a letter or digit); if these are names, add --names "
                               "FILE"),
                             column, safe);
    free(safe);
    free(full);
    return NULL;
}

/* Whom a cell means. FATE_TAKEN with *out, a fresh string. */
static enum fate whom(const struct reader *r, const char *s, const char *column, char **out,
                      char **reason)
{
    const struct import_name *name;

    *out = NULL;
    if (*s == '\0') {
        *reason = x_asprintf(_("%s is empty"), column);
        return FATE_BAD;
    }
    if (r->file->names == NULL) {
        *out = address(r, s, column, reason);
        return *out == NULL ? FATE_BAD : FATE_TAKEN;
    }
    name = import_names_find(r->file->names, s);
    if (name != NULL && name->decision == NAME_SKIP)
        return FATE_LEFT_OUT;
    if (name == NULL || name->decision == NAME_OPEN) {
        char *safe = say_safe(s);

        *reason = x_asprintf(_("it isn't settled who \"%s\" is"), safe);
        free(safe);
        return FATE_BAD;
    }
    *out = x_strdup(name->member);
    return FATE_TAKEN;
}

static bool take_day(const struct reader *r, const char *s, struct import_row *out, char **reason)
{
    char *safe;

    if (*s == '\0')
        return true;
    if (cell_date(s, (enum cell_order)r->file->sheet->dates, &out->day) != 0) {
        safe = say_safe(s);
        *reason = x_asprintf(_("\"%s\" is no date of the kind %s"), safe,
                             cell_order_name((enum cell_order)r->file->sheet->dates));
        free(safe);
        return false;
    }
    if (out->day > r->last_day) {
        char day[DATE_LEN + 1];

        date_text(day, out->day);
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

/* With its sign. */
static bool take_amount(const struct reader *r, const char *s, int64_t *out, char **reason)
{
    struct cell_unit u;
    const char *why;
    char *safe;

    import_file_unit(r->file, r->unit, &u);
    if (cell_amount(s, &u, r->file->sheet->decimal, out, &why) == CELL_FITS)
        return true;
    safe = say_safe(s);
    *reason = x_asprintf(_("\"%s\" is no amount of %s: %s"), safe, r->unit->unit, _(why));
    free(safe);
    return false;
}

/* --- rows --- */

/* The amount of a transfer, and whether it goes the other way. */
static bool take_transfer(const struct reader *r, const char *s, struct import_row *out,
                          bool *backwards, char **reason)
{
    int64_t amount;

    if (!take_amount(r, s, &amount, reason))
        return false;
    *backwards = amount < 0;
    out->amount = amount < 0 ? -amount : amount;
    if (amount == 0)
        *reason = x_strdup(_("the amount is zero"));
    else if (amount < 0 && !r->file->sheet->swap)
        *reason = x_strdup(_("the amount is negative; if the payee paid the payer there, add "
                             "--negative swap"));
    return *reason == NULL;
}

static enum fate take_parties(struct reader *r, const struct csv_row *row, char **from, char **to,
                              char **reason)
{
    enum fate fate = whom(r, cell(r, row, SHEET_FROM), "from", from, reason);

    if (fate == FATE_TAKEN)
        fate = whom(r, cell(r, row, SHEET_TO), "to", to, reason);
    if (fate == FATE_TAKEN && str_eq(*from, *to)) {
        *reason = x_strdup(_("from and to are the same"));
        fate = FATE_BAD;
    }
    return fate;
}

static bool too_wide(const struct import_file *f, const struct csv_row *row)
{
    for (size_t i = f->head.n; f->head.row > 0 && i < row->n; i++) {
        if (row->fields[i].len > 0)
            return true;
    }
    return false;
}

/* Day, memo and category; and the members at last, so that none is made for a row that is bad. */
static bool take_rest(struct reader *r, const struct csv_row *row, struct import_row *out,
                      const char *from, const char *to, char **reason)
{
    char category[CATEGORY_MAX + 1];

    if (!take_day(r, cell(r, row, SHEET_DATE), out, reason) ||
        !take_memo(r, cell(r, row, SHEET_MEMO), out, reason))
        return false;
    import_category(category, cell(r, row, SHEET_CATEGORY));
    if (category[0] != '\0')
        out->category = 1 + names_put(&r->file->categories, category);
    out->from = names_put(&r->file->members, from);
    out->to = names_put(&r->file->members, to);
    return true;
}

static enum fate take_cells(struct reader *r, const struct csv_row *row, struct import_row *out,
                            char **reason)
{
    char *from = NULL, *to = NULL;
    bool backwards = false;
    enum fate fate = take_parties(r, row, &from, &to, reason);

    if (fate == FATE_TAKEN &&
        (!take_transfer(r, cell(r, row, SHEET_AMOUNT), out, &backwards, reason) ||
         !take_rest(r, row, out, backwards ? to : from, backwards ? from : to, reason)))
        fate = FATE_BAD;
    free(from);
    free(to);
    return fate;
}

/* An opening balance: from the purse, or to it where it is negative. A member with nothing is made,
 * and that is all. */
static enum fate take_balance(struct reader *r, const struct csv_row *row, struct import_row *out,
                              char **reason)
{
    const char *purse = r->file->sheet->opening;
    char *member = NULL;
    int64_t balance;
    enum fate fate = whom(r, cell(r, row, SHEET_MEMBER), "member", &member, reason);

    if (fate == FATE_TAKEN && str_eq(member, purse)) {
        *reason = x_strdup(_("it is the purse that the balances come from"));
        fate = FATE_BAD;
    }
    if (fate == FATE_TAKEN && !take_amount(r, cell(r, row, SHEET_BALANCE), &balance, reason))
        fate = FATE_BAD;
    if (fate == FATE_TAKEN && balance == 0) {
        (void)names_put(&r->file->members, member);
        free(member);
        return FATE_NOTHING;
    }
    if (fate == FATE_TAKEN) {
        out->amount = balance < 0 ? -balance : balance;
        if (!take_rest(r, row, out, balance < 0 ? member : purse, balance < 0 ? purse : member,
                       reason))
            fate = FATE_BAD;
    }
    free(member);
    return fate;
}

static int take_row(void *arg, const struct csv_row *row)
{
    struct reader *r = arg;
    struct import_file *f = r->file;
    struct import_row out = {.row = row->row, .at = row->at, .len = row->raw_len};
    enum fate fate = FATE_BAD;
    char *reason = NULL;

    if (!import_file_takes(f, row)) {
        f->n_left_out += row->row > f->head.row && sheet_skips(f->sheet, row->row);
        return 0;
    }
    if (row->fault != NULL) {
        reason = x_strdup(_(row->fault));
    } else if (too_wide(f, row)) {
        reason =
            x_asprintf(_("it has %zu fields, and the row of headers has %zu"), row->n, f->head.n);
    } else if (!import_file_of_unit(f, row, r->unit, &r->text)) {
        f->n_other_unit++;
        return 0;
    } else {
        fate = f->sheet->opening != NULL ? take_balance(r, row, &out, &reason)
                                         : take_cells(r, row, &out, &reason);
    }
    if (fate == FATE_BAD)
        import_file_add_bad(f, row->row, row->at, row->raw_len, row->fault != NULL, reason);
    if (fate == FATE_LEFT_OUT)
        f->n_left_out++;
    if (fate != FATE_TAKEN)
        return 0;
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
    struct csv *csv = csv_new_sheet(f->head.separator, take_row, &r);
    int rc = csv_feed(csv, f->bytes, f->len);

    if (rc == 0)
        rc = csv_end(csv);
    csv_free(csv);
    buf_free(&r.text);
    return rc;
}
