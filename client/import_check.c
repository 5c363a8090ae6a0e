/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Import: what is going to be done, and which rows can't be. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/import_run.h"
#include "core/levy.h"
#include "core/num.h"

#define SHOWN_MAX 10 /* rows of a kind, where --dry-run doesn't list them all */

static bool is_purse(const struct import *m, uint32_t member)
{
    const struct roster_member *r;

    if (m->job.purses != NULL)
        return m->job.purses[member];
    r = roster_find(&m->roster, m->file.members.list[member]);
    return r != NULL && r->purse;
}

int import_find_treasurers(struct import *m)
{
    struct client *c = m->c;
    bool wanted = false;

    for (size_t i = 0; i < m->file.n_rows; i++)
        wanted = wanted || is_purse(m, m->file.rows[i].from);
    if (!wanted)
        return PUMASI_OK;
    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys && m->n_treasurers < CLI_VALUES_MAX; i++) {
        struct keyfile *k = c->keys[i];
        bool named = c->n_key_names == 0;
        int rc;

        for (size_t j = 0; j < c->n_key_names; j++)
            named = named || client_find_key(c, c->key_names[j]) == k;
        if (!named || k->role != ROLE_TREASURER || !str_eq(k->holder, m->o->coop))
            continue;
        rc = client_unlock(k);
        if (rc != PUMASI_OK)
            return rc;
        m->treasurers[m->n_treasurers++] = k;
    }
    return PUMASI_OK;
}

/* --- rows that can't be recorded --- */

/* Why a row can't be, as a fresh sentence without a full stop; NULL when it can. */
static char *hindrance(const struct import *m, const struct import_plan *p,
                       const struct import_row *row)
{
    const char *from = m->file.members.list[row->from], *to = m->file.members.list[row->to];
    const struct roster_member *payer = roster_find(&m->roster, from);
    const struct roster_member *payee = roster_find(&m->roster, to);
    const char *purse = m->sheet->opening;

    if (purse != NULL &&
        ((payer == NULL && str_eq(from, purse)) || (payee == NULL && str_eq(to, purse))))
        return x_asprintf(_("there is no purse %s; the treasurers make it with: pumasi member "
                            "create %s --purse"),
                          purse, purse);
    if (payer != NULL && !payer->active)
        return x_asprintf(payer->closed ? _("%s is closed") : _("%s is frozen"), from);
    if (payee != NULL && !payee->active)
        return x_asprintf(payee->closed ? _("%s is closed") : _("%s is frozen"), to);
    if (payer != NULL && payer->purse && (int64_t)m->n_treasurers < p->treasurers)
        return x_asprintf(_("%s is a purse: of its treasurers' keys %zu are here, and %lld must "
                            "sign"),
                          from, m->n_treasurers, (long long)p->treasurers);
    if (payer != NULL && !payer->purse && !payer->recorded)
        return x_asprintf(_("%s has a device and doesn't let registrars record for it; it does so "
                            "with: pumasi member allow yes"),
                          from);
    return NULL;
}

/*
 * A levy on payments would be taken of them too, and what is imported is of before: the balances
 * would be others than the file's. So no row agrees to one. How many the ledger would refuse.
 */
static size_t check_levy(const struct import *m, const struct import_plan *p)
{
    const char *coop = m->o->coop, *unit = m->unit->unit;
    const struct roster_member *purse = roster_find(&m->roster, p->levy_purse);
    size_t n = 0;

    if (purse == NULL || !purse->active)
        return 0;
    for (size_t i = 0; i < m->file.n_rows; i++) {
        const struct import_row *row = &m->file.rows[i];

        n += levy_of(row->amount, p->levy_per_mille) > 0 && !is_purse(m, row->from) &&
             !str_eq(m->file.members.list[row->to], p->levy_purse);
    }
    if (n > 0)
        note(ngettext("%s takes a levy of %lld per mille on payments in %s, and an import agrees "
                      "to none: %zu row would be refused. Its treasurers can set the levy aside "
                      "until the import is through: pumasi policy %s %s --levy-per-mille 0",
                      "%s takes a levy of %lld per mille on payments in %s, and an import agrees "
                      "to none: %zu rows would be refused. Its treasurers can set the levy aside "
                      "until the import is through: pumasi policy %s %s --levy-per-mille 0",
                      n),
             coop, (long long)p->levy_per_mille, unit, n, coop, unit);
    return n;
}

size_t import_check_rows(const struct import *m, const struct import_plan *p)
{
    size_t levied = check_levy(m, p), n = 0;

    for (size_t i = 0; i < m->file.n_rows; i++) {
        char *why = hindrance(m, p, &m->file.rows[i]);

        if (why == NULL)
            continue;
        if (n++ == 0)
            note("%s", _("These rows can't be recorded:"));
        if (n <= SHOWN_MAX || m->o->dry_run)
            note(_("  row %" PRId64 ": %s"), m->file.rows[i].row, why);
        free(why);
    }
    if (n > SHOWN_MAX && !m->o->dry_run)
        note(_("  and %zu more"), n - SHOWN_MAX);
    return n + levied;
}

/* --- what will be done --- */

static void note_created(const struct import *m, const struct import_plan *p)
{
    size_t shown = 0;

    if (!m->o->dry_run || p->n_missing == 0)
        return;
    note(ngettext("%zu member would be made:", "%zu members would be made:", p->n_missing),
         p->n_missing);
    for (size_t i = 0; i < p->n; i++) {
        const char *address = m->file.members.list[i];
        char *title;

        if (p->accounts[i].there || shown++ >= SHOWN_MAX)
            continue;
        title = m->file.names == NULL ? NULL : import_names_title(m->file.names, address);
        note(title == NULL ? "  %s" : "  %s (%s)", address, title);
        free(title);
    }
    if (shown > SHOWN_MAX)
        note(_("  and %zu more"), shown - SHOWN_MAX);
}

/* Rows that say the same: perhaps somebody copied one twice. */
static void note_twice(const struct import *m)
{
    struct names seen = {0};
    int64_t *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < m->file.n_rows; i++) {
        const struct import_row *r = &m->file.rows[i];
        char *key = x_asprintf("%u %u %" PRId64 " %d %d %u %u", r->from, r->to, r->amount,
                               r->has_day, r->day, r->memo, r->category);
        size_t before = seen.n;
        uint32_t at = names_put(&seen, key);

        free(key);
        if (seen.n > before) {
            first = x_realloc(first, seen.cap * sizeof(*first));
            first[at] = r->row;
            continue;
        }
        if (n++ == 0)
            note("%s", _("These rows say the same as an earlier one; all of them are booked:"));
        if (n <= SHOWN_MAX)
            note(_("  row %" PRId64 " as row %" PRId64), r->row, first[at]);
    }
    if (n > SHOWN_MAX)
        note(_("  and %zu more"), n - SHOWN_MAX);
    names_free(&seen);
    free(first);
}

static void note_opening(const struct import *m, const struct import_plan *p)
{
    const char *purse = m->sheet->opening;
    int64_t out = 0, in = 0, left;
    char *texts[4];
    uint32_t at;

    if (purse == NULL || !names_find(&m->file.members, purse, &at))
        return;
    for (size_t i = 0; i < m->file.n_rows; i++) {
        const struct import_row *r = &m->file.rows[i];

        if (num_add(r->from == at ? out : in, r->amount, r->from == at ? &out : &in) != 0)
            return; /* the plan has said so */
    }
    left = p->accounts[at].balance;
    texts[0] = client_amount_text(m->c, out, m->unit->unit);
    texts[1] = client_amount_text(m->c, in, m->unit->unit);
    texts[2] = client_amount_text(m->c, left, m->unit->unit);
    texts[3] = client_number_text(
        m->c, p->accounts[at].lowest == INT64_MAX ? 0 : p->accounts[at].lowest, m->unit->unit);
    note(_("Opening balances: %s pays out %s, and gets %s from members who owe. It stands at %s "
           "then; its floor must be %s at least."),
         purse, texts[0], texts[1], texts[2], texts[3]);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free(texts[i]);
}

static void count_up(size_t n_rows, size_t n_accounts, size_t n_members)
{
    char *rows = x_asprintf(ngettext("%zu row", "%zu rows", n_rows), n_rows);
    char *accounts = x_asprintf(ngettext("%zu account", "%zu accounts", n_accounts), n_accounts);
    char *members = x_asprintf(
        ngettext("%zu member to be made", "%zu members to be made", n_members), n_members);

    note(_("%s, %s, %s."), rows, accounts, members);
    free(rows);
    free(accounts);
    free(members);
}

void import_note_plan(const struct import *m, const struct import_plan *p)
{
    int64_t sum = 0;
    bool fits = true;

    for (size_t i = 0; fits && i < m->file.n_rows; i++)
        fits = num_add(sum, m->file.rows[i].amount, &sum) == 0;
    count_up(m->file.n_rows, m->file.members.n, p->n_missing);
    if (fits) {
        char *text = client_amount_text(m->c, sum, m->unit->unit);

        note(_("Sum of the rows: %s."), text);
        free(text);
    }
    if (m->file.n_left_out > 0)
        note(ngettext("%zu row is left out, as you said.", "%zu rows are left out, as you said.",
                      m->file.n_left_out),
             m->file.n_left_out);
    if (m->file.n_other_unit > 0)
        note(ngettext("%zu row is in another unit.", "%zu rows are in other units.",
                      m->file.n_other_unit),
             m->file.n_other_unit);
    note_opening(m, p);
    note_created(m, p);
    if (m->o->dry_run)
        note_twice(m);
}
