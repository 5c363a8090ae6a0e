/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_KEYFILE_H
#define PUMASI_KEYFILE_H

#include "core/base.h"
#include "core/key.h"
#include "core/name.h"

#define KEYFILE_SALT_LEN  16
#define KEYFILE_NONCE_LEN 24
#define KEYFILE_SEED_LEN  32
#define KEYFILE_BOX_LEN   (KEYFILE_SEED_LEN + 16)

/*
 * A private key on disk: one holder, one role. The seed is sealed by XSalsa20-Poly1305 under a key
 * that Argon2id (libsodium's "moderate": 256 MiB, 3 passes) makes of the passphrase, or in the
 * clear where its owner wanted that.
 */
struct keyfile {
    char *name; /* the file's, without .json */
    char *path;
    char holder[ADDRESS_MAX + 1]; /* "" while it isn't known whose it is */
    enum role role;
    struct key key;
    struct kid kid;
    bool sealed;  /* there is a passphrase */
    bool revoked; /* as far as its owner knows */
    bool told;    /* in this run, that its holder's keys are being recovered */
    uint64_t ops, mem;
    uint8_t salt[KEYFILE_SALT_LEN], nonce[KEYFILE_NONCE_LEN], box[KEYFILE_BOX_LEN];
    uint8_t *secret; /* KEY_SECRET_LEN bytes in sodium_malloc'd memory; NULL while locked */
};

/* Letters, digits and any of .@_- (no leading dot or dash), at most 80: what a key file may be
 * called. */
bool keyfile_name_ok(const char *name);

/*
 * A new pair, not stored yet; sodium_init() has been called. passphrase NULL: in the clear.
 * NULL when there isn't the memory for Argon2id.
 */
struct keyfile *keyfile_new(const char *name, const char *holder, enum role role,
                            const char *passphrase);
/* Stores it in <folder>/<name>.json, made 0600 at one stroke; an existing file is never
 * overwritten. An enum pumasi_exit. */
int keyfile_create(struct keyfile *k, const char *folder) MUST_CHECK;
/* Stores again one that was read (holder, role or revoked changed). */
int keyfile_update(const struct keyfile *k) MUST_CHECK;
/* Reads without unlocking (a key in the clear is unlocked). NULL with *why a constant sentence. */
struct keyfile *keyfile_read(const char *path, const char **why);
/* Unlocks; false when the passphrase is wrong or the file was tampered with. */
bool keyfile_unlock(struct keyfile *k, const char *passphrase) MUST_CHECK;
/* Wipes the secret. */
void keyfile_free(struct keyfile *k);

#endif
