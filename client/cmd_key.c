/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi key new|list|show|export|set: the key files of a profile. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/passphrase.h"
#include "client/table.h"
#include "client/words.h"
#include "core/b64.h"
#include "core/buf.h"

/* Whom a key may speak for, and in which role; *role is what --role says, else what goes without
 * saying. */
static int take_holder(const struct cli *cli, const char *holder, enum role *role)
{
    const char *word = cli_value(cli, "role");
    char *safe;

    if (word != NULL && role_parse(word, role) != 0)
        return fail(PUMASI_USAGE,
                    _("--role is one of member, treasurer, registrar, steward and auditor."));
    if (word == NULL)
        *role = str_eq(holder, "stewards") ? ROLE_STEWARD : ROLE_MEMBER;
    if (holder[0] == '\0')
        return PUMASI_OK;
    if (word == NULL && name_is_coop(holder))
        return fail(PUMASI_USAGE,
                    _("A key of the co-op %s needs its role: --role treasurer, registrar or "
                      "auditor. A member's address is written like alice@%s."),
                    holder, holder);
    if ((*role == ROLE_MEMBER && name_is_address(holder)) ||
        ((*role == ROLE_TREASURER || *role == ROLE_REGISTRAR) && name_is_coop(holder)) ||
        (*role == ROLE_AUDITOR && (name_is_coop(holder) || str_eq(holder, "*"))) ||
        (*role == ROLE_STEWARD && str_eq(holder, "stewards")) ||
        ((*role == ROLE_LOG || *role == ROLE_CLERK) && str_eq(holder, "ledger")))
        return PUMASI_OK;
    safe = say_safe(holder);
    (void)fail(PUMASI_USAGE,
               _("\"%s\" can't be whom a %s's key speaks for. A member is written "
                 "alice@hansalim, an office by its co-op, hansalim, the stewards \"stewards\"."),
               safe, word_role(*role));
    free(safe);
    return PUMASI_USAGE;
}

/* The file's name where --out doesn't say one: alice@hansalim, hansalim-registrar, steward. */
static char *usual_name(const char *holder, enum role role)
{
    if (holder[0] == '\0')
        return x_strdup("default");
    if (role == ROLE_MEMBER)
        return x_strdup(holder);
    if (role == ROLE_STEWARD || str_eq(holder, "*"))
        return x_strdup(role_name(role));
    return x_asprintf("%s-%s", holder, role_name(role));
}

/* "member", "member, revoked". The caller frees it. */
static char *role_text(const struct keyfile *k)
{
    return x_asprintf("%s%s", word_role(k->role), k->revoked ? _(", revoked") : "");
}

static void print_key(const struct client *c, const struct keyfile *k)
{
    struct buf jwk = BUF_INIT;
    char *role = role_text(k);

    key_put_jwk(&jwk, &k->key);
    if (c->json) {
        json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:o}", "name", k->name, "holder",
                              k->holder, "role", role_name(k->role), "kid", k->kid.s, "encrypted",
                              k->sealed, "revoked", k->revoked, "jwk", client_jwk_of(&k->key));
        client_print_json(j);
        json_decref(j);
    } else {
        printf(_("name         %s\n"), k->name);
        printf(_("holder       %s\n"), k->holder[0] == '\0' ? _("(not known yet)") : k->holder);
        printf(_("role         %s\n"), role);
        printf(_("fingerprint  %s\n"), k->kid.s);
        printf(_("passphrase   %s\n"), k->sealed ? _("yes") : _("no"));
        printf(_("public key   %s\n"), jwk.data);
        printf(_("file         %s\n"), k->path);
    }
    free(role);
    buf_free(&jwk);
}

/* To whom the public key goes now. */
static void say_next(const struct keyfile *k)
{
    const char *whom = k->role == ROLE_MEMBER    ? _("Your co-op's office")
                       : k->role == ROLE_STEWARD ? _("Whoever sets up the ledger")
                       : k->role == ROLE_AUDITOR ? _("Whoever asked you to audit")
                                                 : _("Whoever founds or runs the co-op");

    note(_("%s needs the public key to register it: pumasi key export %s > %s.jwk"), whom, k->name,
         k->name);
}

static int run_new(struct client *c, const struct cli *cli)
{
    const char *holder = cli_value(cli, "holder"), *out = cli_value(cli, "out");
    char *name, *folder, *passphrase = NULL;
    struct keyfile *k = NULL;
    enum role role;
    int rc;

    if (holder == NULL)
        holder = "";
    rc = take_holder(cli, holder, &role);
    if (rc != PUMASI_OK)
        return rc;
    name = out != NULL ? x_strdup(out) : usual_name(holder, role);
    folder = profile_config_path(&c->profile, "keys", NULL);
    if (!keyfile_name_ok(name)) {
        rc =
            fail(PUMASI_USAGE,
                 _("A key's name has letters, digits, '.', '@', '_' and '-', at most 80 of them."));
        goto out;
    }
    if (client_find_key(c, name) != NULL) {
        rc = fail(PUMASI_FAILED,
                  _("There is a key \"%s\" already. Choose another name with --out NAME."), name);
        goto out;
    }
    if (!cli_given(cli, "no-passphrase")) {
        if (!passphrase_from_file())
            note("%s",
                 _("The key is kept on this machine under a passphrase. There is no way to get it "
                   "back: take one that you can remember."));
        passphrase = passphrase_get(_("Passphrase of the new key"), true);
        if (passphrase == NULL) {
            rc = PUMASI_FAILED;
            goto out;
        }
    }
    k = keyfile_new(name, holder, role, passphrase);
    if (k == NULL) {
        rc = fail(PUMASI_FAILED,
                  _("There isn't the memory (256 MiB) to make a key safe by a passphrase."));
        goto out;
    }
    rc = keyfile_create(k, folder);
    if (rc == PUMASI_OK)
        print_key(c, k);
    if (rc == PUMASI_OK && !c->json)
        say_next(k);
out:
    keyfile_free(k);
    sodium_free(passphrase);
    free(folder);
    free(name);
    return rc;
}

static int run_list(struct client *c, const struct cli *cli)
{
    static const struct table_column columns[] = {{N_("Name"), TABLE_LEFT},
                                                  {N_("Holder"), TABLE_LEFT},
                                                  {N_("Role"), TABLE_LEFT},
                                                  {N_("Passphrase"), TABLE_LEFT},
                                                  {N_("Fingerprint"), TABLE_LEFT}};
    struct table *t;
    json_t *items = json_array();

    client_read_keys(c);
    t = table_new(columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < c->n_keys + c->n_revoked; i++) {
        const struct keyfile *k = c->keys[i];
        char *role = role_text(k);

        table_add(t, k->name);
        table_add(t, k->holder);
        table_add(t, role);
        table_add(t, k->sealed ? _("yes") : _("no"));
        table_add(t, k->kid.s);
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "name", k->name, "holder",
                                        k->holder, "role", role_name(k->role), "kid", k->kid.s,
                                        "encrypted", k->sealed, "revoked", k->revoked));
        free(role);
    }
    if (c->json) {
        json_t *all = json_pack("{s:O}", "items", items);

        client_print_json(all);
        json_decref(all);
    } else if (c->n_keys + c->n_revoked > 0) {
        table_print(t, stdout, table_style_of(stdout));
    } else if (c->n_unread == 0) { /* of others it was said that they are left out */
        note(_("There is no key in the profile \"%s\" yet. Make one with: pumasi key new --holder "
               "YOU@COOP"),
             c->profile.name);
    }
    json_decref(items);
    table_free(t);
    return PUMASI_OK;
}

/* The key that the argument or --key names, or the only one; not unlocked. */
static int choose(struct client *c, const struct cli *cli, struct keyfile **out)
{
    const char *name = cli_arg(cli, 0);
    char *safe;

    if (name == NULL && c->n_key_names > 0)
        name = c->key_names[0];
    client_read_keys(c);
    *out = NULL;
    if (name != NULL)
        *out = client_find_key(c, name);
    else if (c->n_keys == 1)
        *out = c->keys[0];
    if (*out != NULL)
        return PUMASI_OK;
    if (name == NULL)
        return fail(
            PUMASI_USAGE,
            _("Say which key; \"pumasi key list\" shows what there is in the profile \"%s\"."),
            c->profile.name);
    safe = say_safe(name);
    (void)fail(
        PUMASI_FAILED,
        _("There is no key \"%s\" in the profile \"%s\". \"pumasi key list\" shows what there is."),
        safe, c->profile.name);
    free(safe);
    return PUMASI_FAILED;
}

static int run_show(struct client *c, const struct cli *cli)
{
    struct keyfile *k;
    int rc = choose(c, cli, &k);

    if (rc == PUMASI_OK)
        print_key(c, k);
    return rc;
}

static int run_export(struct client *c, const struct cli *cli)
{
    struct keyfile *k;
    char d[B64U_LEN(KEYFILE_SEED_LEN) + 1];
    struct buf jwk = BUF_INIT;
    int rc = choose(c, cli, &k);

    if (rc != PUMASI_OK)
        return rc;
    key_put_jwk(&jwk, &k->key);
    if (cli_given(cli, "private")) {
        rc = client_unlock(k);
        if (rc != PUMASI_OK)
            goto out;
        note("%s",
             _("Careful: this is the private key, in the clear. Who has it can pay in its holder's "
               "name."));
        b64u_encode(d, k->secret, KEYFILE_SEED_LEN);
        printf("%.*s,\"d\":\"%s\"}\n", (int)jwk.len - 1, jwk.data, d);
        sodium_memzero(d, sizeof(d));
    } else {
        puts(jwk.data);
    }
out:
    buf_free(&jwk);
    return rc;
}

static int run_set(struct client *c, const struct cli *cli)
{
    const char *holder = cli_value(cli, "holder");
    struct keyfile *k;
    enum role role;
    int rc = choose(c, cli, &k);

    if (rc != PUMASI_OK)
        return rc;
    if (holder == NULL && !cli_given(cli, "revoked"))
        return fail(PUMASI_USAGE, _("Say whom the key speaks for: --holder alice@hansalim"));
    if (holder != NULL) {
        rc = take_holder(cli, holder, &role);
        if (rc != PUMASI_OK)
            return rc;
        str_copy(k->holder, sizeof(k->holder), holder);
        k->role = role;
    }
    k->revoked = cli_given(cli, "revoked");
    /* A key in the clear is written again with its seed, a sealed one needn't be opened for this.
     */
    rc = keyfile_update(k);
    if (rc == PUMASI_OK)
        print_key(c, k);
    return rc;
}

static const struct cli_option new_options[] = {
    {"holder", 0, N_("HOLDER"), N_("whom it speaks for: alice@hansalim, hansalim, stewards")},
    {"role", 0, N_("ROLE"), N_("member (usual), treasurer, registrar, steward or auditor")},
    {"out", 'o', N_("NAME"), N_("the key's name on this machine (usually the holder's)")},
    {"no-passphrase", 0, NULL, N_("keep it in the clear: for machines that nobody sits at")},
    {0},
};
static const struct cli_option set_options[] = {
    {"holder", 0, N_("HOLDER"), N_("whom it speaks for")},
    {"role", 0, N_("ROLE"), N_("member (usual), treasurer, registrar, steward or auditor")},
    {"revoked", 0, NULL, N_("it was revoked, and is left out where keys aren't named")},
    {0},
};
static const struct cli_option export_options[] = {
    {"private", 0, NULL, N_("the private key too, in the clear")},
    {0},
};

const struct command cmd_key_new = {
    .name = "key",
    .sub = "new",
    .args = "",
    .summary = N_("Make a key of your own"),
    .help =
        N_("The private key stays on this machine, under a passphrase. The office of your co-op "
           "registers the public one (pumasi key export)."),
    .options = new_options,
    .flags = COMMAND_UNCONNECTED,
    .run = run_new,
};
const struct command cmd_key_list = {
    .name = "key",
    .sub = "list",
    .args = "",
    .summary = N_("List the keys on this machine"),
    .flags = COMMAND_UNCONNECTED,
    .run = run_list,
};
const struct command cmd_key_show = {
    .name = "key",
    .sub = "show",
    .args = N_("[NAME]"),
    .summary = N_("Show a key: whose it is, fingerprint, public key"),
    .max_args = 1,
    .flags = COMMAND_UNCONNECTED,
    .run = run_show,
};
const struct command cmd_key_export = {
    .name = "key",
    .sub = "export",
    .args = N_("[NAME]"),
    .summary = N_("Print a public key as a JWK, to be registered"),
    .max_args = 1,
    .options = export_options,
    .flags = COMMAND_UNCONNECTED,
    .run = run_export,
};
const struct command cmd_key_set = {
    .name = "key",
    .sub = "set",
    .args = N_("[NAME]"),
    .summary = N_("Say whom a key on this machine speaks for"),
    .max_args = 1,
    .options = set_options,
    .flags = COMMAND_UNCONNECTED,
    .run = run_set,
};
