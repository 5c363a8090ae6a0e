/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A member's key file: what is read keeps to its ranges and fits its own public key, and stored it
 * is read again as the same. */
#include <sodium.h>

#include "client/keyfile.h"
#include "files.h"
#include "said.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    MUST(sodium_init() >= 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = files_path("mine.json");
    const char *why = NULL;
    struct keyfile *k, *again;
    struct kid kid;

    files_put("mine.json", data, size);
    said_begin();
    k = keyfile_read(path, &why);
    MUST((k == NULL) == (why != NULL));
    if (k != NULL) {
        MUST(str_eq(k->name, "mine") && (k->holder[0] == '\0' || name_is_holder(k->holder)));
        key_kid(&kid, &k->key);
        MUST(str_eq(kid.s, k->kid.s) && k->sealed == (k->secret == NULL));
        MUST(!k->sealed || (k->ops >= 1 && k->mem <= UINT64_C(2) << 30));
        MUST(keyfile_update(k) == PUMASI_OK);
        again = keyfile_read(path, &why);
        MUST(again != NULL && str_eq(again->holder, k->holder) && again->role == k->role);
        MUST(again->sealed == k->sealed && memcmp(again->box, k->box, sizeof(k->box)) == 0);
        MUST(k->secret == NULL || memcmp(again->secret, k->secret, KEY_SECRET_LEN) == 0);
        keyfile_free(again);
        keyfile_free(k);
    }
    said_end();
    free(path);
    return 0;
}
