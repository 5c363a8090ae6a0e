/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pumasi connect: finds a ledger and pins who it is, as ssh does with hosts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/commands.h"
#include "client/continued.h"
#include "client/files.h"
#include "client/logkey.h"
#include "client/query.h"
#include "core/b64.h"

#define CA_OF_SYSTEM "system"
#define CA_MAX       ((size_t)1 << 20)

/* The URL as it is stored: with a scheme and without slashes at its end; NULL after a sentence. */
static char *tidy_url(const char *s)
{
    char *url = strstr(s, "://") == NULL ? x_asprintf("http://%s", s) : x_strdup(s), *safe;
    size_t len = strlen(url);

    /* Without a scheme only this machine is meant to be reached in the clear. */
    if (strstr(s, "://") == NULL && strncmp(s, "localhost", 9) != 0 && strncmp(s, "127.", 4) != 0) {
        free(url);
        url = x_asprintf("https://%s", s);
        len = strlen(url);
    }
    while (len > 0 && url[len - 1] == '/')
        url[--len] = '\0';
    if (http_url_ok(url))
        return url;
    safe = say_safe(s);
    (void)fail(PUMASI_USAGE,
               _("\"%s\" is no address of a ledger. Write it like https://ledger.example.org "
                 "or http://127.0.0.1:7474."),
               safe);
    free(safe);
    free(url);
    return NULL;
}

static bool id_is_well(const char *id, const char *origin)
{
    size_t len = strlen(origin);
    struct hash h;

    return strncmp(id, origin, len) == 0 && id[len] == '#' && hash_parse(&h, id + len + 1) == 0;
}

/* Compares with --id and --log-key (a fingerprint, or the JWK's x). 1: both given and right, 0: not
 * all given, -1: wrong. */
static int compare_wanted(const struct cli *cli, const char *id, const struct key *log_key)
{
    const char *want_id = cli_value(cli, "id"), *want_key = cli_value(cli, "log-key");
    char x[HASH_B64U_LEN + 1];
    struct kid kid;

    key_kid(&kid, log_key);
    b64u_encode(x, log_key->x, KEY_LEN);
    if (want_id != NULL && !str_eq(want_id, id))
        return -1;
    if (want_key != NULL && !str_eq(want_key, kid.s) && !str_eq(want_key, x))
        return -1;
    return want_id != NULL && want_key != NULL ? 1 : 0;
}

static int confirm(struct client *c, const struct cli *cli, const json_t *ledger, const char *id,
                   const struct key *log_key)
{
    char *name = say_safe(json_text(ledger, "name"));
    struct kid kid;
    int wanted = compare_wanted(cli, id, log_key), rc = PUMASI_OK;

    key_kid(&kid, log_key);
    note(name[0] == '\0' ? _("Ledger       %s%s") : _("Ledger       %s (%s)"), name,
         json_text(ledger, "origin"));
    note(_("Id           %s"), id[0] == '\0' ? _("(not opened yet)") : id);
    note(_("Log key      %s"), kid.s);
    free(name);
    if (wanted < 0)
        return fail(PUMASI_UNPROVED,
                    _("That isn't the ledger that you named by --id or --log-key. Nothing "
                      "was stored."));
    if (wanted == 1 || c->yes)
        return rc;
    if (!say_can_ask())
        return fail(PUMASI_FAILED,
                    _("There is no terminal to ask whether that is right. Give --id and "
                      "--log-key as your co-op's office tells them, or --yes."));
    note(
        "%s",
        _("Compare these with what your co-op's office tells you: whoever is at the other end will "
          "be taken for this ledger from now on."));
    if (!say_ask(false, _("Is this the right ledger?")))
        rc = fail(PUMASI_FAILED, _("Not connected. Nothing was stored."));
    return rc;
}

/* The log key that the ledger shows: the one that --log-key names, where it signs with several. */
static struct key shown_key(const struct cli *cli, const char *id, const struct key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cli_value(cli, "log-key") != NULL && compare_wanted(cli, id, &keys[i]) >= 0)
            return keys[i];
    }
    return keys[0];
}

/*
 * Does the ledger at the other end agree with the pins there are? A log key that its stewards
 * changed is followed. *log_key becomes the one to pin.
 */
static bool agrees(struct client *c, const struct cli *cli, const char *origin, const char *id,
                   const struct key *keys, size_t n, struct key *log_key)
{
    const struct profile *p = &c->profile;

    if (!str_eq(p->origin, origin) || (p->ledger_id[0] != '\0' && !str_eq(p->ledger_id, id)))
        return false;
    if (p->ledger_id[0] != '\0' && cli_value(cli, "log-key") != NULL &&
        compare_wanted(cli, id, log_key) >= 0)
        return true; /* the user has named it */
    if (p->ledger_id[0] == '\0' ? !logkeys_have(keys, n, &p->log_key) : !logkey_follow(c, keys, n))
        return false;
    *log_key = p->log_key;
    return true;
}

static int changed(const struct profile *p, const char *id, const struct key *log_key)
{
    client_tell_another(p, id, log_key);
    return fail(PUMASI_UNPROVED,
                _("Someone may be in between, or it was set up anew. Nothing was stored. Ask "
                  "those who run it; for another ledger take another profile: pumasi "
                  "--profile NAME connect URL"));
}

/* --ca FILE: its content, used from now on. An enum pumasi_exit, after a sentence. */
static int take_ca(struct client *c, const struct cli *cli, char **pem, size_t *len)
{
    const char *file = cli_value(cli, "ca");

    if (file == NULL)
        return PUMASI_OK;
    if (str_eq(file, CA_OF_SYSTEM)) {
        http_trust(c->http, NULL);
        return PUMASI_OK;
    }
    if (files_read(file, CA_MAX, pem, len) != 0)
        return fail(PUMASI_FAILED, _("%s can't be read: %s."), file, strerror(errno));
    http_trust(c->http, file);
    return PUMASI_OK;
}

/* Keeps it in the profile, or with --ca system what was kept no longer. */
static int keep_ca(const struct client *c, const struct cli *cli, const char *pem, size_t len)
{
    char *path = profile_ca_path(&c->profile);
    int rc = PUMASI_OK;

    if ((pem != NULL &&
         (files_mkdir(c->profile.config_dir) != 0 || files_write(path, pem, len) != 0)) ||
        (pem == NULL && cli_given(cli, "ca") && files_remove(path) != 0 && errno != ENOENT))
        rc = fail(PUMASI_FAILED, _("%s can't be written: %s."), path, strerror(errno));
    free(path);
    return rc;
}

/* Stores what was asked and answered. */
static int pin(struct client *c, const char *url, const char *origin, const char *id,
               const struct key *log_key)
{
    struct profile *p = &c->profile;

    free(p->url);
    free(p->ledger_id);
    p->url = x_strdup(url);
    p->ledger_id = x_strdup(id);
    str_copy(p->origin, sizeof(p->origin), origin);
    if (p->connected && memcmp(p->log_key.x, log_key->x, KEY_LEN) != 0)
        profile_follow(p, log_key);
    p->log_key = *log_key;
    p->connected = true;
    if (id[0] != '\0')
        logkey_learn(c);
    return profile_save(p);
}

/* The ledger goes on under another id: with --continue, once that is proven. */
static int follow(struct client *c, const struct cli *cli, char *url, const json_t *ledger)
{
    struct key keys[LOGKEYS_MAX];
    char *old = c->profile.url;
    int rc;

    if (!cli_given(cli, "continue"))
        return continued_refuse(&c->profile, ledger);
    c->profile.url = url;
    rc = continued_follow(c, ledger);
    /* Its log key may have been changed since. */
    if (rc == PUMASI_OK && !logkey_follow(c, keys, logkeys_read(ledger, keys)))
        rc = PUMASI_UNPROVED;
    c->profile.url = old;
    return rc;
}

static int run(struct client *c, const struct cli *cli)
{
    char *url = tidy_url(cli_arg(cli, 0)), *old = c->profile.url;
    const char *origin, *id;
    struct key keys[LOGKEYS_MAX], log_key;
    json_t *ledger = NULL;
    char *ca = NULL;
    size_t ca_len = 0, n_keys;
    bool same = true;
    long status;
    int rc;

    if (url == NULL)
        return PUMASI_USAGE;
    rc = take_ca(c, cli, &ca, &ca_len);
    if (rc != PUMASI_OK)
        goto out;
    c->profile.url = url;
    rc = query_status(c, NULL, "/v1/ledger", &status, &ledger);
    if (rc == PUMASI_OK && status == 404)
        rc = fail(PUMASI_FAILED, _("There is no ledger at %s: is the address right?"), url);
    else if (rc == PUMASI_OK && status != 200)
        rc = query_failed(c, NULL, "/v1/ledger", status, ledger);
    c->profile.url = old;
    if (rc != PUMASI_OK)
        goto out;
    origin = json_text(ledger, "origin");
    id = json_text(ledger, "id");
    n_keys = logkeys_read(ledger, keys);
    if (!name_is_origin(origin) || n_keys == 0 || (id[0] != '\0' && !id_is_well(id, origin))) {
        rc = fail(PUMASI_FAILED, _("What answers at %s doesn't describe itself as a ledger does."),
                  url);
        goto out;
    }
    log_key = shown_key(cli, id, keys, n_keys);
    if (c->profile.connected) {
        c->profile.url = url;
        same = agrees(c, cli, origin, id, keys, n_keys, &log_key);
        c->profile.url = old;
    }
    if (!same && continued_claims(&c->profile, ledger)) {
        rc = follow(c, cli, url, ledger);
        if (rc == PUMASI_OK)
            log_key = c->profile.log_key;
    } else if (!same) {
        rc = changed(&c->profile, id, &log_key);
    }
    if (rc != PUMASI_OK)
        goto out;
    /* A ledger that was pinned before it was opened has its origin and log key checked by now. */
    if (!c->profile.connected)
        rc = confirm(c, cli, ledger, id, &log_key);
    else if (compare_wanted(cli, id, &log_key) < 0)
        rc = fail(PUMASI_UNPROVED, _("That isn't the ledger that you named by --id or --log-key."));
    if (rc == PUMASI_OK)
        rc = keep_ca(c, cli, ca, ca_len);
    if (rc == PUMASI_OK)
        rc = pin(c, url, origin, id, &log_key);
    if (rc != PUMASI_OK)
        goto out;
    client_tell_alarms(ledger);
    if (json_is_array(json_object_get(ledger, "units")))
        profile_set_units(&c->profile, json_object_get(ledger, "units"));
    if (c->json)
        client_print_json(ledger);
    else if (id[0] == '\0')
        printf(
            _("Connected to %s, which isn't opened yet. Its stewards open it with: pumasi open\n"),
            url);
    else
        printf(_("Connected to %s.\n"), url);
out:
    json_decref(ledger);
    free(ca);
    free(url);
    return rc;
}

static const struct cli_option options[] = {
    {"id", 0, N_("LEDGER_ID"), N_("the id that it must have")},
    {"log-key", 0, N_("KEY"), N_("the fingerprint (or x) of the log key that it must have")},
    {"continue", 0, NULL, N_("follow a ledger that lost records and goes on, once it is proven")},
    {"ca", 0, N_("FILE"), N_("the CA (PEM) that vouches for the address, or \"system\"")},
    {0},
};

const struct command cmd_connect = {
    .name = "connect",
    .args = N_("URL"),
    .summary = N_("Connect this profile to a ledger, and pin who it is"),
    .help = N_("Shows the ledger's id and log key and asks whether they are right. From then on "
               "every answer is measured by them, and another ledger at the same address is "
               "refused. With --id and --log-key, or --yes, nothing is asked. With https the "
               "address must have a certificate that this system trusts, or, with --ca, one of "
               "the CA in that file, which is kept in the profile; --ca system forgets it. Where "
               "a ledger lost records for good and its stewards go on without them, it has another "
               "id: with --continue that is verified under what is pinned, shown, and followed."),
    .min_args = 1,
    .max_args = 1,
    .options = options,
    .flags = COMMAND_UNCONNECTED,
    .run = run,
};
