/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/clearing_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/say.h"
#include "core/csv.h"
#include "core/num.h"
#include "core/text.h"

#define FAULTS_SHOWN 10
#define CELLS_MAX    5

static const char *const heads[CELLS_MAX] = {"debtor", "creditor", "amount", "cleared",
                                             "remaining"};

struct reader {
    struct clearing_table *t;
    struct names *names;
    const char *path; /* made safe */
    size_t n_cells;
    bool begun; /* the head was read */
    int64_t n_faults;
    struct buf text;
};

void clearing_table_free(struct clearing_table *t)
{
    free(t->rows);
    memset(t, 0, sizeof(*t));
}

/* --- cells --- */

/* Without blanks around it. */
static const char *trimmed(struct reader *r, const struct csv_field *f)
{
    const char *s = f->s;
    size_t len = f->len;

    while (*s == ' ' || *s == '\t') {
        s++;
        len--;
    }
    while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
        len--;
    buf_clear(&r->text);
    buf_put(&r->text, s, len);
    return r->text.data;
}

static bool is_plain(const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s < 0x20 || *s > 0x7e)
            return false;
    }
    return true;
}

/* A party's name, in normal form C. A fresh sentence, or NULL when it is one. */
static char *take_name(struct reader *r, const struct csv_field *f, const char *column,
                       uint32_t *out)
{
    const char *s = trimmed(r, f), *why;
    char *nfc = NULL, *fault = NULL;

    if (*s == '\'' && csv_would_run(s)) /* as we write a name that a spreadsheet would run */
        s++;
    if (*s == '\0')
        return x_asprintf(_("%s is empty"), column);
    if (!is_plain(s)) {
        nfc = text_nfc(s);
        s = nfc == NULL ? s : nfc;
    }
    why = text_fault(s, strlen(s), TEXT_NAME_MAX);
    if (why == NULL)
        *out = names_put(r->names, s);
    else
        fault = x_asprintf("%s: %s", column, _(why));
    free(nfc);
    return fault;
}

static char *take_number(struct reader *r, const struct csv_field *f, const char *column,
                         int64_t min, int64_t max, int64_t *out)
{
    const char *s = trimmed(r, f);
    char *safe, *fault;

    if (num_parse(s, strlen(s), min, max, out) == 0)
        return NULL;
    safe = say_safe(s);
    if (min == 1)
        fault = x_asprintf(_("%s \"%s\" is no whole number of minor units from 1 to %" PRId64),
                           column, safe, max);
    else
        fault = x_asprintf(_("%s \"%s\" is no whole number"), column, safe);
    free(safe);
    return fault;
}

/* --- rows --- */

static void add_row(struct clearing_table *t, const struct clearing_row *row)
{
    if (t->n == t->cap) {
        t->cap = t->cap == 0 ? 1024 : t->cap * 2;
        t->rows = x_realloc(t->rows, t->cap * sizeof(*t->rows));
    }
    t->rows[t->n++] = *row;
}

static char *take_head(struct reader *r, const struct csv_row *row)
{
    bool same = row->n == r->n_cells;

    for (size_t i = 0; same && i < r->n_cells; i++)
        same = strcasecmp(trimmed(r, &row->fields[i]), heads[i]) == 0;
    r->begun = true;
    if (same)
        return NULL;
    return x_asprintf(_("the first line isn't \"%s\""), r->n_cells == 3
                                                            ? "debtor,creditor,amount"
                                                            : "debtor,creditor,amount,cleared,"
                                                              "remaining");
}

/* A fresh sentence without a full stop, or NULL when the row was taken. */
static char *take_cells(struct reader *r, const struct csv_row *row)
{
    struct clearing_row out = {.line = row->line};
    bool legs = r->n_cells == CELLS_MAX;
    char *fault;

    if (row->n != r->n_cells)
        return x_asprintf(ngettext("it has %zu cell, not %zu", "it has %zu cells, not %zu",
                                   (unsigned long)row->n),
                          row->n, r->n_cells);
    fault = take_name(r, &row->fields[0], heads[0], &out.debtor);
    if (fault == NULL)
        fault = take_name(r, &row->fields[1], heads[1], &out.creditor);
    if (fault == NULL && out.debtor == out.creditor) {
        char *safe = say_safe(r->names->list[out.debtor]);

        fault = x_asprintf(_("\"%s\" can't owe something to itself"), safe);
        free(safe);
    }
    if (fault == NULL)
        fault = take_number(r, &row->fields[2], heads[2], 1, legs ? INT64_MAX : AMOUNT_MAX,
                            &out.amount);
    if (fault == NULL && legs)
        fault = take_number(r, &row->fields[3], heads[3], INT64_MIN, INT64_MAX, &out.cleared);
    if (fault == NULL && legs)
        fault = take_number(r, &row->fields[4], heads[4], INT64_MIN, INT64_MAX, &out.remaining);
    if (fault == NULL)
        add_row(r->t, &out);
    return fault;
}

static int take(void *arg, const struct csv_row *row)
{
    struct reader *r = arg;
    char *fault;

    if (row->fault != NULL)
        fault = x_strdup(_(row->fault));
    else if (row->n == 1 && row->fields[0].len == 0)
        return 0;
    else
        fault = r->begun ? take_cells(r, row) : take_head(r, row);
    if (fault == NULL)
        return 0;
    if (r->n_faults++ < FAULTS_SHOWN)
        (void)fail(PUMASI_FAILED, _("%s, line %" PRId64 ": %s."), r->path, row->line, fault);
    free(fault);
    /* With another head, all rows would be faulty. */
    return r->t->n == 0 && r->n_faults > FAULTS_SHOWN ? 1 : 0;
}

static int read_rows(struct reader *r, const char *bytes, size_t len)
{
    struct csv *csv = csv_new(take, r);
    int stopped = csv_feed(csv, bytes, len);

    if (stopped == 0)
        stopped = csv_end(csv);
    csv_free(csv);
    if (!r->begun && r->n_faults == 0)
        return fail(PUMASI_FAILED, _("%s is empty."), r->path);
    if (r->n_faults == 0 && stopped == 0)
        return PUMASI_OK;
    if (r->n_faults > FAULTS_SHOWN)
        note(_("More lines of %s are wrong."), r->path);
    return PUMASI_FAILED;
}

int clearing_read(struct clearing_table *t, struct names *names, const char *path, bool legs)
{
    char *safe = say_safe(path), *bytes;
    struct reader r = {
        .t = t, .names = names, .path = safe, .n_cells = legs ? CELLS_MAX : 3, .text = BUF_INIT};
    size_t len;
    int rc;

    memset(t, 0, sizeof(*t));
    if (files_read(path, CLEARING_FILE_MAX, &bytes, &len) == 0) {
        rc = read_rows(&r, bytes, len);
        free(bytes);
    } else if (errno == EFBIG) {
        rc = fail(PUMASI_FAILED, _("%s is larger than 1 GiB."), safe);
    } else {
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), safe, strerror(errno));
    }
    buf_free(&r.text);
    free(safe);
    return rc;
}

/* --- order --- */

struct ranked {
    char *name;
    uint32_t place;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ranked *)a)->name, ((const struct ranked *)b)->name);
}

/* The rank of each name. The names are put in that order, and can't be searched any more. */
static uint32_t *rank_names(struct names *names)
{
    struct ranked *list = x_malloc((names->n + 1) * sizeof(*list));
    uint32_t *rank = x_malloc((names->n + 1) * sizeof(*rank));

    for (size_t i = 0; i < names->n; i++)
        list[i] = (struct ranked){names->list[i], (uint32_t)i};
    qsort(list, names->n, sizeof(*list), by_name);
    for (size_t i = 0; i < names->n; i++) {
        names->list[i] = list[i].name;
        rank[list[i].place] = (uint32_t)i;
    }
    free(names->slots);
    names->slots = NULL;
    names->n_slots = 0;
    free(list);
    return rank;
}

/* A stable counting sort by one of the two parties. */
static void sort_by(struct clearing_table *t, size_t n_names, bool creditor)
{
    struct clearing_row *to = x_malloc((t->n + 1) * sizeof(*to));
    size_t *at = x_calloc(n_names + 1, sizeof(*at));

    for (size_t i = 0; i < t->n; i++)
        at[(creditor ? t->rows[i].creditor : t->rows[i].debtor) + 1]++;
    for (size_t v = 1; v <= n_names; v++)
        at[v] += at[v - 1];
    for (size_t i = 0; i < t->n; i++)
        to[at[creditor ? t->rows[i].creditor : t->rows[i].debtor]++] = t->rows[i];
    free(at);
    free(t->rows);
    t->rows = to;
    t->cap = t->n + 1;
}

void clearing_sort(struct names *names, struct clearing_table *const *tables, size_t n)
{
    uint32_t *rank = rank_names(names);

    for (size_t k = 0; k < n; k++) {
        struct clearing_table *t = tables[k];

        for (size_t i = 0; i < t->n; i++) {
            t->rows[i].debtor = rank[t->rows[i].debtor];
            t->rows[i].creditor = rank[t->rows[i].creditor];
        }
        sort_by(t, names->n, true);
        sort_by(t, names->n, false);
    }
    free(rank);
}

int clearing_merge(struct clearing_table *t)
{
    size_t kept = 0;
    int64_t total = 0;

    for (size_t i = 0; i < t->n; i++) {
        struct clearing_row *last = kept == 0 ? NULL : &t->rows[kept - 1];

        if (__builtin_add_overflow(total, t->rows[i].amount, &total))
            return fail(PUMASI_FAILED, _("All debts together are more than %" PRId64 "."),
                        INT64_MAX);
        if (last != NULL && last->debtor == t->rows[i].debtor &&
            last->creditor == t->rows[i].creditor)
            last->amount += t->rows[i].amount;
        else
            t->rows[kept++] = t->rows[i];
    }
    t->n = kept;
    return PUMASI_OK;
}

static void put_int(struct csv_out *o, int64_t n)
{
    struct buf b = BUF_INIT;

    buf_put_i64(&b, n);
    csv_put_plain(o, b.data);
    buf_free(&b);
}

void clearing_put_legs(struct buf *b, const struct clearing_table *t, const struct names *names)
{
    struct csv_out o = {.to = b, .separator = ','};

    for (size_t i = 0; i < CELLS_MAX; i++)
        csv_put_plain(&o, heads[i]);
    csv_end_row(&o);
    for (size_t i = 0; i < t->n; i++) {
        const struct clearing_row *row = &t->rows[i];

        csv_put_text(&o, names->list[row->debtor]);
        csv_put_text(&o, names->list[row->creditor]);
        put_int(&o, row->amount);
        put_int(&o, row->cleared);
        put_int(&o, row->remaining);
        csv_end_row(&o);
    }
}
