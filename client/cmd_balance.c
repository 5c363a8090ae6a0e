/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi balance: what stands on a member's accounts. */
#include <stdlib.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/query.h"
#include "client/table.h"
#include "core/num.h"

static const struct table_column columns[] = {
    {N_("Unit"), TABLE_LEFT},   {N_("Balance"), TABLE_RIGHT}, {N_("Available"), TABLE_RIGHT},
    {N_("Limit"), TABLE_RIGHT}, {N_("Ceiling"), TABLE_RIGHT}, {N_("Entries"), TABLE_RIGHT},
};

static void add_number(struct client *c, struct table *t, const json_t *account, const char *name,
                       const char *unit)
{
    const json_t *value = json_object_get(account, name);
    char *text;

    if (!json_is_integer(value)) {
        table_add(t, "-");
        return;
    }
    text = client_number_text(c, json_integer_value(value), unit);
    table_add(t, text);
    free(text);
}

static void add_row(struct client *c, struct table *t, const json_t *account, const char *unit)
{
    char *seq = x_asprintf("%lld", (long long)json_number(account, "seq"));
    /* What was settled outside has no floor that could be met. */
    bool limited = json_number(account, "floor") > -NUM_MAX;

    table_add(t, unit);
    add_number(c, t, account, "balance", unit);
    add_number(c, t, account, limited ? "available" : "", unit);
    add_number(c, t, account, limited ? "floor" : "", unit);
    add_number(c, t, account, "ceiling", unit);
    table_add(t, seq);
    free(seq);
}

/* One account; *out stays NULL where there is none. */
static int ask(struct client *c, const struct keyfile *key, const char *member, const char *unit,
               json_t **out)
{
    char *path = x_asprintf("/v1/accounts/%s/%s", member, unit);
    long status;
    int rc = query_status(c, key, path, &status, out);

    if (rc == PUMASI_OK && status != 200) {
        if (status != 404)
            rc = query_failed(c, key, path, status, *out);
        json_decref(*out);
        *out = NULL;
    }
    free(path);
    return rc;
}

static int show(struct client *c, const struct keyfile *key, const char *member, const char *unit)
{
    struct table *t = table_new(columns, ARRAY_LEN(columns));
    json_t *items = json_array();
    int rc = PUMASI_OK;

    for (size_t i = 0; rc == PUMASI_OK && i < c->profile.n_units; i++) {
        const char *name = c->profile.units[i].unit;
        json_t *account = NULL;

        if (unit != NULL && !str_eq(unit, name))
            continue;
        rc = ask(c, key, member, name, &account);
        if (account != NULL) {
            add_row(c, t, account, name);
            json_array_append_new(items, account);
        }
    }
    if (rc == PUMASI_OK && json_array_size(items) == 0)
        rc = query_no_account(c, key, member, unit);
    if (rc == PUMASI_OK && c->json && unit != NULL) {
        client_print_json(json_array_get(items, 0));
    } else if (rc == PUMASI_OK && c->json) {
        json_t *all = json_pack("{s:O}", "items", items);

        client_print_json(all);
        json_decref(all);
    } else if (rc == PUMASI_OK) {
        table_print(t, stdout, table_style_of(stdout));
    }
    json_decref(items);
    table_free(t);
    return rc;
}

/* MEMBER has an '@', UNIT has none; either may be left out. */
static int run(struct client *c, const struct cli *cli)
{
    const char *member = cli_arg(cli, 0), *unit = cli_arg(cli, 1);
    const struct profile_unit *u;
    struct keyfile *key;
    int rc;

    if (member != NULL && unit == NULL && name_is_unit(member) && !name_is_address(member)) {
        unit = member;
        member = NULL;
    }
    if (member != NULL && (rc = client_check_account_of(c, member)) != PUMASI_OK)
        return rc;
    rc = unit != NULL ? client_unit(c, unit, &u) : client_ledger(c, NULL);
    if (rc != PUMASI_OK)
        return rc;
    rc = client_reading_key(c, member, &key);
    if (rc != PUMASI_OK)
        return rc;
    if (member == NULL && key->role != ROLE_MEMBER)
        return fail(PUMASI_USAGE, _("The key %s is an office's: say whose balance you want."),
                    key->name);
    return show(c, key, member != NULL ? member : key->holder, unit);
}

const struct command cmd_balance = {
    .name = "balance",
    .args = N_("[MEMBER] [UNIT]"),
    .summary = N_("Show what stands on your accounts, or on a member's"),
    .max_args = 2,
    .run = run,
};
