/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ledgerd/ownkeys.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/b64.h"
#include "core/buf.h"
#include "core/strict.h"
#include "lang/lang.h"
#include "ledgerd/files.h"

#define KEY_FILE_MAX 4096
#define LOG_FILE     "log.key"
#define NEXT_FILE    "log-next.key"
#define CLERK_FILE   "clerk.key"

/* A private JWK (RFC 8037 section 2): `d` is the 32-byte seed. */
static int key_write(const uint8_t secret[KEY_SECRET_LEN], const char *data_dir, const char *name,
                     char *err, size_t err_size)
{
    char *path = x_asprintf("%s/%s", data_dir, name);
    struct buf b = BUF_INIT;
    int ret;

    buf_puts(&b, "{\"crv\":\"Ed25519\",\"d\":\"");
    buf_put_b64u(&b, secret, 32);
    buf_puts(&b, "\",\"kty\":\"OKP\",\"x\":\"");
    buf_put_b64u(&b, secret + 32, 32);
    buf_puts(&b, "\"}\n");
    ret = file_write(path, b.data, b.len, 0600);
    if (ret != 0)
        snprintf(err, err_size, _("Can't write %s: %s."), path, strerror(errno));
    sodium_memzero(b.data, b.len);
    buf_free(&b);
    free(path);
    return ret;
}

static int key_decode(uint8_t secret[KEY_SECRET_LEN], const char *text, size_t len)
{
    const char *why, *d, *x, *kty, *crv;
    struct value *json = strict_parse(text, len, &why);
    uint8_t seed[32], public[32], stated[32];
    struct strict in;
    int ret = -1;

    if (!json)
        return -1;
    strict_begin(&in, json);
    kty = strict_string(&in, "kty", STRICT_REQUIRED);
    crv = strict_string(&in, "crv", STRICT_REQUIRED);
    d = strict_string(&in, "d", STRICT_REQUIRED);
    x = strict_string(&in, "x", STRICT_REQUIRED);
    if (strict_end(&in) == 0 && str_eq(kty, "OKP") && str_eq(crv, "Ed25519") &&
        b64u_decode_exact(d, strlen(d), seed, sizeof(seed)) == 0 &&
        b64u_decode_exact(x, strlen(x), stated, sizeof(stated)) == 0 &&
        crypto_sign_seed_keypair(public, secret, seed) == 0 && memcmp(public, stated, 32) == 0)
        ret = 0;
    sodium_memzero(seed, sizeof(seed));
    value_free(json);
    return ret;
}

static int key_read(uint8_t secret[KEY_SECRET_LEN], struct key *public, const char *data_dir,
                    const char *name, char *err, size_t err_size)
{
    char *path = x_asprintf("%s/%s", data_dir, name);
    size_t len = 0;
    char *text = file_read(path, KEY_FILE_MAX, &len);
    int ret = -1;

    if (!text)
        snprintf(err, err_size, _("Can't read the ledger's own key %s: %s."), path,
                 strerror(errno));
    else if (key_decode(secret, text, len) != 0)
        snprintf(err, err_size, _("%s isn't a private Ed25519 key."), path);
    else
        ret = 0;
    if (ret == 0)
        key_of_secret(public, secret);
    if (text)
        sodium_memzero(text, len);
    free(text);
    free(path);
    return ret;
}

static bool file_is_there(const char *data_dir, const char *name)
{
    char *path = x_asprintf("%s/%s", data_dir, name);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

int ownkeys_write(const struct ownkeys *k, const char *data_dir, char *err, size_t err_size)
{
    if (key_write(k->log[0].secret, data_dir, LOG_FILE, err, err_size) != 0)
        return -1;
    if (k->n_log > 1 && key_write(k->log[1].secret, data_dir, NEXT_FILE, err, err_size) != 0)
        return -1;
    return key_write(k->clerk_secret, data_dir, CLERK_FILE, err, err_size);
}

void ownkeys_generate(struct ownkeys *k)
{
    key_generate(&k->log[0].key, k->log[0].secret);
    k->n_log = 1;
    key_generate(&k->clerk_key, k->clerk_secret);
}

bool ownkeys_there(const char *data_dir)
{
    return file_is_there(data_dir, LOG_FILE) || file_is_there(data_dir, NEXT_FILE) ||
           file_is_there(data_dir, CLERK_FILE);
}

int ownkeys_left(const char *data_dir, char *err, size_t err_size)
{
    snprintf(
        err, err_size,
        _("There is no ledger in the database, but %s holds the keys of one (log.key,"
          " clerk.key). If it was ever begun they are needed: put its database back, or make it"
          " again with `ledgerd init --from`. If they are left from an init that failed, remove"
          " both and run this again."),
        data_dir);
    return -1;
}

int ownkeys_are(const struct ownkeys *k, const char *data_dir, char *err, size_t err_size)
{
    struct ownkeys there;
    int ret = ownkeys_read(&there, data_dir, err, err_size);

    if (ret == 0 &&
        (there.n_log != k->n_log || memcmp(there.clerk_secret, k->clerk_secret, KEY_SECRET_LEN) ||
         memcmp(there.log[0].secret, k->log[0].secret, KEY_SECRET_LEN) ||
         (k->n_log > 1 && memcmp(there.log[1].secret, k->log[1].secret, KEY_SECRET_LEN)))) {
        snprintf(err, err_size,
                 _("%s holds other keys than --keys names (log.key, clerk.key), and they aren't"
                   " written over: move them away, or leave out --keys."),
                 data_dir);
        ret = -1;
    }
    ownkeys_wipe(&there);
    return ret;
}

void ownkeys_remove(const char *data_dir)
{
    static const char *const names[] = {LOG_FILE, CLERK_FILE};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *path = x_asprintf("%s/%s", data_dir, names[i]);

        (void)unlink(path);
        free(path);
    }
}

int ownkeys_read(struct ownkeys *k, const char *data_dir, char *err, size_t err_size)
{
    k->n_log = 1;
    if (key_read(k->log[0].secret, &k->log[0].key, data_dir, LOG_FILE, err, err_size) != 0)
        return -1;
    if (file_is_there(data_dir, NEXT_FILE)) {
        if (key_read(k->log[1].secret, &k->log[1].key, data_dir, NEXT_FILE, err, err_size) != 0)
            return -1;
        k->n_log = 2;
    }
    return key_read(k->clerk_secret, &k->clerk_key, data_dir, CLERK_FILE, err, err_size);
}

int ownkeys_create_next(struct key *out, const char *data_dir, char *err, size_t err_size)
{
    uint8_t secret[KEY_SECRET_LEN];
    int ret;

    if (!file_is_there(data_dir, LOG_FILE)) {
        snprintf(err, err_size, _("There is no ledger in %s: it has no log.key."), data_dir);
        return -1;
    }
    if (file_is_there(data_dir, NEXT_FILE)) {
        snprintf(err, err_size,
                 _("%s/log-next.key is there already: a change of the log key is under way, or was"
                   " given up. Only if the stewards have declined that key, remove the file."),
                 data_dir);
        return -1;
    }
    key_generate(out, secret);
    ret = key_write(secret, data_dir, NEXT_FILE, err, err_size);
    sodium_memzero(secret, sizeof(secret));
    return ret;
}

int ownkeys_pass_on(struct ownkeys *k, const char *data_dir, char *err, size_t err_size)
{
    char *from = x_asprintf("%s/" NEXT_FILE, data_dir);
    char *to = x_asprintf("%s/" LOG_FILE, data_dir);
    int ret = rename(from, to) == 0 && dir_sync(data_dir) == 0 ? 0 : -1;

    if (ret != 0)
        snprintf(err, err_size, _("Can't write %s: %s."), to, strerror(errno));
    k->log[0] = k->log[1];
    sodium_memzero(&k->log[1], sizeof(k->log[1]));
    k->n_log = 1;
    free(from);
    free(to);
    return ret;
}

int ownkeys_witness(uint8_t secret[KEY_SECRET_LEN], const char *data_dir, bool make, char *err,
                    size_t err_size)
{
    struct key public;

    if (!make)
        return key_read(secret, &public, data_dir, "witness.key", err, err_size);
    key_generate(&public, secret);
    return key_write(secret, data_dir, "witness.key", err, err_size);
}

void ownkeys_wipe(struct ownkeys *k)
{
    sodium_memzero(k, sizeof(*k));
}

int jwk_file_read(struct key *out, const char *path, char *err, size_t err_size)
{
    size_t len = 0;
    const char *why = _("can't be read");
    char *text = file_read(path, KEY_FILE_MAX, &len);
    struct value *json = text ? strict_parse(text, len, &why) : NULL;
    int ret = json ? key_from_jwk(json, out, &why) : -1;

    if (!text)
        snprintf(err, err_size, _("Can't read %s: %s."), path, strerror(errno));
    else if (ret != 0)
        snprintf(err, err_size,
                 _("%s isn't a public key (JWK) as `pumasi key export` writes it: it %s."), path,
                 _(why));
    value_free(json);
    free(text);
    return ret;
}
