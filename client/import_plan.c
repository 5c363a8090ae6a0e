/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/import_plan.h"

#include <stdlib.h>
#include <string.h>

#include "client/query.h"
#include "core/num.h"

void import_plan_free(struct import_plan *p)
{
    free(p->accounts);
    free(p->limits);
    memset(p, 0, sizeof(*p));
}

void import_plan_begin(struct import_plan *p, const struct import_file *f)
{
    p->n = f->members.n;
    p->n_missing = p->n;
    p->accounts = x_calloc(p->n + 1, sizeof(*p->accounts));
    for (size_t i = 0; i < p->n; i++)
        p->accounts[i].limits = p->policy;
}

/* --- what the ledger says --- */

static void take_bounds(struct act_bounds *out, const json_t *row, const char *floor,
                        const char *ceiling)
{
    const json_t *high = json_object_get(row, ceiling);

    out->floor = json_number(row, floor);
    out->no_ceiling = !json_is_integer(high);
    out->ceiling = json_integer_value(high);
}

/* Is it a registrar's key now, as far as the ledger tells? */
static bool is_registrar(const json_t *coop, const struct keyfile *key)
{
    const json_t *kid, *registrars = json_object_get(coop, "registrars");
    size_t i;

    json_array_foreach (registrars, i, kid) {
        if (str_eq(json_string_value(kid) == NULL ? "" : json_string_value(kid), key->kid.s))
            return true;
    }
    return false;
}

static int take_policy(struct import_plan *p, struct client *c, const struct keyfile *key,
                       const char *coop, const char *unit)
{
    json_t *answer, *policies, *row;
    size_t i;
    int rc = query_coop(c, key, coop, &answer);

    if (rc != PUMASI_OK)
        return rc;
    policies = json_object_get(answer, "policies");
    p->treasurers = json_number(answer, "threshold");
    if (!json_is_array(policies) || !is_registrar(answer, key))
        rc = fail(PUMASI_FAILED,
                  _("The key %s isn't one of %s's registrars, so it can't record for its members. "
                    "\"pumasi coop show %s\" lists them; choose one with --key NAME."),
                  key->name, coop, coop);
    else
        rc = PUMASI_USAGE;
    for (i = 0; rc == PUMASI_USAGE && i < json_array_size(policies); i++) {
        row = json_array_get(policies, i);
        if (!str_eq(json_text(row, "unit"), unit))
            continue;
        take_bounds(&p->policy, row, "floor", "ceiling");
        take_bounds(&p->reach, row, "registrar_floor", "registrar_ceiling");
        p->levy_per_mille = json_number(row, "levy_per_mille");
        if (p->levy_per_mille < 0 || p->levy_per_mille > LEVY_PER_MILLE_MAX)
            p->levy_per_mille = 0;
        str_copy(p->levy_purse, sizeof(p->levy_purse), json_text(row, "levy_purse"));
        rc = PUMASI_OK;
    }
    json_decref(answer);
    if (rc == PUMASI_USAGE)
        rc = fail(PUMASI_FAILED,
                  _("%s has no accounts in %s yet. Its treasurers begin with: pumasi policy %s %s "
                    "--floor AMOUNT --ceiling none"),
                  coop, unit, coop, unit);
    return rc;
}

struct asked {
    struct import_plan *plan;
    const struct import_file *file;
    const char *unit;
};

static int take_account(void *arg, json_t *item)
{
    struct asked *a = arg;
    const char *account = json_text(item, "account"), *slash = strchr(account, '/');
    char member[ADDRESS_MAX + 1];
    uint32_t i;

    if (slash == NULL || (size_t)(slash - account) > ADDRESS_MAX || !str_eq(slash + 1, a->unit))
        return 0;
    str_copy(member, (size_t)(slash - account) + 1, account);
    if (names_find(&a->file->members, member, &i)) {
        a->plan->accounts[i].balance = json_number(item, "balance");
        take_bounds(&a->plan->accounts[i].limits, item, "floor", "ceiling");
    }
    return 0;
}

int import_plan_fetch(struct import_plan *p, struct client *c, const struct keyfile *key,
                      const char *coop, const char *unit, const struct import_file *f,
                      const struct roster *roster)
{
    struct asked a = {p, f, unit};
    char *accounts = x_asprintf("/v1/coops/%s/accounts", coop);
    int rc = take_policy(p, c, key, coop, unit);

    if (rc == PUMASI_OK)
        import_plan_begin(p, f);
    for (size_t i = 0; i < p->n; i++) {
        p->accounts[i].there = roster_find(roster, f->members.list[i]) != NULL;
        p->n_missing -= p->accounts[i].there;
    }
    if (rc == PUMASI_OK)
        rc = query_list(c, key, accounts, 0, take_account, &a);
    free(accounts);
    return rc;
}

/* --- where the file takes it --- */

static bool within(const struct act_bounds *b, const struct act_bounds *reach)
{
    if (b->floor < reach->floor)
        return false;
    return reach->no_ceiling || (!b->no_ceiling && b->ceiling <= reach->ceiling);
}

static void collect(struct import_plan *p)
{
    p->limits = x_calloc(p->n + 1, sizeof(*p->limits));
    for (size_t i = 0; i < p->n; i++) {
        const struct import_account *a = &p->accounts[i];
        struct act_bounds need = a->limits;
        bool wider = false;

        if (a->lowest < need.floor) {
            need.floor = a->lowest;
            wider = true;
        }
        if (!need.no_ceiling && a->highest > need.ceiling) {
            need.ceiling = a->highest;
            wider = true;
        }
        if (wider)
            p->limits[p->n_limits++] =
                (struct import_limit){(uint32_t)i, need, within(&need, &p->reach)};
    }
}

int import_plan_replay(struct import_plan *p, const struct import_file *f)
{
    /* Only a payment can meet a floor, and only a receipt a ceiling: an account that already stands
     * outside isn't in the way of the other. */
    for (size_t i = 0; i < p->n; i++) {
        p->accounts[i].lowest = INT64_MAX;
        p->accounts[i].highest = INT64_MIN;
    }
    for (size_t i = 0; i < f->n_rows; i++) {
        const struct import_row *row = &f->rows[i];
        struct import_account *from = &p->accounts[row->from], *to = &p->accounts[row->to];

        if (num_sub(from->balance, row->amount, &from->balance) != 0 ||
            num_add(to->balance, row->amount, &to->balance) != 0)
            return -1;
        if (from->balance < from->lowest)
            from->lowest = from->balance;
        if (to->balance > to->highest)
            to->highest = to->balance;
    }
    collect(p);
    return 0;
}
