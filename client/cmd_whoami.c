/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi whoami: which ledger, which key, and what the ledger knows of its holder. */
#include <stdlib.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/outbox.h"
#include "client/query.h"
#include "client/words.h"

static void print_pins(const struct profile *p)
{
    struct kid kid;

    key_kid(&kid, &p->log_key);
    printf(_("profile  %s\n"), p->name);
    printf(_("ledger   %s\n"), p->url);
    printf(_("id       %s\n"), p->ledger_id[0] == '\0' ? _("(not opened yet)") : p->ledger_id);
    printf(_("log key  %s\n"), kid.s);
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

static int run(struct client *c, const struct cli *cli)
{
    struct keyfile *key = NULL;
    json_t *ledger = NULL, *holder = NULL, *all;
    struct kid kid;
    int rc;

    key_kid(&kid, &c->profile.log_key);
    if (!c->json)
        print_pins(&c->profile);
    rc = client_ledger(c, &ledger);
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
    }
    print_unfinished(c);
    json_decref(holder);
    json_decref(ledger);
    return rc;
}

const struct command cmd_whoami = {
    .name = "whoami",
    .args = "",
    .summary = N_("Show the ledger and the key in use, and what the ledger knows of its holder"),
    .flags = COMMAND_UNOPENED,
    .run = run,
};
