/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* coop create, coop list, coop show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "client/office.h"
#include "client/query.h"
#include "client/recovery.h"
#include "client/table.h"
#include "client/words.h"
#include "core/text.h"

static const struct cli_option create_options[] = {
    {"name", 'n', N_("TEXT"), N_("its name for people, for example \"한살림\"")},
    {"treasurer", 't', N_("FILE"),
     N_("a treasurer's public key: a JWK file, or the name of one of your keys; may be repeated")},
    {"threshold", 0, N_("N"), N_("how many treasurers must sign together (without it: one)")},
    {"registrar", 'r', N_("FILE"), N_("a registrar's public key, likewise; may be repeated")},
    {0},
};

/* The payload's members; adds the profile's own keys among the new ones to the signers. */
static int create_members(struct client *c, const struct cli *cli, const char *coop,
                          const char *name, struct signers *s, json_t **out)
{
    json_t *treasurers, *registrars;
    int64_t threshold = 1;
    int rc = office_keys(c, cli, "treasurer", coop, ROLE_TREASURER, s, &treasurers);

    *out = NULL;
    if (rc != PUMASI_OK)
        return rc;
    rc = office_keys(c, cli, "registrar", coop, ROLE_REGISTRAR, s, &registrars);
    if (rc == PUMASI_OK)
        rc = office_threshold(cli, json_array_size(treasurers), &threshold);
    if (rc == PUMASI_OK)
        *out = json_pack("{s:s, s:s, s:O, s:I, s:O}", "coop", coop, "name", name, "treasurers",
                         treasurers, "threshold", (json_int_t)threshold, "registrars", registrars);
    json_decref(treasurers);
    json_decref(registrars);
    return rc;
}

static int run_create(struct client *c, const struct cli *cli)
{
    static const struct signer_choice stewards = {HOLDER_STEWARDS_NAME, ROLE_STEWARD};
    const char *coop = cli_arg(cli, 0), *title = cli_value(cli, "name");
    struct submit_request rq = {.type = "coop.create", .lifetime = SUBMIT_LATER};
    struct signers signers;
    char *name = NULL, *what = NULL;
    int rc = client_check_coop(coop);

    if (rc != PUMASI_OK)
        return rc;
    if (cli_nth(cli, "treasurer", 0) == NULL)
        return fail(PUMASI_USAGE,
                    _("A co-op needs a treasurer: add --treasurer FILE.jwk, the public key that "
                      "\"pumasi key export\" prints for whoever it is."));
    if (cli_nth(cli, "registrar", 0) == NULL)
        note(_("Without --registrar nobody can admit members yet; the treasurers can add one with "
               "\"pumasi key add\"."));
    name = client_text(_("name"), title != NULL ? title : coop, TEXT_NAME_MAX);
    if (name == NULL)
        return PUMASI_USAGE;
    rc = signers_choose(c, &stewards, 1, NULL, &signers);
    if (rc == PUMASI_OK)
        rc = create_members(c, cli, coop, name, &signers, &rq.members);
    if (rc == PUMASI_OK) {
        what = x_asprintf(_("new co-op %s"), coop);
        rq.by = HOLDER_STEWARDS_NAME;
        rq.what = what;
        rc = office_submit(c, cli, &rq, &signers);
    }
    json_decref(rq.members);
    free(what);
    free(name);
    return rc;
}

const struct command cmd_coop_create = {
    .name = "coop",
    .sub = "create",
    .args = N_("COOP"),
    .summary = N_("Found a co-op (stewards, and every key of its office)"),
    .help = N_("For example: pumasi coop create hansalim --name \"한살림\" --treasurer t.jwk "
               "--registrar r.jwk\n"
               "The stewards' threshold and every key named must sign; those whose private half is "
               "in this profile sign at once, the others with \"pumasi sign\"."),
    .min_args = 1,
    .max_args = 1,
    .options = create_options,
    .flags = COMMAND_ACT,
    .run = run_create,
};

/* --- showing --- */

/* The key to ask about a co-op with: one of its office's, else any, else none (public answers). */
static struct keyfile *key_for(struct client *c, const char *coop)
{
    struct keyfile *mine = NULL;

    if (c->n_key_names > 0 && client_key(c, KEY_ANY_ROLE, NULL, &mine) == PUMASI_OK)
        return mine;
    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        struct keyfile *k = c->keys[i];
        const char *its = k->holder[0] != '\0' ? name_coop_start(k->holder) : "";

        if (str_eq(its, coop) && (mine == NULL || str_eq(k->holder, coop)))
            mine = k;
    }
    if (mine == NULL || client_unlock(mine) != PUMASI_OK)
        return NULL;
    return mine;
}

/* As its office where one may, else what everybody may see: one's key may not be registered yet. */
static int ask(struct client *c, const char *coop, json_t **out)
{
    const struct keyfile *key = key_for(c, coop);
    char *path = x_asprintf("/v1/coops/%s", coop);
    long status = 401;
    int rc = PUMASI_OK;

    *out = NULL;
    if (key != NULL)
        rc = query_status(c, key, path, &status, out);
    if (rc == PUMASI_OK && status == 401) {
        json_decref(*out);
        rc = query_coop(c, NULL, coop, out);
    } else if (rc == PUMASI_OK && status != 200) {
        json_decref(*out);
        rc = query_coop(c, key, coop, out); /* its sentences */
    }
    free(path);
    return rc;
}

/* The only co-op that the profile's keys belong to; NULL after a sentence. */
static const char *own_coop(struct client *c)
{
    const char *coop = NULL;

    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys; i++) {
        const char *its = name_coop_start(c->keys[i]->holder);

        if (!name_is_coop(its) || (coop != NULL && str_eq(coop, its)))
            continue;
        if (coop != NULL) {
            (void)fail(PUMASI_USAGE,
                       _("Your keys belong to several co-ops. Say which one, for example: pumasi "
                         "coop show %s"),
                       coop);
            return NULL;
        }
        coop = its;
    }
    if (coop == NULL)
        (void)fail(PUMASI_USAGE, _("None of your keys belongs to a co-op. Say which one; \"pumasi "
                                   "coop list\" lists them."));
    return coop;
}

static void put_line(const char *label, const char *value)
{
    char *name = say_safe(label), *safe = say_safe(value); /* a unit's name may stand in either */
    size_t width = text_width(name);

    printf("%s%*s %s\n", name, width < 18 ? (int)(18 - width) : 0, "", safe);
    free(name);
    free(safe);
}

/* The kids of a role, a line each. */
static void put_keys(struct client *c, const char *label, const json_t *kids)
{
    size_t i;
    json_t *row;

    json_array_foreach (kids, i, row) {
        const char *kid = json_string_value(row) == NULL ? "" : json_string_value(row);
        const struct keyfile *mine = client_find_key(c, kid);
        char *value =
            mine == NULL ? x_strdup(kid) : x_asprintf(_("%s (your key %s)"), kid, mine->name);

        put_line(i == 0 ? label : "", value);
        free(value);
    }
}

static void put_office(struct client *c, const json_t *coop)
{
    const json_t *treasurers = json_object_get(coop, "treasurers");
    char *threshold;

    if (treasurers == NULL)
        return; /* not for this caller */
    threshold = x_asprintf(ngettext("%lld of %zu key must sign", "%lld of %zu keys must sign",
                                    json_array_size(treasurers)),
                           (long long)json_number(coop, "threshold"), json_array_size(treasurers));
    put_line(_("treasurers"), threshold);
    put_keys(c, "", treasurers);
    put_keys(c, _("registrars"), json_object_get(coop, "registrars"));
    put_keys(c, _("auditors"), json_object_get(coop, "auditors"));
    free(threshold);
}

/* One bound of a policy as people read it. */
static char *bound_text(struct client *c, const json_t *policy, const char *member,
                        const char *unit)
{
    const json_t *n = json_object_get(policy, member);

    if (!json_is_integer(n))
        return x_strdup(_("none"));
    return client_number_text(c, json_integer_value(n), unit);
}

/* What a policy says besides limits. */
static void put_shared(struct client *c, const json_t *policy, const char *unit)
{
    const char *purse = json_text(policy, "levy_purse"), *clearing = json_text(policy, "clearing");
    int64_t per_mille = json_number(policy, "levy_per_mille");
    char *value;

    if (per_mille > 0) {
        value =
            x_asprintf(_("%lld per mille of each payment, into %s"), (long long)per_mille, purse);
        put_line(_("levy on payments"), value);
        free(value);
    }
    if (json_number(policy, "levy_monthly") > 0) {
        char *amount = client_amount_text(c, json_number(policy, "levy_monthly"), unit);

        value = x_asprintf(_("%s from each member, into %s"), amount, purse);
        put_line(_("monthly levy"), value);
        free(value);
        free(amount);
    }
    if (clearing[0] != '\0')
        put_line(_("takes part in clearing"), word_clearing(clearing));
}

static void put_policies(struct client *c, const json_t *policies)
{
    size_t i;
    json_t *row;

    json_array_foreach (policies, i, row) {
        const char *unit = json_text(row, "unit");
        char *low = bound_text(c, row, "floor", unit), *high = bound_text(c, row, "ceiling", unit);
        char *low_reg = bound_text(c, row, "registrar_floor", unit);
        char *high_reg = bound_text(c, row, "registrar_ceiling", unit);
        char *label = x_asprintf(_("limits in %s"), unit);
        char *value = x_asprintf(
            ngettext("floor %s, ceiling %s; by a registrar %s to %s; forced reversals %lld day",
                     "floor %s, ceiling %s; by a registrar %s to %s; forced reversals %lld days",
                     (unsigned long)json_number(row, "reversal_days")),
            low, high, low_reg, high_reg, (long long)json_number(row, "reversal_days"));

        put_line(label, value);
        put_shared(c, row, unit);
        free(low);
        free(high);
        free(low_reg);
        free(high_reg);
        free(label);
        free(value);
    }
}

static int run_show(struct client *c, const struct cli *cli)
{
    const char *coop = cli_arg(cli, 0);
    json_t *answer;
    int rc;

    if (coop == NULL)
        coop = own_coop(c);
    if (coop == NULL)
        return PUMASI_USAGE;
    rc = client_check_coop(coop);
    if (rc == PUMASI_OK)
        rc = ask(c, coop, &answer);
    if (rc != PUMASI_OK)
        return rc;
    if (c->json) {
        client_print_json(answer);
        json_decref(answer);
        return PUMASI_OK;
    }
    put_line(_("co-op"), coop);
    put_line(_("name"), json_text(answer, "name"));
    put_line(_("state"), word_state(json_text(answer, "state")));
    put_office(c, answer);
    put_policies(c, json_object_get(answer, "policies"));
    recovery_print(answer);
    json_decref(answer);
    return PUMASI_OK;
}

const struct command cmd_coop_show = {
    .name = "coop",
    .sub = "show",
    .args = N_("[COOP]"),
    .summary = N_("Show a co-op; to its office also its keys and limits"),
    .min_args = 0,
    .max_args = 1,
    .run = run_show,
};

static int add_coop(void *arg, json_t *item)
{
    struct table *t = arg;

    table_add(t, json_text(item, "coop"));
    table_add(t, json_text(item, "name"));
    table_add(t, word_state(json_text(item, "state")));
    return 0;
}

static int run_list(struct client *c, const struct cli *cli)
{
    static const struct table_column columns[] = {
        {N_("Co-op"), TABLE_LEFT},
        {N_("Name"), TABLE_LEFT},
        {N_("State"), TABLE_LEFT},
    };
    struct table *t;
    int rc;

    if (c->json) {
        json_t *all = json_array();

        rc = query_list(c, NULL, "/v1/coops", 0, office_keep_item, all);
        if (rc == PUMASI_OK)
            office_print_items(json_incref(all));
        json_decref(all);
        return rc;
    }
    t = table_new(columns, ARRAY_LEN(columns));
    rc = query_list(c, NULL, "/v1/coops", 0, add_coop, t);
    if (rc == PUMASI_OK)
        table_print(t, stdout, table_style_of(stdout));
    table_free(t);
    return rc;
}

const struct command cmd_coop_list = {
    .name = "coop",
    .sub = "list",
    .args = "",
    .summary = N_("List the ledger's co-ops"),
    .min_args = 0,
    .max_args = 0,
    .run = run_list,
};
