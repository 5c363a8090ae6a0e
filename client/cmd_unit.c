/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* unit create, unit list: what the ledger counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "client/table.h"
#include "client/words.h"
#include "core/text.h"

#define SCALE_MAX 1000000000

static const struct cli_option create_options[] = {
    {"name", 'n', N_("TEXT"), N_("its name for people, for example \"Hour\"")},
    {"scale", 0, N_("N"),
     N_("minor units in one: 60 for hours, 100 for cents, 1 for whole things")},
    {"kind", 0, N_("KIND"), N_("time, credit or goods")},
    {0},
};

static int run_create(struct client *c, const struct cli *cli)
{
    static const struct signer_choice stewards = {HOLDER_STEWARDS_NAME, ROLE_STEWARD};
    const char *unit = cli_arg(cli, 0), *title = cli_value(cli, "name");
    const char *kind_text = cli_value(cli, "kind");
    struct submit_request rq = {.type = "unit.create", .lifetime = SUBMIT_LATER};
    struct signers signers;
    enum unit_kind kind;
    int64_t scale = 0;
    char *name = NULL, *what = NULL;
    int rc = client_check_unit(unit);

    if (rc != PUMASI_OK)
        return rc;
    if (kind_text == NULL || unit_kind_parse(kind_text, &kind) != 0)
        return fail(PUMASI_USAGE, _("Say with --kind what %s counts: time, credit or goods."),
                    unit);
    rc = cli_number(cli, "scale", 1, SCALE_MAX, &scale);
    if (rc != PUMASI_OK)
        return rc;
    if (scale == 0)
        return fail(PUMASI_USAGE,
                    _("Say with --scale how many minor units make one %s (60 for hours of minutes, "
                      "100 for two decimals, 1 for whole numbers); it can't be changed later."),
                    unit);
    name = client_text(_("name"), title != NULL ? title : unit, TEXT_NAME_MAX);
    if (name == NULL)
        return PUMASI_USAGE;
    rc = signers_choose(c, &stewards, 1, NULL, &signers);
    if (rc != PUMASI_OK)
        goto out;
    what = x_asprintf(_("new unit %s"), unit);
    rq.by = HOLDER_STEWARDS_NAME;
    rq.what = what;
    rq.members = json_pack("{s:s, s:s, s:I, s:s}", "unit", unit, "name", name, "scale",
                           (json_int_t)scale, "kind", unit_kind_name(kind));
    rc = office_submit(c, cli, &rq, &signers);
out:
    json_decref(rq.members);
    free(what);
    free(name);
    return rc;
}

const struct command cmd_unit_create = {
    .name = "unit",
    .sub = "create",
    .args = N_("UNIT"),
    .summary = N_("Create what the ledger counts (stewards)"),
    .help = N_("For example: pumasi unit create hour --name \"Hour\" --scale 60 --kind time\n"
               "A unit of time with scale 60 is typed and shown in hours and minutes, 1:30."),
    .min_args = 1,
    .max_args = 1,
    .options = create_options,
    .flags = COMMAND_ACT,
    .run = run_create,
};

static int run_list(struct client *c, const struct cli *cli)
{
    static const struct table_column columns[] = {
        {N_("Unit"), TABLE_LEFT},
        {N_("Name"), TABLE_LEFT},
        {N_("Kind"), TABLE_LEFT},
        {N_("Scale"), TABLE_RIGHT},
    };
    json_t *ledger;
    struct table *t;
    int rc = client_ledger(c, &ledger);

    if (rc != PUMASI_OK)
        return rc;
    if (c->json) {
        json_t *units = json_object_get(ledger, "units");

        office_print_items(units == NULL ? json_array() : json_incref(units));
        json_decref(ledger);
        return PUMASI_OK;
    }
    json_decref(ledger);
    t = table_new(columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < c->profile.n_units; i++) {
        const struct profile_unit *u = &c->profile.units[i];
        char *scale = x_asprintf("%lld", (long long)u->scale);

        table_add(t, u->unit);
        table_add(t, u->name);
        table_add(t, word_kind(unit_kind_name(u->kind)));
        table_add(t, scale);
        free(scale);
    }
    if (c->profile.n_units == 0)
        note(_("The ledger has no unit yet. A steward makes one with \"pumasi unit create\"."));
    table_print(t, stdout, table_style_of(stdout));
    table_free(t);
    return PUMASI_OK;
}

const struct command cmd_unit_list = {
    .name = "unit",
    .sub = "list",
    .args = "",
    .summary = N_("Show what the ledger counts"),
    .min_args = 0,
    .max_args = 0,
    .run = run_list,
};
