/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A table of debts, and perhaps one of legs: what is read keeps to its ranges; what is planned is a
 * largest clearing, and comes back from its own file. Two files, parted by 0x1e. */
#include "client/clearing_file.h"
#include "core/clearing_check.h"
#include "files.h"
#include "said.h"

#define ROWS_MAX 300 /* that are solved */

static void check_rows(const struct clearing_table *t, const struct names *names)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct clearing_row *r = &t->rows[i];

        MUST(r->debtor < names->n && r->creditor < names->n && r->debtor != r->creditor);
        MUST(r->amount >= 1 && r->line > 1);
    }
}

static void solve(struct clearing_table *t, const struct names *names)
{
    struct clearing_debt *debts = x_malloc((t->n + 1) * sizeof(*debts));
    int64_t *cleared = x_malloc((t->n + 1) * sizeof(*cleared));
    struct clearing in = {.n_parties = (uint32_t)names->n,
                          .names = (const char *const *)names->list,
                          .n_debts = t->n,
                          .debts = debts};
    struct clearing_sums sums;
    size_t at;

    for (size_t i = 0; i < t->n; i++)
        debts[i] =
            (struct clearing_debt){t->rows[i].debtor, t->rows[i].creditor, t->rows[i].amount};
    MUST(clearing_solve(&in, cleared, &sums, &at) == CLEARING_DONE);
    MUST(sums.cleared + sums.remaining == sums.total && sums.remaining >= sums.net_internal);
    MUST(clearing_check(in.n_parties, debts, cleared, t->n, &at) == CLEARING_SOUND);
    for (size_t i = 0; i < t->n; i++) {
        t->rows[i].cleared = cleared[i];
        t->rows[i].remaining = t->rows[i].amount - cleared[i];
    }
    free(debts);
    free(cleared);
}

/* The legs as they are written are read again as they were. */
static void write_and_read(const struct clearing_table *t, const struct names *names)
{
    struct clearing_table again, *tables[] = {&again};
    char *path = files_path("out.csv");
    struct names known = {0};
    struct buf b = BUF_INIT;

    clearing_put_legs(&b, t, names);
    files_put("out.csv", b.data, b.len);
    MUST(clearing_read(&again, &known, path, true) == PUMASI_OK);
    clearing_sort(&known, tables, 1);
    MUST(again.n == t->n);
    for (size_t i = 0; i < t->n; i++) {
        const struct clearing_row *x = &t->rows[i], *y = &again.rows[i];

        MUST(str_eq(names->list[x->debtor], known.list[y->debtor]));
        MUST(str_eq(names->list[x->creditor], known.list[y->creditor]));
        MUST(x->amount == y->amount && x->cleared == y->cleared && x->remaining == y->remaining);
    }
    clearing_table_free(&again);
    names_free(&known);
    buf_free(&b);
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct clearing_table debts, legs, *tables[] = {&debts, &legs};
    char *path = files_path("debts.csv");
    struct names names = {0};
    const uint8_t *file = data;
    bool good;
    size_t len;

    said_begin();
    if (!files_next(&data, &size, &file, &len))
        len = 0;
    files_put("debts.csv", file, len);
    good = clearing_read(&debts, &names, path, false) == PUMASI_OK;
    files_put("debts.csv", data == NULL ? file : data, data == NULL ? 0 : size);
    if (clearing_read(&legs, &names, path, true) == PUMASI_OK)
        check_rows(&legs, &names);
    if (good) {
        check_rows(&debts, &names);
        clearing_sort(&names, tables, ARRAY_LEN(tables));
        if (clearing_merge(&debts) == PUMASI_OK && debts.n <= ROWS_MAX) {
            solve(&debts, &names);
            write_and_read(&debts, &names);
        }
    }
    clearing_table_free(&debts);
    clearing_table_free(&legs);
    names_free(&names);
    said_end();
    free(path);
    return 0;
}
