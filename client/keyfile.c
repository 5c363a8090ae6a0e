/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/keyfile.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "client/files.h"
#include "client/say.h"
#include "core/b64.h"
#include "core/num.h"

#define FORMAT_VERSION 1
#define KDF            "argon2id13"
/* What a file may ask of this machine, so that a file from elsewhere can't eat it up. */
#define OPS_MAX 16
#define MEM_MAX (INT64_C(2) << 30)

_Static_assert(KEYFILE_SALT_LEN == crypto_pwhash_SALTBYTES, "salt");
_Static_assert(KEYFILE_NONCE_LEN == crypto_secretbox_NONCEBYTES, "nonce");
_Static_assert(KEYFILE_SEED_LEN == crypto_sign_SEEDBYTES, "seed");
_Static_assert(KEYFILE_BOX_LEN == KEYFILE_SEED_LEN + crypto_secretbox_MACBYTES, "box");

bool keyfile_name_ok(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.@_-");

    return n > 0 && n <= 80 && name[n] == '\0' && name[0] != '.' && name[0] != '-';
}

/* The key that a passphrase makes, in sodium_malloc'd memory; NULL without the memory for it. */
static uint8_t *sealing_key(const struct keyfile *k, const char *passphrase)
{
    uint8_t *key = sodium_malloc(crypto_secretbox_KEYBYTES);

    if (key == NULL)
        return NULL;
    if (crypto_pwhash(key, crypto_secretbox_KEYBYTES, passphrase, strlen(passphrase), k->salt,
                      k->ops, (size_t)k->mem, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        sodium_free(key);
        return NULL;
    }
    return key;
}

static bool seal(struct keyfile *k, const char *passphrase)
{
    uint8_t seed[KEYFILE_SEED_LEN], *key;

    k->sealed = true;
    k->ops = crypto_pwhash_OPSLIMIT_MODERATE;
    k->mem = crypto_pwhash_MEMLIMIT_MODERATE;
    randombytes_buf(k->salt, sizeof(k->salt));
    randombytes_buf(k->nonce, sizeof(k->nonce));
    key = sealing_key(k, passphrase);
    if (key == NULL)
        return false;
    memcpy(seed, k->secret, sizeof(seed));
    crypto_secretbox_easy(k->box, seed, sizeof(seed), k->nonce, key);
    sodium_memzero(seed, sizeof(seed));
    sodium_free(key);
    return true;
}

struct keyfile *keyfile_new(const char *name, const char *holder, enum role role,
                            const char *passphrase)
{
    struct keyfile *k = x_calloc(1, sizeof(*k));

    k->name = x_strdup(name);
    str_copy(k->holder, sizeof(k->holder), holder);
    k->role = role;
    k->secret = sodium_malloc(KEY_SECRET_LEN);
    if (k->secret == NULL) {
        keyfile_free(k);
        return NULL;
    }
    key_generate(&k->key, k->secret);
    key_kid(&k->kid, &k->key);
    if (passphrase != NULL && !seal(k, passphrase)) {
        keyfile_free(k);
        return NULL;
    }
    return k;
}

/* The whole file's text, which may hold the secret in the clear. */
static void put_file(struct buf *b, const struct keyfile *k)
{
    buf_printf(b, "{\n  \"pumasi_key\": %d,\n  \"holder\": \"%s\",\n  \"role\": \"%s\",\n",
               FORMAT_VERSION, k->holder, role_name(k->role));
    if (k->revoked)
        buf_puts(b, "  \"revoked\": true,\n");
    buf_printf(b, "  \"kid\": \"%s\",\n  \"x\": \"", k->kid.s);
    buf_put_b64u(b, k->key.x, KEY_LEN);
    if (k->sealed) {
        buf_printf(b,
                   "\",\n  \"sealed\": {\n    \"kdf\": \"" KDF
                   "\",\n    \"ops\": %llu,\n    \"mem\": %llu,\n    \"salt\": \"",
                   (unsigned long long)k->ops, (unsigned long long)k->mem);
        buf_put_b64u(b, k->salt, sizeof(k->salt));
        buf_puts(b, "\",\n    \"nonce\": \"");
        buf_put_b64u(b, k->nonce, sizeof(k->nonce));
        buf_puts(b, "\",\n    \"box\": \"");
        buf_put_b64u(b, k->box, sizeof(k->box));
        buf_puts(b, "\"\n  }\n}\n");
    } else {
        buf_puts(b, "\",\n  \"d\": \"");
        buf_put_b64u(b, k->secret, KEYFILE_SEED_LEN);
        buf_puts(b, "\"\n}\n");
    }
}

static int store(const struct keyfile *k, bool replace)
{
    struct buf b = BUF_INIT;
    int rc, saved;

    buf_reserve(&b, 1024); /* so that no copy of a secret stays behind in memory given back */
    put_file(&b, k);
    rc = replace ? files_write(k->path, b.data, b.len) : files_create(k->path, b.data, b.len);
    saved = errno;
    sodium_memzero(b.data, b.len);
    buf_free(&b);
    if (rc == 0)
        return PUMASI_OK;
    if (saved == EEXIST)
        return fail(PUMASI_FAILED,
                    _("There is a key \"%s\" already, and a key is never overwritten. Choose "
                      "another name with --out NAME."),
                    k->name);
    return fail(PUMASI_FAILED, _("The key can't be stored as %s: %s."), k->path, strerror(saved));
}

int keyfile_create(struct keyfile *k, const char *folder)
{
    free(k->path);
    k->path = x_asprintf("%s/%s.json", folder, k->name);
    if (files_mkdir(folder) != 0)
        return fail(PUMASI_FAILED, _("The folder %s can't be made: %s."), folder, strerror(errno));
    return store(k, false);
}

int keyfile_update(const struct keyfile *k)
{
    return store(k, true);
}

static bool take_bytes(const json_t *object, const char *name, void *out, size_t n)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) &&
           b64u_decode_exact(json_string_value(value), json_string_length(value), out, n) == 0;
}

static bool take_sealed(struct keyfile *k, const json_t *sealed)
{
    const char *kdf;
    json_int_t ops, mem;

    if (json_unpack((json_t *)sealed, "{s:s, s:I, s:I}", "kdf", &kdf, "ops", &ops, "mem", &mem) !=
            0 ||
        !str_eq(kdf, KDF) || ops < 1 || ops > OPS_MAX || mem < 8192 || mem > MEM_MAX)
        return false;
    k->sealed = true;
    k->ops = (uint64_t)ops;
    k->mem = (uint64_t)mem;
    return take_bytes(sealed, "salt", k->salt, sizeof(k->salt)) &&
           take_bytes(sealed, "nonce", k->nonce, sizeof(k->nonce)) &&
           take_bytes(sealed, "box", k->box, sizeof(k->box));
}

/* Puts the secret of a seed in place, if it is that of the public key in the file. */
static bool open_seed(struct keyfile *k, uint8_t seed[KEYFILE_SEED_LEN])
{
    uint8_t public[KEY_LEN];

    if (k->secret == NULL)
        k->secret = sodium_malloc(KEY_SECRET_LEN);
    if (k->secret == NULL)
        return false;
    crypto_sign_seed_keypair(public, k->secret, seed);
    sodium_memzero(seed, KEYFILE_SEED_LEN);
    if (memcmp(public, k->key.x, KEY_LEN) == 0)
        return true;
    sodium_free(k->secret);
    k->secret = NULL;
    return false;
}

static bool take_file(struct keyfile *k, const json_t *json)
{
    uint8_t seed[KEYFILE_SEED_LEN];
    json_int_t version;
    const char *holder, *role, *kid;
    const json_t *sealed = json_object_get(json, "sealed");
    const json_t *revoked = json_object_get(json, "revoked");

    if (json_unpack((json_t *)json, "{s:I, s:s, s:s, s:s}", "pumasi_key", &version, "holder",
                    &holder, "role", &role, "kid", &kid) != 0 ||
        version != FORMAT_VERSION)
        return false;
    if (role_parse(role, &k->role) != 0 || !take_bytes(json, "x", k->key.x, KEY_LEN))
        return false;
    if ((holder[0] != '\0' && !name_is_holder(holder)) ||
        (revoked != NULL && !json_is_boolean(revoked)))
        return false;
    key_kid(&k->kid, &k->key);
    if (!str_eq(k->kid.s, kid))
        return false;
    str_copy(k->holder, sizeof(k->holder), holder);
    k->revoked = json_is_true(revoked);
    if (sealed != NULL)
        return take_sealed(k, sealed);
    return take_bytes(json, "d", seed, sizeof(seed)) && open_seed(k, seed);
}

struct keyfile *keyfile_read(const char *path, const char **why)
{
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    size_t len = strlen(base);
    struct keyfile *k;
    json_t *json = files_read_json(path, why), *d;

    if (json == NULL)
        return NULL;
    k = x_calloc(1, sizeof(*k));
    k->path = x_strdup(path);
    k->name = x_strndup(base, len > 5 && str_eq(base + len - 5, ".json") ? len - 5 : len);
    if (!take_file(k, json)) {
        *why = _("it isn't a key file, or it was damaged");
        keyfile_free(k);
        k = NULL;
    }
    d = json_object_get(json, "d");
    if (json_is_string(d))
        sodium_memzero((char *)json_string_value(d), json_string_length(d));
    json_decref(json);
    return k;
}

bool keyfile_unlock(struct keyfile *k, const char *passphrase)
{
    uint8_t seed[KEYFILE_SEED_LEN], *key;
    bool ok;

    if (k->secret != NULL)
        return true;
    key = sealing_key(k, passphrase);
    if (key == NULL)
        return false;
    ok = crypto_secretbox_open_easy(seed, k->box, sizeof(k->box), k->nonce, key) == 0;
    sodium_free(key);
    return ok && open_seed(k, seed);
}

void keyfile_free(struct keyfile *k)
{
    if (k == NULL)
        return;
    sodium_free(k->secret);
    free(k->name);
    free(k->path);
    free(k);
}
