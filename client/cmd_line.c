/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* line set and line list: what co-ops trust each other with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "client/table.h"
#include "core/num.h"

static const struct cli_option set_options[] = {
    {"transit", 0, N_("yes|no"),
     N_("may payments between members of other co-ops pass over it? (as before; at first no)")},
    {0},
};

/* The line as it is, so that what the command doesn't name stays; *transit is untouched without
 * one. */
struct current {
    const char *coop, *partner, *unit;
    bool transit;
};

static int take_line(void *arg, json_t *item)
{
    struct current *now = arg;

    if (str_eq(json_text(item, "coop"), now->coop) &&
        str_eq(json_text(item, "partner"), now->partner) &&
        str_eq(json_text(item, "unit"), now->unit))
        now->transit = json_is_true(json_object_get(item, "transit"));
    return 0;
}

static int choose_transit(struct client *c, const struct cli *cli, const struct keyfile *key,
                          struct current *now)
{
    const char *typed = cli_value(cli, "transit");
    char *path;
    int rc;

    if (typed != NULL) {
        if (!str_eq(typed, "yes") && !str_eq(typed, "no"))
            return fail(PUMASI_USAGE, _("--transit is yes or no."));
        now->transit = str_eq(typed, "yes");
        return PUMASI_OK;
    }
    path = x_asprintf("/v1/coops/%s/lines", now->coop);
    rc = query_list(c, key, path, 0, take_line, now);
    free(path);
    return rc;
}

static int run_set(struct client *c, const struct cli *cli)
{
    struct current now = {cli_arg(cli, 0), cli_arg(cli, 1), cli_arg(cli, 2), false};
    const struct signer_choice treasurers = {now.coop, ROLE_TREASURER};
    struct submit_request rq = {.type = "line.set", .lifetime = SUBMIT_LATER};
    struct signers signers;
    int64_t limit;
    char *what;
    int rc = client_check_coop(now.coop);

    if (rc == PUMASI_OK)
        rc = client_check_coop(now.partner);
    if (rc == PUMASI_OK)
        rc = client_amount(c, cli_arg(cli, 3), now.unit, false, &limit);
    if (rc == PUMASI_OK && str_eq(now.coop, now.partner))
        rc = fail(PUMASI_USAGE, _("%s would give itself a line. Say whom it trusts."), now.coop);
    if (rc == PUMASI_OK)
        rc = signers_choose(c, &treasurers, 1, NULL, &signers);
    if (rc == PUMASI_OK)
        rc = choose_transit(c, cli, signers.keys[0], &now);
    if (rc != PUMASI_OK)
        return rc;
    what = x_asprintf(_("line that %s gives %s in %s"), now.coop, now.partner, now.unit);
    rq.by = now.coop;
    rq.what = what;
    rq.unit = now.unit;
    rq.members = json_pack("{s:s, s:s, s:s, s:I}", "coop", now.coop, "partner", now.partner, "unit",
                           now.unit, "limit", (json_int_t)limit);
    if (now.transit)
        json_object_set_new(rq.members, "transit", json_true());
    rc = office_submit(c, cli, &rq, &signers);
    json_decref(rq.members);
    free(what);
    return rc;
}

const struct command cmd_line_set = {
    .name = "line",
    .sub = "set",
    .args = N_("COOP PARTNER UNIT LIMIT"),
    .summary = N_("Set how much a co-op lets another owe it (treasurers)"),
    .help = N_("For example: pumasi line set hansalim icoop hour 200 --transit yes\n"
               "Members of icoop can then pay members of hansalim until icoop owes hansalim 200 "
               "hours; what hansalim owes icoop comes off first. With --transit yes payments "
               "between members of other co-ops may pass over the line as well, when there is no "
               "shorter way for them.\n"
               "A limit below what is owed moves nothing: it blocks what would add to it. 0 takes "
               "the line back."),
    .min_args = 4,
    .max_args = 4,
    .options = set_options,
    .flags = COMMAND_ACT,
    .run = run_set,
};

/* --- list --- */

struct listing {
    struct client *c;
    struct table *t;
};

static int add_line(void *arg, json_t *item)
{
    struct listing *l = arg;
    char *limit = client_amount_text(l->c, json_number(item, "limit"), json_text(item, "unit"));

    table_add(l->t, json_text(item, "coop"));
    table_add(l->t, json_text(item, "partner"));
    table_add(l->t, limit);
    table_add(l->t, json_is_true(json_object_get(item, "transit")) ? _("yes") : _("no"));
    free(limit);
    return 0;
}

static int run_list(struct client *c, const struct cli *cli)
{
    static const struct table_column columns[] = {
        {N_("Who trusts"), TABLE_LEFT},
        {N_("whom"), TABLE_LEFT},
        {N_("Line"), TABLE_RIGHT},
        {N_("Transit"), TABLE_LEFT},
    };
    const char *coop = cli_arg(cli, 0);
    json_t *all = NULL;
    struct listing l = {c, NULL};
    struct keyfile *key;
    char *path;
    int rc = coop == NULL ? PUMASI_OK : client_check_coop(coop);

    if (rc == PUMASI_OK)
        rc = office_reader(c, coop, &key);
    if (rc == PUMASI_OK && !c->json)
        rc = client_ledger(c, NULL); /* units may be new */
    if (rc != PUMASI_OK)
        return rc;
    if (coop == NULL && !name_is_coop(name_coop_start(key->holder)))
        return fail(PUMASI_USAGE, _("Say which co-op, for example: pumasi line list hansalim"));
    path = x_asprintf("/v1/coops/%s/lines", coop != NULL ? coop : name_coop_start(key->holder));
    all = json_array();
    l.t = table_new(columns, ARRAY_LEN(columns));
    rc = query_list(c, key, path, 0, c->json ? office_keep_item : add_line,
                    c->json ? (void *)all : (void *)&l);
    if (rc == PUMASI_OK && c->json)
        office_print_items(json_incref(all));
    else if (rc == PUMASI_OK)
        table_print(l.t, stdout, table_style_of(stdout));
    office_note_key(c, key, rc);
    table_free(l.t);
    json_decref(all);
    free(path);
    return rc;
}

const struct command cmd_line_list = {
    .name = "line",
    .sub = "list",
    .args = N_("[COOP]"),
    .summary = N_("List the lines that a co-op gives and takes (its office and auditors)"),
    .min_args = 0,
    .max_args = 1,
    .run = run_list,
};
