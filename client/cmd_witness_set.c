/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi witness new|follow|unfollow|list|pin|unpin: what a witness works with, and whom one
 * trusts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/trusted.h"
#include "client/table.h"
#include "client/witness_key.h"
#include "client/witness_logs.h"

static int run_new(struct client *c, const struct cli *cli)
{
    struct witness_key key;
    int rc = witness_key_create(&c->profile, cli_arg(cli, 0), &key);
    char *vkey;

    if (rc == PUMASI_OK) {
        vkey = witness_vkey(&key.who);
        if (c->json) {
            json_t *j = json_pack("{s:s, s:s}", "name", key.who.name, "vkey", vkey);

            client_print_json(j);
            json_decref(j);
        } else {
            printf("%s\n", vkey);
        }
        note("%s", _("That line is the witness's public key (vkey). Give it to the ledgers that it "
                     "is to witness, and to those who shall go by it."));
        free(vkey);
    }
    witness_key_free(&key);
    return rc;
}

/* The keys of one log, all under one origin. */
static int take_vkeys(const struct cli *cli, struct witness_log *log)
{
    memset(log, 0, sizeof(*log));
    for (int i = 1; cli_arg(cli, i) != NULL; i++) {
        char origin[ORIGIN_MAX + 1], *safe;

        if (log->n_keys == WITNESS_KEYS_MAX)
            return fail(PUMASI_USAGE, _("A log has at most %d keys at a time."), WITNESS_KEYS_MAX);
        if (vkey_parse(cli_arg(cli, i), origin, sizeof(origin), &log->keys[log->n_keys]) != 0 ||
            !name_is_origin(origin)) {
            safe = say_safe(cli_arg(cli, i));
            (void)fail(PUMASI_USAGE,
                       _("\"%s\" is no ledger's key. \"pumasi connect\" or GET /v1/ledger shows it "
                         "as \"vkey\"; compare it with what the ledger's stewards tell you."),
                       safe);
            free(safe);
            return PUMASI_USAGE;
        }
        if (log->n_keys > 0 && !str_eq(origin, log->origin))
            return fail(PUMASI_USAGE, _("These are keys of two ledgers. Follow each by itself."));
        str_copy(log->origin, sizeof(log->origin), origin);
        log->n_keys++;
    }
    return PUMASI_OK;
}

static int run_follow(struct client *c, const struct cli *cli)
{
    char *url = x_strdup(cli_arg(cli, 0));
    struct witness_logs w = {.lock = -1};
    struct witness_log log;
    size_t i, len = strlen(url);
    int rc;

    while (len > 0 && url[len - 1] == '/')
        url[--len] = '\0';
    rc = http_url_ok(url) ? take_vkeys(cli, &log)
                          : fail(PUMASI_USAGE, _("Write the ledger's address like "
                                                 "https://ledger.example.org."));
    if (rc == PUMASI_OK)
        rc = witness_logs_read(&c->profile, &w);
    if (rc != PUMASI_OK)
        goto out;
    i = witness_logs_find(&w, log.origin);
    if (i == SIZE_MAX && w.n == WITNESS_LOGS_MAX) {
        rc = fail(PUMASI_FAILED, _("A witness follows at most %d ledgers."), WITNESS_LOGS_MAX);
        goto out;
    }
    if (i == SIZE_MAX) {
        i = w.n++;
        w.at[i] = (struct witness_ledger){0};
    }
    w.logs[i] = log;
    free(w.at[i].url);
    w.at[i].url = url;
    url = NULL;
    rc = witness_logs_write(&c->profile, &w);
    if (rc == PUMASI_OK)
        note(_("%s is followed."), log.origin);
out:
    witness_logs_free(&w);
    free(url);
    return rc;
}

static int run_unfollow(struct client *c, const struct cli *cli)
{
    struct witness_logs w = {.lock = -1};
    int rc = witness_logs_read(&c->profile, &w);
    size_t i = rc == PUMASI_OK ? witness_logs_find(&w, cli_arg(cli, 0)) : SIZE_MAX;
    char *safe = say_safe(cli_arg(cli, 0));

    if (rc == PUMASI_OK && i == SIZE_MAX) {
        rc = fail(PUMASI_FAILED, _("\"%s\" isn't followed. \"pumasi witness list\" shows who is."),
                  safe);
    } else if (rc == PUMASI_OK) {
        /* What is remembered stays: who follows it again goes on from there. */
        witness_logs_remove(&w, i);
        rc = witness_logs_write(&c->profile, &w);
    }
    free(safe);
    witness_logs_free(&w);
    return rc;
}

static int print_ledgers(struct client *c, json_t *out)
{
    static const struct table_column columns[] = {{N_("Ledger"), TABLE_LEFT},
                                                  {N_("Records"), TABLE_RIGHT},
                                                  {N_("State"), TABLE_LEFT},
                                                  {N_("Address"), TABLE_LEFT}};
    struct table *table = table_new(columns, ARRAY_LEN(columns));
    struct witness_logs w;
    int rc = witness_logs_read(&c->profile, &w);

    for (size_t i = 0; i < w.n; i++) {
        char *fork = witness_logs_evidence(&c->profile, w.logs[i].origin);
        char *size = x_asprintf("%" PRIu64, w.logs[i].latest.size);

        table_add(table, w.logs[i].origin);
        table_add(table, w.logs[i].seen ? size : "");
        table_add(table, fork != NULL ? _("TWO HISTORIES") : w.logs[i].seen ? _("good") : "");
        table_add(table, w.at[i].url);
        json_array_append_new(out, json_pack("{s:s, s:s, s:I, s:s?}", "origin", w.logs[i].origin,
                                             "url", w.at[i].url, "remembered",
                                             (json_int_t)w.logs[i].latest.size, "evidence", fork));
        free(size);
        free(fork);
    }
    if (!c->json && w.n > 0)
        table_print(table, stdout, table_style_of(stdout));
    table_free(table);
    witness_logs_free(&w);
    return rc;
}

static void print_pins(struct client *c, const struct trusted_list *pins, json_t *out)
{
    for (size_t i = 0; i < pins->n; i++) {
        char *vkey = witness_vkey(&pins->rows[i].who);

        json_object_set_new(out, pins->rows[i].name, json_string(vkey));
        if (!c->json)
            printf(_("pinned       %s = %s\n"), pins->rows[i].name, vkey);
        free(vkey);
    }
}

static int run_list(struct client *c, const struct cli *cli)
{
    json_t *ledgers = json_array(), *pinned = json_object(), *all;
    struct witness_key key = {0};
    struct trusted_list pins;
    char *vkey = NULL;
    int rc = PUMASI_OK;

    (void)cli;
    if (witness_key_there(&c->profile)) {
        rc = witness_key_read(&c->profile, &key);
        vkey = witness_vkey(&key.who);
    }
    if (rc == PUMASI_OK && !c->json && vkey != NULL)
        printf(_("witness key  %s\n"), vkey);
    if (rc == PUMASI_OK)
        rc = print_ledgers(c, ledgers);
    if (rc == PUMASI_OK)
        rc = trusted_read(&c->profile, &pins);
    if (rc == PUMASI_OK)
        print_pins(c, &pins, pinned);
    if (rc == PUMASI_OK && c->json) {
        all = json_pack("{s:s?, s:O, s:O}", "vkey", vkey, "ledgers", ledgers, "pinned", pinned);
        client_print_json(all);
        json_decref(all);
    }
    json_decref(ledgers);
    json_decref(pinned);
    free(vkey);
    witness_key_free(&key);
    return rc;
}

static int run_pin(struct client *c, const struct cli *cli)
{
    const char *name = cli_arg(cli, 0);
    struct trusted_list pins;
    struct trusted *row;
    struct cosigner who;
    int rc = trusted_read(&c->profile, &pins);

    if (rc != PUMASI_OK)
        return rc;
    if (!quorum_name_ok(name))
        return fail(PUMASI_USAGE,
                    _("A witness's name has letters, digits, '.', '_' and '-', at most %d."),
                    QUORUM_NAME_MAX);
    if (cosigner_parse(&who, cli_arg(cli, 1)) != 0)
        return fail(PUMASI_USAGE, _("That is no witness's key (vkey), as \"pumasi witness new\" or "
                                    "GET /v1/ledger of a ledger that witnesses shows it."));
    row = trusted_find(&pins, name);
    if (row != NULL && memcmp(&row->who.key, &who.key, sizeof(who.key)) != 0 && !c->yes &&
        !say_ask(false, _("\"%s\" has another key so far. Replace it?"), name))
        return fail(PUMASI_FAILED,
                    _("\"%s\" is pinned with another key already. Nothing was changed."), name);
    if (row == NULL && pins.n == TRUSTED_MAX)
        return fail(PUMASI_FAILED, _("A profile pins at most %d witnesses."), TRUSTED_MAX);
    if (row == NULL)
        row = &pins.rows[pins.n++];
    str_copy(row->name, sizeof(row->name), name);
    row->who = who;
    return trusted_write(&c->profile, &pins);
}

static int run_unpin(struct client *c, const struct cli *cli)
{
    struct trusted_list pins;
    struct trusted *row;
    char *safe;
    int rc = trusted_read(&c->profile, &pins);

    if (rc != PUMASI_OK)
        return rc;
    row = trusted_find(&pins, cli_arg(cli, 0));
    if (row == NULL) {
        safe = say_safe(cli_arg(cli, 0));
        (void)fail(PUMASI_FAILED, _("No witness is pinned as \"%s\"."), safe);
        free(safe);
        return PUMASI_FAILED;
    }
    *row = pins.rows[--pins.n];
    return trusted_write(&c->profile, &pins);
}

const struct command cmd_witness_new = {
    .name = "witness",
    .sub = "new",
    .args = N_("NAME"),
    .summary = N_("Make this profile's witness key"),
    .help = N_("NAME is how others know the witness, like a web address without https://. The key "
               "lies here in the clear, as a witness starts by itself: it signs cosignatures and "
               "nothing else. Never copy it to a second machine: two that share a key and don't "
               "share their memory can be made to cosign two histories."),
    .min_args = 1,
    .max_args = 1,
    .flags = COMMAND_UNCONNECTED,
    .run = run_new,
};
const struct command cmd_witness_follow = {
    .name = "witness",
    .sub = "follow",
    .args = N_("URL VKEY..."),
    .summary = N_("Have the witness follow a ledger"),
    .help = N_("VKEY is the ledger's log key as its stewards tell you; while a log key is being "
               "changed give the old and the new one. A ledger that is followed already gets "
               "another address or other keys; what is remembered of it stays."),
    .min_args = 2,
    .max_args = 1 + WITNESS_KEYS_MAX,
    .flags = COMMAND_UNCONNECTED,
    .run = run_follow,
};
const struct command cmd_witness_unfollow = {
    .name = "witness",
    .sub = "unfollow",
    .args = N_("ORIGIN"),
    .summary = N_("Have the witness follow a ledger no longer"),
    .min_args = 1,
    .max_args = 1,
    .flags = COMMAND_UNCONNECTED,
    .run = run_unfollow,
};
const struct command cmd_witness_list = {
    .name = "witness",
    .sub = "list",
    .args = "",
    .summary = N_("Show the witness key, the ledgers it follows, and the witnesses pinned"),
    .flags = COMMAND_UNCONNECTED,
    .run = run_list,
};
const struct command cmd_witness_pin = {
    .name = "witness",
    .sub = "pin",
    .args = N_("NAME VKEY"),
    .summary = N_("Trust a witness under a name, for --quorum"),
    .min_args = 2,
    .max_args = 2,
    .flags = COMMAND_UNCONNECTED,
    .run = run_pin,
};
const struct command cmd_witness_unpin = {
    .name = "witness",
    .sub = "unpin",
    .args = N_("NAME"),
    .summary = N_("Trust a witness no longer"),
    .min_args = 1,
    .max_args = 1,
    .flags = COMMAND_UNCONNECTED,
    .run = run_unpin,
};
