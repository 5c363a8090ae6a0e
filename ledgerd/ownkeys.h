/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_OWNKEYS_H
#define PUMASI_OWNKEYS_H

#include "core/base.h"
#include "core/key.h"

/* A log key that this ledgerd holds, and signs with while the stewards have it in force. */
struct log_signer {
    struct key key;
    uint8_t secret[KEY_SECRET_LEN];
};
/* DATA/log.key, and while it is being changed DATA/log-next.key behind it. */
#define LOG_SIGNERS_MAX 2

/*
 * The ledger's own keys in its data folder: `log` signs checkpoints and statements, `clerk` what
 * the ledger itself must record. They lie there unencrypted (mode 0600), since the daemon must
 * start by itself.
 */
struct ownkeys {
    struct log_signer log[LOG_SIGNERS_MAX]; /* the oldest first */
    size_t n_log;                           /* 1 at least */
    struct key clerk_key;
    uint8_t clerk_secret[KEY_SECRET_LEN];
};

/* Makes a log key and a clerk key, in memory. */
void ownkeys_generate(struct ownkeys *k);
/* Does any of these files lie in the data folder? */
bool ownkeys_there(const char *data_dir);
/* -1 always, and a sentence: such files lie there, and the database knows of no ledger. */
int ownkeys_left(const char *data_dir, char *err, size_t err_size) MUST_CHECK;
/* -1 and a sentence unless those in the data folder are all of k and no others. */
int ownkeys_are(const struct ownkeys *k, const char *data_dir, char *err,
                size_t err_size) MUST_CHECK;
/* Reads all. -1 and a sentence when log.key or clerk.key is missing, or a file is no key. */
int ownkeys_read(struct ownkeys *k, const char *data_dir, char *err, size_t err_size) MUST_CHECK;
/* Writes all, over what is there: DATA/log.key, DATA/clerk.key, and DATA/log-next.key where there
 * is one. -1 and a sentence. */
int ownkeys_write(const struct ownkeys *k, const char *data_dir, char *err,
                  size_t err_size) MUST_CHECK;
/* Removes DATA/log.key and DATA/clerk.key: only those that were just made and that nothing names.
 */
void ownkeys_remove(const char *data_dir);
void ownkeys_wipe(struct ownkeys *k);

/* Makes the log key that is to follow and writes DATA/log-next.key; never over another. -1 and a
 * sentence. */
int ownkeys_create_next(struct key *out, const char *data_dir, char *err,
                        size_t err_size) MUST_CHECK;
/* The one that follows becomes log.key, on the disk and in k: the one before is revoked. -1 and a
 * sentence. */
int ownkeys_pass_on(struct ownkeys *k, const char *data_dir, char *err, size_t err_size) MUST_CHECK;
/*
 * The key that this ledgerd witnesses other ledgers with, DATA/witness.key, likewise 0600 and in
 * the clear; made when `make` says so. -1 and a sentence.
 */
int ownkeys_witness(uint8_t secret[KEY_SECRET_LEN], const char *data_dir, bool make, char *err,
                    size_t err_size) MUST_CHECK;

/* A public JWK from a file, as `pumasi key export` writes it. -1 and a sentence. */
int jwk_file_read(struct key *out, const char *path, char *err, size_t err_size) MUST_CHECK;

#endif
