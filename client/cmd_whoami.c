/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi whoami: which ledger, which key, what the ledger knows of its holder, who may read it. */
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/outbox.h"
#include "client/pin.h"
#include "client/query.h"
#include "client/recovery.h"
#include "client/table.h"
#include "client/words.h"

#define KID_SHORT 8

static void print_pins(const struct profile *p)
{
    struct buf pin = BUF_INIT;
    struct kid kid;

    key_kid(&kid, &p->log_key);
    printf(_("profile  %s\n"), p->name);
    printf(_("ledger   %s\n"), p->url);
    printf(_("id       %s\n"), p->ledger_id[0] == '\0' ? _("(not opened yet)") : p->ledger_id);
    printf(_("log key  %s\n"), kid.s);
    if (p->ledger_id[0] != '\0') {
        pin_put(&pin, p->ledger_id, &p->log_key);
        printf(_("to pin   %s\n"), pin.data);
        buf_free(&pin);
    }
}

static void print_member(const struct keyfile *k, const json_t *member)
{
    char *name = say_safe(json_text(member, "name")),
         *state = say_safe(word_state(json_text(member, "state")));

    printf(_("key      %s (%s)\n"), k->name, k->kid.s);
    printf(_("holder   %s, %s\n"), k->holder, word_role(k->role));
    if (name[0] != '\0')
        printf(_("name     %s\n"), name);
    if (state[0] != '\0')
        printf(_("state    %s\n"), state);
    free(name);
    free(state);
}

/* What the ledger says of the key's holder; *out stays NULL for holders that have no page. */
static int ask(struct client *c, const struct keyfile *k, json_t **out)
{
    *out = NULL;
    if (k->role == ROLE_MEMBER)
        return query_member(c, k, k->holder, out);
    if (name_is_coop(k->holder))
        return query_coop(c, k, k->holder, out);
    return PUMASI_OK;
}

static void print_unfinished(struct client *c)
{
    struct outbox_entry *list;
    size_t n, unfinished = 0;

    if (outbox_list(&c->profile, &list, &n) != PUMASI_OK)
        return;
    for (size_t i = 0; i < n; i++)
        unfinished += list[i].waiting ? 0 : 1;
    outbox_list_free(list, n);
    if (unfinished > 0)
        note(_("Unfinished: %zu. \"pumasi outbox\" shows them."), unfinished);
}

/* --- who may read it --- */

static const struct table_column readers_columns[] = {
    {N_("Who"), TABLE_LEFT},
    {N_("Key"), TABLE_LEFT},
    {N_("Yours"), TABLE_LEFT},
};

/* Those nearest come first. */
static int reader_rank(const json_t *reader)
{
    static const enum role order[] = {ROLE_MEMBER, ROLE_REGISTRAR, ROLE_TREASURER, ROLE_AUDITOR};
    enum role role;

    if (role_parse(json_text(reader, "role"), &role) != 0)
        return ROLE_COUNT + 1;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        if (order[i] == role)
            return (int)i + (str_eq(json_text(reader, "holder"), "*") ? 1 : 0);
    }
    return ROLE_COUNT;
}

static int compare_readers(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    int diff = reader_rank(x) - reader_rank(y);

    if (diff == 0)
        diff = strcmp(json_text(x, "holder"), json_text(y, "holder"));
    if (diff == 0)
        diff = strcmp(json_text(x, "role"), json_text(y, "role"));
    return diff != 0 ? diff : strcmp(json_text(x, "kid"), json_text(y, "kid"));
}

/* "the registrar of hansalim", "the registrars of hansalim (2)". The caller frees it. */
static char *reader_who(const char *member, const json_t *reader, size_t n)
{
    const char *holder = json_text(reader, "holder"), *role = json_text(reader, "role");
    enum role r = ROLE_LOG;
    char *who, *counted;

    if (role_parse(role, &r) == 0 && r == ROLE_MEMBER && str_eq(holder, member))
        who = x_strdup(_("you yourself"));
    else if (r == ROLE_REGISTRAR)
        who = x_asprintf(n == 1 ? _("the registrar of %s") : _("the registrars of %s"), holder);
    else if (r == ROLE_TREASURER)
        who = x_asprintf(n == 1 ? _("the treasurer of %s") : _("the treasurers of %s"), holder);
    else if (r == ROLE_AUDITOR && str_eq(holder, "*"))
        who = x_strdup(n == 1 ? _("the auditor of the whole ledger")
                              : _("the auditors of the whole ledger"));
    else if (r == ROLE_AUDITOR)
        who = x_asprintf(n == 1 ? _("the auditor of %s") : _("the auditors of %s"), holder);
    else
        who = x_asprintf("%s, %s", holder, role);
    if (n == 1)
        return who;
    counted = x_asprintf("%s (%zu)", who, n);
    free(who);
    return counted;
}

/* The row of one key; what many have in common stands but once on a terminal. */
static void add_reader(const struct client *c, struct table *t, const json_t *reader,
                       const char *who, bool plain)
{
    const char *kid = json_text(reader, "kid"), *yours = "";
    char *shown =
        plain || strlen(kid) != KID_LEN ? x_strdup(kid) : x_asprintf("%.*s…", KID_SHORT, kid);

    for (size_t i = 0; i < c->n_keys; i++) {
        if (str_eq(c->keys[i]->kid.s, kid))
            yours = c->keys[i]->name;
    }
    table_add(t, who);
    table_add(t, shown);
    table_add(t, yours);
    free(shown);
}

static void print_readers(const struct client *c, const char *member, json_t **list, size_t n)
{
    enum table_style style = table_style_of(stdout);
    struct table *t = table_new(readers_columns, ARRAY_LEN(readers_columns));
    bool plain = style == TABLE_PLAIN;

    qsort(list, n, sizeof(list[0]), compare_readers);
    for (size_t i = 0, end; i < n; i = end) {
        char *who;

        for (end = i + 1; end < n; end++) {
            if (!str_eq(json_text(list[i], "holder"), json_text(list[end], "holder")) ||
                !str_eq(json_text(list[i], "role"), json_text(list[end], "role")))
                break;
        }
        who = reader_who(member, list[i], plain ? 1 : end - i);
        for (size_t k = i; k < end; k++)
            add_reader(c, t, list[k], k == i || plain ? who : "", plain);
        free(who);
    }
    if (!plain)
        printf(ngettext("%zu key may read all of %s: balances, entries, memos.\n",
                        "%zu keys may read all of %s: balances, entries, memos.\n", n),
               n, member);
    table_print(t, stdout, style);
    note("%s", _("Besides, the other side of a payment sees that payment, and whoever runs the "
                 "ledger's machine could look into it."));
    table_free(t);
}

/* --readers: a member's key asks, as an office's accounts are everybody's business there. */
static int readers(struct client *c)
{
    struct keyfile *key;
    json_t *member = NULL, *all, *found, *row, **list;
    size_t i;
    int rc = client_ledger(c, NULL);

    if (rc == PUMASI_OK)
        rc = client_key(c, KEY_ROLE(ROLE_MEMBER), NULL, &key);
    if (rc == PUMASI_OK && key->role != ROLE_MEMBER)
        rc = fail(PUMASI_USAGE, _("The key %s is an office's: only a member has readers."),
                  key->name);
    if (rc == PUMASI_OK)
        rc = query_member(c, key, key->holder, &member);
    if (rc != PUMASI_OK)
        return rc;
    found = json_object_get(member, "readers");
    if (!json_is_array(found)) {
        rc = fail(PUMASI_FAILED, _("The ledger doesn't say who may read %s."), key->holder);
    } else if (c->json) {
        all = json_pack("{s:s, s:O}", "member", key->holder, "readers", found);
        client_print_json(all);
        json_decref(all);
    } else {
        list = x_calloc(json_array_size(found) + 1, sizeof(json_t *));
        json_array_foreach (found, i, row)
            list[i] = row;
        print_readers(c, key->holder, list, json_array_size(found));
        free(list);
    }
    json_decref(member);
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    struct keyfile *key = NULL;
    json_t *ledger = NULL, *holder = NULL, *all;
    struct kid kid;
    int rc;

    if (cli_given(cli, "readers"))
        return readers(c);
    rc = client_ledger(c, &ledger); /* first: the log key may have been changed */
    key_kid(&kid, &c->profile.log_key);
    if (!c->json)
        print_pins(&c->profile);
    if (rc == PUMASI_OK && c->profile.ledger_id[0] != '\0')
        rc = client_key(c, KEY_ANY_ROLE, NULL, &key);
    if (rc == PUMASI_OK && key != NULL)
        rc = ask(c, key, &holder);
    if (rc == PUMASI_OK && c->json) {
        all = json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:O?}", "profile",
                        c->profile.name, "url", c->profile.url, "ledger_id", c->profile.ledger_id,
                        "log_key", kid.s, "key", key == NULL ? NULL : key->name, "kid",
                        key == NULL ? NULL : key->kid.s, "holder", key == NULL ? NULL : key->holder,
                        "role", key == NULL ? NULL : role_name(key->role), "ledger_says", holder);
        client_print_json(all);
        json_decref(all);
    } else if (rc == PUMASI_OK && key != NULL) {
        print_member(key, holder);
        if (name_is_coop(key->holder))
            recovery_print(holder);
    }
    print_unfinished(c);
    json_decref(holder);
    json_decref(ledger);
    return rc;
}

static const struct cli_option options[] = {
    {"readers", 0, NULL, N_("who may read your accounts: which keys, in which office")},
    {0},
};

const struct command cmd_whoami = {
    .name = "whoami",
    .args = "",
    .summary = N_("Show the ledger and the key in use, and what the ledger knows of its holder"),
    .options = options,
    .flags = COMMAND_UNOPENED,
    .run = run,
};
