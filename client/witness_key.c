/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/witness_key.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/files.h"
#include "client/say.h"
#include "core/b64.h"

#define FORMAT_VERSION 1
#define SEED_LEN       32

static char *key_path(const struct profile *p)
{
    return profile_config_path(p, "witness", "key.json");
}

char *witness_vkey(const struct cosigner *who)
{
    char text[VKEY_MAX];

    cosigner_text(text, who);
    return x_strdup(text);
}

static int store(const struct profile *p, const struct witness_key *k)
{
    char *folder = profile_config_path(p, "witness", NULL), *path = key_path(p);
    char vkey[VKEY_MAX];
    struct buf b = BUF_INIT;
    int rc = PUMASI_OK;

    cosigner_text(vkey, &k->who);
    buf_reserve(&b, 1024); /* so that no copy of a secret stays behind in memory given back */
    buf_printf(&b, "{\n  \"pumasi_witness_key\": %d,\n  \"vkey\": \"%s\",\n  \"d\": \"",
               FORMAT_VERSION, vkey);
    buf_put_b64u(&b, k->secret, SEED_LEN);
    buf_puts(&b, "\"\n}\n");
    if (files_mkdir(folder) != 0 || files_create(path, b.data, b.len) != 0)
        rc = errno == EEXIST
                 ? fail(PUMASI_FAILED,
                        _("There is a witness key already, and a key is never overwritten: %s."),
                        path)
                 : fail(PUMASI_FAILED, _("The key can't be stored as %s: %s."), path,
                        strerror(errno));
    sodium_memzero(b.data, b.len);
    buf_free(&b);
    free(path);
    free(folder);
    return rc;
}

int witness_key_create(const struct profile *p, const char *name, struct witness_key *out)
{
    char *safe;

    memset(out, 0, sizeof(*out));
    if (!cosigner_name_ok(name)) {
        safe = say_safe(name);
        (void)fail(PUMASI_USAGE,
                   _("\"%s\" is no name for a witness. Take one like a web address without "
                     "https://, in small letters, such as witness.example.org."),
                   safe);
        free(safe);
        return PUMASI_USAGE;
    }
    out->secret = sodium_malloc(KEY_SECRET_LEN);
    if (out->secret == NULL)
        abort();
    str_copy(out->who.name, sizeof(out->who.name), name);
    key_generate(&out->who.key, out->secret);
    return store(p, out);
}

/* The seed, if it is that of the public key in the file. */
static bool take(struct witness_key *out, const json_t *json)
{
    uint8_t seed[SEED_LEN], public[KEY_LEN];
    const char *vkey, *d;
    json_int_t version;
    bool ok;

    if (json_unpack((json_t *)json, "{s:I, s:s, s:s}", "pumasi_witness_key", &version, "vkey",
                    &vkey, "d", &d) != 0 ||
        version != FORMAT_VERSION || cosigner_parse(&out->who, vkey) != 0 ||
        b64u_decode_exact(d, strlen(d), seed, sizeof(seed)) != 0)
        return false;
    crypto_sign_seed_keypair(public, out->secret, seed);
    ok = memcmp(public, out->who.key.x, KEY_LEN) == 0;
    sodium_memzero(seed, sizeof(seed));
    return ok;
}

int witness_key_read(const struct profile *p, struct witness_key *out)
{
    char *path = key_path(p);
    const char *why;
    json_t *json, *d;
    int rc = PUMASI_OK;

    memset(out, 0, sizeof(*out));
    errno = 0;
    json = files_read_json(path, &why);
    out->secret = sodium_malloc(KEY_SECRET_LEN);
    if (out->secret == NULL)
        abort();
    if (json == NULL && errno == ENOENT)
        rc = fail(PUMASI_FAILED, _("This profile has no witness key yet. Make one with: pumasi "
                                   "witness new NAME"));
    else if (json == NULL)
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), path, why);
    else if (!take(out, json))
        rc = fail(PUMASI_FAILED, _("%s can't be read: %s."), path,
                  _("it isn't a key file, or it was damaged"));
    d = json_object_get(json, "d");
    if (json_is_string(d))
        sodium_memzero((char *)json_string_value(d), json_string_length(d));
    json_decref(json);
    free(path);
    return rc;
}

bool witness_key_there(const struct profile *p)
{
    char *path = key_path(p);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

void witness_key_free(struct witness_key *k)
{
    sodium_free(k->secret);
    k->secret = NULL;
}
