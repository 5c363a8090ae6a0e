/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_OWNKEYS_H
#define PUMASI_OWNKEYS_H

#include "core/base.h"
#include "core/key.h"

/*
 * The ledger's own two keys in its data folder: `log` signs checkpoints and statements, `clerk`
 * what the ledger itself must record. They lie there unencrypted (mode 0600), since the daemon must
 * start by itself.
 */
struct ownkeys {
    struct key log_key, clerk_key;
    uint8_t log_secret[KEY_SECRET_LEN], clerk_secret[KEY_SECRET_LEN];
};

/* Makes both keys and writes DATA/log.key and DATA/clerk.key; never over others. -1 and a sentence.
 */
int ownkeys_create(struct ownkeys *k, const char *data_dir, char *err, size_t err_size) MUST_CHECK;
/* Reads both. -1 and a sentence when a file is missing or is no key. */
int ownkeys_read(struct ownkeys *k, const char *data_dir, char *err, size_t err_size) MUST_CHECK;
/* Writes both, as ownkeys_create does. */
int ownkeys_write(const struct ownkeys *k, const char *data_dir, char *err,
                  size_t err_size) MUST_CHECK;
void ownkeys_wipe(struct ownkeys *k);

/* A public JWK from a file, as `pumasi key export` writes it. -1 and a sentence. */
int jwk_file_read(struct key *out, const char *path, char *err, size_t err_size) MUST_CHECK;

#endif
