/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ledger's own key files (PEM), and public keys handed to `ledgerd init`: what is read as a key
 * is one, and is read again as the same once it was written. */
#include "files.h"
#include "ledgerd/ownkeys.h"

static void check_pair(void)
{
    struct ownkeys keys, again;
    char err[512] = "";
    char *log, *clerk, *copy;

    if (ownkeys_read(&keys, files_in(), err, sizeof(err)) != 0) {
        MUST(err[0] != '\0');
        return;
    }
    files_make_folder("again");
    copy = files_path("again");
    log = files_path("again/log.key");
    clerk = files_path("again/clerk.key");
    (void)unlink(log);
    (void)unlink(clerk);
    MUST(ownkeys_write(&keys, copy, err, sizeof(err)) == 0);
    MUST(ownkeys_read(&again, copy, err, sizeof(err)) == 0);
    MUST(again.n_log == keys.n_log);
    for (size_t i = 0; i < keys.n_log; i++) {
        MUST(memcmp(keys.log[i].secret, again.log[i].secret, KEY_SECRET_LEN) == 0);
        MUST(memcmp(keys.log[i].key.x, again.log[i].key.x, KEY_LEN) == 0);
    }
    free(log);
    free(clerk);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = files_path("jwk.json");
    char err[512] = "";
    struct key key;

    files_put("log.key", data, size);
    files_put("clerk.key", data, size);
    files_put("jwk.json", data, size);
    check_pair();
    if (jwk_file_read(&key, path, err, sizeof(err)) == 0)
        MUST(key_is_valid(&key));
    else
        MUST(err[0] != '\0');
    free(path);
    return 0;
}
