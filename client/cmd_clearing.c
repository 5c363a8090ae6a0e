/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi clearing plan|check: what of a table of debts cancels out, worked out here. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/clearing_file.h"
#include "client/clock.h"
#include "client/commands.h"
#include "client/client.h"
#include "client/files.h"
#include "client/table.h"
#include "core/clearing_check.h"

#define LINE_MS     5000 /* between lines of progress where there is no terminal */
#define TERMINAL_MS 200

/* --- progress --- */

struct show {
    int64_t last, every;
    bool terminal;
};

static bool show_progress(void *arg, const struct clearing_progress *p)
{
    struct show *s = arg;
    int64_t now = clock_steady_ms();
    int percent = p->to_carry == 0 ? 100 : (int)((__int128)p->carried * 100 / p->to_carry);

    if (now - s->last < s->every)
        return true;
    s->last = now;
    (s->terminal ? say_progress : note)(_("step %d: %d%% of what concerns %" PRIu32 " debts"),
                                        p->stage + 1, percent, p->debts);
    return true;
}

static void show_begin(struct show *s)
{
    s->terminal = isatty(STDERR_FILENO) == 1;
    s->every = s->terminal ? TERMINAL_MS : LINE_MS;
    s->last = clock_steady_ms();
}

/* --- plan --- */

/* The debts and what clears of each, in arrays of their own; the caller frees them. */
struct problem {
    struct clearing_debt *debts;
    int64_t *cleared;
};

static void take_problem(struct problem *p, const struct clearing_table *t)
{
    p->debts = x_malloc((t->n + 1) * sizeof(*p->debts));
    p->cleared = x_calloc(t->n + 1, sizeof(*p->cleared));
    for (size_t i = 0; i < t->n; i++) {
        p->debts[i] =
            (struct clearing_debt){t->rows[i].debtor, t->rows[i].creditor, t->rows[i].amount};
        p->cleared[i] = t->rows[i].cleared;
    }
}

static void free_problem(struct problem *p)
{
    free(p->debts);
    free(p->cleared);
}

static int solve(struct clearing_table *t, const struct names *names, struct clearing_sums *sums)
{
    struct clearing in = {.n_parties = (uint32_t)names->n,
                          .names = (const char *const *)names->list,
                          .n_debts = t->n,
                          .watch = show_progress};
    enum clearing_end end;
    struct problem p;
    struct show show;
    size_t at;

    take_problem(&p, t);
    in.debts = p.debts;
    in.arg = &show;
    show_begin(&show);
    end = clearing_solve(&in, p.cleared, sums, &at);
    say_progress_end();
    for (size_t i = 0; i < t->n && end == CLEARING_DONE; i++) {
        t->rows[i].cleared = p.cleared[i];
        t->rows[i].remaining = t->rows[i].amount - p.cleared[i];
    }
    free_problem(&p);
    if (end == CLEARING_DONE)
        return PUMASI_OK;
    return fail(PUMASI_FAILED, _("There are more debts or parties than can be counted."));
}

static void print_plan(const struct client *c, const struct clearing_sums *s, int64_t ms)
{
    static const struct table_column columns[] = {{N_("What"), TABLE_LEFT},
                                                  {N_("Amount"), TABLE_RIGHT}};
    int64_t share = /* in hundredths of a percent, rounded */
        s->total == 0 ? 0 : (int64_t)(((__int128)s->cleared * 20000 + s->total) / s->total / 2);
    const struct {
        const char *name;
        int64_t whole, part;
        int digits;
    } rows[] = {{"total", s->total, 0, 0},
                {"net_internal", s->net_internal, 0, 0},
                {"cleared", s->cleared, 0, 0},
                {"remaining", s->remaining, 0, 0},
                {"percent", share / 100, share % 100, 2},
                {"seconds", ms / 1000, ms % 1000, 3}};
    struct table *t = table_new(columns, ARRAY_LEN(columns));
    struct buf json = BUF_INIT;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = BUF_INIT;

        buf_put_i64(&b, rows[i].whole);
        if (rows[i].digits > 0)
            buf_printf(&b, ".%0*" PRId64, rows[i].digits, rows[i].part);
        table_add(t, rows[i].name);
        table_add(t, b.data);
        buf_printf(&json, "%s\n  \"%s\": %s", i == 0 ? "{" : ",", rows[i].name, b.data);
        buf_free(&b);
    }
    if (c->json)
        printf("%s\n}\n", json.data);
    else
        table_print(t, stdout, table_style_of(stdout));
    buf_free(&json);
    table_free(t);
}

static int write_legs(const char *path, const struct clearing_table *t, const struct names *names)
{
    struct buf b = BUF_INIT;
    int rc = PUMASI_OK;

    clearing_put_legs(&b, t, names);
    if (files_write(path, b.data, b.len) != 0) {
        char *safe = say_safe(path);

        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), safe, strerror(errno));
        free(safe);
    }
    buf_free(&b);
    return rc;
}

static int run_plan(struct client *c, const struct cli *cli)
{
    const char *debts = cli_value(cli, "debts"), *legs = cli_value(cli, "legs");
    int64_t begun = clock_steady_ms();
    struct clearing_table t = {0}, *tables[] = {&t};
    struct clearing_sums sums;
    struct names names = {0};
    int rc;

    if (debts == NULL)
        return fail(PUMASI_USAGE, _("Say which debts: --debts FILE"));
    rc = clearing_read(&t, &names, debts, false);
    if (rc == PUMASI_OK) {
        clearing_sort(&names, tables, 1);
        rc = clearing_merge(&t);
    }
    if (rc == PUMASI_OK)
        rc = solve(&t, &names, &sums);
    if (rc == PUMASI_OK && legs != NULL)
        rc = write_legs(legs, &t, &names);
    if (rc == PUMASI_OK)
        print_plan(c, &sums, clock_steady_ms() - begun);
    clearing_table_free(&t);
    names_free(&names);
    return rc;
}

/* --- check --- */

static int compare(const struct clearing_row *a, const struct clearing_row *b)
{
    if (a->debtor != b->debtor)
        return a->debtor < b->debtor ? -1 : 1;
    if (a->creditor != b->creditor)
        return a->creditor < b->creditor ? -1 : 1;
    return 0;
}

/* What is wrong with a leg by itself, or NULL; `debt` is the one of the same pair, or NULL. */
static const char *leg_fault(const struct clearing_row *leg, const struct clearing_row *debt,
                             const struct clearing_row *before)
{
    if (before != NULL && compare(before, leg) == 0)
        return N_("there are two legs of one debt");
    if (debt == NULL)
        return N_("a leg of a debt that there isn't");
    if (leg->amount != debt->amount)
        return N_("the leg's amount isn't the debt's");
    if (leg->cleared < 0)
        return N_("less than nothing is cleared");
    if (leg->cleared > leg->amount)
        return N_("more is cleared than is owed");
    if (leg->remaining != leg->amount - leg->cleared)
        return N_("what remains isn't the amount less what is cleared");
    return NULL;
}

/* "why: "A" to "B"" on stderr, and as JSON. */
static int not_good(const struct client *c, const char *why, const char *debtor,
                    const char *creditor)
{
    char *a = say_safe(debtor), *b = creditor == NULL ? NULL : say_safe(creditor);

    if (c->json) {
        json_t *j = json_pack("{s:b, s:s, s:s, s:s*}", "good", 0, "fault", why, "party", debtor,
                              "creditor", creditor);

        client_print_json(j);
        json_decref(j);
    }
    if (b == NULL)
        (void)fail(PUMASI_FAILED, "%s: \"%s\".", _(why), a);
    else
        (void)fail(PUMASI_FAILED, _("%s: what \"%s\" owes \"%s\"."), _(why), a, b);
    free(a);
    free(b);
    return PUMASI_FAILED;
}

/* Puts what the legs clear beside the debts; both are sorted. */
static int join_legs(const struct client *c, struct clearing_table *debts,
                     const struct clearing_table *legs, const struct names *names)
{
    size_t d = 0;

    for (size_t i = 0; i < legs->n; i++) {
        const struct clearing_row *leg = &legs->rows[i];
        struct clearing_row *debt;
        const char *why;

        while (d < debts->n && compare(&debts->rows[d], leg) < 0)
            d++;
        debt = d < debts->n && compare(&debts->rows[d], leg) == 0 ? &debts->rows[d] : NULL;
        why = leg_fault(leg, debt, i == 0 ? NULL : leg - 1);
        if (why != NULL)
            return not_good(c, why, names->list[leg->debtor], names->list[leg->creditor]);
        debt->cleared = leg->cleared;
    }
    return PUMASI_OK;
}

static int verify(const struct client *c, const struct clearing_table *t, const struct names *names)
{
    static const char *const words[] = {
        [CLEARING_SOUND] = NULL,
        [CLEARING_BELOW_ZERO] = N_("less than nothing is cleared"),
        [CLEARING_OVER_DEBT] = N_("more is cleared than is owed"),
        [CLEARING_NET_CHANGED] = N_("a net position is changed"),
        [CLEARING_NOT_MOST] = N_("more can be cleared, round a cycle that has this debt in it"),
    };
    enum clearing_fault fault;
    struct problem p;
    size_t at = 0;

    take_problem(&p, t);
    fault = clearing_check((uint32_t)names->n, p.debts, p.cleared, t->n, &at);
    free_problem(&p);
    if (fault == CLEARING_SOUND)
        return PUMASI_OK;
    if (fault == CLEARING_NET_CHANGED)
        return not_good(c, words[fault], names->list[at], NULL);
    return not_good(c, words[fault], names->list[t->rows[at].debtor],
                    names->list[t->rows[at].creditor]);
}

static void print_good(const struct client *c, const struct clearing_table *t)
{
    int64_t cleared = 0;

    for (size_t i = 0; i < t->n; i++)
        cleared += t->rows[i].cleared;
    if (c->json) {
        json_t *j = json_pack("{s:b, s:I}", "good", 1, "cleared", (json_int_t)cleared);

        client_print_json(j);
        json_decref(j);
        return;
    }
    printf(_("good: %" PRId64 " is cleared, no net position changes, and no more can be "
             "cleared\n"),
           cleared);
}

static int run_check(struct client *c, const struct cli *cli)
{
    const char *debts = cli_value(cli, "debts"), *legs = cli_value(cli, "legs");
    struct clearing_table d = {0}, l = {0}, *tables[] = {&d, &l};
    struct names names = {0};
    int rc;

    if (debts == NULL || legs == NULL)
        return fail(PUMASI_USAGE, _("Say which debts and which legs: --debts FILE --legs FILE"));
    rc = clearing_read(&d, &names, debts, false);
    if (rc == PUMASI_OK)
        rc = clearing_read(&l, &names, legs, true);
    if (rc == PUMASI_OK) {
        clearing_sort(&names, tables, ARRAY_LEN(tables));
        rc = clearing_merge(&d);
    }
    if (rc == PUMASI_OK)
        rc = join_legs(c, &d, &l, &names);
    if (rc == PUMASI_OK)
        rc = verify(c, &d, &names);
    if (rc == PUMASI_OK)
        print_good(c, &d);
    clearing_table_free(&d);
    clearing_table_free(&l);
    names_free(&names);
    return rc;
}

static const struct cli_option plan_options[] = {
    {"debts", 0, N_("FILE"), N_("who owes whom: CSV with debtor,creditor,amount")},
    {"legs", 0, N_("FILE"), N_("where to write what is cleared of each debt, as CSV")},
    {0},
};
static const struct cli_option check_options[] = {
    {"debts", 0, N_("FILE"), N_("who owes whom: CSV with debtor,creditor,amount")},
    {"legs", 0, N_("FILE"), N_("what is cleared of each debt, as the plan wrote it")},
    {0},
};

const struct command cmd_clearing_plan = {
    .name = "clearing",
    .sub = "plan",
    .args = "",
    .summary = N_("Work out how much of a table of debts cancels out"),
    .help = N_("Needs no ledger and no profile. As much is cancelled as can be without changing "
               "what anybody has to get or to give on the whole, and the same debts give the same "
               "legs on every machine, in whatever order they stand. Amounts are whole numbers of "
               "minor units; debts of one pair are added up. net_internal is the sum of what is "
               "owed on the whole to those who get more than they give: no clearing leaves less."),
    .options = plan_options,
    .flags = COMMAND_UNCONNECTED,
    .run = run_plan,
};
const struct command cmd_clearing_check = {
    .name = "clearing",
    .sub = "check",
    .args = "",
    .summary = N_("Check the legs of a clearing, by another way than they were found"),
    .help = N_("Needs no ledger and no profile. Exit status 0 says that every leg is within its "
               "debt, that no net position changes and that no more can be cleared; else it is 1, "
               "and what fails is named. A debt without a leg is one of which nothing is cleared."),
    .options = check_options,
    .flags = COMMAND_UNCONNECTED,
    .run = run_check,
};
