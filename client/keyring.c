/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/keyring.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client.h"
#include "client/files.h"
#include "client/jwk.h"
#include "client/passphrase.h"
#include "client/words.h"

#define PASSPHRASE_TRIES 3

void client_read_keys(struct client *c)
{
    struct keyfile **revoked;
    char *folder, **names;
    size_t n;

    if (c->keys_read)
        return;
    c->keys_read = true;
    folder = profile_config_path(&c->profile, "keys", NULL);
    if (files_list(folder, ".json", &names, &n) != 0) {
        note(_("The keys in %s can't be read: %s."), folder, strerror(errno));
        c->n_unread++;
        free(folder);
        return;
    }
    c->keys = x_calloc(n + 1, sizeof(struct keyfile *));
    revoked = x_calloc(n + 1, sizeof(struct keyfile *));
    for (size_t i = 0; i < n; i++) {
        char *path = x_asprintf("%s/%s", folder, names[i]);
        const char *why;
        struct keyfile *k = keyfile_read(path, &why);

        if (k != NULL && k->revoked)
            revoked[c->n_revoked++] = k;
        else if (k != NULL)
            c->keys[c->n_keys++] = k;
        else {
            note(_("The key %s is left out: %s."), path, why);
            c->n_unread++;
        }
        free(path);
    }
    memcpy(c->keys + c->n_keys, revoked, c->n_revoked * sizeof(*revoked));
    free(revoked);
    files_list_free(names, n);
    free(folder);
}

struct keyfile *client_find_key(struct client *c, const char *name)
{
    client_read_keys(c);
    for (size_t i = 0; i < c->n_keys + c->n_revoked; i++) {
        if (str_eq(c->keys[i]->name, name) || str_eq(c->keys[i]->kid.s, name))
            return c->keys[i];
    }
    return NULL;
}

int client_unlock(struct keyfile *k)
{
    char *prompt, *passphrase;
    bool ok = false;

    if (k->secret != NULL)
        return PUMASI_OK;
    prompt = x_asprintf(_("Passphrase of the key %s"), k->name);
    for (int i = 0; !ok && i < (passphrase_from_file() ? 1 : PASSPHRASE_TRIES); i++) {
        if (i > 0)
            note("%s", _("That wasn't it. Once more."));
        passphrase = passphrase_get(prompt, false);
        if (passphrase == NULL) {
            free(prompt);
            return PUMASI_FAILED;
        }
        ok = keyfile_unlock(k, passphrase);
        sodium_free(passphrase);
    }
    free(prompt);
    if (ok)
        return PUMASI_OK;
    return fail(PUMASI_FAILED, _("The passphrase doesn't open the key %s."), k->name);
}

/* "a, b, c" of the keys that fit; their number. */
static size_t list_fitting(const struct client *c, unsigned roles, const char *holder,
                           struct buf *b, struct keyfile **one)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_keys; i++) {
        struct keyfile *k = c->keys[i];

        if ((roles & KEY_ROLE(k->role)) == 0 || (holder != NULL && !str_eq(k->holder, holder)))
            continue;
        buf_printf(b, "%s%s", n == 0 ? "" : ", ", k->name);
        *one = k;
        n++;
    }
    return n;
}

/* "member or registrar" */
static void list_roles(struct buf *b, unsigned roles)
{
    const char *word = "";

    for (int i = 0; i < ROLE_COUNT; i++) {
        if ((roles & KEY_ROLE(i)) != 0 && i != ROLE_LOG && i != ROLE_CLERK) {
            buf_printf(b, "%s%s", word, word_role((enum role)i));
            word = _(" or ");
        }
    }
}

int client_any_key(const struct client *c)
{
    /* A new key wouldn't be the member's: it would have to be registered. */
    if (c->n_keys == 0 && c->n_unread > 0)
        return fail(PUMASI_FAILED,
                    _("No key in the profile \"%s\" can be used: see above. Put back a copy of the "
                      "file; if there is none, ask your co-op's office about a new key."),
                    c->profile.name);
    if (c->n_keys + c->n_revoked == 0)
        return fail(PUMASI_FAILED,
                    _("You have no key in the profile \"%s\" yet. Make one with: pumasi "
                      "key new --holder YOU@COOP"),
                    c->profile.name);
    return PUMASI_OK;
}

static int none_fits(const struct client *c, unsigned roles, const char *holder)
{
    struct buf b = BUF_INIT;

    if (client_any_key(c) != PUMASI_OK)
        return PUMASI_FAILED;
    list_roles(&b, roles);
    if (holder != NULL)
        (void)fail(
            PUMASI_FAILED,
            _("None of your keys speaks for %s as %s. \"pumasi key list\" shows what there is."),
            holder, b.data);
    else
        (void)fail(PUMASI_FAILED,
                   _("This takes a key with the role %s, and you have none. \"pumasi key "
                     "list\" shows what there is."),
                   b.data);
    buf_free(&b);
    return PUMASI_FAILED;
}

/* Is there a file by this name, which was left out? */
static bool is_unread(const struct client *c, const char *name)
{
    char *file = x_asprintf("%s.json", name);
    char *path = profile_config_path(&c->profile, "keys", file);
    bool there = c->n_unread > 0 && access(path, F_OK) == 0;

    free(path);
    free(file);
    return there;
}

/* A key named by --key. That it fits is for the ledger to say: it knows what a key may do. */
static int named_key(struct client *c, const char *name, struct keyfile **out)
{
    char *safe;

    *out = client_find_key(c, name);
    if (*out == NULL) {
        safe = say_safe(name);
        if (is_unread(c, name))
            (void)fail(PUMASI_FAILED,
                       _("The key \"%s\" can't be used: see above. Put back a copy of the file; if "
                         "there is none, ask your co-op's office about a new key."),
                       safe);
        else
            (void)fail(PUMASI_FAILED,
                       _("There is no key \"%s\" in the profile \"%s\". \"pumasi key list\" "
                         "shows what there is."),
                       safe, c->profile.name);
        free(safe);
        return PUMASI_FAILED;
    }
    if ((*out)->holder[0] == '\0')
        return fail(PUMASI_FAILED,
                    _("It isn't known yet whom the key %s speaks for. Say so with: pumasi "
                      "key set %s --holder YOU@COOP"),
                    (*out)->name, (*out)->name);
    return client_unlock(*out);
}

int client_key(struct client *c, unsigned roles, const char *holder, struct keyfile **out)
{
    struct buf names = BUF_INIT;
    size_t n;

    *out = NULL;
    client_read_keys(c);
    if (c->n_key_names > 0)
        return named_key(c, c->key_names[0], out);
    n = list_fitting(c, roles, holder, &names, out);
    if (n == 1) {
        buf_free(&names);
        return named_key(c, (*out)->name, out);
    }
    *out = NULL;
    if (n == 0)
        return none_fits(c, roles, holder);
    (void)fail(PUMASI_FAILED,
               _("Several of your keys could do this: %s. Choose one with --key NAME."),
               names.data);
    buf_free(&names);
    return PUMASI_FAILED;
}

int client_keys(struct client *c, unsigned roles, const char *holder, struct keyfile **out,
                size_t *n)
{
    int rc;

    *n = 0;
    client_read_keys(c);
    if (c->n_key_names == 0) {
        rc = client_key(c, roles, holder, &out[0]);
        *n = rc == PUMASI_OK ? 1 : 0;
        return rc;
    }
    for (size_t i = 0; i < c->n_key_names; i++) {
        rc = named_key(c, c->key_names[i], &out[*n]);
        if (rc != PUMASI_OK)
            return rc;
        (*n)++;
    }
    return PUMASI_OK;
}

/* To read about oneself any of one's keys will do, first one that asks for no passphrase. */
static int own_reading_key(struct client *c, struct keyfile **out)
{
    struct keyfile *best = NULL;

    for (size_t i = 0; i < c->n_keys && c->n_key_names == 0; i++) {
        struct keyfile *k = c->keys[i];

        if (k->role != ROLE_MEMBER)
            continue;
        if (best != NULL && !str_eq(k->holder, best->holder))
            return client_key(c, KEY_ROLE(ROLE_MEMBER), NULL, out);
        if (best == NULL || (best->sealed && !k->sealed))
            best = k;
    }
    return best != NULL ? named_key(c, best->name, out)
                        : client_key(c, KEY_ROLE(ROLE_MEMBER), NULL, out);
}

int client_reading_key(struct client *c, const char *member, struct keyfile **out)
{
    static const enum role office[] = {ROLE_REGISTRAR, ROLE_TREASURER, ROLE_AUDITOR};
    struct keyfile *best = NULL;
    char coop[COOP_MAX + 1];

    client_read_keys(c);
    if (c->n_key_names > 0 || member == NULL)
        return own_reading_key(c, out);
    name_coop_of(member, coop);
    for (size_t i = 0; i < c->n_keys; i++) {
        struct keyfile *k = c->keys[i];

        if (k->role == ROLE_MEMBER && str_eq(k->holder, member))
            return named_key(c, k->name, out);
        for (size_t j = 0; j < ARRAY_LEN(office) && best == NULL; j++) {
            if (k->role == office[j] && (str_eq(k->holder, coop) || str_eq(k->holder, "*")))
                best = k;
        }
    }
    if (best != NULL)
        return named_key(c, best->name, out);
    return own_reading_key(c, out);
}

/* kty, crv and x of a JWK that may say more about itself. */
static int jwk_from_file(const char *path, struct key *out, const char **why)
{
    json_t *file = files_read_json(path, why), *jwk;
    int rc;

    if (file == NULL)
        return -1;
    if (json_object_get(file, "d") != NULL && json_object_get(file, "kty") != NULL)
        note(_("%s holds a private key. Hand out public ones only: pumasi key export NAME"), path);
    jwk = json_pack("{s:O?, s:O?, s:O?}", "kty", json_object_get(file, "kty"), "crv",
                    json_object_get(file, "crv"), "x", json_object_get(file, "x"));
    rc = jwk_read(jwk, out, why);
    json_decref(jwk);
    json_decref(file);
    return rc;
}

int client_public_key(struct client *c, const char *file_or_name, struct key *out)
{
    const struct keyfile *k = client_find_key(c, file_or_name);
    const char *why;
    char *safe;

    if (k != NULL) {
        *out = k->key;
        return PUMASI_OK;
    }
    if (jwk_from_file(file_or_name, out, &why) == 0)
        return PUMASI_OK;
    safe = say_safe(file_or_name);
    (void)fail(PUMASI_FAILED,
               _("%s is neither a key of yours nor a file with a public key (%s). Its owner "
                 "makes one with: pumasi key export NAME > FILE.jwk"),
               safe, _(why));
    free(safe);
    return PUMASI_FAILED;
}

json_t *client_jwk_of(const struct key *key)
{
    struct buf b = BUF_INIT;
    json_t *jwk;

    key_put_jwk(&b, key);
    jwk = json_loadb(b.data, b.len, 0, NULL);
    buf_free(&b);
    return jwk;
}
